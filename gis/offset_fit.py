"""Does a layer lie in WGS84, GCJ-02 or BD-09, judged by how it fits the streets, and how far is it moved?

A layer in its true place keeps to the streets in some way of its own: buildings are not crossed by them, gates stand on
them, outlines run along them. In a wrong place it meets them as chance has it. So the layer is laid on the reference as
it is, with GCJ-02 undone, with BD-09 undone, and at thousands of other shifts up to 1.5 km, which show what chance
does in this very town; a system is named only where it fits clearly better than both other systems and all of these.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeAlias, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy.ndimage import maximum_filter
from scipy.special import gammaln

from gis.china_offset import WGS84, to_wgs84
from gis.geometry import has_shape
from gis.offset_reference import AREA_CLASSES, CLASSES, UNCOVERED, OffsetReference

System: TypeAlias = Literal["WGS-84", "GCJ-02", "BD-09"]
Because: TypeAlias = Literal["fits", "moved", "unclear", "too few", "no overlap", "not in China"]
Floats: TypeAlias = npt.NDArray[np.floating]
Counts: TypeAlias = npt.NDArray[np.uint16]

Shapes: TypeAlias = npt.NDArray[np.object_]
T = TypeVar("T", bound=np.generic)

SYSTEMS: tuple[System, ...] = ("WGS-84", "GCJ-02", "BD-09")

_POINT, _COLLECTION = 0, 7  # type of a shape of several kinds
_AROUND = 24  # places around an edge
_RAREST = 1e-4
_FEW = 255  # that a byte counts
_FREEDOM = 6.0  # pseudo-observations of the prior of a way of its own

# how many times more often than by chance a layer meets each class of STREET_EDGES_M, up to a factor
_STREETS = np.array([
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],  # in no way of these
    [0.08, 0.08, 0.2, 1, 1.2, 1.5, 1.5, 1.3, 1, 0.7],  # off the streets
    [0.05, 0.05, 0.05, 0.07, 0.25, 0.9, 1.5, 1.8, 1.2, 1],  # well off them
    [0.07, 0.2, 0.65, 1, 1, 1, 1, 1, 1, 1],  # not crossed by them
    [0.35, 2.5, 2.5, 2.5, 1.8, 1.1, 0.9, 0.8, 0.3, 0.4],  # up to them, seldom crossed
    [0.4, 0.6, 1.8, 2.2, 2.2, 2.2, 1.2, 0.5, 0.3, 0.3],  # beside them
    [5, 4, 3, 1.8, 0.8, 0.3, 0.2, 0.15, 0.1, 0.1],  # on them
])
_AREAS = np.array([
    [1, 1, 1], [0.05, 0.5, 1], [0.25, 0.6, 1],  # anywhere, inside, mostly inside
    [0.2, 1, 0.2], [1, 0.5, 0.05],  # on the edge, outside
])
_WITH_AREAS = (_STREETS[:, None, :, None] * _AREAS[None, :, None, :]).reshape(-1, CLASSES)[1:]


@dataclass(frozen=True, kw_only=True)
class OffsetFitRule:
    """How hard it is to be convinced. Fits are natural logarithms of odds: 5 is 150 to 1.

    Args:
        search_m: other shifts are tried up to so far east, west, north and south.
        step_m: how far apart they are.
        tolerance_m: a layer may be drawn so far beside its true place.
        own_ground_m: shifts nearer to a system's than this belong to it and say nothing of chance.
        least_shapes: distinct shapes below which nothing is said.
        least_covered: share of the layer that must lie on the reference.
        least_shifts: other shifts with so much on the reference that there must be.
        margin_systems: how much better than both other systems a system must fit.
        chance: share of other shifts that chance may have on its side,
        margin_chance: and how much better than these it must fit.
        margin_moved: how much better than all else a shift of no system must fit to be told.
        least_fit: how much better than chance in any case.
        most_places: places of one kind that are looked at; of a larger layer an even choice.
    """

    search_m: float = 1000.0
    step_m: float = 10.0
    tolerance_m: float = 10.0
    own_ground_m: float = 80.0
    least_shapes: int = 8
    least_covered: float = 0.25
    least_shifts: int = 1000
    margin_systems: float = 4.0
    chance: float = 0.001
    margin_chance: float = 2.0
    margin_moved: float = 6.0
    least_fit: float = 6.0
    most_places: int = 400


@dataclass(frozen=True)
class OffsetFit:
    """The answer: ``system`` is empty where it cannot be told, and ``because`` says why.

    Args:
        system: the one that fits.
        because: ``fits``; ``moved`` (no system, but clearly another shift); ``unclear``; ``too few`` shapes;
            ``no overlap`` with the streets; ``not in China``, where nothing was tested.
        east_m: how far the layer lies east of its true place as measured, NaN unless ``fits`` or ``moved``.
        north_m: the same, north.
        shapes: distinct shapes that were looked at.
        fits: for WGS-84, GCJ-02 and BD-09, log odds of the layer keeping to the streets against chance; NaN untested.
        by_chance: what the best thousandth of other shifts reaches.
    """

    system: System | Literal[""]
    because: Because
    east_m: float = np.nan
    north_m: float = np.nan
    shapes: int = 0
    fits: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    by_chance: float = np.nan


@dataclass(frozen=True)
class _Chance:
    """What chance has in store for a view.

    Args:
        weights: log odds of each class, (profiles, classes).
        share: how often chance meets each class, (classes,).
        overstated: how much the log odds of each profile overstate, (profiles,).
    """

    weights: Floats
    share: Floats
    overstated: Floats


@dataclass(frozen=True)
class _Scan:
    """A layer laid on the reference at every shift.

    Args:
        views: observations of the layer, each of one or more places; (observations, places, 2).
        chances: what chance has in store for each view.
        fits: log odds at each shift, (north, east); minus infinity where too little lies on the reference.
        shift_m: how far north (and east) the layer was moved.
    """

    views: list[Floats]
    chances: list[_Chance]
    fits: Floats
    shift_m: Floats


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
    shapes, at = _distinct(layer, reference.cell_m)
    on_streets = np.logical_or.reduce([reference.covers(_undone(system, at, reference.crs)) for system in SYSTEMS])
    count = int(on_streets.sum())
    if count < rule.least_shapes:
        return OffsetFit("", "too few" if len(shapes) < rule.least_shapes else "no overlap", shapes=count)
    scan = _scan(_places(shapes[on_streets], rule.most_places), reference, rule)
    if np.isfinite(scan.fits).sum() < rule.least_shifts:
        return OffsetFit("", "no overlap", shapes=count)
    return replace(_judge(scan, reference, rule), shapes=count)


def _scan(views: list[Floats], reference: OffsetReference, rule: OffsetFitRule) -> _Scan:
    step = max(round(rule.step_m / reference.cell_m), 1)
    reach = int(rule.search_m / (step * reference.cell_m))
    counts = [_counts(reference, xy, reach, step) for xy in views]
    enough = np.ones(counts[0].shape[1:], dtype=bool)
    for count, xy in zip(counts, views, strict=True):
        enough &= count.sum(axis=0) >= rule.least_covered * len(xy)
    profiles = _WITH_AREAS if reference.has_areas else _STREETS[1:]
    chances = [_chance(count[:, enough], profiles) for count in counts] if enough.any() else []
    fits = np.where(enough, _score(counts, chances), -np.inf) if chances else np.full(enough.shape, -np.inf)
    return _Scan(views, chances, fits, np.arange(-reach, reach + 1) * step * reference.cell_m)


def _judge(scan: _Scan, reference: OffsetReference, rule: OffsetFitRule) -> OffsetFit:
    """Hold the three systems against each other and against every other shift.

    A layer that lies clearly moved, within ``own_ground_m`` of where a shifted system would show it, is of that system
    and drawn a little off besides.
    """
    near, cell_m = int(np.ceil(rule.tolerance_m / reference.cell_m)), reference.cell_m
    fits, lies, offsets, own = [], [], [], np.zeros(scan.fits.shape, dtype=bool)
    for system in SYSTEMS:
        undone = [_undone(system, xy, reference.crs) for xy in scan.views]
        offset_m = np.median((scan.views[0] - undone[0]).reshape(-1, 2), axis=0)
        window = _score([_counts(reference, xy, near, 1) for xy in undone], scan.chances)
        row, col = np.unravel_index(window.argmax(), window.shape)
        fits.append(float(window.max()))
        offsets.append(offset_m)
        lies.append((float(offset_m[0] - (col - near) * cell_m), float(offset_m[1] - (row - near) * cell_m)))
        own |= np.hypot(scan.shift_m + offset_m[0], scan.shift_m[:, None] + offset_m[1]) <= rule.own_ground_m
    first = int(np.argmax(fits))
    best, second, by_chance = fits[first], sorted(fits)[1], _by_chance(scan, own, rule)
    answer = OffsetFit("", "unclear", fits=(fits[0], fits[1], fits[2]), by_chance=by_chance)
    moved_m = _moved(scan, best, rule)
    if moved_m is not None:
        near_m = {system: float(np.hypot(*(np.array(moved_m) - offset_m)))
                  for system, offset_m in zip(SYSTEMS[1:], offsets[1:], strict=True)}
        nearest = min(near_m, key=lambda system: near_m[system])
        answer = replace(answer, because="moved", east_m=moved_m[0], north_m=moved_m[1])
        return replace(answer, system=nearest, because="fits") if near_m[nearest] <= rule.own_ground_m else answer
    if best >= max(second + rule.margin_systems, by_chance + rule.margin_chance, rule.least_fit):
        return replace(answer, system=SYSTEMS[first], because="fits", east_m=lies[first][0], north_m=lies[first][1])
    return answer


def _by_chance(scan: _Scan, own: npt.NDArray[np.bool_], rule: OffsetFitRule) -> float:
    """What so few shifts as ``rule.chance`` beat, each given the same tolerance as a system; infinite where none is."""
    step_m = scan.shift_m[1] - scan.shift_m[0]
    best = maximum_filter(scan.fits, size=2 * int(np.ceil(rule.tolerance_m / step_m)) + 1)
    others = best[~own & np.isfinite(scan.fits)]
    return float(np.quantile(others, 1 - rule.chance)) if others.size else np.inf


def _moved(scan: _Scan, best: float, rule: OffsetFitRule) -> tuple[float, float] | None:
    """How far east and north the layer lies if a shift fits far better than any system and any shift not next to it."""
    row, col = np.unravel_index(scan.fits.argmax(), scan.fits.shape)
    apart = np.hypot(scan.shift_m - scan.shift_m[col], scan.shift_m[:, None] - scan.shift_m[row]) > rule.own_ground_m
    if scan.fits[row, col] < max(best, scan.fits[apart].max()) + rule.margin_moved:
        return None
    return float(-scan.shift_m[col]), float(-scan.shift_m[row])


def _undone(system: System, xy: Floats, crs: pyproj.CRS) -> Floats:
    """Places (…, 2) in a metric CRS, brought back from where the system shows them."""
    if system == "WGS-84":
        return xy
    there = _to_degrees(crs)
    lon, lat = to_wgs84(*there.transform(xy[..., 0], xy[..., 1]), system)
    return np.stack(there.transform(lon, lat, direction="INVERSE"), axis=-1)


@cache
def _to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    """Made once: making one takes longer than all the rest of a fit."""
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def _distinct(layer: gpd.GeoSeries, cell_m: float) -> tuple[Shapes, Floats]:
    """Shapes and a place (n, 2) of each, one shape per cell, in an order of their own; a collection is its place."""
    shapes = shapely.force_2d(layer[has_shape(layer)].to_numpy())
    shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)]
    middle = shapes.copy()
    drawn = shapely.get_type_id(shapes) != _POINT
    middle[drawn] = shapely.point_on_surface(shapes[drawn])
    shapes = np.where(shapely.get_type_id(shapes) == _COLLECTION, middle, shapes)
    xy = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
    order = np.lexsort((shapely.length(shapes), xy[:, 1], xy[:, 0]))
    order = order[np.isfinite(xy[order]).all(axis=1)]
    first = np.unique(np.floor(xy[order] / cell_m).astype(np.int64), axis=0, return_index=True)[1]
    return shapes[order[first]], xy[order[first]]


def _places(shapes: Shapes, most: int) -> list[Floats]:
    """Views of a layer: points; of lines and areas each as a whole, their edges, and the middles of areas."""
    dimension = shapely.get_dimensions(shapes)
    points = shapely.get_coordinates(shapely.centroid(_even(shapes[dimension == 0], most)))
    views = [points[:, None, :]] if len(points) else []
    drawn = _even(shapes[dimension > 0], most // 4)
    if len(drawn):
        area = shapely.get_dimensions(drawn) == 2
        edge = np.where(area, shapely.boundary(drawn), drawn)
        along = (np.arange(_AROUND) + 0.5) / _AROUND
        places = shapely.get_coordinates(shapely.line_interpolate_point(
            edge[:, None], along, normalized=True)).reshape(-1, _AROUND, 2)
        each = max(_AROUND * len(drawn) // most, 1)
        views += [places, places[:, ::each].reshape(-1, 1, 2)]
        if area.any():
            views.append(shapely.get_coordinates(shapely.point_on_surface(drawn[area]))[:, None, :])
    return views


def _even(things: npt.NDArray[T], most: int) -> npt.NDArray[T]:
    """All, or so many of them, evenly chosen."""
    return things if len(things) <= most else things[np.linspace(0, len(things) - 1, most).astype(np.int64)]


def _counts(picture: OffsetReference, xy: Floats, reach: int, step: int) -> Counts:
    """How many observations meet each class at each shift: (classes, 2·reach + 1 north, 2·reach + 1 east)."""
    side, far, codes = 2 * reach + 1, reach * step, picture.codes
    classes = np.arange(0, CLASSES, 1 if picture.has_areas else AREA_CLASSES, dtype=np.uint8)
    counts, few = np.zeros((len(classes), side, side), np.uint16), np.zeros((len(classes), side, side), np.uint8)
    met, hit = np.empty((side, side), np.uint8), np.empty((side, side), dtype=bool)
    at = picture.at(xy)
    inside = np.atleast_2d(((at >= far) & (at < np.array(codes.shape) - far)).all(axis=-1))
    for turn, places in enumerate((one[good] for one, good in zip(at, inside, strict=True)), start=1):
        met.fill(UNCOVERED)
        for row, col in places:
            np.minimum(met, codes[row - far:row + far + 1:step, col - far:col + far + 1:step], out=met)
        for code, count in zip(classes, few, strict=True):
            np.add(count, np.equal(met, code, out=hit).view(np.uint8), out=count)
        if turn % _FEW == 0:
            counts += few
            few.fill(0)
    return counts + few


def _chance(counts: Counts, profiles: Floats) -> _Chance:
    """Learn from all shifts (classes, shifts) how often chance meets each class, and how much more it scatters.

    Neighbouring places share their luck, so that log odds as of independent draws overstate; they are divided by the
    ratio of the variance seen to that of independent draws (after Rao and Scott 1981).
    """
    met = counts.astype(np.float64)
    share = np.maximum(met.sum(axis=1) / met.sum(), _RAREST)
    share /= share.sum()
    weights = np.log(profiles / (profiles @ share)[:, None])
    mean, total = weights @ share, np.maximum(met.sum(axis=0), 1)
    seen = ((weights @ met - mean[:, None] * total) ** 2 / total).mean(axis=1)
    drawn = (weights**2) @ share - mean**2
    return _Chance(weights, share, np.maximum(seen / np.maximum(drawn, _RAREST), 1.0))


def _score(counts: list[Counts], chances: list[_Chance]) -> Floats:
    """Log odds at each shift of keeping to the streets in any of the ways known, or in a way of its own, to chance."""
    every = np.stack([_log_odds(one, chance) for one, chance in zip(counts, chances, strict=True)])
    return _log_mean(every)


def _log_odds(counts: Counts, chance: _Chance) -> Floats:
    weights = (chance.weights / chance.overstated[:, None]).astype(np.float32)
    known = np.tensordot(weights, counts.astype(np.float32), axes=1)
    total = counts.sum(axis=0)
    seen, every = np.arange(total.max() + 1) / np.median(chance.overstated), np.concatenate([known, known[:1]])
    every[-1] = (gammaln(_FREEDOM) - gammaln(_FREEDOM + seen))[total]
    for share, count in zip(chance.share, counts, strict=True):
        prior = _FREEDOM * share
        every[-1] += (gammaln(prior + seen) - gammaln(prior) - seen * np.log(share)).astype(np.float32)[count]
    return _log_mean(every)


def _log_mean(log_odds: Floats) -> Floats:
    """The logarithm of the mean of odds given as logarithms, over the first axis."""
    best = log_odds.max(axis=0)
    return np.asarray(best + np.log(np.exp(log_odds - best).mean(axis=0)))
