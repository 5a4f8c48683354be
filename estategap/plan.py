"""What will be worked out, by which rules and weights? Settled before an input is read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from analyses.decisions.ranking import RankingRule
from analyses.methods.contract import Analysis
from analyses.methods.discovery import discover
from analyses.methods.rules import Rule
from analyses.standards import RulePack, load_pack
from estategap.estimates import PeopleRule
from estategap.project import FILE_NAME, Project
from estategap.project_sections import About
from estategap.walking import WalkingRule
from gis.errors import InputError, Problem, ProblemLog, say

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True)
class Plan:
    """Pack, analyses, weights (they sum to 1) and typed rules of one project."""

    pack: RulePack
    analyses: tuple[Analysis, ...]
    weights: Mapping[str, float]
    rules: Mapping[str, Rule]
    walking: WalkingRule
    ranking: RankingRule
    people: PeopleRule


def plan_of(project: Project) -> Plan:
    """The analyses there are, with the weights and rules of the project's pack and its own values.

    Raises:
        InputError: there is no such pack, or weights and rules do not fit; everything at once.
    """
    pack, analyses, log = rules_of(project), discover(), ProblemLog()
    weights = log.attempt(lambda: _weights(project, pack, analyses), None)
    rules = {one.name: log.attempt(lambda one=one: _rule(project, pack, one.name, one.rule), None)  # type: ignore[misc]
             for one in analyses}
    walking = log.attempt(lambda: _rule(project, pack, "walking", WalkingRule), None)
    ranking = log.attempt(lambda: _rule(project, pack, "score", RankingRule), None)
    people = log.attempt(lambda: _rule(project, pack, "people", PeopleRule), None)
    log.raise_errors()
    assert weights and walking and ranking and people  # noqa: S101, PT018 - else there is an error
    named = {name: rule for name, rule in rules.items() if rule}
    return Plan(pack, analyses, weights, named, walking, ranking, people)


def walking_of(project: Project) -> WalkingRule:
    """The walking rule alone, which is what reading the inputs takes; where it is wrong, that of the default pack.

    So that a wrong rule, which ``plan_of`` reports, does not keep anyone from hearing what is wrong with the files.
    """
    default = load_pack(About.model_fields["standards"].default).rule("walking", WalkingRule)
    return ProblemLog().attempt(lambda: _rule(project, rules_of(project), "walking", WalkingRule), default)


def people_of(project: Project) -> PeopleRule:
    """The rule of estimates, as ``walking_of`` that of walks."""
    default = load_pack(About.model_fields["standards"].default).rule("people", PeopleRule)
    return ProblemLog().attempt(lambda: _rule(project, rules_of(project), "people", PeopleRule), default)


def rules_of(project: Project) -> RulePack:
    """The project's rule pack with the project's own values."""
    own = {table: {name: one.model_dump() for name, one in values.items()} for table, values in project.rules.items()}
    try:
        pack = load_pack(project.project.standards)
    except InputError as error:
        raise InputError([one if one.file else replace(one, file=FILE_NAME, column="project.standards")
                          for one in error.problems]) from None
    return pack.overridden(own, FILE_NAME)


def _rule(project: Project, pack: RulePack, table: str, rule: type[R]) -> R:
    """A rule of the pack; what is wrong with a value of the project's own is said of the project file."""
    try:
        return pack.rule(table, rule, leave_out=frozenset({"weight"}))
    except InputError as error:
        raise InputError([
            replace(one, file=FILE_NAME, column=f"rules.{table}.{one.column}")
            if one.column in project.rules.get(table, {}) else one for one in error.problems]) from None


def _weights(project: Project, pack: RulePack, analyses: tuple[Analysis, ...]) -> dict[str, float]:
    """The project's weights where it gives any, else the pack's; scaled to sum to 1."""
    names = [one.name for one in analyses]
    problems = [
        Problem(file=FILE_NAME, column=f"weights.{name}", why="there is no such analysis",
                fix=say("one of: {names}", names=tuple(names)))
        for name in project.weights if name not in names]
    chosen: dict[str, Any] = {
        name: project.weights.get(name, 0.0) if project.weights else pack.weight(name).value for name in names}
    problems += [
        Problem(file=FILE_NAME, column=f"rules.{name}.weight", value=str(value), why="a weight is a number",
                fix="correct the value")
        for name, value in chosen.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if problems:
        raise InputError(problems)
    total = sum(chosen.values())
    if total <= 0:
        raise InputError(Problem(file=FILE_NAME, column="weights", why="all weights are 0",
                                 fix="give at least one weight above 0"))
    return {name: weight / total for name, weight in chosen.items()}
