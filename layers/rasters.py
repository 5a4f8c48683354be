"""Which part of a raster file concerns this project? The only module that opens rasters."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds

from gis.errors import InputError, Problem, Words, listed, reported, say
from layers.reading.file_checks import check_present, damaged
from layers.reading.files import offset_system, parse_crs

_MOST_BYTES, _MOST_CELLS = 2 * 2**30, 2**27
_LISTED = 12
_COLOURS = (frozenset({"red", "green", "blue"}), frozenset({"cyan", "magenta", "yellow"}),
            frozenset({"hue", "saturation", "lightness"}), frozenset({"Y", "Cb", "Cr"}))
Bounds: TypeAlias = tuple[float, float, float, float]


class Peak(NamedTuple):
    """The largest number as the file holds it, in how many cells it stands, and the next one below (NaN: none)."""

    value: float
    cells: int
    below: float


@dataclass(frozen=True)
class RasterWindow:
    """A part of one band of a raster: ``cells`` as float64 (NaN is unknown), rows from north to south.

    ``cells`` are the file's numbers × ``scale`` + ``shift``, as the band says of itself; ``peak`` is before that.
    """

    cells: np.ndarray
    transform: Any
    crs: Any
    file: str = ""
    band: int = 1
    scale: float = 1.0
    shift: float = 0.0
    peak: Peak | None = None

    @property
    def bounds(self) -> Bounds:
        """West, south, east and north edge in the raster's CRS."""
        rows, columns = self.cells.shape
        west, north = self.transform.c, self.transform.f
        return west, north + rows * self.transform.e, west + columns * self.transform.a, north


def read_raster_window(
    path: Path, bounds: Bounds, crs: Any, *, own_crs: str | None = None, band: int | None = None,
) -> RasterWindow:
    """Read the cells that touch ``bounds``, whole cells only, as far as the raster goes.

    Args:
        path: a GeoTIFF or any raster that GDAL reads.
        bounds: west, south, east, north in ``crs``.
        crs: CRS of ``bounds``.
        own_crs: what the project says the raster is in, instead of what the file says.
        band: which of its bands, from 1; a raster with only one needs nothing.

    Raises:
        InputError: missing, empty, damaged or not a raster; a picture, complex numbers, or bands of which nobody says
            which; no CRS; rotated; it lies elsewhere; or more cells than memory holds.
    """
    check_present(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of it is an error of ours, without paths of the machine
            with rasterio.open(path) as raster:
                return _read(raster, path, bounds, crs, own_crs=own_crs, band=band)
    except (RasterioError, RasterioIOError, ValueError, OSError) as error:
        detail = str(error.__cause__ or error).replace(str(path), path.name)
        if "not recognized" in detail:
            raise InputError(Problem(file=path.name, why="this is not a raster", fix="give a GeoTIFF")) from error
        raise damaged(path, reported(detail)) from error


def _read(raster: Any, path: Path, bounds: Bounds, crs: Any, *, own_crs: str | None, band: int | None) -> RasterWindow:
    band = _band_of(raster, band, path)
    _check_blocks(raster, band, path)
    written_in = raster.crs if own_crs is None else _said_crs(own_crs, path)
    window = _window(raster, written_in, _bounds_in(written_in, bounds, crs, path) if written_in else bounds, path)
    found = raster.read(band, window=window, masked=True).astype("float64")
    _check_largest(found, raster.dtypes[band - 1], path)
    stored = np.ma.filled(found, np.nan)
    stored[~np.isfinite(stored)] = np.nan
    scale, shift = raster.scales[band - 1], raster.offsets[band - 1]
    with np.errstate(over="ignore", invalid="ignore"):
        cells = stored if (scale, shift) == (1.0, 0.0) else stored * scale + shift
    return RasterWindow(np.where(np.isfinite(cells), cells, np.nan), raster.window_transform(window), written_in,
                        path.name, band, scale, shift, _peak(stored))


def _peak(stored: np.ndarray) -> Peak | None:
    largest = float(np.fmax.reduce(stored, axis=None, initial=-np.inf))
    if largest == -np.inf:
        return None
    below = np.fmax.reduce(stored, axis=None, initial=-np.inf, where=stored < largest)
    return Peak(largest, int((stored == largest).sum()), float(below) if np.isfinite(below) else np.nan)


def _band_of(raster: Any, band: int | None, path: Path) -> int:
    """The band to read: the one that is asked for, else the only one there is."""
    colours = [one.name for one in raster.colorinterp]
    amounts = [number for number, colour in enumerate(colours, 1) if colour != "alpha"]
    _check_no_picture(frozenset(colours), path)
    names = {number: f"{number} {raster.descriptions[number - 1] or ''}".strip() for number in amounts}
    if not amounts:
        raise _refused(path, say("the raster has no band of numbers"), say(
            "give a GeoTIFF with one band of persons per cell"))
    if band is None and len(amounts) > 1:
        raise _refused(path, say("the raster has {count} bands, and nobody says which is meant: {bands}",
                                 count=len(amounts), bands=listed(names.values(), _LISTED)),
                       say("add a line such as band = 1 to its section of project.toml"))
    chosen = amounts[0] if band is None else band
    if chosen not in amounts:
        raise _refused(path, say("the raster has no band {band}; it has {bands}", band=chosen,
                                 bands=listed(names.values(), _LISTED)),
                       say("correct the line band in its section of project.toml"))
    if raster.dtypes[chosen - 1].startswith("complex"):
        raise _refused(path, say("the cells are complex numbers"), say("give persons per cell as plain numbers"))
    return chosen


def _check_no_picture(colours: frozenset[str], path: Path) -> None:
    """Refuse a drawing or a photograph, of which the numbers are shades and not amounts."""
    if "palette" in colours:
        raise _refused(path, say("this is a picture: its numbers stand for the colours of a palette"), say(
            "give the grid itself, with persons per cell; if these are numbers of people, export it without colours"))
    if any(some <= colours for some in _COLOURS):
        raise _refused(path, say("this is a picture: its bands are colours"), say(
            "give the grid itself, with persons per cell; if a band is one of people, export it as a file of its own"))


def _refused(path: Path, why: Words, fix: Words) -> InputError:
    return InputError(Problem(file=path.name, why=why, fix=fix))


def _check_blocks(raster: Any, band: int, path: Path) -> None:
    """Refuse a raster of which even the smallest part fills the memory."""
    rows, columns = raster.block_shapes[band - 1]
    size = rows * columns * np.dtype(raster.dtypes[band - 1]).itemsize
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


def _window(raster: Any, crs: Any, bounds: Bounds, path: Path) -> Window:
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
    if (count := (last_row - first_row) * (last_column - first_column)) > _MOST_CELLS:
        raise _refused(path, say("the raster has {count} cells around the estates, more than can be read", count=count),
                       say("export it again with larger cells, or cut it to the area"))
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)
