"""Does a layer lie in WGS84, GCJ-02 or BD-09, judged by how it fits the streets, and how far is it moved?

A layer in its true place keeps to the streets in some way of its own: buildings are not crossed by them, gates stand on
them, outlines run along them. In a wrong place it meets them as chance has it. So the layer is laid on the reference as
it is, with GCJ-02 undone, with BD-09 undone, and at thousands of other shifts up to 1.5 km, which show what chance
does in this very town; a system is named only where it fits clearly better than both other systems and all of these.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.geometry import has_shape
from gis.offset_odds import (
    STREETS,
    SYSTEMS,
    WITH_AREAS,
    Floats,
    Laid,
    OffsetFitRule,
    Scan,
    Shapes,
    Shifts,
    System,
    View,
    chance_of,
    counts_at,
    log_odds_of,
    undone,
    views_of,
)
from gis.offset_parts import Parts, parts_of
from gis.offset_reference import OffsetReference

Because: TypeAlias = Literal["fits", "mixed", "moved", "unclear", "too few", "no overlap", "not in China"]

_POINT, _COLLECTION = 0, 7  # type of a shape of several kinds


@dataclass(frozen=True)
class OffsetFit:
    """The answer: ``system`` is empty where it cannot be told, and ``because`` says why.

    Args:
        system: the one that fits.
        because: ``fits``; ``mixed`` (part of the shapes lie in one system and part in another, ``parts``); ``moved``
            (no system, but clearly another shift); ``unclear``; ``too few`` shapes; ``no overlap`` with the streets;
            ``not in China``, where nothing was tested.
        east_m: how far the layer lies east of its true place as measured, NaN unless ``fits`` or ``moved``.
        north_m: the same, north.
        shapes: distinct shapes that were looked at.
        fits: for WGS-84, GCJ-02 and BD-09, log odds of the layer keeping to the streets against chance; NaN untested.
        by_chance: what the best thousandth of other shifts reaches.
        parts: where it is ``mixed``, of what,
        surest: and the labels of rows that lie in the other system almost certainly, not of all that do.
    """

    system: System | Literal[""]
    because: Because
    east_m: float = np.nan
    north_m: float = np.nan
    shapes: int = 0
    fits: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    by_chance: float = np.nan
    parts: Parts | None = None
    surest: tuple[object, ...] = ()


DEFAULT_RULE = OffsetFitRule()


def fit_offset(layer: gpd.GeoSeries, reference: OffsetReference, *, rule: OffsetFitRule = DEFAULT_RULE) -> OffsetFit:
    """Say in which system a layer lies, and how far it lies from its true place, or that it cannot be told.

    Args:
        layer: any shapes, in the reference's CRS, their degrees having been read as WGS84. Shapes on the same spot
            count once; the order of rows does not matter.
        reference: streets, and outlines where given, that are true.
        rule: how hard it is to be convinced.

    Raises:
        ValueError: the CRS is not the reference's.
    """
    if layer.crs != reference.crs:
        raise ValueError("the layer must be in the reference's CRS")
    if not reference.in_china:
        return OffsetFit("", "not in China")
    shapes, at, labels = _distinct(layer, reference.cell_m)
    on_streets = np.logical_or.reduce([reference.covers(undone(system, at, reference.crs)) for system in SYSTEMS])
    count = int(on_streets.sum())
    if count < rule.least_shapes:
        return OffsetFit("", "too few" if len(shapes) < rule.least_shapes else "no overlap", shapes=count)
    scan = _scan(views_of(shapes[on_streets], rule.most_places), reference, rule)
    if np.isfinite(scan.fits).sum() < rule.least_shifts:
        return OffsetFit("", "no overlap", shapes=count)
    laid = {system: _laid(system, scan) for system in SYSTEMS}
    own = np.logical_or.reduce([_near(scan.shifts, -one.offset_m, rule.own_ground_m) for one in laid.values()])
    others = np.isfinite(scan.fits) & ~own
    answer = replace(_judge(scan, laid, others), shapes=count)
    greater = next((one for one in SYSTEMS if one == answer.system), max(SYSTEMS, key=lambda one: laid[one].fit))
    if answer.because == "moved" or laid[greater].fit < max(answer.by_chance, rule.least_fit):
        return answer
    parts = parts_of(scan, laid, others, greater)
    if parts is None:
        return answer
    return OffsetFit("", "mixed", shapes=count, fits=answer.fits, by_chance=answer.by_chance,
                     parts=parts, surest=tuple(labels[on_streets][list(parts.surest)]))


def _scan(views: list[View], reference: OffsetReference, rule: OffsetFitRule) -> Scan:
    shifts = Shifts.of(rule, reference.cell_m)
    counts = [counts_at(reference, view.xy, shifts) for view in views]
    enough = np.ones(counts[0].shape[1:], dtype=bool)
    for count, view in zip(counts, views, strict=True):
        enough &= count.sum(axis=0) >= rule.least_covered * np.prod(view.xy.shape[:2])
    profiles = WITH_AREAS if reference.has_areas else STREETS[1:]
    chances = [chance_of(count[:, enough], profiles) for count in counts] if enough.any() else []
    fits = np.where(enough, log_odds_of(counts, chances), -np.inf) if chances else np.full(enough.shape, -np.inf)
    return Scan(views, chances, fits, shifts, reference, rule)


def _laid(system: System, scan: Scan) -> Laid:
    about = Shifts.about(scan.rule, scan.reference.cell_m)
    there = [undone(system, view.xy, scan.reference.crs) for view in scan.views]
    window = log_odds_of([counts_at(scan.reference, xy, about) for xy in there], scan.chances)
    row, col = np.unravel_index(window.argmax(), window.shape)
    offset_m = np.median((scan.views[0].xy - there[0]).reshape(-1, 2), axis=0)
    return Laid(float(window.max()), offset_m, np.array([about.metres[col], about.metres[row]]))


def _near(shifts: Shifts, place_m: Floats, radius_m: float) -> npt.NDArray[np.bool_]:
    """Which shifts (north, east) are that near to one."""
    metres = shifts.metres
    return np.asarray(np.hypot(metres - place_m[0], metres[:, None] - place_m[1]) <= radius_m)


def _judge(scan: Scan, laid: dict[System, Laid], others: npt.NDArray[np.bool_]) -> OffsetFit:
    """Hold the three systems against each other and against every other shift.

    A layer that lies clearly moved, within ``own_ground_m`` of where a shifted system would show it, is of that system
    and drawn a little off besides. By chance ``rule.chance`` of the other shifts reach so much; infinite without any.
    """
    rule, fits = scan.rule, [laid[system].fit for system in SYSTEMS]
    first = SYSTEMS[int(np.argmax(fits))]
    best, second = max(fits), sorted(fits)[1]
    chance = scan.shifts.best_near(scan.fits, rule)[others]
    by_chance = float(np.quantile(chance, 1 - rule.chance)) if chance.size else np.inf
    answer = OffsetFit("", "unclear", fits=(fits[0], fits[1], fits[2]), by_chance=by_chance)
    moved_m = _moved(scan, best)
    if moved_m is not None:
        near_m = {system: float(np.hypot(*(np.array(moved_m) - laid[system].offset_m))) for system in SYSTEMS[1:]}
        nearest = min(near_m, key=lambda system: near_m[system])
        answer = replace(answer, because="moved", east_m=moved_m[0], north_m=moved_m[1])
        return replace(answer, system=nearest, because="fits") if near_m[nearest] <= rule.own_ground_m else answer
    if best >= max(second + rule.margin_systems, by_chance + rule.margin_chance, rule.least_fit):
        east_m, north_m = map(float, laid[first].offset_m - laid[first].nudge_m)
        return replace(answer, system=first, because="fits", east_m=east_m, north_m=north_m)
    return answer


def _moved(scan: Scan, best: float) -> tuple[float, float] | None:
    """How far east and north the layer lies if a shift fits far better than any system and any shift not next to it."""
    row, col = np.unravel_index(scan.fits.argmax(), scan.fits.shape)
    east_m, north_m = scan.shifts.metres[col], scan.shifts.metres[row]
    apart = ~_near(scan.shifts, np.array([east_m, north_m]), scan.rule.own_ground_m)
    if scan.fits[row, col] < max(best, scan.fits[apart].max()) + scan.rule.margin_moved:
        return None
    return float(-east_m), float(-north_m)


def _distinct(layer: gpd.GeoSeries, cell_m: float) -> tuple[Shapes, Floats, Shapes]:
    """Shapes with a place (n, 2) and label each, one per cell, in an order of their own; a collection is its place."""
    layer = layer[has_shape(layer)]
    whole = np.isfinite(shapely.bounds(layer.to_numpy())).all(axis=1)
    shapes, labels = shapely.force_2d(layer.to_numpy()[whole]), layer.index.to_numpy(dtype=object)[whole]
    middle = shapes.copy()
    drawn = shapely.get_type_id(shapes) != _POINT
    middle[drawn] = shapely.point_on_surface(shapes[drawn])
    shapes = np.where(shapely.get_type_id(shapes) == _COLLECTION, middle, shapes)
    xy = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    order = np.lexsort((shapely.length(shapes), xy[:, 1], xy[:, 0]))
    order = order[np.isfinite(xy[order]).all(axis=1)]
    first = np.unique(np.floor(xy[order] / cell_m).astype(np.int64), axis=0, return_index=True)[1]
    return shapes[order[first]], xy[order[first]], labels[order[first]]


