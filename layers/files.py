"""How does any planner's file become a layer or a table of raw cells, or one message that says what is wrong with it?

Only file formats and their faults are known here; what the columns mean is the business of ``layers.fields``.
"""

import codecs
import csv
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import python_calamine
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from gis.errors import InputError, Problem, Words, reported, say
from layers.cells import printable
from layers.file_checks import TABLE_KINDS, VECTOR_KINDS, check_kind, check_present, check_whole, damaged, kind_of

ROW = "_row"
"""Column of a raw table that holds the planner's row number: the header is row 1."""

_LAYER, _SHEET = say("layer"), say("sheet")
_CRS_FIX = say('add the line crs = "EPSG:4490" (or the code the data is really in) to its section of project.toml')


@dataclass(frozen=True)
class Source:
    """One file of a project, and which part of it: a vector layer or a sheet. ``crs`` overrides what the file says."""

    path: Path
    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None

    @property
    def is_table(self) -> bool:
        """True for CSV and Excel files, which have no geometry column."""
        return bool(kind_of(self.path, TABLE_KINDS))


def open_source(source: Source) -> None:
    """Try to read a file, whatever its rows mean; of kinds that are read elsewhere only see that it is there.

    Raises:
        InputError: one problem with the fix.
    """
    if source.is_table:
        read_table(source.path, sheet=source.sheet)
    elif kind_of(source.path, VECTOR_KINDS):
        read_vector(source.path, layer=source.layer, crs=source.crs)
    else:
        check_present(source.path)


