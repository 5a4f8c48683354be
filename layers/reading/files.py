"""How does any planner's file become a layer or a table of raw cells, or one message that says what is wrong with it?

Only file formats and their faults are known here; what the columns mean is the business of ``layers.columns.fields``.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError, ProjError

from gis.errors import InputError, Problem, Words, say
from layers.columns.catalogue import document, fields_of, tables
from layers.columns.headers import match_columns
from layers.reading.delimited import read_delimited
from layers.reading.file_checks import TABLE_KINDS, VECTOR_KINDS, check_kind, check_present, check_whole, kind_of
from layers.reading.table_rows import ROW, Table, as_table
from layers.reading.vectors import Layer, read_layer
from layers.reading.workbooks import filled_sheets, read_workbook

__all__ = ["ROW", "Raw", "Source", "offset_system", "open_source", "parse_crs", "read_raw", "read_table", "read_vector"]

_SHORT = 2
"""Letters of a word that names a system only beside the name of a coordinate."""
_CRS_FIX = say('add the line crs = "EPSG:4490" (or the code the data is really in) to its section of project.toml')

_ONLY_LAYERS = frozenset({"", "building", "street"})
"""Lists that no table without shapes can be."""
_ZONES, _FIRST_ZONE_EPSG = range(25, 46), 4513
"""Zones of CGCS2000 3-degree Gauss-Krueger whose number stands before the easting, and the EPSG code of the first."""


@dataclass(frozen=True)
class Source:
    """One file of a project, and which part of it: a vector layer or a sheet.

    ``crs`` overrides what the file says, ``encoding`` what is found out; ``crs`` may be ``GCJ-02`` or ``BD-09``.
    ``offset_checked``: somebody has compared the layer with the streets, so that no offset is looked for.
    """

    path: Path
    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None
    encoding: str | None = None
    offset_checked: bool = False

    @property
    def is_table(self) -> bool:
        """True for CSV and Excel files, which have no geometry column."""
        return bool(kind_of(self.path, TABLE_KINDS))

    @property
    def offset_system(self) -> Literal["", "GCJ-02", "BD-09"]:
        """``GCJ-02`` or ``BD-09`` where the project says that the places are in it, else ``""``."""
        return offset_system(self.crs)


def offset_system(crs: str | None) -> Literal["", "GCJ-02", "BD-09"]:
    """``GCJ-02`` or ``BD-09`` where a declared CRS or a header names it, however it is spelt, else ``""``.

    Baidu's metres (BD09MC) are none of these: nothing reads them.
    """
    text = unicodedata.normalize("NFKC", crs or "").casefold()
    key = re.sub(r"[^a-z0-9]", "", text)
    systems = document()["headers"]["shifted_systems"]
    long, short = ({word: system for word, system in systems.items() if (word.isascii() and len(word) <= _SHORT) is few}
                   for few in (False, True))
    found = [system for word, system in long.items() if word in text or word in key]
    found += [system for word, system in short.items() for axis in _axes() if key in {word + axis, axis + word}]
    return "" if "bd09mc" in key or not found else cast("Literal['GCJ-02', 'BD-09']", found[0])


@functools.cache
def _axes() -> frozenset[str]:
    """What coordinates are called in Latin letters."""
    return frozenset(re.sub("[^a-z]", "", alias) for table in tables() for field in fields_of(table).values()
                     if field.type == "coordinate" for alias in field.aliases if alias.isascii())


@dataclass(frozen=True)
class Raw:
    """The rows of one file as they stand: nothing is guessed at and nothing left out.

    ``frame`` lies on 0..n-1 and has ``ROW``: a table's row numbers, or features counted from 1. ``part`` is the sheet
    or layer that was read, ``encoding`` what the text was found to be written in (``""`` where the format says),
    ``header_row`` the row that holds the column names. ``left_out`` are rows that are no data (a footer), with the
    reason; ``notes`` say what was doubtful in the file itself.
    """

    source: Source
    frame: pd.DataFrame
    part: str = ""
    encoding: str = ""
    header_row: int = 1
    left_out: tuple[tuple[int, Words], ...] = ()
    notes: tuple[Problem, ...] = ()


def read_raw(source: Source, table: str = "") -> Raw:
    """Read any file of rows; ``table`` is the list of fields its columns are looked for in.

    By that list the sheet of a workbook and the row of the column names are found, rows that are no data (titles,
    totals, signatures) are left out with the reason, and merged cells are filled where they mean all their rows.
    ``frame.attrs`` says to ``layers.columns.fields`` what the names rest on: ``sheet``, ``header_row``, ``from_dbf``,
    ``cut``.

    Raises:
        InputError: one problem with the fix, whatever is wrong with the file.
    """
    if source.is_table:
        found, sheet, encoding = _read_table(source.path, source.sheet, source.encoding, table)
        return Raw(source, found.frame, sheet, encoding, found.header_row, found.left_out, found.notes)
    if table not in _ONLY_LAYERS and not kind_of(source.path, VECTOR_KINDS):
        check_kind(source.path, {**TABLE_KINDS, **VECTOR_KINDS})
    layer = read_layer(source.path, layer=source.layer, encoding=source.encoding, table=table)
    frame = _with_crs(layer.frame, source.crs, source.path).reset_index(drop=True)
    if table:
        _check_cut_names(layer, source.path, table)
    frame = frame.assign(**{ROW: range(1, len(frame) + 1)})
    if layer.from_dbf:
        frame.attrs.update({"from_dbf": True, "cut": layer.cut})
    return Raw(source, frame, source.layer or "", layer.encoding, notes=layer.notes)


def open_source(source: Source) -> None:
    """Try to read a file, whatever its rows mean; of kinds that are read elsewhere only see that it is there.

    Raises:
        InputError: one problem with the fix.
    """
    if source.is_table:
        _open_table(source)
    elif kind_of(source.path, VECTOR_KINDS):
        read_vector(source.path, layer=source.layer, crs=source.crs, encoding=source.encoding)
    else:
        check_present(source.path)


def read_vector(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """Read one layer of a vector file as it is: all columns, its own CRS (or ``crs``, which then replaces it).

    Args:
        path: .gpkg, .geojson, .json, .geojson.gz, .shp, .fgb, .parquet, .kml, .kmz, or a .zip with one of them.
        layer: needed where a file has more than one layer with geometry.
        crs: any CRS that pyproj knows, such as ``EPSG:4490``, or a shifted system, which leaves the file's own.
        encoding: of a Shapefile's or GeoJSON's text, where it cannot be found out.

    Returns:
        a frame with at least one row and a CRS; geometry may be missing or broken in rows.

    Raises:
        InputError: one problem with the fix, whatever is wrong with the file.
    """
    return _with_crs(read_layer(path, layer=layer, encoding=encoding).frame, crs, path)


def _with_crs(frame: gpd.GeoDataFrame, crs: str | None, path: Path) -> gpd.GeoDataFrame:
    if offset_system(crs):
        return frame if frame.crs is not None else frame.set_crs("EPSG:4326")
    if crs is not None:
        return frame.set_crs(parse_crs(crs, path), allow_override=True)
    if frame.crs is None:
        edges = [f"{edge:.12g}" for edge in frame.total_bounds if np.isfinite(edge)]
        raise InputError(Problem(file=path.name, value=", ".join(edges),
                                 why="the file does not say its coordinate system", fix=_crs_fix(frame.total_bounds)))
    _check_on_map(frame.crs, path)
    return frame


def _crs_fix(bounds: Iterable[float]) -> Words:
    """The line that declares what the numbers look like: degrees, metres of a zone that they name, or other metres."""
    west, south, east, north = bounds
    if not np.isfinite([west, south, east, north]).all():
        return _CRS_FIX
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        return _CRS_FIX
    zone = int(west // 1_000_000)
    if zone in _ZONES and int(east // 1_000_000) == zone:
        code = _FIRST_ZONE_EPSG + zone - _ZONES[0]
        return say('the numbers are metres of the 3-degree zone {zone}: add the line crs = "EPSG:{code}" (or the code '
                   "the data is really in) to its section of project.toml", zone=zone, code=code)
    if 8e6 < west <= east < 15.2e6 and 1.8e6 < south <= north < 7.2e6:
        return say('the numbers look like the metres of web maps: add the line crs = "EPSG:3857" (or the code the data '
                   "is really in) to its section of project.toml")
    return say('the numbers are metres: add the line crs = "EPSG:4549" with the code of their zone (4549 is that of '
               "120° E) to its section of project.toml")


def _check_on_map(crs: pyproj.CRS, path: Path) -> None:
    """Refuse a CRS without longitude and latitude, such as one of heights or of a building site.

    Raises:
        InputError: it has none.
    """
    try:
        _way_to_map(crs)
    except ProjError as error:
        raise InputError(Problem(file=path.name, value=str(crs.name)[:80], fix=_CRS_FIX,
                                 why="places in this coordinate system cannot be put on a map")) from error


@functools.lru_cache(maxsize=64)
def _way_to_map(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def parse_crs(crs: str, path: Path) -> pyproj.CRS:
    """The CRS that a project file names for ``path``.

    Raises:
        InputError: nobody knows that CRS.
    """
    try:
        found = pyproj.CRS.from_user_input(unicodedata.normalize("NFKC", crs))
    except CRSError as error:
        raise InputError(Problem(file=path.name, value=crs, why="no such coordinate system",
                                 fix="give an EPSG code such as EPSG:4490 or EPSG:4326")) from error
    _check_on_map(found, path)
    return found


def read_table(path: Path, *, sheet: str | None = None) -> pd.DataFrame:
    """Read a table as raw cells: text, number, date or None, never guessed at.

    CSV is strict UTF-8 (a byte order mark is fine), else strict GB18030. Blank rows are left out but counted.

    Args:
        path: .csv, .xlsx or .xls.
        sheet: needed where a workbook has more than one sheet that is not blank.

    Returns:
        columns named as in row 1 plus ``ROW``; a column without a header is named ``column C``. At least one row.
        ``attrs["sheet"]`` names the sheet that was read.

    Raises:
        InputError: one problem with the fix, whatever is wrong with the file.
    """
    return _read_table(path, sheet, None, "")[0].frame


def _open_table(source: Source) -> None:
    """Read a table; of a workbook with several sheets only see that it can be opened, whichever of them is meant."""
    check_present(source.path)
    kind = check_kind(source.path, TABLE_KINDS)
    check_whole(source.path, kind)
    if kind == ".csv" or source.sheet is not None or len(filled_sheets(source.path)) == 1:
        _read_table(source.path, source.sheet, source.encoding, "")


def _read_table(path: Path, sheet: str | None, encoding: str | None, table: str) -> tuple[Table, str, str]:
    """The table, the sheet it stands in and the encoding it is in."""
    check_present(path)
    kind = check_kind(path, TABLE_KINDS)
    check_whole(path, kind)
    if kind == ".csv":
        cells, written_in = read_delimited(path, encoding=encoding)
    else:
        cells, written_in = read_workbook(path, sheet=sheet, table=table), ""
    return as_table(cells, table, file=path.name), cells.sheet, written_in


def _check_cut_names(layer: Layer, path: Path, table: str) -> None:
    """Refuse columns whose names were cut off to the same, if that may be the name of one that is read.

    Raises:
        InputError: one problem for each such group.
    """
    problems = []
    for name, places in layer.alike:
        mapping = match_columns([name], table, from_dbf=True, cut=[name])
        if mapping or mapping.ambiguous:
            problems.append(Problem(
                file=path.name, column=name, fix="save the layer as a GeoPackage, or give the columns names of at most "
                                                 "10 letters and export it again",
                why=say("columns {numbers} of the .dbf were cut off to the same name and cannot be told apart",
                        numbers=tuple(map(str, places)))))
    if problems:
        raise InputError(problems)
