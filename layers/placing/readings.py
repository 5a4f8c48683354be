"""In which ways can two numbers be a place, and which of them leaves no doubt?

A reading is the numbers as they stand or exchanged, in degrees, scaled degrees or metres of some zone. Numbers that
make sense as they stand are never read in another way; else exactly one reading must lie where the town, or China, is.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pyproj
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from gis.crs import CHINA_LON_LAT
from layers.assumptions import assumed

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Pairs: TypeAlias = tuple[Numbers, Numbers]
Bounds: TypeAlias = tuple[float, float, float, float]
Test: TypeAlias = Callable[[Numbers, Numbers], Mask]
Repair: TypeAlias = Literal["swapped", "northing_first", "degrees", "scaled", "zone"]
Way: TypeAlias = Callable[[Numbers, Numbers], Pairs]

AS_READ, IMPOSSIBLE, AMBIGUOUS = -1, -2, -3
NEAR_KM = assumed("places", "near_km")
"""What lies farther than this from the town is doubtful."""

_KM_PER_DEGREE = 111.2
_SCALES = (1e5, 1e6, 1e7)
_DATUMS = {6378140.0: "Xian 1980", 6378245.0: "Beijing 1954"}  # by semi-major axis in m; all else is CGCS2000
_ZONE = re.compile(r"(?:3-degree )?Gauss-Kruger zone (\d+)")
_CENTRED, _UTM = re.compile(r"3-degree Gauss-Kruger CM \d+E"), re.compile(r"UTM zone (?:4[3-9]|5[0-3])N")
_BELIEVED, _POSSIBLE, _NEXT_ZONE = (3.0, 3.0), (10.0, 10.0), (1.5, 0.5)
"""Degrees east-west and north-south beyond the area that a projected CRS is made for."""
_ONE_SPOT_M, _ONE_REGION_DEG = 10.0, 180.0
_SAME_PLACE_DEG = 1e-6


@dataclass(frozen=True)
class Reading:
    """One way to read pairs: which may be read so, where they then are, and where they may be (degrees WGS84)."""

    kinds: tuple[Repair, ...]
    code: str
    may_be: Test
    place: Way
    region: Test

    def exchanged(self, kind: Repair) -> "Reading":
        """The same with the second number as x."""
        return Reading((kind, *self.kinds), self.code, lambda x, y: self.may_be(y, x), lambda x, y: self.place(y, x),
                       self.region)


@dataclass(frozen=True)
class Decision:
    """Where pairs are (degrees WGS84, NaN where nobody can tell), and how that was read.

    ``taken`` is a number in ``readings`` or ``AS_READ``, ``IMPOSSIBLE``, ``AMBIGUOUS``; ``codes`` are the systems that
    an ambiguous pair may be in; ``believed`` pairs made sense as they stood.
    """

    lon: Numbers
    lat: Numbers
    taken: np.ndarray[Any, Any]
    readings: tuple[Reading, ...]
    codes: np.ndarray[Any, Any]
    believed: Mask


def decide(x: Numbers, y: Numbers, crs: pyproj.CRS | None, home: Bounds | None) -> Decision:
    """Read finite pairs as they stand where that makes sense, else in the one way that does, else not at all.

    Args:
        x: first numbers.
        y: second numbers, as many.
        crs: what they are said to be in, x east and y north whatever its axis order; None stands for degrees.
        home: where the town is: west, south, east, north in degrees WGS84.
    """
    claimed = crs or pyproj.CRS.from_epsg(4326)
    lon, lat = to_degrees(claimed)(x, y)
    believed = _believed((x, y), (lon, lat), claimed, home)
    taken = np.where(believed | _possible((x, y), (lon, lat), claimed), AS_READ, IMPOSSIBLE)
    codes = np.full(len(x), None, dtype="object")
    asked = np.flatnonzero(~believed)
    ask_x, ask_y = x[asked], y[asked]
    readings = tuple(one for one in _readings(claimed, home) if one.may_be(ask_x, ask_y).any()) if len(asked) else ()
    if readings:
        places = np.array([_places(one, ask_x, ask_y) for one in readings])
        fits = _fits(readings, places, home)
        mine = _choose(taken[asked], fits)
        if _is_a_rule(mine, len(x)):
            mine = _as_the_others(mine, fits, places, (lon[asked], lat[asked]), home)
        taken[asked], there = mine, np.flatnonzero(mine >= 0)
        lon[asked[there]], lat[asked[there]] = places[mine[there], :, there].T
        _name_systems(codes, asked, mine, fits, readings)
    if claimed.is_geographic and len(asked):
        lost = (taken == IMPOSSIBLE) & (_zone_metres(x, y) | _zone_metres(y, x))
        taken[lost] = AMBIGUOUS
    unknown = taken < AS_READ
    return Decision(np.where(unknown, np.nan, lon), np.where(unknown, np.nan, lat), taken, readings, codes, believed)


def near(lon: Numbers, lat: Numbers, home: Bounds) -> Mask:
    """True within ``NEAR_KM`` of the box, all in degrees WGS84."""
    return km_from(lon, lat, home) <= NEAR_KM


def km_from(lon: Numbers, lat: Numbers, home: Bounds) -> Numbers:
    """Kilometres to a box in degrees, 0 inside it, true to about 1 %; NaN where there is no place."""
    (west, south, east, north), lat = home, np.clip(lat, -90, 90)
    across = np.maximum(0, np.abs((lon - (west + east) / 2 + 180) % 360 - 180) - (east - west) / 2)
    along = np.maximum(0, np.maximum(south - lat, lat - north))
    return np.asarray(np.hypot(across * np.cos(np.radians(lat)), along) * _KM_PER_DEGREE)


@functools.lru_cache(maxsize=128)
def to_degrees(crs: pyproj.CRS) -> Way:
    """The way from a CRS, x east and y north, to degrees WGS84; NaN where the CRS does not reach."""
    transformer = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)

    def place(x: Numbers, y: Numbers) -> Pairs:
        lon, lat = (np.asarray(one, dtype="float64") for one in transformer.transform(x, y))
        lost = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))  # also what is endless or turned round the globe
        return np.where(lost, np.nan, lon), np.where(lost, np.nan, lat)

    return place


def systems_near(x: Numbers, y: Numbers, home: Bounds) -> tuple[str, ...]:
    """The metric systems of China, eastings without zone number, in which all the pairs lie near the town."""
    return tuple(one.code for one in _home_zones(home)
                 if one.may_be(x, y).all() and near(*one.place(x, y), home).all())


def zone_of(home: Bounds) -> str:
    """The CGCS2000 3-degree zone of a town in China, eastings without zone number, else ``""``."""
    lon, lat = (np.array([(home[side] + home[side + 2]) / 2]) for side in (0, 1))
    return next((code for _, code, area in _systems("CGCS2000", _CENTRED) if _within(lon, lat, area).all()), "")


def _believed(pairs: Pairs, place: Pairs, crs: pyproj.CRS, home: Bounds | None) -> Mask:
    (lon, lat), sane = place, _possible(pairs, place, crs) if crs.is_geographic else np.isfinite(place[0])
    if not crs.is_geographic and _is_one_spot(*pairs):
        return np.zeros(len(lon), dtype=bool)
    if home is not None:
        return sane & near(lon, lat, home)
    if crs.is_geographic or crs.area_of_use is None:
        return sane & _within(lon, lat, CHINA_LON_LAT)
    return sane & _within(lon, lat, crs.area_of_use.bounds, _BELIEVED) & ~_within(lon, lat, (0, 0, 0, 0), (0.01, 0.01))


def _is_one_spot(x: Numbers, y: Numbers) -> bool:
    """True where in metres all would lie within a few steps at the grid's origin: they are degrees of one region."""
    small = len(x) >= 3 and bool((np.abs(x) <= _ONE_REGION_DEG).all() and (np.abs(y) <= _ONE_REGION_DEG).all())
    return (small and bool(max(np.ptp(x), np.ptp(y)) <= _ONE_SPOT_M)
            and len(np.unique(np.column_stack([x, y]), axis=0)) >= 3)


