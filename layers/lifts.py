"""Which lifts are there, in which estate, since when, and when was each assessed?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.errors import ProblemLog
from gis.tables import NO_ESTATE, Estates
from layers.assumptions import assumed
from layers.naming.estate_names import named_estate, unknown_estates
from layers.placing.places import Town
from layers.reading.files import ROW, Source
from layers.rows import Rows, read_rows

_COLUMNS = ("estate_id", "building", "year", "assessed_on")


@dataclass(frozen=True)
class Lifts:
    """One row per lift on ``lift_id``: ``estate_id``, ``building``, ``year`` of service, ``assessed_on`` (a day).

    ``year`` is NaN and ``assessed_on`` NaT where the list does not say: a lift without a day may have been assessed.
    """

    frame: pd.DataFrame

    @classmethod
    def empty(cls) -> "Lifts":
        """No list of lifts."""
        columns = {"estate_id": "object", "building": "object", "year": "float64", "assessed_on": "datetime64[us]"}
        frame = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns.items()})
        return cls(frame.set_index(pd.Index([], dtype="object", name="lift_id")))


def read_lifts(source: Source, estates: Estates, *, town: Town, log: ProblemLog, data_year: int | None) -> Lifts:
    """Read a list of lifts, one row each; a lift belongs to the estate its row names, by id or name.

    A lift without a number is called ``lift-`` and its row; a short number, such as 1#, is that of its building alone.
    A lift of no estate of the list is left out, in a warning with the estates that may be meant.

    Args:
        source: a table, such as a sheet of the roster's workbook.
        estates: those that rows may name.
        town: where the project lies.
        log: takes every problem of the rows, and the account of them.
        data_year: lifts put into service in later years are wrong.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "lift", part="lifts", town=town, log=log, data_year=data_year,
                     required=[("estate_id", "estate_name")])
    estate = _estates_of(rows, estates)
    key = rows.text("lift_id")
    given = key.loc[rows.kept]
    of_estate = given.str.len() < assumed("lifts", "register_characters")  # 1# of one estate is not 1# of another
    known_by = given.mask(of_estate, estate.loc[rows.kept] + "/" + rows.text("building").loc[rows.kept] + "/" + given)
    rows.leave_out(given.index[(given != "") & known_by.duplicated()], why="another row has this id", values=key,
                   fix="give each row an id of its own", column="电梯编号")
    rows.done(rows.kept)
    kept = rows.fields.loc[rows.kept]
    nothing = {"year": np.nan, "assessed_on": pd.NaT}
    frame = pd.DataFrame({
        "estate_id": estate, "building": rows.text("building").loc[rows.kept],
        **{name: kept.get(name, pd.Series(none, kept.index)) for name, none in nothing.items()}}).loc[rows.kept]
    frame["assessed_on"] = pd.to_datetime(frame["assessed_on"]).astype("datetime64[us]")
    ids = key.loc[rows.kept].where(key != "", "lift-" + kept[ROW].astype(str))
    ids = ids.mask(ids.duplicated(keep=False), known_by.loc[rows.kept])
    return Lifts(frame[list(_COLUMNS)].set_index(pd.Index(ids, dtype="object", name="lift_id")).sort_index())


def with_lifts(estates: Estates, lifts: Lifts) -> Estates:
    """The estates with their number of lifts, unknown where the list names none: it may not have them all."""
    counts = lifts.frame["estate_id"].value_counts()
    return Estates.of(estates.frame.assign(lifts=counts.reindex(estates.ids).astype("float64")))


def _estates_of(rows: Rows, estates: Estates) -> pd.Series:
    ids, names = rows.text("estate_id"), rows.text("estate_name")
    estate = named_estate(rows, estates)
    said = names.where(names != "", ids)
    lost = estate.index[(estate == NO_ESTATE) & estate.index.isin(rows.kept)]
    unknown_estates(rows, said.loc[lost], estates)
    rows.leave_out(lost, why="this lift belongs to no estate in the list and is not counted", values=said,
                   severity="warning", fix="write 小区编号 or 小区名称 as the estates' file does")
    return estate
