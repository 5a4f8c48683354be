"""Are buildings there twice or not at all, and do their households agree with the roster?"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gis.errors import say
from gis.tables import Buildings
from layers.people import homes_of
from layers.quality.doubts import OUTLINES, Doubts, figures, shown
from layers.quality.plausible import limit


def check_buildings(frame: gpd.GeoDataFrame, buildings: Buildings, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say which footprints are there twice, which outlines hold none, and where households do not fit the buildings.

    Args:
        frame: the estates, by id, figures as they were read.
        buildings: all there are, each with its estate; without any nothing is said.
        names: how each estate is called.
        doubts: takes the warnings.
    """
    if not len(buildings):
        return
    _twins(buildings.frame, doubts)
    homes = homes_of(buildings)
    _without(frame, homes, names, doubts)
    _households(frame, homes, names, doubts)


def check_density(outlines: gpd.GeoDataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Say where more people live on a hectare than is believed: the figure is too large or the outline too small."""
    hectares = outlines.area / 10_000
    for name in ("residents", "households"):
        most = limit("outlines", f"{name}_per_ha")
        dense = outlines[name] / hectares > most
        if dense.any():
            rows = zip(outlines.index[dense], outlines.loc[dense, name], hectares[dense], strict=True)
            doubts.add({key: f"{names[key]}: {shown(value)} / {area:.2f} ha" for key, value, area in rows}, field=name,
                       why=say("{count} estates have more than {most} per hectare of their outline",
                               count=int(dense.sum()), most=shown(most)),
                       fix="look whether the outline holds the whole estate, and whether the figure is of this estate "
                           "alone")


def _twins(frame: gpd.GeoDataFrame, doubts: Doubts) -> None:
    """Footprints with the same middle and size; their people would be counted twice, or shared out over both."""
    shapes, area_m2 = frame.geometry.to_numpy(), frame.area.to_numpy()
    one, other = _like(shapely.get_coordinates(shapely.centroid(shapes)), area_m2)
    share, larger = limit("buildings", "same_share"), np.maximum(area_m2[one], area_m2[other])
    alike = np.minimum(area_m2[one], area_m2[other]) >= share * larger
    one, other, larger = one[alike], other[alike], larger[alike]
    same = shapely.area(shapely.intersection(shapes[one], shapes[other])) >= share * larger
    one, other = one[same], other[same]
    if len(one):
        order, ids = np.lexsort((other, one)), frame.index
        pairs = [f"{ids[one[at]]} = {ids[other[at]]}" for at in order]
        doubts.add(pd.Series(pairs, ids[other[order]]), parts=("buildings",),
                   why=say("{count} pairs of buildings have the same footprint: homes there are counted twice",
                           count=len(one)),
                   fix="delete the one that is there twice")


def _like(middles: np.ndarray, area_m2: np.ndarray) -> np.ndarray:
    """Pairs of positions (2, n) with middles near each other; of many exact copies each is paired with the first."""
    apart_m = limit("buildings", "twins_apart_m")
    row = np.arange(len(middles))
    rounded = pd.DataFrame(np.round(np.column_stack([middles, area_m2]), 1)).assign(row=row)
    first = rounded.groupby([0, 1, 2])["row"].transform("min").to_numpy()
    kinds, copies = np.flatnonzero(first == row), np.flatnonzero(first != row)
    near = kinds[np.sort(cKDTree(middles[kinds]).query_pairs(apart_m, output_type="ndarray"), axis=1)]
    return np.hstack([near.reshape(-1, 2).T, [first[copies], copies]])


def _without(frame: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    """Outlines without a home; in one that holds other estates the homes of those count."""
    bare = frame[frame["outline_basis"].isin(["outline", "osm_landuse"]) & ~frame.index.isin(homes["estate_id"])]
    some, _ = homes.sindex.query(bare.geometry, predicate="intersects")
    bare = bare.index.delete(some)
    if len(bare):
        doubts.add(names[bare], parts=OUTLINES, why=say(
            "{count} of {total} estates have no residential building inside their outline", count=len(bare),
            total=len(frame)), fix="look whether these outlines lie where they should; add the buildings that are "
                                   "missing")


def _households(frame: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, names: "pd.Series[str]", doubts: Doubts) -> None:
    by_estate = homes["households"].groupby(homes["estate_id"])
    summed = by_estate.sum().where(by_estate.count() == by_estate.size()).reindex(frame.index)
    roster, number = frame["households"], by_estate.size().reindex(frame.index)
    differ = (summed - roster).abs() > limit("buildings", "sum_differs_share") * roster
    if differ.any():
        both = pd.DataFrame({"roster": roster[differ], "buildings": summed[differ]})
        doubts.add(figures(names, both, " ≠ "), field="households", why=say(
            "in {count} estates the households of the buildings differ from the roster by more than {most:.0%}",
            count=int(differ.sum()), most=limit("buildings", "sum_differs_share")),
            fix="look whether buildings are missing or stand in the wrong estate, or the figure is of another date")
    many = roster / number > limit("buildings", "households_per_building")
    if many.any():
        both = pd.DataFrame({"households": roster[many], "buildings": number[many]})
        doubts.add(figures(names, both, " / "), field="households", why=say(
            "{count} estates have more than {most} households for each building in their outline",
            count=int(many.sum()), most=shown(limit("buildings", "households_per_building"))),
            fix="look whether buildings are missing, or the figure is of a larger area")
