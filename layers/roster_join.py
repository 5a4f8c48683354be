"""Which rows of the outlines and of the roster are the same estate, and what do the two say of it together?

Rows join by id, else by a name that is surely the same, the official one or another (别名), unless they say different
streets. What only looks alike is offered to the planner and never joined; an id that contradicts the name is an error.
"""

import pandas as pd

from gis.errors import Words, listed, say
from gis.tables import AREAS
from layers.assumptions import assumed
from layers.columns.fields import fields_of
from layers.naming.estate_names import (
    called,
    id_keys,
    keyed,
    likely,
    name_table,
    same_but_for_ending,
    same_ids,
    same_names,
    say_contradictions,
    say_zeros,
)
from layers.naming.names import alike, normalised_names
from layers.rosters import interval_fields, number_fields, text_fields
from layers.rows import Rows

OUTLINE_ROW = "_outline_row"
"""Column of the joined rows: the label of the outlines' row, -1 where there is none."""
ROSTER_ROW = "_roster_row"
"""Column of the joined rows: the label of the roster's row, -1 where there is none."""
JOINED_BY = "_joined_by"
"""Column of the joined rows: by what both rows are one estate: ``id``, ``name``, ``alias``, ``ending``, else ``""``."""

_LISTED = 10


def join(outlines: Rows | None, roster: Rows | None) -> pd.DataFrame:
    """One row per estate of both files, with ``OUTLINE_ROW`` and ``ROSTER_ROW``; at least one of them is given.

    What the roster says holds, words and names of the outlines before those of the roster. Rows without a partner stay
    and are listed as warnings, each with the names it may stand for.
    """
    if outlines is None or roster is None:
        only, mine = (roster, ROSTER_ROW) if outlines is None else (outlines, OUTLINE_ROW)
        said = pd.DataFrame() if only is None else only.fields.loc[only.kept].copy()
        said[OUTLINE_ROW], said[ROSTER_ROW], said[JOINED_BY] = -1, -1, ""
        said[mine] = said.index
        return said
    base = outlines.fields.loc[outlines.kept].copy()
    base[OUTLINE_ROW], base[ROSTER_ROW] = base.index, -1
    match, joined_by = _matches(outlines, roster)
    found, alone = match[match >= 0], match.index[match < 0]
    undrawn = alone[~roster.geometry.loc[alone].geom_type.isin(AREAS).to_numpy()]
    unlisted = base.index[~base.index.isin(found)]
    _list_alone(outlines, unlisted, say("outlines have no row in the roster"),
                say("add them to the roster; until then their numbers are unknown"))
    _list_alone(roster, undrawn, say("rows of the roster have no outline"),
                say("draw their outlines, or make ids or names agree"))
    _offer(roster, undrawn, outlines, unlisted)
    said = roster.fields.loc[found.index].set_axis(found.to_numpy()).reindex(base.index)
    base[ROSTER_ROW] = pd.Series(found.index, found.to_numpy()).reindex(base.index, fill_value=-1)
    base[JOINED_BY] = joined_by[found.index].set_axis(found.to_numpy()).reindex(base.index, fill_value="")
    together = _together(base, said, outlines, roster)
    lone = roster.fields.loc[alone].copy()
    lone[OUTLINE_ROW], lone[ROSTER_ROW], lone[JOINED_BY] = -1, alone, ""
    return pd.concat([together, lone], ignore_index=True)


