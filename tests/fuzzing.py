"""Read thousands of spoilt files as the program does, each in a process that may crash, hang or fill its memory.

What comes of a file is a result or an ``InputError`` whose messages can be said; all else is a failure. The processes
are forks of one that has everything loaded::

    python tests/fuzzing.py FOLDER CASES_PER_FILE [PART PARTS]
"""

import faulthandler
import json
import os
import resource
import select
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mutations
import osmnx  # noqa: F401 - loaded once for all forks
import whole_files

from estategap.project import read_project
from gis.errors import InputError, ProblemLog
from gis.tables import Buildings, Estates
from layers.basemap_osm import basemap_of_osm
from layers.buildings import buildings_of_osm, read_buildings
from layers.complaints import count_complaints
from layers.doors import doors_of_osm
from layers.estates import read_estates
from layers.estates_osm import estates_of_osm
from layers.facilities import read_facilities
from layers.facilities_osm import facilities_of_osm
from layers.gates import gates_of_osm
from layers.kinds import facility_kinds
from layers.osm import read_osm
from layers.people_raster import people_of_raster
from layers.placing.places import Town
from layers.rasters import read_raster_window
from layers.reading.files import Source
from layers.streets import read_streets, streets_of_osm
from maps.problem_list import write_problem_list
from maps.texts import problem_line

Case = int | str
TOWN = Town(whole_files.CRS, (120.54, 31.86, 120.57, 31.9))
HANGS_S = 30
"""A case that takes longer is taken for one that never ends; whole files take a few hundredths."""
MEMORY_BYTES = 2 * 2**30
"""What a case may take beyond what the program has loaded."""
PEAK_BYTES = 2**30
_UNBALANCED = "the account of rows does not balance"
_EVERY = 8


@dataclass(frozen=True)
class Whole:
    """The whole files by name, which of them belong together, and the estates of the place they are about."""

    files: Mapping[str, bytes]
    groups: Mapping[str, Sequence[str]]
    estates: Estates

    @classmethod
    def written(cls, folder: Path) -> "Whole":
        """Write the files and read the estates of them."""
        folder.mkdir(parents=True)
        groups = whole_files.write_whole_files(folder)
        estates = read_estates(outlines=Source(folder / "outlines.gpkg"), roster=Source(folder / "roster.xlsx"),
                               walled_default=True, log=ProblemLog(), town=TOWN, data_year=2026)
        return cls({path.name: path.read_bytes() for path in sorted(folder.iterdir())}, groups, estates)

    @cached_property
    def harmful(self) -> dict[str, tuple[str, bytes]]:
        """The files made to do harm."""
        return mutations.harmful(self.files)

    def cases(self, many: int) -> list[tuple[str, list[Case]]]:
        """Of each file the whole one (0), so many spoilt ones, and those made to do harm."""
        every: dict[str, list[Case]] = {name: list(range(many + 1)) for name in self.groups}
        for harm, (file, _) in self.harmful.items():
            every[next(name for name, group in self.groups.items() if file in group)].append(harm)
        return list(every.items())

    def spoilt(self, name: str, case: Case) -> dict[str, bytes]:
        """The files of a case."""
        whole = {one: self.files[one] for one in self.groups[name]}
        if isinstance(case, str):
            file, data = self.harmful[case]
            return whole | {file: data}
        return mutations.mutated(name, case, self.files, tuple(self.groups[name])) if case else whole

    def read(self, name: str, case: Case, folder: Path) -> list[str]:
        """Read a case in a folder; the problems found, in Chinese.

        Raises:
            AssertionError: rows are unaccounted for, or no account was given.
        """
        for file, data in self.spoilt(name, case).items():
            (folder / file).write_bytes(data)
        log, number = ProblemLog(), case if isinstance(case, int) else 0
        try:
            self._read(folder / name, number, log)
            problems, refused = tuple(log), False
        except InputError as error:
            problems, refused = (*log, *error.problems), True
        assert problems or not refused, "refused without a word"
        assert case != 0 or not refused, "the whole file is refused"
        if not name.startswith(("map", "people", "project")):
            assert refused or log.readings, "no account of the rows"
        said = [line for one in problems for line in (problem_line(one, "zh"), problem_line(one, "en"))]
        assert not any(_UNBALANCED in line for line in said), said
        if number % _EVERY == 0:
            write_problem_list(problems, log.readings, folder / "problems.xlsx", "zh")
        return said[::2]

    def _read(self, path: Path, number: int, log: ProblemLog) -> None:
        kind, source = path.name.split(".")[0].split("_")[0], Source(path)
        if kind == "outlines" and number % 2:
            read_buildings(source, town=TOWN, log=log)
        elif kind in {"outlines", "roster"}:
            read_estates(outlines=source if kind == "outlines" else None, roster=source if kind == "roster" else None,
                         walled_default=True, log=log, town=TOWN, data_year=2026, round_spread=0.1)
        elif kind == "sites":
            what = ("elderly_care_sites", "micro_fire_stations", "car_parks")[number % 3]
            read_facilities(source, kind=what, surveyed=True, estates=self.estates, town=TOWN, log=log)
        elif kind == "calls":
            count_complaints(source, self.estates, town=TOWN, log=log)
        elif kind == "streets":
            read_streets(source, town=TOWN, log=log)
        elif kind == "map":
            self._read_osm(path, log)
        elif kind == "people":
            window = read_raster_window(path, tuple(self.estates.frame.total_bounds), self.estates.crs)
            people_of_raster(self.estates, Buildings.empty(self.estates.crs), window, people="residents_60plus",
                             spread=0.2)
        else:
            read_project(path)

    def _read_osm(self, path: Path, log: ProblemLog) -> None:
        extract, crs = read_osm(path), self.estates.crs
        log.problems.extend(extract.problems)
        streets_of_osm(extract, crs)
        estates = estates_of_osm(extract, crs, edge_margin_m=100.0, walled=True, log=log)
        gates_of_osm(extract, estates)
        doors_of_osm(extract, buildings_of_osm(extract, crs, log=log))
        for what in facility_kinds():
            facilities_of_osm(extract, what, crs)
        basemap_of_osm(extract, crs)


