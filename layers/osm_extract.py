"""How do the findings of one pass over an OSM file become frames, an extent, a date and a list of what was cut?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, ProblemLog, say
from gis.geometry import covered_ground, fault, has_shape, repair_areas
from gis.modes import MODES, lets_pass, shut_bit
from layers.assumptions import assumed
from layers.osm_noding import DEGREES, Noded, WayNodes, node_ways
from layers.osm_parts import WGS84, PartReader, Records
from layers.osm_tags import Tags, osm_tags

_EMPTY_BOX_RATIO = 10
_LEFT_OUT = {
    "duplicate": say("the outer way of a multipolygon repeats its tags; the object is counted once"),
    "broken": say("the outline is not closed or crosses itself, so it is no area"),
}
_PART_NAMES = {str(one): one for one in (say("buildings"), say("estates"), say("water"), say("green"))}


@dataclass
class Findings:
    """What one pass over a file finds.

    Args:
        parts: records per part of the extract; facilities as ``facilities.<kind>``.
        street_ids: way ids of the streets; ``street_tags`` and ``street_counts`` (nodes per way) go with them.
        street_nodes: node id, longitude and latitude in 1e-7 degrees of all street nodes, end to end.
        stopped: by node id, the modes that something other than a gate stops there, as bits of ``gis.modes.shut_bit``.
        cut: object id, part and number of missing nodes or members.
        left_out: reason (a key of the messages), object id, part.
        newest: time of the newest object, None where objects have no time.
    """

    parts: dict[str, Records]
    street_ids: list[int] = field(default_factory=list)
    street_tags: list[Tags] = field(default_factory=list)
    street_counts: list[int] = field(default_factory=list)
    street_nodes: list[tuple[int, int, int]] = field(default_factory=list)
    stopped: dict[int, int] = field(default_factory=dict)
    cut: list[tuple[str, str, int]] = field(default_factory=list)
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    newest: datetime | None = None

    @property
    def way_nodes(self) -> WayNodes:
        """The streets' nodes as arrays."""
        nodes = np.array(self.street_nodes, dtype=np.int64).reshape(-1, 3)
        return WayNodes(np.array(self.street_ids, dtype=np.int64), np.array(self.street_counts, dtype=np.int64),
                        nodes[:, 0], nodes[:, 1], nodes[:, 2])


@dataclass(frozen=True)
class OsmExtract:
    """Everything of an OSM file that the program uses, as frames in EPSG:4326 sorted by their text index.

    Args:
        file: name of the file.
        streets: index ``edge_id`` (``way/5#0``); ``u``, ``v`` (OSM node ids; negative where a closed gate cuts),
            ``osm_id``, ``street_class`` (value of highway), ``name``, the modes of ``gis.modes`` (whether the public
            may move there so), ``oneway``, ``ground`` (no bridge, no tunnel), ``crossing``, ``private``.
        buildings: areas with ``use``, ``name``, ``levels``, ``height_m``, ``households``.
        estates: residential areas with ``name`` and ``other_names`` (parted by ``;``).
        gates: points with ``name``, ``foot``, ``vehicle``, ``closed``, ``hours``.
        entrances: points with ``kind``, ``name``, ``closed``.
        water: areas with ``kind``, ``name``.
        waterways: lines with ``kind``, ``name``, ``ground``.
        green: areas with ``kind``, ``name``.
        railways: lines with ``kind``, ``name``, ``ground``.
        fences: lines likewise, walls and hedges among them.
        facilities: per kind, points and areas with ``name``, ``capacity`` (NaN unknown), ``access``.
        extent: the area where the file is complete: its own bounding box, else the concave hull of what it holds.
        cut: objects that the extract cut: ``object_id``, ``part``, ``missing`` (nodes or members not in the file).
        lost: objects that are in no frame: ``object_id``, ``part``, ``reason`` (``cut``, ``duplicate``, ``broken``).
        timestamp: day of the data: of the header, else of the newest object; None where the file has neither.
        counts: rows per part, ``cut`` and ``zero_length`` (street pieces without length, dropped).
        problems: what could not be read as tagged, all warnings.
    """

    file: str
    streets: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    estates: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame
    entrances: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    waterways: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    fences: gpd.GeoDataFrame
    facilities: Mapping[str, gpd.GeoDataFrame]
    extent: shapely.Geometry
    cut: pd.DataFrame
    lost: pd.DataFrame
    timestamp: date | None
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]