def _together(base: pd.DataFrame, said: pd.DataFrame, outlines: Rows, roster: Rows) -> pd.DataFrame:
    """The outlines' rows with what the roster says of them; where both say a number and differ, that is a warning."""
    joined = base.copy()
    bounded = set(interval_fields())
    for name in number_fields():
        differs = said[name].notna() & base[name].notna() & (said[name] != base[name])
        if differs.any():
            roster.problem(
                why=say("{count} values of {column} differ from those of {file}, first for {name!r}",
                        column=fields_of("roster")[name].label, count=int(differs.sum()), file=outlines.file,
                        name=base.loc[differs, "name"].iloc[0]),
                fix="correct the wrong file; the roster's values are used", severity="warning")
        ends = [f"{name}_low", f"{name}_high"] if name in bounded else []
        speaks = said[[name, *ends]].notna().any(axis="columns")
        for column in (name, *ends):
            joined[column] = said[column].where(speaks, base[column])
    some = (joined["illegal_buildings"] > 0) | (joined["illegal_buildings_low"] > 0)
    joined["illegal_building"] = said["illegal_building"].fillna(base["illegal_building"]).mask(some, 1.0)
    for name in text_fields():
        joined[name] = base[name].where(base[name] != "", said[name].fillna(""))
    other = said["name"].fillna("")
    other = other.mask((other == base["name"]) | (base["name"] == ""), "")
    joined["alias_names"] = (joined["alias_names"] + "、" + other).str.strip("、")
    return joined


def _matches(outlines: Rows, roster: Rows) -> tuple[pd.Series, pd.Series]:
    """For each row of the roster its row of the outlines or -1, and what joined them (``JOINED_BY``).

    They join by id, else by name where no two ids contradict it.

    Where no id of one file is an id of the other, the ids are of two systems and contradict nothing; unless they look
    as if one office had given them, when both files must say the same street too.
    """
    ours, theirs = outlines.fields.loc[outlines.kept], roster.fields.loc[roster.kept]
    ids = ours["estate_id"][ours["estate_id"] != ""]
    row_of = pd.Series(ids.index, index=ids.to_numpy(), dtype="int64")
    found, short = same_ids(theirs["estate_id"], ids)
    say_zeros(roster, short)
    match = theirs["estate_id"].map(found).map(row_of).fillna(-1).astype("int64")
    match = match.mask(match.duplicated(keep=False) & ~theirs["estate_id"].isin(ids), -1)
    _doubt_names(outlines, roster, match[match >= 0])
    _doubt_numbers(outlines, roster, match[match >= 0])
    pairs = _same_name(theirs[match < 0], ours[~ours.index.isin(match)])
    other_system = found.empty & (pairs["one_street"] | (not _alike_in_form(theirs["estate_id"], ids)))
    contradict = pairs["apart"] & ~other_system
    _say_one_name_two_ids(outlines, roster, pairs[contradict])
    pairs = pairs[~contradict]
    twice = pairs["roster_row"].duplicated(keep=False) | pairs["outline_row"].duplicated(keep=False)
    unclear = pd.Index(pairs.loc[twice, "roster_row"].unique())
    roster.list_rows(unclear, values=theirs["name"],
                     why="this name stands for more than one estate, so the row cannot be joined by it",
                     fix=say("delete the row or outline that is there twice; of one estate in several outlines, merge "
                             "them into one; of two estates, add the column 小区编号 to this file and to {file}",
                             file=outlines.file))
    pairs = pairs[~twice]
    _say_other_ids(outlines, roster, pairs[pairs["apart"]])
    joined_by = pd.Series("id", index=match.index, dtype="object").where(match >= 0, "")
    _say_endings(outlines, roster, pairs[pairs["by"] == "ending"])
    joined_by.loc[pairs["roster_row"]] = pairs["by"].to_numpy()
    match.loc[pairs["roster_row"]] = pairs["outline_row"].to_numpy()
    return match, joined_by


def _alike_in_form(theirs: pd.Series, ours: pd.Series) -> bool:
    """Whether ids of two files look as if one office had given them: 310110001001 and 310110002001."""
    mine, other = (set(id_keys(ids[ids != ""]).astype("str").str.replace("[0-9]", "9", regex=True).str.replace(
        "[a-z]", "a", regex=True)) for ids in (theirs, ours))
    return bool(mine & other)


