"""Which part of a raster file concerns this project? The only module that opens rasters."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds

from gis.errors import InputError, Problem, reported, say
from layers.reading.file_checks import check_present, damaged
from layers.reading.files import offset_system, parse_crs

_MOST_BYTES = 2 * 2**30
Bounds: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class RasterWindow:
    """A part of a raster's first band: ``cells`` as float64 (NaN is unknown), rows from north to south."""

    cells: np.ndarray
    transform: Any
    crs: Any
    file: str = ""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge in the raster's CRS."""
        rows, columns = self.cells.shape
        west, north = self.transform.c, self.transform.f
        return west, north + rows * self.transform.e, west + columns * self.transform.a, north


def read_raster_window(
    path: Path, bounds: tuple[float, float, float, float], crs: Any, *, own_crs: str | None = None,
) -> RasterWindow:
    """Read the cells that touch ``bounds``, whole cells only, as far as the raster goes.

    Args:
        path: a GeoTIFF or any raster that GDAL reads; its first band is read.
        bounds: west, south, east, north in ``crs``.
        crs: CRS of ``bounds``.
        own_crs: what the project says the raster is in, instead of what the file says.

    Raises:
        InputError: missing, empty, damaged or not a raster; no CRS; rotated; or it lies elsewhere.
    """
    check_present(path)
    try:
        with rasterio.open(path) as raster:
            _check_blocks(raster, path)
            written_in = raster.crs if own_crs is None else _said_crs(own_crs, path)
            window = _window(raster, written_in, _bounds_in(written_in, bounds, crs, path) if written_in else bounds,
                             path)
            cells = raster.read(1, window=window, masked=True).astype("float64")
            _check_largest(cells, raster.dtypes[0], path)
            place = raster.window_transform(window)
            cells = np.ma.filled(cells, np.nan)
            return RasterWindow(np.where(np.isfinite(cells), cells, np.nan), place, written_in, path.name)
    except (RasterioError, RasterioIOError, ValueError, OSError) as error:
        detail = str(error.__cause__ or error).replace(str(path), path.name)
        if "not recognized" in detail:
            raise InputError(Problem(file=path.name, why="this is not a raster", fix="give a GeoTIFF")) from error
        raise damaged(path, reported(detail)) from error


def _check_blocks(raster: Any, path: Path) -> None:
    """Refuse a raster of which even the smallest part fills the memory."""
    rows, columns = raster.block_shapes[0]
    size = rows * columns * np.dtype(raster.dtypes[0]).itemsize
    if size > _MOST_BYTES:
        raise InputError(Problem(
            file=path.name,
            why=say("the raster can only be read in parts of {size_gib:.1f} GiB", size_gib=size / 2**30),
            fix="export it again as GeoTIFF with tiles (TILED=YES), or cut it to the area"))


def _check_largest(cells: Any, kind: str, path: Path) -> None:
    """Refuse whole numbers that fill their type: unknown that is not marked, or an amount that did not fit."""
    dtype = np.dtype(kind)
    if dtype.kind in "iu" and (largest := int(np.ma.filled(cells == np.iinfo(dtype).max, False).sum())):
        raise InputError(Problem(
            file=path.name, value=str(np.iinfo(dtype).max),
            why=say("{count} cells hold the largest number that this file can: unknown, or cut off", count=largest),
            fix="mark this number as nodata if it stands for unknown; else export the grid with larger numbers"))


def _bounds_in(written_in: Any, bounds: Bounds, crs: Any, path: Path) -> Bounds:
    """The bounds in the raster's own system, where they have a place in it."""
    why: Exception | None = None
    try:
        west, south, east, north = transform_bounds(crs, written_in, *bounds)
    except CPLE_BaseError as error:
        (west, south, east, north), why = bounds, error
    if why is not None or not np.isfinite([west, south, east, north]).all():
        raise InputError(Problem(
            file=path.name, value=str(written_in)[:80],
            why="the estates have no place in the coordinate system of this grid",
            fix="warp it to EPSG:4326, for example with gdalwarp, or say its true system in crs")) from why
    return west, south, east, north


def _said_crs(crs: str, path: Path) -> Any:
    if offset_system(crs):
        raise InputError(Problem(file=path.name, column="crs", value=crs,
                                 why="a grid in a shifted system cannot be moved back",
                                 fix="give the grid in a true system, such as EPSG:4326"))
    return parse_crs(crs, path)


def _window(raster: Any, crs: Any, bounds: tuple[float, float, float, float], path: Path) -> Window:
    """The cells that touch ``bounds``, which are in the raster's own ``crs``."""
    if crs is None:
        raise InputError(Problem(file=path.name, why="the raster does not say its coordinate system",
                                 fix='add the line crs = "EPSG:4326" (or what it is in) to its section of '
                                     "project.toml"))
    step = raster.transform
    if step.b or step.d or step.a <= 0 or step.e >= 0:
        raise InputError(Problem(file=path.name, why="the raster is rotated or not north up",
                                 fix="warp it to a north-up grid, for example with gdalwarp"))
    wanted = from_bounds(*bounds, transform=step)
    first_row, first_column = max(0, int(np.floor(wanted.row_off))), max(0, int(np.floor(wanted.col_off)))
    last_row = min(raster.height, int(np.ceil(wanted.row_off + wanted.height)))
    last_column = min(raster.width, int(np.ceil(wanted.col_off + wanted.width)))
    if first_row >= last_row or first_column >= last_column:
        edges = ", ".join(f"{edge:.6g}" for edge in raster.bounds)
        raise InputError(Problem(file=path.name, value=edges, why="the raster does not touch the estates",
                                 fix="give the raster of this area"))
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)
