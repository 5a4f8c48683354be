"""Which estate does a row of another list name, and which may it mean where it names none?"""

import functools
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from gis.errors import Severity, Words, more_rows, say
from gis.tables import NO_ESTATE, Estates
from layers.data import data_of
from layers.naming.names import (
    Candidate,
    before_mask,
    candidates,
    normalised_names,
    offered,
    paired_names,
    split_aliases,
    without_building,
    without_towns,
)
from layers.rows import Rows

_WORDS: Mapping[str, Any] = data_of("names")["places"]
_PLACE = re.compile(f".+(?:{'|'.join(_WORDS['never_a_part'])})")
_PART_OF_TOWN = re.compile("(?:.|[{sides}]{{2}}|.*[{kinds}])?{ending}".format_map(_WORDS["quarter"]))
_LEVEL = re.compile(f".+?(?:{'|'.join(_WORDS['levels'])})(?=.)|.+")
_BETWEEN_LEVELS = re.compile(r"[/\\|,·\s-]")
_KINDS: Mapping[str, tuple[str, ...]] = {kind: tuple(ends) for kind, ends in _WORDS["kinds"].items()}
_NUMBERS: Mapping[str, Any] = data_of("names")["numbers"]
_OWN_NUMBER = re.compile(f"[0-9,]+[{_NUMBERS['own']}]")
_HOUSES = re.compile(f"(?P<lane>.+{_NUMBERS['lane']})(?P<first>[0-9]+)-(?P<last>[0-9]+){_NUMBERS['house']}")
_HOUSE = re.compile(f"(?P<lane>.+{_NUMBERS['lane']})(?P<house>[0-9]+){_NUMBERS['house']}")
_SHORTEST = 2
"""Characters of a name that must be left before what may be left off."""
_NAMES_ASKED = 100
"""Names of one list for which alike ones are looked up: each is held against every name there is."""
_ONE_BY_ONE = 100


def name_table(names: pd.Series, aliases: pd.Series, streets: pd.Series) -> pd.DataFrame:
    """All names of rows: ``row`` (the label), ``name``, ``alias`` (whether it is another name), ``street`` of the row.

    Official names come first, empty ones are left out.
    """
    official = names[names != ""]
    other = aliases[aliases != ""].map(split_aliases).explode().dropna()
    whole = pd.concat([official, other]).astype("object")
    table = pd.DataFrame({"row": whole.index, "name": whole.to_numpy(dtype=object),
                          "alias": np.repeat([False, True], [len(official), len(other)])})
    return table.assign(street=table["row"].map(streets)).drop_duplicates(["row", "name"], ignore_index=True)