def extract_of(
    file: str, found: Findings, box: shapely.Geometry | None, header_time: str,
) -> OsmExtract:
    """Make the extract of a file; ``box`` and ``header_time`` are what its header says, if it does.

    Raises:
        InputError: the file holds nothing of use.
    """
    problems = _left_out(file, found)
    read = PartReader(osm_tags(), file, problems)
    parts = found.parts
    gates = read.gates(parts["gates"])
    noded = node_ways(found.way_nodes, _shut(gates, found.stopped), everybody=sum(map(shut_bit, MODES)))
    frames = {
        "streets": _streets(found, noded),
        "buildings": read.buildings(parts["buildings"]),
        "estates": read.estates(parts["estates"]),
        "gates": gates,
        "entrances": read.entrances(parts["entrances"]),
        "water": read.display(parts["water"], ("natural", "landuse", "waterway"), "water_id"),
        "waterways": read.display(parts["waterways"], ("waterway",), "water_id"),
        "green": read.display(parts["green"], ("leisure", "landuse", "natural"), "green_id"),
        "railways": read.display(parts["railways"], ("railway",), "railway_id"),
        "fences": read.display(parts["fences"], ("barrier",), "fence_id"),
    }
    facilities = {kind: read.facilities(parts[f"facilities.{kind}"]) for kind in osm_tags().facilities}
    cut = _cut(found, noded)
    counts = {name: len(frame) for name, frame in (frames | facilities).items()}
    problems.extend(_unknown_classes(file, frames["streets"]))
    return OsmExtract(
        file=file, **frames, facilities=facilities, cut=cut, lost=_lost(found, cut, frames["streets"]),
        timestamp=_day(header_time, found.newest),
        extent=_extent(file, box, [*frames.values(), *facilities.values()], problems),
        counts=counts | {"cut": len(cut), "zero_length": noded.zero_length}, problems=tuple(problems))


def repaired_areas(frame: gpd.GeoDataFrame, to_crs: Any, file: str, log: ProblemLog) -> gpd.GeoDataFrame:
    """Areas of an extract in a metric CRS, made valid; each repair and each area lost is a warning."""
    moved = frame.to_crs(to_crs)
    shapes, ledger = repair_areas(moved.geometry)
    for object_id, row in ledger.iterrows():
        log.add(Problem(
            file=file, value=str(object_id), severity="warning", fix="correct the outline in OSM",
            why=say("the outline was repaired ({reason}): {before_m2:.1f} m² before, {after_m2:.1f} m² after",
                    reason=fault(row["reason"]), before_m2=row["area_before_m2"], after_m2=row["area_after_m2"])))
    kept = has_shape(shapes)
    return moved.set_geometry(shapes)[kept]


def _shut(gates: gpd.GeoDataFrame, stopped: Mapping[int, int]) -> "pd.Series[int]":
    """By node id, the modes that a gate or something else stops there, as bits of ``gis.modes.shut_bit``."""
    gates = gates.astype(dict.fromkeys(["foot", "vehicle", "closed", "emergency"], bool))
    bits = sum((~lets_pass(gates, mode)).astype(np.int64) * shut_bit(mode) for mode in MODES)
    nodes = pd.Series(bits, index=gates.index, dtype=np.int64)
    nodes = nodes[(nodes > 0) & nodes.index.str.startswith("node/")]
    nodes = nodes.set_axis(nodes.index.str.removeprefix("node/").astype(np.int64))
    every: pd.Series[int] = pd.concat([nodes, pd.Series(stopped, dtype=np.int64)])
    return every.sort_index()


