"""Which estates are there, where are they, and what does the roster say of each?"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.crs import in_crs, metric_crs
from gis.errors import InputError, Problem, ProblemLog, say
from gis.geometry import has_shape
from gis.ledger import Reading
from gis.tables import PEOPLE, Estates
from layers.columns.fields import fields_of
from layers.naming.communities import in_one_spelling
from layers.naming.estate_names import called, unknown_estates
from layers.osm_extract import OsmExtract
from layers.placing.outlines_given import given_outlines, lone_points, of_rows
from layers.placing.outlines_named import areas_by_name
from layers.placing.places import Town, bounds_of
from layers.placing.to_locate import read_located
from layers.quality.doubts import Doubts
from layers.reading.files import ROW, Source
from layers.roster_join import JOINED_BY, OUTLINE_ROW, ROSTER_ROW, join
from layers.rosters import read_side
from layers.rows import Rows

_LISTED = 20
_NO_COLUMNS = [ROW, OUTLINE_ROW, ROSTER_ROW, JOINED_BY, "estate_id", "fire_lane_clear", "storeys_low", "storeys_high",
               "illegal_buildings_low", "illegal_buildings_high"]
Sides = tuple[Rows | None, Rows | None]


def read_estates(
    *, outlines: Source | None, roster: Source | None, walled_default: bool, log: ProblemLog, town: Town,
    data_year: int | None = None, located: Source | None = None, round_spread: float = 0.0,
    osm: OsmExtract | None = None,
) -> Estates:
    """Read outlines and roster and join them by ``estate_id``, else by a name that is surely the same.

    No row is lost: a roster row without an outline is an estate that is not located, an outline without a roster row
    an estate of unknown numbers. An estate without an id is known by its name. Where one has no outline but a place,
    that is ``point_x``, ``point_y``: by ``located``, else a point of the outlines' file, else the roster's coordinates.

    Args:
        outlines: a file of areas or points, or a table.
        roster: a table, or a file of shapes, which are taken where the outlines' file has none.
        walled_default: whether an estate is walled where its row does not say.
        log: takes every problem of the rows, and the account of them.
        town: the CRS to work in, by default that of the middle of the outlines, and where the project lies.
        data_year: building years after it are wrong.
        located: the list of places of estates that had none, filled in.
        round_spread: how far off a round number of people in the roster may be, as a share.
        osm: where estates without an outline may have one of their name.

    Raises:
        InputError: files cannot be read (all that is wrong at once), nothing is given, or no CRS can be chosen.
    """
    sides, places = read_sides(outlines, roster, located, town=town, log=log, data_year=data_year,
                                round_spread=round_spread)
    joined = _in_one_spelling(_by_id(join(*sides), *sides), sides[1] or sides[0])
    _some(joined, sides)
    crs = _crs_of([*sides, places], town, log)
    areas = _outlines(sides, joined, crs)
    points = _points(sides, places, joined, areas).mask(has_shape(areas))
    for side, column in zip(sides, (OUTLINE_ROW, ROSTER_ROW), strict=True):
        if side is not None:
            side.done(side.kept, _keys_of(joined, column))
    by_name = areas_by_name(joined, areas, points, osm, log) if osm else None
    named = gpd.GeoSeries(index=joined.index, crs=crs) if by_name is None else by_name.geometry
    joined["outline_object"] = "" if by_name is None else by_name["object"]
    by = joined[JOINED_BY].mask((joined[JOINED_BY] == "") & has_shape(areas), "own")
    by = by.mask(joined["outline_object"] != "", "osm")
    log.readings[-1] = replace(log.readings[-1], joins=joined[["name"]].assign(by=by))
    _warn_of_unlocated(joined["name"], has_shape(areas) | has_shape(points) | has_shape(named), log)
    joined["walled"] = joined["walled"].map({1.0: True, 0.0: False}).fillna(value=walled_default).astype(bool)
    joined["outline_assumed"] = joined["outline_assumed"] == 1
    joined["outline_basis"] = np.select([has_shape(areas), has_shape(named)], ["outline", "osm_landuse"], "")
    points = points.mask(has_shape(named))
    joined["point_x"], joined["point_y"] = points.x, points.y
    for name in PEOPLE:
        joined[f"{name}_basis"] = np.where(joined[[name, f"{name}_low"]].notna().any(axis="columns"), "roster", "")
    return Estates.of(gpd.GeoDataFrame(joined.drop(columns=_NO_COLUMNS, errors="ignore"),
                                       geometry=areas.where(has_shape(areas), named)))


def mark_edge_of_data(estates: Estates, extent: shapely.Geometry | None, margin_m: float) -> Estates:
    """Mark the estates whose outline is not wholly inside ``extent`` shrunk by ``margin_m``.

    Args:
        estates: the estates.
        extent: area inside which the streets are complete, in the estates' CRS; None where the source does not say:
            no estate is marked then.
        margin_m: how far people may walk, metres.
    """
    frame = estates.frame.copy()
    if extent is None:
        frame["edge_of_data"] = False
    else:
        frame["edge_of_data"] = estates.located & ~frame.geometry.covered_by(extent.buffer(-margin_m))
    return Estates.of(frame)


def read_sides(
    outlines: Source | None, roster: Source | None, located: Source | None, *, town: Town, log: ProblemLog,
    data_year: int | None, round_spread: float,
) -> tuple[Sides, Rows | None]:
    """The rows of each file of estates, not joined yet; the first that has a place chooses the CRS for those after it.

    Args and errors as of ``read_estates``.
    """
    if outlines is None and roster is None:
        raise InputError(Problem(why="there are no estates",
                                 fix='give file = "…" under [estates] or [roster] in project.toml'))
    faults, here = ProblemLog(), town

    def side(source: Source | None, part: str) -> Rows | None:
        nonlocal here
        if source is None:
            return None
        rows = faults.attempt(lambda: read_side(
            source, part, town=here, log=log, data_year=data_year, round_spread=round_spread), None)
        if rows is not None and has_shape(rows.geometry).any():
            here = Town(here.crs or rows.geometry.crs, here.home or bounds_of(rows.geometry))
        return rows

    sides = side(outlines, "estates"), side(roster, "roster")
    places = faults.attempt(lambda: read_located(located, town=here, log=log), None) if located else None
    faults.raise_errors()
    return sides, places


def _by_id(joined: pd.DataFrame, outlines: Rows | None, roster: Rows | None) -> pd.DataFrame:
    """The joined rows on their id, else their name; what repeats one is an error and left out.

    Names without an id that several estates bear have the street (街道) after them.
    """
    key = joined["estate_id"].where(joined["estate_id"] != "", joined["name"])
    shared = (joined["estate_id"] == "") & key.duplicated(keep=False) & (joined["street"] != "")
    key = key.mask(shared, joined["name"] + "（" + joined["street"] + "）")
    _say_called_by_street(key[shared], roster if outlines is None else outlines)
    repeated = joined[key.duplicated()].assign(key=key)
    for side, column in ((outlines, OUTLINE_ROW), (roster, ROSTER_ROW)):
        if side is not None:
            mine = repeated[repeated[column] >= 0].set_index(column)["key"]
            side.leave_out(mine.index, values=mine, column="小区编号",
                           why="another estate has this id or, without an id, this name",
                           fix="if it is one estate, make it one row, its parts one shape of several parts; of several "
                               "estates give each an id of its own")
    return joined[~key.duplicated()].set_index(key[~key.duplicated()].rename("estate_id"))


def _say_called_by_street(keys: pd.Series, side: Rows | None) -> None:
    if len(keys) and side is not None:
        side.problem(value=str(keys.iloc[0]), severity="warning",
                     why=say("{count} estates share their names with others, have no id and are called by name and "
                             "street, such as {name}", count=len(keys), name=str(keys.iloc[0])),
                     fix="give each estate an id of its own in the column 小区编号")


def _in_one_spelling(joined: pd.DataFrame, side: Rows | None) -> pd.DataFrame:
    """Streets and communities as most rows write them, which is said: amounts are pooled by them."""
    names = joined.copy()
    for column in ("street", "community"):
        names[column], spellings = in_one_spelling(joined[column])
        for chosen, *others in spellings[:_LISTED]:
            assert side is not None  # noqa: S101 - one of the two files is given
            side.problem(column=fields_of("roster")[column].label, value=chosen, severity="warning",
                         why=say("{names} are taken for the same as {name}", names=tuple(others), name=chosen),
                         fix="nothing, if they are one; else write before one of them what tells it from the other, "
                             "such as its street")
    return names


def _some(joined: pd.DataFrame, sides: Sides) -> None:
    """Refuse files without an estate, such as a template that nobody has filled in."""
    if joined.empty:
        side = sides[1] or sides[0]
        assert side is not None  # noqa: S101 - one of the two files is given
        raise InputError(Problem(file=side.file, sheet=side.raw.part, why="there is no estate in it",
                                 fix="fill in a row for each estate"))


def _crs_of(sides: list[Rows | None], town: Town, log: ProblemLog) -> Any:
    if town.crs is not None:
        return town.crs
    given = [side for side in sides if side is not None]
    chosen = next((side.geometry.crs for side in given if has_shape(side.geometry).any()), None)
    if chosen is None and town.home is not None:
        return metric_crs((town.home[0] + town.home[2]) / 2, (town.home[1] + town.home[3]) / 2)
    if chosen is None:
        wrong = [one for one in log.errors if one.file in {side.file for side in given}]
        if wrong:  # coordinates that cannot be read are why there are none
            raise InputError(wrong)
        raise InputError(Problem(file=given[0].file,
                                 why="no estate has an outline or a point, so no coordinate system can be chosen",
                                 fix='give outlines, or add crs = "EPSG:4549" (or your zone) under [project]'))
    return chosen


def _outlines(sides: Sides, joined: pd.DataFrame, crs: Any) -> gpd.GeoSeries:
    """The outlines of each estate: those of the outlines' file, else those that the roster has itself."""
    found = gpd.GeoSeries([None] * len(joined), index=joined.index, crs=crs)
    for side, column in zip(sides, (OUTLINE_ROW, ROSTER_ROW), strict=True):
        if side is not None and has_shape(side.geometry).any():
            found = found.where(has_shape(found), given_outlines(side, joined, column, crs, ~has_shape(found)))
    return found


