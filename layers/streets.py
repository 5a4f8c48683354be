"""Which streets are there, and where do they join? From an OSM extract or from a file of lines."""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.crs import metric_crs_of
from gis.errors import InputError, Problem, ProblemLog, Words, say
from gis.geometry import covered_ground
from gis.ledger import Reading
from gis.modes import MODES
from gis.tables import Streets
from layers.assumptions import assumed
from layers.columns.catalogue import document
from layers.line_noding import node_lines, same_course
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from layers.osm_parts import WGS84
from layers.osm_tags import first_texts, open_classes, osm_tags, street_classes
from layers.osmnx_bridge import read_graphml
from layers.placing.places import Town, places_of_layer
from layers.reading.files import ROW, Source, read_raw
from layers.rows import Rows

_NO = frozenset({"", "0.0", "none", "nan", *document()["cells"]["no"]})
_LABEL = "_label"
_DENSE_DEGREES = 0.01
_NODE_M = 1.0


def streets_of_osm(extract: OsmExtract, to_crs: Any) -> Streets:
    """The streets of an extract; they join only at shared OSM nodes.

    Further columns: ``osm_id`` and ``private`` (residents may pass, the public may not).

    Args:
        extract: what ``layers.osm.read_osm`` gives.
        to_crs: metric CRS of the result.
    """
    return Streets.of(extract.streets.to_crs(to_crs), extent=project_extent(extract.extent, to_crs))


def project_extent(extent: shapely.Geometry, to_crs: Any) -> shapely.Geometry:
    """An area in degrees as an area in a metric CRS, its long edges bent as the projection bends them."""
    dense = shapely.segmentize(extent, _DENSE_DEGREES)
    return gpd.GeoSeries([dense], crs=WGS84).to_crs(to_crs).iloc[0]


def read_streets(source: Source, *, town: Town, log: ProblemLog, complete_around: bool = False) -> Streets:
    """Read a file of lines as streets.

    Lines join where they touch or cross on the same level. The level is the column for the layer, else 1 for a bridge
    and -1 for a tunnel; lines of different levels join only at their ends. A file whose columns ``u`` and ``v`` name
    its nodes, as osmnx writes them, is taken at its word. The street class is brought to OSM's vocabulary and says
    whether one may walk there; a column ``foot`` overrides it.

    Args:
        source: any vector file that ``layers.reading.files.read_vector`` reads, GraphML of osmnx, or ``.osm`` and
            ``.osm.pbf``.
        town: the CRS of the result, by default that of the lines' middle, and where the project lies.
        log: takes warnings on what was left out, and the account of the lines.
        complete_around: the file has every street as far as people walk, or there are none beyond; else the streets
            are taken to be known only inside the ground they cover.

    Raises:
        InputError: the file cannot be read, holds no lines or does not fit its CRS.
    """
    path = source.path
    if path.name.lower().endswith(".graphml"):
        return _within(read_graphml(source, town, log), complete_around=complete_around)
    if is_osm(path.name):
        return _within_osm(source, town, log, complete_around=complete_around)
    raw = read_raw(source)
    rows = Rows(raw, "streets", raw.frame[[ROW]], places_of_layer(raw.frame, source, raw.part, town, log), log)
    lines = _plain_lines(gpd.GeoDataFrame(raw.frame, geometry=rows.geometry), rows)
    facts = _facts(lines)
    _warn_of_strange_classes(facts, path.name, log)
    given = _given_nodes(lines)
    if given is None:
        noded = node_lines(lines.geometry.to_numpy(), _levels(lines))
        pieces = noded.pieces
        _warn(log, path.name, noded.zero_length, say("pieces without length were left out"))
        _warn(log, path.name, noded.repeated, say("pieces lie on the same course as another one and were left out"))
    else:
        again = same_course(given["u"].to_numpy(), given["v"].to_numpy(), given["geometry"].to_numpy())
        pieces = given[~again].reset_index(drop=True)
    used = rows.fields.index[np.isin(rows.fields.index, lines[_LABEL].iloc[pieces["line"].to_numpy()])]
    rows.leave_out_together(rows.kept.difference(used), what=say("lines lie on the same course as another one"),
                            fix="nothing, unless they are different streets")
    rows.done(used)
    said = facts.iloc[pieces["line"].to_numpy()].reset_index(drop=True)
    ids = pieces["line"].astype(str) + "#" + pieces["piece"].astype(str)
    made = gpd.GeoDataFrame(said.assign(u=pieces["u"].to_numpy(), v=pieces["v"].to_numpy()),
                            geometry=pieces["geometry"].to_numpy(), crs=lines.crs)
    return _within(Streets.of(made.set_axis(pd.Index("line/" + ids), axis="index")), complete_around=complete_around)


