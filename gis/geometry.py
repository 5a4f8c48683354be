"""Is there a shape, and is it sound? Repair keeps the area before and after, so that nothing is lost unseen."""

import geopandas as gpd
import pandas as pd
import shapely


def has_shape(geometry: gpd.GeoSeries) -> "pd.Series[bool]":
    """True where there is a geometry that is not empty, on the same index."""
    shapes = geometry.values
    return pd.Series(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)), index=geometry.index, dtype=bool)


def repair_areas(geometry: gpd.GeoSeries) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """Make areas valid by the structure method and drop what is not area.

    Args:
        geometry: polygons of any validity, metric CRS; missing stays missing.

    Returns:
        the areas on the same index (missing where nothing of an area is left) and a ledger of the changed rows with
        ``reason``, ``area_before_m2`` and ``area_after_m2``.
    """
    flat = gpd.GeoSeries(shapely.force_2d(geometry.values), index=geometry.index, crs=geometry.crs)
    broken = has_shape(flat) & ~flat.is_valid
    if not broken.any():
        return flat, pd.DataFrame(columns=["reason", "area_before_m2", "area_after_m2"])
    repaired = flat.copy()
    repaired[broken] = [_areas_only(one) for one in shapely.make_valid(flat[broken].values, method="structure")]
    ledger = pd.DataFrame(
        {
            "reason": shapely.is_valid_reason(flat[broken].values),
            "area_before_m2": flat[broken].area, "area_after_m2": repaired[broken].area.fillna(0.0),
        },
        index=flat.index[broken],
    )
    return repaired, ledger


def _areas_only(shape: shapely.Geometry) -> shapely.Geometry | None:
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type.endswith("Polygon")]
    whole = shapely.union_all(parts) if parts else None
    return whole if whole is not None and whole.area > 0 else None