def _possible(pairs: Pairs, place: Pairs, crs: pyproj.CRS) -> Mask:
    found, area = np.isfinite(place[0]), crs.area_of_use
    if crs.is_geographic:
        return _in_range(*pairs) & found
    return found & (_in_range(*place) if area is None else _within(*place, area.bounds, _POSSIBLE))


def _readings(claimed: pyproj.CRS, home: Bounds | None) -> Iterator[Reading]:
    """All ways to read pairs other than as they stand; ``kinds`` say what is done, ``code`` in which system."""
    area = claimed.area_of_use
    of_claimed = functools.partial(_within, bounds=CHINA_LON_LAT if area is None else area.bounds, margin=_NEXT_ZONE)
    if claimed.is_geographic:
        straight = Reading((), "", _in_range, to_degrees(claimed), functools.partial(_within, bounds=CHINA_LON_LAT))
        yield straight.exchanged("swapped")
        metric = [_web_mercator(), *_home_zones(home)]
    else:
        yield Reading((), "", _no_degrees, to_degrees(claimed), of_claimed).exchanged("northing_first")
        degrees = Reading(("degrees",), "", _in_range, lambda x, y: (x, y),
                          lambda lon, lat: _within(lon, lat, CHINA_LON_LAT) | of_claimed(lon, lat))
        yield from (degrees, degrees.exchanged("swapped"))
        metric = [*_without_number(claimed, of_claimed)]
    for reading in (*_numbered_zones(_datum(claimed)), *metric):
        yield from (reading, reading.exchanged("northing_first"))
    for factor in _SCALES:
        scaled = Reading(("scaled",), f"{factor:.0f}", functools.partial(_scaled, factor=factor),
                         functools.partial(_divided, factor=factor),
                         _in_zones if factor == _SCALES[0] else functools.partial(_within, bounds=CHINA_LON_LAT))
        yield from (scaled, scaled.exchanged("swapped"))


