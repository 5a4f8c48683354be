"""Which kinds of facility are there, and in what is each counted? ``kinds.toml`` says."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from gis.errors import InputError, Problem, say
from layers.data import data_of


@dataclass(frozen=True)
class FacilityKind:
    """One kind of facility; ``capacity_unit`` is empty where only reach counts.

    ``roster_field`` is the roster's count of the same capacity in an estate; ``""`` where it has none.
    """

    name: str
    capacity_unit: str = ""
    turnout: bool = False
    roster_field: str = ""


@cache
def facility_kinds() -> Mapping[str, FacilityKind]:
    """All kinds by name, in the order of the file."""
    return MappingProxyType({name: _kind(name, table) for name, table in data_of("kinds").items()})


def facility_kind(name: str) -> FacilityKind:
    """One kind.

    Raises:
        InputError: there is no such kind; the kinds there are stand in the fix.
    """
    kinds = facility_kinds()
    if name not in kinds:
        raise InputError(Problem(column="kind", value=name, why="there is no such kind of facility",
                                 fix=say("give one of {names}", names=tuple(kinds))))
    return kinds[name]


def _kind(name: str, table: Mapping[str, Any]) -> FacilityKind:
    unknown = sorted(set(table) - {"capacity_unit", "turnout", "roster_field"})
    unit, turnout, roster = table.get("capacity_unit", ""), table.get("turnout", False), table.get("roster_field", "")
    if unknown or not isinstance(unit, str) or not isinstance(turnout, bool) or not isinstance(roster, str):
        raise InputError(Problem(file="layers/kinds.toml", column=name, value=", ".join(unknown),
                                 why="the kind is not written as the others are",
                                 fix="give capacity_unit, turnout = true or roster_field, nothing else"))
    return FacilityKind(name=name, capacity_unit=unit, turnout=turnout, roster_field=roster)
