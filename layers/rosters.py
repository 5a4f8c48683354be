"""What do the outlines' table and the roster say of each estate, field by field, and do the fields of a row agree?"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from gis.errors import ProblemLog, say
from gis.geometry import has_shape
from gis.tables import AREAS, PEOPLE
from layers.columns.catalogue import document
from layers.columns.fields import fields_of
from layers.naming.estate_names import id_keys
from layers.naming.names import NAMELESS
from layers.people import typed_interval
from layers.placing.estate_shapes import leave_out_copies, leave_out_labels, with_closed_lines
from layers.placing.places import LON_LAT, Town
from layers.reading.files import ROW, Source
from layers.rows import Rows, read_rows
from layers.typed.cells import folded

_NO_FACTS = frozenset({"x", "y", "system"})
_TEXT_TYPES = frozenset({"text", "choice"})
_SUMS = {"parking_spaces": ("parking_ground", "parking_underground")}


def text_fields() -> tuple[str, ...]:
    """Fields of a roster that hold words, ``""`` where unknown."""
    return tuple(name for name, entry in fields_of("roster").items()
                 if entry.type in _TEXT_TYPES and name not in _NO_FACTS)


def number_fields() -> tuple[str, ...]:
    """Fields of a roster that hold numbers or yes and no, NaN where unknown."""
    return tuple(name for name, entry in fields_of("roster").items()
                 if entry.type not in _TEXT_TYPES and name not in _NO_FACTS)


def interval_fields() -> tuple[str, ...]:
    """Fields of a roster that also have ``<name>_low`` and ``<name>_high``."""
    return tuple(name for name, entry in fields_of("roster").items() if entry.interval)


def read_side(
    source: Source, part: str, *, town: Town, log: ProblemLog, data_year: int | None = None, round_spread: float = 0.0,
) -> Rows:
    """Read one file of estates: every field of a roster, whether the file has it or not.

    A row that repeats an earlier id is an error and left out, and so is a row without id and name, which nobody could
    tell apart from others next month. Only an outline of a layer has a place to be known by: without id and name it is
    called by that (``121.47370,31.23040``), in a warning.

    Args:
        source: a table or a vector file.
        part: ``estates`` or ``roster``, for the account.
        town: the CRS of the places and where the project lies.
        log: takes every problem of the rows, and the account of them.
        data_year: building years after it are wrong.
        round_spread: how far off a round number of people may be, as a share of it.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "roster", part=part, town=town, log=log, data_year=data_year,
                     required=[("estate_id", "name")])
    fields = rows.fields.copy()
    said = fields.drop(columns=ROW).select_dtypes(exclude="bool")
    filled = (said.notna() & (said != "")).any(axis="columns")
    fields = fields.assign(**{name: rows.text(name) for name in text_fields()},
                           **{name: fields.get(name, np.nan) for name in number_fields()})
    rows = replace(rows, fields=_intervals(fields, round_spread))
    rows = _called_by_place(with_closed_lines(rows))
    key, name = rows.fields["estate_id"], rows.fields["name"]
    nameless = (key == "") & (name == "")
    rows.leave_out_together(fields.index[nameless & ~filled & ~has_shape(rows.geometry)],
                            what=say("rows hold nothing that is read"), fix="nothing, if they are meant to be empty")
    rows.leave_out(fields.index[nameless], fix="fill in 小区编号 or 小区名称",
                   why="this row has neither 小区编号 nor 小区名称, so that nobody can tell which estate it is")
    leave_out_labels(rows)
    leave_out_copies(rows)
    key = key.loc[rows.kept]
    rows.leave_out(key.index[(key != "") & id_keys(key).duplicated()], why="another row has this estate id", values=key,
                   column=next((one.header for one in rows.columns if one.field == "estate_id"), ""),
                   fix="if it is one estate, make it one row, its parts one shape of several parts; of several estates "
                       "give each an id of its own")
    return replace(rows, fields=_derived(rows))


