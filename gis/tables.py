"""The central tables: what every room agrees an estate, a building, a door, a gate, a street and a facility are.

Each table is a frozen holder of one GeoDataFrame. Building it checks the promises of its type and says everything
that is broken at once. Missing numbers are NaN and mean *unknown*; they are never zero. All geometry is in one
projected, metric coordinate system.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, either, say
from gis.geometry import has_shape
from gis.modes import MODES, Mode, lets_pass, meant_for

NO_ESTATE = ""
"""The ``estate_id`` of a thing that lies in no estate."""
PEOPLE = (
    "households", "residents", "residents_registered", "residents_60plus", "residents_under3", "residents_3to5",
    "residents_6to11",
)
"""The people columns of ``Estates`` and ``Doors``.

``residents`` are those who live there (常住), ``residents_registered`` those whose hukou is there (户籍). In
``Estates`` each has a ``<name>_basis`` and an interval ``<name>_low`` .. ``<name>_high``.
"""
CHECK_UP = (
    "blocks", "storeys", "lifts", "gate_count", "parking_ground", "parking_underground", "evs", "ev_piles",
    "spare_transformer_kva", "idle_rooms", "idle_area_m2", "property_management", "owners_committee",
    "fire_lane_blocked", "hydrants", "hydrants_usable", "fire_equipment", "illegal_building", "illegal_buildings",
    "activity_ground_m2", "substandard_footpath_m", "waste_sorting", "can_add_lifts", "can_add_parking",
    "can_add_charging", "can_add_ev_piles", "can_add_elderly_care", "can_add_childcare", "can_add_fire_station",
    "can_add_activity_ground",
)
"""What the roster says of an estate beside people and cars: amounts, and answers as 1 (yes), 0 (no) or NaN.

``storeys`` are those of the highest block; ``illegal_building`` says whether there is any, ``illegal_buildings`` how
many; ``can_add_*`` whether the works are feasible there (有条件).
"""
CHECK_UP_TEXTS = (
    "tenure", "idle_floor", "property_company", "smart_facilities", "past_works", "programme_status",
    "responsible_unit",
)
"""What the roster says in words; ``tenure`` and ``programme_status`` are codes of ``layers/fields.toml``."""


_DTYPES = {bool: "bool", int: "int64", str: "object", float: "float64"}
"""What a column holds, by its default."""


@dataclass(frozen=True)
class Table:
    """One GeoDataFrame on a named, unique text index, in a metric CRS, with no invalid geometry.

    ``columns`` maps each promised column to the value it takes when a source does not carry it; further columns are
    kept. ``of`` is the way in: it adds the promised columns, orders rows by index and checks the promises.
    """

    frame: gpd.GeoDataFrame
    index_name: ClassVar[str] = ""
    columns: ClassVar[Mapping[str, Any]] = {}
    geometry_types: ClassVar[frozenset[str]] = frozenset()
    geometry_required: ClassVar[bool] = True

    def __post_init__(self) -> None:
        problems = list(self._broken_promises())
        if problems:
            raise InputError(problems)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def crs(self) -> Any:
        """The projected CRS of all geometry, metres."""
        return self.frame.crs

    @property
    def ids(self) -> pd.Index:
        """The table's named index."""
        ids: pd.Index = self.frame.index
        return ids

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, **attributes: Any) -> Self:
        """Make the table from any frame that has the right index: add promised columns and sort by index.

        Raises:
            InputError: the frame breaks a promise of the type.
        """
        full = frame.copy()
        for name, default in cls.columns.items():
            if name not in full:
                continue
            if isinstance(default, bool):
                full[name] = full[name].fillna(default).astype(bool)
            elif isinstance(default, str):
                full[name] = full[name].fillna(default).astype("object")
            elif isinstance(default, float):
                full[name] = pd.to_numeric(full[name]).astype("float64")
        missing = {name: pd.Series(default, full.index, dtype=_DTYPES[type(default)])
                   for name, default in cls.columns.items() if name not in full}
        full = pd.concat([full, pd.DataFrame(missing, full.index)], axis="columns")
        full.index = pd.Index(full.index.astype(str), dtype="object", name=cls.index_name)
        return cls(full.sort_index().copy(), **attributes)  # the copy joins the columns into few blocks

    @classmethod
    def empty(cls, crs: Any, **attributes: Any) -> Self:
        """The table without rows."""
        return cls.of(gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs), **attributes)

    def _broken_promises(self) -> list[Problem]:
        kind = type(self).__name__
        frame, problems = self.frame, []
        if frame.index.name != self.index_name:
            problems.append(Problem(why=say("{kind}: the index is {name}", kind=kind, name=repr(frame.index.name)),
                                    fix=say("index by {name}", name=self.index_name)))
        problems.extend(
            Problem(column=self.index_name, value=str(key), why=say("{kind}: id appears more than once", kind=kind),
                    fix="give each row an id of its own")
            for key in frame.index[frame.index.duplicated()].unique())
        problems.extend(
            Problem(column=name, why=say("{kind}: column is missing", kind=kind),
                    fix=say("build the table with {kind}.of", kind=kind))
            for name in self.columns if name not in frame)
        if frame.crs is None or not frame.crs.is_projected:
            problems.append(Problem(why=say("{kind}: CRS {crs} is not metric", kind=kind, crs=str(frame.crs)),
                                    fix="project it with gis.crs first"))
        geometry = frame.geometry
        there = has_shape(geometry)
        missing, invalid = ~there, there & ~geometry.is_valid
        wrong = ~geometry.geom_type.isin(self.geometry_types) & ~missing
        checks = [(invalid, say("geometry is invalid"), say("repair it with gis.geometry")),
                  (wrong, say("geometry is not {types}", types=either(sorted(self.geometry_types))),
                   say("give that kind of geometry"))]
        if self.geometry_required:
            checks.append((missing, say("geometry is missing"), say("leave the row out or locate it")))
        for bad, why, fix in checks:
            problems.extend(Problem(value=str(key), why=say("{kind}: {why}", kind=kind, why=why), fix=fix)
                            for key in frame.index[bad])
        return problems


