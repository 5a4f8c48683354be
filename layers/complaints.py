"""How many complaints (12345 hotline) does each estate have, and what are they about?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, ProblemLog, listed, say
from gis.geometry import has_shape
from gis.tables import NO_ESTATE, Estates
from layers.assumptions import assumed
from layers.columns.catalogue import document
from layers.complaint_themes import OTHER, PREFIX, UNSAID, complaint_themes, holds_a_word, themes_of
from layers.naming.estate_names import estate_of_building, named_estate, unknown_estates
from layers.naming.names import before_flat, without_building
from layers.placing.places import Town, holding_estate
from layers.reading.files import Source
from layers.rows import Rows, read_rows
from layers.typed.cells import as_text, folded
from layers.typed.chinese import simplified
from layers.typed.days import PERIOD
from layers.typed.ids import rounded_ids
from layers.typed.person_names import MASK, begins_with_person
from layers.typed.personal import masked
from layers.typed.words import any_of, units_of, words_of

_NUMBER = re.compile(r"\d{4}")
_COUNTS = re.compile(f"{any_of('counted', 'words')}|{PERIOD}", re.IGNORECASE)
_OF_ONE = re.compile(f"(?:{any_of('counted', 'of_one')}).*(?:{any_of('counted', 'times')})")
_NUMBER_OF_THEM = rf"[0-9]+(?:\.0*)?(?:{'|'.join(units_of('complaints'))})?"


@dataclass(frozen=True)
class ComplaintPeriod:
    """The days that count, both included; None: no limit. ``data_date`` is the day after which nothing can be."""

    first: date | None = None
    last: date | None = None
    data_date: date | None = None


@dataclass(frozen=True)
class ComplaintWords:
    """How themes are known: further words of themes, and a column of free text to look at where no theme is said.

    ``only``: complaints whose theme holds none of these words do not count; empty: all count. The free text is looked
    at in memory and never kept.
    """

    themes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    only: Sequence[str] = ()
    content: str = ""


def count_complaints(
    source: Source, estates: Estates, *, town: Town, log: ProblemLog, period: ComplaintPeriod | None = None,
    words: ComplaintWords | None = None,
) -> pd.DataFrame:
    """Count the rows of a list of complaints per estate: by id, else by exact normalised name, else by place.

    Columns about persons are dropped before anything else; no text of a complaint is kept. Left out and listed are rows
    whose number (工单编号), estate, theme and day another row has, unless a spreadsheet has cut digits off the numbers,
    that lie outside the period or, where there is one, have no day, and that belong to no estate; names that look like
    an estate's are offered, never taken. A row of a summary counts as often as its 件数 says.

    Returns:
        on ``estate_id``: ``complaints``, all of them, ``complaints_more``, how many there may be besides, and
        ``complaints_<theme>`` for each theme of ``layers/complaint_themes.toml`` and ``other``; 0 for an estate that
        the list does not mention. What says no theme is in the total alone. There may be more where a complaint of the
        estate has no day though there is a period, or says no estate, address or place at all. Where not one complaint
        belongs to an estate although there are some, the numbers are NaN: nobody knows.

    Raises:
        InputError: the file cannot be read, or there is no such column of free text.
    """
    rows = read_rows(source, "complaint", part="complaints", town=town, log=log,
                     required=[("estate_id", "estate_name", "address", "x")])
    known_by = words or ComplaintWords()
    _refuse_other_counts(rows)
    themes, estate = _themes(rows, known_by), _estates(rows, estates)
    _leave_out_repeated(rows, estate)
    _leave_out_other_themes(rows, known_by.only)
    undated = _leave_out_other_days(rows, period or ComplaintPeriod())
    asked, nowhere = rows.kept, undated.append(rows.kept)
    nowhere = nowhere[(estate[nowhere] == NO_ESTATE) & _says_no_place(rows)[nowhere]]
    _leave_out_lost(rows, estate[rows.kept], estates)
    rows.done(rows.kept)
    _warn_of_themes(rows, themes[rows.kept])
    number = _numbers(rows)
    counts = pd.DataFrame({"estate": estate, "theme": themes, "number": number}).loc[rows.kept].pivot_table(
        index="estate", columns="theme", values="number", aggfunc="sum", fill_value=0)
    names = [*complaint_themes(), OTHER, UNSAID]
    whole = counts.reindex(index=estates.ids, columns=names, fill_value=0).astype("float64")
    more = number[undated].groupby(estate[undated]).sum().reindex(estates.ids, fill_value=0.0) + number[nowhere].sum()
    if len(asked) and not len(rows.kept):
        whole[:], more[:] = np.nan, number[asked].sum()
    return whole.assign(complaints=whole.sum(axis="columns", skipna=False), complaints_more=more)[
        ["complaints", "complaints_more", *names[:-1]]].rename(columns={name: PREFIX + name for name in names})


def with_complaints(estates: Estates, counts: pd.DataFrame) -> Estates:
    """The estates with their number of complaints, in all and by theme."""
    found = counts.reindex(estates.ids)
    return Estates.of(estates.frame.assign(**{str(name): found[name] for name in found}))


def _says_no_place(rows: Rows) -> "pd.Series[bool]":
    """Rows that say neither an estate nor an address nor a place, or 无 or 不详: they may be of any estate."""
    nothing = {"", *document()["cells"]["unknown"], *document()["cells"]["no_place"]}
    said = [~folded(rows.text(name)).isin(nothing) for name in ("estate_id", "estate_name", "address")]
    return ~(said[0] | said[1] | said[2]) & ~has_shape(rows.geometry)


def _numbers(rows: Rows) -> pd.Series:
    """How many complaints each row stands for: as a summary says, else one."""
    if "number" not in rows.fields or rows.fields["number"].isna().all():
        return pd.Series(1.0, index=rows.fields.index)
    said = rows.fields["number"]
    rows.list_rows(rows.kept[said[rows.kept].isna()], severity="warning", column="件数",
                   why="this row does not say how many complaints it stands for",
                   fix="fill in the number; until then it counts as one")
    return said.fillna(1.0)


def _refuse_other_counts(rows: Rows) -> None:
    """A summary whose counts stand in other columns than 件数 would count as one complaint per row.

    Raises:
        InputError: the file has a column of counts for themes, months or whatever else, and none that is read as 件数.
    """
    if {"number", "complaint_id"} & set(rows.fields):
        return
    themes = themes_of(pd.Series(rows.unread, dtype="object")).isin([OTHER, UNSAID])
    counts = [header for header, other in zip(rows.unread, themes, strict=True)
              if (_counts(simplified(header)) if other else not _of_days(rows))
              and as_text(rows.raw.frame[header]).str.fullmatch(_NUMBER_OF_THEM).any()]
    if rows.text("theme").str.fullmatch(_NUMBER_OF_THEM).mean() > assumed("complaints", "counts_share"):
        counts.insert(0, next(one.header for one in rows.columns if one.field == "theme"))
    if counts:
        raise InputError(Problem(
            file=rows.file, sheet=rows.raw.part, value="、".join(counts),
            why="these columns seem to count complaints; none of them is called 件数, so each row would count as one",
            fix="call the one column that counts 件数, or give one row per estate and theme, with the columns "
                "小区名称, 诉求类型 and 件数; delete the others"))


def _of_days(rows: Rows) -> bool:
    """Whether rows say their day, as single complaints do; those of a summary may say their month."""
    days = rows.fields["date"].dropna() if "date" in rows.fields else pd.Series(dtype="datetime64[us]")
    return len(days) == 1 or bool((days.dt.day != 1).any())


def _counts(header: str) -> bool:
    """Whether a header says how many complaints there are, and not how often one was sent on: 催办次数."""
    return _COUNTS.search(header) is not None and _OF_ONE.search(header) is None


def _estates(rows: Rows, estates: Estates) -> pd.Series:
    named = named_estate(rows, estates)
    named = _of_buildings(rows, named, estates).reindex(named.index).fillna(named)
    points = rows.geometry[has_shape(rows.geometry)].representative_point()
    held = holding_estate(points, estates).reindex(rows.fields.index, fill_value=NO_ESTATE)
    said = _said(rows)
    strange = said.index[(said != "") & (named == NO_ESTATE) & (held != NO_ESTATE)]
    if len(strange):
        rows.problem(label=strange[0], value=str(said[strange[0]]), severity="warning",
                     why=say("{count} complaints name an estate nobody knows and lie in one that is known; they count "
                             "for the latter", count=len(strange)),
                     fix="nothing, if they lie right; else write 小区编号 or 小区名称 as the estates' file does")
    apart = said.index[(named != NO_ESTATE) & (held != NO_ESTATE) & (named != held)]
    own = estates.frame.geometry.reindex(named[apart]).to_numpy()
    apart = apart[~shapely.covers(own, points.reindex(apart).to_numpy())]  # not so of estates inside each other
    if len(apart):
        rows.problem(label=apart[0], value=str(said[apart[0]]), severity="warning",
                     why=say("{count} complaints name one estate and lie in another; they count for the one they name",
                             count=len(apart)),
                     fix="nothing, if the names are right; else correct the name or the place")
    return named.where(named != NO_ESTATE, held)


def _said(rows: Rows) -> pd.Series:
    """What rows call their estate, without the building, the flat and what is said behind it: nobody's business."""
    names = rows.text("estate_name").where(rows.text("estate_name") != "", rows.text("address"))
    names = names.map(_called)
    return names.where(names != "", rows.text("estate_id")).astype("object")


