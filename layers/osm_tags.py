"""What is an object with these tags to us? Answers from ``osm_tags.toml``, read and checked once."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources
from typing import Any, Self

import pandas as pd

from gis.errors import InputError, Problem, Words, say
from gis.modes import MODES, Mode, shut_bit
from layers.kinds import facility_kinds

Tags = Mapping[str, str]
DISPLAY_CLASSES = ("motorway", "major", "medium", "minor", "path")

_FILE = "layers/osm_tags.toml"


@dataclass(frozen=True)
class Condition:
    """All of ``wanted`` match and none of ``barred``; each is pairs of key and patterns."""

    wanted: tuple[tuple[str, tuple[str, ...]], ...]
    barred: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def holds(self, tags: Tags) -> bool:
        """Whether an object with these tags meets the condition."""
        return all(_matches(tags, key, patterns) for key, patterns in self.wanted) and not any(
            _matches(tags, key, patterns) for key, patterns in self.barred)


@dataclass(frozen=True)
class Conditions:
    """Several conditions of which one is enough."""

    any_of: tuple[Condition, ...]

    @classmethod
    def of(cls, rows: Any, where: str) -> Self:
        """Read a list of condition tables.

        Raises:
            InputError: the list is not written as the head of the file says.
        """
        if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) - {"not"} for row in rows):
            raise _wrong(where, say("a list of tables, each with a key and its patterns, is wanted"))
        return cls(tuple(
            Condition(_pairs({key: row[key] for key in row if key != "not"}, where), _pairs(row.get("not", {}), where))
            for row in rows))

    def hold(self, tags: Tags) -> bool:
        """Whether an object with these tags meets one of the conditions."""
        return not self.keys.isdisjoint(tags) and any(one.holds(tags) for one in self.any_of)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Keys of which an object must have one to meet any of the conditions."""
        return frozenset(one.wanted[0][0] for one in self.any_of)

    @cached_property
    def asked(self) -> frozenset[str]:
        """All keys that decide whether an object meets one of the conditions."""
        return frozenset(key for one in self.any_of for key, _ in (*one.wanted, *one.barred))


@dataclass(frozen=True)
class Access:
    """Who may use a street: the first tag of ``keys`` decides, else all classes but ``never``.

    Of the tags of ``general`` the first that is there may deny it too, and opens nothing.
    """

    keys: tuple[str, ...]
    general: tuple[str, ...]
    denied: frozenset[str]
    never: frozenset[str]
    denied_by: Conditions

    def allows(self, tags: Tags) -> bool:
        """Whether a street with these tags may be used."""
        if self.denied_by.hold(tags):
            return False
        for key in self.keys:
            if key in tags:
                return tags[key] not in self.denied
        general = next((tags[key] for key in self.general if key in tags), "")
        return general not in self.denied and tags.get("highway") not in self.never


@dataclass(frozen=True)
class StreetTags:
    """Which highway is a street, how it is displayed, who uses it, where cars may go and what crosses one."""

    display: Mapping[str, str]
    excluded: frozenset[str]
    not_a_street: Conditions
    modes: Mapping[str, Access]
    crossing: Conditions
    along: Conditions
    against: Conditions

    def is_street(self, tags: Tags) -> bool:
        """Whether a way with these tags is a street of today under the sky."""
        return tags.get("highway", "no") not in self.excluded and not self.not_a_street.hold(tags)

    def oneway(self, tags: Tags) -> int:
        """1 where cars may go along a way only, -1 where against it, 0 both ways."""
        return -1 if self.against.hold(tags) else int(self.along.hold(tags))


