"""What is a rule? Numbers a planner may dispute, each with its source and how sure we are of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_type_hints

from gis.errors import InputError, Problem, Words, say

Confidence = Literal["A", "B", "C", "D"]
"""A: the standard's own wording was read. B: a secondary source. C: expert knowledge, unverified. D: an assumption."""


@dataclass(frozen=True)
class Citation:
    """One value of a rule pack and where it comes from."""

    rule: str
    name: str
    value: Any
    source: str
    confidence: Confidence
    unit: str = ""
    mode: str = ""
    overridden_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Base of every analysis's rule: a subclass's fields are filled from the pack's table of the same names."""

    citations: Mapping[str, Citation] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, citations: Iterable[Citation], where: str) -> Self:
        """Fill the rule; every missing, unknown or wrongly typed value is reported at once.

        Raises:
            InputError: naming the pack's table and each bad value.
        """
        given = {citation.name: citation for citation in citations}
        wanted = {key: hint for key, hint in get_type_hints(cls).items() if key != "citations"}
        problems = [
            Problem(file=where, column=key, why="the rule needs this value",
                    fix=say("add [{key}]", key=f"{where}.{key}"))
            for key in wanted.keys() - given.keys()]
        problems += [
            Problem(file=where, column=key, value=str(given[key].value),
                    why=say("no value of this name in {rule}", rule=cls.__name__),
                    fix=say("one of: {names}", names=tuple(sorted(wanted))))
            for key in given.keys() - wanted.keys()]
        values = {}
        for key in wanted.keys() & given.keys():
            values[key] = _typed(given[key].value, wanted[key])
            if values[key] is _WRONG:
                problems.append(Problem(file=where, column=key, value=str(given[key].value),
                                        why=say("not a {type}", type=_type_name(wanted[key])), fix="correct the value"))
        if problems:
            raise InputError(sorted(problems, key=str))
        return cls(citations=given, **values)

    def confidence(self, *names: str) -> str:
        """The weakest confidence among the named values."""
        return max((self.citations[name].confidence for name in names), default="A")


_WRONG = object()
_TYPE_NAMES = {str(one): one for one in (
    say("float"), say("float | None"), say("int"), say("bool"), say("str"), say("frozenset"))}


def _type_name(wanted: Any) -> Words | str:
    name = str(getattr(wanted, "__name__", wanted))
    return _TYPE_NAMES.get(name, name)


def _typed(value: Any, wanted: Any) -> Any:
    optional = wanted == float | None
    if optional and value == "unknown":
        return None
    if optional or wanted is float:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _WRONG
    if wanted == frozenset[str]:
        return frozenset(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else _WRONG
    return value if type(value) is wanted else _WRONG