def _called(name: str) -> str:
    """A name or an address up to its first building; of a person beside one (王强 3幢402) nothing."""
    bare = before_flat([name, *without_building(name)][-1])
    return MASK if bare != name and begins_with_person(bare) else bare


def _of_buildings(rows: Rows, named: pd.Series, estates: Estates) -> pd.Series:
    """The estates of complaints that name a building or a flat behind their estate (华丽家园3号楼) or its address."""
    found, said = estate_of_building(rows, rows.kept[(named == NO_ESTATE)[rows.kept]], estates), _said(rows)
    if len(found):
        rows.problem(
            label=found.index[0], value=str(said[found.index[0]]), severity="warning",
            cells=rows.cells(found.index, said),
            why=say("{count} complaints name a building, a flat or an address; by what stands before the building they "
                    "are of one estate of the list and count for it", count=len(found)),
            fix="nothing, if they are those estates; else write 小区编号 or 小区名称 as the estates' file does")
    return found


def _themes(rows: Rows, words: ComplaintWords) -> pd.Series:
    themes = themes_of(rows.text("theme"), words.themes)
    if not words.content:
        return themes
    if words.content not in rows.raw.frame:
        names = [str(name) for name in rows.raw.frame.columns if not str(name).startswith("_")]
        raise InputError(Problem(file=rows.file, sheet=rows.raw.part, column=words.content,
                                 why="this column is missing",
                                 fix=say("add it; the columns found are {names}", names=listed(names, 12))))
    content = as_text(rows.raw.frame[words.content])
    return themes.where(~themes.isin([OTHER, UNSAID]), themes_of(content, words.themes))


