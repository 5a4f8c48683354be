"""How is one layer of any vector file read so that no feature, no column and no character of it is lost?"""

import gzip
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from geopandas.array import GeometryDtype
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException

from gis.errors import Cell, InputError, Problem, reported, say
from gis.geometry import has_arcs
from layers.columns.headers import field_count
from layers.reading.archives import unpacked
from layers.reading.encodings import Text, find_encoding
from layers.reading.file_checks import VECTOR_KINDS, check_kind, check_present, check_whole, damaged, pick_part
from layers.reading.geojson import check_shapes
from layers.reading.kml import plain_kml, together, with_names
from layers.reading.shapefiles import read_shapefile

_LAYER = say("layer")
_INNER_PATH = re.compile(r"/vsi\w+/[\w./\\-]*")
"""What GDAL calls a file in memory or in an archive, which no planner has."""
_WKB_COLUMNS = frozenset({"geometry", "geom", "the_geom", "wkb_geometry", "wkb"})
_ARCS, _NO_ARCS = (
    say("shapes with arcs cannot be read"),
    say("turn the arcs into straight pieces in GIS (QGIS: Segmentize by maximum angle) and export the layer again"))
_FAULTS = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError, pyogrio.errors.FieldError, pyogrio.errors.CRSError, GEOSException, CRSError,
    pa.ArrowException, ValueError, OSError, LookupError, TypeError, AttributeError, NotImplementedError, OverflowError,
    MemoryError, RecursionError, UnboundLocalError)
"""What the readers raise of files that are cut short or corrupt; the last is pyogrio's where a CRS is no text."""


@dataclass(frozen=True)
class Layer:
    """One layer as it is: its features, its name, and how its text was read.

    ``cut`` and ``alike``: see ``layers.reading.shapefiles``; ``from_dbf``: column names have at most 10 bytes.
    """

    frame: gpd.GeoDataFrame
    name: str = ""
    encoding: str = ""
    notes: tuple[Problem, ...] = ()
    cut: tuple[str, ...] = ()
    alike: tuple[tuple[str, tuple[int, ...]], ...] = ()
    from_dbf: bool = False


def read_layer(path: Path, *, layer: str | None = None, encoding: str | None = None, table: str = "") -> Layer:
    """Read one layer of a vector file, whatever its CRS or lack of one.

    Of several the one that names most fields of the list ``table`` is proposed; folders of a KML are read as one.

    Raises:
        InputError: one problem with the fix, whatever is wrong with the file.
    """
    check_present(path)
    kind = check_kind(path, VECTOR_KINDS)
    if kind == ".zip":
        return _in_archive(path, layer, encoding, table)
    check_whole(path, kind)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a fault that loses features is found by counting them
            found = _read(path, kind, layer, encoding, table)
    except _FAULTS as error:
        if "Nonlinear geometry" in str(error):
            raise InputError(Problem(file=path.name, why=_ARCS, fix=_NO_ARCS)) from error
        raise damaged(path, reported(_without_paths(str(error), path))) from error
    if not isinstance(found.frame, gpd.GeoDataFrame):
        raise InputError(Problem(file=path.name, why="the layer has no geometry", fix="give areas, lines or points"))
    if found.frame.empty:
        raise InputError(Problem(file=path.name, why="the layer has no rows", fix="export it again with its features"))
    curved = [number for number, shape in enumerate(found.frame.geometry, start=1) if has_arcs(shape)]
    if curved:
        raise InputError(Problem(file=path.name, row=curved[0], why=_ARCS, fix=_NO_ARCS,
                                 cells=tuple(Cell(path.name, "", row, "") for row in curved)))
    found = _with_one_shape(found, path)
    return replace(found, frame=_with_own_names(found.frame))


def _without_paths(said: str, path: Path) -> str:
    """What a reader raised, with the file's name in place of where it lies."""
    for one in (path.resolve(), path):
        said = said.replace(str(one), path.name)
    return " ".join(_INNER_PATH.sub(path.name, said).split())[:160]


def _in_archive(path: Path, layer: str | None, encoding: str | None, table: str) -> Layer:
    try:
        with unpacked(path) as inside:
            found = read_layer(inside, layer=layer, encoding=encoding, table=table)
    except InputError as error:
        raise InputError([replace(one, file=path.name, cells=tuple(cell._replace(file=path.name) for cell in one.cells))
                          for one in error.problems]) from error
    return replace(found, notes=tuple(replace(one, file=path.name) for one in found.notes))


def _read(path: Path, kind: str, layer: str | None, encoding: str | None, table: str) -> Layer:
    if kind == ".parquet":
        return Layer(_read_parquet(path))
    if kind == ".shp":
        pick_part(path, _LAYER, layer, [path.stem])
        found = read_shapefile(path, encoding=encoding)
        return Layer(found.frame, path.stem, found.encoding, found.notes, found.cut, found.alike, from_dbf=True)
    if kind in {".kml", ".kmz"}:
        data, names, written_in = plain_kml(path, kind)
        return replace(_read_folders(path, data, layer, names), encoding=written_in)
    if kind in {".geojson", ".json"}:
        return _read_geojson(path, layer, encoding)
    if kind == ".geojson.gz":
        packed = _read_ogr(path, f"/vsigzip/{path.resolve()}", layer)
        check_shapes(path, gzip.decompress(path.read_bytes()), packed.frame)
        return packed
    return _read_ogr(path, str(path), layer, table)


