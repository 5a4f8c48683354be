"""What do the maps, the report and the tables need to know about a finished run?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import pandas as pd

from gis.errors import InputError, Problem, Words, say
from gis.ledger import Reading
from gis.results import AnalysisResult
from gis.tables import BaseMap, Estates, Facilities, Gates

Lang = Literal["zh", "en"]

SCHEDULES = ("urgent", "verify", "effort", "none")
"""限时解决, 建议核查, 尽力解决, and no gap to act on."""

RANKING_COLUMNS = (
    "rank", "name", "score", "rank_low", "rank_high", "tied", "schedule", "unknown_weight", "community", "households",
)
CONTRIBUTION = "contribution_"
"""Prefix of the ranking columns that sum to ``score``, one per ranked analysis."""


@dataclass(frozen=True, kw_only=True)
class AnalysisInfo:
    """What is known of an analysis beside its figures.

    Args:
        title: text key, ``[analysis.<title>]`` in the catalogues.
        unit: code of the headline's unit, ``[unit]`` in the catalogues.
        retrofit_class: ``basic`` 基础类, ``improvement`` 完善类 or ``upgrade`` 提升类.
        weight: share of the score, 0..1; 0 for an analysis that is shown but not ranked.
        facilities: kinds of facilities it reads, keys of ``RunView.facilities``.
    """

    title: str
    unit: str
    retrofit_class: str
    weight: float
    facilities: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RuleNote:
    """One number a planner might argue about, with where it comes from. ``confidence`` is A to D."""

    analysis: str
    name: str
    value: str
    unit: str
    source: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One finished run, as everything that is written sees it.

    Args:
        project: the project's name, shown in titles.
        data_date: the date the inputs stand for.
        synthetic: true prints 演示数据 on every page.
        pack: name of the rule pack.
        results: per analysis name, in the order they are shown.
        analyses: same keys as ``results``.
        facilities: per kind.
        ranking: on ``estate_id``, every estate once, columns ``RANKING_COLUMNS`` and one ``contribution_<analysis>``
            per ranked analysis; ``rank`` is Int64 and missing where too much is unknown (资料不足).
        rules: every rule value used, with source and confidence.
        warnings: what is doubtful about the input.
        readings: how each input file was read, with an account of its rows.
        assumptions: sentences a reader must know, already in the run's language.

    Raises:
        InputError: a part does not fit the others, all of it listed.
    """

    project: str
    lang: Lang
    data_date: date
    synthetic: bool
    pack: str
    run_id: str
    version: str
    estates: Estates
    gates: Gates
    basemap: BaseMap
    results: Mapping[str, AnalysisResult]
    analyses: Mapping[str, AnalysisInfo]
    facilities: Mapping[str, Facilities]
    ranking: pd.DataFrame
    rules: tuple[RuleNote, ...] = ()
    warnings: tuple[Problem, ...] = ()
    readings: tuple[Reading, ...] = ()
    assumptions: tuple[str, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        problems = [Problem(why=say("RunView: {why}", why=why), fix="fill it from one finished run")
                    for why in self._broken()]
        if problems:
            raise InputError(problems)

    def _broken(self) -> list[Words]:
        ids = set(self.estates.ids)
        wanted = [*RANKING_COLUMNS, *(CONTRIBUTION + name for name in self.ranked)]
        missing = [name for name in wanted if name not in self.ranking]
        checks = {
            say("results and analyses have different keys"): list(self.results) != list(self.analyses),
            say("the ranking is not indexed by estate_id"): self.ranking.index.name != "estate_id",
            say("the ranking does not hold every estate once"):
                set(self.ranking.index) != ids or self.ranking.index.has_duplicates,
            say("the ranking lacks the columns {names}", names=tuple(missing)): bool(missing),
            say("a schedule is outside the closed set"):
                "schedule" in self.ranking and not self.ranking["schedule"].isin(SCHEDULES).all(),
            say("an analysis reads a kind of facility that is not there"):
                any(kind not in self.facilities for info in self.analyses.values() for kind in info.facilities),
        }
        checks |= {
            say("the result of {name} is about other estates", name=name):
                set(result.table.index.get_level_values("estate_id")) != ids
            for name, result in self.results.items()
        }
        return [why for why, broken in checks.items() if broken]

    @property
    def shown(self) -> tuple[str, ...]:
        """All analyses as a reader meets them: the heaviest in the score first."""
        return tuple(sorted(self.analyses, key=lambda name: -self.analyses[name].weight))

    @property
    def ranked(self) -> tuple[str, ...]:
        """The analyses that enter the score, the heaviest first."""
        return tuple(name for name in self.shown if self.analyses[name].weight > 0)

    @property
    def in_rank_order(self) -> pd.DataFrame:
        """The ranking from the first rank down; estates without a rank follow, by id."""
        order = self.ranking.assign(_id=self.ranking.index.astype(str))
        return order.sort_values(["rank", "_id"], na_position="last", kind="stable").drop(columns="_id")