def _streets(found: Findings, noded: Noded) -> gpd.GeoDataFrame:
    pieces, tags = noded.pieces, osm_tags()
    ways = pd.DataFrame({
        "osm_id": np.array(found.street_ids, dtype=np.int64),
        "street_class": pd.Series([one["highway"] for one in found.street_tags], dtype="object"),
        "name": pd.Series([tags.name(one) for one in found.street_tags], dtype="object"),
        **{mode: np.array([access.allows(one) for one in found.street_tags], dtype=bool)
           for mode, access in tags.streets.modes.items()},
        "oneway": np.array([tags.streets.oneway(one) for one in found.street_tags], dtype=np.int64),
        "ground": np.array([not tags.off_ground.hold(one) for one in found.street_tags], dtype=bool),
        "crossing": np.array([tags.streets.crossing.hold(one) for one in found.street_tags], dtype=bool),
        "private": np.array([one.get("access") == "private" and one.get("foot") != "no"
                             for one in found.street_tags], dtype=bool),
    })
    rows = ways.iloc[pieces["way"]].reset_index(drop=True)
    ends = pieces[["u", "v", "u_shut", "v_shut"]]
    frame = gpd.GeoDataFrame(ends.join(rows), geometry=pieces["geometry"].to_numpy(), crs=WGS84)
    keys = "way/" + rows["osm_id"].astype(str) + "#" + pieces["piece"].astype(str)
    frame.index = pd.Index(keys.to_numpy(dtype=object), dtype="object", name="edge_id")
    return frame.sort_index()


def _cut(found: Findings, noded: Noded) -> pd.DataFrame:
    holes = np.flatnonzero(noded.missing)
    rows = [(f"way/{found.street_ids[row]}", "streets", int(noded.missing[row])) for row in holes]
    cut = pd.DataFrame(rows + found.cut, columns=["object_id", "part", "missing"])
    return cut.sort_values(["object_id", "part"]).reset_index(drop=True)


def _lost(found: Findings, cut: pd.DataFrame, streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Objects that are in no frame; a street of which nothing is left has no course inside the extract."""
    gone = sorted(set(found.street_ids) - set(streets["osm_id"]))
    rows = [(object_id, part, "cut") for object_id, part in cut[["object_id", "part"]].itertuples(index=False)
            if part != "streets"]
    rows += [(f"way/{number}", "streets", "cut") for number in gone]
    rows += [(object_id, part, reason) for reason, object_id, part in found.left_out]
    return pd.DataFrame(rows, columns=["object_id", "part", "reason"]).sort_values(["part", "object_id", "reason"])


def _left_out(file: str, found: Findings) -> list[Problem]:
    return [Problem(file=file, value=object_id, severity="warning", fix="correct the object in OSM",
                    why=say("{part}: {why}", part=_PART_NAMES.get(part, part), why=_LEFT_OUT[reason]))
            for reason, object_id, part in sorted(found.left_out)]


def _unknown_classes(file: str, streets: gpd.GeoDataFrame) -> list[Problem]:
    known = osm_tags().streets.display
    strange = streets.loc[~streets["street_class"].isin(list(known)), "street_class"].value_counts().sort_index()
    return [Problem(file=file, column="highway", value=str(name), severity="warning",
                    why=say("{count} street pieces have a class nobody knows; they count as footpaths",
                            count=int(count)),
                    fix="correct the tag in OSM") for name, count in strange.items()]


def _extent(file: str, box: shapely.Geometry | None, frames: list[gpd.GeoDataFrame],
            problems: list[Problem]) -> shapely.Geometry:
    shapes = np.concatenate([frame.geometry.to_numpy() for frame in frames])
    if not len(shapes):
        raise InputError(Problem(file=file, why="the file holds no streets, buildings or anything else of use",
                                 fix="export the area again with its ways and nodes"))
    if box is None:
        return covered_ground(shapes, hull_ratio=assumed("ground", "hull_ratio"))
    west, south, east, north = shapely.total_bounds(shapes)
    left, bottom, right, top = shapely.bounds(box)
    wide, high = max(east - west, DEGREES), max(north - south, DEGREES)
    if right - left > _EMPTY_BOX_RATIO * wide and top - bottom > _EMPTY_BOX_RATIO * high:
        problems.append(Problem(
            file=file, severity="warning", fix="none needed; the hull of what the file holds is taken",
            why=say("the bounding box in the header is over {ratio} times as wide and high as the data",
                    ratio=_EMPTY_BOX_RATIO)))
        return covered_ground(shapes, hull_ratio=assumed("ground", "hull_ratio"))
    return box


def _day(header_time: str, newest: datetime | None) -> date | None:
    try:
        said: datetime | None = datetime.fromisoformat(header_time)
    except ValueError:
        said = newest
    return None if said is None else said.astimezone(UTC).date()
