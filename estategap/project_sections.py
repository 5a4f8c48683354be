"""What may stand in each section of project.toml?"""

import math
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from estategap.complaint_keys import ComplaintKeys
from gis.errors import say
from layers.typed.cells import printable

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


class Section(BaseModel):
    """A part of project.toml: only the keys that it names, and never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class About(Section):
    """What the project is. ``data_date`` is the day the inputs stand for; ``crs`` the metric system to work in."""

    name: Annotated[Text, Field(max_length=200)]
    data_date: date
    synthetic: bool = False
    standards: str = "cn-national"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    crs: str | None = None


class Part(Section):
    """Which part of a file, and how it is to be read.

    ``crs`` and ``encoding`` stand for what the file says of itself; ``offset_checked``: somebody has compared the layer
    with the streets, so that no GCJ-02 or BD-09 is looked for.
    """

    layer: str | None = None
    sheet: str | None = None
    crs: str | None = None
    encoding: str | None = None
    offset_checked: bool = False


class File(Part):
    """One file, relative to the project's folder."""

    file: Annotated[str, Field(min_length=1)]


class StreetsSection(File):
    """``complete_around``: the file has every street as far as people walk beyond the estates, or there are none."""

    complete_around: bool = False


def _box(value: Any) -> Any:
    """Refuse what is no box on the globe with west before east and south before north."""
    numbers = isinstance(value, list | tuple) and all(type(one) in {int, float} for one in value)
    if numbers and len(value) == 4:
        west, south, east, north = value
        if -180 <= west < east <= 180 and -90 <= south < north <= 90:
            return tuple(value)
    raise ValueError(say("west, south, east and north in degrees are wanted, such as [121.48, 31.26, 121.53, 31.30]"))


def _web_address(value: str) -> str:
    """Refuse what is no address of a server."""
    if not re.fullmatch(r"https?://[\w.:\[\]-]+(/[!-~]*)?", value, re.ASCII):
        raise ValueError(say("an address such as https://…/api is wanted"))
    return value


class OsmSection(Section):
    """OpenStreetMap: a file, or what to fetch; without a file the newest snapshot in ``osm/`` is read.

    ``place`` or ``bbox`` (west, south, east, north) says what to fetch instead of the estates' surroundings; ``server``
    is another Overpass server to ask.
    """

    file: Annotated[str, Field(min_length=1)] = ""
    place: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
                     AfterValidator(printable)] | None = None
    bbox: Annotated[tuple[float, float, float, float], BeforeValidator(_box)] | None = None
    server: Annotated[str, AfterValidator(_web_address)] | None = None


class EstatesSection(Part):
    """Outlines or points of the estates; ``walled`` is the default where a row does not say.

    ``located`` is the list of places that ``check`` writes for estates without one, filled in.
    """

    file: Annotated[str, Field(min_length=1)] | None = None
    located: Annotated[str, Field(min_length=1)] | None = None
    walled: bool = True


class BaseMapSection(Section):
    """Water and green for the map behind the facts."""

    water: str | None = None
    green: str | None = None
    crs: str | None = None


class FacilityList(File):
    """One list of facilities; ``surveyed`` says it claims to name every one of its kind."""

    kind: str
    surveyed: bool = False


class ComplaintsSection(File, ComplaintKeys):
    """The list of complaints and which of them count."""


class ProfileSection(Section):
    """How households and people are estimated from floor area where nothing better is known; always marked.

    ``spread``: how far off each step may be, a share; the rule pack's where it is not given.
    """

    floor_area_per_household_m2: Positive | None = None
    residents_per_household: Positive | None = None
    share_60plus: Share | None = None
    share_under3: Share | None = None
    share_3to5: Share | None = None
    share_6to11: Share | None = None
    storeys_if_unknown: Positive | None = None
    spread: Share | None = None
    source: Text
    confidence: Literal["A", "B", "C", "D"] = "D"


class PopulationSection(Section):
    """A grid of persons per cell: of all residents, or of an age band.

    ``band``: which band of the file, from 1, where it has several. ``crs`` stands for what the file says of itself;
    ``spread``: how far off it may be, a share.
    """

    file: Annotated[str, Field(min_length=1)]
    band: Annotated[int, Field(ge=1)] | None = None
    crs: str | None = None
    people: Literal["residents", "residents_60plus", "residents_under3", "residents_3to5", "residents_6to11"] = (
        "residents")
    spread: Share | None = None


class OwnValue(Section):
    """A project's own rule value and why it differs from the pack's."""

    value: Annotated[Any, AfterValidator(_rule_value)]
    reason: Text
    confidence: Literal["A", "B", "C", "D"] = "D"
