"""Everything a project names, read once and made to fit together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyproj
import shapely
from pyproj.exceptions import CRSError

from estategap.project import FILE_NAME, Project
from estategap.walking import WalkingRule
from gis.crs import metric_crs_of
from gis.errors import InputError, Problem, ProblemLog, say
from gis.tables import BaseMap, Buildings, Doors, Estates, Facilities, Gates, Streets
from layers.basemap import read_basemap
from layers.basemap_osm import basemap_of_osm
from layers.buildings import buildings_in_estates, buildings_of_osm, read_buildings
from layers.complaints import count_complaints, with_complaints
from layers.doors import doors_of_osm, read_doors
from layers.estates import mark_edge_of_data, read_estates
from layers.estates_osm import estates_of_osm
from layers.facilities import inside_estates, merge_facilities, read_facilities
from layers.facilities_osm import facilities_of_osm
from layers.files import open_source
from layers.gates import gates_of_osm, read_gates
from layers.kinds import facility_kinds
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from layers.people import Profile, estimate_households, people_at_doors, people_of_raster
from layers.rasters import read_raster_window
from layers.streets import read_streets, streets_of_osm

_SAME_PLACE_M = 1000.0


@dataclass(frozen=True)
class Inputs:
    """All tables of a project in one metric CRS; ``warnings`` is what is doubtful but does not stop the job."""

    estates: Estates
    buildings: Buildings
    doors: Doors
    gates: Gates
    streets: Streets
    facilities: Mapping[str, Facilities]
    basemap: BaseMap
    warnings: tuple[Problem, ...]

    @property
    def layers(self) -> dict[str, Any]:
        """The tables by the names analyses ask for."""
        return {"estates": self.estates, "buildings": self.buildings, "doors": self.doors, "gates": self.gates,
                **self.facilities}


def read_inputs(project: Project, walking: WalkingRule) -> Inputs:
    """Read and join everything.

    Raises:
        InputError: all errors of all files at once, with the warnings.
    """
    log = ProblemLog()
    try:
        estates, osm = _placed(project, walking, log)
        return _around(project, osm, estates, walking, log)
    except InputError as error:
        raise InputError(dict.fromkeys((*log, *error.problems))) from None


def _placed(project: Project, walking: WalkingRule, log: ProblemLog) -> tuple[Estates, OsmExtract | None]:
    """The estates, by which all else is placed; without them the other files are at least opened."""
    try:
        osm = _osm(project, log)
        estates = _estates(project, osm, walking, log)
        log.raise_errors()
    except InputError:
        _open_others(project, log)
        raise
    return estates, osm


def _open_others(project: Project, log: ProblemLog) -> None:
    parts = (project.streets, project.buildings, project.doors, project.gates, project.complaints, *project.facilities)
    sources = [project.source(one) for one in parts if one]
    others = (project.basemap.water, project.basemap.green, project.population and project.population.file)
    sources += [project.source_of(file, crs=project.basemap.crs) for file in others if file]
    for source in sources:
        log.attempt(lambda one=source: open_source(one), None)  # type: ignore[misc]


def _osm(project: Project, log: ProblemLog) -> OsmExtract | None:
    if project.osm is None:
        return None
    extract = read_osm(project.folder / project.osm.file)
    for problem in extract.problems:
        log.add(problem)
    return extract


def _estates(project: Project, osm: OsmExtract | None, walking: WalkingRule, log: ProblemLog) -> Estates:
    section, crs = project.estates, _working_crs(project)
    if section.file or section.roster:
        outlines = (
            project.source_of(section.file, layer=section.layer, sheet=section.sheet, crs=section.crs)
            if section.file
            else None
        )
        roster = project.source_of(section.roster, sheet=section.roster_sheet) if section.roster else None
        return read_estates(outlines=outlines, roster=roster, walled_default=section.walled, log=log, to_crs=crs,
                            data_year=project.project.data_date.year)
    assert osm is not None  # noqa: S101 - read_project refuses a project with neither
    return estates_of_osm(osm, crs or metric_crs_of(osm.streets), edge_margin_m=walking.edge_margin_m,
                          walled=section.walled, log=log)


def _working_crs(project: Project) -> pyproj.CRS | None:
    wanted = project.project.crs
    if wanted is None:
        return None
    try:
        crs = pyproj.CRS.from_user_input(wanted)
    except CRSError:
        crs = None
    if crs is None or not crs.is_projected or _stretched(crs):
        raise InputError(
            Problem(
                file=FILE_NAME,
                column="project.crs",
                value=wanted,
                why="not a metric CRS to measure in",
                fix='give a projected one such as "EPSG:4549", never EPSG:3857, or leave the line out',
            )
        )
    return crs


def _stretched(crs: pyproj.CRS) -> bool:
    """True where a unit of the map is no metre on the ground: feet, and the Mercator maps of the web."""
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    mercator = method.startswith("Mercator") or "Pseudo Mercator" in method
    return mercator or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info)


def _around(
    project: Project, osm: OsmExtract | None, estates: Estates, walking: WalkingRule, log: ProblemLog
) -> Inputs:
    """Everything that is placed by the estates: read part by part, so that one bad file does not hide another."""
    crs = estates.crs
    streets = log.attempt(lambda: _streets(project, osm, estates, log), Streets.empty(crs))
    buildings = log.attempt(lambda: _buildings(project, osm, estates, log), Buildings.empty(crs))
    gates = log.attempt(lambda: _gates(project, osm, estates, log), Gates.empty(crs))
    doors = log.attempt(lambda: _doors(project, osm, buildings, log), Doors.empty(crs))
    facilities = {kind: _facilities(project, osm, kind, estates, log) for kind in facility_kinds()}
    people = log.attempt(lambda: _with_people(project, estates, buildings, log), estates)
    basemap = log.attempt(lambda: _basemap(project, osm, streets, buildings, crs), BaseMap.empty(crs))
    _check_near(project, streets, estates, log)
    log.raise_errors()
    people = mark_edge_of_data(people, streets.extent, walking.edge_margin_m)
    doors = people_at_doors(people, buildings, doors)
    doors = Doors.of(doors.frame[doors.frame["estate_id"].isin(people.ids)])
    return Inputs(people, buildings, doors, gates, streets, facilities, basemap, tuple(log))


def _check_near(project: Project, streets: Streets, estates: Estates, log: ProblemLog) -> None:
    """Streets far from every estate are those of another place, or one of the two files has a wrong CRS."""
    source = project.streets or project.osm
    if source and len(streets) and estates.located.any():
        there, here = (shapely.box(*table.frame.total_bounds) for table in (streets, estates))
        if there.distance(here) > _SAME_PLACE_M:
            log.add(Problem(
                file=source.file, value=", ".join(f"{edge:.0f}" for edge in there.bounds),
                why=say("the streets (west, south, east, north) lie {distance_km:.0f} km from the estates",
                        distance_km=there.distance(here) / 1000),
                fix="give the streets of this area, or the right crs in the section of the file that is elsewhere"))


def _streets(project: Project, osm: OsmExtract | None, estates: Estates, log: ProblemLog) -> Streets:
    if project.streets:
        return read_streets(project.source(project.streets), to_crs=estates.crs, log=log,
                            complete_around=project.streets.complete_around)
    assert osm is not None  # noqa: S101 - read_project refuses a project with neither
    return streets_of_osm(osm, estates.crs)


def _buildings(project: Project, osm: OsmExtract | None, estates: Estates, log: ProblemLog) -> Buildings:
    if project.buildings:
        found = read_buildings(project.source(project.buildings), to_crs=estates.crs, log=log)
    else:
        found = buildings_of_osm(osm, estates.crs, log=log) if osm else Buildings.empty(estates.crs)
    return buildings_in_estates(found, estates, log=log)


def _gates(project: Project, osm: OsmExtract | None, estates: Estates, log: ProblemLog) -> Gates:
    if project.gates:
        return read_gates(project.source(project.gates), estates, to_crs=estates.crs, log=log)
    return gates_of_osm(osm, estates) if osm else Gates.empty(estates.crs)


def _doors(project: Project, osm: OsmExtract | None, buildings: Buildings, log: ProblemLog) -> Doors:
    if project.doors:
        return read_doors(project.source(project.doors), buildings, to_crs=buildings.crs, log=log)
    return doors_of_osm(osm, buildings) if osm else Doors.empty(buildings.crs)


def _facilities(project: Project, osm: OsmExtract | None, kind: str, estates: Estates, log: ProblemLog) -> Facilities:
    """The lists of a kind and what OSM has of it; a kind nobody lists is empty and not complete."""
    nothing = Facilities.empty(estates.crs, kind=kind)
    lists = [
        log.attempt(
            lambda one=section: read_facilities(  # type: ignore[misc]
                project.source(one), kind=kind, surveyed=one.surveyed, estates=estates, to_crs=estates.crs, log=log
            ),
            nothing,
        )
        for section in project.facilities
        if section.kind == kind
    ]
    mapped = inside_estates(facilities_of_osm(osm, kind, estates.crs), estates) if osm else None
    return merge_facilities(lists or [nothing], mapped, log=log)


def _with_people(project: Project, estates: Estates, buildings: Buildings, log: ProblemLog) -> Estates:
    """Count complaints; fill in unknown people from the raster, then households and people from the profile."""
    if project.complaints:
        estates = with_complaints(estates, count_complaints(project.source(project.complaints), estates, log))
    if project.population and estates.located.any():
        west, south, east, north = estates.frame.total_bounds
        raster = read_raster_window(project.folder / project.population.file, (west, south, east, north), estates.crs)
        estates = people_of_raster(estates, buildings, raster)
    if project.profile:
        estates = estimate_households(estates, buildings, Profile(**project.profile.model_dump()))
    return estates


def _basemap(project: Project, osm: OsmExtract | None, streets: Streets, buildings: Buildings, crs: Any) -> BaseMap:
    section = project.basemap
    water, green = (
        project.source_of(file, crs=section.crs) if file else None for file in (section.water, section.green)
    )
    own = read_basemap(streets=streets, water=water, green=green, buildings=buildings)
    if osm is None:
        return own
    mapped = basemap_of_osm(osm, crs)
    return replace(
        mapped, streets=own.streets if project.streets else mapped.streets, water=own.water if water else mapped.water,
        green=own.green if green else mapped.green, buildings=own.buildings if project.buildings else mapped.buildings)
