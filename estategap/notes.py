"""What must a reader know before believing a run? Every assumption that was really used, counted."""

from collections.abc import Iterator

import pandas as pd

from analyses.standards import RulePack
from estategap.inputs import Inputs
from estategap.project import Project
from gis.errors import Cell, Problem, listed, say
from gis.network import StreetNetwork
from maps.texts import Texts
from maps.view import Lang


def assumptions(inputs: Inputs, walk: StreetNetwork, project: Project, pack: RulePack, lang: Lang) -> tuple[str, ...]:
    """Sentences in the run's language, only those that apply."""
    frame, doors = inputs.estates.frame, inputs.doors.frame
    counts = {
        "not_located": int((~inputs.estates.located).sum()),
        "outline_assumed": int(frame["outline_assumed"].sum()),
        "edge_of_data": int(frame["edge_of_data"].sum()),
        "gates_assumed": int(walk.gates.frame.loc[walk.gates.frame["assumed"], "estate_id"].nunique()),
        "doors_provisional": int(doors["provisional"].sum()),
        "no_way_out": int(_stuck(inputs, walk).sum()),
        "households_estimated": int(frame["households_basis"].isin(["floor_area", "profile"]).sum()),
        "residents_registered": int((frame["residents_basis"] == "registered").sum()),
        "residents_raster": int((frame["residents_basis"] == "raster").sum()),
        "kinds_incomplete": sum(not table.complete for table in inputs.facilities.values()),
    }
    text = Texts(lang)
    profile = project.profile
    sentences = [
        text(f"assumption.{key}", count=count, source=profile.source if profile else "")
        for key, count in counts.items() if count]
    own = [one for one in pack.citations if one.overridden_because]
    return (*sentences, *(
        text("assumption.own_value", rule=f"{one.rule}.{one.name}", value=str(one.value), reason=one.overridden_because)
        for one in own))


_NO_WAY = {"no_street": say("no street is near enough"), "no_gate": say("no open gate on foot meets a street")}
_NAMED = 20


def unreachable(inputs: Inputs, walk: StreetNetwork) -> tuple[Problem, ...]:
    """Warnings on doors and facilities that meet no street, have no open gate, or stand at streets that join no others.

    What lies beyond a limit is no matter for them: that is an answer.
    """
    return (*_doors_without_way(inputs, walk), *_doors_apart(inputs, walk), *_facilities_without_way(inputs, walk))


def _doors_apart(inputs: Inputs, walk: StreetNetwork) -> Iterator[Problem]:
    doors = inputs.doors.frame
    counts = doors.loc[walk.apart(doors), "estate_id"].value_counts().sort_index()
    names = inputs.estates.frame["name"].reindex(counts.index)
    if len(counts):
        yield Problem(
            severity="warning", value=str(names.iloc[0] or counts.index[0]),
            why=say("{count} doors stand at streets that do not join the rest of the street network, so that all "
                    "beyond is out of reach; they are of {names}", count=int(counts.sum()),
                    names=listed(names.where(names != "", names.index), _NAMED)),
            fix="see on a map whether a bridge or a link is missing in the street file")


def _facilities_without_way(inputs: Inputs, walk: StreetNetwork) -> Iterator[Problem]:
    """One warning per kind, file and reason."""
    for facilities in inputs.facilities.values():
        placed = facilities.placed
        stuck = placed.assign(access=walk.access(placed))
        stuck = stuck[stuck["access"].isin(list(_NO_WAY))]
        for (file, sheet, reason), rows in stuck.groupby(["source", "source_sheet", "access"]):
            cells = tuple(
                Cell(str(file), str(sheet), None if pd.isna(row) else int(row), str(name or key))
                for key, name, row in zip(rows.index, rows["name"], rows["source_row"], strict=True))
            yield Problem(
                severity="warning", file=str(file), sheet=str(sheet), cells=cells, value=cells[0].value,
                why=say("{count} facilities have no way to a street on foot: {why}; people elsewhere count as not "
                        "served by them", count=len(rows), why=_NO_WAY[str(reason)]),
                fix="check their places, and whether the streets around them are in the street file")


def _doors_without_way(inputs: Inputs, walk: StreetNetwork) -> tuple[Problem, ...]:
    """One warning per estate with doors that meet no street or have no open gate, with how many and why."""
    doors = inputs.doors.frame
    access = walk.access(doors)
    stuck = pd.DataFrame({"estate": doors["estate_id"], "access": access})[_stuck(inputs, walk)]
    counts = stuck.groupby(["estate", "access"]).size().reset_index(name="doors")
    names = inputs.estates.frame["name"]
    return tuple(
        Problem(severity="warning", value=names[row.estate],
                why=say("{count} doors of this estate lead nowhere on foot: {why}; their reach is unknown",
                        count=int(str(row.doors)), why=_NO_WAY[str(row.access)]),
                fix="check its gates and outline, and whether the streets around it are in the street file")
        for row in counts.itertuples())


def _stuck(inputs: Inputs, walk: StreetNetwork) -> "pd.Series[bool]":
    return ~walk.access(inputs.doors.frame).isin(["street", "gate"])
