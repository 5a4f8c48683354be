"""Names and ids made to do harm go through the whole program, and come out as the text they are."""

import csv
import io
import json
import re
import sqlite3
from pathlib import Path

import geopandas as gpd
import html5lib
import pytest
from browser import chromium, visit
from small_town import COUNT, X0, Y0, estategap, table, tree, write_town

NAMES = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "幸福😀家园",
    "长" * 200,
    "\"><img src=x onerror=alert(2)>'",
    "{{7*7}}{% raw %}${7*7}#{7*7}",
    "\u202e里兰\u202c春",
    "</script><!--<script>alert(3)//-->",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+1",
    "'; DROP TABLE estates; --\\u003c&lt;&amp;\u2028",
)
IDS = (
    "<blink>1</blink>", "=1+1", "../../../x", "__proto__", "constructor", "\"'`", "{{7*7}}", "..", "\u202eX", "-1e3",
    "编号" * 100, "CON",
)
SHOWN = tuple(name.strip() for name in NAMES)
ANALYSES = ("parking", "ebike_charging", "elderly_care", "childcare", "micro_fire_station")
PAGES = ("index.html", "maps/priority.html", *(f"maps/{name}.html" for name in ANALYSES))
TEXTS = "all => all.map(one => one.textContent)"
LEADS_A_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")  # spreadsheets take the wide forms too
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A folder where the program has run over a project that means harm, and what was there before."""
    home = tmp_path_factory.mktemp("home")
    town = write_town(home / "town", NAMES, IDS)
    # columns and cells that a report might repeat, and a row that is warned about
    head = ("小区编号", "小区名称", "诉求类型", "<img src=x onerror=alert(4)>", "=HYPERLINK(1)", "联系人")
    stray = ("", "<script>alert(5)</script>", "=1+1", "a", "b", "13800000000 王某")
    table(town / "养老.csv", ("名称", "容量", "x", "y", "备注\x07\x1b[1m\x85"),
          [("\x01\x07\x1b[31m\ufffe养老院\x9b", 5, X0 + 1, Y0 + 1, "")])
    table(town / "工单.csv", head, [stray, *((one, "", "x", "", "", "") for one in IDS)])
    project = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(project.replace('name = "', 'name = "\\u0007\\u001b'), "utf-8")
    return home


@pytest.fixture(scope="module")
def run(home: Path) -> Path:
    before = tree(home)
    done = estategap("run", home / "town", home=home)
    assert done.returncode == 0, done.stderr[-1500:]
    assert "Traceback" not in done.stderr
    after = tree(home)
    assert {name: after[name] for name in before} == before, "inputs are as they were"
    (folder,) = (path for path in (home / "town" / "runs").iterdir() if path.is_dir())
    new = {name for name in after.keys() - before.keys() if not name.startswith((".cache/", ".config/"))}
    assert {name for name in new if not name.startswith(f"town/runs/{folder.name}/")} == {"town/runs/latest.txt"}
    return folder


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def test_every_file_of_the_run_has_a_name_of_our_own(run: Path):
    names = set(tree(run))
    assert {*PAGES, "ranking.csv", "gaps.csv", "results.gpkg", "manifest.json"} <= names
    assert [name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z]+|maps/[a-z_]+\.html", name)] == []
    assert re.fullmatch(r"2026-10-31_[0-9a-f]{10}", run.name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_strict_html_without_an_element_from_the_input(run: Path, name: str):
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse((run / name).read_text("utf-8"))
    elements = [one for one in page.iter() if isinstance(one.tag, str)]
    assert [one.tag for one in elements if one.tag in {"img", "blink", "object", "embed", "form", "base"}] == []
    assert {one.get("http-equiv", "content-type") for one in elements if one.tag == "meta"} == {"content-type"}
    assert [one.attrib for one in elements if any(key.lower().startswith("on") for key in one.attrib)] == []
    text = "".join(part for one in elements if one.tag not in {"script", "style"} for part in one.itertext())
    data = page.find(".//script[@id='eg-data']")
    if data is None:
        assert all(shown in text for shown in SHOWN)
        assert "<img src=x onerror=alert(4)>" in text, "the warning about the columns that were not read"
    else:
        estates = json.loads(data.text)["estates"]
        assert sorted(zip(estates["id"], estates["name"], strict=True)) == sorted(zip(IDS, SHOWN, strict=True))
    assert "49" not in re.findall(r"\d+", page.findtext(".//title"))
    assert "王某" not in (run / name).read_text("utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_chromium_runs_nothing_of_it_and_asks_for_nothing(run: Path, browser, name: str):
    with visit(browser, run / name) as seen:
        seen.page.wait_for_timeout(200)
        if name != "index.html":
            seen.page.wait_for_selector("body[data-ready]")
            seen.page.locator("path.eg-estate").first.wait_for()
            assert seen.page.locator("path.eg-estate").count() == COUNT
        assert (seen.requests, seen.complaints) == ([], [])


def test_the_list_the_search_and_the_popup_show_the_names_as_text(run: Path, browser):
    with visit(browser, run / "maps/priority.html") as seen:
        seen.page.wait_for_selector("body[data-ready]")
        shown = seen.page.locator("#eg-list-body .eg-name button").evaluate_all(TEXTS)
        assert sorted(shown) == sorted(SHOWN)
        for wanted in (SHOWN[0], SHOWN[2], SHOWN[6], SHOWN[9], IDS[3], IDS[0]):
            seen.page.locator("#eg-search").fill(wanted)
            found = seen.page.locator("#eg-list-body tr:visible .eg-name button").evaluate_all(TEXTS)
            assert found == [SHOWN[(SHOWN if wanted in SHOWN else IDS).index(wanted)]]
            seen.page.locator("#eg-list-body tr:visible").first.click()
            assert seen.page.locator(".eg-reasons h2").last.text_content() == found[0]
        assert (seen.requests, seen.complaints) == ([], [])
    with visit(browser, run / "index.html") as seen:
        shown = seen.page.locator("#ranking-table .name a").evaluate_all(TEXTS)
        assert sorted(shown) == sorted(SHOWN)
        assert seen.page.locator("h1").text_content() == SHOWN[1]
        frames = seen.page.locator("iframe").evaluate_all("all => all.map(one => one.getAttribute('src'))")
        links = seen.page.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        ours = re.compile(r"(maps/[a-z_]+\.html)?(#\S*)?|[a-z_]+\.[a-z]+|https://\S+")
        assert [one for one in [*frames, *links] if not ours.fullmatch(one)] == []


def test_a_long_name_does_not_push_the_page_apart(run: Path, browser):
    for name in ("index.html", "maps/priority.html"):
        for width in (1366, 390):
            with visit(browser, run / name, width=width) as seen:
                assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


@pytest.mark.parametrize("name", ["ranking.csv", "gaps.csv"])
def test_no_cell_of_a_table_is_calculated(run: Path, name: str):
    data = (run / name).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(data[3:].decode("utf-8"), newline=""))
    assert {len(row) for row in rows} == {len(head)}
    assert [cell for row in rows for cell in row if LEADS_A_FORMULA.match(cell) and not NUMBER.fullmatch(cell)] == []
    keys = [row[head.index("estate_id")].removeprefix("'") for row in rows]
    assert set(keys) == set(IDS)
    names = {row[head.index("estate_id")].removeprefix("'"): row[head.index("name")] for row in rows}
    for key, wanted in zip(IDS, SHOWN, strict=True):
        assert names[key].removeprefix("'") == wanted.replace("\u2028", " ").removeprefix("'")


def test_the_geopackage_holds_the_values_as_they_were(run: Path):
    with sqlite3.connect(run / "results.gpkg") as book:
        layers = [name for (name,) in book.execute("select table_name from gpkg_contents")]
        assert book.execute("pragma integrity_check").fetchone() == ("ok",)
    (first,) = [name for name in layers if name.startswith("小区") and name.endswith("综合")]
    estates = gpd.read_file(run / "results.gpkg", layer=first).set_index("estate_id")
    assert estates["name"].to_dict() == dict(zip(IDS, SHOWN, strict=True))
    gates = gpd.read_file(run / "results.gpkg", layer="出入口").set_index("gate_id")
    assert set(gates.index) == {f"g{key}" for key in IDS}
    assert dict(zip(gates["estate_id"], gates["name"], strict=True)) == dict(zip(IDS, SHOWN, strict=True))


def test_nothing_a_person_said_or_is_called_is_kept(run: Path):
    assert [name for name, data in tree(run).items() if "王某".encode() in data or b"13800000000" in data] == []


def test_the_manifest_is_json_and_names_no_place_of_this_machine(run: Path, home: Path):
    text = (run / "manifest.json").read_text("utf-8")
    assert json.loads(text)["settings"]["project"]["name"] == NAMES[1]
    assert str(home) not in text
    for name in PAGES:
        assert str(home) not in (run / name).read_text("utf-8")
