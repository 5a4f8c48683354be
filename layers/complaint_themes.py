"""What is a complaint about? ``complaint_themes.toml`` says by which words it is known."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import pandas as pd

from layers.data import data_of
from layers.typed.cells import folded
from layers.typed.chinese import simplified

OTHER, UNSAID = "other", "unsaid"
"""Themes of a complaint that holds no word of any list, and of one that says nothing."""
PREFIX = "complaints_"
"""Before a theme, the column of ``gis.tables.Estates`` with the number of complaints about it."""


@cache
def complaint_themes() -> Mapping[str, tuple[str, ...]]:
    """The words of each theme, the special themes before the general ones."""
    return MappingProxyType({name: tuple(words) for name, words in data_of("complaint_themes").items()})


def theme_columns() -> tuple[str, ...]:
    """The columns of ``Estates`` with the numbers by theme, in the order of the file; ``other`` is the last."""
    return tuple(PREFIX + name for name in (*complaint_themes(), OTHER))


def themes_of(said: pd.Series, own: Mapping[str, Sequence[str]] | None = None) -> pd.Series:
    """The theme of each text: that of the first list with a word in it.

    Args:
        said: what the rows say, text.
        own: further words of themes there are, by theme; they come before all others.

    Returns:
        names of themes, ``OTHER`` or ``UNSAID``, on the index of ``said``.
    """
    lists = [*(own or {}).items(), *complaint_themes().items()]
    known = {text: _theme(simplified(text), lists) for text in folded(said).unique()}
    return folded(said).map(known).astype("object")


def holds_a_word(said: pd.Series, words: Sequence[str]) -> pd.Series:
    """Whether each text holds one of the words, however they are written."""
    wanted = _folded(tuple(words))
    return folded(said).map(lambda text: any(word in simplified(text) for word in wanted)).astype(bool)


def _theme(text: str, lists: Sequence[tuple[str, Sequence[str]]]) -> str:
    if not text:
        return UNSAID
    found = (name for name, words in lists if any(word in text for word in _folded(tuple(words))))
    return next(found, OTHER)


@cache
def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(simplified(word) for word in folded(pd.Series(words, dtype="object")))