def _points(sides: Sides, places: Rows | None, joined: pd.DataFrame, areas: gpd.GeoSeries) -> gpd.GeoSeries:
    """Where each estate is said to lie: by the list of places, else the outlines' file, else the roster."""
    crs = areas.crs
    found = gpd.GeoSeries([None] * len(joined), index=joined.index, crs=crs)
    if places is not None:
        found = found.combine_first(_listed_places(places, joined, areas)).reindex(joined.index)
    for side, column in zip(sides, (OUTLINE_ROW, ROSTER_ROW), strict=True):
        if side is not None and has_shape(side.geometry).any():
            said = of_rows(in_crs(lone_points(side.geometry), crs), joined, column)
            found = found.where(has_shape(found), said)
    return found


def _listed_places(places: Rows, joined: pd.DataFrame, areas: gpd.GeoSeries) -> gpd.GeoSeries:
    key, crs = places.text("estate_id").loc[places.kept], areas.crs
    strange = key[~key.isin(joined.index)]
    if len(strange):
        known = gpd.GeoDataFrame(joined[["name", "alias_names"]], geometry=[None] * len(joined), crs=crs)
        unknown_estates(places, strange, Estates.of(known))
    places.leave_out(strange.index, why="no estate has this id", values=strange, severity="warning",
                     fix="write 小区编号 as the estates' file does, or delete the row")
    drawn = key[key.isin(areas.index[has_shape(areas)])]
    places.leave_out(drawn.index, why="this estate has an outline, which holds", values=drawn, severity="warning",
                     fix="nothing, if the outline is right; else delete it from the outlines' file")
    key = key.loc[places.kept]
    places.done(places.kept, key)
    return in_crs(places.geometry.loc[key.index], crs).set_axis(pd.Index(key, dtype="object", name="estate_id"))


def _keys_of(joined: pd.DataFrame, column: str) -> pd.Series:
    """What the rows of one file are known by, on their labels."""
    there = joined[joined[column] >= 0]
    return pd.Series(there.index, index=there[column].to_numpy())


def misplaced(readings: Iterable[Reading]) -> frozenset[str]:
    """The estates whose coordinates are wrong: to be corrected, not to be located."""
    return frozenset(key for one in readings if one.part in {"estates", "roster"} for key in one.misplaced)


def _warn_of_unlocated(names: pd.Series, located: "pd.Series[bool]", log: ProblemLog) -> None:
    nowhere = names[~located & ~names.index.isin(misplaced(log.readings))]
    if len(nowhere):
        Doubts(log).add(
            called(nowhere, nowhere.index.to_series()),
            why=say("{count} of {total} estates have neither outline nor coordinates; what depends on place is unknown "
                    "for them", count=len(nowhere), total=len(names)),
            fix='draw their outlines, or fill in to_locate.xlsx, which check writes beside the project, and write '
                'located = "to_locate.xlsx" below [estates]')