def keyed(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of names with what is needed to find the same ones.

    ``key`` is that of ``paired_names``, ``whole`` the key with the places before it; ``place`` are the levels of the
    place that the row says (city, district, street), ``before`` those that stand before the name.
    """
    said = [normalised_names(table["street"].astype("object")).map(_levels) for table in (ours, theirs)]
    places = {level for column in said for levels in column.unique() for level in levels
              if _PLACE.fullmatch(level) and not _PART_OF_TOWN.fullmatch(level)}
    keys = paired_names(ours["name"], theirs["name"], places)
    before = re.compile(f"(?:{'|'.join(sorted(map(re.escape, places), key=len, reverse=True)) or '(?!)'})*")
    tables = []
    for table, place, key in zip((ours, theirs), said, keys, strict=True):
        whole = normalised_names(table["name"])
        prefix = whole.map(lambda name: _levels(found[0]) if (found := before.match(name)) else ())
        found = table.assign(key=key, whole=whole, place=place, before=prefix)
        tables.append(found[found["key"] != ""])
    return tables[0], tables[1]


def same_names(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of rows of two ``keyed`` tables that bear the same name: ``row_x`` of ours and ``row_y`` of theirs.

    They are not the same where they say different streets or districts, in a column or before the name. A name that is
    the same to the letter comes before one that is so without the places before it; and where a name is the official
    one of some rows and another one of others, it is that of the former.
    """
    pairs = ours.merge(theirs, on="key")
    pairs = pairs[~_elsewhere(pairs)]
    pairs = pairs.assign(less_exact=pairs["whole_x"] != pairs["whole_y"], alias=pairs["alias_x"] | pairs["alias_y"])
    pairs = pairs[pairs["alias"] == pairs.groupby("row_x")["alias"].transform("min")]
    for order, side in (("less_exact", "row_x"), ("alias_y", "row_x"), ("alias_x", "row_y")):
        pairs = pairs[pairs[order] == pairs.groupby([side, "key"])[order].transform("min")]
    return pairs[["row_x", "row_y"]].drop_duplicates(ignore_index=True)


def same_but_for_ending(ours: pd.DataFrame, theirs: pd.DataFrame, joined: pd.DataFrame) -> pd.DataFrame:
    """Pairs as of ``same_names`` of official names of which one lacks 苑 or 坊: 幸福苑 and 幸福小区.

    They are the same only where no other name of either list, official or other, begins like them. To be said, never
    silent.

    Args:
        ours: a ``keyed`` table.
        theirs: the other one.
        joined: ``row_x`` and ``row_y`` that something else has joined already.
    """
    known = [sorted(set(side["key"])) for side in (ours, theirs)]
    courts = tuple(data_of("names")["left_off"]["courts"])
    left, right = (side[~side["alias"] & ~side["row"].isin(joined[row])]
                   for side, row in ((ours, "row_x"), (theirs, "row_y")))
    ended = {key for key in {*left["key"], *right["key"]} if key.endswith(courts) and len(key) > _SHORTEST}
    bases: dict[str, str] = {}
    for base in sorted(key[:-1] for key in ended):
        mine, other = (keys[bisect_left(keys, base):bisect_left(keys, f"{base}\U0010ffff")] for keys in known)
        if len(mine) == len(other) == 1 and mine != other and base in {*mine, *other}:
            bases |= dict.fromkeys([*mine, *other], base)
    left, right = (side[side["key"].isin(bases)] for side in (left, right))
    left, right = (side.assign(key=side["key"].map(bases).astype("object")) for side in (left, right))
    return same_names(left, right)


def id_keys(ids: pd.Series) -> pd.Series:
    """Ids as they are compared: full width, case and outer spaces folded, 1.0 as 1."""
    return ids.astype("str").str.normalize("NFKC").str.casefold().str.strip().str.replace(
        r"^([0-9]+)\.0+$", r"\1", regex=True).astype("object")


def same_ids(asked: pd.Series, known: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The known id of each different asked one, on the latter; and those of them that differ by leading zeros.

    An id as it stands comes first, then its ``id_keys``, then what Excel makes of 001 where it is the only one on
    both sides; an id that may be two of the known ones is none.
    """
    mine = pd.Series(asked[asked != ""].unique(), dtype="object")
    there = pd.Series(known[known != ""].unique(), dtype="object")
    own, keys = id_keys(mine), id_keys(there)
    exact = mine.where(mine.isin(there))
    alike = exact.fillna(own.map(_single(keys, there)))
    bare = own.str.replace("^0+(?=[0-9]+$)", "", regex=True)
    alone = own.groupby(bare).transform("nunique") == 1
    short = bare.map(_single(keys.str.replace("^0+(?=[0-9]+$)", "", regex=True), there)).where(alone & alike.isna())
    found = alike.fillna(short).set_axis(mine.to_numpy()).dropna()
    return found, short.set_axis(mine.to_numpy()).dropna()


def say_zeros(rows: Rows, short: pd.Series) -> None:
    """Say of ids that differ by leading zeros that they are taken as the same."""
    if len(short):
        rows.problem(
            value=str(short.index[0]), severity="warning",
            why=say("{count} ids differ from those of the estates only by leading zeros and are taken as the same, "
                    "such as {id} and {known}", count=len(short), id=str(short.index[0]), known=str(short.iloc[0])),
            fix="write 小区编号 alike in all files; in Excel make the column text before typing 001")


def say_contradictions(rows: Rows, by_id: pd.Series, by_name: pd.Series, severity: Severity) -> None:
    """List rows whose id is one estate's and whose name another's; both as they are to be called, on the labels."""
    for label, one, two in zip(by_id.index[:_ONE_BY_ONE], by_id, by_name.loc[by_id.index], strict=False):
        rows.problem(label=label, severity=severity, fix="correct one of the two",
                     why=say("the id says {a}, the name says {b}", a=str(one), b=str(two)))
    if len(by_id) > _ONE_BY_ONE:
        rows.problem(label=by_id.index[_ONE_BY_ONE], severity=severity, fix="correct one of the two",
                     why=more_rows(len(by_id) - _ONE_BY_ONE, say("the id says one estate, the name another")))


def named_estate(rows: Rows, estates: Estates) -> pd.Series:
    """The estate that each row of a list names: by id, else by a name that is surely the same, else ``NO_ESTATE``.

    A name that several estates bear names none of them unless the row says whose street (街道) it is in. A row whose id
    is one estate's and whose name is another's names none either, which ``unknown_estates`` says of it. Ids that differ
    from those of the estates by leading zeros are said. Where the estates are not known, the row's
    word is taken.
    """
    if not estates.known:
        return rows.text("estate_id").where(rows.text("estate_id") != "", rows.text("estate_name")).astype("object")
    found, short = same_ids(rows.text("estate_id"), estates.ids.to_series())
    say_zeros(rows, short)
    by_id = rows.text("estate_id").map(found).astype("object")
    by_name, other = _by_names(rows, by_id, estates)
    estate = by_id.where(by_id.notna(), by_name).mask(other.notna())
    return estate.where(estate.notna(), NO_ESTATE).astype("object")


def estate_of_building(rows: Rows, lost: pd.Index, estates: Estates) -> pd.Series:
    """Of rows that name no estate the one whose name or address is left without the building and the flat, if only one.

    What the row calls its estate comes before its address. A house is of the one estate that has its number:
    454弄21-40号 has 454弄25号. Nothing where another estate's name is the same but for a number behind it: 454弄25号
    may be of 454弄 or of 454弄21-40号.
    """
    names, addresses = (rows.text(field).loc[lost].map(before_mask) for field in ("estate_name", "address"))
    tries = pd.concat([names, addresses]).map(
        lambda text: list(dict.fromkeys([text, without_towns(text), *without_building(text),
                                         *without_building(without_towns(text))]))).explode()
    tries = tries[tries != ""].sort_index(kind="stable")
    asked = pd.DataFrame({"row": range(len(tries)), "name": tries.to_numpy(), "alias": False,
                          "street": rows.text("street").loc[tries.index].to_numpy()})
    frame = estates.frame
    other = frame["alias_names"] + "、" + frame["address"].map(without_towns)
    mine, known = keyed(asked, name_table(frame["name"], other, frame["street"]))
    parted = _parted(mine["key"].unique(), known)
    pairs = pd.concat([same_names(mine[~mine["key"].isin(parted)], known), _of_houses(mine, known)], ignore_index=True)
    pairs["label"] = tries.index[pairs["row_x"]]
    longest = pairs[pairs["row_x"] == pairs.groupby("label")["row_x"].transform("min")]
    return longest[~longest["label"].duplicated(keep=False)].set_index("label")["row_y"].astype("object")


def _parted(asked: Iterable[str], known: pd.DataFrame) -> set[str]:
    """Keys that another estate's goes on from with a number: 454弄 and 454弄1-20号, if these are not of one estate.

    A village of a number (幸福二村) is no part of 幸福小区.
    """
    keys, rows = (known.sort_values("key")[column].tolist() for column in ("key", "row"))
    found = set()
    for key in asked:
        on = range(bisect_left(keys, f"{key}0"), bisect_left(keys, f"{key}:"))
        longer = [rows[at] for at in on if not _OWN_NUMBER.match(keys[at], len(key))]
        if longer and not set(longer) <= set(rows[bisect_left(keys, key) : bisect_right(keys, key)]):
            found.add(key)
    return found


def _of_houses(asked: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Pairs as of ``same_names`` of a house and what has it alone: 454弄25号 and 454弄21-40号; both are ``keyed``.

    None where an estate has the lane's name and does not say which of its houses are its own.
    """
    ranges: dict[str, list[tuple[int, int, str]]] = {}
    owners = known.groupby("key")["row"].agg(set).to_dict()
    for key, row in zip(known["key"], known["row"], strict=True):
        if found := _HOUSES.fullmatch(key):
            ranges.setdefault(found["lane"], []).append((int(found["first"]), int(found["last"]), row))
    pairs = []
    for key, row in zip(asked["key"], asked["row"], strict=True):
        found = _HOUSE.fullmatch(key)
        there = ranges.get(found["lane"], []) if found else []
        told = not found or owners.get(found["lane"], set()) <= {estate for *_, estate in there}
        of = {one for first, last, one in there if found and told and first <= int(found["house"]) <= last}
        pairs += [(row, one) for one in of if len(of) == 1]
    return pd.DataFrame(pairs, columns=["row_x", "row_y"]).astype({"row_x": "int64", "row_y": "object"})


def _by_names(rows: Rows, by_id: pd.Series, estates: Estates) -> tuple[pd.Series, pd.Series]:
    """The only estate of each row's name; and where the name is not that of the estate ``by_id``, one whose it is."""
    frame = estates.frame
    said = pd.DataFrame({"name": rows.text("estate_name"), "street": rows.text("street")}).loc[by_id.index]
    asked = said.groupby(["name", "street"], sort=False).ngroup().rename("asked")
    different = said.assign(row=asked, alias=False)[said["name"] != ""].drop_duplicates("row")
    mine, known = keyed(different, name_table(frame["name"], frame["alias_names"], frame["street"]))
    pairs = same_names(mine, known)
    single = pairs[~pairs["row_x"].duplicated(keep=False)].set_index("row_x")["row_y"]
    both = pd.DataFrame({"row_x": asked, "row_y": by_id})[by_id.notna() & asked.isin(pairs["row_x"])]
    every = mine.merge(known, on="key")[["row_x", "row_y"]]
    own = pd.MultiIndex.from_frame(both).isin(pd.MultiIndex.from_frame(every))
    other = both.loc[~own, "row_x"].map(pairs.drop_duplicates("row_x").set_index("row_x")["row_y"])
    return asked.map(single).astype("object"), other.reindex(asked.index).astype("object")


def _single(keys: pd.Series, values: pd.Series) -> pd.Series:
    return values.set_axis(keys.to_numpy())[~keys.duplicated(keep=False).to_numpy()]


@functools.lru_cache(maxsize=65_536)
def _levels(place: str) -> tuple[str, ...]:
    """The levels of a folded place: 上海市, 徐汇区, 长桥街道."""
    return tuple(_LEVEL.findall(_BETWEEN_LEVELS.sub("", place)))


def _kind(level: str) -> str:
    """The kind of a level; a community (社区) counts as a street."""
    if level.endswith(_WORDS["community"]):
        return "street"
    return next((kind for kind, ends in _KINDS.items() if level.endswith(ends)), "street")


@functools.lru_cache(maxsize=65_536)
def _contradict(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether two places name different ones of one kind; a short form (虹梅, 上海徐汇区) is the same."""
    for kind in (*_KINDS, "street"):
        mine, other = ([level for level in place if _kind(level) == kind] for place in (ours, theirs))
        alike = any(one.startswith(two) or one.endswith(two) or two.startswith(one) or two.endswith(one)
                    for one, two in itertools.product(mine, other))
        if mine and other and not alike:
            return True
    return False


def _elsewhere(pairs: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the two rows of a pair say different places; what stands before the same words is a part of both."""
    same = pairs["whole_x"] == pairs["whole_y"]
    there = [
        _contradict(ours, theirs) or (not equal and any(itertools.starmap(
            _contradict, ((ours_before, theirs_before), (ours_before, theirs), (ours, theirs_before)))))
        for ours, theirs, ours_before, theirs_before, equal in zip(
            pairs["place_x"], pairs["place_y"], pairs["before_x"], pairs["before_y"], same, strict=True)]
    return pd.Series(there, index=pairs.index, dtype=bool)


def unknown_estates(rows: Rows, names: pd.Series, estates: Estates) -> None:
    """Say of each name that is no estate's which estates may be meant, once per name, as a warning of its first row.

    The first hundred names are looked up. Rows whose id is one estate's and whose name another's are listed as such.

    Args:
        rows: of the list.
        names: what the rows that name an estate nobody knows call it, on their labels; an id is looked at too.
        estates: those there are.
    """
    asked = _without_contradicting(rows, names[names != ""], estates)
    number = asked.value_counts()
    first = asked[~asked.duplicated()]
    known = name_table(estates.frame["name"], estates.frame["alias_names"], estates.frame["street"])
    labels = called(known["row"].map(estates.frame["name"]), known["row"])
    for label, guesses in likely(first, known["name"], labels).items():
        rows.problem(
            label=label, value=str(first.loc[label]), severity="warning",
            why=say("{count} rows name this estate, which nobody knows; did you mean {names}?",
                    count=int(number[first.loc[label]]), names=guesses),
            fix="if it is that one, write its 小区编号 or 小区名称 as the estates' file does")


def _without_contradicting(rows: Rows, asked: pd.Series, estates: Estates) -> pd.Series:
    """The names but for those of rows whose id is another estate's, which are listed."""
    found, _ = same_ids(rows.text("estate_id"), estates.ids.to_series())
    by_id = rows.text("estate_id").loc[asked.index].map(found).astype("object")
    other = _by_names(rows, by_id, estates)[1].dropna()
    label_of = called(estates.frame["name"], estates.ids.to_series())
    say_contradictions(rows, by_id.loc[other.index].map(label_of), other.map(label_of), "warning")
    return asked.drop(other.index)


def called(names: pd.Series, ids: pd.Series) -> pd.Series:
    """How estates are called in a message: name and id, or the one there is."""
    name, key = names.astype("object"), ids.astype("object")
    return (name + " (" + key + ")").where((name != "") & (key != "") & (name != key), name.where(name != "", key))


def likely(
    asked: pd.Series, known: pd.Series, labels: pd.Series, others: pd.Series | None = None,
) -> Mapping[int, tuple[str | Words, ...]]:
    """For each row with a name the estates it may mean, as ``labels`` call them; rows that look like none are left out.

    Args:
        asked: names, on the labels of their rows; the first hundred are looked up.
        known: names of estates, one estate may have several.
        labels: what to call the estate of each known name.
        others: other names of the rows, on their labels too; only what agrees with them in numbers is offered.
    """
    some, other = (names[names != ""].iloc[:_NAMES_ASKED]
                   for names in (asked, asked.iloc[:0] if others is None else others))
    label_of = dict(zip(known, labels, strict=True))
    found = candidates([*some, *other], known)
    alike: dict[int, list[Candidate]] = {}
    for label, name in some.items():
        alike.setdefault(cast("int", label), []).extend(found[name])
    for label, name in other.items():
        alike.setdefault(cast("int", label), []).extend(one for one in found[name] if not one.apart)
    return {label: tuple(dict.fromkeys(offered(one._replace(name=label_of[one.name]) for one in near)))
            for label, near in alike.items() if near}
