"""How far off may a figure of people be that nobody has counted exactly? As the rule pack says, by its source."""

from dataclasses import dataclass, fields

from analyses.methods.rules import Rule
from gis.errors import InputError, Problem


@dataclass(frozen=True, kw_only=True)
class PeopleRule(Rule):
    """Table ``people`` of a rule pack: shares 0..1, the interval of a figure is × (1 − spread) to × (1 + spread).

    ``approximate_spread`` is for a roster's round figure (约1200), ``raster_spread`` for a population grid,
    ``profile_spread`` for each step of an estimate by a profile, ``registered_spread`` for registered residents who
    stand in for those who live there.
    """

    approximate_spread: float
    raster_spread: float
    profile_spread: float
    registered_spread: float

    def __post_init__(self) -> None:
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "citations"}
        problems = [
            Problem(column=name, value=str(value), why="the value is out of range", fix="give a share from 0 to 1")
            for name, value in values.items() if not 0 <= value <= 1]
        if problems:
            raise InputError(problems)