_UNKNOWN = float("nan")
AREAS = frozenset({"Polygon", "MultiPolygon"})
"""Kinds of shapes that are areas."""


@dataclass(frozen=True)
class Estates(Table):
    """Residential estates (小区), one row each.

    ``located`` is false where there is no outline: such an estate stays in every table and is unknown in space.
    ``outline_basis`` says where the outline is from: ``outline`` (given), ``osm_landuse``, ``buildings`` or
    ``tessellation`` (made around ``point_x``, ``point_y``, where the estate is said to lie, metres), else ``""``.
    ``outline_object`` names the OSM object it is, or is a part of.
    ``*_basis`` says where people were counted: ``roster``, ``raster``, ``floor_area``, ``profile``, ``registered`` or
    ``""``; ``*_low`` and ``*_high`` are the least and the most there can be: the value itself where nothing wider is
    given. A value can be unknown within a known interval, as a building year of the nineties is.
    ``build_year_basis`` is ``buildings`` where the year is the median of its buildings', else ``""``.
    ``high_rise`` is a surveyed fact: 1, 0 or NaN. Estates are walled unless the source says otherwise.
    ``edge_of_data`` marks an estate too near the rim of the street data for "nothing in reach" to be believed.
    ``known`` is false of the empty table that stands for estates which could not be read: other lists are checked
    against it, and whatever estate they name is believed.
    """

    known: bool = True
    index_name: ClassVar[str] = "estate_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "name": "", "alias_names": "", "street": "", "community": "", "address": "", "walled": True,
        "outline_assumed": False, "outline_basis": "", "outline_object": "", "point_x": _UNKNOWN, "point_y": _UNKNOWN,
        "edge_of_data": False,
        **dict.fromkeys(PEOPLE, _UNKNOWN), **{f"{name}_basis": "" for name in PEOPLE},
        **{f"{name}_{end}": _UNKNOWN for name in PEOPLE for end in ("low", "high")},
        **dict.fromkeys(["build_year", "build_year_low", "build_year_high"], _UNKNOWN), "build_year_basis": "",
        "high_rise": _UNKNOWN,
        "parking_spaces": _UNKNOWN, "parking_on_fire_lane": _UNKNOWN, "resident_cars": _UNKNOWN,
        "night_cars": _UNKNOWN, "ebikes": _UNKNOWN, "ebike_ports": _UNKNOWN, "complaints": _UNKNOWN,
        "complaints_more": 0.0,
        **dict.fromkeys(CHECK_UP, _UNKNOWN), **dict.fromkeys(CHECK_UP_TEXTS, ""),
    }
    geometry_types: ClassVar[frozenset[str]] = AREAS
    geometry_required: ClassVar[bool] = False

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, **attributes: Any) -> Self:
        """As ``Table.of``; where no interval of people or of the building year is given it is the value itself."""
        full = frame.copy()
        for name in (name for name in (*PEOPLE, "build_year") if name in full):
            for end in (f"{name}_low", f"{name}_high"):
                full[end] = full[end].fillna(full[name]) if end in full else full[name]
        return super().of(full, **attributes)

    @property
    def located(self) -> pd.Series:
        """True where the estate has an outline."""
        return has_shape(self.frame.geometry)

    def knows(self, named: pd.Series) -> "pd.Series[bool]":
        """True of ids of estates there are; of every id where the estates are not known."""
        return named.isin(self.ids) if self.known else named != NO_ESTATE

    def _broken_promises(self) -> list[Problem]:
        frame, problems = self.frame, super()._broken_promises()
        for name in (name for name in PEOPLE if {name, f"{name}_low", f"{name}_high"} <= set(frame)):
            low, value, high = (frame[column] for column in (f"{name}_low", name, f"{name}_high"))
            outside = (low < 0) | (low > value) | (value > high) | (low > high) | (low.isna() != high.isna())
            problems.extend(
                Problem(column=name, value=str(key), why="Estates: the figure does not lie within its interval",
                        fix="give low ≤ figure ≤ high, all from 0 up")
                for key in frame.index[outside])
        return problems


