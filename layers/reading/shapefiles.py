"""What does a Shapefile hold, whatever its .dbf is written in and wherever its column names were cut off?

A .dbf keeps 10 bytes of a name, which may end inside a character, and as many of a text as the column is wide. So
everything is read as bytes, column by column, and decoded here; the planner's files are never changed.
"""

import io
import re
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio.raw
import pyproj
import shapely
from pyproj.exceptions import CRSError

from gis.errors import Problem, say
from layers.reading.encodings import Text, beginning, find_encoding
from layers.reading.file_checks import damaged, sibling

_BYTES_AS_THEY_ARE = "ISO-8859-1"
_NAME_BYTES = 10
_RENAMED = re.compile(rb"(.{7,8})_(\d{1,2})", re.DOTALL)  # GDAL makes equal cut-off names differ so
_LANGUAGE_AT = 29  # byte of the .dbf's head
_LANGUAGES = {0x4D: "936", 0x7A: "936", 0x4F: "950", 0x78: "950"}  # others are written by habit, whatever the text is
_DELETED = ord("*")
_SHX_HEAD, _SHX_ROW, _LENGTH_AT = 100, 8, 24  # bytes; lengths are counted in 16-bit words


class _Column(NamedTuple):
    name: bytes
    width: int


@dataclass(frozen=True)
class Shapefile:
    """The features with all their columns, and how the text was read.

    ``cut`` are names that were longer for certain; ``alike`` groups of columns, counted from 1 in the .dbf, whose names
    were cut off to the same beginning.
    """

    frame: gpd.GeoDataFrame
    encoding: str
    notes: tuple[Problem, ...]
    cut: tuple[str, ...]
    alike: tuple[tuple[str, tuple[int, ...]], ...]


def read_shapefile(path: Path, *, encoding: str | None = None) -> Shapefile:
    """Read a Shapefile that is whole; ``encoding`` is what the project says of its text.

    Raises:
        InputError: its text is in no encoding that can be told, or features cannot be read.
        ValueError, OSError, pyogrio.errors.DataSourceError: GDAL cannot read it.
    """
    prj, source = _prj(path)
    meta, _, shapes, values = pyogrio.raw.read(source, encoding=_BYTES_AS_THEY_ARE)
    table = sibling(path, ".dbf")
    head = _Head.of(table) if table else _Head((), "", 0, 0)
    if table and (told_shapes := _shapes(path)) is not None and told_shapes != head.records:
        raise damaged(path, say("the .dbf holds {count} rows, the .shp {total} shapes", count=head.records,
                                total=told_shapes))
    if len(values) and head.rows > len(values[0]):
        raise damaged(path, say("{count} of {total} features can be read", count=len(values[0]), total=head.rows))
    columns = head.columns
    if len(columns) != len(meta["fields"]):
        columns = tuple(_Column(str(name).encode(_BYTES_AS_THEY_ARE), 0) for name in meta["fields"])
    told = find_encoding(_all_text(columns, values), file=path.name, declared=encoding,
                         said=_cpg(path) or head.language)
    names = [_name(column.name, told.name) for column in columns]
    alike = _alike([column.name for column in columns], names)
    frame = pd.DataFrame({place: _decoded(cells, told.name) for place, cells in enumerate(values)})
    frame.columns = pd.Index(_told_apart([name for name, _ in names]), dtype="object")
    note = () if told.note is None else (Problem(
        file=path.name, severity="warning", why=told.note,
        fix="nothing, if names read right; else correct the .cpg file beside it"),)
    shaped = gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(shapes), crs=prj or meta["crs"])
    return Shapefile(shaped, told.name, note, tuple(name for name, cut in names if cut), alike)


@dataclass(frozen=True)
class _Head:
    """What a .dbf says of itself: its columns, the encoding by its number, its rows but for deleted ones, and all."""

    columns: tuple[_Column, ...]
    language: str
    rows: int
    records: int

    @classmethod
    def of(cls, path: Path) -> "_Head":
        data = path.read_bytes()
        rows, start, length = struct.unpack_from("<IHH", data, 4)
        places = range(32, min(start, len(data)) - 31, 32)
        ends = next((place for place in places if data[place] == 0x0D), start)
        columns = tuple(_Column(data[place : place + 11].split(b"\x00")[0][:_NAME_BYTES], data[place + 16])
                        for place in places if place < ends)
        flags = np.frombuffer(data, "uint8")[start : start + rows * length : length or 1]
        return cls(columns, _LANGUAGES.get(data[_LANGUAGE_AT], ""), rows - int((flags == _DELETED).sum()), rows)


