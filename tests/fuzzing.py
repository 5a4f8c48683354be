"""Read thousands of spoilt files as the program does, each in a process that may crash, hang or fill its memory.

What comes of a file is a result or an ``InputError`` whose messages can be said; all else is a failure. The processes
are forks of one that has everything loaded::

    python tests/fuzzing.py FOLDER CASES_PER_FILE CASES_PER_SECTION PART PARTS
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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import list_seeds
import mutations
import osmnx  # noqa: F401 - loaded once for all forks
import real_pieces
import sections
import whole_files

from gis.errors import InputError, ProblemLog
from gis.tables import Buildings
from layers.buildings import read_buildings
from layers.estates import read_estates
from layers.placing.places import Town
from layers.reading.files import Source
from maps.problem_list import write_problem_list
from maps.texts import problem_line

Case = int | str
TOWNS = {
    "town": Town(whole_files.CRS, (120.54, 31.86, 120.57, 31.9)), "sg": Town("EPSG:3414", (103.6, 1.2, 104.0, 1.5)),
    "tongji": Town("EPSG:4549", (121.4, 31.2, 121.6, 31.4)), "wuhan": Town("EPSG:4547", (114.1, 30.4, 114.5, 30.8)),
}
HANGS_S = 90
"""A case that takes longer is taken for one that never ends; whole files take a few hundredths on a free machine."""
MEMORY_BYTES = 2 * 2**30
"""What a case may take beyond what the program has loaded."""
PEAK_BYTES = 2**30
_UNBALANCED = "the account of rows does not balance"
_EVERY = 8


@dataclass(frozen=True)
class Whole:
    """The whole files by name, which of them belong together, and the places they are about."""

    files: Mapping[str, bytes]
    groups: Mapping[str, Sequence[str]]
    places: Mapping[str, sections.Place]

    @classmethod
    def written(cls, folder: Path) -> "Whole":
        """Write the files, pieces of the real data where there is some, and read the estates of each place."""
        folder.mkdir(parents=True)
        groups = whole_files.write_whole_files(folder)
        list_seeds.write_lists(folder)
        data = real_pieces.data_folder()
        if data is not None:
            real_pieces.write_pieces(data, folder)
        known = {one for group in groups.values() for one in group}
        groups |= {path.name: (path.name,) for path in sorted(folder.iterdir()) if path.name not in known}
        outlines = {"town": "outlines.gpkg", **{one: f"outlines_{one}.geojson" for one in ("sg", "tongji", "wuhan")}}
        places = {one: _place(folder, one, file) for one, file in outlines.items() if file in groups}
        return cls({path.name: path.read_bytes() for path in sorted(folder.iterdir())}, groups, places)

    @cached_property
    def harmful(self) -> dict[str, tuple[str, bytes]]:
        """The files made to do harm."""
        return mutations.harmful(self.files)

    def cases(self, per_file: int, per_section: int) -> list[tuple[str, list[Case]]]:
        """Of each file the whole one (0), so many spoilt ones, and those made to do harm; more where files are few."""
        files = Counter(map(sections.section_of, self.groups))
        many = {name: max(per_file, -(-per_section // files[sections.section_of(name)])) for name in self.groups}
        every: dict[str, list[Case]] = {name: list(range(many[name] + 1)) for name in self.groups}
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
            place = self.places[sections.place_of(name).replace("centre", "tongji")]
            sections.read_section(folder / name, number, place, log)
            problems, refused = tuple(log), False
        except InputError as error:
            problems, refused = (*log, *error.problems), True
        assert problems or not refused, "refused without a word"
        assert case != 0 or not refused, "the whole file is refused"
        if sections.section_of(name, number) not in sections.NO_ACCOUNT:
            assert refused or log.readings, "no account of the rows"
        said = [line for one in problems for line in (problem_line(one, "zh"), problem_line(one, "en"))]
        assert not any(_UNBALANCED in line for line in said), said
        if number % _EVERY == 0:
            write_problem_list(problems, log.readings, folder / "problems.xlsx", "zh")
        return said[::2]


def _place(folder: Path, name: str, file: str) -> sections.Place:
    """A place with the estates of its outlines; the generated town has a roster and buildings besides."""
    town, roster = TOWNS[name], Source(folder / "roster.xlsx")
    estates = read_estates(outlines=Source(folder / file), roster=roster if name == "town" else None, town=town,
                           walled_default=True, log=ProblemLog(), data_year=sections.YEAR)
    built = folder / ("outlines.fgb" if name == "town" else f"buildings_{name}.geojson")
    buildings = Buildings.empty(estates.crs)
    if built.exists():
        buildings = read_buildings(Source(built), town=town, log=ProblemLog())
    return sections.Place(town, roster, estates, buildings)


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
    """Run a part of all cases; failures, and the cases of each section, go to standard output as JSON lines."""
    folder, per_file, per_section, part, parts = Path(sys.argv[1]), *map(int, sys.argv[2:6])
    whole = Whole.written(folder)
    done: Counter[str] = Counter()
    for name, cases in whole.cases(per_file, per_section)[part::parts]:
        done.update(sections.section_of(name, one if isinstance(one, int) else 0) for one in cases if one != 0)
        for case, failure in run(whole, name, cases):
            if failure:
                print(json.dumps({"replay": f"python tests/mutations.py {name} {case!r}", "failure": failure}),
                      flush=True)
    print(json.dumps({"cases": done}))


if __name__ == "__main__":
    main()
