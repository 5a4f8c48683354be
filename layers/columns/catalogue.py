"""What may a planner's tables hold? The list of fields with all their names, read once from ``fields.toml``."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from layers.data import data_of

_NO_TABLES = frozenset({"cells", "headers", "personal", "not_read", "base_map"})


@dataclass(frozen=True)
class Field:
    """One column of ours: how planners call it, what it holds and which parts of the program use it.

    ``interval``: what a cell says beside a number (约1200, 1200-1300) is read into columns of its own.
    """

    name: str
    aliases: tuple[str, ...]
    type: str
    unit: str = ""
    used_by: tuple[str, ...] = ()
    empty: str = ""
    otherwise: str | None = None
    choices: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)
    interval: bool = False
    several: bool = False

    @property
    def label(self) -> str:
        """The Chinese header that templates and messages show."""
        return next((alias for alias in self.aliases if not alias.isascii()), self.name)


def fields_of(table: str) -> Mapping[str, Field]:
    """The fields of ``roster``, ``facility``, ``building``, ``door``, ``gate`` or ``complaint``, by our name."""
    return _catalogue()[table]


def tables() -> tuple[str, ...]:
    """The names of all lists of fields."""
    return tuple(_catalogue())


def not_read(what: str) -> tuple[str, ...]:
    """A list of ``[not_read]``, such as ``headers``, ``totals`` or ``examples``."""
    return tuple(document()["not_read"][what])


def document() -> dict[str, Any]:
    """The whole file; whoever reads a list of words from it knows its name."""
    return data_of("fields")


@functools.cache
def _catalogue() -> dict[str, dict[str, Field]]:
    tables = {name: part for name, part in document().items() if name not in _NO_TABLES}
    return {table: {name: _field(name, entry) for name, entry in part.items()} for table, part in tables.items()}


def _field(name: str, entry: dict[str, Any]) -> Field:
    return Field(
        name=name, aliases=tuple(entry["aliases"]), type=entry["type"], unit=entry.get("unit", ""),
        used_by=tuple(entry["used_by"]), empty=entry.get("empty", ""), otherwise=entry.get("otherwise"),
        choices={value: tuple(words) for value, words in entry.get("choices", {}).items()},
        interval=entry.get("interval", False), several=entry.get("several", False),
    )
