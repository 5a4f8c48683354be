"""The whole job on one screen: inputs → network → analyses → ranking → what the outputs see."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analyses.decisions.ranking import RankingRule, rank
from analyses.methods.contract import Analysis
from analyses.methods.discovery import discover
from analyses.standards import RulePack, load_pack
from estategap import __version__
from estategap.inputs import Inputs, read_inputs
from estategap.notes import assumptions, unreachable
from estategap.progress import Progress
from estategap.project import FILE_NAME, Project
from estategap.walking import WalkingRule
from gis.errors import InputError, Problem
from gis.network import StreetNetwork
from gis.results import AnalysisResult
from maps.view import AnalysisInfo, Lang, RuleNote, RunView


def rules_of(project: Project) -> RulePack:
    """The project's rule pack with the project's own values."""
    own = {table: {name: one.model_dump() for name, one in values.items()} for table, values in project.rules.items()}
    return load_pack(project.project.standards).overridden(own, FILE_NAME)


def analyse(project: Project, pack: RulePack, *, lang: Lang, run_id: str, progress: Progress) -> RunView:
    """Read everything, work everything out, and hand over what the outputs show.

    Raises:
        InputError: the inputs or the rules do not allow it.
    """
    analyses = discover()
    weights = _weights(project, pack, analyses)
    walking = pack.rule("walking", WalkingRule)
    with progress.step("read inputs"):
        inputs = read_inputs(project, walking)
    with progress.step("build the walking network"):
        walk = StreetNetwork.build(inputs.streets, inputs.estates, inputs.gates, walking.settings)
    layers = inputs.layers | {"walk": walk}
    results: dict[str, AnalysisResult] = {}
    for one in analyses:
        with progress.step(f"analyse {one.name}"):
            rule = pack.rule(one.name, one.rule, leave_out=frozenset({"weight"}))
            results[one.name] = one(*(layers[name] for name in one.layers), rule=rule)
    with progress.step("rank"):
        ranking = rank(results, weights, pack.rule("score", RankingRule), seed=project.project.seed)
    return RunView(
        project=project.project.name, lang=lang, data_date=project.project.data_date,
        synthetic=project.project.synthetic, pack=pack.name, run_id=run_id, version=__version__,
        estates=inputs.estates, gates=inputs.gates, basemap=inputs.basemap, results=results,
        analyses={one.name: _info(one, weights) for one in analyses}, facilities=inputs.facilities,
        ranking=_described(ranking, inputs), rules=_notes(pack), warnings=(*inputs.warnings, *unreachable(inputs, walk)),
        assumptions=assumptions(inputs, walk, project, pack, lang))


def _weights(project: Project, pack: RulePack, analyses: tuple[Analysis, ...]) -> dict[str, float]:
    """The project's weights where it gives any, else the pack's; scaled to sum to 1."""
    names = [one.name for one in analyses]
    problems = [
        Problem(file=FILE_NAME, column=f"weights.{name}", why="there is no such analysis", fix=f"one of: {', '.join(names)}")
        for name in project.weights if name not in names]
    if problems:
        raise InputError(problems)
    chosen = {name: project.weights.get(name, 0.0) if project.weights else float(pack.weight(name).value) for name in names}
    total = sum(chosen.values())
    if total <= 0:
        raise InputError(Problem(file=FILE_NAME, column="weights", why="all weights are 0", fix="give at least one weight above 0"))
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
