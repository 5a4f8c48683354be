"""Bad input through the command line: exit status 1, one clear message with the fix, and nothing written."""

import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pytest
import python_calamine
import rasterio
from rasterio.transform import from_origin
from rich.console import Console
from small_town import CRS, X0, Y0, command, estategap, surroundings, table, tree, workbook, write_town
from typer.testing import CliRunner

from estategap.cli import app
from estategap.progress import Progress
from estategap.runs import put_in_place

Change = Callable[[Path], object]
OSM = b"""<?xml version="1.0"?><osm version="0.6"><bounds minlat="31.86" minlon="120.5" maxlat="31.9" maxlon="120.6"/>
<node id="1" lat="31.87" lon="120.55"/><node id="2" lat="31.871" lon="120.55"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""


def png() -> bytes:
    """A whole picture of one white dot."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A project that is right, with a raster and OSM files that it may name."""
    town = write_town(tmp_path_factory.mktemp("whole"))
    with rasterio.open(town / "人口.tif", "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=CRS,
                       transform=from_origin(X0 - 100, Y0 + 900, 60, 60)) as raster:
        raster.write(np.full((1, 20, 20), 30, "float32"))
    (town / "x.osm").write_bytes(OSM)
    with osmium.SimpleWriter(str(town / "x.osm.pbf")) as writer:
        for one in osmium.FileProcessor(str(town / "x.osm")):
            writer.add(one)
    return town


@pytest.fixture
def town(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "town")
    return tmp_path / "town"


def refused(town: Path, *options: str) -> list[str]:
    """The errors ``run`` gives, each on one line, having changed nothing."""
    before = tree(town.parent)
    done = CliRunner().invoke(app, ["run", str(town), "--lang", "en", *options])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.exception
    assert (done.stdout, tree(town.parent)) == ("", before)
    assert not (town / "runs").is_dir()
    found = [line for line in done.stderr.splitlines() if line.startswith("• error: ")]
    assert all(" → " in line for line in found), "each says what to do"
    return [line.removeprefix("• error: ") for line in found]


def rewrite(town: Path, old: str, new: str) -> None:
    text = (town / "project.toml").read_text("utf-8")
    assert old in text
    (town / "project.toml").write_text(text.replace(old, new), "utf-8")


def add(town: Path, text: str) -> None:
    with (town / "project.toml").open("a", encoding="utf-8") as file:
        file.write(text)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILT: dict[str, tuple[Change, str]] = {
    "missing": (Path.unlink, "the file does not exist"),
    "empty": (lambda path: path.write_bytes(b""), "the file is empty (0 bytes)"),
    "truncated": (half, "damaged or incomplete|cut short|the file ends inside this row"),
    "a picture": (lambda path: path.write_bytes(png()), "PNG picture|no OSM file|does not say its coordinate system"),
    "a text": (lambda path: path.write_text("no data here\n"),
               "something else|no OSM file|the table has no rows|not a raster"),
    "a folder": (folder_instead, "this is a folder, not a file"),
}
KINDS = {
    **dict.fromkeys(("小区边界.gpkg", "小区名册.xlsx", "养老.csv", "道路.gpkg"), ""),
    "人口.tif": '\n[population]\nfile = "人口.tif"\n',
    "x.osm.pbf": '\n[osm]\nfile = "x.osm.pbf"\n',
    "x.osm": '\n[osm]\nfile = "x.osm"\n',
}


@pytest.mark.parametrize("fault", SPOILT)
@pytest.mark.parametrize("name", KINDS)
def test_a_bad_file_of_any_kind_gives_one_message(town: Path, name: str, fault: str):
    add(town, KINDS[name])
    spoil, why = SPOILT[fault]
    spoil(town / name)
    (message,) = refused(town)
    assert message.startswith((f"{name}: ", f"{name}, "))
    assert any(part in message for part in why.split("|")), message


def test_everything_that_is_wrong_is_said_at_once(town: Path):
    half(town / "小区边界.gpkg")
    (town / "停车场.xlsx").write_bytes(png())
    (town / "单元门.csv").unlink()
    add(town, "\n[weights]\nparkin = 1\n")
    messages = refused(town)
    named = sorted(message.split(":")[0].split(",")[0] for message in messages)
    assert named == ["project.toml", "停车场.xlsx", "单元门.csv", "小区边界.gpkg"]


