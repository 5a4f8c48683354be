"""What is wrong with the input, said once, all of it, with the fix; worded so that another language can say it too."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar, Union

if TYPE_CHECKING:
    from gis.ledger import Reading

Severity = Literal["error", "warning"]
_RUNS = 10
_SHOWN = 500
T = TypeVar("T")
U = TypeVar("U")
Value: TypeAlias = Union[str, int, float, "Words", tuple[Union[str, "Words"], ...]]
"""What fills a place of a template: text from the input as it is, a number, words of ours, or a list of these."""


@dataclass(frozen=True)
class Words:
    """A sentence of ours: an English template with ``{names}`` and what fills them. ``str()`` is the English sentence.

    Another language has a template of its own with the same names; values that are ``Words`` are translated too, text
    is data and stays. A template without values is taken as it stands, braces and all.
    """

    template: str
    values: tuple[tuple[str, Value], ...] = ()
    every: tuple[str, ...] = ()
    """All names, where the sentence is a list that was shortened."""

    def __str__(self) -> str:
        return self.put(lambda template: template, ", ")

    def put(self, translate: Callable[[str], str], comma: str) -> str:
        """The sentence with every template as ``translate`` gives it and lists joined by ``comma``."""
        template = translate(self.template)
        filled = {name: _filled(value, translate, comma) for name, value in self.values}
        return template.format(**filled) if filled else template


def _filled(value: Value, translate: Callable[[str], str], comma: str) -> str | float:
    if isinstance(value, Words):
        return value.put(translate, comma)
    if isinstance(value, tuple):
        return comma.join(str(_filled(one, translate, comma)) for one in value)
    return value


def say(template: str, **values: Value) -> Words:
    """A sentence in English, to be translated by its template; constant, never put together from parts."""
    return Words(template, tuple(values.items()))


def either(names: Sequence[str | Words]) -> Words | str:
    """The names with ``or`` between them; at least one."""
    return functools.reduce(lambda first, last: say("{first} or {last}", first=first, last=last), names)


def listed(names: Iterable[object], most: int) -> Value:
    """The first ``most`` names and how many more there are; ``in_full`` has them all."""
    every = tuple(str(name) for name in names)
    if len(every) <= most:
        return every
    return replace(say("{names} and {count} more", names=every[:most], count=len(every) - most), every=every)


def more_rows(count: int, why: Words | str) -> Words:
    """The same of further rows, which are not named one by one."""
    reason = why if isinstance(why, Words) else Words(why)
    return say("{count} more rows: {why}", count=count, why=reason)


def in_full(said: Words) -> Words:
    """The same with all names where ``listed`` has shortened them: for a sheet, where there is room."""
    return Words(said.template, tuple((name, _in_full(value)) for name, value in said.values))


def _in_full(value: Value) -> Value:
    return (value.every or in_full(value)) if isinstance(value, Words) else value


def reported(said: object) -> Words:
    """What another program said, in its own words, which nobody translates."""
    return say("{reported}", reported=str(said))


_SYSTEM = {str(one): one for one in (
    say("Permission denied"), say("No space left on device"), say("Is a directory"), say("Not a directory"),
    say("Read-only file system"), say("File name too long"), say("File exists"), say("No such file or directory"),
    say("Input/output error"), say("Too many open files"), say("Device or resource busy"), say("Disk quota exceeded"))}


def system_reason(error: OSError) -> Words:
    """Why the operating system refused."""
    return _SYSTEM.get(error.strerror or "", reported(error.strerror or error))


def runs_of(rows: Iterable[int]) -> list[str]:
    """Row numbers as runs: 3–18, 25."""
    if isinstance(rows, range) and rows.step == 1 and len(rows) > 1:  # the cells of a grid, which may be millions
        return [f"{rows[0]}–{rows[-1]}"]
    ordered = sorted(set(rows))
    runs = [[row for _, row in run] for _, run in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0])]
    return [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]


class Cell(NamedTuple):
    """One of the rows that a problem is about, with what stands there."""

    file: str
    sheet: str
    row: int | None
    value: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, the value as read, why, and what to do about it.

    ``row`` counts as the planner's spreadsheet does: the header is row 1; in project.toml it is the line. Text in
    ``why`` and ``fix`` is a template without values. A problem of many rows says in ``value`` what some of them hold
    and in ``cells`` what all of them do, for a sheet, where there is room.
    """

    why: Words | str
    fix: Words | str
    severity: Severity = "error"
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: Words | str = ""
    value: str = ""
    cells: tuple[Cell, ...] = field(default=(), repr=False)

    @property
    def of_settings(self) -> bool:
        """Whether it is about a settings file, whose ``row`` is a line and whose ``column`` a key."""
        return self.file.endswith(".toml")

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows it is about as runs, shortened; none where it names one row, or they are of several files."""
        numbers = [cell.row for cell in self.cells if cell.row is not None and cell[:2] == (self.file, self.sheet)]
        if self.row is not None or not numbers or len(numbers) < len(self.cells):
            return ()
        runs = runs_of(numbers)
        return (*runs[:_RUNS], *["…"] * (len(runs) > _RUNS))

    @property
    def shown(self) -> str:
        """The value for a line of text: what is longer than any cell a planner types by hand is cut off."""
        return self.value if len(self.value) <= _SHOWN else self.value[:_SHOWN] + "…"

    def __str__(self) -> str:
        place = [
            self.file,
            f"sheet {self.sheet}" if self.sheet else "",
            f"row {self.row}" if self.row is not None else "",
            f"rows {', '.join(self.rows)}" if self.rows else "",
            f"{'key' if self.of_settings else 'column'} {self.column}" if self.column else "",
            f"value {self.shown!r}" if self.value else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.why} → {self.fix}" if where else f"{self.why} → {self.fix}"


def together(problems: Iterable[Problem]) -> list[Problem]:
    """The problems with those that differ in the row alone as one, at the place of the first; none is said twice."""
    alike: dict[tuple[bool, Problem], list[Problem]] = {}
    for one in problems:
        of_row = one.row is not None and not one.cells
        alike.setdefault((of_row, replace(one, row=None) if of_row else one), []).append(one)
    return [some[0] if len(some) == 1 or not of_row else replace(one, cells=tuple(
        Cell(each.file, each.sheet, each.row, each.value) for each in some)) for (of_row, one), some in alike.items()]


class InputError(Exception):
    """The job cannot be done with this input; ``problems`` holds everything that is wrong."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(f"• {problem}" for problem in self.problems))


@dataclass
class ProblemLog:
    """Collects problems while reading, so that a planner sees all of them at once, and how each file was read."""

    problems: list[Problem] = field(default_factory=list)
    readings: "list[Reading]" = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Note one problem."""
        self.problems.append(problem)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop the job."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def attempt(self, read: Callable[[], T], otherwise: U) -> T | U:
        """What ``read`` gives; where it raises ``InputError`` its problems are noted and ``otherwise`` stands in.

        So that one bad file does not hide another: ``raise_errors`` stops the job before the stand-in is used.
        """
        try:
            return read()
        except InputError as error:
            self.problems.extend(error.problems)
            return otherwise

    def raise_errors(self) -> None:
        """Raise all errors noted so far as one ``InputError``; do nothing when there are none."""
        if self.errors:
            raise InputError(self.errors)
