"""A planner opens the pages in a real browser on a machine without a network."""

from pathlib import Path

import html5lib
import pytest
from browser import chromium, visit
from maps_view import IDS, NAMES, run_view

from maps.outputs import write_outputs

PAGES = (
    "index.html",
    "maps/priority.html",
    "maps/parking.html",
    "maps/elderly_care.html",
    "maps/micro_fire_station.html",
)
CANVAS = ".leaflet-eg-base-pane canvas"
COLOURS = """canvas => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, seen = new Set();
  for (let i = 0; i < data.length; i += 4) { if (data[i + 3] === 255) { seen.add(data.slice(i, i + 3).join()); } }
  return Array.from(seen);
}"""
TEXTS = "all => all.map(one => one.textContent)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("run")
    write_outputs(run_view(), place)
    return place


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_strict_html(folder: Path, name: str):
    html5lib.HTMLParser(strict=True).parse((folder / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_page_asks_for_nothing_and_runs_no_input(browser, folder: Path, name: str, width: int, height: int):
    with visit(browser, folder / name, width=width, height=height) as seen:
        seen.page.wait_for_timeout(300)
        assert (seen.requests, seen.complaints) == ([], [])
        assert seen.page.evaluate("document.scripts.length") == (1 if name == "index.html" else 4)  # none from a name
        assert seen.page.locator("img, iframe:not([src^='maps/'])").count() == 0


@pytest.mark.parametrize("name", PAGES[1:])
def test_a_map_draws_estates_legend_and_base_map(browser, folder: Path, name: str):
    with visit(browser, folder / name) as seen:
        seen.page.wait_for_selector("body[data-ready]")
        assert seen.page.locator("path.eg-estate").count() == len(NAMES) - 1
        assert seen.page.locator(".eg-legend li").count() >= 6
        colours = seen.page.locator(CANVAS).evaluate(COLOURS)
        assert {"255,255,255", "205,223,232", "224,234,214"} <= set(colours), "streets, water and green"
        assert "演示数据" in seen.page.locator(".eg-attribution").inner_text()
        assert "© OpenStreetMap contributors" in seen.page.locator(".eg-attribution").inner_text()


def test_ranks_stand_on_the_estates(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        shown = seen.page.locator(".eg-mark b").all_inner_texts()
        assert shown[:6] == ["1", "2", "4", "3", "6", "5"]  # scores 80, 72, 64, 66, 48, 50


def test_a_click_on_an_estate_says_why(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        seen.page.wait_for_selector("body[data-ready]")
        seen.page.locator("path.eg-estate[data-estate='2']").click()
        popup = seen.page.locator(".eg-reasons")
        assert popup.locator("h2").inner_text() == "<script>alert(1)</script>"
        assert popup.locator(".eg-bar-value").all_inner_texts() == [
            "45.0",
            "27.0",
            "0.0",
        ]  # 0.5, 0.3 and 0.2 of 90, 90 and 0
        assert "需要 100 个车位，现有 10 个车位，缺口率 90%" in popup.inner_text()
        assert seen.page.locator("tr.eg-selected").get_attribute("data-estate") == "2"
        assert seen.complaints == []


def test_a_row_of_the_list_opens_the_estate_too(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        seen.page.locator("#eg-list-body tr").first.click()
        assert seen.page.locator(".eg-reasons h2").inner_text() == "青松里"


def test_search_finds_an_estate_by_chinese_name_and_by_id(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        box = seen.page.locator("#eg-search")
        for wanted, name in (("平桥", "平桥新村"), ("e10", "平桥新村"), ("etc/passwd", "../../etc/passwd")):
            box.fill(wanted)
            assert seen.page.locator("#eg-list-body tr:visible .eg-name button").all_inner_texts() == [name]
        box.press("Enter")
        assert seen.page.locator(".eg-reasons h2").inner_text() == "../../etc/passwd"
        box.fill("没有这个小区")
        assert seen.page.locator("#eg-no-match").is_visible()


def test_the_legend_and_the_facilities_follow_the_theme(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        assert seen.page.locator(".leaflet-marker-icon .eg-pin").count() == 0
        seen.page.locator(".eg-themes label", has_text="停车").click()
        assert seen.page.locator(".eg-legend h2").inner_text().startswith("停车")
        assert seen.page.locator(".leaflet-marker-icon .eg-pin").count() == 2  # the third has no place
        seen.page.locator(".eg-themes label", has_text="养老服务").click()
        assert seen.page.locator(".leaflet-marker-icon .eg-pin").count() == 1


def test_unknown_is_hatched_and_an_estate_without_outline_is_listed(browser, folder: Path):
    with visit(browser, folder / "maps/micro_fire_station.html") as seen:
        assert seen.page.locator("path.eg-estate[data-estate='4']").get_attribute("fill") == "url(#eg-hatch)"
        assert seen.page.locator("#eg-unlocated-list").inner_text() == "无界小区"


def test_hostile_names_are_shown_as_text(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        shown = seen.page.locator("#eg-list-body .eg-name button").evaluate_all(TEXTS)
        assert sorted(shown) == sorted(NAMES)
    with visit(browser, folder / "index.html") as seen:
        shown = seen.page.locator("#ranking-table .name a").evaluate_all(TEXTS)
        assert sorted(shown) == sorted(NAMES)
        assert seen.page.locator("h1").inner_text() == "清河湾街道 <试点> & {{ 1+1 }}"


def test_chinese_is_drawn_from_the_embedded_glyphs(browser, folder: Path):
    with visit(browser, folder / "maps/priority.html") as seen:
        seen.page.wait_for_selector("body[data-ready]")
        assert seen.page.evaluate("document.fonts.check('13px \"EstateGap Sans SC\"', '优先级')")


def test_files_stay_in_the_folder_and_repeat_byte_for_byte(tmp_path: Path):
    first, second = tmp_path / "a", tmp_path / "b"
    written = write_outputs(run_view(), first)
    write_outputs(run_view(), second)
    assert sorted(written) == sorted(path for path in first.rglob("*") if path.is_file())
    assert all(IDS[-1] not in str(path) for path in written)
    for path in written:
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name


def test_the_english_pages_speak_english(tmp_path: Path, browser):
    write_outputs(run_view("en", synthetic=False), tmp_path)
    with visit(browser, tmp_path / "maps/parking.html") as seen:
        assert seen.page.locator("h1").inner_text() == "Parking"
        assert seen.page.locator(".eg-synthetic").count() == 0
        assert seen.page.evaluate("document.documentElement.lang") == "en"