def _read_geojson(path: Path, layer: str | None, encoding: str | None) -> Layer:
    data = path.read_bytes()
    text = Text(b"", (data.removeprefix(b"\xef\xbb\xbf"),))  # one that is cut short is found by reading it
    told = find_encoding(text, file=path.name, declared=encoding, said="utf-8")
    own = told.name == "utf-8"
    plain = data if own else data.decode(told.name, "ignore").encode()
    found = _read_ogr(path, str(path) if own else plain, layer)
    check_shapes(path, plain, found.frame)
    note = Problem(file=path.name, severity="warning", fix="nothing, if names read right; else save it as UTF-8",
                   why=say("the text is not in UTF-8, as GeoJSON must be, but in {found}", found=told.name.upper()))
    return replace(found, encoding=told.name, notes=() if own else (note,))


class _Part(NamedTuple):
    """A layer of a file by its place among all, with how many features it says to have."""

    place: int
    name: str
    features: int
    fields: tuple[str, ...]


def _parts(target: str | bytes) -> list[_Part]:
    """The layers that may hold shapes."""
    every = [(place, row[0]) for place, row in enumerate(pyogrio.list_layers(target)) if row[1] is not None]
    read = [(place, name, pyogrio.read_info(target, layer=place)) for place, name in every]
    return [_Part(place, name, int(info["features"]), tuple(map(str, info["fields"]))) for place, name, info in read]


def _read_ogr(path: Path, target: str | bytes, layer: str | None, table: str = "") -> Layer:
    parts = _parts(target)
    if layer is None:  # nobody means one without features
        parts = [one for one in parts if one.features] or parts
    likely = max(parts, key=lambda one: field_count(one.fields, table) if table else 0).name if parts else ""
    name = pick_part(path, _LAYER, layer, [one.name for one in parts], likely)
    return Layer(_read_part(path, target, next(one for one in parts if one.name == name)), name)


def _read_part(path: Path, target: str | bytes, part: _Part) -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(target, layer=part.place)
    if part.features > len(frame):
        raise damaged(path, say("{count} of {total} features can be read", count=len(frame), total=part.features))
    return frame


def _read_folders(path: Path, data: bytes, layer: str | None, names: dict[str, str]) -> Layer:
    """The folders of a KML as one layer, if they hold shapes of the same kind; else the one that is wanted.

    ``names``: what its columns are called, see ``plain_kml``.
    """
    folders = [one for one in _parts(data) if one.features]
    if layer is not None or len(folders) < 2:
        found = _read_ogr(path, data, layer)
        return replace(found, frame=with_names(found.frame, names))
    frames = {one: with_names(_read_part(path, data, one), names) for one in folders}
    kinds = {one: int(shapely.get_dimensions(frame.geometry.to_numpy()).max()) for one, frame in frames.items()}
    if len(set(kinds.values())) > 1:
        likely = max(folders, key=lambda one: kinds[one]).name
        pick_part(path, _LAYER, layer, [one.name for one in folders], likely)
    frame, note = together(path, [(one.name, frame) for one, frame in frames.items()])
    return Layer(frame, notes=(note,))


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    """A GeoParquet file, or a Parquet file with a column of shapes as WKB, which does not say its CRS."""
    whole = pq.read_table(path)
    whole.validate(full=True)  # text that is none is found here, not when somebody looks at it
    if b"geo" in (whole.schema.metadata or {}):
        return gpd.read_parquet(path)
    table = whole.to_pandas()
    shapes = next((name for name in table.columns if str(name).casefold() in _WKB_COLUMNS), None)
    if shapes is None:
        raise InputError(Problem(file=path.name, why="the Parquet file holds a table without places",
                                 fix="give a GeoParquet file, or save the table as CSV or Excel"))
    return gpd.GeoDataFrame(table.drop(columns=[shapes]), geometry=shapely.from_wkb(table[shapes].to_numpy()))


def _with_one_shape(found: Layer, path: Path) -> Layer:
    """The layer with its active column of shapes alone; of others, which are left out, a note says so."""
    frame, taken = found.frame, str(found.frame.geometry.name)
    others = [place for place, kind in enumerate(frame.dtypes)
              if isinstance(kind, GeometryDtype) and frame.columns[place] != taken]
    if not others:
        return found
    note = Problem(
        file=path.name, column=taken, severity="warning",
        why=say("the layer has several columns of shapes: {name} is read, as the file itself says; {others} are not",
                name=taken, others=tuple(str(frame.columns[place]) for place in others)),
        fix="nothing, if it is the right one; else make the other one the active column of shapes and save it again")
    kept = frame.iloc[:, [place for place in range(frame.shape[1]) if place not in others]]
    return replace(found, frame=kept, notes=(*found.notes, note))


def _with_own_names(frame: Any) -> gpd.GeoDataFrame:
    """The layer with its geometry in the column ``geometry`` and every other column under a name of its own."""
    shape = list(frame.columns).index(frame.geometry.name)
    names = ["geometry" if place == shape else str(name) for place, name in enumerate(frame.columns)]
    own = [name if place == shape or (names.count(name) == 1 and name != "_row") else f"{name} ({place + 1})"
           for place, name in enumerate(names)]
    return frame.set_axis(own, axis="columns").set_geometry("geometry")