@dataclass(frozen=True)
class OsmTags:
    """The whole of ``osm_tags.toml``."""

    name_keys: tuple[str, ...]
    other_name_keys: tuple[str, ...]
    streets: StreetTags
    street_class_names: Mapping[str, str]
    class_columns: tuple[str, ...]
    name_columns: tuple[str, ...]
    layer_columns: tuple[str, ...]
    bridge_columns: tuple[str, ...]
    tunnel_columns: tuple[str, ...]
    oneway_columns: tuple[str, ...]
    oneway_along: frozenset[str]
    oneway_against: frozenset[str]
    building_uses: Mapping[str, str]
    buildings_excluded: frozenset[str]
    other_by_key: frozenset[str]
    estates: Conditions
    gates: Conditions
    gate_closed: Conditions
    gate_emergency: Conditions
    gate_no_foot: Conditions
    gate_no_vehicle: Conditions
    gate_entrances: frozenset[str]
    street_barriers: Mapping[Mode, Conditions]
    door_kinds: frozenset[str]
    door_closed: Conditions
    water_areas: Conditions
    water_lines: Conditions
    water_not_drawn: Conditions
    water_width_m: Mapping[str, float]
    green: Conditions
    railways: Conditions
    fences: Conditions
    off_ground: Conditions
    barrier_streets: frozenset[str]
    barrier_railways: frozenset[str]
    barrier_waterways: frozenset[str]
    facilities: Mapping[str, Conditions]

    def name(self, tags: Tags) -> str:
        """The object's name, or ``""``."""
        return next((tags[key] for key in self.name_keys if key in tags), "")

    def other_names(self, tags: Tags) -> str:
        """What else the object is called, parted by ``;``."""
        every = dict.fromkeys(tags[key] for key in (*self.name_keys, *self.other_name_keys) if key in tags)
        return ";".join(name for name in every if name != self.name(tags))

    def stopped_by(self, tags: Tags) -> int:
        """Whom something on a street that is no gate stops, as bits of ``gis.modes.shut_bit``."""
        return sum(shut_bit(mode) for mode, conditions in self.street_barriers.items() if conditions.hold(tags))

    def building_use(self, tags: Tags) -> str:
        """``residential``, ``other`` or ``""`` where the tags do not say."""
        use = self.building_uses.get(tags["building"], "other")
        return "other" if not use and self.other_by_key & set(tags) else use


@cache
def osm_tags() -> OsmTags:
    """The tag mapping of this program.

    Raises:
        InputError: the file is not written as its head says.
    """
    return read_tags(resources.files("layers").joinpath("osm_tags.toml").read_text(encoding="utf-8"))


