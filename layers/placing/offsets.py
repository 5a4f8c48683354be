"""Do the layers of a project lie where the streets say they should, or half a kilometre off, in GCJ-02 or BD-09?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.china_offset import moved, moved_into, offset_m
from gis.errors import Cell, Problem, ProblemLog, Words, listed, say
from gis.ledger import Reading
from gis.offset_fit import OffsetFit, fit_offset
from gis.offset_odds import SYSTEMS
from gis.offset_parts import Parts
from gis.offset_reference import OffsetReference
from gis.tables import AREAS
from layers.placing.offset_by_names import ByNames
from layers.placing.said_systems import OVERRULED

_WGS84 = "EPSG:4326"
_TRUE = "WGS-84"
_SHIFTED = frozenset({"GCJ-02", "BD-09"})
_NAMED, _LARGEST, _ENOUGH = 6, 6, 2_000
_DEGREES = frozenset({"EPSG:4326", "EPSG:4490", "OGC:CRS84"})
_FITS = say("fits the streets as {system}", system="")
_CORRECT = say("correct what is said of the coordinates, in the section of this file, its headers or its column "
               "坐标系; or add offset_checked = true if you have seen on a map that they are right")
_UNTOLD = {
    "unclear": say("cannot tell: it fits the streets no better than elsewhere"),
    "too few": say("cannot tell: too few places"),
    "no overlap": say("cannot tell: it does not lie on the streets"),
    "not in China": say("not compared: not in China"),
}


@dataclass(frozen=True)
class _Compared:
    """What came of comparing the files with the streets, of which ``reference`` is the picture, by their numbers."""

    reference: OffsetReference
    readings: list[Reading]
    fits: dict[int, OffsetFit]
    problems: dict[int, Problem]

    @property
    def fitting(self) -> set[int]:
        """Those that lie where they say."""
        return {number for number, fit in self.fits.items() if fit.system == _declared(self.readings[number])}


def check_offsets(
    readings: Sequence[Reading], streets: gpd.GeoSeries, log: ProblemLog,
    by_names: Callable[[str], ByNames | None] = lambda _: None,
) -> list[Reading]:
    """Compare the places of each file with the streets, and with the estates' outlines once these fit them.

    A file that lies in GCJ-02 or BD-09 and does not say so is an error that names the line to add, and so is one that
    says so and does not. Files that fit the streets only once these are read in another system are an error that says
    both what to declare if the streets are wrong and what to do if the files are. What cannot be told is said in the
    account of the file, never guessed.

    Args:
        readings: how the files were read, with their places in the streets' CRS.
        streets: lines in a metric CRS, taken as true unless other files say otherwise.
        log: takes what is wrong.
        by_names: in which system outlines converted from another one lie on their namesakes of OSM, if any: asked where
            the streets do not tell.

    Returns:
        the readings with what came of it, and without their places.
    """
    found = _compared(readings, streets)
    own = next((one for one in readings if one.part == "streets" and one.places is not None), None)
    if own is not None and not own.offset_checked:
        found = _streets_doubted(found, own, readings, streets, log)
    found = _with_names(found, readings, by_names)
    for problem in found.problems.values():
        log.add(problem)
    _warn_of_untold(found.readings, log)
    return [replace(one, places=None) for one in _settled(found.readings, log)]


def _settled(readings: Sequence[Reading], log: ProblemLog) -> list[Reading]:
    """Take back the warnings of files that say another system than the project where the project is right.

    It is so where the file fits the streets as declared, or somebody has compared it; that is in the account then.
    """
    right = {(one.file, one.sheet) for one in readings if one.offset_checked
             or (isinstance(one.offset, Words) and one.offset.template == _FITS.template)}
    said, kept = dict[tuple[str, str], Words](), list[Problem]()
    for one in log.problems:
        if isinstance(one.why, Words) and one.why.template == OVERRULED.template and (one.file, one.sheet) in right:
            said[one.file, one.sheet] = one.why
        else:
            kept.append(one)
    log.problems[:] = kept
    return [replace(one, offset=say("{found}; {overruled}", found=one.offset, overruled=said[one.file, one.sheet]))
            if (one.file, one.sheet) in said else one for one in readings]


def _compared(readings: Sequence[Reading], streets: gpd.GeoSeries) -> _Compared:
    drawn = reference = OffsetReference.of(streets)
    asked = {number: one for number, one in enumerate(readings) if one.places is not None and not one.offset_checked
             and one.part not in {"streets", "located"}}  # each row of the list says its own system
    fits = {number: _fitted(one, reference) for number, one in asked.items() if one.part == "estates"}
    outlines = [one.places for number, one in enumerate(readings) if one.part == "estates" and one.places is not None
                and (one.offset_checked or fits[number].system == _declared(one))]
    if outlines:
        areas = gpd.GeoSeries(pd.concat(outlines), crs=streets.crs)
        reference = OffsetReference.of(streets, areas[areas.geom_type.isin(AREAS)])
    fits |= {number: _fitted(one, reference) for number, one in asked.items() if number not in fits}
    said = [replace(one, offset=_said(one, fits.get(number))) for number, one in enumerate(readings)]
    wrong = {number: _problem(readings[number], fits[number]) for number in sorted(fits)}
    return _Compared(drawn, said, fits, {number: problem for number, problem in wrong.items() if problem})


def _with_names(
    found: _Compared, readings: Sequence[Reading], by_names: Callable[[str], ByNames | None],
) -> _Compared:
    """The same with outlines that their names tell, where the streets do not."""
    for number, fit in found.fits.items():
        one = readings[number]
        asked = one.part == "estates" and fit.because in _UNTOLD and fit.because != "not in China"
        named = by_names(one.converted) if asked else None
        if named is None:
            continue
        said = list(found.readings)
        said[number] = replace(one, offset=say(
            "lies on {count} residential areas of OSM of the same names as {system}", count=named.count,
            system=named.system))
        wrong = {} if named.system == _declared(one) else {number: _off_its_names(one, named)}
        found = replace(found, readings=said, problems=found.problems | wrong)
    return found


def _off_its_names(one: Reading, named: ByNames) -> Problem:
    if one.converted:
        return Problem(
            file=one.file, sheet=one.sheet, value=one.converted,
            why=say("the outlines lie on the {count} residential areas of OSM of the same names as {system}, not as "
                    "{declared}", count=named.count, system=named.system, declared=one.converted), fix=_CORRECT)
    return Problem(
        file=one.file, sheet=one.sheet,
        why=say("the outlines lie on the {count} residential areas of OSM of the same names only as {system}: they lie "
                "{metres} m off ({east} m east, {north} m north)", count=named.count, system=named.system,
                metres=_metres(named), east=round(named.east_m), north=round(named.north_m)),
        fix=say('add the line crs = "{system}" to the section of this file in project.toml, or offset_checked = true '
                "if you have seen on a map that they are right", system=named.system))


def _streets_doubted(
    found: _Compared, own: Reading, readings: Sequence[Reading], streets: gpd.GeoSeries, log: ProblemLog,
) -> _Compared:
    """The same, but for files that fit the streets only once these are read in another system than the project says.

    Of such files and the streets either may be wrong, so that one error names both and what to write in each case.
    Where a file by itself fits as another system than it says, that is what is said, unless the streets say that very
    system: then they may be the ones that do so wrongly.
    """
    because = {fit.because for fit in found.fits.values()}
    if because <= {"not in China", "too few"} or (found.fitting and not found.problems):
        return found
    others = [one for one in SYSTEMS if one != _declared(own)]
    asked = sorted((number for number in set(found.fits) - found.fitting if found.fits[number].because != "mixed"),
                   key=lambda number: (-found.fits[number].shapes, number))
    first = {one: _helped(asked[:_LARGEST], found.reference, readings, own.converted, one) for one in others}
    system = max(others, key=lambda one: len(first[one]))
    rest = asked[_LARGEST:] if first[system] else []
    helped = [*first[system], *_helped(rest, found.reference, readings, own.converted, system)]
    same = [number for number, fit in found.fits.items()
            if own.converted and fit.system == own.converted != readings[number].converted]
    moved_away = [number for number in helped if found.fits[number].system == ""]
    names = {number: readings[number].file for number in (*same, *moved_away, *found.fitting)}
    if moved_away:
        fitting = [names[number] for number in sorted(found.fitting)]
        log.add(_streets_or_files(own, system, [names[one] for one in moved_away], fitting, streets))
    elif same and not found.fitting:
        log.add(_all_or_streets(own, [names[number] for number in same]))
    else:
        return found
    said = moved_away or same
    return replace(found, problems={number: one for number, one in found.problems.items() if number not in said})


def _helped(
    asked: Sequence[int], reference: OffsetReference, readings: Sequence[Reading], said: str, system: str,
) -> list[int]:
    """Files of those asked for that fit once the streets, ``said`` to be in one system, are read in another.

    Instead of the streets the files are moved, the other way, which saves drawing the streets once more.
    """
    some = {number: _some(readings[number].places) for number in asked}
    moved_to = {number: _from(_as_declared(places, system), said) for number, places in some.items()}
    return [number for number, places in moved_to.items() if fit_offset(places, reference).system == _TRUE]


def _some(places: gpd.GeoSeries | None) -> gpd.GeoSeries:
    """At most so many places as tell a system, evenly chosen."""
    assert places is not None  # noqa: S101 - only those that have some are asked for
    return places.iloc[np.unique(np.linspace(0, len(places) - 1, _ENOUGH).astype(np.int64))]


def _warn_of_untold(readings: Sequence[Reading], log: ProblemLog) -> None:
    """Say once which files in degrees could not be compared: web maps of China give GCJ-02 and BD-09."""
    untold = [one.file for one in readings if one.offset in {_UNTOLD["unclear"], _UNTOLD["too few"]}
              and not one.converted and not one.converted_rows and one.crs in _DEGREES]
    if untold:
        log.add(Problem(
            severity="warning", value=", ".join(dict.fromkeys(untold)),
            why="it cannot be told by the streets whether the places of these files are true",
            fix='where coordinates were taken from 高德 or 腾讯 add the line crs = "GCJ-02" to the section of the '
                'file, from 百度 crs = "BD-09"; else add offset_checked = true'))


def _declared(one: Reading) -> str:
    return one.converted or _TRUE


def _fitted(one: Reading, reference: OffsetReference) -> OffsetFit:
    assert one.places is not None  # noqa: S101 - only those that have some are asked for
    return fit_offset(_as_declared(one.places, one.converted), reference)


def _said(one: Reading, fit: OffsetFit | None) -> Words | str:
    """What came of it, for the account of the file."""
    if fit is None:
        there = one.places is not None and one.offset_checked
        return say("not compared: the project says that it has been checked") if there else one.offset
    if fit.because == "moved":
        return say("lies {metres} m off the streets", metres=_metres(fit))
    if fit.parts:
        return say("lies partly in {greater}, partly in {other}", greater=fit.parts.greater, other=fit.parts.other)
    if not fit.system:
        return _UNTOLD[fit.because]
    if fit.system == _declared(one):
        return replace(_FITS, values=(("system", fit.system),))
    return say("fits the streets only as {system}", system=fit.system)


def _problem(one: Reading, fit: OffsetFit) -> Problem | None:
    if fit.because == "moved":
        return _moved(one, fit)
    if fit.parts:
        return _mixed(one, fit, fit.parts)
    if fit.system in {"", _declared(one)}:
        return None
    return _wrongly_declared(one, fit) if one.converted else _undeclared(one, fit)


def _from(places: gpd.GeoSeries, system: str) -> gpd.GeoSeries:
    """Places as a map of ``system`` shows them, brought back to where they are."""
    if system not in _SHIFTED:
        return places
    return moved(places.to_crs(_WGS84), system).to_crs(places.crs)  # type: ignore[arg-type]


def _as_declared(places: gpd.GeoSeries, converted: str) -> gpd.GeoSeries:
    """The places as the file has them, a conversion undone."""
    if converted not in _SHIFTED:
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
        fix=_CORRECT)


def _mixed(one: Reading, fit: OffsetFit, parts: Parts) -> Problem:
    """About so many, in steps of ten, since single places tell little; with the rows that are all but certain."""
    cells = tuple(Cell(one.file, one.sheet, int(str(row)), parts.other) for row in fit.surest)
    told = {"greater": parts.greater, "other": parts.other, "share": round(parts.share * 10) * 10,
            "metres": round(float(np.hypot(parts.east_m, parts.north_m))), "east": round(parts.east_m),
            "north": round(parts.north_m)}
    return Problem(
        file=one.file, sheet=one.sheet, cells=cells,
        why=say("the places fit the streets partly as {greater} and partly, about {share} in 100, as {other}, "
                "{metres} m off ({east} m east, {north} m north)", **told) if not cells else
        say("the places fit the streets partly as {greater} and partly, about {share} in 100 and surely these rows, as "
            "{other}, {metres} m off ({east} m east, {north} m north)", **told),
        fix=say('name the system of each row in a column 坐标系, or make two files of it and add crs = "{other}" to '
                "the section of one; or add offset_checked = true if you have seen on a map that they are right",
                other=parts.other))


def _moved(one: Reading, fit: OffsetFit) -> Problem:
    return Problem(
        file=one.file, sheet=one.sheet, severity="warning",
        why=say("the places would fit the streets best if moved: they lie {east} m east and {north} m north of that, "
                "which is neither GCJ-02 nor BD-09", east=round(fit.east_m), north=round(fit.north_m)),
        fix="compare them with the streets on a map; check the coordinate system of this file and of the streets")


def _streets_or_files(
    streets: Reading, system: str, files: Sequence[str], fitting: Sequence[str], lines: gpd.GeoSeries,
) -> Problem:
    middle = gpd.GeoSeries([shapely.box(*lines.total_bounds).centroid], crs=lines.crs).to_crs(_WGS84).iloc[0]
    east, north = (0.0, 0.0) if system == _TRUE else offset_m(middle.x, middle.y, system)  # type: ignore[arg-type]
    place = {"metres": round(float(np.hypot(east, north))), "east": round(float(east)), "north": round(float(north))}
    names, others = (listed(dict.fromkeys(some), _NAMED) for some in (files, fitting))
    why = (say("{files} fit the streets only if these are in {system}, {metres} m off ({east} m east, {north} m north)",
               files=names, system=system, **place) if not fitting else
           say("{files} fit the streets only if these are in {system}, {metres} m off ({east} m east, {north} m "
               "north); {others} fit them as they are", files=names, system=system, others=others, **place))
    fix = (say('if the streets are from a web map add the line crs = "{system}" to [streets] in project.toml; else '
               "give those files as they were before they were converted, or offset_checked = true in their sections",
               system=system) if not fitting else
           say('if the streets are from a web map add the line crs = "{system}" to [streets] in project.toml and to '
               "the sections of {others}; else give the other files as they were before they were converted, or "
               "offset_checked = true in their sections", system=system, others=others))
    return Problem(file=streets.file, sheet=streets.sheet, value=streets.converted, why=why, fix=fix)


def _all_or_streets(streets: Reading, files: Sequence[str]) -> Problem:
    return Problem(
        file=streets.file, sheet=streets.sheet, value=streets.converted,
        why=say("{files} fit the streets only if they are in {system} too, as the streets say that they are",
                files=listed(dict.fromkeys(files), _NAMED), system=streets.converted),
        fix=say('if all are from the same web map add the line crs = "{system}" to the sections of those files as '
                "well; else remove the line crs of [streets]", system=streets.converted))


def _metres(fit: OffsetFit | ByNames) -> int:
    return round(float(np.hypot(fit.east_m, fit.north_m)))