def is_osm(name: str) -> bool:
    """Whether a file is OpenStreetMap's by its name."""
    return name.lower().endswith((".osm", ".pbf"))


def _within_osm(source: Source, town: Town, log: ProblemLog, *, complete_around: bool) -> Streets:
    """The streets of an OpenStreetMap file of which nothing else is wanted."""
    extract = read_osm(source.path)
    for problem in extract.problems:
        log.add(problem)
    if not len(extract.streets):
        raise InputError(Problem(file=source.path.name, why="the file holds no lines",
                                 fix="give the layer with the street lines"))
    count = len(extract.streets)
    log.readings.append(Reading(file=source.path.name, part="streets", crs="EPSG:4326", rows_in=count, rows_used=count))
    streets = streets_of_osm(extract, town.crs or metric_crs_of(extract.streets))
    return replace(streets, extent=None) if complete_around else streets


def _within(streets: Streets, *, complete_around: bool) -> Streets:
    if complete_around:
        return replace(streets, extent=None)
    ground = covered_ground(streets.frame.geometry.to_numpy(), hull_ratio=assumed("ground", "hull_ratio"))
    return replace(streets, extent=ground)


def _plain_lines(frame: gpd.GeoDataFrame, rows: Rows) -> gpd.GeoDataFrame:
    """Single LineStrings in two dimensions on a fresh index; a row of which nothing is a line is left out."""
    raw = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(raw) | shapely.is_empty(raw))
    parts = frame[there].assign(**{_LABEL: frame.index[there]}).explode(index_parts=False, ignore_index=True)
    shapes = shapely.force_2d(parts.geometry.to_numpy())
    line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    long = np.zeros(len(parts), dtype=bool)
    long[line & finite] = shapely.length(shapes[line & finite]) > 0
    labels, fix = parts[_LABEL], say("check the layer")
    for usable, what in ((line, say("features are empty or no lines and were left out")),
                         (line & finite, say("lines have infinite coordinates and were left out")),
                         (long, say("lines have no length and were left out"))):
        rows.leave_out_together(rows.kept.difference(labels[usable]), what=what, fix=fix)
    lost = int((~long).sum()) - int((~labels.isin(labels[long])).sum())
    _warn(rows.log, rows.file, lost, say("parts of lines are no lines themselves or have no length"))
    if not long.any():
        raise InputError(Problem(file=rows.file, why="the file holds no lines",
                                 fix="give the layer with the street lines"))
    return parts.set_geometry(shapes, crs=frame.crs)[long].reset_index(drop=True)


def _facts(lines: gpd.GeoDataFrame) -> pd.DataFrame:
    tags = osm_tags()
    classes = street_classes(_column(lines, tags.class_columns))
    said = {mode: first_texts(lines[mode]).str.lower() for mode in MODES if mode in lines}
    allowed: dict[str, pd.Series] = {mode: open_classes(classes, mode).astype(bool) for mode in MODES}
    for mode, words in said.items():
        allowed[mode] = allowed[mode].mask(words != "", ~words.isin(_NO | tags.streets.modes[mode].denied)).astype(bool)
    names, written = (first_texts(_column(lines, columns)) for columns in (tags.name_columns, tags.oneway_columns))
    way = written.str.lower().str.removesuffix(".0")  # whole numbers beside a blank are floats
    oneway = np.select([way.isin(tags.oneway_along), way.isin(tags.oneway_against)], [1, -1], 0)
    return pd.DataFrame({"street_class": classes, "name": names, **allowed, "oneway": oneway,
                         "ground": _levels(lines) == 0})


