"""What do the cells of a table say that hold whole shapes: WKT, WKB in hexadecimal, GeoJSON, or pairs of degrees?

Databases and web maps export such tables: PostGIS ``0103…`` or ``SRID=4490;POLYGON(…)``, Amap ``121.47,31.23;…``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Cell, Problem, ProblemLog, say
from gis.geometry import has_arcs
from gis.ledger import ColumnRead
from layers.assumptions import assumed
from layers.columns.catalogue import document, fields_of
from layers.columns.fields import columns_of
from layers.columns.headers import header_key
from layers.reading.files import ROW, Raw, parse_crs
from layers.typed.cells import as_text
from layers.typed.personal import is_personal, masked

_LON_LAT = 4326
_LONGEST_CELL = 32_767  # characters that a cell of Excel holds
_SRID = re.compile(r"SRID\s*=\s*(\d{1,6})\s*;", re.IGNORECASE)
_KIND = "(?:0[1-9a-f]|1[01]|[bdef][0-9a-f])"  # point to triangle, also with Z or M
_WKB = re.compile(rf"(?:01{_KIND}0[0-9a-f]00[0-9a-f]{{2}}|00[0-9a-f]{{2}}000[0-9a-f]{_KIND})(?:[0-9a-f]{{2}}){{4,}}",
                  re.IGNORECASE)
"""One byte for the byte order, four for the kind of shape, with or without Z, M and SRID, and what follows."""
_WKT = re.compile(
    r"(?:(?:multi)?(?:point|linestring|polygon|curve|surface)|geometrycollection|curvepolygon|compoundcurve|"
    r"circularstring|polyhedralsurface|tin|triangle)\s*(?:zm|z|m)?\s*(?:\(|empty)", re.IGNORECASE)
_JSON = re.compile(r"\{.*\"coordinates\".*\}", re.DOTALL)
_PAIR = r"-?\d{1,3}(?:\.\d+)?(?:[ \t]*[,，][ \t]*|[ \t])-?\d{1,3}(?:\.\d+)?"
_RING = rf"{_PAIR}(?:[;；][ \t]*{_PAIR}){{2,}}[;；]?"
_RINGS = re.compile(rf"{_RING}(?:[|｜]{_RING})*|{_PAIR}(?:[|｜]{_PAIR}){{2,}}[|｜]?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SHOWN = 60
_OF_AREAS = frozenset({"roster", "building"})
"""Lists whose things are areas rather than points."""


def with_shapes(raw: Raw, table: str, log: ProblemLog) -> tuple[Raw, ColumnRead | None]:
    """Make the column of shapes of a table, if it has one, the geometry of its frame; a cell that is none is an error.

    The CRS of the geometry is that which the shapes say themselves (SRID), else degrees WGS84. Of several such columns
    the one with areas is taken where the list is one of areas, else the first. Columns that are another field of the
    list, or about persons, are never taken.

    Raises:
        InputError: nobody knows the CRS of that number.
    """
    columns = list(_columns(raw.frame, table))
    if not columns:
        return raw, None
    dimension = {header: float((shapely.get_dimensions(found.shapes) == 2).mean()) for header, found in columns}
    header, found = max(columns, key=lambda one: dimension[one[0]] if table in _OF_AREAS else 0.0)
    _say_wrong(raw, header, found, log)
    known = sorted(set(found.srids[found.srids > 0].tolist())) if raw.source.crs is None else []
    crs = parse_crs(f"EPSG:{known[0]}", raw.source.path) if known else _LON_LAT
    frame = raw.frame.drop(columns=header)
    drawn = gpd.GeoDataFrame(frame, geometry=shapely.force_2d(found.shapes), crs=crs)
    drawn.attrs.update(raw.frame.attrs)
    return replace(raw, frame=drawn), ColumnRead("shape", header, header)


class _Found(NamedTuple):
    """A column of shapes: its text, a shape for each cell (missing where it is none), and what SRID it says, else 0."""

    text: pd.Series
    shapes: Any
    srids: Any


def _say_wrong(raw: Raw, header: str, found: _Found, log: ProblemLog) -> None:
    text, shapes, srids = found
    wrong = text.index[(text != "").to_numpy() & shapely.is_missing(shapes)]
    cut = text.loc[wrong].str.len() >= _LONGEST_CELL
    known = sorted(set(srids[srids > 0].tolist()))
    several = text.index[srids > 0] if len(known) > 1 else text.index[:0]
    shown = masked(text.str.slice(0, _SHOWN).astype("object"))
    for labels, why, fix in (
        (wrong[~cut], say("{count} cells hold no shape that can be read", count=int((~cut).sum())),
         say("write shapes as WKT, such as POLYGON((121.47 31.23, 121.48 31.23, 121.48 31.24, 121.47 31.23))")),
        (wrong[cut], say("{count} shapes were cut off: a cell of a spreadsheet holds 32,767 characters",
                         count=int(cut.sum())),
         say("export the outlines as GeoPackage or GeoJSON, or simplify them")),
        (several, say("the shapes of one table say {count} different coordinate systems (SRID): {names}",
                      count=len(known), names=tuple(map(str, known))), say("export them in one system")),
    ):
        if len(labels):
            cells = tuple(Cell(raw.source.path.name, raw.part, int(raw.frame.loc[label, ROW]), shown[label])
                          for label in labels)
            log.add(Problem(file=raw.source.path.name, sheet=raw.part, row=cells[0].row, column=header,
                            value=cells[0].value, why=why, fix=fix, cells=cells))


def _columns(frame: pd.DataFrame, table: str) -> Iterator[tuple[str, _Found]]:
    """The columns of whose filled cells enough are shapes; pairs of numbers only where the name says so.

    A column whose name says that it holds shapes is one too where the cells look like some and are none.
    """
    names = {header_key(name) for name in document()["headers"]["shapes"]}
    enough = assumed("sheets", "shapes_share")
    taken = {header for field, header in columns_of(frame, table).items()
             if fields_of(table)[field].type != "coordinate"}
    for header in (str(one) for one in frame.columns if one != ROW):
        named = bool(names & {header_key(header), header_key(_without_system(header))})
        first = next((cell for cell in frame[header] if isinstance(cell, str) and cell.strip()), "")
        if header in taken or is_personal(header) or not (named or _looks_like_one(first, named=False)):
            continue
        text = as_text(frame[header]).replace("(?i)^(null|none|nan|empty)$", "", regex=True)
        alike = np.array([_looks_like_one(cell, named=named) for cell in text[text != ""]], dtype=bool)
        if not alike.size or alike.mean() < enough:
            continue
        shapes, srids = _shapes(text)
        if named or (~shapely.is_missing(shapes)).sum() >= enough * alike.size:
            yield header, _Found(text, shapes, srids)


def _without_system(header: str) -> str:
    """A header without a system of coordinates that it names: 边界 of 边界（GCJ-02） and of 高德边界."""
    settings = document()["headers"]
    words = sorted([*settings["shifted_systems"], *settings["true_systems"]], key=len, reverse=True)
    outside = re.sub(r"[(（][^)）]*[)）]", "", header)
    return re.sub("|".join(map(re.escape, words)), "", outside, flags=re.IGNORECASE)


def _looks_like_one(text: str, *, named: bool) -> bool:
    bare = _SRID.sub("", text, count=1).strip()
    return bool(_WKT.match(bare) or _JSON.fullmatch(bare) or _WKB.fullmatch(bare) or (named and _RINGS.fullmatch(bare)))


def _shapes(text: pd.Series) -> tuple[Any, Any]:
    """A shape for each cell, missing where it is none, and its SRID, 0 where it says none."""
    said = text.str.extract(_SRID.pattern, flags=re.IGNORECASE)[0]
    bare = text.str.replace(_SRID.pattern, "", n=1, regex=True, flags=re.IGNORECASE).str.strip()
    srids = pd.to_numeric(said, errors="coerce").fillna(0).to_numpy().astype(np.int64)
    shapes = np.full(len(text), None, dtype=object)
    left = np.array(bare != "", dtype=bool)
    for form, decode in ((_WKB, shapely.from_wkb), (_RINGS, _of_corners), (_JSON, shapely.from_geojson),
                         (re.compile(".*", re.DOTALL), shapely.from_wkt)):
        mine = left & np.array([form.fullmatch(one) is not None for one in bare], dtype=bool)
        shapes[mine] = _decoded(decode, bare[mine].to_numpy(dtype=object))
        left &= ~mine
    inner = shapely.get_srid(shapes)
    return shapely.set_srid(shapes, 0), np.where((srids == 0) & (inner > 0), inner, srids)


def _decoded(decode: Callable[..., Any], cells: Any) -> Any:
    """Shapes of cells; missing where one cannot be decoded or holds arcs, which nothing here can look into."""
    try:
        shapes = decode(cells, on_invalid="ignore")
        return np.array([None if has_arcs(one) else one for one in shapes], dtype=object)
    except (shapely.errors.ShapelyError, NotImplementedError, ValueError, TypeError):
        if len(cells) == 1:
            return np.array([None], dtype=object)
        return np.concatenate([_decoded(decode, cells[at : at + 1]) for at in range(len(cells))])


def _of_corners(cells: Any, *, on_invalid: str) -> Any:
    """Areas of pairs of longitude and latitude, as web maps list their corners.

    ``|`` parts the areas of one place, or the corners where nothing else does.
    """
    del on_invalid
    rings = [re.split("[|｜]", cell) if re.search("[;；]", cell) else [cell] for cell in cells]
    return np.array([shapely.union_all([shapely.Polygon(np.array(_NUMBER.findall(ring), dtype=float).reshape(-1, 2))
                                        for ring in parts]) for parts in rings], dtype=object)
