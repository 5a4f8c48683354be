"""Where do the houses of one estate stand? South-facing rows spaced by their height, or towers around a garden."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.affinity import rotate

from estategap.demo.curves import long_axis_angle
from estategap.demo.housing import Age

GREATEST_TURN_DEG = 18.0
_SPINE_M = 11.0
_TOWER_M = 25.0
_BETWEEN_TOWERS_M = 34.0


@dataclass(frozen=True)
class House:
    """A dwelling house: footprint, the doors of its units on the north face, storeys and flats per unit and storey."""

    footprint: shapely.Polygon
    doors: tuple[shapely.Point, ...]
    storeys: int
    flats: int


@dataclass(frozen=True)
class _Style:
    """What all houses of one estate share."""

    age: Age
    depth_m: float
    unit_m: float
    flats: int
    storeys: int
    step_m: float
    pitch_m: float


def lay_rows(outline: shapely.Polygon, age: Age, rng: np.random.Generator) -> tuple[list[House], shapely.Geometry]:
    """Place the houses of an estate.

    Returns:
        the houses and the ground of the central garden (empty where the age has none).
    """
    angle = float(np.clip(long_axis_angle(outline), -GREATEST_TURN_DEG, GREATEST_TURN_DEG))
    pivot = outline.centroid
    upright = rotate(outline, -angle, origin=pivot)
    room = upright.buffer(-age.setback_m, join_style="mitre")
    court = _court(upright, age, rng)
    style = _style(age, rng)
    place = _towers if age.towers else _slabs
    houses = place(room.difference(court), style, rng)
    turned = [
        House(rotate(house.footprint, angle, origin=pivot),
              tuple(rotate(door, angle, origin=pivot) for door in house.doors), house.storeys, house.flats)
        for house in houses
    ]
    return turned, rotate(court, angle, origin=pivot)


def _style(age: Age, rng: np.random.Generator) -> _Style:
    storeys = int(rng.integers(age.storeys[0], age.storeys[1] + 1))
    depth = float(np.round(rng.uniform(*age.depth_m), 1))
    clear = max(age.least_spacing_m, age.spacing * storeys * age.storey_m)
    unit = float(np.round(rng.uniform(*age.unit_m), 1))
    flats = int(rng.integers(age.flats[0], age.flats[1] + 1))
    step = float(rng.choice([0.0, 0.0, 1.2, 1.8])) if age.storeys[0] > 3 else 0.0
    return _Style(age, depth, unit, flats, storeys, step, depth + clear)


def _court(upright: shapely.Polygon, age: Age, rng: np.random.Generator) -> shapely.Polygon:
    """A rounded garden near the middle, of the age's share of the ground."""
    if age.court_share == 0.0:
        return shapely.Polygon()
    west, south, east, north = upright.bounds
    area = age.court_share * upright.area
    width = float(np.sqrt(area * 1.5))
    height = area / width
    x = upright.centroid.x + rng.uniform(-0.06, 0.06) * (east - west)
    y = upright.centroid.y + rng.uniform(-0.10, 0.10) * (north - south)
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2).buffer(-4.0).buffer(4.0)