def _shapes(path: Path) -> int | None:
    """How many shapes the index says there are; without an index, how many the .shp holds; None where neither tells."""
    index = sibling(path, ".shx")
    head = index.read_bytes()[:_SHX_HEAD] if index else b""
    if len(head) == _SHX_HEAD:
        return int((2 * struct.unpack_from(">i", head, _LENGTH_AT)[0] - _SHX_HEAD) // _SHX_ROW)
    data = path.read_bytes()
    count, place = 0, _SHX_HEAD
    while place + _SHX_ROW <= len(data):
        place += _SHX_ROW + 2 * int(struct.unpack_from(">I", data, place + 4)[0])
        count += 1
    return count if place == len(data) else None


def _prj(path: Path) -> tuple[pyproj.CRS | None, Path | bytes]:
    """What GDAL shall read; where it would fail at Chinese in the .prj, the CRS apart and the files without it."""
    beside = sibling(path, ".prj")
    text = beside.read_bytes() if beside else b""
    if Text(text).decoded("utf-8") is not None:
        return None, path
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for ending in (".shp", ".shx", ".dbf"):
            part = sibling(path, ending)
            if part is not None:
                archive.write(part, f"layer{ending}")
    try:
        return pyproj.CRS.from_wkt(text.decode("gb18030")), packed.getvalue()
    except (UnicodeDecodeError, CRSError):
        return None, packed.getvalue()


def _cpg(path: Path) -> str:
    beside = sibling(path, ".cpg")
    return beside.read_bytes()[:64].decode("ascii", "ignore").strip() if beside else ""


def _all_text(columns: tuple[_Column, ...], values: list[Any]) -> Text:
    """Names and texts; those that fill their place may end inside a character."""
    whole: list[bytes] = []
    cut: list[bytes] = []
    for column in columns:
        renamed = _RENAMED.fullmatch(column.name)
        cut.append(renamed[1] if renamed else column.name)
    for column, cells in zip(columns, values, strict=False):
        if cells.dtype == object:
            for cell in pd.unique(cells[pd.notna(cells)]):
                text = str(cell).encode(_BYTES_AS_THEY_ARE)
                (cut if column.width and len(text) >= column.width else whole).append(text)
    return Text(b"\n".join(whole), tuple(cut))


def _name(name: bytes, encoding: str) -> tuple[str, bool]:
    """A column's name without a half character, and whether it had one."""
    try:
        return name.decode(encoding), False
    except UnicodeDecodeError:
        renamed = _RENAMED.fullmatch(name)
        first, number = (renamed[1], "_" + renamed[2].decode("ascii")) if renamed else (name, "")
        return beginning(first, encoding) + number, True


def _alike(raw: list[bytes], names: list[tuple[str, bool]]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Columns whose names were cut off to the same: by their bytes, or after GDAL made them differ by a number."""
    groups: dict[bytes, set[int]] = {}
    for place, one in enumerate(raw):
        groups.setdefault(one, set()).add(place)
        renamed = _RENAMED.fullmatch(one)
        if renamed and len(one) == _NAME_BYTES:
            beside = {other for other, name in enumerate(raw)
                      if len(name) == _NAME_BYTES and name.startswith(renamed[1])}
            groups.setdefault(renamed[1], set()).update(beside)
    for place, (name, _) in enumerate(names):
        groups.setdefault(name.encode(), set()).add(place)
    found = {tuple(sorted(group)) for group in groups.values() if len(group) > 1}
    largest = [group for group in found if not any(set(group) < set(other) for other in found)]
    return tuple((names[group[0]][0], tuple(place + 1 for place in group)) for group in sorted(largest))


def _told_apart(names: list[str]) -> list[str]:
    """Equal names made different by the place of their column, nothing else changed."""
    return [name if name and names.count(name) == 1 else f"{name} ({place})".strip()
            for place, name in enumerate(names, start=1)]


def _decoded(cells: Any, encoding: str) -> Any:
    if cells.dtype != object:
        return cells
    known = {cell: _text(cell, encoding) for cell in pd.unique(cells[pd.notna(cells)])}
    return pd.Series(cells, dtype="object").map(lambda cell: known.get(cell) if isinstance(cell, str) else cell)


def _text(cell: Any, encoding: str) -> Any:
    return beginning(cell.encode(_BYTES_AS_THEY_ARE), encoding) if isinstance(cell, str) else cell
