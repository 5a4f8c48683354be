"""The tables and the GeoPackage, read back by other programs; the catalogues; what a page may not refer to."""

import csv
import io
import json
import math
import re
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from maps_view import CRS, IDS, NAMES, run_view
from shapely.geometry import LineString, Polygon, box

from analyses.methods.discovery import discover
from analyses.standards import load_pack, pack_names
from maps import shapes
from maps.fonts import characters_of, font_face
from maps.geopackage import write_geopackage
from maps.numbers import percent, plain
from maps.offline import NotOfflineError, json_for_script, leaflet_css, leaflet_js, self_contained
from maps.style import RAMP, priority_class, severity_class
from maps.tables import cell, safe_text, write_tables
from maps.texts import MissingTextError, Texts, catalogue

PLACE = re.compile(r"\{(\w+)[^}]*\}")


def rows_of(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data[3:].decode("utf-8"), newline="")))


def test_ranking_csv_holds_the_formula(tmp_path):
    write_tables(run_view(), tmp_path)
    head, *rows = rows_of((tmp_path / "ranking.csv").read_bytes())
    assert head[:6] == ["rank", "estate_id", "name", "score", "rank_low", "rank_high"]
    assert rows[0][:4] == ["1", "E00", "青松里", "80"]  # 100 x (0.5 + 0.3): nothing of both, and fire is met
    assert [row[0] for row in rows] == [*map(str, range(1, 12)), ""]
    assert rows[-1][1:3] == ["../x'\"<b>", "无界小区"]
    parts = [place for place, name in enumerate(head) if name.startswith("contribution_")]
    for row in rows:
        assert math.isclose(sum(float(row[place]) for place in parts), float(row[3]), abs_tol=1e-5)


def test_gaps_csv_says_each_gap_once(tmp_path):
    write_tables(run_view(), tmp_path)
    head, *rows = rows_of((tmp_path / "gaps.csv").read_bytes())
    assert head[:13] == [
        "estate_id",
        "analysis",
        "measure",
        "required",
        "provided",
        "shortfall",
        "low",
        "high",
        "unit",
        "coverage",
        "severity",
        "status",
        "basis",
    ]
    assert len(rows) == 4 * len(NAMES) == len({tuple(row[:3]) for row in rows})
    first = next(row for row in rows if row[:3] == ["E01", "parking", "night_gap"])
    assert first[3:13] == ["100", "10", "90", "90", "90", "spaces", "0.1", "0.9", "short", "resident_cars"]
    assert {row[11] for row in rows} == {"met", "short", "unknown", "not_applicable"}
    unknown = next(row for row in rows if row[:3] == ["E03", "micro_fire_station", "households_not_reached"])
    assert unknown[5] == unknown[10] == "", "unknown is never zero"


def test_no_cell_is_a_formula(tmp_path):
    for path in write_tables(run_view(), tmp_path):
        cells = [text for row in rows_of(path.read_bytes()) for text in row]
        assert not [text for text in cells if text[:1] in "=+@\t\r" and text]
        assert not [text for text in cells if "\n" in text or "\u2028" in text]
        assert "'=cmd|' /C calc'!A0" in cells


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "' =1"),
        (" =1", "' =1"),
        ("\x00=1", "'=1"),
        ("甲\n乙", "甲 乙"),
        ("青松里", "青松里"),
        ("＝1", "'＝1"),
    ],
)
def test_text_is_made_harmless(raw, safe):
    assert safe_text(raw) == safe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (1e-9, "0"),
        (math.nan, ""),
        (None, ""),
        (pd.NA, ""),
        (1234567.5, "1234567.5"),
        (True, "true"),
        (np.bool_(False), "false"),
        (1 / 3, "0.333333"),
    ],
)
def test_numbers_are_short(value, text):
    assert cell(value) == text


def test_geopackage_is_read_back_whole(tmp_path):
    view = run_view()
    (path,) = write_geopackage(view, tmp_path)
    names = [name for name, _ in pyogrio.list_layers(path)]
    assert {"小区_综合", "小区_停车", "设施_停车场", "出入口", "道路", "运行信息"} <= set(names)
    estates = gpd.read_file(path, layer="小区_综合").set_index("estate_id")
    assert len(estates) == len(NAMES)
    assert estates.crs.to_epsg() == 4549
    assert estates.loc["E00", "rank"] == 1
    assert estates.geometry.isna().sum() == 1
    assert estates.loc["E00"].geometry.equals(view.estates.frame.geometry["E00"])
    assert estates.loc["E00", ["residents_60plus_basis", "outline_basis"]].tolist() == ["roster", "outline"]
    assert estates.loc[IDS[-1], ["status_parking", "basis_parking"]].tolist() == ["unknown", "no_outline"]
    parking = gpd.read_file(path, layer="小区_停车")
    assert parking.query("estate_id == 'E01' and measure == 'night_gap'")["shortfall"].item() == 90
    assert len(gpd.read_file(path, layer="设施_停车场")) == 3
    with sqlite3.connect(path) as book:
        assert {stamp for (stamp,) in book.execute("select last_change from gpkg_contents")} == {
            "2026-10-31T00:00:00.000Z"
        }