def run(whole: Whole, name: str, cases: Sequence[Case]) -> Iterator[tuple[Case, str]]:
    """Read cases of one file; of each that fails how, whatever became of the process that read it."""
    rest = list(cases)
    while rest:
        done, failure = _in_a_fork(whole, name, rest)
        yield from done.items()
        if not failure:
            return
        yield rest[len(done)], failure
        rest = rest[len(done) + 1 :]


def _in_a_fork(whole: Whole, name: str, cases: Sequence[Case]) -> tuple[dict[Case, str], str]:
    """What came of each case up to the end or to one that ended or stopped the process, and how it did."""
    ours, theirs = os.pipe()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.close(ours)
            os.dup2(said.fileno(), 2)
            _child(whole, name, cases, theirs)
        os.close(theirs)
        done: dict[Case, str] = {}
        with os.fdopen(ours) as lines:
            while len(done) < len(cases):
                if not select.select([lines], [], [], HANGS_S)[0]:
                    os.kill(child, signal.SIGABRT)
                    break
                line = lines.readline()
                if not line:
                    break
                done[cases[len(done)]] = json.loads(line)
            ended = os.waitpid(child, 0)[1]
        said.seek(0)
        told = said.read().decode("utf-8", "replace").partition("Extension modules")[0][-3000:]
    if len(done) == len(cases):
        return done, ""
    hung = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGABRT
    return done, f"{'hangs or aborts' if hung else 'crashes'} ({os.waitstatus_to_exitcode(ended)}): {told}"


def _child(whole: Whole, name: str, cases: Sequence[Case], pipe: int) -> None:
    faulthandler.enable(sys.__stderr__)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY_BYTES, taken + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(pipe, "w", buffering=1) as lines:
        for case in cases:
            print(json.dumps(_outcome(whole, name, case)), file=lines)
    os._exit(0)


def _outcome(whole: Whole, name: str, case: Case) -> str:
    """Nothing, or what went wrong."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole.read(name, case, Path(folder))
        except BaseException:  # noqa: BLE001 - also what no program should raise, such as a panic of Rust's
            return traceback.format_exc(limit=-6)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"memory reached {peak / 2**20:.0f} MiB" if peak > PEAK_BYTES else ""


def main() -> None:
    """Run a part of all cases; failures and the number of cases go to standard output as JSON lines."""
    folder, many, part, parts = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    whole = Whole.written(folder)
    total = 0
    for name, cases in whole.cases(many)[part::parts]:
        total += len(cases)
        for case, failure in run(whole, name, cases):
            if failure:
                print(json.dumps({"replay": f"python tests/mutations.py {name} {case!r}", "failure": failure}),
                      flush=True)
    print(json.dumps({"cases": total}))


if __name__ == "__main__":
    main()
