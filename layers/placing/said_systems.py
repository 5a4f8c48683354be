"""Which shifted system do a file's own words name for its coordinates: in the headers, or row by row in 坐标系?

The project's line ``crs`` comes before both, a row's word before the header. A header speaks for the numbers below it
alone, not for shapes beside them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.china_offset import moved
from gis.crs import in_crs
from gis.errors import Cell, Problem, ProblemLog, say
from gis.geometry import has_shape
from layers.columns.catalogue import document
from layers.reading.files import ROW, Raw, offset_system

_LON_LAT = "EPSG:4326"
TRUE_DEGREES = "WGS84"
"""What a row says whose degrees need no conversion; others say GCJ-02 or BD-09."""
OVERRULED = say("the file says {names} of its coordinates, project.toml says {declared}, which holds", names="",
                declared="")
"""Taken back where the streets show that the project is right (``layers/placing/offsets.py``)."""
_AXES = ("x", "y")


def said_by_rows(raw: Raw, headers: Mapping[str, str], words: pd.Series | None, log: ProblemLog) -> pd.Series:
    """The system that each row names: GCJ-02, BD-09, WGS84, or ``""`` where it says nothing.

    A word that names another system is an error of its row; a warning where the project declares one for all of them.
    """
    if words is None:
        return pd.Series("", index=raw.frame.index, dtype="object")
    unknown = frozenset(document()["cells"]["unknown"])
    different = {word: _system_of(word, unknown) for word in words.unique()}
    systems = words.map(different).astype("object")
    strange = systems.index[systems.isna()]
    if len(strange):
        cells = tuple(Cell(raw.source.path.name, raw.part, int(raw.frame.loc[label, ROW]), str(words[label]))
                      for label in strange)
        log.add(Problem(
            file=raw.source.path.name, sheet=raw.part, row=cells[0].row, column=headers["system"], value=cells[0].value,
            cells=cells, severity="error" if raw.source.crs is None else "warning",
            why=say("{count} rows name a system of coordinates that is none of GCJ-02, BD-09 and WGS84",
                    count=len(cells)),
            fix='where they are metres or of a local system write crs = "EPSG:…" in the section of this file; else '
                "write GCJ-02 (高德, 腾讯), BD-09 (百度) or WGS84"))
    return systems.fillna("")


def with_said_system(
    raw: Raw, headers: Mapping[str, str], systems: pd.Series, log: ProblemLog,
) -> tuple[Raw, pd.Series]:
    """The file with the system that it names for all its rows, as if the project had declared it.

    Args:
        raw: the file; where its frame has a geometry, rows with a shape are placed by that.
        headers: the header of each field that was read, and under ``shape`` that of a column of shapes.
        systems: what each row says.
        log: takes what was done about it.

    Returns:
        the file, and for each row the system that is still to be undone: ``""`` unless rows differ.
    """
    pointed = ~has_shape(raw.frame.geometry) if isinstance(raw.frame, gpd.GeoDataFrame) else pd.Series(
        data=True, index=systems.index)
    by_header = sorted({offset_system(headers[axis]) for axis in _AXES if axis in headers} - {""}) if (
        raw.source.is_table and pointed.any()) else []
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
    of_shapes = offset_system(headers.get("shape", ""))
    said = systems.mask((systems == "") & pointed, next(iter(by_header), ""))
    said = said.mask((systems == "") & ~pointed, of_shapes).replace(TRUE_DEGREES, "")
    column = column or headers.get("shape", "")
    shifted = to_undo(said)
    if not shifted:
        return raw, nothing
    counts = tuple(f"{name}: {count}" for name, count in shifted.items())
    log.add(Problem(
        file=raw.source.path.name, sheet=raw.part, column=column, value=", ".join(counts), severity="warning",
        why=say("the file itself says that its coordinates are in {names}; they were converted", names=tuple(shifted)),
        fix='nothing, if that is so; else write crs = "EPSG:4326" in the section of this file in project.toml'))
    if len(shifted) == 1 and (said != "").all():
        return replace(raw, source=replace(raw.source, crs=next(iter(shifted)))), nothing
    return raw, said


def say_unsaid(raw: Raw, headers: Mapping[str, str], systems: pd.Series, placed: "pd.Series[bool]", log: ProblemLog,
               ) -> None:
    """Refuse rows with a place that leave the column 坐标系 blank where other rows name a shifted system in it."""
    by_header = any(offset_system(headers[name]) for name in (*_AXES, "shape") if name in headers)
    if raw.source.crs is not None or by_header or not systems.isin(["GCJ-02", "BD-09"]).any():
        return
    blank = systems.index[(systems == "") & placed]
    if len(blank):
        cells = tuple(Cell(raw.source.path.name, raw.part, int(raw.frame.loc[label, ROW]), "") for label in blank)
        log.add(Problem(
            file=raw.source.path.name, sheet=raw.part, row=cells[0].row, column=headers["system"], cells=cells,
            why=say("{count} rows do not say which map their coordinates were taken from, though others do",
                    count=len(cells)),
            fix="choose GCJ-02 (高德, 腾讯), BD-09 (百度) or WGS84 in the column 坐标系"))


def undone(geometry: gpd.GeoSeries, systems: pd.Series) -> gpd.GeoSeries:
    """Places whose degrees were read as true, brought to where they are by the system that each row says."""
    degrees, crs = geometry.to_crs(_LON_LAT), geometry.crs
    shapes: Any = degrees.to_numpy().copy()
    for name in to_undo(systems):
        rows = np.asarray(systems == name, dtype=bool)
        shapes[rows] = moved(degrees[rows], name).to_numpy()  # type: ignore[arg-type]
    return in_crs(gpd.GeoSeries(shapes, index=geometry.index, crs=_LON_LAT), crs)


def to_undo(systems: pd.Series) -> dict[str, int]:
    """The shifted systems that rows say, each with how many say it."""
    counts = systems.value_counts()
    return {str(name): int(counts[name]) for name in sorted(set(counts.index) - {"", TRUE_DEGREES})}


def _system_of(word: str, unknown: frozenset[str]) -> str | None:
    """The system that a cell names, ``""`` where it says nothing, None where it says another."""
    text = unicodedata.normalize("NFKC", word).casefold().strip()
    if text in {"", *unknown}:
        return ""
    true = any(re.search(one, text.replace(" ", "")) for one in document()["headers"]["true_words"])
    return offset_system(text) or (TRUE_DEGREES if true else None)


def _say_overruled(raw: Raw, by_header: Sequence[str], systems: pd.Series, column: str, log: ProblemLog) -> None:
    declared = raw.source.offset_system or TRUE_DEGREES
    other = sorted({*(by_header if (systems == "").any() else []), *systems} - {"", declared})
    if other:
        why = replace(OVERRULED, values=(("names", tuple(other)), ("declared", str(raw.source.crs))))
        rows = systems.index[systems.isin(other)]
        cells = tuple(Cell(raw.source.path.name, raw.part, int(raw.frame.loc[label, ROW]), str(systems[label]))
                      for label in rows)
        log.add(Problem(
            file=raw.source.path.name, sheet=raw.part, column=column, value=", ".join(other), severity="warning",
            why=why,
            fix="correct the line crs or what the file says", cells=cells))
