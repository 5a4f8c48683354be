"""What is wrong with the input, said once, all of it, with the fix."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Severity = Literal["error", "warning"]
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, the value as read, why, and what to do about it.

    ``row`` counts as the planner's spreadsheet does: the header is row 1.
    """

    why: str
    fix: str
    severity: Severity = "error"
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = [
            self.file,
            f"sheet {self.sheet}" if self.sheet else "",
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column}" if self.column else "",
            f"value {self.value!r}" if self.value else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.why} → {self.fix}" if where else f"{self.why} → {self.fix}"


class InputError(Exception):
    """The job cannot be done with this input; ``problems`` holds everything that is wrong."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(f"• {problem}" for problem in self.problems))


@dataclass
class ProblemLog:
    """Collects problems while reading, so that a planner sees all of them at once."""

    problems: list[Problem] = field(default_factory=list)

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
