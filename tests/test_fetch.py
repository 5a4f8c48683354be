"""OpenStreetMap fetched online becomes one dated file that says the same as the source. No socket opens here."""

import hashlib
import io
import json
import socket
import time
import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmnx
import pandas as pd
import pytest
import requests
import shapely
from overpass import STATE, STATUS, STREET, answer, as_json, elements_of
from pandas.testing import assert_frame_equal
from typer.testing import CliRunner

from estategap.cli import app
from estategap.fetch import fetch_project
from estategap.project import missing_parts, read_project
from gis.errors import InputError
from layers.osm import read_osm
from layers.osm_online import area_km2, area_of_place, bounds_around, keys_wanted, snapshot_of, write_snapshot
from layers.osm_tags import osm_tags
from layers.osmnx_bridge import Asking, ask_nominatim, ask_overpass

WHOLE, PART = (121.47, 31.26, 121.53, 31.31), (121.491, 31.282, 121.499, 31.2885)
TODAY, DAY = date(2026, 10, 31), STATE[:10]
PARTS = ("streets", "buildings", "estates", "gates", "entrances", "water", "waterways", "green", "railways")


@pytest.fixture
def tongji(shared_data: Path) -> Path:
    return shared_data / "shanghai-tongji" / "tongji.osm"


@cache
def tongji_elements(path: Path) -> list[dict[str, Any]]:
    return elements_of(path)


