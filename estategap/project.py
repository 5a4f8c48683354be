"""What does a project consist of, and what is said when its project.toml does not fit?"""

import functools
import operator
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator

from estategap.project_sections import (
    About,
    BaseMapSection,
    ComplaintsSection,
    EstatesSection,
    FacilityList,
    File,
    OsmSection,
    OwnValue,
    Part,
    PopulationSection,
    ProfileSection,
    Section,
    StreetsSection,
    Weight,
)
from estategap.toml_file import Toml, line_of, read_toml
from gis.errors import InputError, Problem, Value, Words, either, reported, say
from layers.kinds import facility_kinds
from layers.reading.files import Source

FILE_NAME, SNAPSHOTS, _SHOWN_LENGTH = "project.toml", "osm", 80
_STAND_IN: dict[str, Any] = {"name": FILE_NAME, "data_date": date(2200, 1, 1)}
"""For what a project must say and does not: no day is after this one."""
_SNAPSHOT = re.compile(r"\d{4}-\d\d-\d\d\.osm(\.pbf)?")

_PLAIN = {
    "model_type": (say("this is a section, not a value"),
                   say('write [section] on a line of its own and file = "…" below it')),
    "dict_type": (say("this is a section, not a value"),
                  say("write [section] on a line of its own and its keys below it")),
    "tuple_type": (say("this is a list of sections"), say("write each one with two brackets, such as [[facilities]]")),
}
_MISFITS = {
    "string_type": say("Input should be a valid string"),
    "string_too_short": say("String should have at least {min_length} character"),
    "string_too_long": say("String should have at most {max_length} characters"),
    "int_type": say("Input should be a valid integer"),
    "int_parsing": say("Input should be a valid integer, unable to parse string as an integer"),
    "int_from_float": say("Input should be a valid integer, got a number with a fractional part"),
    "float_type": say("Input should be a valid number"),
    "float_parsing": say("Input should be a valid number, unable to parse string as a number"),
    "finite_number": say("Input should be a finite number"),
    "greater_than": say("Input should be greater than {gt}"),
    "greater_than_equal": say("Input should be greater than or equal to {ge}"),
    "less_than": say("Input should be less than {lt}"),
    "less_than_equal": say("Input should be less than or equal to {le}"),
    "bool_type": say("Input should be a valid boolean"),
    "bool_parsing": say("Input should be a valid boolean, unable to interpret input"),
    "date_type": say("Input should be a valid date"),
    "date_from_datetime_parsing": say("Input should be a valid date or datetime, {error}"),
    "date_from_datetime_inexact": say("Datetimes provided to dates should have zero time - e.g. be exact dates"),
    "literal_error": say("Input should be {expected}"),
}
"""What pydantic says, by the code of what does not fit."""
_MOVED = {
    "estates.roster": say('remove this line and write [roster] on a line of its own, with file = "…" below it'),
    "estates.roster_sheet": say('remove this line and write sheet = "…" below [roster]'),
}
"""Keys of earlier versions, and what to write now."""


