"""Which estate does a row of another list name, and which may it mean where it names none?"""

import re
from collections.abc import Mapping
from typing import cast

import pandas as pd

from gis.errors import Words, say
from gis.tables import NO_ESTATE, Estates
from layers.names import candidates, offered, paired_names, split_aliases
from layers.rows import Rows

_STREET = re.compile(".{1,}(?:街道|街道办事处|镇|乡|新区|区)$")
"""A place before an estate's name that is never a part of it; a community's name (鞍山) may be."""
_NAMES_ASKED = 500


def name_table(names: pd.Series, aliases: pd.Series) -> pd.DataFrame:
    """All names of rows, one each: ``row`` (the label) and ``name``; official names first, empty ones left out."""
    other = aliases[aliases != ""].map(split_aliases).explode().dropna()
    whole = pd.concat([names[names != ""], other]).astype("object")
    return pd.DataFrame({"row": whole.index, "name": whole.to_numpy(dtype=object)}).drop_duplicates(ignore_index=True)


def street_names(*columns: pd.Series) -> frozenset[str]:
    """Streets and districts that may stand before an estate's name, of those that the rows name."""
    return frozenset(name for column in columns for name in column.unique() if _STREET.fullmatch(str(name)))


def named_estate(ids: pd.Series, names: pd.Series, estates: Estates) -> pd.Series:
    """The estate that each row of a list names: by id, else by a name that is surely the same, else ``NO_ESTATE``.

    Official names and others (别名) count alike; a name that several estates bear names none of them.
    """
    known = name_table(estates.frame["name"], estates.frame["alias_names"])
    asked, key = paired_names(names.astype("object"), known["name"], street_names(estates.frame["street"]))
    pairs = pd.DataFrame({"key": key, "estate": known["row"]}).drop_duplicates()
    single = pairs[~pairs["key"].duplicated(keep=False) & (pairs["key"] != "")].set_index("key")["estate"]
    by_names = asked.map(single).astype("object")
    return ids.astype("object").where(ids.isin(estates.ids), by_names.where(by_names.notna(), NO_ESTATE))


def unknown_estates(rows: Rows, names: pd.Series, estates: Estates) -> None:
    """Say of each name that is no estate's which estates may be meant, once per name, as a warning of its first row.

    Args:
        rows: of the list.
        names: what the rows that name an estate nobody knows call it, on their labels; an id is looked at too.
        estates: those there are.
    """
    asked = names[names != ""]
    number = asked.value_counts()
    first = asked[~asked.duplicated()]
    known = name_table(estates.frame["name"], estates.frame["alias_names"])
    labels = called(known["row"].map(estates.frame["name"]), known["row"])
    for label, guesses in likely(first, known["name"], labels).items():
        rows.problem(
            label=label, value=str(first.loc[label]), severity="warning",
            why=say("{count} rows name this estate, which nobody knows; did you mean {names}?",
                    count=int(number[first.loc[label]]), names=guesses),
            fix="if it is that one, write its 小区编号 or 小区名称 as the estates' file does")


def called(names: pd.Series, ids: pd.Series) -> pd.Series:
    """How estates are called in a message: name and id, or the one there is."""
    name, key = names.astype("object"), ids.astype("object")
    return (name + " (" + key + ")").where((name != "") & (key != "") & (name != key), name.where(name != "", key))


def likely(asked: pd.Series, known: pd.Series, labels: pd.Series) -> Mapping[int, tuple[str | Words, ...]]:
    """For each row with a name the estates it may mean, as ``labels`` call them; rows that look like none are left out.

    Args:
        asked: names, on the labels of their rows; only so many of them are looked up.
        known: names of estates, one estate may have several.
        labels: what to call the estate of each known name.
    """
    some = asked[asked != ""].iloc[:_NAMES_ASKED]
    label_of = dict(zip(known, labels, strict=True))
    found = candidates(some, known)
    alike = {cast("int", label): found[name] for label, name in some.items()}
    return {label: tuple(dict.fromkeys(offered(one._replace(name=label_of[one.name]) for one in near)))
            for label, near in alike.items() if near}
