"""Which area is asked of OpenStreetMap, and how do the answers become one dated file that ``layers.osm`` reads?

Nothing is asked here: ``layers.osmnx_bridge`` does that.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from gis.crs import metric_crs_of
from gis.errors import InputError, Problem, Value, listed, say
from gis.tables import AREAS
from layers.data import data_of
from layers.osm_tags import osm_tags

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees, WGS84."""

WGS84 = "EPSG:4326"
LICENCE = "© OpenStreetMap contributors, Open Database License (ODbL) 1.0, https://www.openstreetmap.org/copyright"

_RELATIONS = ("multipolygon", "boundary")
_KINDS = ("node", "way", "relation")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LISTED = 8


@dataclass(frozen=True, kw_only=True)
class Online:
    """The values of ``osm_online.toml``: servers, times in seconds, the area's margin, steps and limits."""

    overpass_url: str
    nominatim_url: str
    timeout_s: int
    pauses_s: tuple[float, ...]
    margin_m: float
    rounded_deg: float
    largest_km2: float
    largest_request_km2: float


@cache
def online() -> Online:
    """How this program asks for OpenStreetMap."""
    values = {name: one["value"] for table in data_of("osm_online").values() for name, one in table.items()}
    return Online(**values | {"pauses_s": tuple(values["pauses_s"])})


def keys_wanted() -> tuple[str, ...]:
    """The OSM keys of which an object must have one for ``layers.osm`` to read it, sorted.

    Whole keys and no single values: a tag may hold several values ("a;b"), which a question for one would miss.
    """
    tags = osm_tags()
    conditions = (tags.estates, tags.gates, tags.water_areas, tags.water_lines, tags.green, tags.railways, tags.fences,
                  *tags.facilities.values())
    return tuple(sorted({"highway", "building", "entrance"}.union(*(one.keys for one in conditions))))


def bounds_around(shapes: gpd.GeoSeries, margin_m: float, rounded_deg: float) -> Bounds:
    """The bounding box of the shapes with a margin, widened to whole steps of ``rounded_deg``.

    Args:
        shapes: in any CRS; at least one with a place.
        margin_m: metres on all sides.
        rounded_deg: degrees.
    """
    metric = shapes.to_crs(metric_crs_of(shapes))
    west, south, east, north = metric.total_bounds
    box = shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
    wide = gpd.GeoSeries([shapely.segmentize(box, margin_m)], crs=metric.crs).to_crs(WGS84).total_bounds
    low, high = np.floor(wide[:2] / rounded_deg) * rounded_deg, np.ceil(wide[2:] / rounded_deg) * rounded_deg
    return float(low[0].round(6)), float(low[1].round(6)), float(high[0].round(6)), float(high[1].round(6))


def area_km2(bounds: Bounds) -> float:
    """The area of a box on the ellipsoid, km²."""
    area, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(shapely.box(*bounds), 0.1))
    return abs(area) / 1e6


def check_size(bounds: Bounds, largest_km2: float) -> None:
    """Refuse an area that is too large to be asked of a public server.

    Raises:
        InputError: the box, its area, the limit, and what to do.
    """
    if area_km2(bounds) > largest_km2:
        raise InputError(Problem(
            value=", ".join(f"{edge:.9g}" for edge in bounds),
            why=say("the area (west, south, east, north) has {area_km2:.0f} km²; at most {largest_km2:g} km² are "
                    "fetched", area_km2=area_km2(bounds), largest_km2=largest_km2),
            fix="look whether all outlines lie in one place, or give a smaller area with [osm] bbox; for a whole city "
                "download an .osm.pbf and name it under [osm] file"))