def read_vector(path: Path, *, layer: str | None = None, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a vector file as it is: all columns, its own CRS (or ``crs``, which then replaces it).

    Args:
        path: .gpkg, .geojson, .json, .geojson.gz, .shp, .fgb or .parquet.
        layer: needed where a file has more than one layer with geometry.
        crs: any CRS that pyproj knows, such as ``EPSG:4490``.

    Returns:
        a frame with at least one row and a CRS; geometry may be missing or broken in rows.

    Raises:
        InputError: one problem with the fix, whatever is wrong with the file.
    """
    check_present(path)
    kind = check_kind(path, VECTOR_KINDS)
    check_whole(path, kind)
    frame = _read_parquet(path) if kind == ".parquet" else _read_ogr(path, kind, layer)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(Problem(file=path.name, why="the layer has no geometry", fix="give areas, lines or points"))
    if frame.empty:
        raise InputError(Problem(file=path.name, why="the layer has no rows", fix="export it again with its features"))
    if crs is not None:
        return frame.set_crs(parse_crs(crs, path), allow_override=True)
    if frame.crs is None:
        raise InputError(Problem(file=path.name, why="the file does not say its coordinate system", fix=_CRS_FIX))
    return frame


def parse_crs(crs: str, path: Path) -> pyproj.CRS:
    """The CRS that a project file names for ``path``.

    Raises:
        InputError: nobody knows that CRS.
    """
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(Problem(file=path.name, column="crs", value=crs, why="no such coordinate system",
                                 fix="give an EPSG code such as EPSG:4490 or EPSG:4326")) from error


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
    check_present(path)
    kind = check_kind(path, TABLE_KINDS)
    check_whole(path, kind)
    if kind == ".csv":
        return _as_table(_csv_rows(path), path, "")
    name, rows = _sheet_rows(path, sheet)
    return _as_table(rows, path, name)


def _read_parquet(path: Path) -> Any:
    try:
        return gpd.read_parquet(path)
    except ImportError as error:
        raise InputError(Problem(file=path.name, why="GeoParquet needs the package pyarrow, which is not installed",
                                 fix="run pip install pyarrow, or save the layer as a GeoPackage")) from error
    except (ValueError, OSError, KeyError) as error:
        raise damaged(path, error) from error


def _read_ogr(path: Path, kind: str, layer: str | None) -> Any:
    target = f"/vsigzip/{path.resolve()}" if kind == ".geojson.gz" else str(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fault that loses features is found by counting them
            name = _pick(path, _LAYER, layer, [row[0] for row in pyogrio.list_layers(target) if row[1] is not None])
            promised = int(pyogrio.read_info(target, layer=name)["features"])
            frame = _read_text_either_way(path, target, name, kind)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError,
            pyogrio.errors.GeometryError, pyogrio.errors.FieldError, GEOSException, ValueError, OSError) as error:
        raise damaged(path, reported(str(error).replace(target, path.name))) from error
    if promised > len(frame):
        raise damaged(path, say("{count} of {total} features can be read", count=len(frame), total=promised))
    return frame


def _read_text_either_way(path: Path, target: str, layer: str, kind: str) -> Any:
    if kind != ".shp" or path.with_suffix(".cpg").exists():
        return pyogrio.read_dataframe(target, layer=layer)
    try:
        return pyogrio.read_dataframe(target, layer=layer, encoding="utf-8")
    except UnicodeDecodeError:
        return pyogrio.read_dataframe(target, layer=layer, encoding="gb18030")


def _pick(path: Path, word: Words, wanted: str | None, names: list[str]) -> str:
    there = tuple(names) or say("none")
    if wanted is not None and wanted not in names:
        raise InputError(Problem(file=path.name, value=wanted, why=say("there is no such {word}", word=word),
                                 fix=say("give one of its {word}s: {names}", word=word, names=there)))
    if wanted is None and len(names) > 1:
        raise InputError(Problem(file=path.name,
                                 why=say("the file has {count} {word}s ({names})", count=len(names), word=word,
                                         names=there),
                                 fix=say('say which, for example {key} = "{name}"', key=str(word), name=names[0])))
    if not names:
        raise InputError(Problem(file=path.name, why=say("the file has no {word} with data", word=word),
                                 fix="export it again"))
    return wanted or names[0]


def _csv_rows(path: Path) -> list[list[Any]]:
    text = _decoded(path)
    head = text.split("\n", 1)[0]
    comma = max(",\t;，", key=lambda mark: (head.count(mark), mark == ","))
    try:
        rows = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)]
    except csv.Error as error:
        raise damaged(path, say("CSV: {error}", error=reported(error))) from error
    if len(rows) > 1 and rows[-1] and len(rows[-1]) < len(rows[0]) and not text.endswith(("\n", "\r")):
        raise InputError(
            Problem(file=path.name, row=len(rows),
                    fix="export or copy it again; if the row is whole, end it with a line break",
                    why=say("the file ends inside this row, after {count} of {total} cells", count=len(rows[-1]),
                            total=len(rows[0]))))
    return rows


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > 0:
            raise damaged(path, say("the text ends inside a character")) from error
        text = "\x00" if data.startswith(codecs.BOM_UTF8) else _as_gb18030(data)
    if "\x00" in text:
        raise InputError(Problem(file=path.name, why="the text is neither UTF-8 nor GB18030",
                                 fix="save it as CSV UTF-8 in the spreadsheet program"))
    return text


def _as_gb18030(data: bytes) -> str:
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return "\x00"


def _sheet_rows(path: Path, sheet: str | None) -> tuple[str, list[list[Any]]]:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        filled = [name for name in book.sheet_names if sheet is not None or book.get_sheet_by_name(name).height]
        name = _pick(path, _SHEET, sheet, filled)
        return name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError, OSError, KeyError) as error:
        raise damaged(path, error) from error


def _as_table(rows: list[list[Any]], path: Path, sheet: str) -> pd.DataFrame:
    header = [_blank_to_none(cell) for cell in rows[0]] if rows else []
    body = [(number, [_blank_to_none(cell) for cell in row]) for number, row in enumerate(rows[1:], start=2)]
    body = [(number, row) for number, row in body if any(cell is not None for cell in row)]
    if not body:
        raise InputError(Problem(file=path.name, sheet=sheet, why="the table has no rows",
                                 fix="put the column names in row 1 and the data below"))
    width = len(header)
    long = [number for number, row in body if any(cell is not None for cell in row[width:])]
    if long:
        raise InputError(Problem(file=path.name, sheet=sheet, row=long[0],
                                 why=say("{count} rows have more cells than row 1 has column names", count=len(long)),
                                 fix="put quotes around cells that hold a comma"))
    cells = pd.DataFrame([(row + [None] * width)[:width] for _, row in body], dtype=object)
    named = [place for place in range(width) if header[place] is not None or cells[place].notna().any()]
    names = [f"column {_letters(place)}" if header[place] is None else printable(str(header[place])).strip()
             for place in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError([Problem(file=path.name, sheet=sheet, row=1, column=name, why="two columns have this name",
                                  fix="rename or delete one of them") for name in twice])
    cells = cells[named].set_axis(names, axis="columns")
    cells[ROW] = [number for number, _ in body]
    cells.attrs["sheet"] = sheet
    return cells


def _blank_to_none(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell if cell.strip() else None
    return None if cell is None or cell != cell else cell  # noqa: PLR0124 - NaN is the only value unlike itself


def _letters(place: int) -> str:
    quotient, rest = divmod(place, 26)
    return (_letters(quotient - 1) if quotient else "") + chr(ord("A") + rest)
