"""What should a planner write in each column? ``fields.toml`` explains every field and shows an example of it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from layers.columns.catalogue import Field, document, fields_of

Need = Literal["yes", "one_of", "advised", ""]


@dataclass(frozen=True)
class Guide:
    """What a template says of one field.

    ``about`` explains it in Chinese, ``about_en`` in English; ``title_en`` is its English header; ``example`` is a cell
    as one would type it. ``need``: ``yes``, ``one_of`` (of several such columns one is enough), ``advised`` or ``""``.
    ``kinds`` are the kinds of facility it makes sense for; empty: all of them.
    """

    about: str
    about_en: str
    title_en: str
    example: str
    need: Need = ""
    kinds: tuple[str, ...] = ()


@functools.cache
def guides_of(table: str) -> Mapping[str, Guide]:
    """The guide of each field of a table, by our name; a text that the list of fields lacks is empty."""
    return {name: _guide(name, document()[table][name]) for name in fields_of(table)}


def fields_for(table: str, kind: str = "") -> Mapping[str, Field]:
    """The fields of a table that make sense for a kind of facility, in the order of the list."""
    guides = guides_of(table)
    return {name: field for name, field in fields_of(table).items()
            if not guides[name].kinds or kind in guides[name].kinds}


def marked_fields(table: str) -> tuple[str, ...]:
    """The fields in which an example row says that it is one: the first, and all that name something by id or name.

    Each of them begins there with a word of ``not_read("examples")``, so that the row is known though a column is gone.
    """
    return tuple(name for at, name in enumerate(fields_of(table))
                 if at == 0 or name == "name" or name.endswith(("_id", "_name")))


def _guide(name: str, entry: Mapping[str, Any]) -> Guide:
    plain = name.replace("_", " ").capitalize()
    return Guide(about=entry.get("about", ""), about_en=entry.get("about_en", ""),
                 title_en=entry.get("title_en", plain), example=entry.get("example", ""),
                 need=cast("Need", entry.get("required", "")), kinds=tuple(entry.get("kinds", ())))
