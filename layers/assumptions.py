"""By what distances are layers joined where no source says better? All are assumptions, kept as data."""

import functools
import tomllib
from importlib.resources import files
from typing import Any


def assumed(table: str, name: str) -> float:
    """A number of ``layers/assumptions.toml``, in the unit its name ends in."""
    return float(_document()[table][name]["value"])


def assumed_words(table: str, name: str) -> tuple[str, ...]:
    """A list of words of ``layers/assumptions.toml``."""
    return tuple(_document()[table][name]["value"])


@functools.cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("layers").joinpath("assumptions.toml").read_text("utf-8"))