def _say_one_name_two_ids(outlines: Rows, roster: Rows, pairs: pd.DataFrame) -> None:
    """Rows of one name and two ids, neither of which the other file has: one estate with a wrong id, or two."""
    other = pairs.drop_duplicates("roster_row").set_index("roster_row")["outline_row"]
    for label, outline in zip(other.index, other, strict=True):
        roster.problem(
            label=label, value=str(roster.text("estate_id").loc[label]),
            why=say("{file} has the same name with another id, {id}: is it one estate or are these two?",
                    file=outlines.file, id=str(outlines.text("estate_id").loc[outline])),
            fix="write the same 小区编号 in both files if it is one; else tell the two apart by name or 街道")


def _same_name(theirs: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Pairs of rows that share a name, official or other, which ``by`` says.

    ``apart``: both have an id and not the same one; ``one_street``: both say a street, which is the same.
    """
    left, right = keyed(_names(theirs), _names(ours))
    pairs = same_names(left, right)
    official = same_names(left[~left["alias"]], right[~right["alias"]]).assign(by="name")
    pairs = pairs.merge(official, how="left").fillna({"by": "alias"})
    pairs = pd.concat([pairs, same_but_for_ending(left, right, pairs).assign(by="ending")])
    pairs = pairs.set_axis(["roster_row", "outline_row", "by"], axis="columns")
    their_id = id_keys(theirs["estate_id"]).reindex(pairs["roster_row"]).to_numpy()
    our_id = id_keys(ours["estate_id"]).reindex(pairs["outline_row"]).to_numpy()
    both_say = [side["street"].reindex(pairs[row]).to_numpy() != "" for side, row in (
        (theirs, "roster_row"), (ours, "outline_row"))]
    return pairs.assign(apart=(their_id != "") & (our_id != "") & (their_id != our_id),
                        one_street=both_say[0] & both_say[1])


def _say_other_ids(outlines: Rows, roster: Rows, pairs: pd.DataFrame) -> None:
    """Say that the ids of two files are of two systems, such as a serial number and a code, and what was joined."""
    if pairs.empty:
        return
    first = pairs.iloc[0]
    roster.problem(
        label=first["roster_row"], severity="warning", value=roster.text("estate_id").loc[first["roster_row"]],
        why=say("no id of this file is an id of {file}, such as {id} there; {count} rows were joined by their names "
                "alone, and the ids of {file} hold", file=outlines.file, count=len(pairs),
                id=outlines.text("estate_id").loc[first["outline_row"]]),
        fix="nothing, if the names are right; else write the same 小区编号 in both files")


def _say_endings(outlines: Rows, roster: Rows, pairs: pd.DataFrame) -> None:
    if len(pairs):
        both = pd.Series(pairs["roster_row"].map(roster.text("name")) + " / "
                         + pairs["outline_row"].map(outlines.text("name")))
        roster.problem(
            label=pairs["roster_row"].iloc[0], severity="warning",
            why=say("{count} rows were joined though one of the two names lacks 苑 or 坊: {names}", count=len(pairs),
                    names=listed(both, _LISTED)),
            fix="nothing, if they are the same estates; else write 小区编号 in both files")


def _names(rows: pd.DataFrame) -> pd.DataFrame:
    return name_table(rows["name"], rows["alias_names"], rows["street"])


def _doubt_names(outlines: Rows, roster: Rows, match: pd.Series) -> None:
    """Rows that join by id and share no name: an error where the name is another outline's, else one warning."""
    ours, theirs = outlines.fields.loc[outlines.kept], roster.fields.loc[match.index]
    left, right = keyed(_names(theirs), _names(ours))
    own = left.assign(mate=left["row"].map(match)).merge(right, left_on=["mate", "key"], right_on=["row", "key"])
    named = (theirs["name"] != "") & (ours["name"].reindex(match).to_numpy() != "")
    strange = theirs.index[named & ~theirs.index.isin(own["row_x"])]
    official = right[~right["alias"]].drop_duplicates(["key", "place", "before"])
    pairs = same_names(left[~left["alias"] & left["row"].isin(strange)], official)
    other = pairs.drop_duplicates("row_x").set_index("row_x")["row_y"]
    label_of = called(ours["name"], ours["estate_id"])
    say_contradictions(roster, match.loc[other.index].map(label_of), other.map(label_of), "error")
    renamed = strange.difference(other.index, sort=False)
    if len(renamed):
        both = theirs.loc[renamed, "name"] + " / " + match.loc[renamed].map(ours["name"])
        unlike = _unlike(theirs.loc[renamed, "name"], match.loc[renamed].map(ours["name"]))
        wrong = unlike > 1 and unlike >= assumed("estates", "renamed_share") * int(named.sum())
        fix = say("nothing, if these estates were renamed; else correct the id or the name")
        if wrong:
            fix = say("correct the ids; or, if these are the same estates, write the other names as 别名 in one file")
        roster.problem(label=renamed[0], severity="error" if wrong else "warning", fix=fix,
                       why=say("{count} rows join by id though the names differ: {names}", count=len(renamed),
                               names=listed(both, _LISTED)))


def _doubt_numbers(outlines: Rows, roster: Rows, match: pd.Series) -> None:
    """Numbers such as 1 to 40 are in every list; where no name confirms what they join, the planner has to look."""
    ours, theirs = outlines.fields.loc[match], roster.fields.loc[match.index]
    named = (theirs["name"] != "").to_numpy() & (ours["name"] != "").to_numpy()
    counted = pd.to_numeric(id_keys(theirs["estate_id"]), errors="coerce")
    if len(match) > 1 and not named.any() and counted.notna().all() and counted.max() <= len(roster.kept):
        roster.problem(
            severity="warning", column="小区编号", value=f"{counted.min():.0f}–{counted.max():.0f}",
            why=say("{count} rows join {file} by numbers that any list may count, and no name says that they are the "
                    "same estates", count=len(match), file=outlines.file),
            fix="compare some of them on the map; write 小区名称 in both files, so that it is compared from now on")


def _unlike(theirs: pd.Series, ours: pd.Series) -> int:
    """How many pairs of names have nothing to do with each other: neither holds the other or looks like it."""
    pairs = zip(normalised_names(theirs), normalised_names(ours), strict=True)
    return sum(not (one in two or two in one or alike(one, two)) for one, two in pairs)


def _list_alone(side: Rows, labels: pd.Index, what: Words, fix: Words) -> None:
    if len(labels):
        names = _shown(side, labels)
        why = say("{count} {what}: {names}", count=len(labels), what=what, names=listed(names, _LISTED))
        side.problem(why=why, fix=fix, label=labels[0], severity="warning")


def _offer(roster: Rows, alone: pd.Index, outlines: Rows, unlisted: pd.Index) -> None:
    """Say of each row of the roster without an outline which of the outlines without a row it may stand for."""
    there = outlines.fields.loc[unlisted]
    known = _names(there)
    labels = called(known["row"].map(there["name"]), known["row"].map(there["estate_id"]))
    asked = _names(roster.fields.loc[alone])
    others = asked[asked["alias"]].set_index("row")["name"]
    names = roster.fields.loc[alone, "name"]
    for label, guesses in likely(names, known["name"], labels, others).items():
        roster.problem(
            label=label, value=str(names.loc[label]), severity="warning",
            why=say("no outline belongs to this row; did you mean {names}?", names=guesses),
            fix=say("if it is that one, write the same 小区编号 or 小区名称 here and in {file}", file=outlines.file))


def _shown(side: Rows, labels: pd.Index) -> list[str]:
    rows = side.fields.loc[labels]
    return rows["name"].where(rows["name"] != "", rows["estate_id"]).astype(str).tolist()
