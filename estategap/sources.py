"""What does each section of a project give: the file it names, else what OSM has of it?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import get_args

from analyses.methods.discovery import discover
from estategap.plan import people_of
from estategap.population import with_grids
from estategap.project import Project
from gis.attach import Barriers
from gis.errors import ProblemLog, Words, say
from gis.tables import BaseMap, Buildings, Doors, Estates, Facilities, Gates, Streets
from layers.assignments import Responsibilities, TaskProgress, read_progress, read_responsibilities
from layers.barriers import read_barriers
from layers.basemap import read_basemap
from layers.basemap_osm import ATTRIBUTION, basemap_of_osm
from layers.buildings import buildings_of_osm, read_buildings
from layers.capacity import compare_with_roster
from layers.complaints import count_complaints, with_complaints
from layers.doors import doors_of_osm, read_doors
from layers.facilities import inside_estates, left_out_of, merge_facilities, read_facilities
from layers.facilities_osm import facilities_of_osm
from layers.gates import gates_of_osm, read_gates
from layers.lifts import Lifts, read_lifts
from layers.osm_account import osm_account
from layers.osm_extract import OsmExtract, repaired_areas
from layers.placing.outlines_assumed import points_of, with_assumed_outlines
from layers.placing.places import Town
from layers.profile import Profile, estimate_people
from layers.streets import is_osm, read_streets, streets_of_osm
from maps.texts import Texts
from maps.view import Lang


@dataclass(frozen=True)
class Sources:
    """The sections of one project that are placed by its estates. Every method may raise ``InputError``."""

    project: Project
    osm: OsmExtract | None
    town: Town
    log: ProblemLog

    def streets(self) -> Streets:
        """The streets."""
        section = self.project.streets
        if section:
            return read_streets(self.project.source(section), town=self.town, log=self.log,
                                complete_around=section.complete_around)
        if self.osm is None:
            return Streets.empty(self.town.crs)
        self._osm_read_as("streets")
        return streets_of_osm(self.osm, self.town.crs)

    def footprints(self) -> Buildings:
        """The buildings, wherever they stand."""
        section, crs = self.project.buildings, self.town.crs
        if section:
            return read_buildings(self.project.source(section), town=self.town, log=self.log,
                                  data_year=self.project.project.data_date.year)
        if self.osm is None:
            return Buildings.empty(crs)
        found = buildings_of_osm(self.osm, crs, log=self.log)
        self._osm_read_as("buildings", used=found.ids, why=say("outlines have no area"))
        return found

    def _osm_read_as(
        self, part: str, read_as: str | None = None, *, used: Iterable[str] | None = None, why: Words | None = None,
    ) -> None:
        """Account for a part of the OSM file that is used."""
        assert self.osm is not None  # noqa: S101 - only what there is can be used
        self.log.readings.append(osm_account(self.osm, part, read_as or part, used=used, why=why))

    def outlined(self, estates: Estates, footprints: Buildings, streets: Streets) -> Estates:
        """The estates, with outlines made for those of which only a point is known."""
        found = estates
        if len(points_of(estates)):
            landuse = repaired_areas(self.osm.estates, self.town.crs, self.osm.file, self.log) if self.osm else None
            found = with_assumed_outlines(estates, footprints, streets, landuse, log=self.log)
        own = self.project.estates.file or self.project.roster
        if own and (found.frame["outline_object"] != "").any():
            self._osm_read_as("estates", used=found.frame["outline_object"], why=say(
                "residential areas were not taken for an estate of the roster"))
        return found

    def lifts(self, estates: Estates) -> Lifts:
        """The lifts of the estates."""
        project = self.project
        if project.lifts is None:
            return Lifts.empty()
        return read_lifts(project.source(project.lifts), estates, town=self.town, log=self.log,
                          data_year=project.project.data_date.year)

    def responsibilities(self, estates: Estates) -> Responsibilities:
        """Which unit answers for which matter."""
        section = self.project.responsibilities
        if section is None:
            return Responsibilities.empty()
        communities = estates.frame["community"] if estates.known else None
        return read_responsibilities(self.project.source(section), _matters(), communities, town=self.town,
                                     log=self.log)

    def progress(self, estates: Estates) -> TaskProgress:
        """What became of tasks: the id of one is its estate's, a hyphen and the Chinese title of its matter."""
        section, title = self.project.progress, Texts("zh").title
        if section is None:
            return TaskProgress.empty()
        tasks = {f"{estate}-{name}": f"{estate}-{title(matter)}" for name, matter in _matters().items()
                 for estate in estates.ids}
        return read_progress(self.project.source(section), tasks if estates.known else None, town=self.town,
                             log=self.log, data_date=self.project.project.data_date)

    def gates(self, estates: Estates) -> Gates:
        """The gates of the estates."""
        if self.project.gates:
            return read_gates(self.project.source(self.project.gates), estates, town=self.town, log=self.log)
        if self.osm is None:
            return Gates.empty(self.town.crs)
        self._osm_read_as("gates")
        return gates_of_osm(self.osm, estates)

    def doors(self, buildings: Buildings) -> Doors:
        """The doors of the buildings."""
        if self.project.doors:
            return read_doors(self.project.source(self.project.doors), buildings, town=self.town, log=self.log)
        if self.osm is None:
            return Doors.empty(self.town.crs)
        found = doors_of_osm(self.osm, buildings)
        self._osm_read_as("entrances", "doors", used=found.ids, why=say("entrances are no doors of homes, or closed"))
        return found

    def facilities(self, kind: str, estates: Estates) -> Facilities:
        """The lists of a kind and what OSM has of it; a kind nobody lists is empty and not complete."""
        nothing = Facilities.empty(self.town.crs, kind=kind)
        lists = [
            self.log.attempt(lambda one=section: read_facilities(  # type: ignore[misc]
                self.project.source(one), kind=kind, surveyed=one.surveyed, estates=estates, town=self.town,
                log=self.log), nothing)
            for section in self.project.facilities if section.kind == kind]
        mapped = inside_estates(facilities_of_osm(self.osm, kind, self.town.crs), estates) if self.osm else None
        found = merge_facilities(lists or [nothing], mapped, log=self.log)
        if mapped is not None:
            self._osm_read_as(f"facilities.{kind}", kind, used=mapped.ids.difference(left_out_of(found.audit)),
                              why=say("objects are facilities that a list has"))
        roster = self.project.roster or self.project.estates
        compare_with_roster(found, estates, roster=roster.file or "", log=self.log)
        return found

    def with_people(self, estates: Estates, buildings: Buildings) -> Estates:
        """Count complaints; fill in unknown people from the grids, in their order, then by the profile."""
        project, rule = self.project, people_of(self.project)
        estates = self.log.attempt(lambda: self._with_complaints(estates), estates)
        estates = with_grids(estates, buildings, project.population, source_of=project.source_of, home=self.town.home,
                             spread=rule.raster_spread, log=self.log)
        given = project.profile.model_dump(exclude_none=True) if project.profile else None
        profile = None if given is None else Profile(**{"spread": rule.profile_spread} | given)
        return estimate_people(estates, buildings, profile, registered_spread=rule.registered_spread)

    def _with_complaints(self, estates: Estates) -> Estates:
        said = self.project.complaints
        if said is None:
            return estates
        return with_complaints(estates, count_complaints(
            self.project.source(said), estates, town=self.town, log=self.log, words=said.about,
            period=said.period(self.project.project.data_date)))

    def barriers(self, streets: Streets, basemap: BaseMap) -> Barriers:
        """What nobody steps across between a door and a street, and fences."""
        return read_barriers(streets, basemap.water if self.project.basemap.water else None, self.osm)

    def basemap(self, streets: Streets, buildings: Buildings) -> BaseMap:
        """What is drawn behind the facts."""
        project, section = self.project, self.project.basemap
        water, green = (
            project.source_of(file, crs=section.crs) if file else None for file in (section.water, section.green))
        by_osm = bool(project.streets and is_osm(project.streets.file))
        own = read_basemap(streets=streets, water=water, green=green, buildings=buildings, town=self.town, log=self.log,
                           attribution=(ATTRIBUTION,) if by_osm else ())
        if self.osm is None:
            return own
        mapped = basemap_of_osm(self.osm, self.town.crs)
        for part, own_file in (
                ("water", water), ("waterways", water), ("green", green), ("railways", None), ("fences", None)):
            if not own_file:
                self._osm_read_as(part)
        return replace(
            mapped, streets=own.streets if project.streets else mapped.streets,
            water=own.water if water else mapped.water, green=own.green if green else mapped.green,
            buildings=own.buildings if project.buildings else mapped.buildings)


def _matters() -> dict[str, str]:
    """What each analysis may be called in a list of an office, and its name in the program."""
    return {name: one.name for one in discover()
            for name in (one.name, *(Texts(lang).title(one.title) for lang in get_args(Lang)))}
