"""The same inputs give the same run: the same id, the same bytes, and nothing is done twice."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from small_town import command, surroundings, tree, write_town
from typer.testing import CliRunner

from estategap.cli import app
from estategap.manifest import identity, input_digests, run_id
from estategap.plan import plan_of
from estategap.project import read_project


@pytest.fixture(scope="module")
def towns(tmp_path_factory) -> list[Path]:
    """Two copies of one project in two places, each run by a process of its own with its own hash seed."""
    home = tmp_path_factory.mktemp("home")
    first, second = write_town(home / "a"), home / "elsewhere" / "b"
    shutil.copytree(first, second)
    at_work = [
        subprocess.Popen(command("run", town, "--force", "--out", town.parent / f"out {seed}"), cwd=home,
                         env=surroundings(home, PYTHONHASHSEED=seed, TZ=zone), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
        for town, seed, zone in ((first, "1", "Asia/Shanghai"), (second, "2", "America/New_York"))]
    said = [process.communicate(timeout=300) for process in at_work]
    assert [process.returncode for process in at_work] == [0, 0], said
    return [first, second]


def run_folder(out: Path) -> Path:
    (folder,) = (place for place in out.iterdir() if place.is_dir())
    assert (out / "latest.txt").read_text("utf-8").strip() == folder.name
    return folder


@pytest.fixture(scope="module")
def folders(towns: list[Path]) -> list[Path]:
    return [run_folder(town.parent / f"out {seed}") for town, seed in zip(towns, "12", strict=True)]


def id_of(town: Path, lang: str = "zh") -> str:
    project = read_project(town)
    return run_id(identity(project, plan_of(project).pack, lang, input_digests(project)))


def test_two_runs_have_one_id_and_the_same_bytes(folders: list[Path]):
    assert folders[0].name == folders[1].name
    assert folders[0].name.startswith("2026-10-31_")
    first, second = map(tree, folders)
    manifests = [json.loads(files.pop("manifest.json")) for files in (first, second)]
    assert first.keys() == second.keys()
    assert {"index.html", "maps/priority.html", "ranking.csv", "gaps.csv", "results.gpkg"} <= first.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert all(manifest.pop("timings_s") for manifest in manifests)
    assert manifests[0] == manifests[1]
    assert manifests[0]["outputs"].keys() == first.keys()


def test_a_run_that_is_there_is_not_done_again_and_a_damaged_one_is(towns: list[Path], folders: list[Path]):
    again = lambda: CliRunner().invoke(app, ["run", str(towns[0]), "--out", str(folders[0].parent)])
    stamps = lambda: {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folders[0].rglob("*")}
    before, content = stamps(), tree(folders[0])
    done = again()
    assert (done.exit_code, stamps()) == (0, before)
    assert done.stderr.count("✓") == 1, "inputs were fingerprinted and no more was done"
    assert str(folders[0] / "index.html") in done.stdout
    (folders[0] / "gaps.csv").write_bytes(content["gaps.csv"][:100])
    done = again()
    assert done.exit_code == 0
    assert done.stderr.count("✓") > 5
    changed = tree(folders[0])
    assert {name for name in content if content[name] != changed[name]} <= {"manifest.json"}


def test_the_id_depends_on_every_input_byte_and_setting_and_on_nothing_else(tmp_path: Path):
    town = write_town(tmp_path / "c")
    project = (town / "project.toml").read_text("utf-8")
    ids = {"as it is": id_of(town), "english": id_of(town, "en")}
    (town / "project.toml").write_text("# a remark changes nothing\n" + project, "utf-8")
    (town / "notes.txt").write_text("nor does a file that the project does not name", "utf-8")
    assert id_of(town) == ids["as it is"]
    for name, text in {
        "weight": project + "\n[weights]\nparking = 1\n",
        "other weight": project + "\n[weights]\nparking = 1\nchildcare = 0.001\n",
        "seed": project.replace("seed = 7", "seed = 8"),
        "rule": project + '\n[rules.walking]\nmax_snap_m = { value = 101, reason = "wide streets" }\n',
        "walls": project.replace("[estates]\n", "[estates]\nwalled = false\n"),
    }.items():
        assert text != project
        (town / "project.toml").write_text(text, "utf-8")
        ids[name] = id_of(town)
    (town / "project.toml").write_text(project, "utf-8")
    for name in read_project(town).files:
        whole = (town / name).read_bytes()
        (town / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        ids[name] = id_of(town)
        (town / name).write_bytes(whole)
    assert len(set(ids.values())) == len(ids) > 15
    assert id_of(town) == ids["as it is"]