@pytest.fixture(autouse=True)
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """No way out of this process: no name is known and no socket opens."""
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "gethostbyname", unknown)
    monkeypatch.setattr(socket, "getaddrinfo", unknown)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers recorded from ``Recorded.elements`` and ``Recorded.places``; the texts that were sent out."""
    sent: list[str] = []

    def send(_: requests.Session, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        form = requests.compat.urlsplit(str(request.url)).query if request.method == "GET" else str(request.body)
        asked = requests.compat.unquote_plus(form)
        response = requests.Response()
        response.status_code, response.url, response.request = 200, str(request.url), request
        body = STATUS
        if not request.url.endswith("/status"):
            sent.append(f"{request.url} {asked} {request.headers}")
            body = as_json(Recorded.places if "nominatim" in request.url else
                           answer(Recorded.elements, asked.removeprefix("data=")))
        response.raw = io.BytesIO(body)
        for hook in request.hooks["response"]:
            hook(response, **given)
        return response

    monkeypatch.setattr(requests.Session, "send", send)
    Recorded.elements, Recorded.places = STREET, []
    return sent


class Recorded:
    elements: list[dict[str, Any]]
    places: list[dict[str, Any]]


def project(folder: Path, osm: str, estates: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(
        f'[project]\nname = "同济"\ndata_date = 2026-10-31\n[estates]\n{estates}\n{osm}\n', "utf-8")
    return folder


def box(bounds: tuple[float, ...]) -> str:
    return f"[osm]\nbbox = {list(bounds)}"


def fetch(folder: Path, *, today: date = TODAY, again: bool = False) -> tuple[Path, list[str]]:
    said: list[str] = []
    target = fetch_project(folder, today=today, again=again, lang="zh", tell=lambda words: said.append(str(words)))
    return target, said


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "osm").glob("*") if one.is_file()}


# What is fetched


@pytest.mark.usefixtures("recorded")
def test_the_snapshot_of_tongji_reads_as_the_file_itself(tongji: Path, tmp_path: Path):
    Recorded.elements = tongji_elements(tongji)
    target, said = fetch(project(tmp_path / "p", box(WHOLE)))
    ours, theirs = read_osm(target), read_osm(tongji)
    for name in PARTS:
        assert_frame_equal(getattr(ours, name), getattr(theirs, name))
    assert len(ours.streets) > 300
    assert len(ours.buildings) > 100
    assert len(ours.estates) > 5
    for kind, frame in theirs.facilities.items():
        assert_frame_equal(ours.facilities[kind], frame)
    assert_frame_equal(ours.cut, theirs.cut)
    assert ours.extent.equals(shapely.box(*WHOLE))
    assert target == tmp_path / "p" / "osm" / f"{DAY}.osm"
    assert f"{len(theirs.buildings)} buildings" in said[-2]


@pytest.mark.usefixtures("recorded")
def test_a_smaller_box_holds_whole_what_touches_it_and_no_more(tongji: Path, tmp_path: Path):
    Recorded.elements = tongji_elements(tongji)
    target, _ = fetch(project(tmp_path / "p", box(PART)))
    ours, theirs, area = read_osm(target), read_osm(tongji), shapely.box(*PART)
    length = {name: one.streets.set_geometry(one.streets.geometry.to_crs("EPSG:4549")).assign(
        length=lambda frame: frame.length).groupby("osm_id")["length"].sum() for name, one in
        (("ours", ours), ("theirs", theirs))}
    touching = theirs.streets.dissolve("osm_id").intersects(area)
    wanted = length["theirs"][touching[touching].index]
    assert 50 < len(wanted) < len(length["theirs"])
    assert set(wanted.index) <= set(length["ours"].index)
    pd.testing.assert_series_equal(length["ours"][wanted.index], wanted, atol=0.001, check_exact=False)
    extra = theirs.streets[theirs.streets["osm_id"].isin(set(length["ours"].index) - set(wanted.index))]
    assert extra.empty or extra.dissolve("osm_id").envelope.intersects(area).all()
    for name in ("buildings", "estates"):
        full, mine = getattr(theirs, name), getattr(ours, name)
        inside = full[full.intersects(area)]
        assert len(inside) > 3
        assert_frame_equal(mine.loc[inside.index], inside)
        assert full.loc[mine.index].envelope.intersects(area.envelope.buffer(0.005)).all()
    assert ours.extent.equals(area)
    assert len(files(tmp_path / "p")[f"{DAY}.osm"]) < tongji.stat().st_size / 2


def test_every_key_that_is_read_is_asked_for():
    assert keys_wanted() == ("amenity", "barrier", "building", "entrance", "highway", "landuse", "leisure", "natural",
                             "railway", "waterway")
    assert {key for one in osm_tags().facilities.values() for key in one.keys} <= set(keys_wanted())


def test_without_a_box_the_outlines_and_1_km_around_are_asked_for_in_whole_steps(
        recorded: list[str], tmp_path: Path):
    # 1 km is 0.0090 degrees of latitude, and at 31.28 north 1000 / (111.32 km x cos 31.28) = 0.0105 of longitude:
    # west 121.4951 - 0.0105 = 121.4846, east 121.4969 + 0.0105 = 121.5074, south 31.2741, north 31.2939
    home = project(tmp_path / "p", "[osm]", 'file = "小区边界.gpkg"')
    names = {"小区编号": ["机密01", "机密02"], "小区名称": ["鞍山某村", "控江某村"]}
    areas = [shapely.box(121.4951, 31.2831, 121.4958, 31.2837), shapely.box(121.4962, 31.2841, 121.4969, 31.2849)]
    gpd.GeoDataFrame(names, geometry=areas, crs=4326).to_crs(4549).to_file(home / "小区边界.gpkg")
    target, said = fetch(home)
    assert read_osm(target).extent.bounds == (121.48, 31.27, 121.51, 31.3)
    assert len(recorded) == 1
    assert "121.48, 31.27, 121.51, 31.3" in said[0]
    assert not any(word in recorded[0] for word in ("机密", "某村", "同济", "%E6"))
    assert {round(float(one), 3) for one in recorded[0].split("poly:'")[1].split("'")[0].split()} >= {31.27, 121.48}


def test_estates_that_have_only_a_point_say_where_to_fetch_too(recorded: list[str], tmp_path: Path):
    home = project(tmp_path / "p", "[osm]", '[roster]\nfile = "名册.csv"')
    text = "小区名称,经度,纬度\n鞍山某村,121.4951,31.2831\n控江某村,121.4969,31.2849\n"
    (home / "名册.csv").write_text(text, "utf-8")
    target, _ = fetch(home)  # the same corners as above
    assert read_osm(target).extent.bounds == (121.48, 31.27, 121.51, 31.3)
    assert "某村" not in recorded[0]


def test_a_roster_without_outlines_is_told_to_name_a_place(recorded: list[str], tmp_path: Path):
    for estates in ("", '[roster]\nfile = "x.xlsx"'):
        with pytest.raises(InputError, match="not said which area to fetch"):
            fetch(project(tmp_path / "p", "", estates))
    assert recorded == []


def test_an_area_that_is_too_large_is_never_asked_for(recorded: list[str], tmp_path: Path):
    with pytest.raises(InputError, match=r"has 8\d\d km²; at most 400 km²"):  # 28.6 km by 30 km on paper
        fetch(project(tmp_path / "p", box((121.3, 31.1, 121.6, 31.37))))
    assert recorded == []
    assert area_km2((121.0, 31.0, 121.1, 31.1)) == pytest.approx(9.551 * 11.088, rel=0.001)  # arcs from tables, km


def test_a_box_is_widened_and_never_cut():
    for x in (121.4, 121.4949, 121.5):
        shapes = gpd.GeoSeries([shapely.Point(x, 31.28)], crs=4326)
        west, south, east, north = bounds_around(shapes, 1000, 0.01)
        assert 0.0104 < x - west < 0.0206
        assert 0.0104 < east - x < 0.0206
        assert south < 31.271
        assert north > 31.289


# The place by its name


def place(name: str, *, kind: str = "Polygon", at: float = 121.49, size: float = 0.02) -> dict[str, Any]:
    shape = shapely.box(at, 31.27, at + size, 31.29) if kind == "Polygon" else shapely.Point(at, 31.27)
    return {"place_id": 1, "osm_type": "relation", "osm_id": 5, "lat": "31.28", "lon": str(at), "display_name": name,
            "importance": round(0.1 + size, 3),
            "boundingbox": ["31.27", "31.29", str(at), str(at + size)], "geojson": shapely.geometry.mapping(shape)}


SIPING = '[osm]\nplace = "四平路街道, 杨浦区, 上海市"'


def test_a_place_is_looked_up_and_1_km_around_it_fetched(recorded: list[str], tmp_path: Path):
    Recorded.places = [place("四平路街道, 杨浦区"), place("其中的一片", at=121.495, size=0.005)]
    target, said = fetch(project(tmp_path / "p", SIPING))
    assert read_osm(target).extent.bounds == (121.47, 31.26, 121.53, 31.3)
    assert "四平路街道" in said[0]
    assert "四平路街道" in recorded[0]
    assert "四平路街道" not in recorded[1]
    about = json.loads(files(tmp_path / "p")[f"{DAY}.json"])
    assert (about["area"]["asked_by"], about["area"]["place"]) == ("place", "四平路街道, 杨浦区, 上海市")


@pytest.mark.parametrize(("places", "message"), [
    ([], "knows no place of this name"),
    ([place("公园, 甲市"), place("公园, 乙市", at=114.3)], "several places have this name: 公园, 甲市, 公园, 乙市"),
    ([place("四平路", kind="Point")], "point or line only, without an area: 四平路"),
    ([{"display_name": "x", "geojson": {"type": "Polygon", "coordinates": "no"}}], "point or line only"),
])
def test_a_place_that_is_not_one_area_is_refused(
        recorded: list[str], tmp_path: Path, places: list[dict[str, Any]], message: str):
    Recorded.places = places
    with pytest.raises(InputError, match=message) as caught:
        fetch(project(tmp_path / "p", SIPING))
    assert caught.value.problems[0].value == "四平路街道, 杨浦区, 上海市"
    assert len(recorded) == 1
    assert files(tmp_path / "p") == {}


def test_of_nested_places_the_better_match_is_meant():
    first = place("大")["geojson"]
    assert area_of_place([place("大"), place("中", at=121.5, size=0.005), place("点", kind="Point")], "x").equals(
        shapely.geometry.shape(first))


# Again, tomorrow, and half done


def test_the_same_area_on_the_same_day_needs_no_network(
        recorded: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = project(tmp_path / "p", box(PART))
    fetch(home)
    before = files(home)
    assert len(recorded) == 1
    with monkeypatch.context() as offline:
        offline.setattr(requests.Session, "send", lambda *_, **__: pytest.fail("asked again"))
        _, said = fetch(home)
    assert files(home) == before
    assert any("--again" in line for line in said)
    fetch(home, again=True)
    assert len(recorded) == 2
    fetch(home, today=date(2026, 11, 1))
    assert len(recorded) == 3
    assert [one.name for one in (home / "osm" / "cache").iterdir()] == ["2026-11-01"]


def test_an_answer_cut_off_in_the_cache_is_asked_for_again(recorded: list[str], tmp_path: Path):
    home = project(tmp_path / "p", box(PART))
    fetch(home)
    [kept] = (home / "osm" / "cache").rglob("*.json")
    kept.write_bytes(kept.read_bytes()[:100])
    fetch(home)
    assert len(recorded) == 2


@pytest.mark.usefixtures("recorded")
def test_provenance_stands_beside_the_snapshot(tmp_path: Path):
    home = project(tmp_path / "p", box(PART))
    target, _ = fetch(home)
    about = json.loads(target.with_suffix(".json").read_text("utf-8"))
    assert about["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert about["area"]["west_south_east_north"] == list(PART)
    assert about["timestamp_osm_base"] == "2026-10-30T23:59:58+00:00"
    assert about["elements"] == {"node": 2, "way": 1, "relation": 0}
    assert about["versions"]["osmnx"] == osmnx.__version__
    assert about["server"] == "https://overpass-api.de/api"
    assert "OpenStreetMap contributors" in about["licence"]
    assert "ODbL" in about["licence"]
    assert about["fetched_on"] == "2026-10-31"


@pytest.mark.usefixtures("recorded")
def test_osmnx_and_the_search_for_names_are_left_as_they_were(tmp_path: Path):
    before = {name: value for name, value in vars(osmnx.settings).items() if not name.startswith("__")}
    lookup = socket.getaddrinfo
    fetch(project(tmp_path / "p", box(PART)))
    assert {name: getattr(osmnx.settings, name) for name in before} == before
    assert socket.getaddrinfo is lookup


@pytest.mark.parametrize("elements", [
    [], [STREET[0]], [{"type": "node", "id": 9, "lat": 31.285, "lon": 121.495, "tags": {"amenity": "parking"}}],
    [*STREET[:2], {**STREET[2], "tags": {"highway": "proposed"}}],
])
@pytest.mark.usefixtures("recorded")
def test_where_there_are_no_streets_nothing_is_kept_but_the_older_snapshot(
        tmp_path: Path, elements: list[dict[str, Any]]):
    home = project(tmp_path / "p", box(PART))
    fetch(home)
    before = files(home)
    Recorded.elements = elements
    with pytest.raises(InputError, match="has no streets here"):
        fetch(home, again=True)
    assert files(home) == before


def test_a_river_as_a_whole_is_left_out_but_its_area_is_kept(tmp_path: Path):
    far = [{"type": "node", "id": 10 + n, "lat": 30.0 + n, "lon": 114.0} for n in (0, 1)]
    bank = [{"type": "node", "id": 20 + n, "lat": 31.285 + n % 2, "lon": 121.495 + n // 2} for n in range(3)]
    elements = [
        *STREET, *far, *bank, {"type": "way", "id": 30, "nodes": [10, 11], "tags": {"waterway": "river"}},
        {"type": "way", "id": 31, "nodes": [20, 21, 22, 20]},
        {"type": "relation", "id": 40, "members": [{"type": "way", "ref": 30, "role": ""}],
         "tags": {"type": "waterway", "waterway": "river"}},
        {"type": "relation", "id": 41, "members": [{"type": "way", "ref": 31, "role": "outer"}],
         "tags": {"type": "multipolygon", "natural": "water"}},
        {"type": "relation", "id": 42, "tags": {"type": "multipolygon", "natural": "water"}}]
    found = snapshot_of([answer(elements)], PART, "x")
    assert (set(found.ways), set(found.relations), found.left_out) == ({3, 31}, {41, 42}, 2)
    write_snapshot(found, tmp_path / "x.osm")
    assert list(read_osm(tmp_path / "x.osm").water.index) == ["relation/41"]


# Without a network


def test_an_unknown_server_name_is_said_at_once(tmp_path: Path):
    for ask in (lambda one: ask_overpass(PART, keys_wanted(), tmp_path / "1", one),
                lambda one: ask_nominatim("四平路街道", tmp_path / "2", one)):
        with pytest.raises(InputError, match=r"\.invalid is not found: there is no internet, or its name is bl"):
            ask(Asking("https://overpass.invalid/api", "https://nominatim.invalid/", 9, (), 100, "zh", print))


# The project file

def test_the_newest_snapshot_is_read_and_a_named_file_wins(tmp_path: Path):
    home = project(tmp_path / "p", '[osm]\nplace = "x"')
    assert [one.why for one in missing_parts(read_project(home))] == ["nothing has been fetched for this project"]
    (home / "osm").mkdir()
    for name in ("2026-09-30.osm", "2026-10-02.osm.pbf", "2026-10-01.osm", "2027.osm", "2026-11-01.json", "x.osm"):
        (home / "osm" / name).write_bytes(b"x")
    assert read_project(home).files == ("osm/2026-10-02.osm.pbf",)
    assert read_project(project(home, '[osm]\nfile = "osm/x.osm"')).files == ("osm/x.osm",)

@pytest.mark.parametrize(("line", "message"), [
    ("bbox = [31.2, 121.4, 31.3, 121.5]", "west, south, east and north in degrees are wanted"),
    ("bbox = [121.5, 31.2, 121.4, 31.3]", "west, south, east and north in degrees are wanted"),
    ("bbox = [121.4, 31.2, 121.5]", "west, south, east and north in degrees are wanted"),
    ("bbox = [121.4, 31.2, 121.5, nan]", "west, south, east and north in degrees are wanted"),
    ('bbox = "x"', "west, south, east and north in degrees are wanted"),
    ('bbox = [121.4, 31.2, 121.5, 31.3]\nplace = "x"', "place and bbox both say what to fetch"),
    ('server = "overpass"', "an address such as https"), ('server = "http://a:b@c/api"', "an address such as https"),
    ('place = ""', "at least 1 character"), ('place = "   "', "at least 1 character"), ('box = "x"', "bbox"),
])
def test_what_does_not_fit_under_osm_is_said(tmp_path: Path, line: str, message: str):
    with pytest.raises(InputError, match=message) as caught:
        read_project(project(tmp_path / "p", f"[osm]\n{line}"))
    assert [one.column.partition(".")[0] for one in caught.value.problems] == ["osm"]
    if "bbox" in line and "place" not in line:
        assert caught.value.problems[0].value == str(tomllib.loads(line)["bbox"])


def test_what_goes_wrong_is_said_in_chinese_and_ends_with_1(tmp_path: Path):
    done = CliRunner().invoke(app, ["fetch", str(project(tmp_path / "p", box(PART)))])
    assert done.exit_code == 1
    assert ("• 错误：值“https://overpass-api.de/api”：找不到服务器 overpass-api.de：没有联网，或域名在本网络被屏蔽 → "
            "请检查能否上网") in done.stderr
    english = CliRunner().invoke(app, ["fetch", str(tmp_path / "p"), "--lang", "en"])
    assert "the server overpass-api.de is not found" in english.stderr