@dataclass(frozen=True)
class Buildings(Table):
    """Building footprints. ``use`` is ``residential``, ``other`` or ``""`` (unknown); ``estate_id`` may be empty."""

    index_name: ClassVar[str] = "building_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "estate_id": NO_ESTATE, "name": "", "use": "", "levels": _UNKNOWN, "height_m": _UNKNOWN,
        "households": _UNKNOWN, "build_year": _UNKNOWN,
    }
    geometry_types: ClassVar[frozenset[str]] = AREAS


@dataclass(frozen=True)
class Doors(Table):
    """Where people step out of a building. Doors carry the people; ``basis`` says how they were counted.

    ``provisional`` marks a door that no source carries (a building's or an outline's inner point stands in for it).
    """

    index_name: ClassVar[str] = "door_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "building_id": "", "estate_id": NO_ESTATE, **dict.fromkeys(PEOPLE, _UNKNOWN), "basis": "",
        "provisional": False,
    }
    geometry_types: ClassVar[frozenset[str]] = frozenset({"Point"})


@dataclass(frozen=True)
class Gates(Table):
    """Where people leave a walled estate. ``closed`` gates let nobody out; ``foot`` false means vehicles only.

    An ``emergency`` gate opens for crews on call alone, whatever else is said of it.
    """

    index_name: ClassVar[str] = "gate_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "estate_id": NO_ESTATE, "name": "", "foot": True, "vehicle": True, "closed": False, "hours": "",
        "emergency": False, "assumed": False,
    }
    geometry_types: ClassVar[frozenset[str]] = frozenset({"Point"})

    def meant_for(self, mode: Mode) -> "pd.Series[bool]":
        """Which gates are wide enough for and meant for a way of moving, open or closed."""
        return meant_for(self.frame, mode)

    def open_to(self, mode: Mode) -> gpd.GeoDataFrame:
        """The gates that let somebody pass who moves so; an emergency gate is shut on an ordinary day."""
        return self.frame[lets_pass(self.frame, mode)]


@dataclass(frozen=True)
class Streets(Table):
    """Street edges that meet only where they share a node: ``u`` and ``v`` are the node keys of the two ends.

    Bridges and tunnels do not join what they cross. Each of ``MODES`` says whether one may move there so; ``oneway`` is
    1 where cars may go from ``u`` to ``v`` only, -1 where back only, else 0. ``u_shut`` and ``v_shut`` say which modes
    nobody passes that end in, because of a gate there: the bits of ``gis.modes.shut_bit``. ``ground`` says whether it
    lies on the ground, where it is in the way of others; ``crossing`` whether it leads people across a carriageway.
    ``extent`` is the area inside which the source is complete, or None where the source does not say.
    """

    extent: shapely.Geometry | None = None
    index_name: ClassVar[str] = "edge_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "u": -1, "v": -1, "street_class": "", "name": "", **dict.fromkeys(MODES, True), "oneway": 0, "ground": True,
        "crossing": False, "u_shut": 0, "v_shut": 0}
    geometry_types: ClassVar[frozenset[str]] = frozenset({"LineString"})


