"""Which section of a project does a file of the fuzz test belong to, and who reads it there?"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from estategap.project import read_project
from gis.errors import ProblemLog
from gis.tables import Buildings, Estates, Streets
from layers.assignments import read_progress, read_responsibilities
from layers.basemap import read_basemap
from layers.basemap_osm import basemap_of_osm
from layers.buildings import buildings_of_osm, read_buildings
from layers.complaints import count_complaints
from layers.doors import doors_of_osm, read_doors
from layers.estates import read_estates
from layers.estates_osm import estates_of_osm
from layers.facilities import read_facilities
from layers.facilities_osm import facilities_of_osm
from layers.gates import gates_of_osm, read_gates
from layers.kinds import facility_kinds
from layers.lifts import read_lifts
from layers.osm import read_osm
from layers.people_raster import counted_on_grid, people_of_raster
from layers.placing.places import Town
from layers.rasters import read_raster_window
from layers.reading.files import Source
from layers.streets import read_streets, streets_of_osm

CALLED = {"outlines": "estates", "sites": "facilities", "calls": "complaints", "people": "population", "map": "osm"}
"""Sections whose files have another name here."""
NO_ACCOUNT = frozenset({"osm", "population", "project"})
"""What is no list of rows, so that its reader alone gives no account of any."""
YEAR = 2026
_MATTERS = {"停车": "parking", "parking": "parking", "养老": "elderly_care", "充电": "ebike_charging"}


@dataclass(frozen=True)
class Place:
    """What the reader of a section has at hand: where the town lies, a whole roster, the estates, their buildings."""

    town: Town
    roster: Source
    estates: Estates
    buildings: Buildings


def section_of(name: str, number: int = 0) -> str:
    """The section that a file is read for; every second case of outlines is read as buildings."""
    kind = name.split(".", maxsplit=1)[0].split("_", maxsplit=1)[0]
    return "buildings" if kind == "outlines" and number % 2 else CALLED.get(kind, kind)


def place_of(name: str) -> str:
    """The place that a file is about, ``town`` where it is the small generated one."""
    parts = name.split(".", maxsplit=1)[0].split("_")[1:]
    return next((one for one in ("sg", "tongji", "wuhan", "centre") if one in parts), "town")


def read_section(path: Path, number: int, place: Place, log: ProblemLog) -> None:
    """Read a file as its section does.

    Raises:
        InputError: it cannot be read.
    """
    READERS[section_of(path.name, number)](path, number, place, log)


def _estates(path: Path, _: int, place: Place, log: ProblemLog) -> None:
    read_estates(outlines=Source(path), roster=None, walled_default=True, log=log, town=place.town, data_year=YEAR)


def _roster(path: Path, _: int, place: Place, log: ProblemLog) -> None:
    read_estates(outlines=None, roster=Source(path), walled_default=True, log=log, town=place.town, data_year=YEAR,
                 round_spread=0.1)


def _located(path: Path, _: int, place: Place, log: ProblemLog) -> None:
    read_estates(outlines=None, roster=place.roster, located=Source(path), walled_default=True, log=log,
                 town=place.town, data_year=YEAR)


def _facilities(path: Path, number: int, place: Place, log: ProblemLog) -> None:
    what = ("elderly_care_sites", "micro_fire_stations", "car_parks")[number % 3]
    read_facilities(Source(path), kind=what, surveyed=True, estates=place.estates, town=place.town, log=log)


def _progress(path: Path, _: int, place: Place, log: ProblemLog) -> None:
    read_progress(Source(path), {"T-1": "T-1", "T-2": "T-2"}, town=place.town, log=log, data_date=dt.date(YEAR, 10, 31))


def _population(path: Path, _: int, place: Place, __: ProblemLog) -> None:
    estates = place.estates
    west, south, east, north = map(float, estates.frame.total_bounds)
    window = read_raster_window(path, (west, south, east, north), estates.crs)
    counted = counted_on_grid(estates, Buildings.empty(estates.crs), window)
    people_of_raster(estates, counted, people="residents_60plus", spread=0.2)


def _basemap(path: Path, number: int, place: Place, log: ProblemLog) -> None:
    water, green = (Source(path), None) if number % 2 else (None, Source(path))
    read_basemap(streets=Streets.empty(place.estates.crs), water=water, green=green, town=place.town, log=log)


def _osm(path: Path, _: int, place: Place, log: ProblemLog) -> None:
    extract, crs = read_osm(path), place.estates.crs
    log.problems.extend(extract.problems)
    streets_of_osm(extract, crs)
    estates = estates_of_osm(extract, crs, edge_margin_m=100.0, walled=True, log=log)
    gates_of_osm(extract, estates)
    doors_of_osm(extract, buildings_of_osm(extract, crs, log=log))
    for what in facility_kinds():
        facilities_of_osm(extract, what, crs)
    basemap_of_osm(extract, crs)


def _communities(place: Place) -> pd.Series:
    return place.estates.frame["community"]


READERS: Mapping[str, Callable[[Path, int, Place, ProblemLog], object]] = {
    "estates": _estates, "roster": _roster, "located": _located, "facilities": _facilities, "progress": _progress,
    "population": _population, "basemap": _basemap, "osm": _osm,
    "streets": lambda path, _, place, log: read_streets(Source(path), town=place.town, log=log),
    "buildings": lambda path, _, place, log: read_buildings(Source(path), town=place.town, log=log),
    "doors": lambda path, _, place, log: read_doors(Source(path), place.buildings, town=place.town, log=log),
    "gates": lambda path, _, place, log: read_gates(Source(path), place.estates, town=place.town, log=log),
    "complaints": lambda path, _, place, log: count_complaints(Source(path), place.estates, town=place.town, log=log),
    "lifts": lambda path, _, place, log: read_lifts(
        Source(path), place.estates, town=place.town, log=log, data_year=YEAR),
    "responsibilities": lambda path, _, place, log: read_responsibilities(
        Source(path), _MATTERS, _communities(place), town=place.town, log=log),
    "project": lambda path, _, __, ___: read_project(path),
}
"""Who reads a section's file: its path, the number of the case, what is at hand, and what takes the problems."""
