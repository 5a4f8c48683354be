"""Which figures of the estates contradict each other, or are not to be believed?

Everything here is a doubt that the planner decides, but for figures that no estate can have: those are errors.
"""

import numpy as np
import pandas as pd

from gis.errors import Value, say
from layers.columns.catalogue import fields_of
from layers.quality.doubts import Doubts, figures, shown
from layers.quality.plausible import limit, limits, listed_fields, parts, ratios

_COUNTS = frozenset({"count", "number"})
_CORRECT = say("look whether the figures are of one day and one area; correct the wrong one, or leave it empty where "
               "it is not known")


def check_figures(frame: pd.DataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say what is doubtful about the figures as they were read, one warning or error for each kind of doubt.

    Args:
        frame: the estates, by id, with columns named as fields of the roster; those that are missing are not looked at.
        names: how each estate is called.
        doubts: takes what is doubtful.
    """
    numbers = frame[[name for name, entry in fields_of("roster").items() if name in frame and entry.type in _COUNTS]]
    _too_large(numbers, names, doubts)
    _fractions(numbers, names, doubts)
    exchanged = _exchanged(numbers, "households", "residents", doubts)
    _parts_above_wholes(numbers, names, doubts)
    _ratios(numbers.drop(columns="households") if exchanged else numbers, names, doubts)
    _all_the_same(numbers, doubts)


def _too_large(frame: pd.DataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    impossible, doubtful = limits("impossible"), limits("doubtful")
    for name in frame.columns.intersection([*impossible, *doubtful]):
        most = impossible.get(name, doubtful.get(name, np.inf))
        found = frame.loc[frame[name] > most, [name]]
        if len(found):
            doubts.add(figures(names, found, ""), field=name, severity="error" if name in impossible else "warning",
                       why=say("{count} estates have more than {most}, which no estate is believed to have",
                               count=len(found), most=shown(most)),
                       fix="correct the figure: look for a digit too many, or the total of a larger area; leave it "
                           "empty where it is not known")


def _fractions(frame: pd.DataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Counts that are not whole: a mean, a share, or an amount in tens."""
    for name in [entry.name for entry in fields_of("roster").values() if entry.type == "count" and entry.name in frame]:
        found = frame.loc[frame[name] % 1 > 0, [name]]
        if len(found):
            doubts.add(figures(names, found, ""), field=name, fix=_CORRECT,
                       why=say("{count} estates have a number that is not whole; it is used as it stands",
                               count=len(found)))


def _exchanged(frame: pd.DataFrame, more: str, less: str, doubts: Doubts) -> bool:
    """True where most rows have fewer of what there should be more of: the two columns change places."""
    if not {more, less} <= set(frame):
        return False
    both = frame[[more, less]].dropna()
    wrong = int((both[more] > both[less]).sum())
    found = (len(both) >= limit("columns", "exchanged_from_rows")
             and wrong >= limit("columns", "exchanged_share") * len(both))
    if found:
        doubts.add({}, field=more, fix="look at the headers of the two columns and exchange them where they are wrong",
                   why=say("{more} is larger than {less} in {count} of {total} estates: the two columns look exchanged",
                           more=_label(more), less=_label(less), count=wrong, total=len(both)))
    return found


def _parts_above_wholes(frame: pd.DataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Parts that are more than their whole; several together only where each of them alone is not."""
    said = pd.Series(data=False, index=frame.index)
    for one in parts():
        there = [part for part in one.parts if part in frame]
        if not there or one.whole not in frame:
            continue
        total = frame[there].sum(axis="columns", min_count=1)
        wrong = (total > frame[one.whole]) & ~(said if len(one.parts) > 1 else False)
        if one.whole == "parking_spaces" and {"parking_ground", "parking_underground"} >= set(one.parts):
            wrong &= frame.reindex(columns=["parking_ground", "parking_underground"]).isna().any(axis="columns")
        if wrong.any():
            shown_figures = pd.DataFrame({"part": total[wrong], "whole": frame.loc[wrong, one.whole]})
            doubts.add(figures(names, shown_figures, " > "), field=there[0], fix=_CORRECT, why=say(
                "{parts} is more than {whole} in {count} estates", parts=_together(there), whole=_label(one.whole),
                count=int(wrong.sum())))
        said |= wrong


def _together(fields: list[str]) -> str:
    return " + ".join(_label(name) for name in fields)


def _ratios(frame: pd.DataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    for one in ratios():
        if not {one.over, one.under} <= set(frame):
            continue
        pair = frame[[one.over, one.under]]
        none = (pair[one.under] == 0) & (pair[one.over] > 0)
        if none.any():
            doubts.add(figures(names, pair[none], " / "), field=one.under, why=say(
                "{count} estates have 0 {under} but more than 0 {over}", count=int(none.sum()), under=_label(one.under),
                over=_label(one.over)),
                fix="leave the cell empty where it is not known; 0 means that there are surely none")
        quotient = pair[one.over] / pair[one.under].where(pair[one.under] > 0)
        wrong = (quotient > one.most) | (quotient < one.least)
        if wrong.any():
            said: dict[str, Value] = {"over": _label(one.over), "under": _label(one.under), "count": int(wrong.sum())}
            least, most = shown(one.least), shown(one.most)
            doubts.add(
                figures(names, pair[wrong], " / "), field=one.over, fix=_CORRECT,
                why=say("{over} / {under} is below {least} or above {most} in {count} estates", least=least, most=most,
                        **said) if one.least > 0
                else say("{over} / {under} is above {most} in {count} estates", most=most, **said))


def _all_the_same(frame: pd.DataFrame, doubts: Doubts) -> None:
    """Columns with one figure throughout: a blank filled in, or the figure of one row filled down."""
    known = frame.notna().sum()
    constant = (known >= limit("columns", "same_from_rows")) & (frame.max() == frame.min())
    varied = listed_fields("columns", "never_the_same")
    for name in frame.columns[constant]:
        everywhere, count = frame[name].dropna(), int(known[name])
        if everywhere.max() == 0:
            doubts.add(everywhere.map(shown), field=name, why=say(
                "all {count} estates have 0: was that counted, or are these blanks filled in?", count=count),
                fix="leave the cell empty where it is not known; 0 means that there are surely none")
        elif name in varied:
            doubts.add(everywhere.map(shown), field=name,
                       why=say("all {count} estates have the same figure", count=count),
                       fix="look whether the figure of one row was filled down; leave the cell empty where it is not "
                           "known")


def _label(field: str) -> str:
    return fields_of("roster")[field].label
