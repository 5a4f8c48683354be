"""Which figures and outlines are believed without a question? ``plausible.toml`` says, with a source for each limit."""

from collections.abc import Mapping
from dataclasses import dataclass

from layers.data import data_of


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One field divided by another lies between two numbers; ``least`` is 0 where a small quotient is believed."""

    over: str
    under: str
    least: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Fields that are parts of another one and together are no more than that."""

    parts: tuple[str, ...]
    whole: str


def limit(table: str, name: str) -> float:
    """One limit, in the unit its name ends in."""
    return float(data_of("plausible")[table][name]["value"])


def limits(table: str) -> Mapping[str, float]:
    """All limits of ``impossible``, ``doubtful`` (by field) or ``capacity`` (by facility kind)."""
    return {name: float(entry["value"]) for name, entry in data_of("plausible")[table].items()}


def listed_fields(table: str, name: str) -> tuple[str, ...]:
    """A list of fields."""
    return tuple(data_of("plausible")[table][name]["value"])


def ratios() -> tuple[Ratio, ...]:
    """Quotients of two fields of a roster."""
    return tuple(Ratio(over=one["over"], under=one["under"], least=float(one.get("least", 0)), most=float(one["most"]))
                 for one in data_of("plausible")["ratios"])


def parts() -> tuple[Parts, ...]:
    """Fields of a roster that are parts of another, single ones before those that count together."""
    return tuple(Parts(parts=tuple(one["parts"]), whole=one["whole"]) for one in data_of("plausible")["parts"])
