"""Which shapes of a GeoJSON text are damaged? GDAL leaves out rings with a corner that is none and says nothing."""

import json
import re
from collections.abc import Iterator
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
    rows = [row for row, (one, lost) in enumerate(zip(features, missing, strict=True), start=1)
            if _damaged(list(_leaves(one.get("geometry"))), lost=lost)]
    if rows:
        raise InputError(Problem(
            file=path.name, row=rows[0], why=say("{count} shapes are damaged: a corner is missing or no number",
                                                 count=len(rows)),
            fix="redraw these shapes, or export them again", cells=tuple(Cell(path.name, "", row, "") for row in rows)))


def _damaged(numbers: list[Any], *, lost: bool) -> bool:
    """Whether a shape is more than nothing and less than whole; all null is how some write that there is no place."""
    known = [one for one in numbers if one is not None]
    return bool(known) and (lost or len(known) < len(numbers))


def _leaves(part: Any) -> Iterator[Any]:
    """The numbers of a shape, and whatever stands in place of one or of a corner."""
    if isinstance(part, dict):
        for name in ("coordinates", "geometries"):
            yield from _leaves(part.get(name, []))
    elif isinstance(part, list):
        for one in part:
            yield from _leaves(one)
    else:
        yield part
