"""How much can a facility hold whose capacity nobody has said, and does what lists say agree with the roster?"""

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import Problem, ProblemLog, Words, runs_of, say
from gis.tables import NO_ESTATE, Estates, Facilities
from layers.assumptions import assumed
from layers.columns.fields import fields_of
from layers.kinds import facility_kind
from layers.naming.estate_names import called
from layers.quality.doubts import Doubts, figures

_NAMED_ROWS = 8
_ONE_BY_ONE = 50
_FIX = say("find out which is right and correct the other; the roster's figure is used until then")


def with_bounds(frame: gpd.GeoDataFrame, kind: str, stacked: pd.Series | None = None) -> gpd.GeoDataFrame:
    """Fill ``capacity_low`` and ``capacity_high`` of car parks whose spaces are unknown from their ``area_m2``.

    At least area ÷ ``space_most_m2`` and at most area ÷ ``space_least_m2`` (``layers/assumptions.toml``), whole spaces
    and at least one. ``capacity`` itself stays unknown. Other kinds, and rows that have a bound, stay as they are.

    Args:
        frame: with ``capacity`` and ``area_m2``; bounds where there are any.
        kind: one of ``layers/kinds.toml``.
        stacked: True where the cars may stand on several floors, so that the ground does not bound them above.

    Returns:
        the frame with both columns: the capacity where it is known, both NaN where nothing bounds it.
    """
    known = frame["capacity"]
    low, high = (frame[name] if name in frame else pd.Series(np.nan, frame.index)
                 for name in ("capacity_low", "capacity_high"))
    if kind == "car_parks":
        asked = known.isna() & low.isna() & high.isna() & (frame["area_m2"] > 0)
        least, most = (np.floor(frame["area_m2"] / assumed(kind, name)).clip(lower=1.0)
                       for name in ("space_most_m2", "space_least_m2"))
        most = most if stacked is None else most.mask(stacked, np.inf)
        low, high = low.mask(asked, least), high.mask(asked, most)
    return frame.assign(capacity_low=low.fillna(known), capacity_high=high.fillna(known))


def total_between(facilities: Facilities, estates: pd.Index) -> pd.DataFrame:
    """The least and the most that the existing facilities of each estate hold together, on ``estate_id``.

    Returns:
        ``low`` (what nothing bounds counts 0) and ``high`` (infinite where one of them is not bounded above).
    """
    existing = facilities.existing
    ends = pd.DataFrame({"low": existing["capacity_low"].fillna(0.0), "high": existing["capacity_high"].fillna(np.inf)})
    return ends.groupby(existing["estate_id"]).sum().reindex(estates, fill_value=0.0)


def compare_with_roster(
    facilities: Facilities, estates: Estates, *, roster: str, log: ProblemLog,
) -> None:
    """Say where a list and the roster disagree on what stands in an estate; the roster's figure is the one in use.

    A list that holds more than the roster always disagrees; one that holds less, or has no row for an estate, only
    where it claims to be complete and knows every capacity. Nothing is changed.

    Args:
        facilities: of one kind, with their estates; those of OSM are not looked at.
        estates: with the roster's own count.
        roster: name of the roster's file, for the message.
        log: takes one warning per estate.
    """
    field = facility_kind(facilities.kind).roster_field
    listed = facilities.existing
    listed = listed[(listed["origin"] == "surveyed") & (listed["estate_id"] != NO_ESTATE)]
    if not field:
        return
    if facilities.complete:
        _say_unlisted(estates.frame[~estates.ids.isin(listed["estate_id"])], field, facilities, Doubts(log, roster))
    if listed.empty:
        return
    of_estate = listed.assign(silent=listed["capacity"].isna()).groupby("estate_id")
    found = pd.DataFrame({"least": of_estate["capacity"].sum(), "silent": of_estate["silent"].sum()})
    found = found.join(estates.frame[["name", field]]).dropna(subset=[field])
    sure = facilities.complete & (found["silent"] == 0)
    apart = found[(found["least"] > found[field]) | (sure & (found["least"] < found[field]))]
    for key, row in apart.iloc[:_ONE_BY_ONE].iterrows():
        rows = listed[listed["estate_id"] == key]
        said = say("{estate}: the list has {listed} in {rows}, the roster {roster} has {own} ({column})",
                   estate=str(row["name"] or key), listed=f"{row['least']:.0f}", rows=_places(rows), roster=roster,
                   own=f"{row[field]:.0f}", column=fields_of("roster")[field].label)
        first = rows.sort_values(["source", "source_row"]).iloc[0]
        log.add(Problem(file=str(first["source"]), sheet=str(first["source_sheet"]), fix=_FIX, why=said,
                        row=None if pd.isna(first["source_row"]) else int(first["source_row"]),
                        column=fields_of("facility")["capacity"].label, value=f"{row['least']:.0f}",
                        severity="warning"))
    if len(apart) > _ONE_BY_ONE:
        log.add(Problem(file=roster, column=fields_of("roster")[field].label, severity="warning", fix=_FIX,
                        why=say("the roster and the list differ in {count} more estates",
                                count=len(apart) - _ONE_BY_ONE)))


def _say_unlisted(unlisted: pd.DataFrame, field: str, facilities: Facilities, doubts: Doubts) -> None:
    """Say which estates without a row in a list that claims to be complete have some by the roster."""
    some, frame = unlisted[unlisted[field] > 0], facilities.frame
    files = tuple(sorted({str(name) for name in frame.loc[frame["origin"] == "surveyed", "source"] if name}))
    if some.empty or not files:  # of a list without rows its reader says that it has none
        return
    doubts.add(
        figures(called(some["name"], some.index.to_series()), some[[field]], ""), field=field, fix=_FIX,
        why=say("{count} estates have some by the roster, and the list that is said to be complete ({files}) has no "
                "row for them", count=len(some), files=files))


def _places(rows: pd.DataFrame) -> tuple[Words, ...]:
    """The rows of each file, whose name is said where there are several."""
    of_file = [(str(file), _numbers(numbers)) for file, numbers in rows.groupby("source")["source_row"]]
    if len(of_file) == 1:
        return (say("rows {rows}", rows=of_file[0][1]),)
    return tuple(say("{file} rows {rows}", file=file, rows=numbers) for file, numbers in of_file)


def _numbers(rows: pd.Series) -> str:
    runs = runs_of(int(row) for row in rows.dropna())
    return ", ".join(runs[:_NAMED_ROWS]) + (" …" if len(runs) > _NAMED_ROWS else "")