def area_of_place(places: Iterable[Any], name: str) -> shapely.Geometry:
    """The area of the one place that a name means, of those that Nominatim gives; it rates how well each matches.

    Places inside a better match, such as a quarter in the district of the same name, are no other places.

    Raises:
        InputError: nothing has this name, only things without an area have it, or several areas have.
    """
    described = sorted((one for one in places if isinstance(one, Mapping)), key=_importance, reverse=True)
    found = [(_shape(one), str(one.get("display_name", ""))) for one in described]
    areas = [(shape, shown) for shape, shown in found if shape is not None]
    if not areas:
        shown = listed(dict.fromkeys(shown for _, shown in found), _LISTED)
        why = (say("OpenStreetMap has this place as a point or line only, without an area: {names}", names=shown)
               if found else say("OpenStreetMap knows no place of this name"))
        raise InputError(Problem(file="project.toml", column="osm.place", value=name, why=why, fix=_PLACE_FIX))
    best = areas[0][0]
    others = [shown for shape, shown in areas[1:] if not best.intersects(shape.representative_point())]
    if others:
        names: Value = listed(dict.fromkeys([areas[0][1], *others]), _LISTED)
        raise InputError(Problem(file="project.toml", column="osm.place", value=name, fix=_PLACE_FIX,
                                 why=say("several places have this name: {names}", names=names)))
    return best


_PLACE_FIX = say("write the place with its district and city, such as 四平路街道, 杨浦区, 上海市, or give its box: "
                 "[osm] bbox = [west, south, east, north]")


def _importance(place: Mapping[str, Any]) -> float:
    rated = place.get("importance")
    return float(rated) if isinstance(rated, int | float) else 0.0


