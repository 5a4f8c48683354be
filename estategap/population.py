"""What do the population grids of a project give to its estates?"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from estategap.project_sections import PopulationSection
from gis.errors import Problem, ProblemLog, Words, say
from gis.ledger import Reading
from gis.tables import Buildings, Estates
from layers.naming.estate_names import called
from layers.people_raster import counted_on_grid, people_of_raster
from layers.placing.places import LON_LAT
from layers.quality.doubts import Doubts, shown
from layers.quality.grids import check_cells, check_compared, check_grid, compared_with_roster
from layers.rasters import RasterWindow, read_raster_window
from layers.reading.files import Source, open_source


def with_grids(
    estates: Estates, buildings: Buildings, grids: Iterable[PopulationSection], *,
    source_of: Callable[[str], Source], home: tuple[float, float, float, float] | None, spread: float, log: ProblemLog,
) -> Estates:
    """Fill in people that are unknown from the grids, in their order; an unreadable one is noted and passed over.

    Args:
        estates: the estates.
        buildings: with the estate each stands in.
        grids: the sections of the project.
        source_of: the file that a section names.
        home: the town's bounds in degrees: where no estate lies anywhere, a grid is only looked at.
        spread: how far off a grid may be that does not say so itself, a share.
        log: takes problems, and an account of each grid.
    """
    seen: set[tuple[Path, int]] = set()
    for grid in grids:
        path = source_of(grid.file).path.resolve()
        if (path, grid.band or 1) in seen:
            log.add(Problem(file=grid.file, severity="warning", why="two [[population]] sections name this grid",
                            fix="delete one of the two sections, or correct its file or band"))
        seen.add((path, grid.band or 1))
        if not estates.located.any():
            log.attempt(lambda one=grid: _looked_at(source_of(one.file), one, home), None)  # type: ignore[misc]
            continue
        estates = log.attempt(
            lambda one=grid, file=path, before=estates: _with_grid(  # type: ignore[misc]
                before, buildings, one, path=file, spread=spread if one.spread is None else one.spread, log=log),
            estates)
    return estates


def _looked_at(source: Source, grid: PopulationSection, home: tuple[float, float, float, float] | None) -> None:
    """See whether a grid can be read although there is nobody to share its people out to.

    Raises:
        InputError: it cannot.
    """
    if home is None:
        open_source(source)
    else:
        read_raster_window(source.path, home, LON_LAT, own_crs=grid.crs, band=grid.band)


def _with_grid(
    estates: Estates, buildings: Buildings, grid: PopulationSection, *, path: Path, spread: float, log: ProblemLog,
) -> Estates:
    west, south, east, north = estates.frame.total_bounds
    raster = read_raster_window(path, (west, south, east, north), estates.crs, own_crs=grid.crs,
                                band=grid.band)
    doubts, column = Doubts(log, grid.file), grid.people
    check_cells(raster, doubts)
    counted = counted_on_grid(estates, buildings, raster)
    found = people_of_raster(estates, counted, people=column, spread=spread)
    asked = estates.located & (estates.frame[f"{column}_basis"] == "")
    given = asked & (found.frame[f"{column}_basis"] == "raster")
    names = called(found.frame["name"], pd.Series(found.ids, found.ids))
    check_grid(found.frame[given], found.frame[asked & ~given], column, names, doubts)
    compared = compared_with_roster(estates, counted.value, column)
    if compared:
        check_compared(compared, raster, names, estates.crs, doubts)
    log.readings.append(_account(grid.file, raster, int(asked.sum()), int(given.sum()),
                                 (compared.said,) if compared else ()))
    return found


def _account(file: str, raster: RasterWindow, asked: int, given: int, more: tuple[Words, ...]) -> Reading:
    """All cells that are known, used where some estate has its number from them."""
    known = int(np.isfinite(raster.cells).sum())
    why = say("the grid fills nobody: it does not know the estates whose number is asked for") if asked else say(
        "the grid fills nobody: the number of every estate is known already")
    scaled = say("its numbers are multiplied by {scale} and {shift} is added, as the file says",
                 scale=shown(raster.scale), shift=shown(raster.shift))
    filled = say("it fills {count} of {total} estates whose number is asked for", count=given, total=asked)
    return Reading(
        file=file, part="population", crs=str(raster.crs), rows_in=known, rows_used=known if given else 0,
        left_out={} if given or not known else {why: range(1, known + 1)},
        notes=(*[scaled] * ((raster.scale, raster.shift) != (1.0, 0.0)), filled, *more))
