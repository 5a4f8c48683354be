"""The two demo projects, from the command to pages opened in a real browser with the network off."""

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest
from browser import chromium, visit
from typer.testing import CliRunner

from estategap.cli import app

SAMPLES = ("district", "helsinki")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Both demos, in Chinese, and the district in English."""
    out = tmp_path_factory.mktemp("demo")
    folders = {}
    for key, arguments in {"district": [], "helsinki": ["--sample", "helsinki"], "english": ["--lang", "en"]}.items():
        answer = CliRunner().invoke(app, ["demo", *arguments, "--out", str(out)], catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        folders[key] = Path(answer.stdout.splitlines()[0]).parent
    return folders


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("key", ["district", "helsinki", "english"])
def test_every_page_opens_offline_and_every_map_is_drawn(runs, browser, key):
    pages = sorted(runs[key].rglob("*.html"))
    assert len(pages) == 9
    for page in pages:
        with visit(browser, page) as seen:
            if page.parent.name == "maps":
                seen.page.wait_for_selector("body[data-ready]")
                assert seen.page.locator("path.eg-estate").count() == {"helsinki": 13}.get(key, 46 - 1), page
                assert seen.page.locator(".eg-legend li").count() >= 1, page
                drawn = seen.page.locator(".leaflet-eg-base-pane canvas").evaluate(
                    "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value)")
                assert drawn, page
            assert (seen.requests, seen.complaints) == ([], []), page


@pytest.mark.parametrize(("key", "chip", "note"), [
    ("district", "推定边界", "虚线边界为推定，并非实测。"),
    ("english", "assumed outline", "A broken outline is assumed, not surveyed.")])
def test_an_outline_that_is_assumed_is_drawn_broken_and_said_to_be(runs, browser, key, chip, note):
    """Of three estates only a point is known: 901 to 903."""
    with visit(browser, runs[key] / "maps" / "priority.html") as seen:
        seen.page.wait_for_selector("body[data-ready]")
        broken = seen.page.locator("path.eg-estate[stroke-dasharray]")
        assert broken.count() == 3
        assert seen.page.locator(".eg-name small", has_text=chip).count() == 3
        assert note in seen.page.locator(".eg-legend").inner_text()
        broken.first.click()
        assert chip in seen.page.locator(".eg-standing").inner_text()


@pytest.mark.parametrize("key", ["district", "helsinki", "english"])
def test_a_click_on_an_estate_opens_its_reasons(runs, browser, key):
    with visit(browser, runs[key] / "maps" / "priority.html") as seen:
        seen.page.wait_for_selector("body[data-ready]")
        seen.page.locator("path.eg-estate").nth(5).click()
        assert seen.page.locator(".eg-reasons h2").inner_text().strip()


def test_synthetic_data_say_so_on_every_page_and_real_data_never(runs):
    for page in runs["district"].rglob("*.html"):
        assert "演示数据" in page.read_text(encoding="utf-8"), page
    for page in runs["helsinki"].rglob("*.html"):
        assert 'class="eg-synthetic"' not in page.read_text(encoding="utf-8"), page
    assert "Synthetic data" in (runs["english"] / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", ["district", "helsinki"])
def test_contributions_sum_to_the_score_and_ranks_follow_it(runs, key):
    table = rows(runs[key] / "ranking.csv")
    assert list(table[0])[:6] == ["rank", "estate_id", "name", "score", "rank_low", "rank_high"]
    parts = [name for name in table[0] if name.startswith("contribution_")]
    for row in table:
        assert sum(float(row[name]) for name in parts) == pytest.approx(float(row["score"]), abs=0.01)
    scores = [float(row["score"]) for row in table if row["rank"]]
    assert scores == sorted(scores, reverse=True)


def test_each_severity_is_shortfall_over_required(runs):
    """Recomputed from the table's own amounts; complaints have a full scale of their own."""
    table = pd.read_csv(runs["district"] / "gaps.csv", encoding="utf-8-sig")
    known = table[table["severity"].notna() & (table["analysis"] != "complaints") & (table["required"] > 0)]
    assert len(known) > 500
    ratio = ((known["required"] - known["provided"]).clip(lower=0) / known["required"]).clip(0, 1)
    assert (ratio - known["severity"]).abs().max() < 0.01


def test_nothing_is_called_short_in_an_extract_that_lists_nothing_completely(runs):
    table = rows(runs["helsinki"] / "gaps.csv")
    assert {row["status"] for row in table} <= {"met", "unknown", "not_applicable"}
    assert all(row["rank"] == "" for row in rows(runs["helsinki"] / "ranking.csv"))


def test_the_roster_estate_without_an_outline_stays_in_every_table(runs):
    ranking = {row["estate_id"]: row for row in rows(runs["district"] / "ranking.csv")}
    gaps = [row for row in rows(runs["district"] / "gaps.csv") if row["estate_id"] == "QHW900"]
    assert ranking["QHW900"]["name"] == "河滨小筑"
    assert {row["status"] for row in gaps if row["measure"] in ("reach_net", "reach_area")} == {"unknown"}
    assert next(row["status"] for row in gaps if row["measure"] == "norm_gap") in ("met", "short")
    assert len(pyogrio.read_dataframe(runs["district"] / "results.gpkg", layer="小区_综合")) == 46


def test_the_manifest_names_every_input_and_every_output(runs):
    for key in SAMPLES:
        manifest = json.loads((runs[key] / "manifest.json").read_text(encoding="utf-8"))
        assert runs[key].name.endswith("_" + manifest["run_id"])
        there = {path.relative_to(runs[key]).as_posix() for path in runs[key].rglob("*") if path.is_file()}
        assert set(manifest["outputs"]) == there - {"manifest.json"}
        assert manifest["inputs"]
        assert manifest["timings_s"]
    assert (runs["district"].parent / "latest.txt").read_text(encoding="utf-8").strip() == runs["english"].name


def test_a_new_project_filled_in_and_uncommented_runs(tmp_path, shared_data):
    """The template of car parks, filled with one row, is named by the lines that ``init`` leaves as comments."""
    osm = shared_data / "shanghai-tongji" / "tongji.osm"
    assert CliRunner().invoke(app, ["init", str(tmp_path / "p"), "--osm", str(osm)]).exit_code == 0
    book = openpyxl.load_workbook(tmp_path / "p" / "停车场.xlsx")
    sheet = book["停车场"]
    headers = {cell.value: cell.column for cell in sheet[1]}
    for header, value in (("名称", "路侧停车场"), ("经度", 121.497), ("纬度", 31.285)):
        sheet.cell(2, next(column for name, column in headers.items() if header in name), value)
    book.save(tmp_path / "p" / "停车场.xlsx")
    project = tmp_path / "p" / "project.toml"
    text = project.read_text(encoding="utf-8")
    start = text.index('# [[facilities]]\n# kind = "car_parks"')
    end = text.index("\n\n", start)
    project.write_text(text[:start] + text[start:end].replace("# ", "") + text[end:], encoding="utf-8")
    answer = CliRunner().invoke(app, ["check", str(project.parent)])
    assert answer.exit_code == 0, answer.output
