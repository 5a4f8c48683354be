"""What do the cells of a table say that hold whole shapes: WKT, WKB in hexadecimal, GeoJSON, or pairs of degrees?

Databases and web maps export such tables: PostGIS ``0103…`` or ``SRID=4490;POLYGON(…)``, Amap ``121.47,31.23;…``.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Cell, Problem, ProblemLog, say
from gis.geometry import has_arcs
from gis.ledger import ColumnRead
from layers.columns.catalogue import document
from layers.columns.headers import header_key
from layers.reading.files import ROW, Raw
from layers.typed.cells import as_text

_LON_LAT = "EPSG:4326"
_LONGEST_CELL = 32_767  # characters that a cell of Excel holds
_SRID = re.compile(r"\s*SRID\s*=\s*(\d{1,6})\s*;\s*", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){9,}")
_PAIR = r"\s*-?\d{1,3}(?:\.\d+)?\s*[,，\s]\s*-?\d{1,3}(?:\.\d+)?\s*"
_PAIRS = re.compile(rf"{_PAIR}(?:[;；|]{_PAIR}){{2,}}[;；|]?\s*")
_WKT = re.compile(
    r"(?:(?:multi)?(?:point|linestring|polygon|curve|surface)|geometrycollection|circularstring|compoundcurve|curvepolygon"
    r"|polyhedralsurface|tin|triangle)\s*(?:z|m|zm)?\s*(?:\(|empty)", re.IGNORECASE)
_JSON = re.compile(r"\{\s*\"(?:type|coordinates)\"")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_FEWEST_SHAPES, _SHOWN = 0.5, 60


def split_shapes(raw: Raw, log: ProblemLog) -> tuple[Raw, gpd.GeoSeries | None, ColumnRead | None]:
    """Take the column of shapes out of a table; a cell that is none is an error of its row.

    Returns:
        the table without it, the shapes on the same index in the CRS that the project or their SRID says (else degrees
        WGS84), and the column; None where the table has no such column.
    """
    header = _column(raw.frame)
    if header is None:
        return raw, None, None
    text = as_text(raw.frame[header]).replace("(?i)^(null|none|nan|empty)$", "", regex=True)
    shapes, srids = _shapes(text)
    wrong = text.index[(text != "").to_numpy() & shapely.is_missing(shapes)]
    cut = text.loc[wrong].str.len() >= _LONGEST_CELL
    known = sorted(set(srids[srids > 0].tolist()))
    several = text.index[srids > 0] if len(known) > 1 else text.index[:0]
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
            cells = tuple(Cell(raw.source.path.name, raw.part, int(raw.frame.loc[label, ROW]), text[label][:_SHOWN])
                          for label in labels)
            log.add(Problem(file=raw.source.path.name, sheet=raw.part, row=cells[0].row, column=header,
                            value=cells[0].value, why=why, fix=fix, cells=cells))
    source = raw.source
    if known and source.crs is None:
        source = replace(source, crs=f"EPSG:{known[0]}")
    frame = raw.frame.drop(columns=header)
    frame.attrs.update(raw.frame.attrs)
    drawn = gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index)
    return replace(raw, frame=frame, source=source), drawn, ColumnRead("shape", header, header)


def _column(frame: pd.DataFrame) -> str | None:
    """The first column most of whose filled cells look like a shape; pairs of numbers only where its name says so."""
    names = {header_key(name) for name in document()["headers"]["shapes"]}
    for header in (str(one) for one in frame.columns if one != ROW):
        named = header_key(header) in names
        first = next((cell for cell in frame[header] if isinstance(cell, str) and cell.strip()), "")
        if not (named or _looks_like_one(first, named=False)):
            continue
        text = as_text(frame[header])
        alike = [_looks_like_one(cell, named=named) for cell in text[text != ""]]
        if alike and sum(alike) >= _FEWEST_SHAPES * len(alike):
            return header
    return None


def _looks_like_one(text: str, *, named: bool) -> bool:
    bare = _SRID.sub("", text, count=1).lstrip()
    return bool(_WKT.match(bare) or _JSON.match(bare) or _HEX.fullmatch(bare) or (named and _PAIRS.fullmatch(bare)))


def _shapes(text: pd.Series) -> tuple[Any, Any]:
    """A shape for each cell, missing where it is none, and its SRID, 0 where it says none."""
    said = text.str.extract(_SRID.pattern, flags=re.IGNORECASE)[0]
    bare = text.str.replace(_SRID.pattern, "", n=1, regex=True, flags=re.IGNORECASE).str.strip()
    srids = pd.to_numeric(said, errors="coerce").fillna(0).to_numpy().astype(np.int64)
    shapes = np.full(len(text), None, dtype=object)
    hexed, listed, json = (bare.map(lambda one, form=form: form.fullmatch(one) is not None).to_numpy(dtype=bool)
                           for form in (_HEX, _PAIRS, re.compile(r"\{.*\}", re.DOTALL)))
    other = ~(hexed | listed | json | (bare == "").to_numpy())
    for these, read in ((hexed, shapely.from_wkb), (json, shapely.from_geojson), (other, shapely.from_wkt)):
        shapes[these] = [_read(read, one) for one in bare[these]]
    shapes[listed] = [_of_pairs(one) for one in bare[listed]]
    inner = shapely.get_srid(shapes)
    return shapely.set_srid(shapes, 0), np.where((srids == 0) & (inner > 0), inner, srids)


def _read(read: Callable[..., Any], text: str) -> Any:
    """The shape that a text stands for; None where it is none or holds arcs, which nothing here can look into."""
    try:
        shape = read(text, on_invalid="ignore")
    except NotImplementedError:
        return None
    return None if has_arcs(shape) else shape


def _of_pairs(text: str) -> shapely.Geometry:
    """An area of pairs of longitude and latitude, as web maps list its corners."""
    numbers = np.array([float(one) for one in _NUMBER.findall(text)]).reshape(-1, 2)
    return shapely.polygons(numbers)