def read_tags(text: str) -> OsmTags:
    """Read and check a tag mapping.

    Raises:
        InputError: a part is missing or of the wrong form.
    """
    data = tomllib.loads(text)
    try:
        return _tags(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise _wrong(str(error), say("this part is missing or of the wrong form")) from error


def street_classes(given: pd.Series) -> pd.Series:
    """Street classes in the one vocabulary, OSM's highway values; a class nobody knows stays as it is given.

    A list, as osmnx writes for joined edges, counts by its first value.
    """
    names = osm_tags().street_class_names
    return first_texts(given).map(lambda name: names.get(name, name)).astype("object")


def first_texts(given: pd.Series) -> pd.Series:
    """Each value as text without outer spaces, ``""`` where there is none; of a list its first value."""
    return given.map(_first_of_list).astype("object")


def display_classes(street_class: pd.Series) -> pd.Series:
    """``motorway``, ``major``, ``medium``, ``minor`` or ``path`` for each street class; unknown ones are paths."""
    return street_class.map(lambda name: osm_tags().streets.display.get(name, "path")).astype("object")


def open_classes(street_class: pd.Series, mode: str) -> pd.Series:
    """Whether one may use a street of which only the class is known; ``mode`` is one of ``gis.modes.MODES``."""
    streets = osm_tags().streets
    return ~street_class.isin(streets.modes[mode].never | streets.excluded)


def _first_of_list(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    text = "" if value is None or value != value else str(value).strip()  # noqa: PLR0124 - only NaN is unlike itself
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1].split(",")[0].strip().strip("'\"")
    return text


def _matches(tags: Tags, key: str, patterns: Iterable[str]) -> bool:
    value = tags.get(key)
    if value is None:
        return False
    parts = {value, *(part.strip() for part in value.split(";"))}
    return any(pattern in parts or ("*" in pattern and any(fnmatchcase(part, pattern) for part in parts))
               for pattern in patterns)


def _pairs(table: Any, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((key, tuple(_texts([value] if isinstance(value, str) else value, f"{where}.{key}")))
                 for key, value in table.items())


def _texts(values: Any, where: str) -> Iterator[str]:
    if not isinstance(values, list) or not values:
        raise _wrong(where, say("a text or a list of texts is wanted"))
    for value in values:
        if not isinstance(value, str):
            raise _wrong(where, say("a text or a list of texts is wanted"))
        yield value


def _wrong(where: str, why: Words) -> InputError:
    return InputError(Problem(file=_FILE, column=where, why=why, fix="write it as the head of the file says"))


def _street_tags(data: Mapping[str, Any]) -> StreetTags:
    if set(data["modes"]) != set(MODES):
        raise _wrong("streets.modes", say("the modes must be {names}", names=MODES))
    return StreetTags(
        display={name: kind for kind in DISPLAY_CLASSES for name in _texts(data[kind], f"streets.{kind}")},
        excluded=frozenset(_texts(data["excluded"], "streets.excluded")),
        not_a_street=Conditions.of(data["not_a_street"], "streets.not_a_street"),
        modes={name: _access(one, f"streets.modes.{name}") for name, one in data["modes"].items()},
        crossing=Conditions.of(data["crossing"], "streets.crossing"),
        along=Conditions.of(data["oneway"]["along"], "streets.oneway.along"),
        against=Conditions.of(data["oneway"]["against"], "streets.oneway.against"),
    )


def _access(data: Mapping[str, Any], where: str) -> Access:
    keys, denied, never = (tuple(_texts(data[name], f"{where}.{name}")) for name in ("keys", "denied", "never"))
    general = tuple(_texts(data["general"], f"{where}.general")) if "general" in data else ()
    return Access(keys, general, frozenset(denied), frozenset(never),
                  Conditions.of(data.get("denied_by", []), f"{where}.denied_by"))


def _tags(data: Mapping[str, Any]) -> OsmTags:
    buildings, gates, doors, water = data["buildings"], data["gates"], data["doors"], data["water"]
    if set(data["facilities"]) != set(facility_kinds()):
        raise _wrong("facilities", say("the kinds must be those of kinds.toml: {names}", names=tuple(facility_kinds())))
    return OsmTags(
        name_keys=tuple(_texts(data["names"]["keys"], "names.keys")),
        other_name_keys=tuple(_texts(data["names"]["others"], "names.others")),
        streets=_street_tags(data["streets"]),
        street_class_names=dict(data["street_class_names"]),
        **{f"{what}_columns": tuple(_texts(data["street_files"][f"{what}_columns"], f"street_files.{what}_columns"))
           for what in ("class", "name", "layer", "bridge", "tunnel", "oneway")},
        oneway_along=frozenset(_texts(data["street_files"]["oneway_along"], "street_files.oneway_along")),
        oneway_against=frozenset(_texts(data["street_files"]["oneway_against"], "street_files.oneway_against")),
        building_uses={**dict.fromkeys(_texts(buildings["residential"], "buildings.residential"), "residential"),
                       **dict.fromkeys(_texts(buildings["unknown"], "buildings.unknown"), "")},
        buildings_excluded=frozenset(_texts(buildings["excluded"], "buildings.excluded")),
        other_by_key=frozenset(_texts(buildings["other_by_key"], "buildings.other_by_key")),
        estates=Conditions.of(data["estates"]["any"], "estates.any"),
        gates=Conditions.of(gates["any"], "gates.any"),
        gate_closed=Conditions.of(gates["closed"], "gates.closed"),
        gate_emergency=Conditions.of(gates["emergency"], "gates.emergency"),
        gate_no_foot=Conditions.of(gates["no_foot"], "gates.no_foot"),
        gate_no_vehicle=Conditions.of(gates["no_vehicle"], "gates.no_vehicle"),
        gate_entrances=frozenset(_texts(gates["entrances"], "gates.entrances")),
        street_barriers={mode: Conditions.of(data["street_barriers"].get(mode, []), f"street_barriers.{mode}")
                         for mode in MODES},
        door_kinds=frozenset(_texts(doors["kinds"], "doors.kinds")),
        door_closed=Conditions.of(doors["closed"], "doors.closed"),
        water_areas=Conditions.of(water["areas"], "water.areas"),
        water_lines=Conditions.of(water["lines"], "water.lines"),
        water_not_drawn=Conditions.of(water["not_drawn"], "water.not_drawn"),
        water_width_m={kind: float(width) for kind, width in water["width_m"].items()},
        green=Conditions.of(data["green"]["areas"], "green.areas"),
        railways=Conditions.of(data["railways"]["lines"], "railways.lines"),
        fences=Conditions.of(data["fences"]["lines"], "fences.lines"),
        off_ground=Conditions.of(data["off_ground"]["any"], "off_ground.any"),
        barrier_streets=frozenset(_texts(data["barriers"]["streets"], "barriers.streets")),
        barrier_railways=frozenset(_texts(data["barriers"]["railways"], "barriers.railways")),
        barrier_waterways=frozenset(_texts(data["barriers"]["waterways"], "barriers.waterways")),
        facilities={kind: Conditions.of(data["facilities"][kind], f"facilities.{kind}") for kind in facility_kinds()},
    )