def _numbered_zones(datum: str) -> Iterator[Reading]:
    for name, code, area in _systems(datum, _ZONE):
        yield Reading(("zone",), code, functools.partial(_zone_metres, number=int(name)), _by_code(code),
                      functools.partial(_within, bounds=area, margin=_NEXT_ZONE))


def _without_number(claimed: pyproj.CRS, region: Test) -> Iterator[Reading]:
    """Eastings without the zone number that the claimed CRS puts before them."""
    number = _false_easting_m(claimed) // 1e6
    if number > 0:
        code = next((code for _, code, area in _systems(_datum(claimed), _CENTRED)
                     if claimed.area_of_use is not None and area == claimed.area_of_use.bounds), claimed.name)
        yield Reading(("zone",), code, _zone_metres, lambda x, y: to_degrees(claimed)(x + number * 1e6, y), region)


def _home_zones(home: Bounds | None) -> list[Reading]:
    """Systems of China around the town whose eastings do not say the zone; they differ by 1 km or more there."""
    if home is None or not _in_china(home):
        return []
    middle = (np.array([(home[0] + home[2]) / 2]), np.array([(home[1] + home[3]) / 2]))
    reach = ((home[2] - home[0]) / 2 + 5, 90.0)
    return [Reading(("zone",), code, _zone_metres, _by_code(code), functools.partial(near, home=home))
            for _, code, area in (*_systems("CGCS2000", _CENTRED), *_systems("WGS 84", _UTM))
            if _within(*middle, area, reach).all()]


def _web_mercator() -> Reading:
    return Reading(("zone",), "EPSG:3857", lambda x, y: (x > 8e6) & (x < 15.2e6) & (y > 1.8e6) & (y < 7.2e6),
                   _by_code("EPSG:3857"), _in_zones)


def _by_code(code: str) -> Way:
    return functools.partial(_in_system, code=code)


def _in_system(x: Numbers, y: Numbers, code: str) -> Pairs:
    return to_degrees(pyproj.CRS.from_user_input(code))(x, y)


@functools.cache
def _systems(datum: str, shape: re.Pattern[str]) -> tuple[tuple[str, str, Bounds], ...]:
    """Zone number (or ``""``), code and area of use of the projected systems of a datum, from PROJ's database."""
    found = [(shape.fullmatch(info.name.removeprefix(f"{datum} / ")), info)
             for info in query_crs_info(auth_name="EPSG", pj_types=PJType.PROJECTED_CRS)
             if info.name.startswith(f"{datum} / ") and not info.deprecated and info.area_of_use is not None]
    return tuple((match[1] if match.re.groups else "", f"EPSG:{info.code}", info.area_of_use.bounds)
                 for match, info in found if match is not None and info.area_of_use is not None)


def _datum(crs: pyproj.CRS) -> str:
    return _DATUMS.get(crs.ellipsoid.semi_major_metre, "CGCS2000") if crs.ellipsoid is not None else "CGCS2000"


def _false_easting_m(crs: pyproj.CRS) -> float:
    params = crs.coordinate_operation.params if crs.coordinate_operation is not None else []
    return float(next((one.value for one in params if one.name == "False easting"), 0))


def _no_degrees(x: Numbers, y: Numbers) -> Mask:
    return np.asarray((np.abs(x) > 180) | (np.abs(y) > 180))


def _in_range(x: Numbers, y: Numbers) -> Mask:
    return np.asarray((np.abs(x) <= 180) & (np.abs(y) <= 90))


def _scaled(x: Numbers, y: Numbers, factor: float) -> Mask:
    whole = (x == np.round(x)) & (y == np.round(y))
    return np.asarray(whole & _in_range(x / factor, y / factor) & (np.abs(x) > 180))


