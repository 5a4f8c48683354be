"""Which ground does an estate have that nobody drew, where OSM has a residential area of its name?

An area is an estate's where it alone bears the estate's name, no other estate bears it, and the place that the roster
may say is near. What only looks alike is offered and never joined.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import ProblemLog, say
from gis.geometry import has_shape
from gis.tables import AREAS
from layers.assumptions import assumed
from layers.naming.estate_names import called, keyed, name_table, same_names
from layers.naming.names import candidates
from layers.osm_extract import OsmExtract, repaired_areas
from layers.quality.doubts import ESTATES, Doubts


def areas_by_name(
    estates: pd.DataFrame, areas: gpd.GeoSeries, points: gpd.GeoSeries, extract: OsmExtract, log: ProblemLog,
) -> gpd.GeoDataFrame:
    """For estates without an outline the residential area of OSM that surely bears their name, on the estates' ids.

    The column ``object`` is the area's id in OSM, ``""`` where none was found.

    What was joined is a warning, as are names that stand for several and names that only look alike.

    Args:
        estates: ``name``, ``alias_names`` and ``street`` on the estates' ids.
        areas: outlines that are given, on the same index in a metric CRS; missing where there is none.
        points: where the estates without an outline are said to lie, likewise; missing where nobody says.
        extract: whose residential areas are looked at.
        log: takes the warnings.
    """
    mapped = extract.estates[extract.estates["name"] != ""]
    asked = estates.index[~has_shape(areas)]
    ours = name_table(estates["name"], estates["alias_names"], estates["street"])
    theirs = name_table(mapped["name"], mapped["other_names"], pd.Series("", index=mapped.index))
    pairs = same_names(*keyed(ours, theirs)).set_axis(["estate", "area"], axis="columns")
    pairs = pairs[pairs["area"].isin(pairs.loc[pairs["estate"].isin(asked), "area"])]
    there = repaired_areas(mapped.loc[mapped.index.isin(pairs["area"])], areas.crs, extract.file, log).geometry
    there = there[there.geom_type.isin(AREAS)]
    pairs = pairs[pairs["area"].isin(there.index)]
    apart_m = _apart_m(points.reindex(pairs["estate"]), there.loc[pairs["area"]])
    far = apart_m > assumed("outlines", "named_most_m")
    twice = (pairs["estate"].duplicated(keep=False) | pairs["area"].duplicated(keep=False)).to_numpy() & ~far
    odd = ~far & ~twice & _out_of_place(pairs, there, areas, points)
    doubts, shown = Doubts(log, extract.file), _shown(pairs, estates, mapped)
    free = pairs["estate"].isin(asked).to_numpy()
    sure = pairs[free & ~far & ~twice & ~odd]
    _say(doubts, far=shown[free & far], several=shown[free & twice], odd=shown[free & odd],
         joined=shown[free & ~far & ~twice & ~odd])
    _offer(doubts, estates.loc[asked[~asked.isin(pairs["estate"])]], points, mapped)
    found = gpd.GeoDataFrame({"object": sure["area"].to_numpy()}, index=pd.Index(sure["estate"], dtype="object"),
                             geometry=there.loc[sure["area"]].to_numpy(), crs=areas.crs).reindex(areas.index)
    return found.fillna({"object": ""})


def _out_of_place(
    pairs: pd.DataFrame, there: gpd.GeoSeries, areas: gpd.GeoSeries, points: gpd.GeoSeries,
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which areas cannot be the estate's: on another's outline, around another's point, or far from all the others."""
    mine = there.loc[pairs["area"]].to_numpy()
    given, known = areas[has_shape(areas)], points[has_shape(points)]
    odd = np.zeros(len(pairs), dtype=bool)
    row, other = given.sindex.query(mine, predicate="intersects")
    covered = shapely.area(shapely.intersection(mine[row], given.to_numpy()[other])) / shapely.area(mine[row])
    odd[row[covered > assumed("outlines", "named_overlap_share")]] = True
    row, other = known.sindex.query(mine, predicate="intersects")
    odd[row[known.index.to_numpy()[other] != pairs["estate"].to_numpy()[row]]] = True
    everyone = np.concatenate([given.to_numpy(), known.to_numpy()])
    if len(everyone):
        nearest = shapely.STRtree(everyone).query_nearest(mine, return_distance=True, all_matches=False)
        odd[nearest[0][0][nearest[1] > assumed("outlines", "named_town_m")]] = True
    return odd


def _apart_m(points: gpd.GeoSeries, areas: gpd.GeoSeries) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """How far each point lies from its area; 0 where there is no point."""
    apart: np.ndarray[tuple[int], np.dtype[np.float64]] = shapely.distance(points.to_numpy(), areas.to_numpy())
    return np.nan_to_num(apart, nan=0.0)


def _shown(pairs: pd.DataFrame, estates: pd.DataFrame, mapped: gpd.GeoDataFrame) -> pd.Series:
    """What a pair is called, on the estate's id: ``密云路454弄 (12) → way/433248140``."""
    names = called(estates["name"], estates.index.to_series())
    said = [f"{names[estate]} → {mapped['name'][area]} {area}"
            for estate, area in zip(pairs["estate"], pairs["area"], strict=True)]
    return pd.Series(said, index=pd.Index(pairs["estate"], dtype="object"), dtype="object")


def _say(doubts: Doubts, *, far: pd.Series, several: pd.Series, odd: pd.Series, joined: pd.Series) -> None:
    distance_m = assumed("outlines", "named_most_m")
    for shown, why, fix in (
        (joined, say("{count} estates without an outline have one of their name in OSM, which was taken",
                     count=joined.index.nunique()),
         say("look at them on the map; where one is another place, draw the outline or write its coordinates")),
        (several, say("the names of {count} estates without an outline stand for several in OSM or in the roster, so "
                      "none was taken", count=several.index.nunique()),
         say("draw their outlines, or write their coordinates")),
        (odd, say("{count} residential areas of OSM bear the name of an estate and lie on the outline of another, "
                  "around the coordinates of another or more than {distance_km:.0f} km from all others, so they were "
                  "not taken", count=len(odd), distance_km=assumed("outlines", "named_town_m") / 1000),
         say("draw the outlines of these estates, or write their coordinates")),
        (far, say("{count} residential areas of OSM bear the name of an estate and lie more than {distance_m:.0f} m "
                  "from its coordinates, so they were not taken", count=len(far), distance_m=distance_m),
         say("correct the coordinates, or nothing if they are other places of the same name")),
    ):
        if len(shown):
            doubts.add(shown.groupby(level=0, sort=False).agg("; ".join), why=why, fix=fix, parts=ESTATES)


def _offer(doubts: Doubts, estates: pd.DataFrame, points: gpd.GeoSeries, mapped: gpd.GeoDataFrame) -> None:
    """Say which estates without any place look like a residential area of another name."""
    nowhere = estates["name"][~has_shape(points.reindex(estates.index)) & (estates["name"] != "")]
    near = candidates(nowhere, mapped["name"])
    offers = {key: f"{name} → {' / '.join(one.name for one in near[name])}"
              for key, name in nowhere.items() if near[name]}
    if offers:
        doubts.add(pd.Series(offers, dtype="object"), parts=ESTATES,
                   why=say("{count} estates without a place may be residential areas of OSM of another name",
                           count=len(offers)),
                   fix="if one is, write the name that OSM has as 别名 of the estate")