def _intervals(fields: pd.DataFrame, round_spread: float) -> pd.DataFrame:
    """Bounds of all fields that have them; of people those of a round number too, and of storeys the most."""
    found: dict[str, pd.Series] = {}
    nothing = pd.Series(np.nan, fields.index)
    for name in interval_fields():
        low, high = (fields.get(f"{name}_{end}", nothing) for end in ("low", "high"))
        vague = fields.get(f"{name}_round", pd.Series(data=False, index=fields.index))
        if name in PEOPLE:
            said = typed_interval(fields[name], vague, low, high, spread=round_spread)
            low, high = said.low, said.high
        found |= {f"{name}_low": low, f"{name}_high": high}
    found["storeys"] = fields["storeys"].fillna(found["storeys_high"])
    return fields.drop(columns=[f"{name}_round" for name in interval_fields()], errors="ignore").assign(**found)


def _called_by_place(rows: Rows) -> Rows:
    """Outlines without id and name get both from where they lie, which stays the same whatever their order."""
    fields = rows.fields
    nameless = (fields["estate_id"] == "") & (fields["name"] == "") & rows.geometry.geom_type.isin(AREAS)
    nameless &= has_shape(rows.geometry)
    if rows.source.is_table or not nameless.any():
        return rows
    inner = rows.geometry[nameless].representative_point().to_crs(LON_LAT)
    places = inner.x.map("{:.5f}".format) + "," + inner.y.map("{:.5f}".format)
    rows.problem(label=fields.index[nameless][0], value=str(places.iloc[0]), severity="warning",
                 why=say("{count} outlines have neither 小区编号 nor 小区名称 and are called by where they lie",
                         count=int(nameless.sum())),
                 fix="give each of them 小区编号 or 小区名称")
    return replace(rows, fields=fields.assign(estate_id=fields["estate_id"].mask(nameless, places),
                                              name=fields["name"].mask(nameless, f"{NAMELESS} " + places)))


def _derived(rows: Rows) -> pd.DataFrame:
    """Fields that follow from others of the row, where the row itself does not say; what contradicts is listed."""
    fields = rows.fields.copy()
    for total, parts in _SUMS.items():
        summed = fields[list(parts)].sum(axis="columns", skipna=False)
        differs = (fields[total] != summed) & fields[total].notna() & summed.notna()
        differs &= fields.index.isin(rows.kept)
        names = tuple(fields_of("roster")[part].label for part in parts)
        rows.list_rows(fields.index[differs], values=fields[total].map("{:g}".format), severity="warning",
                       column=fields_of("roster")[total].label,
                       why=say("the total is not the sum of {names}; the total is used", names=names),
                       fix="correct the total or its parts")
        fields[total] = fields[total].fillna(summed)
    blocked = fields["fire_lane_blocked"].mask(_lane_unsaid(rows))
    fields["fire_lane_blocked"] = blocked.fillna(1 - fields["fire_lane_clear"])
    some = (fields["illegal_buildings"] > 0) | (fields["illegal_buildings_low"] > 0)
    fields["illegal_building"] = np.where(some, 1.0, np.where(fields["illegal_buildings"] == 0, 0.0, np.nan))
    company = folded(fields["property_company"])
    yes, no = (company.isin(_words(word)) for word in ("yes", "no"))
    fields["property_company"] = fields["property_company"].mask(yes | no, "")
    said = pd.Series(np.where(no, 0.0, np.where(company != "", 1.0, np.nan)), fields.index)
    fields["property_management"] = fields["property_management"].fillna(said)
    return fields


def _lane_unsaid(rows: Rows) -> "pd.Series[bool]":
    """Rows that say 有 or 无 under a header that does not ask whether the fire lane is blocked, such as 消防通道."""
    header = next((one.header for one in rows.columns if one.field == "fire_lane_blocked"), "")
    nothing = pd.Series(data=False, index=rows.fields.index)
    if header not in rows.raw.frame or any(word in header for word in document()["cells"]["asks_if_blocked"]):
        return nothing
    answers = [*document()["cells"]["yes"], *document()["cells"]["no"]]
    unsaid = folded(rows.raw.frame[header]).isin(answers).reindex(rows.fields.index, fill_value=False)
    rows.list_rows(unsaid.index[unsaid & unsaid.index.isin(rows.kept)], values=rows.raw.frame[header].astype("str"),
                   column=header, severity="warning", fix="write 堵塞 or 畅通; until then it is unknown",
                   why="this does not say whether the fire lane is blocked or clear")
    return unsaid


def _words(answer: str) -> Iterable[str]:
    return fields_of("roster")["property_company"].choices[answer]