def _leave_out_repeated(rows: Rows, estate: pd.Series) -> None:
    said = rows.text("complaint_id").loc[rows.kept]
    number, shown = folded(said), masked(said)
    cut = _cut_off(rows)
    if cut.any():
        rows.problem(label=cut.index[cut][0], column="工单编号", severity="warning", value=str(shown[cut].iloc[0]),
                     why=say("{count} numbers of complaints were stored as numbers, of which a spreadsheet keeps 15 "
                             "digits; they are not used to find complaints listed twice", count=int(cut.sum())),
                     fix="export the list again with this column as text; until then a complaint listed twice counts "
                         "twice")
    nothing = document()["cells"]["unknown"]
    known = number[~number.isin(["", *nothing, *words_of("number", "none_or_unknown")]) & ~cut]
    about = pd.DataFrame({"number": known, "estate": estate[known.index], "theme": rows.text("theme")[known.index]})
    if "date" in rows.fields:
        about["date"] = rows.fields["date"][known.index]
    again = known.duplicated()
    same = about.duplicated()
    rows.leave_out(known.index[same], values=shown, severity="warning",
                   why="another row has this number of a complaint; it is counted once",
                   fix="nothing, if both are the same complaint; else give each its own number")
    rows.list_rows(known.index[again & ~same], values=shown, severity="warning", column="工单编号",
                   why="another row has this number of a complaint with another estate, theme or day; both are counted",
                   fix="nothing, if these are two complaints; else delete one of the rows")


def _cut_off(rows: Rows) -> "pd.Series[bool]":
    """Numbers of complaints that a spreadsheet has rounded."""
    header = next((one.header for one in rows.columns if one.field == "complaint_id"), "")
    if header not in rows.raw.frame:
        return pd.Series(data=False, index=rows.kept)
    return rounded_ids(rows.raw.frame[header].loc[rows.kept], of_table=rows.source.is_table)


