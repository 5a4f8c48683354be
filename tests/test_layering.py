"""The rules of the house, checked on the source: who imports whom, who touches the world, what is packed."""

import ast
import fnmatch
import json
import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("gis", "layers", "analyses", "maps", "estategap")  # imports point left
WORLD = {
    "osmium": "layers/osm.py",
    "osmnx": "layers/osmnx_bridge.py",
    "rasterio": "layers/rasters.py",
    "exactextract": "gis/zonal.py",
    "numba": "gis/kernels.py",
    "highspy": "gis/allocation.py",
    "folium": "maps/webmap.py",
    "branca": "maps/webmap.py",
}
ONLINE = {"socket", "ssl", "http", "urllib", "requests", "urllib3", "httpx", "aiohttp", "ftplib", "smtplib"}
READS = re.compile(r"(open|urlopen|read_(?!only)\w+|write_\w+|to_(file|csv|excel|parquet|pickle)|(load|save)(z|txt)?)")
MAY_READ = {"analyses/standards/__init__.py", "analyses/methods/discovery.py"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
HEAVY = {"geopandas", "pandas", "numpy", "shapely", "scipy", "pyproj", "osmnx", "numba", "folium", "rasterio", "osmium",
         "highspy", "matplotlib"}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ALL_CODE = [*SOURCES, *sorted(path for place in ("tests", "benchmarks") for path in (ROOT / place).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported_by(node: ast.AST) -> list[str]:
    """Full names an import statement asks for; ``from a import b`` asks for ``a.b``."""
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [f"{node.module}.{one.name}" for one in node.names]
    return []


def imports(path: Path) -> set[str]:
    """All names imported anywhere in a file, inside functions too."""
    return {name for node in ast.walk(tree_of(path)) for name in imported_by(node)}


def test_imports_point_left():
    wrong = [f"{name_of(path)} imports {name}" for path in SOURCES for name in imports(path)
             if (room := name.split(".")[0]) in ROOMS and ROOMS.index(room) > ROOMS.index(name_of(path).split("/")[0])]
    assert wrong == []


def test_the_product_imports_no_test_and_no_room_imports_itself_in_a_circle():
    modules = {module_of(path): path for path in SOURCES}
    needs = {name: {known for one in {part for node in tree_of(path).body for part in imported_by(node)}
                    if (known := next((m for m in (one, one.rpartition(".")[0]) if m in modules), ""))}
             for name, path in modules.items()}
    assert len(list(TopologicalSorter(needs).static_order())) >= len(modules)  # a circle raises CycleError
    tests = {path.stem for path in (ROOT / "tests").glob("*.py")} | {"tests", "pytest", "hypothesis"}
    assert [name_of(path) for path in SOURCES if {name.split(".")[0] for name in imports(path)} & tests] == []


@pytest.mark.parametrize("package", WORLD)
def test_one_module_per_outside_world(package: str):
    users = {name_of(path) for path in SOURCES if package in {name.split(".")[0] for name in imports(path)}}
    assert users == {WORLD[package]}


def test_nothing_speaks_to_the_network_but_the_osmnx_bridge():
    users = {name_of(path) for path in SOURCES if ONLINE & {name.split(".")[0] for name in imports(path)}}
    assert users <= {WORLD["osmnx"]}


def test_engine_and_analyses_touch_no_file():
    found = set()
    for path in SOURCES:
        if name_of(path).split("/")[0] in {"gis", "analyses"}:
            called = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
            names = [getattr(one, "id", getattr(one, "attr", "")) for one in called]
            if any(READS.fullmatch(name) for name in names) or imports(path) & {"shutil", "tempfile", "os", "sqlite3"}:
                found.add(name_of(path))
    assert found <= MAY_READ


def test_modules_are_named_for_what_they_hold():
    names = {name_of(path): set(re.split(r"[/_.]", name_of(path))) for path in ALL_CODE}
    assert [path for path, words in names.items() if words & VAGUE] == []


def test_files_and_functions_are_short():
    long = [f"{name_of(path)}: {lines} lines" for path in ALL_CODE
            if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE]
    for path in ALL_CODE:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{name_of(path)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


WATCH = """
import importlib, json, os, sys
seen = []
def note(event, args):
    writes = event == "open" and (set(str(args[1] or "")) & set("wax+") or
             isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    acts = event.split(".")[0] in {"socket", "urllib", "subprocess", "shutil", "tempfile", "http", "ftplib"} or \\
           event in {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.system", "os.putenv"}
    if (writes and args[0] != os.devnull) or acts:
        seen.append([event, str(args[0])[:200] if args else ""])
sys.path.insert(0, sys.argv[1])
# what other packages do when they are imported is theirs: they are loaded before the watch begins
for name in sys.argv[2].split(","):
    importlib.import_module(name)
sys.addaudithook(note)
for name in sys.argv[3].split(","):
    importlib.import_module(name)
print(json.dumps(seen))
"""


def bare_python(*arguments: str, home: Path) -> str:
    """Run Python in an empty home and working folder, writing no byte code; what it prints."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *arguments], cwd=home, env=env, check=False, capture_output=True,
                          text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_any_module_has_no_effect(tmp_path: Path):
    modules = [module_of(path) for path in SOURCES if path.name != "__main__.py"]
    others = sorted(foreign() - {"pyrosm"})
    events = json.loads(bare_python("-c", WATCH, str(ROOT), ",".join(others), ",".join(modules), home=tmp_path))
    kept_code = str(ROOT / "gis" / "__pycache__")  # where machine code is kept, as Python keeps its byte code
    assert [event for event in events if not event[1].startswith(kept_code)] == []
    assert [path for path in tmp_path.iterdir() if path.name not in {".cache", ".config"}] == []


@pytest.mark.parametrize("command", [[], ["run"], ["demo"]])
def test_help_loads_nothing_heavy(tmp_path: Path, command: list[str]):
    code = ("import sys\nfrom estategap.cli import main\nsys.argv = ['estategap', *sys.argv[1:], '--help']\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
            "print('loaded:', ','.join({name.split('.')[0] for name in sys.modules}))")
    said = bare_python("-c", code, *command, home=tmp_path)
    assert "Usage" in said
    assert set(said.rpartition("loaded: ")[2].strip().split(",")) & HEAVY == set()


def test_no_other_distribution_owns_our_names():
    owners = packages_distributions()
    assert {owner for room in ROOMS for owner in owners.get(room, [])} <= {"estategap"}


def requirements(part: str) -> list[str]:
    return PROJECT["project"]["dependencies"] if part == "run" else PROJECT["project"]["optional-dependencies"][part]


def plain_name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def foreign() -> set[str]:
    """Top-level modules of other people that the product imports when it runs, not only to check types."""
    asked: set[str] = set()
    for path in SOURCES:
        guards = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.If)
                  and ast.unparse(node.test) == "TYPE_CHECKING"]
        typing_only = {id(one) for guard in guards for one in ast.walk(guard)}
        asked |= {name.split(".")[0] for node in ast.walk(tree_of(path)) if id(node) not in typing_only
                  for name in imported_by(node)}
    return asked - set(sys.stdlib_module_names) - set(ROOMS)


def test_every_package_imported_is_declared():
    owners = packages_distributions()
    declared = {plain_name(one) for one in requirements("run")}
    assert {name for name in foreign() if not {plain_name(one) for one in owners.get(name, [])} & declared} == set()


def test_environment_and_pyproject_and_constraints_agree():
    text = (ROOT / "environment.yml").read_text("utf-8")
    listed = re.findall(r'^ +- "?([^"\n]+?)"?$', text.partition("dependencies:")[2], re.MULTILINE)
    python = "python" + PROJECT["project"]["requires-python"]
    assert [one for one in listed if one not in {"pip", "pip:"}] == [
        python, *requirements("run"), *requirements("dev"), "--editable ."]
    pins = (ROOT / "constraints.txt").read_text("utf-8").split("\n")
    assert pins.pop() == ""
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.+!]*", line)] == []
    pinned = {plain_name(line) for line in pins}
    assert {plain_name(one) for one in (*requirements("run"), *requirements("dev"))} - pinned == set()


def test_every_folder_with_python_and_every_data_file_is_packed():
    table = PROJECT["tool"]["setuptools"]
    assert sorted(table["packages"]) == sorted({name_of(path.parent).replace("/", ".") for path in SOURCES})
    patterns = {package.replace(".", "/"): globs for package, globs in table["package-data"].items()}
    tracked = subprocess.run(["git", "ls-files", "-z", "--", *ROOMS], cwd=ROOT, check=False, capture_output=True)
    names = [Path(name) for name in tracked.stdout.decode().split("\0") if name]
    data = names or [path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*")
                     if path.is_file() and "__pycache__" not in path.parts]
    unpacked = [name.as_posix() for name in data if name.suffix != ".py" and not any(
        fnmatch.fnmatch(name.name, one) for one in patterns.get(name.parent.as_posix(), []))]
    assert unpacked == []
