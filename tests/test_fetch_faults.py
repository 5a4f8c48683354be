"""Whatever the server or the way to it does, a planner gets one message, or the whole snapshot; the server is real."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from overpass import STATE, STREET, answer, as_json, elements_of, serving
from small_town import command, surroundings

from gis.errors import InputError, Words
from layers.osm import read_osm
from layers.osm_online import keys_wanted, snapshot_of, write_snapshot
from layers.osmnx_bridge import Asking, ask_nominatim, ask_overpass

WHOLE, PART = (121.47, 31.26, 121.53, 31.31), (121.491, 31.282, 121.499, 31.2885)
DAY = STATE[:10]
PLACE = {"importance": 0.4, "display_name": "四平路街道", "geojson": {"type": "Polygon", "coordinates": [
    [[121.49, 31.27], [121.51, 31.27], [121.51, 31.29], [121.49, 31.27]]]}}


@pytest.fixture
def tongji(shared_data: Path) -> Path:
    return shared_data / "shanghai-tongji" / "tongji.osm"


def project(folder: Path, server: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(
        '[project]\nname = "同济"\ndata_date = 2026-10-31\n[osm]\nbbox = [121.485, 31.275, 121.51, 31.295]\n'
        f'server = "{server}"\n', "utf-8")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "osm").glob("*") if one.is_file()}


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; nobody waits in a test."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def asking(url: str, *, pauses_s: tuple[float, ...] = (1, 2), timeout_s: int = 30, request_km2: float = 100,
           tell: Callable[[Words], None] = lambda _: None) -> Asking:
    return Asking(url, url, timeout_s, pauses_s, request_km2, "zh", tell)


def test_pieces_of_a_large_area_give_the_same_as_one_question(tongji: Path, tmp_path: Path):
    elements = elements_of(tongji)
    with serving(lambda query: (200, as_json(answer(elements, query)))) as (url, asked):
        one = ask_overpass(WHOLE, keys_wanted(), tmp_path / "1", asking(url))
        assert len(asked) == 1
        several = ask_overpass(WHOLE, keys_wanted(), tmp_path / "2", asking(url, request_km2=9))
    assert len(several) == len(asked) - 1 > 3
    written = [write_snapshot(snapshot_of(answers, WHOLE, url), tmp_path / f"{number}.osm")
               for number, answers in enumerate((one, several))]
    assert written[0] == written[1]


# What may go wrong on the way, with a real server on this machine

GOOD = as_json(answer(STREET))
FAILURES: Mapping[str, tuple[list[Any], str, int]] = {
    "busy": ([(429, b"")] * 9, r"busy or out of order \(HTTP 429\)", 3),
    "gateway": ([(504, b"<html>")] * 9, r"busy or out of order \(HTTP 504\)", 3),
    "refused": ([(403, b"no")], r"refuses \(HTTP 403\)", 1),
    "bad request": ([(400, GOOD)], r"refuses \(HTTP 400\)", 1),
    "body cut": ([(200, GOOD[:200], len(GOOD))] * 9, "cut short or is no OpenStreetMap data", 3),
    "json cut": ([(200, GOOD[:-3])] * 9, "cut short or is no OpenStreetMap data", 3),
    "login page": ([(200, b"<html>log in</html>")] * 9, "cut short or is no OpenStreetMap data", 3),
    "deep": ([(200, b"[" * 100_000)] * 9, "cut short or is no OpenStreetMap data", 3),
    "gave up at once": ([(200, b'{"remark": "runtime error: out of memory", ' + GOOD[1:])],
                        r"gave up before the end \(runtime error: out of memory", 1),
    "gave up": ([(200, GOOD[:-1] + b', "remark": "runtime error: Query timed out in \\"query\\" at line 3"}')],
                r"gave up before the end \(runtime error: Query timed out", 1),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_server_that_fails_gives_one_message_and_no_snapshot(
        failure: str, pauses: list[float], tmp_path: Path):
    replies, message, times = FAILURES[failure]
    rest = iter(replies)
    with serving(lambda _: next(rest)) as (url, asked), pytest.raises(InputError, match=message) as caught:
        ask_overpass(PART, keys_wanted(), tmp_path / "cache", asking(url))
    assert len(asked) == times
    assert [pause for pause in pauses if pause] == [1, 2][:times - 1]
    assert "127.0.0.1" in str(caught.value)
    assert not any((tmp_path / "cache").iterdir())


def test_where_a_server_refuses_a_box_helps_only_if_a_place_was_asked_for(tmp_path: Path):
    fixes = []
    with serving(lambda _: (403, b"no")) as (url, _):
        for ask in (lambda: ask_overpass(PART, keys_wanted(), tmp_path / "o", asking(url)),
                    lambda: ask_nominatim("四平路街道", tmp_path / "n", asking(url))):
            with pytest.raises(InputError, match="HTTP 403") as caught:
                ask()
            fixes += [str(one.fix) for one in caught.value.problems]
    overpass, nominatim = fixes
    assert "bbox" not in overpass
    assert overpass.startswith("try again later; or name another Overpass server under [osm] server, or download ")
    assert nominatim == "try again later, or give [osm] bbox in place of [osm] place"


@pytest.mark.parametrize("first", [(429, b""), (504, b""), (503, b""), (200, GOOD[:99], len(GOOD)), (200, GOOD[:-9])])
def test_a_server_that_recovers_is_asked_again_and_says_so(
        first: Any, tmp_path: Path):
    rest, told = iter([first, first, (200, GOOD)]), []
    with serving(lambda _: next(rest)) as (url, asked):
        got = ask_overpass(PART, keys_wanted(), tmp_path / "cache", asking(url, tell=lambda one: told.append(str(one))))
    assert got == [answer(STREET)]
    assert len(asked) == 3
    assert [line.rpartition("; ")[2] for line in told] == ["asking again in 1 s", "asking again in 2 s"]


def test_a_street_with_a_tag_named_remark_is_no_failure(tmp_path: Path):
    elements = [*STREET[:2], {**STREET[2], "tags": {"highway": "service", "remark": "窄"}}]
    with serving(lambda _: (200, as_json(answer(elements)))) as (url, _):
        assert ask_overpass(PART, keys_wanted(), tmp_path / "cache", asking(url)) == [answer(elements)]


def test_a_silent_server_is_given_up_after_its_time(tmp_path: Path):
    def slow(_: str) -> tuple[int, bytes]:
        threading.Event().wait(1.5)
        return 200, GOOD

    with serving(slow) as (url, asked), pytest.raises(InputError, match="does not answer within 1 s"):
        ask_overpass(PART, keys_wanted(), tmp_path / "cache", asking(url, timeout_s=1, pauses_s=(1,)))
    assert len(asked) == 2


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_no_way_to_the_server_is_said_at_once(pauses: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(InputError, match="cannot be reached"):
        ask_overpass(PART, keys_wanted(), tmp_path / "1", asking(f"http://127.0.0.1:{closed_port()}/api"))
    with serving(lambda _: (200, GOOD)) as (url, _), pytest.raises(InputError, match="certificate of 127"):
        ask_overpass(PART, keys_wanted(), tmp_path / "2", asking(url.replace("http:", "https:")))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(InputError, match="proxy of this network"):
        ask_overpass(PART, keys_wanted(), tmp_path / "3", asking("http://overpass.invalid/api"))
    assert [pause for pause in pauses if pause < 60] == []


def test_a_place_server_that_fails_is_asked_again(tmp_path: Path):
    rest = iter([(429, b""), (200, as_json({"error": "x"})), (200, as_json([PLACE]))])
    with serving(lambda _: next(rest)) as (url, asked):
        assert ask_nominatim("四平路街道", tmp_path / "n", asking(url)) == [PLACE]
    assert asked == ["四平路街道"] * 3


def test_tags_are_data_whatever_they_hold(tmp_path: Path):
    name = '"><node id="7"/>&amp;\n鞍山\x00\ud800\u200b]]>'
    elements = [*STREET[:2], {**STREET[2], "tags": {"highway": "service", "name": name}}]
    write_snapshot(snapshot_of([answer(elements)], PART, "x"), tmp_path / "x.osm")
    assert list(read_osm(tmp_path / "x.osm").streets["name"]) == ['"><node id="7"/>&amp;\n鞍山\ufffd\ufffd\u200b]]>']


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                        ["type", "id", "lat", "lon", "nodes", "members", "tags", "ref", "role", "highway"]), inner))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={
    "type": st.sampled_from(["node", "way", "relation"]) | JSON, "id": st.integers(1, 4) | JSON, "lat": JSON,
    "lon": JSON, "nodes": st.lists(st.integers(1, 4)) | JSON, "members": JSON, "tags": JSON}) | JSON, max_size=4))
def test_any_json_is_a_snapshot_or_refused(tmp_path_factory: pytest.TempPathFactory, elements: list[Any]):
    path = tmp_path_factory.mktemp("any") / "x.osm"
    try:
        write_snapshot(snapshot_of([answer([*STREET, *elements])], PART, "x"), path)
    except InputError:
        return
    assert len(read_osm(path).streets) == 1 or any(isinstance(one, dict) and "id" in one for one in elements)


@pytest.mark.parametrize("answered", [
    [], [[]], [{}], [{"elements": STREET}], [{"osm3s": {}, "elements": STREET}],
    [{"osm3s": {"timestamp_osm_base": "yesterday"}, "elements": STREET}], [{"error": "no"}], ["no"],
])
def test_what_is_not_from_an_overpass_server_is_refused(answered: list[Any]):
    with pytest.raises(InputError, match="not what an Overpass server sends"):
        snapshot_of(answered, PART, "https://example.org")


# The whole command, as a planner runs it


def run(*arguments: object, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=home, check=False, capture_output=True, text=True, encoding="utf-8",
                          env=surroundings(home, no_proxy="127.0.0.1", **more), timeout=300)


def test_fetch_then_run_from_the_command_line(tongji: Path, tmp_path: Path):
    elements = elements_of(tongji)
    with serving(lambda query: (200, as_json(answer(elements, query)))) as (url, _):
        home = project(tmp_path / "p", url)
        asked_first = run("check", home, home=tmp_path)
        assert asked_first.returncode == 1
        assert "本项目还没有下载过 OpenStreetMap → 请先下载：estategap fetch 文件夹" in asked_first.stderr
        fetched = run("fetch", home, home=tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stdout == f"{home / 'osm' / DAY}.osm\n"
    assert "只有这个范围会离开本机" in fetched.stderr
    assert f'请在 project.toml 的 [osm] 中写：file = "osm/{DAY}.osm"' in fetched.stderr
    done = run("run", home, home=tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((Path(done.stdout.splitlines()[0]).parent / "manifest.json").read_text("utf-8"))
    assert manifest["inputs"][f"osm/{DAY}.osm"]["sha256"] == hashlib.sha256(
        (home / "osm" / f"{DAY}.osm").read_bytes()).hexdigest()
    assert manifest["settings"]["osm"]["file"] == f"osm/{DAY}.osm"


@pytest.mark.skipif(os.name == "nt", reason="limits of file size are set as POSIX has them")
@pytest.mark.parametrize("kilobytes", [100, 1500])
def test_a_disk_that_fills_leaves_the_older_snapshot(tongji: Path, tmp_path: Path, kilobytes: int):
    elements = [{**one, "tags": one.get("tags", {}) | {"x": "<" * 100}} for one in elements_of(tongji)]
    with serving(lambda query: (200, as_json(answer(elements, query)))) as (url, _):
        home = project(tmp_path / "p", url)
        (home / "osm").mkdir()
        (home / "osm" / f"{DAY}.osm").write_bytes(b"older")
        limited = ("import resource, sys\nfrom estategap.cli import main\n"
                   f"resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes * 1000}, {kilobytes * 1000}))\n"
                   f"sys.argv = ['estategap', 'fetch', {str(home)!r}]\nmain()")
        done = subprocess.run([sys.executable, "-c", limited], check=False, capture_output=True, text=True,
                              encoding="utf-8", env=surroundings(tmp_path, no_proxy="127.0.0.1"), cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert "Traceback" not in done.stderr
        assert "File too large" in done.stderr
        assert files(home) == {f"{DAY}.osm": b"older"}
        [kept] = (home / "osm" / "cache").rglob("*.json")  # 100: the answer itself does not fit; 1500: the snapshot
        assert kept.read_bytes().endswith(b"}") == (kilobytes == 1500)
        if kilobytes == 100:
            assert run("fetch", home, home=tmp_path).returncode == 0
            assert len(read_osm(home / "osm" / f"{DAY}.osm").streets) > 300


def test_help_is_there_and_loads_nothing_that_could_ask(tmp_path: Path):
    code = ("import sys\nfrom estategap.cli import main\nsys.argv = ['estategap', 'fetch', '--help']\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
            "print('loaded:', {'osmnx', 'requests', 'geopandas', 'pandas', 'numpy'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, encoding="utf-8",
                          env=surroundings(tmp_path), cwd=tmp_path)
    assert "--again" in done.stdout
    assert done.stdout.endswith("loaded: set()\n")