def _row_lines(room: shapely.Geometry, depth_m: float, pitch_m: float) -> list[float]:
    """The south edges of as many rows as fit, spread evenly from the southern to the northern wall."""
    _, south, _, north = room.bounds
    count = int((north - south - depth_m) // pitch_m) + 1
    if count < 1 or room.is_empty:
        return []
    pitch = (north - south - depth_m) / (count - 1) if count > 1 else 0.0
    pitch = min(pitch, 1.18 * pitch_m)
    first = south + (north - south - depth_m - pitch * (count - 1)) / 2
    return [first + pitch * i for i in range(count)]


def _free_stretches(room: shapely.Geometry, south: float, north: float) -> list[tuple[float, float]]:
    """The intervals of x in which the whole strip between two latitudes lies inside ``room``."""
    if room.is_empty:
        return []
    west, _, east, _ = room.bounds
    blocked = shapely.get_parts(shapely.box(west, south, east, north).difference(room))
    edge, free = west, []
    for low, _, high, _ in sorted(map(tuple, shapely.bounds(blocked[shapely.area(blocked) > 0.05]))):
        if low > edge:
            free.append((edge, low))
        edge = max(edge, high)
    return [*free, (edge, east)] if east > edge else free


def _slabs(room: shapely.Geometry, style: _Style, rng: np.random.Generator) -> list[House]:
    """Rows of slabs on both sides of a spine road."""
    west, _, east, _ = room.bounds
    spine = room.centroid.x + rng.uniform(-0.12, 0.12) * (east - west)
    shift = style.unit_m * rng.uniform(0.0, 0.6)
    houses: list[House] = []
    for number, south in enumerate(_row_lines(room, style.depth_m + style.step_m, style.pitch_m)):
        for low, high in _free_stretches(room, south, south + style.depth_m + style.step_m):
            halves = [(low, high)]
            if high - low > 95.0 and low + 30.0 < spine < high - 30.0:
                halves = [(low, spine - _SPINE_M / 2), (spine + _SPINE_M / 2, high)]
            for stretch in halves:
                houses.extend(_fill(stretch, south, style, shift * (number % 2), rng))
    return [*houses, *_infill(room, houses, style, rng)]


def _infill(
    room: shapely.Geometry, houses: list[House], style: _Style, rng: np.random.Generator
) -> list[House]:
    """Short slabs where the rows left ground at the bent edges, at the same distance from their neighbours."""
    clear = style.pitch_m - style.depth_m
    rest = room.difference(_kept_clear(houses, style.age.gap_m, clear))
    added: list[House] = []
    _, lowest, _, highest = room.bounds
    for south in np.arange(lowest, highest - style.depth_m, 4.0):
        for low, high in _free_stretches(rest, south, south + style.depth_m + style.step_m):
            if high - low >= 2 * style.unit_m:
                new = _fill((low, high), float(south), style, 0.0, rng)
                rest = rest.difference(_kept_clear(new, style.age.gap_m, clear))
                added.extend(new)
    return added


def _kept_clear(houses: list[House], beside_m: float, before_m: float) -> shapely.Geometry:
    """The ground on which no other house may stand: so far beside each, and so far to its south and north."""
    west, south, east, north = shapely.bounds([house.footprint for house in houses]).reshape(-1, 4).T
    return shapely.union_all(shapely.box(west - beside_m, south - before_m, east + beside_m, north + before_m))


def _fill(
    stretch: tuple[float, float], south: float, style: _Style, shift_m: float, rng: np.random.Generator
) -> list[House]:
    """The slabs of one stretch of a row, 2 to 4 units each, with the age's gap between gables, moved east a little."""
    (start, end), unit, gap = stretch, style.unit_m, style.age.gap_m
    lengths: list[int] = []
    left = end - start
    while left >= 2 * unit:
        fits = [n for n in (3, 4, 2) if n * unit <= left and n * unit <= 72.0]
        exact = [n for n in fits if left - n * unit < gap or left - n * unit - gap >= 2 * unit]
        units = (exact or fits)[0] if rng.random() < 0.75 else (exact or fits)[-1]
        lengths.append(units)
        left -= units * unit + gap
    spare = end - start - sum(lengths) * unit - gap * max(len(lengths) - 1, 0)
    widened = gap + min(spare / max(len(lengths), 1), 0.7 * gap)
    at_ends = max(spare - (widened - gap) * max(len(lengths) - 1, 0), 0.0)
    x = start + min((at_ends + shift_m) / 2, at_ends)
    houses = []
    for units in lengths:
        houses.append(_slab(x, south, units, style, rng))
        x += units * unit + widened
    return houses


def _slab(x: float, south: float, units: int, style: _Style, rng: np.random.Generator) -> House:
    """One slab; its units may step back and forth by the estate's step."""
    steps = style.step_m * (np.arange(units) % 2)
    wests = x + style.unit_m * np.arange(units)
    blocks = shapely.box(wests, south + steps, wests + style.unit_m, south + style.depth_m + steps)
    doors = shapely.points(wests + style.unit_m / 2, south + style.depth_m + steps)
    storeys = int(np.clip(style.storeys + rng.choice([-1, 0, 0, 0, 1]), *style.age.storeys))
    return House(shapely.union_all(blocks, grid_size=0.001), tuple(doors), storeys, style.flats)


def _towers(room: shapely.Geometry, style: _Style, rng: np.random.Generator) -> list[House]:
    """Towers and short high slabs, every second row shifted by half a bay."""
    bay = rng.uniform(43.0, 50.0)
    short_slab = style.unit_m * 2
    houses: list[House] = []
    for number, south in enumerate(_row_lines(room, _TOWER_M, _TOWER_M + _BETWEEN_TOWERS_M)):
        for low, high in _free_stretches(room, south, south + _TOWER_M):
            slabs = number % 2 == 1 and high - low > short_slab
            width = short_slab if slabs else _TOWER_M
            if high - low < width:
                continue
            count = int((high - low - width) // (bay + (8.0 if slabs else 0.0))) + 1
            stride = (high - low - width) / max(count - 1, 1)
            stride = min(stride, 1.3 * bay)
            first = low + (high - low - width - stride * (count - 1)) / 2
            for i in range(count):
                x = first + stride * i
                houses.append(_slab(x, south + 6.0, 2, style, rng) if slabs else _tower(x, south, style.age, rng))
    return [*houses, *_more_towers(room, houses, style.age, rng)]


def _more_towers(room: shapely.Geometry, houses: list[House], age: Age, rng: np.random.Generator) -> list[House]:
    """Towers on the ground that is left, one by one from the south."""
    rest = room.difference(_kept_clear(houses, age.gap_m, _BETWEEN_TOWERS_M))
    added: list[House] = []
    _, lowest, _, highest = room.bounds
    for south in np.arange(lowest, highest - _TOWER_M, 5.0):
        for low, high in _free_stretches(rest, south, south + _TOWER_M):
            if high - low >= _TOWER_M:
                added.append(_tower((low + high - _TOWER_M) / 2, float(south), age, rng))
                rest = rest.difference(_kept_clear(added[-1:], age.gap_m, _BETWEEN_TOWERS_M))
    return added


def _tower(x: float, south: float, age: Age, rng: np.random.Generator) -> House:
    """A point tower of 25 by 25 metres with notched corners, one door to the north and four flats a storey."""
    notch = 4.5
    shape = shapely.union(shapely.box(x + notch, south, x + _TOWER_M - notch, south + _TOWER_M),
                          shapely.box(x, south + notch, x + _TOWER_M, south + _TOWER_M - notch))
    door = shapely.Point(x + _TOWER_M / 2, south + _TOWER_M)
    return House(shape, (door,), int(rng.integers(age.storeys[0] + 2, age.storeys[1] + 1)), 4)
