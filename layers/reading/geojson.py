"""Which shapes of a GeoJSON text are damaged? GDAL leaves out rings with a corner that is none and says nothing."""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from gis.errors import Cell, InputError, Problem, say

_NULL = re.compile(rb"[\[,]\s*null\s*[,\]]")
"""A null within a list; those of columns stand behind a colon."""


def check_shapes(path: Path, data: bytes, frame: gpd.GeoDataFrame) -> None:
    """Refuse shapes with a corner that is null or that could not be read at all.

    Raises:
        InputError: one problem with the rows.
    """
    missing = shapely.is_missing(frame.geometry.to_numpy())
    if not missing.any() and _NULL.search(data) is None:
        return
    try:
        document = json.loads(data)
    except ValueError:  # such as one feature a line, which GDAL reads all the same
        return
    features = document.get("features", [document])
    if len(features) != len(frame):
        return
    shapes = [one.get("geometry") for one in features]
    rows = [row for row, (shape, lost) in enumerate(zip(shapes, missing, strict=True), start=1)
            if shape and ((lost and shape.get("coordinates") != []) or _has_null(shape))]
    if rows:
        raise InputError(Problem(
            file=path.name, row=rows[0], why=say("{count} shapes are damaged: a corner is missing or no number",
                                                 count=len(rows)),
            fix="redraw these shapes, or export them again", cells=tuple(Cell(path.name, "", row, "") for row in rows)))


def _has_null(part: Any) -> bool:
    """Whether a shape, or a list of its corners, has a null in place of a corner or of a number."""
    if isinstance(part, dict):
        return any(_has_null(part.get(name, [])) for name in ("coordinates", "geometries"))
    return part is None or (isinstance(part, list) and any(_has_null(one) for one in part))
