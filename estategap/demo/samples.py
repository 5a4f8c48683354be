"""The projects that come with the program, by name."""

from pathlib import Path

from estategap.demo.district import write_district
from estategap.demo.helsinki import write_helsinki

_WRITERS = {"district": write_district, "helsinki": write_helsinki}


def write_sample(name: str, folder: Path) -> None:
    """Write the files of one sample into a folder; files of the same names are replaced, runs stay."""
    folder.mkdir(parents=True, exist_ok=True)
    _WRITERS[name](folder)
