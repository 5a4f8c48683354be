"""What do the tags of OSM objects say about buildings, gates, facilities and the rest? Records in, frames out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import Problem, say
from layers.osm_tags import OsmTags

WGS84 = "EPSG:4326"

_COUNT = re.compile(r"\d{1,6}")
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,3})?")
_METRES = re.compile(r"(\d{1,4}(?:\.\d{1,3})?) ?m?")


@dataclass
class Records:
    """Objects of one part as they are found: id such as ``way/5``, tags and shape in hexadecimal WKB."""

    ids: list[str] = field(default_factory=list)
    tags: list[Mapping[str, str]] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)

    def add(self, object_id: str, tags: Mapping[str, str], shape: str) -> None:
        """Note one object."""
        self.ids.append(object_id)
        self.tags.append(tags)
        self.shapes.append(shape)

    def drop(self, ids: Collection[str]) -> None:
        """Take out the objects with these ids."""
        if ids:
            kept = [row for row, object_id in enumerate(self.ids) if object_id not in ids]
            self.ids = [self.ids[row] for row in kept]
            self.tags = [self.tags[row] for row in kept]
            self.shapes = [self.shapes[row] for row in kept]


@dataclass(frozen=True)
class PartReader:
    """Turns records into frames in EPSG:4326, sorted by id; what cannot be read is noted in ``problems``."""

    tags: OsmTags
    file: str
    problems: list[Problem]

    def buildings(self, records: Records) -> gpd.GeoDataFrame:
        """Columns ``use``, ``name``, ``levels``, ``height_m``, ``households``; unknown numbers are NaN."""
        return self._frame(records, "building_id", {
            "use": [self.tags.building_use(tags) for tags in records.tags],
            "levels": self._numbers(records, "building:levels", _NUMBER),
            "height_m": self._numbers(records, "height", _METRES),
            "households": self._numbers(records, "building:flats", _COUNT),
        })

    def estates(self, records: Records) -> gpd.GeoDataFrame:
        """Columns ``name`` and ``other_names`` (parted by ``;``), which may be empty."""
        return self._frame(records, "estate_id", {
            "other_names": [self.tags.other_names(one) for one in records.tags]})

    def gates(self, records: Records) -> gpd.GeoDataFrame:
        """Columns ``name``, ``foot``, ``vehicle``, ``closed``, ``emergency`` and ``hours`` (opening hours as given)."""
        tags = self.tags
        return self._frame(records, "gate_id", {
            "foot": [not tags.gate_no_foot.hold(one) for one in records.tags],
            "vehicle": [not tags.gate_no_vehicle.hold(one) for one in records.tags],
            "closed": [tags.gate_closed.hold(one) for one in records.tags],
            "emergency": [tags.gate_emergency.hold(one) for one in records.tags],
            "hours": [one.get("opening_hours", "") for one in records.tags],
        })

    def entrances(self, records: Records) -> gpd.GeoDataFrame:
        """Columns ``kind`` (value of ``entrance``), ``name`` and ``closed``."""
        return self._frame(records, "entrance_id", {
            "kind": [one["entrance"] for one in records.tags],
            "closed": [self.tags.door_closed.hold(one) for one in records.tags],
        })

    def facilities(self, records: Records) -> gpd.GeoDataFrame:
        """Columns ``name``, ``capacity`` (NaN unknown), ``access`` and ``parking`` (as given); points and areas."""
        return self._frame(records, "facility_id", {
            "capacity": self._numbers(records, "capacity", _COUNT),
            "access": [one.get("access", "") for one in records.tags],
            "parking": [one.get("parking", "") for one in records.tags],
        })

    def display(self, records: Records, keys: Sequence[str], index: str) -> gpd.GeoDataFrame:
        """Columns ``kind`` (value of the first of ``keys`` that an object has), ``name`` and ``ground``."""
        kinds = [next((one[key] for key in keys if key in one), "") for one in records.tags]
        return self._frame(records, index, {
            "kind": kinds, "ground": [not self.tags.off_ground.hold(one) for one in records.tags]})

    def _frame(self, records: Records, index: str, columns: Mapping[str, Sequence[Any]]) -> gpd.GeoDataFrame:
        names = [self.tags.name(tags) for tags in records.tags]
        frame = gpd.GeoDataFrame(
            {"name": pd.Series(names, dtype="object"), **columns}, geometry=_shapes(records.shapes), crs=WGS84)
        frame.index = pd.Index(records.ids, dtype="object", name=index)
        return frame[~frame.index.duplicated()].sort_index()

    def _numbers(self, records: Records, key: str, form: re.Pattern[str]) -> list[float]:
        return [self._number(object_id, key, tags.get(key), form)
                for object_id, tags in zip(records.ids, records.tags, strict=True)]

    def _number(self, object_id: str, key: str, value: str | None, form: re.Pattern[str]) -> float:
        if value is None:
            return float("nan")
        match = form.fullmatch(value.strip())
        if match:
            return float(match[1] if form is _METRES else match[0])
        self.problems.append(Problem(
            file=self.file, column=key, value=value, severity="warning",
            why=say("{object_id}: the tag is no plain number, so the value is unknown", object_id=object_id),
            fix="correct the tag in OSM"))
        return float("nan")


def _shapes(shapes: Sequence[str]) -> Any:
    """Geometries of hexadecimal WKB; a collection of one area becomes that area."""
    made = shapely.from_wkb(np.array(shapes, dtype=object))
    single = (shapely.get_num_geometries(made) == 1) & (shapely.get_type_id(made) == shapely.GeometryType.MULTIPOLYGON)
    made[single] = shapely.get_geometry(made[single], 0)
    return made
