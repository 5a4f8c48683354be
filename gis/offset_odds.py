"""How a layer meets the streets at every shift, and how much more likely that is of its true place than of chance.

A layer is looked at in views: its points; of lines and areas each as a whole, their edges, and the middles of areas.
Each view is laid on the picture of the reference, shift by shift, and what it meets is counted by class.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy.ndimage import maximum_filter
from scipy.special import gammaln

from gis.china_offset import WGS84, to_wgs84
from gis.offset_reference import AREA_CLASSES, CLASSES, UNCOVERED, OffsetReference

System: TypeAlias = Literal["WGS-84", "GCJ-02", "BD-09"]
Floats: TypeAlias = npt.NDArray[np.floating]
Counts: TypeAlias = npt.NDArray[np.uint16]
Shapes: TypeAlias = npt.NDArray[np.object_]
T = TypeVar("T", bound=np.generic)

SYSTEMS: tuple[System, ...] = ("WGS-84", "GCJ-02", "BD-09")

_AREA = 2  # dimension
_AROUND = 24  # places around an edge
_RAREST = 1e-4
_FEW = 255  # that a byte counts
FREEDOM = 6.0  # pseudo-observations of the prior of a way of its own

# how many times more often than by chance a layer meets each class of STREET_EDGES_M, up to a factor
STREETS = np.array([
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
WITH_AREAS = (STREETS[:, None, :, None] * _AREAS[None, :, None, :]).reshape(-1, CLASSES)[1:]


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
        margin_parts: how much better two systems must fit than one for a layer to be mixed of them.
        margin_moved: how much better than all else a shift of no system must fit to be told.
        least_fit: how much better than chance in any case.
        most_places: places of one kind that are looked at; of a larger layer an even choice.
    """

    search_m: float = 1000.0
    step_m: float = 10.0
    tolerance_m: float = 10.0
    own_ground_m: float = 80.0
    least_shapes: int = 12
    least_covered: float = 0.25
    least_shifts: int = 1000
    margin_systems: float = 4.0
    chance: float = 0.001
    margin_chance: float = 2.0
    margin_parts: float = 2.0
    margin_moved: float = 6.0
    least_fit: float = 6.0
    most_places: int = 400


@dataclass(frozen=True)
class View:
    """Places of a layer that are looked at together.

    Args:
        xy: (shapes, groups, places, 2); a group meets what its luckiest place meets.
        rows: which shapes of the layer these are, (shapes,).
    """

    xy: Floats
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shifts:
    """Shifts that are tried: ``reach`` steps of ``step`` cells north, south, east and west."""

    reach: int
    step: int
    cell_m: float

    @classmethod
    def of(cls, rule: OffsetFitRule, cell_m: float) -> Self:
        """Those of the rule, on a picture with cells of ``cell_m``."""
        step = max(round(rule.step_m / cell_m), 1)
        return cls(int(rule.search_m / (step * cell_m)), step, cell_m)

    @classmethod
    def about(cls, rule: OffsetFitRule, cell_m: float) -> Self:
        """Those that a layer may be drawn beside its true place."""
        return cls(int(np.ceil(rule.tolerance_m / cell_m)), 1, cell_m)

    @property
    def metres(self) -> Floats:
        """How far north, or east, each is."""
        return np.arange(-self.reach, self.reach + 1) * self.step * self.cell_m

    def best_near(self, fits: Floats, rule: OffsetFitRule) -> Floats:
        """The best fit that each shift (north, east) reaches when it is given the same tolerance as a system."""
        return np.asarray(maximum_filter(fits, size=2 * int(np.ceil(rule.tolerance_m / (self.step * self.cell_m))) + 1))


@dataclass(frozen=True)
class Chance:
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
class Scan:
    """A layer laid on the reference at every shift.

    Args:
        views: observations of the layer.
        chances: what chance has in store for each view.
        fits: log odds at each shift, (north, east); minus infinity where too little lies on the reference.
        shifts: the shifts.
        reference: what it was laid on.
        rule: how hard it is to be convinced.
    """

    views: list[View]
    chances: list[Chance]
    fits: Floats
    shifts: Shifts
    reference: OffsetReference
    rule: OffsetFitRule


@dataclass(frozen=True)
class Laid:
    """A layer with a system undone.

    Args:
        fit: log odds, of the best place within the tolerance.
        offset_m: how far east and north the system shows things.
        nudge_m: how far east and north of where it was undone to it fits best.
    """

    fit: float
    offset_m: Floats
    nudge_m: Floats


def undone(system: System, xy: Floats, crs: pyproj.CRS) -> Floats:
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