def test_check_lists_the_same_in_a_workbook_and_changes_nothing_else(town: Path):
    half(town / "道路.gpkg")
    table(town / "养老.csv", ("名称", "容量", "x", "y"), [("=1+1", "=cmd", X0, Y0), ("乙", 5, X0, Y0)])
    before = tree(town)
    done = CliRunner().invoke(app, ["check", str(town), "--lang", "en"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "2 errors" in done.stdout
    after = tree(town)
    assert after.pop("problems.xlsx")
    assert after == before
    rows = python_calamine.CalamineWorkbook.from_path(town / "problems.xlsx").get_sheet_by_index(0).to_python()
    assert {(row[0], row[1], row[3], row[4], row[5]) for row in rows[1:]} == {
        ("error", "道路.gpkg", "", "", ""), ("error", "养老.csv", 2, "容量", "=cmd"),
        ("warning", "project.toml", "", "", "")}
    assert [row[6] for row in rows if row[1] == "project.toml"] == [
        "files in the project's folder are named by no section and were not read: x.osm, x.osm.pbf, 人口.tif"]
    sheet = openpyxl.load_workbook(town / "problems.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}, "no formula"


def test_a_list_of_problems_that_cannot_be_written_is_one_more_problem(town: Path):
    (town / "problems.xlsx").mkdir()
    done = CliRunner().invoke(app, ["check", str(town), "--lang", "en"])
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "problems.xlsx: the list of problems cannot be written" in done.stderr


PROJECT_FILE = {
    "a key nobody knows": ("seed = 7", "sead = 7", "key project.sead: there is no such key → did you mean seed?"),
    "a section nobody knows": ("[streets]", "[estate]\nx = 1\n[streets]", "key estate: there is no such key"),
    "a text for a number": ("seed = 7", 'seed = "seven"', "key project.seed, value 'seven'"),
    "a number for a text": ('file = "道路.gpkg"', "file = 5", "key streets.file, value '5'"),
    "no date": ("2026-10-31", '"yesterday"', "key project.data_date, value 'yesterday'"),
    "a key that is missing": ("data_date = 2026-10-31", "", "key project.data_date: this key is needed"),
    "no TOML": ("[streets]", "[streets", "row 14, value '[streets': not valid TOML"),
    "a value for a section": ("[project]", 'doors = "单元门.csv"\n[project]', "not valid TOML"),
    "no streets": ('[streets]\nfile = "道路.gpkg"\ncomplete_around = true\n', "",
                   "key streets.file: the project names no streets"),
    "no estates": ('file = "小区边界.gpkg"\n\n[roster]\nfile = "小区名册.xlsx"\nsheet = "名册"\n', "",
                   "key estates.file: the project names no estates"),
    "an unknown kind": ('"car_parks"', '"car_park"', "key facilities.kind, value 'car_park'"),
    "an unknown pack": ("seed = 7", 'standards = "../cn"', "key project.standards, value '../cn'"),
    "web Mercator": ('crs = "EPSG:4549"\nseed', 'crs = "EPSG:3857"\nseed', "key project.crs, value 'EPSG:3857'"),
    "another web Mercator": ('crs = "EPSG:4549"\nseed', 'crs = "EPSG:900913"\nseed', "key project.crs"),
    "degrees": ('crs = "EPSG:4549"\nseed', 'crs = "EPSG:4326"\nseed', "key project.crs, value 'EPSG:4326'"),
    "feet": ('crs = "EPSG:4549"\nseed', 'crs = "EPSG:2263"\nseed', "key project.crs, value 'EPSG:2263'"),
    "no such CRS": ('crs = "EPSG:4549"\nseed', 'crs = "EPSG:0"\nseed', "key project.crs, value 'EPSG:0'"),
}
RULES = {
    "weights of nothing": ("[weights]\nparking = 0", "key weights: all weights are 0"),
    "a weight of nobody": ("[weights]\nparkin = 1", "key weights.parkin: there is no such analysis"),
    "a weight below zero": ("[weights]\nparking = -1", "key weights.parking, value '-1'"),
    "an endless weight": ("[weights]\nparking = inf", "key weights.parking, value 'inf'"),
    "no reason": ("[rules.walking]\nmax_snap_m = { value = 50 }",
                  "key rules.walking.max_snap_m.reason: this key is needed"),
    "a blank reason": ('[rules.walking]\nmax_snap_m = { value = 50, reason = " " }',
                       "a value of one's own needs a reason"),
    "a text for a rule": ('[rules.walking]\nmax_snap_m = { value = "far", reason = "x" }',
                          "key rules.walking.max_snap_m, value 'far'"),
    "a rule below zero": ('[rules.walking]\nmax_snap_m = { value = -5, reason = "x" }', "below zero"),
    "a snap of nothing": ('[rules.walking]\nmax_snap_m = { value = 0, reason = "x" }',
                          "key rules.walking.max_snap_m"),
    "a date for a rule": ('[rules.walking]\nmax_snap_m = { value = 2026-01-01, reason = "x" }', "value '2026-01-01'"),
    "a rule of nobody": ('[rules.parks]\nx = { value = 5, reason = "x" }', "key rules.parks.x"),
    "a text for a weight": ('[rules.parking]\nweight = { value = "x", reason = "x" }',
                            "key rules.parking.weight, value 'x'"),
}


@pytest.mark.parametrize("case", PROJECT_FILE)
def test_what_is_wrong_in_the_project_file_is_named(town: Path, case: str):
    old, new, expected = PROJECT_FILE[case]
    rewrite(town, old, new)
    messages = refused(town)
    assert any(message.startswith("project.toml") and expected in message for message in messages), messages
    assert len(messages) == len({message for message in messages if message.startswith("project.toml")}) <= 2


def test_a_part_that_is_missing_hides_no_file_that_is_wrong(tmp_path: Path, town: Path):
    CliRunner().invoke(app, ["init", str(tmp_path / "new")])
    (tmp_path / "new" / "出入口.xlsx").write_bytes(b"PK")
    rewrite(tmp_path / "new", "# [gates]                       # 小区出入口 / gates\n# file", "[gates]\nfile")
    add(tmp_path / "new", '\n[osm]\nplace = "四平路街道"\n')
    done = CliRunner().invoke(app, ["check", str(tmp_path / "new"), "--lang", "en"])
    said = {line.split(" → ")[0] for line in done.stderr.splitlines() if line.startswith("• error: ")}
    assert said == {
        "• error: project.toml, key osm.file: nothing has been fetched for this project",
        "• error: 小区名册.xlsx, sheet 小区名册: there is no estate in it",
        "• error: 出入口.xlsx: the file is damaged or incomplete (File is not a zip file)"}
    rewrite(town, PROJECT_FILE["no streets"][0], "")
    half(town / "停车场.xlsx")
    assert [message.split(",")[0].split(":")[0] for message in refused(town)] == ["project.toml", "停车场.xlsx"]


@pytest.mark.parametrize("case", RULES)
def test_weights_and_rules_that_do_not_fit_are_named(town: Path, case: str):
    text, expected = RULES[case]
    add(town, f"\n{text}\n")
    (message,) = refused(town)
    assert message.startswith("project.toml")
    assert expected in message


@pytest.mark.parametrize("case", ["a weight of nobody", "a rule below zero"])
def test_check_names_weights_and_rules_as_run_does(town: Path, case: str):
    add(town, f"\n{RULES[case][0]}\n")
    (message,) = refused(town)
    done = CliRunner().invoke(app, ["check", str(town), "--lang", "en"])
    assert (done.exit_code, message in done.stderr) == (1, True)


def estates_of(town: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(town / "小区边界.gpkg")


def streets_of(town: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(town / "道路.gpkg")


def save(frame: gpd.GeoDataFrame, path: Path) -> None:
    path.unlink()
    frame.to_file(path)


def unnamed_sheet(town: Path) -> None:
    rewrite(town, 'sheet = "清单"\n', "")
    workbook(town / "停车场.xlsx", "车场", [("名称", "容量", "x", "y"), ("甲", "满", X0, Y0)])


ROSTER = ("小区编号", "小区名称", "户数", "建成年份")
TABLES: dict[str, tuple[Change, str]] = {
    "ids given twice": (lambda town: save(estates_of(town).assign(小区编号="X00").head(2), town / "小区边界.gpkg"),
                        "小区边界.gpkg, row 2, column 小区编号, value 'X00': another row has this estate id"),
    "no CRS": (lambda town: save(estates_of(town).set_crs(None, allow_override=True), town / "小区边界.gpkg"),
               'add the line crs = "EPSG:4549"'),
    "metres that claim to be degrees": (
        lambda town: save(estates_of(town).set_crs(4326, allow_override=True), town / "小区边界.gpkg"),
        "小区边界.gpkg, row 1, value '552180, 3527020': the metres of 12 rows do not say their zone"),
    "streets of another town": (
        lambda town: save(streets_of(town).translate(300_000, 0).to_frame("geometry"), town / "道路.gpkg"),
        "道路.gpkg, value '852000, 3527000, 852800, 3527480': the streets"),
    "areas for streets": (
        lambda town: save(streets_of(town).buffer(3).to_frame("geometry"), town / "道路.gpkg"),
        "道路.gpkg: the file holds no lines"),
    "two layers": (lambda town: estates_of(town).to_file(town / "小区边界.gpkg", layer="乙"),
                   "the file has 2 layers (小区边界, 乙)"),
    "no such sheet": (lambda town: rewrite(town, '"名册"', '"名单"'),
                      "小区名册.xlsx, value '名单': there is no such sheet"),
    "a word for a number": (
        lambda town: workbook(town / "小区名册.xlsx", "名册", [ROSTER, ("X00", "春里", "很多", 1999)]),
        "小区名册.xlsx, sheet 名册, row 2, column 户数, value '很多': this is not a number"),
    "a year to come": (
        lambda town: workbook(town / "小区名册.xlsx", "名册", [ROSTER, (), ("X00", "春里", 5, 2999)]),
        "小区名册.xlsx, sheet 名册, row 3, column 建成年份, value '2999': this is not between 1900 and 2026"),
    "a cell at the end of the sheet": (lambda town: stray_cell(town / "停车场.xlsx"),
                                       "停车场.xlsx, value 'XFD1048576': a sheet reaches to this cell"),
    "a sheet that nobody named": (unnamed_sheet, "停车场.xlsx, sheet 车场, row 2, column 容量, value '满'"),
    "a facility nowhere": (lambda town: table(town / "养老.csv", ("名称", "x", "y"), [("甲", X0, Y0), ("乙", "", "")]),
                           "养老.csv, row 3, value '乙': this facility has neither coordinates nor an estate"),
}


def stray_cell(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "x"
    book.save(path)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("case", TABLES)
def test_what_is_wrong_in_a_table_is_named_with_its_place(town: Path, case: str):
    change, expected = TABLES[case]
    change(town)
    (message,) = refused(town)
    assert expected in message


def test_a_message_cannot_write_to_the_terminal(town: Path):
    head = ("名称", "容量", "x", "y", "\x1b]0;owned\x07")
    table(town / "养老.csv", head, [("\x1b[2J", "\x1b[31m多\u202e", X0, Y0, "z")])
    done = CliRunner().invoke(app, ["check", str(town), "--lang", "en"])
    assert done.exit_code == 1
    assert not [sign for sign in done.stderr if sign != "\n" and not sign.isprintable()]
    assert "columns not read: ]0;owned" in done.stderr


def test_a_file_where_the_runs_should_be_is_refused(town: Path):
    for target, options in ((town / "runs", []), (town.parent / "out", ["--out", str(town.parent / "out")]),
                            (town.parent / "out", ["--out", str(town.parent / "out" / "deep" / "er")])):
        target.write_text("mine")
        (message,) = refused(town, *options)
        assert message.startswith(f"{target}: this is a file where the folder for the runs should be")
        target.unlink()


def test_the_program_itself_leaves_with_1_for_input_and_2_for_usage(tmp_path: Path, town: Path):
    half(town / "小区边界.gpkg")
    cases = {1: [("run", town), ("check", tmp_path / "nowhere"), ("demo", "--out", town / "道路.gpkg" / "[/b]")],
             2: [("run",), ("run", town, "--lang", "fr"), ("run", town, "--nonsense"), ("rum", town),
                 ("demo", "--sample", "shanghai")]}
    for status, all_arguments in cases.items():
        for arguments in all_arguments:
            done = estategap(*arguments, home=tmp_path)
            assert (done.returncode, done.stdout) == (status, ""), arguments
            assert "Traceback" not in done.stderr
            assert len(done.stderr.strip()) > 20


def test_a_step_may_be_named_like_a_format(tmp_path: Path):
    said = io.StringIO()
    with Progress(Console(file=said, force_terminal=True)).step(f"make {tmp_path}/[/b]"):
        pass
    assert "[/b]" in said.getvalue()


def test_what_killed_runs_left_behind_is_swept_after_a_day(tmp_path: Path):
    names = (".2026-10-31_0123456789.abcdefgh", ".2026-10-31_0123456789.ijklmnop", ".mine", "2026-10-31_0123456789")
    for name in names:
        (tmp_path / name / "new").mkdir(parents=True)
    for name in names[1:]:
        os.utime(tmp_path / name, (0, 0))
    put_in_place(tmp_path / "2026-10-31_fedcba9876", lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([names[0], *names[2:], "2026-10-31_fedcba9876"])


def test_a_run_killed_while_it_writes_leaves_the_last_one_whole(town: Path):
    first = CliRunner().invoke(app, ["run", str(town)])
    assert first.exit_code == 0
    runs = town / "runs"
    whole = tree(runs)
    started = subprocess.Popen(command("run", town, "--force"), cwd=town, env=surroundings(town.parent),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not [path for path in runs.glob(".*/new/*") if path.is_file()]:
        assert started.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.01)
    started.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    started.wait()
    left = {name: data for name, data in tree(runs).items() if not name.startswith(".")}
    assert left == whole
    again = CliRunner().invoke(app, ["run", str(town), "--force"])
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    left = {name: data for name, data in tree(runs).items() if not name.startswith(".")}
    changed = {name for name in whole if left[name] != whole[name]}
    assert changed == {f"{(runs / 'latest.txt').read_text('utf-8').strip()}/manifest.json"}
