"""What does an OpenStreetMap file hold? The one reader of ``.osm`` and ``.osm.pbf``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import osmium
import shapely
from osmium.filter import EntityFilter, IdFilter, KeyFilter

from gis.errors import InputError, Problem, reported, say
from layers.osm_extract import Findings, OsmExtract, extract_of
from layers.osm_noding import DEGREES, on_globe
from layers.osm_parts import Records
from layers.osm_tags import Conditions, OsmTags, Tags, osm_tags
from layers.reading.file_checks import check_present

_ENDINGS = (".osm", ".pbf")
_AREA_RELATIONS = ("multipolygon", "boundary")
_UNSORTED = ("out of order", "twice")
_NO_TIME = datetime(1970, 1, 2, tzinfo=UTC)


def read_osm(path: Path) -> OsmExtract:
    """Read an OSM file; the order of its objects does not matter.

    Objects with nodes or members outside the file are listed in ``cut``: a street ends at the hole and begins again
    behind it, an area is left out.

    Raises:
        InputError: one problem naming the file: it is missing, empty, cut short or no OSM file, or holds nothing.
    """
    path = Path(path)
    check_present(path)
    if not path.name.lower().endswith(_ENDINGS):
        raise InputError(Problem(file=path.name, why="this is no OSM file by its name", fix="give .osm or .osm.pbf"))
    try:
        box, header_time = _header(path)
        found = _findings(path)
    except (RuntimeError, ValueError, OSError, UnicodeError, osmium.InvalidLocationError) as error:
        raise InputError(Problem(file=path.name,
                                 why=say("the file is no OSM file or is cut short ({error})", error=reported(error)),
                                 fix="download or export it again")) from error
    return extract_of(path.name, found, box, header_time)


def _findings(path: Path) -> Findings:
    """What the file holds; one whose objects are unsorted or repeated is sorted into a temporary copy first."""
    try:
        return _Scan(path, osm_tags()).findings()
    except RuntimeError as error:
        if not any(word in str(error) for word in _UNSORTED):
            raise
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "sorted.osm.pbf"
        everything = osmium.MergeInputReader()
        everything.add_file(str(path))
        with osmium.SimpleWriter(str(copy)) as writer:
            everything.apply(writer)
        return _Scan(copy, osm_tags()).findings()


def _header(path: Path) -> tuple[shapely.Geometry | None, str]:
    header = osmium.FileProcessor(str(path)).header
    box = header.box()
    stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    if not box.valid():
        return None, stamp
    low, high = box.bottom_left, box.top_right
    return shapely.box(low.lon, low.lat, high.lon, high.lat), stamp


@dataclass
class _Scan:
    """Two passes over a file, nodes first, so that ways find their nodes wherever these stand in the file."""

    path: Path
    tags: OsmTags
    wkb: Any = field(init=False)
    store: Any = field(init=False)
    found: Findings = field(init=False)
    areas: dict[str, Conditions] = field(init=False)
    lines: dict[str, Conditions] = field(init=False)
    wanted: dict[tuple[str, int], tuple[list[str], tuple[int, ...]]] = field(init=False, default_factory=dict)
    made: set[tuple[str, int]] = field(init=False, default_factory=set)
    outer_ways: dict[int, tuple[int, ...]] = field(init=False, default_factory=dict)
    area_keys: tuple[str, ...] = field(init=False)
    known_areas: dict[tuple[str | None, ...], list[str]] = field(init=False, default_factory=dict)
    line_keys: tuple[str, ...] = field(init=False)
    known_lines: dict[tuple[str | None, ...], list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        tags = self.tags
        facilities = {f"facilities.{kind}": conditions for kind, conditions in tags.facilities.items()}
        self.areas = {"estates": tags.estates, "water": tags.water_areas, "green": tags.green, **facilities}
        self.area_keys = tuple(sorted(
            {"building"}.union(*(one.asked for one in (*self.areas.values(), tags.water_not_drawn)))))
        self.lines = {"waterways": tags.water_lines, "railways": tags.railways, "fences": tags.fences}
        self.line_keys = tuple(sorted(
            frozenset[str]().union(*(one.asked for one in (*self.lines.values(), tags.water_not_drawn)))))
        names = ["buildings", "gates", "entrances", *self.areas, *self.lines]
        self.found = Findings({name: Records() for name in names})
        self.wkb, self.store = osmium.geom.WKBFactory(), osmium.index.create_map("flex_mem")

    def findings(self) -> Findings:
        """Read the file.

        Raises:
            RuntimeError: osmium cannot read it.
        """
        node_keys = {"barrier", "entrance", *(key for one in self.tags.facilities.values() for key in one.keys)}
        for node in self._objects(osmium.osm.NODE).with_filter(KeyFilter(*sorted(node_keys))):
            self._node(node)
        area_keys = {"building", *(key for one in self.areas.values() for key in one.keys)}
        line_keys = {"highway", *(key for one in self.lines.values() for key in one.keys)}
        rest = self._objects(osmium.osm.ALL).with_areas(KeyFilter(*sorted(area_keys)))
        rest = rest.with_filter(EntityFilter(osmium.osm.WAY | osmium.osm.RELATION | osmium.osm.AREA))
        for thing in rest.with_filter(KeyFilter(*sorted(area_keys | line_keys))):
            kind = thing.type_str()
            if kind == "w":
                self._way(thing)
            elif kind == "r":
                self._relation(thing)
            else:
                self._area(thing)
        self._judge_areas_that_failed()
        self._drop_repeated_outer_ways()
        return self.found

    def _objects(self, entities: Any) -> osmium.FileProcessor:
        return osmium.FileProcessor(str(self.path), entities).with_locations(self.store)

    def _node(self, node: Any) -> None:
        self._note_time(node)
        if not on_globe(node.location.x, node.location.y):
            self.found.cut.append((f"node/{node.id}", "nodes", 1))
            return
        tags = dict(node.tags)
        parts = [part for part in self._facility_parts() if self.areas[part].hold(tags)]
        if self.tags.gates.hold(tags):
            parts.append("gates")
        elif stopped := self.tags.stopped_by(tags):
            self.found.stopped[node.id] = stopped
        if "entrance" in tags:
            parts.append("entrances")
        for part in parts:
            self.found.parts[part].add(f"node/{node.id}", tags, self.wkb.create_point(node))

    def _way(self, way: Any) -> None:
        self._note_time(way)
        tags = dict(way.tags)
        parts = self._area_parts(tags)
        is_street = "highway" in tags and self.tags.streets.is_street(tags)
        lines = self._line_parts(tags)
        if not (parts or is_street or lines):
            return
        if parts:
            self.wanted["way", way.id] = (parts, (way.id,))
        nodes = [(node.ref, node.x, node.y) for node in way.nodes] if is_street or lines else []
        if is_street and nodes:
            self.found.street_ids.append(way.id)
            self.found.street_tags.append(tags)
            self.found.street_counts.append(len(nodes))
            self.found.street_nodes.extend(nodes)
        if lines:
            self._lines(way.id, tags, lines, nodes)

    def _lines(self, way_id: int, tags: Tags, parts: list[str], nodes: list[tuple[int, int, int]]) -> None:
        runs: list[list[tuple[float, float]]] = [[]]
        for _, x, y in nodes:
            if on_globe(x, y):
                runs[-1].append((x * DEGREES, y * DEGREES))
            else:
                runs.append([])
        shape = shapely.MultiLineString([run for run in runs if len(set(run)) > 1])
        missing = len(runs) - 1
        for part in parts:
            if missing:
                self.found.cut.append((f"way/{way_id}", part, missing))
            if not shape.is_empty:
                self.found.parts[part].add(f"way/{way_id}", tags, shapely.to_wkb(shape, hex=True))

    def _relation(self, relation: Any) -> None:
        if relation.tags.get("type") not in _AREA_RELATIONS:
            return
        self._note_time(relation)
        parts = self._area_parts(dict(relation.tags))
        if parts:
            members = [(member.type, member.ref, member.role) for member in relation.members]
            self.wanted["relation", relation.id] = (parts, tuple(ref for kind, ref, _ in members if kind == "w"))
            self.outer_ways[relation.id] = tuple(ref for kind, ref, role in members if kind == "w" and role != "inner")

    def _area(self, area: Any) -> None:
        kind = "way" if area.from_way() else "relation"
        if kind == "way" and ("way", area.orig_id()) not in self.wanted:
            return
        tags = dict(area.tags)
        parts = self._area_parts(tags)
        if not parts or not area.num_rings()[0]:
            return
        shape = self.wkb.create_multipolygon(area)
        for part in parts:
            self.found.parts[part].add(f"{kind}/{area.orig_id()}", tags, shape)
        self.made.add((kind, area.orig_id()))

    def _area_parts(self, tags: Tags) -> list[str]:
        """What an area with these tags is; asked once of all that agree in the tags that matter."""
        asked = tuple([tags.get(key) for key in self.area_keys])
        if asked not in self.known_areas:
            self.known_areas[asked] = self._as_area(tags)
        return list(self.known_areas[asked])

    def _line_parts(self, tags: Tags) -> list[str]:
        """What a line with these tags is, likewise."""
        asked = tuple([tags.get(key) for key in self.line_keys])
        if asked not in self.known_lines:
            self.known_lines[asked] = [] if self.tags.water_not_drawn.hold(tags) else [
                part for part, conditions in self.lines.items() if conditions.hold(tags)]
        return self.known_lines[asked]

    def _as_area(self, tags: Tags) -> list[str]:
        parts = [part for part, conditions in self.areas.items() if conditions.hold(tags)]
        if "water" in parts and self.tags.water_not_drawn.hold(tags):
            parts.remove("water")
        if tags.get("building", "no") not in self.tags.buildings_excluded:
            parts.append("buildings")
        return parts

    def _facility_parts(self) -> Iterator[str]:
        return (part for part in self.areas if part.startswith("facilities."))

    def _judge_areas_that_failed(self) -> None:
        failed = {key: what for key, what in sorted(self.wanted.items()) if key not in self.made}
        lacking = self._missing_nodes({way_id for _, ways in failed.values() for way_id in ways})
        for (kind, number), (parts, ways) in failed.items():
            missing = lacking[number] if kind == "way" else sum(lacking.get(way_id, 1) > 0 for way_id in ways)
            for part in parts:
                if missing:
                    self.found.cut.append((f"{kind}/{number}", part, missing))
                else:
                    self.found.left_out.append(("broken", f"{kind}/{number}", part))

    def _missing_nodes(self, way_ids: set[int]) -> dict[int, int]:
        """How many nodes of each of the ways that are in the file are not."""
        if not way_ids:
            return {}
        members = self._objects(osmium.osm.ALL).with_filter(EntityFilter(osmium.osm.WAY))
        ways: Iterator[Any] = iter(members.with_filter(IdFilter(sorted(way_ids))))
        return {way.id: sum(not on_globe(node.x, node.y) for node in way.nodes) for way in ways}

    def _drop_repeated_outer_ways(self) -> None:
        for part, records in self.found.parts.items():
            ids = set(records.ids)
            relations = [number for number in self.outer_ways if f"relation/{number}" in ids]
            repeated = {f"way/{ref}" for number in relations for ref in self.outer_ways[number]} & ids
            for object_id in sorted(repeated):
                self.found.left_out.append(("duplicate", object_id, part))
            records.drop(repeated)

    def _note_time(self, thing: Any) -> None:
        time = thing.timestamp
        if time >= _NO_TIME and (self.found.newest is None or time > self.found.newest):
            self.found.newest = time