def views_of(shapes: Shapes, most: int) -> list[View]:
    """Views of a layer: points; of lines and areas each as a whole, their edges, and the middles of areas."""
    dimension = shapely.get_dimensions(shapes)
    spots = _even(np.flatnonzero(dimension == 0), most)
    views = [View(_xy(shapely.centroid(shapes[spots])), spots)] if len(spots) else []
    drawn = _even(np.flatnonzero(dimension > 0), most // 4)
    if len(drawn):
        area = dimension[drawn] == _AREA
        edge = np.where(area, shapely.boundary(shapes[drawn]), shapes[drawn])
        along = (np.arange(_AROUND) + 0.5) / _AROUND
        places = shapely.get_coordinates(shapely.line_interpolate_point(
            edge[:, None], along, normalized=True)).reshape(-1, 1, _AROUND, 2)
        each = max(_AROUND * len(drawn) // most, 1)
        views += [View(places, drawn), View(places[:, 0, ::each, None], drawn)]
        if area.any():
            views.append(View(_xy(shapely.point_on_surface(shapes[drawn[area]])), drawn[area]))
    return views


def _xy(points: Shapes) -> Floats:
    """(shapes, 1, 1, 2): each a group of one place."""
    return np.asarray(shapely.get_coordinates(points)[:, None, None, :], dtype=np.float64)


def _even(things: npt.NDArray[T], most: int) -> npt.NDArray[T]:
    """All, or so many of them, evenly chosen."""
    return things if len(things) <= most else things[np.linspace(0, len(things) - 1, most).astype(np.int64)]


def classes_of(picture: OffsetReference) -> npt.NDArray[np.uint8]:
    """The classes that this picture tells apart."""
    return np.arange(0, CLASSES, 1 if picture.has_areas else AREA_CLASSES, dtype=np.uint8)


def met_at(picture: OffsetReference, xy: Floats, shifts: Shifts) -> Iterator[npt.NDArray[np.uint8] | None]:
    """The class that each group of places (groups, places, 2) meets at each shift, (north, east).

    None where the picture ends before the last shift. What is yielded is written over by the next one.
    """
    far, step, codes = shifts.reach * shifts.step, shifts.step, picture.codes
    met = np.empty((2 * shifts.reach + 1, 2 * shifts.reach + 1), np.uint8)
    at = picture.at(xy)
    inside = np.atleast_2d(((at >= far) & (at < np.array(codes.shape) - far)).all(axis=-1))
    for places, there in zip(at, inside, strict=True):
        met.fill(UNCOVERED)
        for row, col in places[there]:
            np.minimum(met, codes[row - far:row + far + 1:step, col - far:col + far + 1:step], out=met)
        yield met if there.any() else None


def counts_at(picture: OffsetReference, xy: Floats, shifts: Shifts) -> Counts:
    """How many groups of a view meet each class at each shift: (classes, north, east)."""
    side, classes = 2 * shifts.reach + 1, classes_of(picture)
    counts, few = np.zeros((len(classes), side, side), np.uint16), np.zeros((len(classes), side, side), np.uint8)
    hit = np.empty((side, side), dtype=bool)
    for turn, met in enumerate(met_at(picture, xy.reshape(-1, *xy.shape[-2:]), shifts), start=1):
        if met is not None:
            for code, count in zip(classes, few, strict=True):
                np.add(count, np.equal(met, code, out=hit).view(np.uint8), out=count)
        if turn % _FEW == 0:
            counts += few
            few.fill(0)
    return counts + few


def chance_of(counts: Counts, profiles: Floats) -> Chance:
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
    return Chance(weights, share, np.maximum(seen / np.maximum(drawn, _RAREST), 1.0))


def log_odds_of(counts: list[Counts], chances: list[Chance]) -> Floats:
    """Log odds at each shift of keeping to the streets in any of the ways known, or in a way of its own, to chance."""
    every = np.stack([_log_odds(one, chance) for one, chance in zip(counts, chances, strict=True)])
    return log_mean(every)


def _log_odds(counts: Counts, chance: Chance) -> Floats:
    weights = (chance.weights / chance.overstated[:, None]).astype(np.float32)
    known = np.tensordot(weights, counts.astype(np.float32), axes=1)
    total = counts.sum(axis=0)
    seen, every = np.arange(total.max() + 1) / np.median(chance.overstated), np.concatenate([known, known[:1]])
    every[-1] = (gammaln(FREEDOM) - gammaln(FREEDOM + seen))[total]
    for share, count in zip(chance.share, counts, strict=True):
        prior = FREEDOM * share
        every[-1] += (gammaln(prior + seen) - gammaln(prior) - seen * np.log(share)).astype(np.float32)[count]
    return log_mean(every)


def log_mean(log_odds: Floats) -> Floats:
    """The logarithm of the mean of odds given as logarithms, over the first axis."""
    best = log_odds.max(axis=0)
    return np.asarray(best + np.log(np.exp(log_odds - best).mean(axis=0)))