def test_both_catalogues_are_complete():
    zh, en = catalogue("zh"), catalogue("en")
    assert zh.keys() == en.keys()
    for key in zh:
        assert set(PLACE.findall(zh[key])) == set(PLACE.findall(en[key])), key


def test_a_missing_text_names_the_key():
    with pytest.raises(MissingTextError, match=r"zh\.toml.*analysis\.nothing\.title"):
        Texts("zh").title("nothing")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_analysis_kind_and_rule_has_a_text(lang):
    texts = Texts(lang)
    for one in discover():
        assert texts.title(one.title)
        assert texts(f"analysis.{one.title}.about")
        assert all(texts(f"facility.{kind}.title") for kind in one.facility_kinds)
        assert texts.unit(one.unit) is not None
    for citation in (citation for name in pack_names() for citation in load_pack(name).citations):
        assert texts.rule(citation.rule, citation.name)
        assert not citation.unit or texts(f"rule_unit.{citation.unit}") is not None


def test_coordinates_come_back_within_a_tenth_of_a_metre():
    shape = Polygon([(0, 0), (100, 0), (90, 80), (10, 70)], [[(30, 30), (40, 30), (35, 40)]])
    there = gpd.GeoSeries([shape, None], crs=CRS).translate(500_000, 3_500_000)
    (polygon,), nothing = shapes.rings(there)
    degrees = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / 1e6 for ring in polygon]
    back = gpd.GeoSeries([Polygon(degrees[0], degrees[1:])], crs="EPSG:4326").to_crs(CRS)
    assert nothing == []
    assert back[0].hausdorff_distance(there[0]) < 0.11


def test_lines_of_several_parts_stay_apart():
    lines = gpd.GeoSeries([LineString([(1, 2), (3, 5)]), LineString([(10, 10), (11, 9), (11, 8)])], crs="EPSG:4326")
    assert shapes.lines(lines) == [
        [[1_000_000, 2_000_000, 2_000_000, 3_000_000]],
        [[10_000_000, 10_000_000, 1_000_000, -1_000_000, 0, -1_000_000]],
    ]


def test_a_label_stands_inside_a_bent_outline():
    bent = box(0, 0, 100, 10).union(box(0, 0, 10, 100))
    (place,) = shapes.label_points(gpd.GeoSeries([bent], crs=CRS).translate(500_000, 3_500_000))
    back = (
        gpd.GeoSeries.from_xy([place[0] / 1e6], [place[1] / 1e6], crs="EPSG:4326")
        .to_crs(CRS)
        .translate(-500_000, -3_500_000)
    )
    assert bent.buffer(0.2).contains(back[0])


@pytest.mark.parametrize(
    "page",
    [
        "<script src='https://a/b.js'></script>",
        "<link rel=stylesheet href=//a/b.css>",
        "<img src='HTTP://a/b.png'>",
        "<style>a{background:url(https://a/b)}</style>",
        "<style>@import 'x.css'</style>",
        "<p style='background:url(http://a)'>",
    ],
)
def test_a_page_that_would_load_something_is_refused(page):
    with pytest.raises(NotOfflineError):
        self_contained(page)


def test_a_link_a_reader_may_click_is_allowed():
    page = "<a href='https://www.openstreetmap.org/copyright'>©</a>"
    assert self_contained(page) == page


def test_leaflet_comes_whole_and_without_its_map():
    assert "sourceMappingURL" not in leaflet_js()
    assert "Leaflet 1.9" in leaflet_js()[:200]
    assert "url(images" not in leaflet_css()


def test_json_cannot_leave_its_script():
    hostile = "</script><!--\u2028&"
    text = json_for_script({"a": hostile})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": hostile}


def test_the_same_characters_give_the_same_font():
    assert font_face(characters_of("优先")) == font_face(characters_of("先优"))


def test_classes_follow_the_answer():
    severity = pd.Series([0.2, 0.2000001, 1.0, 0.0, np.nan, np.nan])
    status = pd.Series(["short", "short", "short", "met", "unknown", "not_applicable"])
    assert severity_class(severity, status).tolist() == [0, 1, 4, 5, 6, 7]
    rank = pd.Series([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, pd.NA], dtype="Int64")
    assert priority_class(rank).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]


def test_the_ramp_darkens_step_by_step():
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
        return 116 * (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]) ** (1 / 3) - 16

    steps = np.diff([lightness(colour) for colour in RAMP])
    assert (steps < -9).all(), "neighbours differ in grey print too"


def test_amounts_are_never_rounded_to_nothing_or_all():
    assert [plain(value) for value in (0, 0.2, 0.6, 1234.4, math.nan)] == ["0", "<1", "1", "1,234", "—"]
    assert [percent(value) for value in (0.0, 0.001, 0.5, 0.999, 1.0, None)] == [
        "0%",
        "<1%",
        "50%",
        ">99%",
        "100%",
        "—",
    ]
