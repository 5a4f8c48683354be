"""What went into a run, exactly, and the run id that follows from it."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analyses.standards import RulePack
from estategap import __version__
from estategap.project import Project
from gis.errors import InputError, Problem
from gis.ledger import Reading
from layers.reading.file_checks import check_present
from maps.account import manifest_entry

_LIBRARIES = ("geopandas", "shapely", "numpy", "pandas", "scipy", "pyproj", "pyogrio", "osmium", "highspy", "folium",
              "rasterio", "exactextract")
_RUN_ID_DIGITS = 10
NAME = "manifest.json"


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def input_digests(project: Project) -> dict[str, dict[str, Any]]:
    """Size and digest of every input file, by the name the project gives it; shapefiles with their parts.

    Raises:
        InputError: files that are missing, empty or cannot be opened, all at once.
    """
    problems: list[Problem] = []
    found = {}
    for name in project.files:
        path = project.folder / name
        try:
            check_present(path)
        except InputError as error:
            problems += error.problems
            continue
        for part in _parts(path):
            found[str(Path(name).with_name(part.name).as_posix())] = {
                "bytes": part.stat().st_size,
                "sha256": digest(part),
            }
    if problems:
        raise InputError(problems)
    return dict(sorted(found.items()))


def _parts(path: Path) -> list[Path]:
    """The file, and for a shapefile its companions."""
    if path.suffix.lower() != ".shp":
        return [path]
    return sorted(one for one in path.parent.iterdir() if one.is_file() and one.name.startswith(path.stem + "."))


def identity(project: Project, pack: RulePack, lang: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Everything a result can depend on: inputs, rules, settings, seed, language and program version."""
    settings = project.model_dump(mode="json")
    if project.osm:
        settings["osm"]["file"] = project.osm_file  # which snapshot was the newest
    return {
        "program": __version__,
        "lang": lang,
        "settings": settings,
        "inputs": dict(inputs),
        "standards": {
            f"{one.rule}.{one.name}": {"value": one.value, "unit": one.unit, "source": one.source,
                                       "confidence": one.confidence, "mode": one.mode}
            for one in pack.citations},
    }


def run_id(identity_of_run: Mapping[str, Any]) -> str:
    """The first ten hex digits of the digest over a run's identity; never time or chance."""
    text = json.dumps(identity_of_run, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_RUN_ID_DIGITS]


def write_manifest(
    folder: Path, identity_of_run: Mapping[str, Any], outputs: list[Path], readings: Iterable[Reading],
    timings_s: Mapping[str, float],
) -> None:
    """Write ``manifest.json``: the only file of a run that knows time and platform."""
    manifest = {
        "run_id": run_id(identity_of_run),
        **identity_of_run,
        "readings": [manifest_entry(one) for one in readings],
        "outputs": {path.relative_to(folder).as_posix(): digest(path) for path in sorted(outputs)},
        "versions": {name: version(name) for name in _LIBRARIES},
        "platform": {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine()},
        "timings_s": {name: round(seconds, 3) for name, seconds in timings_s.items()},
    }
    (folder / NAME).write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def outputs_intact(folder: Path, wanted_run_id: str) -> bool:
    """Whether a folder holds the whole, unchanged output of this run."""
    try:
        manifest = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return manifest["run_id"] == wanted_run_id and all(
            digest(folder / name) == sha256 for name, sha256 in manifest["outputs"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