def _leave_out_other_themes(rows: Rows, only: Sequence[str]) -> None:
    if only:
        said = rows.text("theme").loc[rows.kept]
        rows.leave_out_together(said.index[~holds_a_word(said, only)],
                                what=say("complaints are of other themes and do not count"),
                                fix="nothing, unless themes of [complaints] in project.toml lacks a word")


def _leave_out_other_days(rows: Rows, period: ComplaintPeriod) -> pd.Index:
    """Leave out what is not of the period; those that may be of it, since they have no day, are returned."""
    day = (rows.fields["date"] if "date" in rows.fields else pd.Series(pd.NaT, index=rows.fields.index)).loc[rows.kept]
    of_period = period.first is not None or period.last is not None
    undated = day.index[day.isna() & of_period]
    if of_period:
        _leave_out_of_period(rows, day, period)
    if period.data_date:
        late = day.loc[rows.kept] > pd.Timestamp(period.data_date)
        rows.list_rows(late.index[late], values=day.dt.date.astype(str), column="日期", severity="warning",
                       why="this complaint is of a day after the data_date of the project",
                       fix="correct the day, or the data_date in project.toml; it is counted all the same")
    return undated


def _leave_out_of_period(rows: Rows, day: pd.Series, period: ComplaintPeriod) -> None:
    rows.leave_out(day.index[day.isna()], severity="warning", column="日期",
                   why="this complaint has no day, so nobody knows whether it is of the period; it is not counted",
                   fix="fill in the day, or take from and to out of [complaints] in project.toml")
    early = day < pd.Timestamp(period.first or date.min) if period.first else day.isna() & False
    late = day >= pd.Timestamp(period.last) + pd.Timedelta(days=1) if period.last else day.isna() & False
    rows.leave_out_together(day.index[early | late], what=say("complaints are outside the period and do not count"),
                            fix="nothing, unless from and to of [complaints] in project.toml are wrong")


def _leave_out_lost(rows: Rows, estate: pd.Series, estates: Estates) -> None:
    names = _said(rows)
    said = rows.text("estate_id").where(rows.text("estate_id") != "", names)
    lost = estate.index[(estate == NO_ESTATE) & (estates.known | ~has_shape(rows.geometry[estate.index]))]
    _say_how_far(rows, lost, estates)
    rows.leave_out_together(
        lost[[bool(without_building(name)) for name in rows.text("estate_name")[lost]]], values=names,
        what=say("complaints name a building or a flat of no estate in the list and are not counted"),
        fix="write 小区编号 or 小区名称 as the estates' file does, without the building")
    rows.leave_out(lost, why="this complaint belongs to no estate and is not counted", values=said, severity="warning",
                   fix="write 小区编号 or 小区名称 as the estates' file does")
    unknown_estates(rows, names.where(names.index.isin(lost), ""), estates)


def _say_how_far(rows: Rows, lost: pd.Index, estates: Estates) -> None:
    """Where most complaints with a place lie in no estate, how far off they are tells what is wrong with them."""
    placed = rows.geometry.loc[rows.kept]
    placed = placed[has_shape(placed)]
    outside = placed[placed.index.isin(lost)]
    areas = estates.frame.geometry[estates.located]
    if not len(areas) or len(outside) <= assumed("places", "whole_list_share") * len(placed):
        return
    _, apart_m = areas.sindex.nearest(outside, return_all=False, return_distance=True)
    rows.problem(
        value=str(len(outside)), severity="warning",
        why=say("{count} of {total} complaints that have a place lie in no estate, half of them {metres:.0f} m or more "
                "from the nearest", count=len(outside), total=len(placed), metres=float(np.median(apart_m))),
        fix="look whether they lie right on a map; correct the two columns, or the crs in the section of this file")


def _warn_of_themes(rows: Rows, themes: pd.Series) -> None:
    """Where no words fit what the list calls its themes, the planner should know which they are.

    Only what several rows say alike is named: it is the name of a theme; what stands once may be about a person.
    """
    other = rows.text("theme").loc[themes.index[themes == OTHER]].value_counts()
    said = other.index[other >= assumed("complaints", "theme_said_times")]
    names = [str(name) for name in said
             if len(name) <= assumed("complaints", "theme_characters") and not _NUMBER.search(name)]
    if names:
        rows.problem(
            why=say("{count} complaints have a theme that no word of ours fits; they count as other: {names}",
                    count=int(other.sum()), names=listed(names, 8)), severity="warning",
            fix='nothing, or say which of ours they are below [complaints.words], such as parking = ["…"]')