def _shape(place: Mapping[str, Any]) -> shapely.Geometry | None:
    """The place's area in degrees, or nothing where it has none or it cannot be read."""
    try:
        shape = shapely.geometry.shape(place["geojson"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.GEOSException):
        return None
    if shape.geom_type not in AREAS or shape.is_empty:
        return None
    return shapely.make_valid(shape)


@dataclass
class Snapshot:
    """What of the answers is kept: objects by id as Overpass describes them.

    Args:
        bounds: where it is complete.
        data_time: the state of OpenStreetMap that the oldest answer shows.
        nodes, ways, relations: by id.
        left_out: ways and relations that came with others and lie wholly outside.
    """

    bounds: Bounds
    data_time: datetime
    nodes: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    ways: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    relations: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    left_out: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Objects by kind."""
        return {"node": len(self.nodes), "way": len(self.ways), "relation": len(self.relations)}


def snapshot_of(answers: Iterable[Any], bounds: Bounds, server: str) -> Snapshot:
    """Put the answers for one area together; an object that several hold counts once.

    A river as a whole, kilometres beyond the area, comes with its relation: such lines are left out, areas stay whole.

    Raises:
        InputError: an answer is not what an Overpass server sends, or there are no streets in the area.
    """
    try:
        found = _gathered(list(answers), bounds)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise InputError(Problem(value=server, why="the answer is not what an Overpass server sends",
                                 fix=say("fetch with --again, or name another server under [osm]"))) from None
    _leave_out_far(found)
    if not any(osm_tags().streets.is_street(way.get("tags", {})) for way in found.ways.values()):
        raise InputError(Problem(
            value=", ".join(f"{edge:.9g}" for edge in bounds),
            why="OpenStreetMap has no streets here (west, south, east, north)",
            fix="look whether the outlines or [osm] bbox lie where they should: longitude first, then latitude"))
    return found


def _gathered(answers: list[Any], bounds: Bounds) -> Snapshot:
    times = [datetime.strptime(one["osm3s"]["timestamp_osm_base"], "%Y-%m-%dT%H:%M:%S%z") for one in answers]
    found = Snapshot(bounds, min(times).astimezone(UTC))
    kept = dict(zip(_KINDS, (found.nodes, found.ways, found.relations), strict=True))
    for answer in answers:
        for element in answer["elements"]:
            kept[element["type"]][_whole(element["id"])] = _checked(element)
    return found


def _checked(element: Mapping[str, Any]) -> Mapping[str, Any]:
    """The element, if it is of the form it should be."""
    kind, tags = element["type"], element.get("tags", {})
    fit = all(isinstance(key, str) and isinstance(value, str) for key, value in tags.items())
    if kind == "node":
        fit &= abs(element["lon"]) <= 180 and abs(element["lat"]) <= 90
    elif kind == "way":
        fit &= all(_whole(ref) > 0 for ref in element.get("nodes", ()))
    else:
        fit &= all(one["type"] in _KINDS and _whole(one["ref"]) > 0 and isinstance(one["role"], str)
                   for one in element.get("members", ()))
    if not fit:
        raise ValueError(kind)
    return element


def _whole(number: Any) -> int:
    if type(number) is not int or not -(2**63) < number < 2**63:
        raise ValueError(number)
    return number


def _leave_out_far(found: Snapshot) -> None:
    """Keep areas whole, ways that may touch the box, and the nodes of these or with tags of their own."""
    before = len(found.ways) + len(found.relations)
    found.relations = {key: one for key, one in found.relations.items()
                       if one.get("tags", {}).get("type") in _RELATIONS}
    members = {one["ref"] for relation in found.relations.values() for one in relation.get("members", ())
               if one["type"] == "way"}
    found.ways = {key: way for key, way in found.ways.items() if key in members or _may_touch(way, found)}
    found.left_out = before - len(found.ways) - len(found.relations)
    used = {ref for way in found.ways.values() for ref in way.get("nodes", ())}
    west, south, east, north = found.bounds
    found.nodes = {
        key: node for key, node in found.nodes.items()
        if key in used or (node.get("tags") and west <= node["lon"] <= east and south <= node["lat"] <= north)}


def _may_touch(way: Mapping[str, Any], found: Snapshot) -> bool:
    west, south, east, north = found.bounds
    places = [found.nodes[ref] for ref in way.get("nodes", ()) if ref in found.nodes]
    lons, lats = [one["lon"] for one in places], [one["lat"] for one in places]
    return bool(places) and (max(lons) >= west and min(lons) <= east and max(lats) >= south and min(lats) <= north)


def write_snapshot(found: Snapshot, path: Path) -> str:
    """Write an ``.osm`` file with the box where it is complete; objects by kind and id. Returns its SHA-256, hex."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        _write(found, file)
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _write(found: Snapshot, file: TextIO) -> None:
    west, south, east, north = found.bounds
    file.write(f"""<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="estategap">
<note>{LICENCE}</note>
<meta osm_base="{found.data_time:%Y-%m-%dT%H:%M:%SZ}"/>
<bounds minlat="{south:.7f}" minlon="{west:.7f}" maxlat="{north:.7f}" maxlon="{east:.7f}"/>
""")
    file.writelines(_elements(found))
    file.write("</osm>\n")


def _elements(found: Snapshot) -> Iterator[str]:
    for key, node in sorted(found.nodes.items()):
        yield f'<node id="{key}" lat="{node["lat"]:.7f}" lon="{node["lon"]:.7f}">{_tags(node)}</node>\n'
    for key, way in sorted(found.ways.items()):
        refs = "".join(f'<nd ref="{ref}"/>' for ref in way.get("nodes", ()))
        yield f'<way id="{key}">{refs}{_tags(way)}</way>\n'
    for key, relation in sorted(found.relations.items()):
        members = "".join(f'<member type="{one["type"]}" ref="{one["ref"]}" role={_quoted(one["role"])}/>'
                          for one in relation.get("members", ()))
        yield f'<relation id="{key}">{members}{_tags(relation)}</relation>\n'


def _tags(described: Mapping[str, Any]) -> str:
    tags = sorted(described.get("tags", {}).items())
    return "".join(f"<tag k={_quoted(key)} v={_quoted(value)}/>" for key, value in tags)


def _quoted(text: str) -> str:
    """The text as an attribute of XML, without the signs that XML cannot hold."""
    return quoteattr(_NOT_XML.sub("\ufffd", text))
