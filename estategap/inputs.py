"""Everything a project names, read once and made to fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyproj
from pyproj.exceptions import CRSError

from estategap.plan import people_of
from estategap.project import FILE_NAME, Project, missing_parts
from estategap.project_sections import EstatesSection
from estategap.sources import Sources
from estategap.unused import unnamed_sheets
from estategap.walking import WalkingRule
from gis.attach import Barriers
from gis.crs import metric_crs, metric_crs_of
from gis.errors import InputError, Problem, ProblemLog
from gis.ledger import Reading
from gis.tables import BaseMap, Buildings, Doors, Estates, Facilities, Gates, Streets
from layers.assignments import Responsibilities, TaskProgress
from layers.buildings import buildings_in_estates, with_build_years
from layers.estates import mark_edge_of_data, read_estates, read_sides
from layers.estates_osm import estates_of_osm
from layers.kinds import facility_kinds
from layers.lifts import Lifts, with_lifts
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from layers.people import people_at_doors
from layers.placing.offset_by_names import offset_by_names
from layers.placing.offsets import check_offsets
from layers.placing.outlines_assumed import points_of
from layers.placing.places import Town, bounds_of
from layers.placing.whereabouts import elsewhere
from layers.quality.quality import check_quality
from layers.reading.files import Source
from layers.reading.workbooks import take_back_sheets_read

_OF_ESTATES = frozenset({"estates", "roster", "osm"})
"""Sections that say together which estates there are."""
_ANYWHERE = metric_crs(105.0, 35.0)
"""The middle of China: for lists of which nobody knows where they lie."""


@dataclass(frozen=True)
class Inputs:
    """All tables of a project in one metric CRS.

    ``warnings`` is what is doubtful but does not stop the job; ``readings`` accounts for every row of every file.
    """

    estates: Estates
    buildings: Buildings
    doors: Doors
    gates: Gates
    streets: Streets
    facilities: Mapping[str, Facilities]
    basemap: BaseMap
    warnings: tuple[Problem, ...]
    readings: tuple[Reading, ...]
    barriers: Barriers
    lifts: Lifts
    responsibilities: Responsibilities
    progress: TaskProgress

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
    log = ProblemLog(unnamed_parts(project))
    inputs = log.attempt(lambda: look_through(project, walking, log), None)
    if inputs is None or log.errors:
        raise InputError(dict.fromkeys(log))
    return inputs


def unnamed_parts(project: Project) -> list[Problem]:
    """What the project does not name: parts that a run needs, and sheets that somebody has filled in."""
    return [] if project.doubted else [*missing_parts(project), *unnamed_sheets(project)]


def look_through(project: Project, walking: WalkingRule, log: ProblemLog) -> Inputs:
    """Read and join everything as far as it goes; ``log`` takes what is wrong and how each file was read.

    Where it takes errors the doors are not worked out, and what is built on them is not to be used.

    Raises:
        InputError: the estates cannot be read; all that can be said of the other files without them is in ``log``.
    """
    crs = log.attempt(lambda: _working_crs(project), None)
    osm = log.attempt(lambda: _osm(project, log), None)
    if crs is None and project.project.crs:  # a wrong one, which is said: another stands in for it
        crs = _somewhere(project, None, osm, walking).crs
    estates = log.attempt(lambda: _estates(project, crs, osm, walking, log), None)
    town = _somewhere(project, crs, osm, walking) if estates is None else _town_of(estates, osm)
    sources = Sources(project, osm, town, log)
    if estates is None:
        _around(sources, Estates.empty(town.crs, known=False), walking)
        raise InputError(log.errors)
    return _around(sources, estates, walking)


def _somewhere(project: Project, crs: pyproj.CRS | None, osm: OsmExtract | None, walking: WalkingRule) -> Town:
    """Where a project lies whose estates cannot be read: by one of their files alone, by OSM, else by its streets.

    What is wrong with these files is said by whoever reads them for their own sake.
    """
    said, nowhere = ProblemLog(), EstatesSection()
    for alone in ({"roster": None}, {"estates": nowhere}, {"roster": None, "estates": nowhere}):
        part = project.model_copy(update={**alone, "osm": None, "doubted": frozenset()})
        found = said.attempt(lambda one=part: _estates(one, crs, osm, walking, said), None)  # type: ignore[misc]
        if found is not None and (found.located.any() or len(points_of(found))):
            return _town_of(found, osm)
    home = osm.extent.bounds if osm else None
    streets = said.attempt(Sources(project, osm, Town(crs, home), said).streets, None) if project.streets else None
    if streets is not None and len(streets):
        return Town(streets.crs, home or bounds_of(streets.frame.geometry))
    return Town(crs or (metric_crs_of(osm.streets) if osm else _ANYWHERE), home)


def _osm(project: Project, log: ProblemLog) -> OsmExtract | None:
    if not project.osm_file:
        return None
    extract = read_osm(project.folder / project.osm_file)
    for problem in extract.problems:
        log.add(problem)
    return extract


def _estates(
    project: Project, crs: pyproj.CRS | None, osm: OsmExtract | None, walking: WalkingRule, log: ProblemLog,
) -> Estates:
    """The estates, by which all else is placed.

    Raises:
        InputError: they cannot be read; what is wrong is in it or in ``log``.
    """
    section = project.estates
    if section.file or project.roster:
        outlines = project.source_of(section.file, section) if section.file else None
        roster = project.source(project.roster) if project.roster else None
        home = osm.extent.bounds if osm else None
        located = _located(project, log)
        town, year, spread = Town(crs, home), project.project.data_date.year, people_of(project).approximate_spread
        if (project.osm_file and osm is None) or project.doubted & _OF_ESTATES:  # not all there: look at the rows only
            read_sides(outlines, roster, located, town=town, log=log, data_year=year, round_spread=spread)
            raise InputError(())
        return read_estates(outlines=outlines, roster=roster, located=located, walled_default=section.walled, log=log,
                            town=town, data_year=year, round_spread=spread, osm=osm)
    if osm is None or project.doubted & _OF_ESTATES:
        raise InputError(())
    return estates_of_osm(osm, crs or metric_crs_of(osm.streets), edge_margin_m=walking.edge_margin_m,
                          walled=section.walled, log=log)


def _located(project: Project, log: ProblemLog) -> Source | None:
    """The filled-in list of places; that it is not there yet keeps nobody from hearing what else is wrong."""
    name = project.estates.located
    if name is None:
        return None
    if (project.folder / name).exists():
        return project.source_of(name)
    log.add(Problem(file=name, why="this list of places is not there",
                    fix="run check, which writes it where estates have no place, or remove the line located"))
    return None


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


def _around(sources: Sources, estates: Estates, walking: WalkingRule) -> Inputs:
    """Everything that is placed by the estates: read part by part, so that one bad file does not hide another."""
    crs, log = estates.crs, sources.log
    streets = log.attempt(sources.streets, Streets.empty(crs))
    footprints = log.attempt(sources.footprints, Buildings.empty(crs))
    estates = log.attempt(lambda: sources.outlined(estates, footprints, streets), estates)
    buildings = buildings_in_estates(footprints, estates, log=log)
    estates = with_build_years(estates, buildings, log=log)
    gates = log.attempt(lambda: sources.gates(estates), Gates.empty(crs))
    doors = log.attempt(lambda: sources.doors(buildings), Doors.empty(crs))
    facilities = {kind: sources.facilities(kind, estates) for kind in facility_kinds()}
    people = log.attempt(lambda: sources.with_people(estates, buildings), estates)
    basemap = log.attempt(lambda: sources.basemap(streets, buildings), BaseMap.empty(crs))
    lifts = log.attempt(lambda: sources.lifts(estates), Lifts.empty())
    responsibilities = log.attempt(lambda: sources.responsibilities(estates), Responsibilities.empty())
    progress = log.attempt(lambda: sources.progress(estates), TaskProgress.empty())
    project = sources.project
    astray = elsewhere(estates, streets, log, estates_file=project.estates.file or project.osm_file,
                       streets_file=project.streets.file if project.streets else project.osm_file)
    if len(streets):
        log.readings[:] = check_offsets(log.readings, streets.frame.geometry, log,
                                        lambda converted: offset_by_names(estates, converted, sources.osm))
    marked = mark_edge_of_data(estates, streets.extent, walking.edge_margin_m)
    if astray == "estates":
        check_quality(marked, Buildings.empty(crs), Gates.empty(crs), Streets.empty(crs), {}, log=log)
    else:
        there = Streets.empty(crs) if astray else streets
        check_quality(marked, buildings, gates, there, facilities, log=log, osm_file=project.osm_file)
    people = mark_edge_of_data(with_lifts(people, lifts), streets.extent, walking.edge_margin_m)
    if not log.errors:
        doors = people_at_doors(people, buildings, doors)
        doors = Doors.of(doors.frame[doors.frame["estate_id"].isin(people.ids)])
    take_back_sheets_read(log)
    return Inputs(
        estates=people, buildings=buildings, doors=doors, gates=gates, streets=streets, facilities=facilities,
        basemap=basemap, barriers=sources.barriers(streets, basemap), warnings=tuple(log),
        readings=tuple(log.readings), lifts=lifts, responsibilities=responsibilities, progress=progress)


def _town_of(estates: Estates, osm: OsmExtract | None) -> Town:
    """Where the project lies: around the outlines and points of its estates, without strays, else what OSM has."""
    places = pd.concat([estates.frame.geometry[estates.located], points_of(estates)])
    if len(places):
        return Town(estates.crs, bounds_of(places))
    return Town(estates.crs, osm.extent.bounds if osm else None)
