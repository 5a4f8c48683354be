"""By what distances are layers joined where no source says better? All are assumptions, kept as data."""

from layers.data import data_of


def assumed(table: str, name: str) -> float:
    """A number of ``layers/assumptions.toml``, in the unit its name ends in."""
    return float(data_of("assumptions")[table][name]["value"])


def assumed_numbers(table: str, name: str) -> tuple[float, ...]:
    """A list of numbers of ``layers/assumptions.toml``."""
    return tuple(map(float, data_of("assumptions")[table][name]["value"]))


def assumed_words(table: str, name: str) -> tuple[str, ...]:
    """A list of words of ``layers/assumptions.toml``."""
    return tuple(data_of("assumptions")[table][name]["value"])
