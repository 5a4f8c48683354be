"""Six estates of 100 m by 100 m side by side, each on one cell of a grid, so that a cell's number is an estate's."""

import geopandas as gpd
import numpy as np
import rasterio
import shapely

from estategap.population import with_grids
from estategap.project_sections import PopulationSection
from gis.errors import ProblemLog
from gis.tables import PEOPLE, Buildings, Estates
from layers.reading.files import Source

CRS, X0, Y0 = "EPSG:4549", 552_000.0, 3_527_000.0
IDS = tuple(f"E{number}" for number in range(6))
NAN = float("nan")
PLACE = rasterio.Affine(100, 0, X0 - 100, 0, -100, Y0 + 200)
"""The grid begins a cell west and a cell north of the estates, which stand in its second row."""


def estates(**roster):
    """The estates with what their roster says, column by column."""
    known = {f"{name}_basis": np.where(np.isnan(values), "", "roster") for name, values in roster.items()
             if name in PEOPLE}
    shapes = [shapely.box(X0 + 100 * number, Y0, X0 + 100 * (number + 1), Y0 + 100) for number in range(6)]
    return Estates.of(gpd.GeoDataFrame({**roster, **known}, geometry=shapes, index=list(IDS), crs=CRS))


def cells(*values, around=1.0):
    """Numbers of the estates' cells, with a rim of cells around them."""
    grid = np.full((3, 8), around)
    grid[1, 1:7] = values
    return grid


def write_grid(path, *bands, dtype="float32", names=(), scales=(), offsets=(), crs=CRS, place=PLACE, **more):
    """A GeoTIFF with these bands."""
    rows, columns = bands[0].shape
    with rasterio.open(path, "w", driver="GTiff", width=columns, height=rows, count=len(bands), dtype=dtype, crs=crs,
                       transform=place, **more) as to:
        to.write(np.stack(bands).astype(dtype))
        for name, values in (("descriptions", names), ("scales", scales), ("offsets", offsets)):
            if values:
                setattr(to, name, tuple(values))


def filled(folder, before, *sections):
    """People after the sections' grids, and the log."""
    log = ProblemLog()
    found = with_grids(before, Buildings.empty(CRS), [PopulationSection(**one) for one in sections],
                       source_of=lambda file: Source(folder / file), home=None, spread=0.3, log=log)
    return found.frame, log


def said(log):
    """Severity and sentence of each problem."""
    return [(one.severity, str(one.why)) for one in log]
