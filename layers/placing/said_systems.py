"""Which shifted system do a file's own words name for its coordinates: in the headers, or row by row in 坐标系?

The project's line ``crs`` comes before both, a row's word before the header.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.china_offset import moved
from gis.crs import in_crs
from gis.errors import Problem, ProblemLog, say
from layers.reading.files import Raw, offset_system

_LON_LAT = "EPSG:4326"
_TRUE = "WGS84"
_AXES = ("x", "y")


def with_said_system(
    raw: Raw, headers: Mapping[str, str], systems: pd.Series, log: ProblemLog,
) -> tuple[Raw, pd.Series]:
    """The file with the system that it names for all its rows, as if the project had declared it.

    Args:
        raw: the file.
        headers: the header of each field that was read.
        systems: what each row says: GCJ-02, BD-09 or WGS84; ``""`` where it says nothing.
        log: takes what was done about it.

    Returns:
        the file, and for each row the system that is still to be undone: ``""`` unless rows differ.
    """
    by_header = sorted({offset_system(headers[axis]) for axis in _AXES if axis in headers} - {""})
    column = ", ".join(dict.fromkeys(headers[axis] for axis in _AXES if axis in headers))
    nothing = pd.Series("", index=systems.index, dtype="object")
    if len(by_header) > 1:
        log.add(Problem(file=raw.source.path.name, sheet=raw.part, column=column,
                        why=say("one coordinate is said to be in {first}, the other in {second}", first=by_header[0],
                                second=by_header[1]), fix="correct the headers of the coordinates"))
        return raw, nothing
    if (systems != "").any():
        column = headers["system"]
    if raw.source.crs is not None:
        _say_overruled(raw, by_header, systems, column, log)
        return raw, nothing
    said = systems.mask(systems == "", next(iter(by_header), "")).mask(lambda names: names == _TRUE, "")
    shifted = sorted(set(said) - {""})
    if not shifted:
        return raw, nothing
    counts = tuple(f"{name}: {int((said == name).sum())}" for name in shifted)
    log.add(Problem(
        file=raw.source.path.name, sheet=raw.part, column=column, value=", ".join(counts), severity="warning",
        why=say("the file itself says that its coordinates are in {names}; they were converted", names=tuple(shifted)),
        fix='nothing, if that is so; else write crs = "EPSG:4326" in the section of this file in project.toml'))
    if len(shifted) == 1 and (said != "").all():
        return replace(raw, source=replace(raw.source, crs=shifted[0])), nothing
    return raw, said


def undone(geometry: gpd.GeoSeries, systems: pd.Series) -> gpd.GeoSeries:
    """Places whose degrees were read as true, brought to where they are by the system that each row says."""
    degrees, crs = geometry.to_crs(_LON_LAT), geometry.crs
    shapes: Any = degrees.to_numpy().copy()
    for name in sorted(set(systems) - {"", _TRUE}):
        rows = (systems == name).to_numpy()
        shapes[rows] = moved(degrees[rows], name).to_numpy()
    return in_crs(gpd.GeoSeries(shapes, index=geometry.index, crs=_LON_LAT), crs)


def _say_overruled(raw: Raw, by_header: Sequence[str], systems: pd.Series, column: str, log: ProblemLog) -> None:
    declared = raw.source.offset_system or _TRUE
    other = sorted({*(by_header if (systems == "").any() else []), *systems} - {"", declared})
    if other:
        log.add(Problem(
            file=raw.source.path.name, sheet=raw.part, column=column, value=", ".join(other), severity="warning",
            why=say("the file says {names} of its coordinates, project.toml says {declared}, which holds",
                    names=tuple(other), declared=str(raw.source.crs)),
            fix="correct the line crs or what the file says"))
