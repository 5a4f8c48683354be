"""The whole job on one screen: inputs → network → analyses → ranking → what the outputs see."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analyses.decisions.ranking import rank
from analyses.methods.contract import Analysis
from analyses.standards import RulePack
from estategap import __version__
from estategap.inputs import Inputs, read_inputs
from estategap.notes import assumptions, unreachable
from estategap.plan import Plan
from estategap.progress import Progress
from estategap.project import Project
from gis.network import StreetNetwork
from gis.results import AnalysisResult
from maps.texts import Texts
from maps.view import AnalysisInfo, Lang, RuleNote, RunView


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
        walk = StreetNetwork.build(inputs.streets, inputs.estates, inputs.gates, walking, barriers=inputs.barriers,
                                   buildings=inputs.buildings)
    layers = inputs.layers | {"gates": walk.gates, "walk": walk}
    results: dict[str, AnalysisResult] = {}
    for one in analyses:
        with progress.step(f"analyse {one.name}", texts("progress.analyse", title=texts.title(one.title))):
            results[one.name] = one(*(layers[name] for name in one.layers), rule=plan.rules[one.name])
    with progress.step("rank", texts("progress.rank")):
        ranking = rank(results, weights, plan.ranking, seed=project.project.seed)
    return RunView(
        project=project.project.name,
        lang=lang,
        data_date=project.project.data_date,
        synthetic=project.project.synthetic,
        pack=pack.name,
        run_id=run_id,
        version=__version__,
        estates=inputs.estates,
        gates=walk.gates,
        basemap=inputs.basemap,
        results=results,
        analyses={one.name: _info(one, weights) for one in analyses},
        facilities=inputs.facilities,
        ranking=_described(ranking, inputs),
        rules=_notes(pack),
        warnings=(*inputs.warnings, *unreachable(inputs, walk)),
        readings=inputs.readings,
        assumptions=assumptions(inputs, walk, project, pack, lang),
    )


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
