"""How does the ground between main roads break up into blocks? By bent streets that meet kerbs at right angles."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import nearest_points, split

from estategap.demo import plan
from estategap.demo.curves import Floats, Point, join, tangent

_TRIES = 36
_GOOD_ENOUGH = 0.98
_LEAST_WIDTH_M = 34.0
_LEAST_FIT = 0.55
_CLEAR_OF_JUNCTION_M = 38.0
_SNAP_TO_JUNCTION_M = 26.0
_TARGET_AREA_M2 = {
    plan.OLD_TOWN: 25_000.0, plan.WORKERS: 41_000.0, plan.SLABS_1985: 46_000.0, plan.MIDRISE: 52_000.0,
    plan.HIGHRISE: 62_000.0, plan.RESETTLED: 52_000.0}
_OUTSIDE_AREA_M2 = 64_000.0
_DISTRICT_HALF_M = (850.0, 950.0)


@dataclass(frozen=True)
class Cut:
    """A new street across an area, and its class."""

    line: shapely.LineString
    road_class: str


def subdivide(
    area: shapely.Polygon, rim: shapely.LinearRing, known: list[Cut], rng: np.random.Generator
) -> list[Cut]:
    """Cut an area again and again until its pieces are about as large as blocks of their age of building are.

    ``rim`` is the edge of the ground with data: a street may end there but never join two points of it. ``known``
    are the cuts of areas done before; meeting one of them at a crossing is better than missing it by a few metres.
    """
    cuts: list[Cut] = []
    queue = [area]
    while queue:
        piece = queue.pop()
        if piece.area < _target_area_m2(piece) * rng.uniform(1.15, 1.6):
            continue
        line = _best_cut(piece, rim, [*known, *cuts], rng)
        if line is None:
            continue
        queue.extend(shapely.get_parts(_split(piece, line)))
        cuts.append(Cut(line, plan.LANE if _is_old(piece) else plan.LOCAL))
    return cuts


@dataclass(frozen=True)
class _Site:
    """An area to be cut and what its cuts must heed.

    ``ring`` is its kerb, counter-clockwise; ``rim`` the edge of the data; ``junctions`` where other streets meet the
    kerb from the far side; ``corners`` its own crossings; ``share`` the part of the ground wanted before the cut;
    ``box`` the four corners of its smallest rectangle.
    """

    piece: shapely.Polygon
    ring: shapely.LineString
    rim: shapely.LinearRing
    junctions: shapely.MultiPoint
    corners: shapely.MultiPoint
    share: float
    box: Floats


def halve(area: shapely.Polygon, share: float, rng: np.random.Generator) -> shapely.LineString | None:
    """A bent line that cuts off about ``share`` of an area, or None where the shape does not allow a decent one."""
    return _best_cut(area, shapely.LinearRing(), [], rng, share)


def _split(piece: shapely.Polygon, line: shapely.LineString) -> shapely.GeometryCollection:
    """Split by the line lengthened by half a metre at both ends, so that it surely crosses."""
    xy = np.array(line.coords)
    ends = [xy[0] - 0.5 * tangent(line, 0.0), xy[-1] + 0.5 * tangent(line, line.length)]
    return split(piece, shapely.LineString(np.vstack([ends[0], xy, ends[1]])))


def _is_old(piece: shapely.Polygon) -> bool:
    middle = piece.representative_point()
    return _inside(middle) and plan.nearest_label(plan.AGES, (middle.x, middle.y)) == plan.OLD_TOWN


def _inside(middle: shapely.Point) -> bool:
    return bool(abs(middle.x) < _DISTRICT_HALF_M[0] and abs(middle.y) < _DISTRICT_HALF_M[1])


def _target_area_m2(piece: shapely.Polygon) -> float:
    middle = piece.representative_point()
    return _TARGET_AREA_M2[plan.nearest_label(plan.AGES, (middle.x, middle.y))] if _inside(middle) else _OUTSIDE_AREA_M2


def _best_cut(
    piece: shapely.Polygon, rim: shapely.LinearRing, known: list[Cut], rng: np.random.Generator, share: float = 0.5
) -> shapely.LineString | None:
    """The best of many random cuts, or None when none leaves two decent blocks; ``share`` lies before the cut."""
    ring = shapely.LinearRing(piece.exterior.coords)
    kerb = shapely.LineString((ring if ring.is_ccw else ring.reverse()).coords)
    junctions = shapely.MultiPoint([end for cut in known for end in (cut.line.coords[0], cut.line.coords[-1])])
    met = junctions.intersection(kerb.buffer(0.05))
    box = np.array(shapely.oriented_envelope(piece).exterior.coords)[:4]
    site = _Site(piece, kerb, rim, met, _sharp_corners(piece), share, box)
    best, best_score = None, 0.0
    for _ in range(_TRIES):
        line = _candidate(site, rng)
        score = 0.0 if line is None else _score(site, line)
        if score > best_score:
            best, best_score = line, score
        if best_score > _GOOD_ENOUGH:
            break
    return best


def _candidate(site: _Site, rng: np.random.Generator) -> shapely.LineString | None:
    """A bent line between opposite sides, about across the long axis."""
    sides = site.box[1] - site.box[0], site.box[2] - site.box[1]
    long, short = sorted(sides, key=lambda side: -float(np.hypot(*side)))
    place = np.clip(site.share + rng.uniform(-0.14, 0.14), 0.12, 0.88)
    turn = np.radians(rng.normal(0.0, 7.0))
    across = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ short
    base = site.box.mean(axis=0) + (place - 0.5) * long
    hits = shapely.LineString([base - across, base + across]).intersection(site.piece)
    if hits.is_empty or hits.geom_type != "LineString":
        return None
    start, start_normal = _leave(site, hits.coords[0])
    end, end_normal = _leave(site, hits.coords[-1])
    line = join(start, start_normal, end, end_normal)
    inner = shapely.LineString(line.coords[1:-1]) if len(line.coords) > 3 else line
    return line if site.piece.contains(inner) else None


def _leave(site: _Site, xy: Point) -> tuple[Point, Floats]:
    """Where near ``xy`` a street may leave the kerb, at a junction of its far side if one is near, and the normal."""
    here = shapely.Point(xy)
    point = site.ring.interpolate(site.ring.project(here))
    if not site.junctions.is_empty:
        near = nearest_points(site.junctions, here)[0]
        point = near if near.distance(here) < _SNAP_TO_JUNCTION_M else point
    along = tangent(site.ring, site.ring.project(point))
    return (point.x, point.y), np.array([-along[1], along[0]])


def _score(site: _Site, line: shapely.LineString) -> float:
    """How good a cut is, 0 (not allowed) to about 1.3: square blocks, wanted shares, clear of other junctions."""
    ends = shapely.points(np.array(line.coords)[[0, -1]])
    if not site.rim.is_empty and (shapely.distance(ends, site.rim) < 1.0).all():
        return 0.0
    beside = np.nan_to_num(shapely.distance(ends, site.junctions), nan=np.inf)
    at_corner = np.nan_to_num(shapely.distance(ends, site.corners), nan=np.inf)
    if ((beside > 0.05) & (beside < _CLEAR_OF_JUNCTION_M) | (at_corner < _CLEAR_OF_JUNCTION_M)).any():
        return 0.0
    parts = shapely.get_parts(_split(site.piece, line))
    if len(parts) != 2:
        return 0.0
    areas = shapely.area(parts)
    fits = areas / shapely.area(shapely.oriented_envelope(parts))
    if (2 * areas / shapely.length(parts)).min() < _LEAST_WIDTH_M or fits.min() < _LEAST_FIT:
        return 0.0
    off = abs(areas.min() / site.piece.area - min(site.share, 1.0 - site.share))
    return float(fits.min() * (1.0 - 0.8 * off) * (1.0 + 0.12 * (beside <= 0.05).sum()))


def _sharp_corners(area: shapely.Polygon) -> shapely.MultiPoint:
    """The corners of an outline that turn by more than 30 degrees: the crossings a block lies between."""
    xy = np.array(area.exterior.coords)[:-1]
    before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    return shapely.MultiPoint(xy[np.abs(turn) > np.radians(30.0)])