class Project(Section):
    """The whole project file; ``folder`` is where it lies.

    ``doubted`` names the sections that are left out, or something of them, because they do not fit: what is read of
    such a project is only good for saying what else is wrong.
    """

    project: About
    estates: EstatesSection = EstatesSection()
    roster: File | None = None
    lifts: File | None = None
    responsibilities: File | None = None
    progress: File | None = None
    streets: StreetsSection | None = None
    buildings: File | None = None
    doors: File | None = None
    gates: File | None = None
    complaints: ComplaintsSection | None = None
    population: tuple[PopulationSection, ...] = ()
    osm: OsmSection | None = None
    basemap: BaseMapSection = BaseMapSection()
    profile: ProfileSection | None = None
    facilities: tuple[FacilityList, ...] = ()
    weights: dict[str, Weight] = Field(default_factory=dict)
    rules: dict[str, dict[str, OwnValue]] = Field(default_factory=dict)
    folder: Annotated[Path, Field(exclude=True)] = Path()
    doubted: Annotated[frozenset[str], Field(exclude=True)] = frozenset()

    @field_validator("folder", "doubted", mode="before")
    @classmethod
    def _not_a_key(cls, _: Any) -> Path:
        raise ValueError(say("the program says this itself: remove this key"))

    @field_validator("population", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        """``[population]`` is the same as one ``[[population]]``."""
        return (value,) if isinstance(value, dict) else value

    def source(self, section: File) -> Source:
        """A section's file as the readers take it."""
        return self.source_of(section.file, section)

    def source_of(self, file: str, part: Part | None = None, *, crs: str | None = None) -> Source:
        """A named file of the project's folder as the readers take it: the part a section says, else in a ``crs``."""
        said = part.model_dump(include=set(Part.model_fields)) if part else {"crs": crs}
        return Source(self.folder / file, **said)

    @property
    def osm_file(self) -> str:
        """The OpenStreetMap file: the one ``[osm]`` names, else the newest snapshot; ``""`` where there is neither."""
        return "" if self.osm is None else self.osm.file or newest_snapshot(self.folder)

    @property
    def parts(self) -> tuple[File, ...]:
        """Every section that names a file of rows or shapes, but for the estates' own."""
        sections: tuple[File | None, ...] = (
            self.streets, self.buildings, self.doors, self.gates, self.complaints, *self.facilities, self.lifts,
            self.responsibilities, self.progress, self.roster)
        return tuple(one for one in sections if one)

    @property
    def files(self) -> tuple[str, ...]:
        """Every input file the project names, sorted, each once."""
        named = [*(one.file for one in self.parts), *(one.file for one in self.population)]
        own = (self.osm_file, self.estates.file, self.estates.located, self.basemap.water, self.basemap.green)
        return tuple(sorted({*named, *(one for one in own if one)}))


def read_project(path: Path) -> Project:
    """Read a project file, or the one in a folder. What a run needs and it does not name is told by ``missing_parts``.

    Raises:
        InputError: it is missing, not TOML, or keys or values do not fit; everything at once.
    """
    project, problems = understood(path)
    if problems:
        raise InputError(problems)
    return project


def newest_snapshot(folder: Path) -> str:
    """The snapshot of the latest day in a project's folder, as the project names files; ``""`` if there is none."""
    names = sorted(one.name for one in (folder / SNAPSHOTS).glob("*") if _SNAPSHOT.fullmatch(one.name))
    return f"{SNAPSHOTS}/{names[-1]}" if names else ""


def understood(path: Path) -> tuple[Project, tuple[Problem, ...]]:
    """A project as far as it can be understood, and everything that is wrong with its file.

    Where something is, the project is without the sections it is in (``doubted``), so that the files of the others can
    be looked at.

    Raises:
        InputError: it is missing, or no text.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise InputError(Problem(file=str(path), why=say("there is no {file} here", file=FILE_NAME),
                                 fix="make one with: estategap init FOLDER"))
    said = read_toml(file)
    problems = [*said.problems, *_misfits(file.name, said.data)]
    try:
        project = Project.model_validate(said.data)
    except ValidationError as error:
        problems += [
            replace(_problem(one), file=file.name, column=_key(said.data, one["loc"]),
                    row=line_of(said.text, *one["loc"]))
            for one in error.errors() if not (one["type"] == "missing" and one["loc"][0] in said.doubted)]
        project = _without_misfits(said)
    else:
        project = _without_misfits(said) if said.doubted else project
    return project.model_copy(update={"folder": file.parent}), tuple(problems)


def _without_misfits(said: Toml) -> Project:
    """The project without the sections in which something does not fit; of [project] and of numbers the key alone."""
    about = said.sure.get("project")
    data: Any = {**said.sure, "project": _STAND_IN | (about if isinstance(about, dict) else {})}
    doubted = {*said.doubted, *(["project"] if data["project"] != about else [])}
    while True:
        try:
            return Project.model_validate(data).model_copy(update={"doubted": frozenset(doubted)})
        except ValidationError as error:
            places = {one["loc"][:_deep_enough(data, one["loc"])] for one in error.errors()}
        doubted |= {str(place[0]) for place in places}
        for *above, last in sorted(places, key=lambda place: [str(part).zfill(9) for part in place], reverse=True):
            section = functools.reduce(operator.getitem, above, data)
            stand_in = _STAND_IN.get(str(last)) if above == ["project"] else 1.0 if above == ["weights"] else None
            if stand_in is None:
                del section[last]
            else:
                section[last] = stand_in


def _deep_enough(data: Mapping[str, Any], place: tuple[str | int, ...]) -> int:
    """How many parts of a place name what is to be left out."""
    inner = data.get(str(place[0]))
    within = {"project": 2, "weights": 2, "rules": 3}.get(str(place[0]), 2 if isinstance(inner, list) else 1)
    while within > 1 and not _is_there(data, place[:within]):
        within -= 1
    return within


def _is_there(data: Any, place: tuple[str | int, ...]) -> bool:
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _key(data: Mapping[str, Any], place: tuple[str | int, ...]) -> Words | str:
    """A key as messages call it: section and name; of a list of sections, which of them."""
    name, *rest = place
    if not (rest and isinstance(rest[0], int)):
        return ".".join(map(str, place))
    number, key = rest[0], ".".join(map(str, rest[1:])) or name
    given = data[str(name)]
    section = given if isinstance(given, list) else [given]
    file = section[number].get("file", "") if isinstance(section[number], dict) else ""
    said: dict[str, Value] = {"key": key, "number": number + 1, "section": str(name)}
    return (say("{key} of [[{section}]] no. {number} ({file})", **said, file=str(file)[:_SHOWN_LENGTH]) if file
            else say("{key} of [[{section}]] no. {number}", **said))


def _problem(one: Any) -> Problem:
    """What pydantic found, without its place."""
    key = ".".join(str(part) for part in one["loc"])
    if one["type"] == "extra_forbidden" and key in _MOVED:
        return Problem(value=str(one["input"])[:_SHOWN_LENGTH], fix=_MOVED[key],
                       why="the roster has a section of its own")
    if one["type"] == "extra_forbidden":
        near = _near_keys(*map(str, one["loc"]))
        return Problem(why="there is no such key",
                       fix=say("did you mean {names}?", names=either(near)) if near else "remove it")
    if one["type"] == "missing":
        return Problem(why="this key is needed and is not there", fix="add it")
    why, fix = _PLAIN.get(one["type"], (_misfit(one), say("correct the value")))
    if key.startswith("rules.") and one["type"] == "model_type":
        why, fix = say("a value of one's own needs a reason"), say('write { value = …, reason = "…" }')
    of_numbers = isinstance(one["input"], list) and not any(isinstance(part, dict | list) for part in one["input"])
    value = str(one["input"])[:_SHOWN_LENGTH] if of_numbers or not isinstance(one["input"], dict | list) else ""
    return Problem(value=value, why=why, fix=fix)


def _misfit(one: Any) -> Words:
    """Why a value does not fit, as pydantic words it or, of a check of ours, as the check does."""
    given = one.get("ctx", {})
    if isinstance(given.get("error"), ValueError):
        return next(said for said in (*given["error"].args, reported(given["error"])) if isinstance(said, Words))
    if one["type"] not in _MISFITS:
        return reported(one["msg"])
    values: dict[str, Value] = {
        name: f"{value:.15g}" if isinstance(value, int | float) else reported(value) for name, value in given.items()}
    if "expected" in given:
        *others, last = re.findall(r"'[^']*'", given["expected"])
        values["expected"] = say("{first} or {last}", first=tuple(others), last=last)
    return replace(_MISFITS[one["type"]], values=tuple(values.items()))


def _near_keys(*place: str) -> list[str]:
    """Keys that look like the last of a place: those of its own section, else any."""
    own = _section_keys(Project.model_fields[place[0]].annotation) if place[0] in Project.model_fields else []
    known = _known_keys()
    near = get_close_matches(place[-1], own, n=2) or get_close_matches(place[-1], sorted(known), n=2)
    return [known[one] if one == place[-1] else one for one in near]  # a key of another section with that section


def _section_keys(hint: Any) -> list[str]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return sorted(hint.model_fields)
    return [key for part in get_args(hint) for key in _section_keys(part)]


def _known_keys() -> dict[str, str]:
    """Each key there is, and the same with the section it stands in."""
    sections = {name: _section_keys(one.annotation) for name, one in Project.model_fields.items() if not one.exclude}
    return {key: f"{section}.{key}" for section, keys in sections.items() for key in keys} | {
        section: section for section in sections}


def _misfits(file: str, data: Mapping[str, Any]) -> list[Problem]:
    """Values that do not fit each other or what there is."""
    kinds, osm, lists = facility_kinds(), data.get("osm"), data.get("facilities")
    both = isinstance(osm, dict) and bool(osm.get("place") and osm.get("bbox"))
    asked = [one.get("kind") for one in lists if isinstance(one, dict)] if isinstance(lists, list) else []
    areas = [Problem(file=file, column="osm.bbox", why="place and bbox both say what to fetch",
                     fix="keep one of the two")] if both else []
    return areas + [
        Problem(file=file, column="facilities.kind", value=kind[:_SHOWN_LENGTH],
                why="there is no such kind of facility", fix=say("one of: {names}", names=tuple(kinds)))
        for kind in asked if isinstance(kind, str) and kind not in kinds]


def missing_parts(project: Project) -> list[Problem]:
    """What a run needs and the project does not name: estates, streets, a snapshot that is yet to be fetched."""
    problems = []
    if not (project.estates.file or project.roster or project.osm):
        problems.append(Problem(file=FILE_NAME, column="estates.file", why="the project names no estates",
                                fix='give [estates] file = "…", [roster] file = "…" or [osm] file = "…"'))
    if not (project.streets or project.osm):
        problems.append(Problem(file=FILE_NAME, column="streets.file", why="the project names no streets",
                                fix='give [streets] file = "…" or [osm] file = "…"'))
    if project.osm and not project.osm_file:
        problems.append(Problem(file=FILE_NAME, column="osm.file", why="nothing has been fetched for this project",
                                fix='fetch it with: estategap fetch FOLDER, or give [osm] file = "…"'))
    return problems
