"""Which community or street is meant, however it is written: 鞍山三村居委会, 鞍山三村社區 and 鞍山3村 are one.

A village is none of them: 双桥村委会 is 双桥村 and stands beside 双桥社区.
"""

import functools

import pandas as pd

from layers.data import data_of
from layers.naming.names import normalised_name


def community_keys(names: pd.Series) -> pd.Series:
    """Communities or streets as they are compared: folded as names of estates, without what they end on."""
    return names.map(_key).astype("object")


def in_one_spelling(names: pd.Series) -> tuple[pd.Series, tuple[tuple[str, ...], ...]]:
    """Communities or streets in the spelling that most rows have, the first of several; and the spellings of each.

    Args:
        names: as written, ``""`` where nobody says.

    Returns:
        the names on the same index, and for each that is written in more than one way its spellings, the chosen first.
    """
    keys = community_keys(names)
    number = names[names != ""].groupby(names).size().rename_axis("name").reset_index(name="rows")
    number = number.assign(key=community_keys(number["name"]), first=number["name"].map(_first_of(names)))
    number = number.sort_values(["rows", "first"], ascending=[False, True], kind="stable")
    chosen = number.drop_duplicates("key").set_index("key")["name"]
    spelt = number.groupby("key", sort=False)["name"].agg(tuple)
    return keys.map(chosen).where(names != "", "").astype("object"), tuple(spelt[spelt.map(len) > 1])


def _first_of(names: pd.Series) -> dict[str, int]:
    return {name: place for place, name in reversed(list(enumerate(names)))}


@functools.lru_cache(maxsize=65_536)
def _key(name: str) -> str:
    key = normalised_name(name)
    ending = next((one for one in _endings() if key.endswith(one) and len(key) > len(one) + 1), "")
    return key.removesuffix(ending) + _endings().get(ending, "")


@functools.cache
def _endings() -> dict[str, str]:
    """What a name may end on, the longest first, and what of it tells it from others: 村 of 村委会."""
    endings: dict[str, str] = data_of("names")["communities"]["endings"]
    return dict(sorted(endings.items(), key=lambda one: -len(one[0])))
