"""Which estates are there, where are they, and what does the roster say of each?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, ProblemLog, say
from gis.geometry import fault, has_shape, repair_areas
from gis.tables import PEOPLE, Estates
from layers.files import ROW, Source
from layers.places import projected
from layers.rosters import OUTLINE_ROW, Side, join, read_side

_AREAS = ("Polygon", "MultiPolygon")


def read_estates(
    *, outlines: Source | None, roster: Source | None, walled_default: bool, log: ProblemLog, to_crs: Any = None,
    data_year: int | None = None,
) -> Estates:
    """Read outlines and roster and join them by ``estate_id``, else by exact normalised name.

    No row is lost: a roster row without an outline is an estate that is not located, an outline without a roster row
    an estate of unknown numbers. An estate without an id is known by its name.

    Args:
        outlines: a vector file of areas; a table gives estates without outlines.
        roster: a table, or a vector file whose geometry is not looked at.
        walled_default: whether an estate is walled where its row does not say.
        log: takes every problem of the rows.
        to_crs: metric CRS; None chooses one from the outlines.
        data_year: building years up to the one after it are believed.

    Raises:
        InputError: files cannot be read (all that is wrong at once), nothing is given, or no CRS can be chosen.
    """
    sides = _read_sides(outlines, roster, log, data_year)
    side = sides[0] or sides[1]
    joined = _by_id(join(*sides, log=log), side, log)
    shapes = _outlines(sides[0], to_crs, log)
    geometry = gpd.GeoSeries(shapes.reindex(joined[OUTLINE_ROW]).to_numpy(), index=joined.index, crs=shapes.crs)
    geometry = _repaired(geometry, joined, side.source.path.name if side else "", log)
    joined["walled"] = joined["walled"].map({1.0: True, 0.0: False}).fillna(value=walled_default).astype(bool)
    joined["outline_assumed"] = joined["outline_assumed"] == 1
    for name in PEOPLE:
        known = joined[name].notna() if name in joined else False
        joined[f"{name}_basis"] = np.where(known, "roster", "")
    return Estates.of(gpd.GeoDataFrame(joined.drop(columns=[ROW, OUTLINE_ROW, "estate_id"]), geometry=geometry))


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


def _read_sides(
    outlines: Source | None, roster: Source | None, log: ProblemLog, data_year: int | None,
) -> tuple[Side | None, Side | None]:
    if outlines is None and roster is None:
        raise InputError(Problem(why="there are no estates", fix="give file or roster under [estates] in project.toml"))
    faults = ProblemLog()

    def side(source: Source | None) -> Side | None:
        return faults.attempt(lambda: read_side(source, log, data_year), None) if source else None

    sides = side(outlines), side(roster)
    faults.raise_errors()
    return sides


def _by_id(joined: pd.DataFrame, side: Side | None, log: ProblemLog) -> pd.DataFrame:
    numbered = "row " + joined[ROW].astype(str)
    key = joined["estate_id"].where(joined["estate_id"] != "", joined["name"]).where(lambda ids: ids != "", numbered)
    repeated = key.duplicated()
    for name, row in zip(key[repeated], joined.loc[repeated, ROW], strict=True):
        log.add(Problem(file=side.source.path.name if side else "", row=int(row), column="小区编号", value=name,
                        why="another estate has this id or, without an id, this name",
                        fix="give each estate an id of its own in the column 小区编号"))
    return joined[~repeated].set_index(key[~repeated].rename("estate_id"))


def _outlines(side: Side | None, to_crs: Any, log: ProblemLog) -> gpd.GeoSeries:
    """The areas of the outlines' file in the metric CRS, on its rows; what is not an area is missing."""
    if side is None or side.geometry is None or side.geometry.isna().all():
        if to_crs is None:
            raise InputError(Problem(file=side.source.path.name if side else "",
                                     why="no estate has an outline, so no coordinate system can be chosen",
                                     fix='give outlines, or add crs = "EPSG:4549" (or your zone) under [project]'))
        return gpd.GeoSeries([], crs=to_crs)
    moved = projected(gpd.GeoDataFrame(geometry=side.geometry), to_crs, file=side.source.path.name).geometry
    wrong = moved.notna() & ~moved.geom_type.isin(_AREAS)
    if wrong.any():
        kinds = tuple(sorted(set(moved[wrong].geom_type)))
        log.add(side.problem(why=say("{count} rows hold {kinds}, not outlines", count=int(wrong.sum()), kinds=kinds),
                             fix="draw their outlines as areas; until then these estates are not located"))
    return moved.mask(wrong)


def _repaired(geometry: gpd.GeoSeries, joined: pd.DataFrame, file: str, log: ProblemLog) -> gpd.GeoSeries:
    areas, ledger = repair_areas(geometry)
    rows = joined.loc[ledger.index, ROW]
    for key, row, (reason, before, after) in zip(ledger.index, rows, ledger.to_numpy(), strict=True):
        log.add(Problem(
            file=file, row=int(row), value=str(key), severity="warning",
            why=say("broken outline ({reason}) repaired: {before_m2:.1f} m² before, {after_m2:.1f} m² after",
                    reason=fault(reason), before_m2=before, after_m2=after),
            fix="look at it on the map and redraw it where the repair is wrong"))
    unlocated = ~has_shape(areas)
    listed = (joined[OUTLINE_ROW] < 0) & bool((joined[OUTLINE_ROW] >= 0).any())
    unlisted = unlocated & ~listed
    if unlisted.any():
        log.add(Problem(file=file, severity="warning", value=", ".join(areas.index[unlisted][:10]),
                        why=say("{count} of {total} estates have no outline", count=int(unlisted.sum()),
                                total=len(areas)),
                        fix="draw their outlines; until then what depends on place is unknown for them"))
    return areas.mask(unlocated)
