"""Do the layers of a project lie where the streets say they should, or half a kilometre off, in GCJ-02 or BD-09?"""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.china_offset import moved_into
from gis.errors import Problem, ProblemLog, Words, say
from gis.ledger import Reading
from gis.offset_fit import OffsetFit, fit_offset
from gis.offset_reference import OffsetReference

_WGS84 = "EPSG:4326"
_TRUE = "WGS-84"
_DEGREES = frozenset({"EPSG:4326", "EPSG:4490", "OGC:CRS84"})
_UNTOLD = {
    "unclear": say("cannot tell: it fits the streets no better than elsewhere"),
    "too few": say("cannot tell: too few places"),
    "no overlap": say("cannot tell: it does not lie on the streets"),
    "not in China": say("not compared: not in China"),
}


def check_offsets(readings: Sequence[Reading], streets: gpd.GeoSeries, log: ProblemLog) -> list[Reading]:
    """Compare the places of each file with the streets, and with the estates' outlines once these fit them.

    A file that lies in GCJ-02 or BD-09 and does not say so is an error that names the line to add, and so is one that
    says so and does not. What cannot be told is said in the account of the file, never guessed.

    Args:
        readings: how the files were read, with their places in the streets' CRS.
        streets: lines in a metric CRS, taken as true.
        log: takes what is wrong.

    Returns:
        the readings with what came of it, and without their places.
    """
    reference = OffsetReference.of(streets)
    done = {number: _checked(one, reference, log) for number, one in enumerate(readings) if one.part == "estates"}
    outlines = [one.places for one in done.values() if one.places is not None and (
        one.offset_checked or one.offset == _fits_as(one.converted or _TRUE))]
    if outlines:
        areas = gpd.GeoSeries(pd.concat(outlines), crs=streets.crs)
        reference = OffsetReference.of(streets, areas[areas.geom_type.isin(["Polygon", "MultiPolygon"])])
    every = [done.get(number) or _checked(one, reference, log) for number, one in enumerate(readings)]
    _warn_of_untold(every, log)
    return [replace(one, places=None) for one in every]


def _warn_of_untold(readings: Sequence[Reading], log: ProblemLog) -> None:
    """Say once which files in degrees could not be compared: web maps of China give GCJ-02 and BD-09."""
    untold = [one.file for one in readings if one.offset in {_UNTOLD["unclear"], _UNTOLD["too few"]}
              and not one.converted and one.crs in _DEGREES]
    if untold:
        log.add(Problem(
            severity="warning", value=", ".join(dict.fromkeys(untold)),
            why="it cannot be told by the streets whether the places of these files are true",
            fix='where coordinates were taken from 高德 or 腾讯 add the line crs = "GCJ-02" to the section of the '
                'file, from 百度 crs = "BD-09"; else add offset_checked = true'))


def _fits_as(system: str) -> Words:
    return say("fits the streets as {system}", system=system)


def _checked(one: Reading, reference: OffsetReference, log: ProblemLog) -> Reading:
    if one.places is None or one.part in {"streets", "located"}:  # each row of the list says its own system
        return one
    if one.offset_checked:
        return replace(one, offset=say("not compared: the project says that it has been checked"))
    fit = fit_offset(_as_declared(one.places, one.converted), reference)
    declared = one.converted or _TRUE
    if fit.because == "moved":
        log.add(_moved(one, fit))
        return replace(one, offset=say("lies {metres} m off the streets", metres=_metres(fit)))
    if not fit.system:
        return replace(one, offset=_UNTOLD[fit.because])
    if fit.system == declared:
        return replace(one, offset=_fits_as(declared))
    log.add(_wrongly_declared(one, fit) if one.converted else _undeclared(one, fit))
    return replace(one, offset=say("fits the streets only as {system}", system=fit.system))


def _as_declared(places: gpd.GeoSeries, converted: str) -> gpd.GeoSeries:
    """The places as the file has them, a conversion undone."""
    if converted not in {"GCJ-02", "BD-09"}:
        return places
    return moved_into(places.to_crs(_WGS84), converted).to_crs(places.crs)  # type: ignore[arg-type]


def _undeclared(one: Reading, fit: OffsetFit) -> Problem:
    return Problem(
        file=one.file, sheet=one.sheet,
        why=say("the places fit the streets only as {system}: they lie {metres} m off ({east} m east, {north} m north)",
                system=fit.system, metres=_metres(fit), east=round(fit.east_m), north=round(fit.north_m)),
        fix=say('add the line crs = "{system}" to the section of this file in project.toml, or offset_checked = true '
                "if you have seen on a map that they are right", system=fit.system))


def _wrongly_declared(one: Reading, fit: OffsetFit) -> Problem:
    return Problem(
        file=one.file, sheet=one.sheet, value=one.converted,
        why=say("the places fit the streets as {system}, not as {declared}", system=fit.system, declared=one.converted),
        fix=say("correct the line crs in the section of this file, or add offset_checked = true if you have seen on a "
                "map that they are right"))


def _moved(one: Reading, fit: OffsetFit) -> Problem:
    return Problem(
        file=one.file, sheet=one.sheet, severity="warning",
        why=say("the places would fit the streets best if moved: they lie {east} m east and {north} m north of that, "
                "which is neither GCJ-02 nor BD-09", east=round(fit.east_m), north=round(fit.north_m)),
        fix="compare them with the streets on a map; check the coordinate system of this file and of the streets")


def _metres(fit: OffsetFit) -> int:
    return round(float(np.hypot(fit.east_m, fit.north_m)))