def _divided(x: Numbers, y: Numbers, factor: float) -> Pairs:
    return x / factor, y / factor


def _zone_metres(x: Numbers, y: Numbers, number: int = 0) -> Mask:
    """True for an easting with this zone number (0: none) and a northing of China, in metres."""
    return np.asarray((x // 1e6 == number) & (x % 1e6 >= 1e5) & (y >= 1.8e6) & (y <= 6.2e6))


def _within(lon: Numbers, lat: Numbers, bounds: Bounds, margin: tuple[float, float] = (0.0, 0.0)) -> Mask:
    """True in a box in degrees, grown by the margin; a box may cross the 180th meridian."""
    west, south, east, north = bounds
    width = 360.0 if (west, east) == (-180.0, 180.0) else (east - west) % 360
    across = (lon - west + margin[0]) % 360 <= width + 2 * margin[0]
    return np.asarray(across & (lat >= south - margin[1]) & (lat <= north + margin[1]) & np.isfinite(lon))


def _in_zones(lon: Numbers, lat: Numbers) -> Mask:
    """True in China as the areas of the 3-degree zones have it, much narrower than the box around the country."""
    areas = [_within(lon, lat, area, (0.5, 0.5)) for _, _, area in _systems("CGCS2000", _CENTRED)]
    return np.asarray(np.logical_or.reduce(areas))


def _in_china(home: Bounds) -> bool:
    west, south, east, north = home
    return bool(_within(np.array([(west + east) / 2]), np.array([(south + north) / 2]), CHINA_LON_LAT).all())


def _places(reading: Reading, x: Numbers, y: Numbers) -> Numbers:
    """Longitudes and latitudes, shape (2, rows), NaN where the pair may not be read so."""
    places, may = np.full((2, len(x)), np.nan), reading.may_be(x, y)
    places[:, may] = reading.place(x[may], y[may])
    return places


def _fits(readings: tuple[Reading, ...], places: Numbers, home: Bounds | None) -> Mask:
    """Which readings make sense of which pair, near the town before anywhere in China; equal places count once."""
    in_region = np.array([one.region(*place) for one, place in zip(readings, places, strict=True)])
    if home is not None:
        by_town = np.array([near(place[0], place[1], home) for place in places])
        fits = np.where(by_town.any(axis=0), by_town, in_region & _in_china(home))
    else:
        fits = in_region
    for later in range(1, len(readings)):
        apart = np.abs(places[:later] - places[later]).max(axis=1)
        fits[later] &= ~(fits[:later] & (apart < _SAME_PLACE_DEG)).any(axis=0)
    return fits


def _choose(taken: np.ndarray[Any, Any], fits: Mask) -> np.ndarray[Any, Any]:
    many = fits.sum(axis=0)
    return np.select([many == 1, many > 1], [fits.argmax(axis=0), AMBIGUOUS], taken)


def _is_a_rule(mine: np.ndarray[Any, Any], rows: int) -> bool:
    """True where one reading holds for so many rows of the column that it is taken for all."""
    sure = mine[mine >= 0]
    return len(sure) > 0 and int(np.bincount(sure).max()) >= max(3, assumed("places", "one_reading_share") * rows)


def _as_the_others(
    mine: np.ndarray[Any, Any], fits: Mask, places: Numbers, as_read: Pairs, home: Bounds | None,
) -> np.ndarray[Any, Any]:
    """How a row is read that could be as most of the column is, or else lies farther off than it would be so."""
    main = int(np.bincount(mine[mine >= 0]).argmax())
    lon, lat = places[main]
    middle = (float(np.median(lon[mine == main])), float(np.median(lat[mine == main])))
    around = home or (*middle, *middle)
    farther = ~(km_from(*as_read, around) <= km_from(lon, lat, around))
    follows = np.isfinite(lon) & np.where(mine == AMBIGUOUS, fits[main], (mine < 0) & farther)
    return np.where(follows, main, mine)


def _name_systems(
    codes: np.ndarray[Any, Any], asked: np.ndarray[Any, Any], mine: np.ndarray[Any, Any], fits: Mask,
    readings: tuple[Reading, ...],
) -> None:
    """Write what an ambiguous pair may be in, metric systems first."""
    for pattern in np.unique(fits[:, mine == AMBIGUOUS], axis=1).T:
        alike = (mine == AMBIGUOUS) & (pattern == fits.T).all(axis=1)
        fitting = [one for one, fit in zip(readings, pattern, strict=True) if fit]
        names = tuple(dict.fromkeys(one.code if "zone" in one.kinds else "EPSG:4326" for one in fitting))
        for row in asked[alike]:
            codes[row] = names
