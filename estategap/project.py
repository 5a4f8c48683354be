"""What may stand in project.toml, and what is said when it does not fit."""

import math
import re
import tomllib
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from gis.errors import InputError, Problem, Value, Words, either, reported, say
from layers.cells import printable
from layers.files import Source
from layers.kinds import facility_kinds

FILE_NAME = "project.toml"
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Text = Annotated[str, AfterValidator(printable), Field(min_length=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]


def _rule_value(value: Any) -> Any:
    """Refuse what no rule takes: a rule is a text, yes or no, a list of texts, or a number not below zero."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not (value >= 0 and math.isfinite(value)):
        raise ValueError(say("a rule's number is neither below zero nor endless"))
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not (number or texts or isinstance(value, str | bool)):
        raise ValueError(say("a rule's value is a number, a text, true or false, or a list of texts"))
    return value


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
_SHOWN_LENGTH = 80


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class About(_Section):
    """What the project is. ``data_date`` is the day the inputs stand for; ``crs`` the metric system to work in."""

    name: Annotated[Text, Field(max_length=200)]
    data_date: date
    synthetic: bool = False
    standards: str = "cn-national"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    crs: str | None = None


class File(_Section):
    """One file, relative to the project's folder."""

    file: Annotated[str, Field(min_length=1)]
    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None


class StreetsSection(File):
    """``complete_around``: the file has every street as far as people walk beyond the estates, or there are none."""

    complete_around: bool = False


class EstatesSection(_Section):
    """Outlines and the roster joined to them; ``walled`` is the default where a row does not say."""

    file: str | None = None
    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None
    roster: str | None = None
    roster_sheet: str | None = None
    walled: bool = True


class BaseMapSection(_Section):
    """Water and green for the map behind the facts."""

    water: str | None = None
    green: str | None = None
    crs: str | None = None


class FacilityList(File):
    """One list of facilities; ``surveyed`` says it claims to name every one of its kind."""

    kind: str
    surveyed: bool = False


class ProfileSection(_Section):
    """How households and people are estimated from floor area where nothing better is known; always marked."""

    floor_area_per_household_m2: Positive
    residents_per_household: Positive | None = None
    share_60plus: Share | None = None
    share_under3: Share | None = None
    storeys_if_unknown: Positive | None = None
    source: Text
    confidence: Literal["A", "B", "C", "D"] = "D"


class OwnValue(_Section):
    """A project's own rule value and why it differs from the pack's."""

    value: Annotated[Any, AfterValidator(_rule_value)]
    reason: Text
    confidence: Literal["A", "B", "C", "D"] = "D"


class Project(_Section):
    """The whole project file; ``folder`` is where it lies."""

    project: About
    estates: EstatesSection = EstatesSection()
    streets: StreetsSection | None = None
    buildings: File | None = None
    doors: File | None = None
    gates: File | None = None
    complaints: File | None = None
    population: File | None = None
    osm: File | None = None
    basemap: BaseMapSection = BaseMapSection()
    profile: ProfileSection | None = None
    facilities: tuple[FacilityList, ...] = ()
    weights: dict[str, Weight] = {}
    rules: dict[str, dict[str, OwnValue]] = {}
    folder: Annotated[Path, Field(exclude=True)] = Path()

    @field_validator("folder", mode="before")
    @classmethod
    def _not_a_key(cls, _: Any) -> Path:
        raise ValueError(say("the folder is where the project file lies: remove this key"))

    def source(self, section: File) -> Source:
        """A section's file as the readers take it."""
        return self.source_of(section.file, layer=section.layer, sheet=section.sheet, crs=section.crs)

    def source_of(
        self, file: str, *, layer: str | None = None, sheet: str | None = None, crs: str | None = None
    ) -> Source:
        """A named file of the project's folder as the readers take it."""
        return Source(self.folder / file, layer=layer, sheet=sheet, crs=crs)

    @property
    def files(self) -> tuple[str, ...]:
        """Every input file the project names, sorted, each once."""
        sections = [self.streets, self.buildings, self.doors, self.gates, self.complaints, self.population, self.osm]
        named = [section.file for section in sections if section] + [one.file for one in self.facilities]
        named += [
            one for one in (self.estates.file, self.estates.roster, self.basemap.water, self.basemap.green) if one
        ]
        return tuple(sorted(set(named)))


def read_project(path: Path) -> Project:
    """Read a project file, or the one in a folder.

    Raises:
        InputError: it is missing, not TOML, or keys or values do not fit; everything at once.
    """
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise InputError(Problem(file=str(path), why=say("there is no {file} here", file=FILE_NAME),
                                 fix="make one with: estategap init FOLDER"))
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(Problem(file=file.name, why="the file is not UTF-8 text", fix="save it as UTF-8")) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(Problem(file=file.name, why=say("not valid TOML: {error}", error=_toml_fault(error)),
                                 fix="correct that line")) from None
    try:
        project = Project.model_validate(data).model_copy(update={"folder": file.parent})
    except ValidationError as error:
        raise InputError([_problem(file.name, one) for one in error.errors()]) from None
    problems = [*_unknown_kinds(file.name, project), *_nothing_to_work_on(file.name, project)]
    if problems:
        raise InputError(problems)
    return project


def _problem(file: str, one: Any) -> Problem:
    key = ".".join(str(part) for part in one["loc"])
    if one["type"] == "extra_forbidden":
        near = get_close_matches(str(one["loc"][-1]), _known_keys(), n=2)
        return Problem(file=file, column=key, why="there is no such key",
                       fix=say("did you mean {names}?", names=either(near)) if near else "remove it")
    if one["type"] == "missing":
        return Problem(file=file, column=key, why="this key is needed and is not there", fix="add it")
    why, fix = _PLAIN.get(one["type"], (_misfit(one), say("correct the value")))
    if key.startswith("rules.") and one["type"] == "model_type":
        why, fix = say("a value of one's own needs a reason"), say('write { value = …, reason = "…" }')
    value = "" if isinstance(one["input"], dict | list) else str(one["input"])[:_SHOWN_LENGTH]
    return Problem(file=file, column=key, value=value, why=why, fix=fix)


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


def _toml_fault(error: tomllib.TOMLDecodeError) -> Words:
    """What the TOML reader found, with its line and column where it says them."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error))
    if not found:
        return reported(error)
    return say("{error} (at line {line}, column {column})", error=reported(found[1]), line=found[2], column=found[3])


def _known_keys() -> list[str]:
    sections = (
        Project,
        About,
        File,
        StreetsSection,
        EstatesSection,
        BaseMapSection,
        FacilityList,
        ProfileSection,
        OwnValue,
    )
    return sorted({name for section in sections for name in section.model_fields} - {"folder"})


def _unknown_kinds(file: str, project: Project) -> list[Problem]:
    kinds = facility_kinds()
    return [
        Problem(file=file, column="facilities.kind", value=one.kind, why="there is no such kind of facility",
                fix=say("one of: {names}", names=tuple(kinds)))
        for one in project.facilities if one.kind not in kinds]


def _nothing_to_work_on(file: str, project: Project) -> list[Problem]:
    problems = []
    if not (project.estates.file or project.estates.roster or project.osm):
        problems.append(Problem(file=file, column="estates.file", why="the project names no estates",
                                fix='give [estates] file = "…", a roster, or [osm] file = "…"'))
    if not (project.streets or project.osm):
        problems.append(Problem(file=file, column="streets.file", why="the project names no streets",
                                fix='give [streets] file = "…" or [osm] file = "…"'))
    return problems
