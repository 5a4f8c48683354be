"""What must a reader know before believing a run? Every assumption that was really used, counted."""

import pandas as pd

from analyses.standards import RulePack
from estategap.inputs import Inputs
from estategap.project import Project
from gis.errors import Problem, say
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


def unreachable(inputs: Inputs, walk: StreetNetwork) -> tuple[Problem, ...]:
    """One warning per estate with doors that meet no street or have no open gate, with how many and why."""
    doors = inputs.doors.frame
    access = walk.access(doors)
    why = {"no_street": say("no street is near enough"), "no_gate": say("no open gate on foot meets a street")}
    stuck = pd.DataFrame({"estate": doors["estate_id"], "access": access})[_stuck(inputs, walk)]
    counts = stuck.groupby(["estate", "access"]).size().reset_index(name="doors")
    names = inputs.estates.frame["name"]
    return tuple(
        Problem(severity="warning", value=names[row.estate],
                why=say("{count} doors of this estate lead nowhere on foot: {why}; their reach is unknown",
                        count=int(str(row.doors)), why=why[str(row.access)]),
                fix="check its gates and outline, and whether the streets around it are in the street file")
        for row in counts.itertuples())


def _stuck(inputs: Inputs, walk: StreetNetwork) -> "pd.Series[bool]":
    return ~walk.access(inputs.doors.frame).isin(["street", "gate"])
