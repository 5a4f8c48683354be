"""The whole job on one screen: inputs → network → analyses → ranking → what the outputs see."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pandas as pd

from analyses.decisions.ranking import RankingRule, rank
from analyses.methods.contract import Analysis
from analyses.methods.discovery import discover
from analyses.methods.rules import Rule
from analyses.standards import RulePack, load_pack
from estategap import __version__
from estategap.inputs import Inputs, read_inputs
from estategap.notes import assumptions, unreachable
from estategap.progress import Progress
from estategap.project import FILE_NAME, Project
from estategap.walking import WalkingRule
from gis.errors import InputError, Problem, ProblemLog, say
from gis.network import StreetNetwork
from gis.results import AnalysisResult
from maps.texts import Texts
from maps.view import AnalysisInfo, Lang, RuleNote, RunView

R = TypeVar("R", bound=Rule)


@dataclass(frozen=True)
class Plan:
    """What will be worked out and by which rules, settled before an input is read. Weights sum to 1."""

    pack: RulePack
    analyses: tuple[Analysis, ...]
    weights: Mapping[str, float]
    rules: Mapping[str, Rule]
    walking: WalkingRule
    ranking: RankingRule


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
    log.raise_errors()
    assert weights and walking and ranking  # noqa: S101, PT018 - else there is an error
    return Plan(pack, analyses, weights, {name: rule for name, rule in rules.items() if rule}, walking, ranking)


def walking_of(project: Project) -> WalkingRule:
    """The walking rule alone, which is what reading the inputs takes."""
    return _rule(project, rules_of(project), "walking", WalkingRule)


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


def analyse(project: Project, plan: Plan, *, lang: Lang, run_id: str, progress: Progress) -> RunView:
    """Read everything, work everything out, and hand over what the outputs show.

    Raises:
        InputError: the inputs do not allow it.
    """
    pack, analyses, weights, walking = plan.pack, plan.analyses, plan.weights, plan.walking
    texts = Texts(lang)
    with progress.step("read inputs", texts("progress.read")):
        inputs = read_inputs(project, walking)
    with progress.step("build the walking network", texts("progress.network")):
        walk = StreetNetwork.build(inputs.streets, inputs.estates, inputs.gates, walking.settings)
    layers = inputs.layers | {"gates": walk.gates, "walk": walk}
    results: dict[str, AnalysisResult] = {}
    for one in analyses:
        with progress.step(f"analyse {one.name}", texts("progress.analyse", title=texts.title(one.title))):
            results[one.name] = one(*(layers[name] for name in one.layers), rule=plan.rules[one.name])
    with progress.step("rank", texts("progress.rank")):
        ranking = rank(results, weights, plan.ranking, seed=project.project.seed)
    return RunView(
        project=project.project.name, lang=lang, data_date=project.project.data_date,
        synthetic=project.project.synthetic, pack=pack.name, run_id=run_id, version=__version__,
        estates=inputs.estates, gates=walk.gates, basemap=inputs.basemap, results=results,
        analyses={one.name: _info(one, weights) for one in analyses}, facilities=inputs.facilities,
        ranking=_described(ranking, inputs), rules=_notes(pack), warnings=(*inputs.warnings, *unreachable(inputs, walk)),
        assumptions=assumptions(inputs, walk, project, pack, lang))


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


def _info(one: Analysis, weights: Mapping[str, float]) -> AnalysisInfo:
    return AnalysisInfo(title=one.title, unit=one.unit, retrofit_class=one.retrofit_class, weight=weights[one.name],
                        facilities=one.facility_kinds)


def _described(ranking: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    facts = inputs.estates.frame[["name", "community", "households"]]
    return ranking.join(pd.DataFrame(facts))


def _notes(pack: RulePack) -> tuple[RuleNote, ...]:
    return tuple(
        RuleNote(analysis=one.rule, name=one.name, value=_shown(one.value), unit=one.unit, source=one.source,
                 confidence=one.confidence)
        for one in pack.citations)


def _shown(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value)
