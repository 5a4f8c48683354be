"""A small finished run for the tests of the maps: a dozen estates, some with hostile names, all figures known."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, Polygon, box

from gis.errors import Problem
from gis.results import AnalysisResult, measure
from gis.tables import BaseMap, Estates, Facilities, Gates
from maps.view import AnalysisInfo, RuleNote, RunView

CRS = "EPSG:4549"
X0, Y0 = 552_000.0, 3_527_000.0
NAMES = [
    "青松里",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "幸福😀家园",
    "长" * 200,
    '"><img src=x onerror=alert(2)>',
    "{{ 7*7 }}{% raw %}",
    "换\n行\u2028村",
    "</script><script>alert(3)</script>",
    "平桥新村",
    "无界小区",
]
IDS = [f"E{number:02d}" for number in range(len(NAMES) - 1)] + ["../x'\"<b>"]
WEIGHTS = {"parking": 0.5, "elderly_care": 0.3, "micro_fire_station": 0.2}


def estates() -> Estates:
    shapes = [
        box(X0 + 200 * (n % 4), Y0 + 180 * (n // 4), X0 + 200 * (n % 4) + 160, Y0 + 180 * (n // 4) + 140)
        for n in range(len(NAMES))
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": NAMES,
            "community": "清河居委",
            "households": [100.0 + 10 * n for n in range(len(NAMES))],
            "residents": 300.0,
            "residents_60plus_basis": "roster",
            "outline_basis": ["outline"] * (len(NAMES) - 1) + [""],
        },
        geometry=[*shapes[:-1], None],
        index=pd.Index(IDS, name="estate_id"),
        crs=CRS,
    )
    return Estates.of(frame)


def results(ids: pd.Index) -> dict[str, AnalysisResult]:
    """Estate n needs 100 spaces and has 10 n; 40 old people of whom n times 4 are served; the last is unknown."""
    steps = pd.Series([float(IDS.index(key)) for key in ids], ids)
    unlocated = pd.Series(ids == IDS[-1], ids)
    parking = measure(
        "night_gap",
        required=steps * 0 + 100,
        provided=steps * 10,
        unit="spaces",
        basis=pd.Series("resident_cars", ids).mask(unlocated, "no_outline"),
        confidence="A",
        unknown=unlocated,
    )
    lane = measure(
        "fire_lane_spaces", required=steps, provided=steps * 0, unit="spaces", basis="surveyed", confidence="A"
    )
    care = measure(
        "people_unserved",
        required=steps * 0 + 40,
        provided=steps * 4,
        unit="people",
        basis="assignment",
        confidence="D",
        unknown=unlocated,
        low=steps * 0,
        high=steps * 0 + 40,
    )
    fire = measure(
        "households_not_reached",
        required=steps * 0 + 200,
        provided=steps * 0 + 200,
        unit="households",
        basis="network",
        confidence="B",
        unknown=unlocated | (steps == 3),
        not_applicable=steps == 5,
    )
    place = gpd.GeoDataFrame({"walk_m": [300]}, geometry=[Point(X0 + 300, Y0 + 200).buffer(180)], crs=CRS)
    doors = gpd.GeoDataFrame({"estate_id": IDS[:3]}, geometry=[Point(X0 + 60 * n, Y0 + 50) for n in range(3)], crs=CRS)
    return {
        "parking": AnalysisResult(pd.concat([parking, lane]), "night_gap", frozenset({"fire_lane_spaces"})),
        "elderly_care": AnalysisResult(
            care, "people_unserved", frozenset(), {"service_area": place, "doors_beyond": doors}
        ),
        "micro_fire_station": AnalysisResult(fire, "households_not_reached"),
    }


def ranking(people: Estates, answers: dict[str, AnalysisResult]) -> pd.DataFrame:
    """80 (1 - n / 10), and 10 more for estates 3 and 5, whose fire stations are not known; the last has no rank."""
    parts = pd.DataFrame(
        {
            name: 100 * WEIGHTS[name] * result.of(result.headline)["severity"].fillna(0.5)
            for name, result in answers.items()
        }
    )
    score, ranked = parts.sum(axis=1), people.ids != IDS[-1]
    rank = score.where(ranked).rank(ascending=False, method="min").astype("Int64")
    table = pd.DataFrame(
        {
            "rank": rank,
            "name": people.frame["name"],
            "score": score,
            "rank_low": (rank - 1).clip(lower=1),
            "rank_high": rank + 1,
            "tied": rank.notna() & rank.duplicated(keep=False),
            "schedule": ["none", "urgent", "verify"] + ["effort"] * 9,
            "unknown_weight": np.where(ranked, 0.0, 1.0),
            "community": people.frame["community"],
            "households": people.frame["households"],
        },
        index=people.ids,
    )
    return table.join(parts.add_prefix("contribution_"))


def basemap() -> BaseMap:
    lines = [LineString([(X0 - 300, Y0 - 20 + 180 * n), (X0 + 1100, Y0 - 20 + 180 * n)]) for n in range(4)]
    lines += [LineString([(X0 - 20 + 200 * n, Y0 - 300), (X0 - 20 + 200 * n, Y0 + 900)]) for n in range(5)]
    streets = gpd.GeoDataFrame(
        {"kind": ["major", "minor", "medium", "path"] + ["minor"] * 5, "name": [f"清河{n}路" for n in range(9)]},
        geometry=lines,
        crs=CRS,
    )
    water = gpd.GeoDataFrame(
        {"kind": ["river"], "name": ["清河"]},
        geometry=[Polygon([(X0 - 300, Y0 - 250), (X0 + 1100, Y0 - 150), (X0 + 1100, Y0 - 90), (X0 - 300, Y0 - 190)])],
        crs=CRS,
    )
    green = gpd.GeoDataFrame(
        {"kind": ["park"], "name": [""]}, geometry=[box(X0 + 810, Y0, X0 + 960, Y0 + 300)], crs=CRS
    )
    houses = [
        box(X0 + 200 * a + 15 + 50 * b, Y0 + 180 * c + 20, X0 + 200 * a + 50 + 50 * b, Y0 + 180 * c + 32)
        for a in range(4)
        for b in range(3)
        for c in range(3)
    ]
    buildings = gpd.GeoDataFrame({"kind": ["residential"] * len(houses), "name": ""}, geometry=houses, crs=CRS)
    return BaseMap(streets, water, green, buildings, ("© OpenStreetMap contributors",))


def facilities() -> dict[str, Facilities]:
    def kind_of(kind: str, capacity: list[float]) -> Facilities:
        frame = gpd.GeoDataFrame(
            {"name": [f"{kind} <b>{n}</b>" for n in range(len(capacity))], "capacity": capacity},
            geometry=[*(Point(X0 + 90 + 250 * n, Y0 + 165) for n in range(len(capacity) - 1)), None],
            crs=CRS,
            index=pd.Index([f"{kind}{n}" for n in range(len(capacity))], name="facility_id"),
        )
        return Facilities.of(frame, kind=kind, complete=True)

    return {
        "car_parks": kind_of("car_parks", [120.0, np.nan, 30.0]),
        "elderly_care_sites": kind_of("elderly_care_sites", [40.0, 20.0]),
        "micro_fire_stations": kind_of("micro_fire_stations", [np.nan, np.nan]),
    }


def gates() -> Gates:
    frame = gpd.GeoDataFrame(
        {
            "estate_id": IDS[:4],
            "name": ["东门", "<i>西门</i>", "", "北门"],
            "assumed": [False, True, False, False],
            "closed": [False, False, True, False],
        },
        geometry=[Point(X0 + 200 * n + 80, Y0) for n in range(4)],
        index=pd.Index([f"G{n}" for n in range(4)], name="gate_id"),
        crs=CRS,
    )
    return Gates.of(frame)


def run_view(lang: str = "zh", *, synthetic: bool = True) -> RunView:
    people = estates()
    answers = results(people.ids)
    kinds = {"parking": "car_parks", "elderly_care": "elderly_care_sites", "micro_fire_station": "micro_fire_stations"}
    classes = {"parking": "improvement", "elderly_care": "upgrade", "micro_fire_station": "basic"}
    return RunView(
        project="清河湾街道 <试点> & {{ 1+1 }}",
        lang=lang,
        data_date=date(2026, 10, 31),
        synthetic=synthetic,
        pack="cn-national",
        run_id="0123456789",
        version="0.1.0",
        estates=people,
        gates=gates(),
        basemap=basemap(),
        results=answers,
        analyses={
            name: AnalysisInfo(
                title=name, unit="spaces", retrofit_class=classes[name], weight=WEIGHTS[name], facilities=(kinds[name],)
            )
            for name in answers
        },
        facilities=facilities(),
        ranking=ranking(people, answers),
        rules=(
            RuleNote(
                analysis="parking", name="car_park_walk_m", value="500", unit="m", source="规划实践 <b>", confidence="D"
            ),
            RuleNote(
                analysis="elderly_care", name="radius_m", value="300", unit="m", source="GB 50437", confidence="A"
            ),
        ),
        warnings=(
            Problem(
                why="name is <b>odd</b>",
                fix="check it",
                severity="warning",
                file="小区名册.xlsx",
                sheet="小区名册",
                row=4,
                column="小区名称",
                value="<script>alert(4)</script>",
            ),
        ),
        assumptions=("步行速度为假设值 <b>",),
    )