@dataclass(frozen=True)
class Facilities(Table):
    """Facilities of one kind. ``capacity`` NaN is unknown; ``origin`` is ``surveyed`` or ``osm``.

    ``complete`` says whether the sources claim to list every facility of this kind in the area and around it:
    nothing found in an incomplete source is unknown, not a gap. ``estate_id`` names the estate whose outline holds
    the facility (or which a list names). A facility counted for an estate but with no place has no geometry; it may
    stand for several ``sites``, whose ``capacity`` is that of all together. ``capacity_low`` and ``capacity_high`` are
    the least and the most it can be: the capacity itself where nothing wider is given, both NaN where nothing bounds
    it, infinite where only the least is known. ``radius_m`` is what the facility itself says to serve; ``open_24h`` is
    1, 0 or NaN. ``source``, ``source_sheet`` and ``source_row`` (NaN: no list) say where it stands.

    ``audit`` says what became of every object of every source of the kind: see ``layers.conflation``.
    """

    kind: str = ""
    complete: bool = False
    audit: pd.DataFrame | None = field(default=None, compare=False, repr=False)
    index_name: ClassVar[str] = "facility_id"
    columns: ClassVar[Mapping[str, Any]] = {
        "name": "", "capacity": _UNKNOWN, "status": "existing", "origin": "surveyed", "estate_id": NO_ESTATE,
        "area_m2": _UNKNOWN, "turnout_s": _UNKNOWN, "capacity_low": _UNKNOWN, "capacity_high": _UNKNOWN, "sites": 1.0,
        "radius_m": _UNKNOWN, "operator": "", "address": "", "hours": "", "open_24h": _UNKNOWN, "ev_piles": _UNKNOWN,
        "source": "", "source_sheet": "", "source_row": _UNKNOWN,
    }
    geometry_types: ClassVar[frozenset[str]] = frozenset({"Point"})
    geometry_required: ClassVar[bool] = False

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, **attributes: Any) -> Self:
        """As ``Table.of``; an interval that does not hold a known capacity is widened to hold it."""
        full = frame.copy()
        for name in ("capacity", "capacity_low", "capacity_high"):
            full[name] = pd.to_numeric(full[name]) if name in full else np.nan
        low, high = full["capacity_low"], full["capacity_high"]
        full["capacity_low"] = np.fmin(low.mask(low.isna() & high.notna(), 0.0), full["capacity"])
        full["capacity_high"] = np.fmax(high.mask(high.isna() & low.notna(), np.inf), full["capacity"])
        full["sites"] = pd.to_numeric(full["sites"]).fillna(1.0) if "sites" in full else 1.0
        return super().of(full, **attributes)

    @property
    def existing(self) -> gpd.GeoDataFrame:
        """The facilities that stand today."""
        return self.frame[self.frame["status"] == "existing"]

    @property
    def placed(self) -> gpd.GeoDataFrame:
        """The existing facilities with a place on the map."""
        existing = self.existing
        return existing[has_shape(existing.geometry)]


@dataclass(frozen=True)
class BaseMap:
    """What a map needs behind the facts: streets, water, green and buildings, display only.

    Each frame has columns ``kind`` and ``name`` and any CRS with a code; ``attribution`` is printed on every map.
    """

    streets: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    attribution: tuple[str, ...] = field(default_factory=tuple)

    @classmethod
    def empty(cls, crs: Any) -> Self:
        """A base map that shows nothing."""
        nothing = gpd.GeoDataFrame({"kind": [], "name": [], "geometry": []}, geometry="geometry", crs=crs)
        return cls(nothing, nothing, nothing, nothing)


def sum_by_estate(values: pd.Series, estate_of: pd.Series, estates: pd.Index) -> pd.Series:
    """Sum door (or facility) values per estate; estates without any row get 0, an unknown value makes NaN.

    The one place where door figures become estate figures. ``values`` and ``estate_of`` share an index.
    """
    total = values.groupby(estate_of).agg(lambda part: part.sum(skipna=False))
    every: pd.Series = total.reindex(estates, fill_value=0.0).astype(np.float64)
    return every.set_axis(estates)
