"""What do the outlines' table and the roster say of each estate, and which rows of the two are the same estate?"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import Problem, ProblemLog, Words, listed, say
from gis.tables import NO_ESTATE, Estates
from layers.fields import fields_of, normalised_names, read_fields
from layers.files import ROW, Source, read_table, read_vector

TEXTS = ("estate_id", "name", "community")
NUMBERS = (
    "households", "residents", "residents_60plus", "residents_under3", "build_year", "high_rise", "walled",
    "outline_assumed", "parking_spaces", "parking_on_fire_lane", "resident_cars", "night_cars", "ebikes", "ebike_ports",
)
OUTLINE_ROW = "_outline_row"
"""Column of the joined rows: the row of the outlines' geometry, -1 where there is none."""

_LISTED = 10


_TOTALS = frozenset({"合计", "总计", "小计", "总数", "合計", "總計", "小計"})
"""What the last row of an office's table says; it would be ranked as an estate."""


@dataclass(frozen=True)
class Side:
    """One file of estates: all of ``TEXTS``, ``NUMBERS`` and ``ROW`` on 0..n-1, and its geometry where it has any."""

    source: Source
    fields: pd.DataFrame
    geometry: gpd.GeoSeries | None

    def problem(
        self, *, why: Words | str, fix: Words | str, row: int | None = None, value: str = "", warning: bool = True,
    ) -> Problem:
        """A problem of this file; ``row`` is a label of ``fields``."""
        return Problem(file=self.source.path.name, sheet=self.source.sheet or "", why=why, fix=fix, value=value,
                       row=None if row is None else int(self.fields[ROW].loc[row]),
                       severity="warning" if warning else "error")


def read_side(source: Source, log: ProblemLog, data_year: int | None) -> Side:
    """Read one file of estates. A row that repeats the id of an earlier one is an error and left out.

    Raises:
        InputError: the file cannot be read.
    """
    raw = (read_table(source.path, sheet=source.sheet) if source.is_table
           else read_vector(source.path, layer=source.layer, crs=source.crs)).reset_index(drop=True)
    fields = read_fields(raw, "roster", file=source.path.name, sheet=source.sheet or "", log=log, data_year=data_year,
                         required=[("estate_id", "name")] if source.is_table else [])
    for name in TEXTS:
        fields[name] = fields.get(name, "")
    for name in NUMBERS:
        fields[name] = fields.get(name, np.nan)
    side = Side(source, fields, None if source.is_table else raw.geometry)
    total = fields["name"].isin(_TOTALS) | fields["estate_id"].isin(_TOTALS)
    for row in fields.index[total]:
        log.add(side.problem(why="this row is a total, not an estate", fix="take the row out of the table", row=row,
                             value=fields.loc[row, "name"] or fields.loc[row, "estate_id"], warning=False))
    repeated = (fields["estate_id"] != "") & fields["estate_id"].duplicated()
    for row in fields.index[repeated]:
        log.add(side.problem(why="another row has this estate id", fix="give each estate one row and an id of its own",
                             row=row, value=fields.loc[row, "estate_id"], warning=False))
    return Side(source, fields[~repeated & ~total], side.geometry)


def join(outlines: Side | None, roster: Side | None, log: ProblemLog) -> pd.DataFrame:
    """One row per estate of both files, with ``OUTLINE_ROW``; at least one of them is given.

    The roster's number holds where it says one. Rows without a partner stay and are listed as warnings.
    """
    if outlines is None:
        return pd.DataFrame() if roster is None else roster.fields.assign(**{OUTLINE_ROW: -1})
    base = outlines.fields.assign(**{OUTLINE_ROW: outlines.fields.index})
    if roster is None:
        return base
    match = _matches(outlines, roster, log)
    found = match[match >= 0]
    _list_rows(outlines, base.index[~base.index.isin(found)], say("outlines have no row in the roster"),
               say("add them to the roster; until then their numbers are unknown"), log)
    alone = match.index[match < 0]
    _list_rows(roster, alone, say("rows of the roster have no outline"),
               say("draw their outlines, or make ids or names agree; until then these estates are not located"), log)
    said = roster.fields.loc[found.index].set_axis(found.to_numpy()).reindex(base.index)
    for name in NUMBERS:
        differs = said[name].notna() & base[name].notna() & (said[name] != base[name])
        if differs.any():
            log.add(roster.problem(
                why=say("{count} values of {column} differ from those of {file}, first for {name!r}",
                        column=fields_of("roster")[name].label, count=int(differs.sum()),
                        file=outlines.source.path.name, name=base.loc[differs, "name"].iloc[0]),
                fix="correct the wrong file; the roster's values are used"))
        base[name] = said[name].fillna(base[name])
    for name in TEXTS:
        base[name] = base[name].where(base[name] != "", said[name].fillna(""))
    return pd.concat([base, roster.fields.loc[alone].assign(**{OUTLINE_ROW: -1})], ignore_index=True)


def named_estate(ids: pd.Series, names: pd.Series, estates: Estates) -> pd.Series:
    """The estate that each row of a list names: by id, else by exact normalised name, else ``NO_ESTATE``.

    A name that several estates bear names none of them.
    """
    known = normalised_names(estates.frame["name"])
    single = known[~known.duplicated(keep=False) & (known != "")]
    by_name = pd.Series(single.index, index=single.to_numpy(), dtype="object")
    by_names = normalised_names(names).map(by_name).astype("object")
    return ids.astype("object").where(ids.isin(estates.ids), by_names.where(by_names.notna(), NO_ESTATE))


def _matches(outlines: Side, roster: Side, log: ProblemLog) -> pd.Series:
    """For each row of the roster its row of the outlines or -1: by id, else by name where one of the two has no id."""
    ours, theirs = outlines.fields, roster.fields
    ids = ours["estate_id"][ours["estate_id"] != ""]
    row_of = pd.Series(ids.index, index=ids.to_numpy(), dtype="int64")
    match = theirs["estate_id"].map(row_of).fillna(-1).astype("int64")
    pairs = _same_name(theirs[match < 0], ours[~ours.index.isin(match)])
    twice = pairs["roster_row"].duplicated(keep=False) | pairs["outline_row"].duplicated(keep=False)
    for row in pairs.loc[twice, "roster_row"].unique():
        log.add(roster.problem(why="this name stands for more than one estate, so the row cannot be joined by it",
                               fix=say("add the column 小区编号 to this file and to {file}",
                                       file=outlines.source.path.name),
                               row=row, value=theirs.loc[row, "name"], warning=False))
    match.loc[pairs.loc[~twice, "roster_row"]] = pairs.loc[~twice, "outline_row"].to_numpy()
    return match


def _same_name(theirs: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    left = theirs[theirs["name"] != ""].assign(key=lambda rows: normalised_names(rows["name"]))
    right = ours[ours["name"] != ""].assign(key=lambda rows: normalised_names(rows["name"]))
    pairs = left.rename_axis("roster_row").reset_index().merge(
        right.rename_axis("outline_row").reset_index(), on="key", suffixes=("", "_ours"))
    contrary = (pairs["estate_id"] != "") & (pairs["estate_id_ours"] != "")
    return pairs.loc[~contrary, ["roster_row", "outline_row"]]


def _list_rows(side: Side, rows: pd.Index, what: Words, fix: Words, log: ProblemLog) -> None:
    if len(rows):
        names = side.fields.loc[rows, "name"].where(lambda name: name != "", side.fields.loc[rows, "estate_id"])
        why = say("{count} {what}: {names}", count=len(rows), what=what, names=listed(names, _LISTED))
        log.add(side.problem(why=why, fix=fix, row=rows[0]))