def _column(lines: gpd.GeoDataFrame, names: tuple[str, ...]) -> pd.Series:
    folded = {str(column).strip().lower(): column for column in reversed(list(lines.columns))}
    found = next((folded[name] for name in names if name in folded), None)
    return pd.Series("", index=lines.index, dtype="object") if found is None else lines[found]


def _levels(lines: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Height rank of each line; a bridge on layer 0 counts as 1, a tunnel on layer 0 as -1."""
    tags = osm_tags()
    level = pd.to_numeric(_column(lines, tags.layer_columns), errors="coerce").fillna(0).clip(-9, 9).astype(np.int64)
    bridge, tunnel = (~first_texts(_column(lines, names)).str.lower().isin(_NO)
                      for names in (tags.bridge_columns, tags.tunnel_columns))
    level = level.mask((level == 0) & bridge, 1).mask((level == 0) & tunnel, -1)
    ranks: NDArray[np.int64] = level.to_numpy().astype(np.int64)
    return ranks


def _given_nodes(lines: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """The file's own nodes with ``u`` where each line starts, or None where it does not name them.

    The columns ``u`` and ``v`` name nodes if they hold whole numbers and each number stands at one place.
    """
    if not {"u", "v"} <= set(lines.columns):
        return None
    ends = lines[["u", "v"]].apply(pd.to_numeric, errors="coerce")
    if ends.isna().any(axis=None) or (ends != ends.round()).any(axis=None):
        return None
    shapes = lines.geometry.to_numpy()
    keys = ends.to_numpy().astype(np.int64)
    places = np.stack([shapely.get_coordinates(shapely.get_point(shapes, place)) for place in (0, -1)], axis=1)
    backward = _runs_backward(keys, places)
    places[backward] = places[backward, ::-1]
    middle = pd.DataFrame(places.reshape(-1, 2)).groupby(keys.ravel()).median()
    if np.hypot(*(places.reshape(-1, 2) - middle.loc[keys.ravel()].to_numpy()).T).max() > _NODE_M:
        return None
    keys[backward] = keys[backward, ::-1]
    return pd.DataFrame(
        {"line": np.arange(len(lines)), "piece": 0, "geometry": shapes, "u": keys[:, 0], "v": keys[:, 1]})


def _runs_backward(keys: NDArray[np.int64], places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which lines are drawn from ``v`` to ``u``: turned round, their nodes stand where more other lines have them."""
    both = np.concatenate([keys.ravel(), keys[:, ::-1].ravel()])
    spots = pd.DataFrame(np.tile(places.reshape(-1, 2), (2, 1))).round()
    votes = spots.groupby([both, 0, 1])[0].transform("size").to_numpy().reshape(2, -1, 2).sum(axis=2)
    backward: NDArray[np.bool_] = votes[1] > votes[0]
    return backward


def _warn_of_strange_classes(facts: pd.DataFrame, file: str, log: ProblemLog) -> None:
    known = osm_tags().streets
    strange = facts["street_class"][~facts["street_class"].isin([*known.display, *known.excluded, ""])]
    for name, count in strange.value_counts().sort_index().items():
        log.add(Problem(file=file, value=str(name), severity="warning",
                        why=say("{count} lines have a street class nobody knows; they are shown as paths and walked",
                                count=int(count)),
                        fix="use OSM's highway values or 主干路, 次干路, 支路, 街巷, 步行道"))


def _warn(log: ProblemLog, file: str, count: int, what: Words) -> None:
    if count:
        log.add(Problem(file=file, value=str(count), why=say("{count} {what}", count=count, what=what),
                        fix="check the layer", severity="warning"))
