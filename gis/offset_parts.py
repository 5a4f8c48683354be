"""Does part of a layer lie in one system and part in another: two lists that somebody has put together?

Of each shape it is known how well it keeps to the streets where the greater part's system puts it. Had some share of
the shapes come from another system, those that fit badly there would fit well where that one puts them, as far as the
layer keeps to the streets at all. How much more likely that is than that they lie anywhere is held against the same at
thousands of other shifts, which show what chance does, and against all shapes lying where the greater part does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.offset_odds import (
    FREEDOM,
    SYSTEMS,
    Floats,
    Laid,
    Scan,
    Shifts,
    System,
    classes_of,
    log_mean,
    met_at,
    undone,
)
from gis.offset_reference import UNCOVERED

_SHARES = np.array([0.15, 0.3, 0.5], np.float32)
_LEARNING = 0.3  # share that may lie elsewhere while it is learned how the others keep to the streets
_FINE = np.arange(0.02, 1.0, 0.02)
_SURE = 3.0  # log odds of a single shape: 20 to 1
_MOST = 30.0  # no single shape is trusted more


@dataclass(frozen=True)
class Parts:
    """What a layer is mixed of.

    Args:
        greater: the system of most shapes.
        other: that of the others.
        share: of the others, roughly.
        east_m: how far east of the greater part's places the others are shown,
        north_m: and how far north.
        surest: numbers of shapes that lie in the other system almost certainly, surest first.
    """

    greater: System
    other: System
    share: float
    east_m: float
    north_m: float
    surest: tuple[int, ...]


@dataclass(frozen=True)
class _Home:
    """A view at the places of the greater part.

    Args:
        odds: log odds of each code against chance, (256,), learned there.
        fits: those of each shape there, (shapes,).
        rows: which shapes these are, (shapes,).
    """

    odds: Floats
    fits: Floats
    rows: npt.NDArray[np.int64]


def parts_of(scan: Scan, laid: dict[System, Laid], others: npt.NDArray[np.bool_], greater: System) -> Parts | None:
    """The two systems that a layer is mixed of; None where it lies in one as far as can be told.

    Args:
        scan: the layer on the reference.
        laid: it with each system undone.
        others: shifts (north, east) that show what chance does.
        greater: the system that most of the layer fits.
    """
    homes = _homes(scan, greater, laid[greater])
    about, least = Shifts.about(scan.rule, scan.reference.cell_m), scan.rule.least_fit
    systems = [system for system in SYSTEMS if system != greater]
    places = {system: [undone(system, view.xy, scan.reference.crs) for view in scan.views] for system in systems}
    fits = {system: _mixtures(scan, homes, places[system], about) for system in systems}
    other = max(systems, key=lambda system: float(log_mean(fits[system]).max()))
    window = log_mean(fits[other])
    if window.max() < least or not others.any():
        return None
    if window.max() < _by_chance(scan, homes, others) + scan.rule.margin_chance:
        return None
    row, col = np.unravel_index(window.argmax(), window.shape)
    best = int(fits[other][:, row, col].argmax()) // len(_SHARES)
    nudge_m = np.array([about.metres[col], about.metres[row]])
    there = _sums(homes[best].odds[_met(scan, places[other][best] + nudge_m)])
    share, gain = _share(homes[best].fits, there)
    if gain < scan.rule.margin_parts:
        return None
    sure = there - homes[best].fits + np.log(share / (1 - share))
    order = [int(at) for at in np.argsort(-sure, kind="stable") if sure[at] >= _SURE]
    east_m, north_m = (laid[other].offset_m - nudge_m) - (laid[greater].offset_m - laid[greater].nudge_m)
    return Parts(greater, other, share, float(east_m), float(north_m), tuple(map(int, homes[best].rows[order])))


def _by_chance(scan: Scan, homes: list[_Home], others: npt.NDArray[np.bool_]) -> float:
    """What the best thousandth of other shifts reaches; every second one of them is enough to know."""
    reach, step, first = scan.shifts.reach, scan.shifts.step, scan.shifts.reach % 2
    shifts = Shifts(reach // 2, step * 2, scan.shifts.cell_m)
    fits = shifts.best_near(log_mean(_mixtures(scan, homes, [view.xy for view in scan.views], shifts)), scan.rule)
    return float(np.quantile(fits[others[first::2, first::2]], 1 - scan.rule.chance))


def _homes(scan: Scan, greater: System, laid: Laid) -> list[_Home]:
    """What the views meet where the greater part lies: how they keep to the streets there is learned from that.

    Learned twice, the second time from each shape as far as it seems to belong there.
    """
    homes = []
    for view, chance in zip(scan.views, scan.chances, strict=True):
        met = _met(scan, undone(greater, view.xy, scan.reference.crs) + laid.nudge_m)
        overstated = float(np.median(chance.overstated)) if met.shape[1] > 1 else 1.0  # edges of a shape share luck
        share = np.zeros(256)
        share[classes_of(scan.reference)] = chance.share
        odds = _learned(met, share, np.ones(len(met))) / overstated
        stays = (1 - _LEARNING) * np.exp(_sums(odds[met]))
        odds = _learned(met, share, stays / (stays + _LEARNING)) / overstated
        homes.append(_Home(odds, _sums(odds[met]), view.rows))
    return homes


def _learned(met: npt.NDArray[np.uint8], share: Floats, weights: Floats) -> Floats:
    """Log odds of each code (256,) against chance, from what shapes of so much weight meet, (shapes, groups)."""
    seen = np.bincount(met.ravel(), np.repeat(weights, met.shape[1]), minlength=256)[:256] * (share > 0)
    odds = np.zeros(256)
    told = share > 0
    odds[told] = np.log((seen + FREEDOM * share)[told] / (seen.sum() + FREEDOM) / share[told])
    return odds


def _met(scan: Scan, xy: Floats) -> npt.NDArray[np.uint8]:
    """The code that each group of each shape meets at these places, (shapes, groups)."""
    met = met_at(scan.reference, xy.reshape(-1, *xy.shape[-2:]), Shifts(0, 1, scan.reference.cell_m))
    codes = [UNCOVERED if one is None else one[0, 0] for one in met]
    return np.array(codes, np.uint8).reshape(xy.shape[:2])


def _sums(odds: Floats) -> Floats:
    """Log odds of shapes from those of their groups, (shapes, groups)."""
    return np.asarray(odds.sum(axis=1).clip(-_MOST, _MOST))


def _odds_at(scan: Scan, home: _Home, shape: Floats, shifts: Shifts) -> Floats:
    """Log odds of one shape, (groups, places, 2), at each shift."""
    side = 2 * shifts.reach + 1
    odds = home.odds.astype(np.float32)
    met = (odds[codes] for codes in met_at(scan.reference, shape, shifts) if codes is not None)
    return np.clip(sum(met, np.zeros((side, side), np.float32)), -_MOST, _MOST)


def _mixtures(scan: Scan, homes: list[_Home], places: list[Floats], shifts: Shifts) -> Floats:
    """Log odds, by view and share, of that share lying at each shift against lying anywhere; (…, north, east)."""
    every = []
    for home, xy in zip(homes, places, strict=True):
        sums = np.zeros((len(_SHARES), 2 * shifts.reach + 1, 2 * shifts.reach + 1), np.float32)
        for shape, fit in zip(xy, np.exp(home.fits), strict=True):
            there = np.multiply.outer(_SHARES, np.exp(_odds_at(scan, home, shape, shifts)))
            stays = ((1 - _SHARES) * fit)[:, None, None]
            sums += np.log((stays + there) / (stays + _SHARES[:, None, None])).astype(np.float32)
        every.append(sums)
    return np.concatenate(every)


def _share(fits: Floats, others: Floats) -> tuple[float, float]:
    """The likeliest share of shapes that lie in the other system, and its log odds against none."""
    a, b = np.exp(fits), np.exp(others)
    odds = np.log(((1 - _FINE[:, None]) * a + _FINE[:, None] * b) / a).sum(axis=1)
    return float(_FINE[odds.argmax()]), float(odds.max())
