"""How much of a grid's amount lies in each area, with exact shares of the cells on the rim?"""

from typing import Any

import exactextract
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from exactextract.raster import NumPyRasterSource

from gis.errors import InputError, Problem
from gis.geometry import has_shape


def zonal_sums(values: np.ndarray, transform: Any, crs: Any, nodata: float | None, areas: gpd.GeoSeries) -> pd.Series:
    """Sum cell values over areas, each cell times the share of it that the area covers.

    Args:
        values: amounts per cell (not densities), shape (rows, columns), first row north.
        transform: affine transform of the upper left corner, north up, in ``crs``.
        crs: CRS of the grid.
        nodata: the value that means unknown, or None; NaN always means unknown. Unknown cells add nothing.
        areas: polygons in any CRS, on a unique index; they are brought into the grid's CRS.

    Returns:
        sums on the index of ``areas``; NaN where an area is missing or touches no known cell.

    Raises:
        InputError: the grid is rotated.
    """
    found = _extract(values, transform, crs, nodata, areas, operations=["sum", "count"])
    return found["sum"].where(found["count"] > 0).reindex(areas.index).astype("float64")


def shared_sums(
    values: np.ndarray, transform: Any, crs: Any, nodata: float | None, areas: gpd.GeoSeries, *, density: pd.Series,
) -> pd.Series:
    """Give each cell's whole amount to the areas in it, in proportion to covered ground times ``density``.

    This is how people counted in a cell come to live in its buildings. Arguments and errors as in ``zonal_sums``.

    Args:
        values: as in ``zonal_sums``.
        transform: as in ``zonal_sums``.
        crs: as in ``zonal_sums``.
        nodata: as in ``zonal_sums``.
        areas: polygons, not overlapping.
        density: weight of a square metre of each area, above zero, on the index of ``areas``.

    Returns:
        amounts on the index of ``areas``; they add up to the amounts of all cells that some area touches. NaN where an
        area touches no known cell.
    """
    found = _extract(values, transform, crs, nodata, areas, operations=["cell_id", "coverage", "values"])
    parts = pd.DataFrame(found.explode(["cell_id", "coverage", "values"]))
    parts = parts[parts["cell_id"].notna()].astype({"cell_id": "int64", "coverage": "float64", "values": "float64"})
    parts = parts[parts["values"].notna() & (parts["coverage"] > 0)]
    weight = parts["coverage"] * density.reindex(parts.index)
    share = weight / weight.groupby(parts["cell_id"]).transform("sum")
    return (parts["values"] * share).groupby(level=0).sum().reindex(areas.index).astype("float64")


def left_over(
    values: np.ndarray, transform: Any, crs: Any, nodata: float | None, areas: gpd.GeoSeries,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The grid with nothing (0) in the cells that some area touches: what ``shared_sums`` gives to nobody.

    Arguments and errors as in ``zonal_sums``; unknown cells are NaN.
    """
    found = _extract(values, transform, crs, nodata, areas, operations=["cell_id", "coverage"])
    parts = pd.DataFrame(found.explode(["cell_id", "coverage"])).dropna()
    touched = parts.loc[parts["coverage"].astype("float64") > 0, "cell_id"].astype("int64").unique()
    rest = _known(values, nodata)
    rest.flat[touched] = np.where(np.isnan(rest.flat[touched]), np.nan, 0.0)
    return rest


def covered_shares(
    shape: tuple[int, ...], transform: Any, crs: Any, areas: gpd.GeoSeries,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How much of each cell of a grid of this shape areas that do not overlap cover, 0 to 1.

    Arguments and errors as in ``zonal_sums``.
    """
    found = _extract(np.zeros(shape), transform, crs, None, areas, operations=["cell_id", "coverage"])
    parts = pd.DataFrame(found.explode(["cell_id", "coverage"])).dropna()
    covered = np.zeros(shape)
    np.add.at(covered.reshape(-1), parts["cell_id"].astype("int64"), parts["coverage"].astype("float64"))
    return np.clip(covered, 0.0, 1.0)


def known_shares(
    values: np.ndarray, transform: Any, crs: Any, nodata: float | None, areas: gpd.GeoSeries,
) -> pd.Series:
    """Which share of each area lies on known cells of the grid, 0 to 1; NaN where an area is missing.

    Arguments and errors as in ``zonal_sums``.
    """
    found = _extract(values, transform, crs, nodata, areas, operations=["count"])["count"].reindex(areas.index)
    placed = areas[has_shape(areas)].to_crs(crs)
    cells = pd.Series(shapely.area(placed.to_numpy()), placed.index) / abs(transform.a * transform.e)
    share: pd.Series = (found / cells.reindex(areas.index)).clip(0.0, 1.0).astype("float64")
    return share


def _known(values: np.ndarray, nodata: float | None) -> np.ndarray[Any, np.dtype[np.float64]]:
    known = values.astype("float64")
    if nodata is not None:
        known[values == values.dtype.type(nodata)] = np.nan
    return known


def _extract(
    values: np.ndarray, transform: Any, crs: Any, nodata: float | None, areas: gpd.GeoSeries, *, operations: list[str],
) -> pd.DataFrame:
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(Problem(why="the grid is rotated or not north up", fix="warp it to a north-up grid first"))
    known = _known(values, nodata)
    rows, columns = values.shape
    west, north = transform.c, transform.f
    placed = areas[has_shape(areas)].to_crs(crs)
    grid = NumPyRasterSource(known, west, north + rows * transform.e, west + columns * transform.a, north,
                             nodata=np.nan, srs_wkt=placed.crs.to_wkt())
    if placed.empty:
        return pd.DataFrame(columns=operations, index=placed.index)
    zones = gpd.GeoDataFrame({"zone": np.arange(len(placed))}, geometry=placed.to_numpy(), crs=placed.crs)
    found = pd.DataFrame(exactextract.exact_extract(grid, zones, operations, include_cols=["zone"], output="pandas"))
    return found.set_index("zone").reindex(zones["zone"]).set_axis(placed.index)
