"""What do the numbers of a layer mean as places, before anything else sees them, and what was done to them?

Numbers that leave no doubt are read right and noted; the rest has no place and is listed with its value. Which readings
there are stands in ``layers.placing.readings``, what a cell says in ``layers.typed.coordinates``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gis.errors import Cell, Problem, Value, Words, listed, more_rows, say
from gis.geometry import has_shape
from layers.assumptions import assumed
from layers.placing.readings import (
    AMBIGUOUS,
    IMPOSSIBLE,
    NEAR_KM,
    Bounds,
    Decision,
    Mask,
    Numbers,
    Repair,
    decide,
    km_from,
    near,
    systems_near,
    zone_of,
)
from layers.typed.cells import as_text, folded
from layers.typed.coordinates import as_typed, plain_numbers, split_pair

Kind: TypeAlias = Repair | Literal[
    "far", "zero", "half", "unreadable", "impossible", "ambiguous", "no_zone", "empty",
]
Positions: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Fate: TypeAlias = tuple[Kind, tuple[str, ...], Positions]
LOST: frozenset[str] = frozenset({"zero", "half", "unreadable", "impossible", "ambiguous", "no_zone", "empty"})
"""Kinds of notes on rows that have no place."""

_WGS84 = "EPSG:4326"
_OF_THE_FILE = frozenset({"ambiguous", "no_zone", "far"})
"""Kinds of errors that one line in project.toml mends for all rows: one message for all of them."""
_OF_A_SYSTEM = frozenset({"ambiguous", "no_zone", "degrees", "zone", "impossible"})
"""Kinds of notes that ask what system the numbers are in; ``far`` does where it knows one."""
FAR = say("{count} rows lie more than {distance_km} km from {what}: {rows}", count=0, distance_km=0, what="", rows="")
_LISTED, _ONE_BY_ONE = 10, 200


@dataclass(frozen=True)
class Note:
    """What was done to which rows, or why they have no place.

    ``values`` are the numbers as written, on the rows' labels. ``codes`` are the system (or the factor) they were read
    in, or those that would fit. ``town``: a ``far`` row is far from the town, not only from the other rows; ``every``:
    so is each row of the file that has a place, and that is most rows.
    """

    kind: Kind
    values: pd.Series
    codes: tuple[str, ...] = ()
    town: bool = False
    every: bool = False

    @property
    def rows(self) -> pd.Index:
        """The labels of the rows."""
        return self.values.index

    @property
    def severity(self) -> Literal["error", "warning"]:
        """A warning where the row has a place or says that it has none; but not where the whole file lies elsewhere."""
        wrong = self.every or self.kind in {"half", "unreadable", "impossible", "ambiguous", "no_zone"}
        return "error" if wrong else "warning"


@dataclass(frozen=True)
class Coordinates:
    """Degrees WGS84 on the index of the cells, NaN where a row has no usable place, and what was done."""

    lon: pd.Series
    lat: pd.Series
    notes: tuple[Note, ...]


def read_coordinates(
    x: pd.Series, y: pd.Series, *, crs: pyproj.CRS | None, home: Bounds | None, unknown: frozenset[str] = frozenset(),
) -> Coordinates:
    """Read two columns of a table as places.

    Args:
        x: numbers or raw cells: decimals, degrees with minutes, a hemisphere, or both coordinates in one cell.
        y: the same on the same index.
        crs: what the project says they are in, x east and y north whatever its axis order; None where it says nothing.
        home: where the town is: west, south, east, north in degrees WGS84; None where nobody knows yet.
        unknown: folded words that stand for an empty cell.
    """
    first, second = (as_typed(cells, unknown) for cells in _parted(x, y, unknown))
    north_first, east_last = (first["axis"] == "lat"), (second["axis"] == "lon")
    same = (first["axis"] != "") & (first["axis"] == second["axis"])
    turned = (north_first | east_last) & ~same
    unreadable = ~first["readable"] | ~second["readable"] | same
    empty, half = first["empty"] & second["empty"], (first["empty"] ^ second["empty"]) & ~unreadable
    pairs = np.column_stack([first["value"].where(~turned, second["value"]),
                             second["value"].where(~turned, first["value"])])
    usable = np.flatnonzero(~(unreadable | empty | half))
    found = decide(pairs[usable, 0], pairs[usable, 1], crs, home)
    fates = [(kind, codes, usable[where]) for kind, codes, where in _fates(found, pairs[usable], crs, home)]
    place = np.full((len(x), 2), np.nan)
    place[usable] = np.column_stack([found.lon, found.lat])
    place[_lost(fates)] = np.nan
    far, systems = _far(place, pairs, crs, home)
    by_cells: dict[Kind, pd.Series] = {"empty": empty, "half": half, "unreadable": unreadable,
                                       "swapped": turned & ~unreadable & ~half}
    fates = [*((kind, (), np.flatnonzero(where)) for kind, where in by_cells.items()), *fates]
    notes = [Note(kind, _shown(x.iloc[where], y.iloc[where]), codes) for kind, codes, where in fates]
    every = home is not None and len(far) == np.isfinite(place[:, 0]).sum() and _most(far, len(x))
    notes.append(Note("far", _shown(x.iloc[far], y.iloc[far]), systems, home is not None, every))
    lon, lat = (pd.Series(place[:, side], index=x.index, dtype="float64") for side in (0, 1))
    return Coordinates(lon, lat, _merged(notes))


def mend_layer(geometry: gpd.GeoSeries, *, home: Bounds | None) -> tuple[gpd.GeoSeries, tuple[Note, ...]]:
    """Read every vertex of a layer as a place; a feature with a vertex that is none has no geometry.

    Args:
        geometry: shapes with the CRS that the file or the project says; without one they count as degrees.
        home: where the town is: west, south, east, north in degrees WGS84; None where nobody knows yet.

    Returns:
        the layer itself where nothing had to be mended; else shapes in two dimensions on the same index, in EPSG:4326
        where any was read in another way than it stands. And what was done.
    """
    shapes = shapely.force_2d(geometry.values)
    missing = ~has_shape(geometry)
    vertices, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.flatnonzero(np.isfinite(vertices).all(axis=1))
    crs = None if geometry.crs is None else pyproj.CRS(geometry.crs)
    found = decide(vertices[finite, 0], vertices[finite, 1], crs, home)
    fates = [(kind, codes, finite[where]) for kind, codes, where in _fates(found, vertices[finite], crs, home)]
    fates = [*_of_shapes(fates, owner), ("impossible", (), np.setdiff1d(np.arange(len(owner)), finite))]
    place = np.full(vertices.shape, np.nan)
    place[finite] = np.column_stack([found.lon, found.lat])
    lost = np.unique(owner[_lost(fates)])
    place[np.isin(owner, lost)] = np.nan
    notes = [Note("empty", pd.Series("", index=geometry.index[missing], dtype="object"))]
    for kind, codes, where in fates:
        features, first = np.unique(owner[where], return_index=True)
        notes.append(Note(kind, _written(vertices[where[first]], geometry.index[features]), codes))
    features, first = np.unique(owner, return_index=True)
    far, systems = _far(place[first], vertices[first], crs, home)
    every = home is not None and len(far) == np.isfinite(place[first, 0]).sum() and _most(far, len(geometry))
    notes.append(Note("far", _written(vertices[first[far]], geometry.index[features[far]]), systems, home is not None,
                      every))
    shapes[lost] = None
    if (found.taken >= 0).any():
        shapes = shapely.set_coordinates(shapes, place[~np.isin(owner, lost)])
    elif not len(lost):
        return (geometry.set_crs(_WGS84) if crs is None else geometry), _merged(notes)
    mended = gpd.GeoSeries(shapes, index=geometry.index, crs=_WGS84 if crs is None or (found.taken >= 0).any() else crs)
    return mended, _merged(notes)


def problems_of(
    notes: Iterable[Note], *, file: str, rows: pd.Series, crs: str = _WGS84, sheet: str = "", column: str = "",
    mend: Words | None = None,
) -> list[Problem]:
    """The notes as messages: one for each kind of repair, one for each row that cannot be read (up to a limit).

    Empty rows are no problem here: their reader decides.

    Args:
        notes: what was done to which rows.
        file: name for messages, as ``sheet``.
        rows: the planner's row numbers on the labels of the layer.
        crs: what the numbers are said to be in.
        sheet: see ``file``.
        column: see ``file``.
        mend: what to do where the numbers may be in another system; else to declare it in project.toml.
    """
    problems = []
    for note in notes:
        numbers = rows.loc[note.rows].astype("int64")
        alone = note.severity == "error" and note.kind not in _OF_THE_FILE
        if note.kind == "empty":
            continue
        why, fix = _said_of_row(note, crs) if alone else _said(note, crs, listed(numbers, _LISTED))
        if mend is not None and (note.kind in _OF_A_SYSTEM or (note.kind == "far" and note.codes)):
            fix = mend
        cells = tuple(Cell(file, sheet, int(row), value) for row, value in zip(numbers, note.values, strict=True))
        place = Problem(file=file, sheet=sheet, column=column, why=why, fix=fix, severity=note.severity)
        if not alone:
            problems.append(replace(place, row=cells[0].row, value=cells[0].value, cells=cells))
            continue
        problems += [replace(place, row=cell.row, value=cell.value) for cell in cells[:_ONE_BY_ONE]]
        if rest := cells[_ONE_BY_ONE:]:
            problems.append(replace(place, row=rest[0].row, why=more_rows(len(rest), why), cells=rest))
    return problems


def why_misplaced(notes: Iterable[Note], crs: str = _WGS84) -> dict[Any, Words]:
    """Why rows have coordinates that are no place, by label; each is an error of ``problems_of``."""
    return {label: _said_of_row(note, crs)[0] for note in notes if note.severity == "error" for label in note.rows}


def _most(far: Positions, rows: int) -> bool:
    """Whether so many rows are far off that the whole list seems to lie elsewhere."""
    return 1 < len(far) >= assumed("places", "whole_list_share") * rows


def _shown(x: pd.Series, y: pd.Series) -> pd.Series:
    """Both cells as written."""
    left, right = (as_text(cells).where(lambda text: text != "", "—") for cells in (x, y))
    return (left + ", " + right).astype("object")


def _parted(x: pd.Series, y: pd.Series, unknown: frozenset[str]) -> tuple[pd.Series, pd.Series]:
    """The two columns, where one cell holds both coordinates and the other none, or the same text, taken apart."""
    if pd.api.types.is_numeric_dtype(x) and pd.api.types.is_numeric_dtype(y):
        return x, y
    typed = plain_numbers(x).isna() | plain_numbers(y).isna()
    left, right = as_text(x[typed]), as_text(y[typed])
    blank_left, blank_right = (folded(text).isin({"", *unknown}) for text in (left, right))
    asked = (blank_left != blank_right) | ((left == right) & ~blank_left)
    pairs = split_pair(left.mask(blank_left, right)[asked])
    pairs = pairs[pairs["x"].notna()]
    x, y = x.astype("object"), y.astype("object")
    return pairs["x"].reindex(x.index).fillna(x), pairs["y"].reindex(y.index).fillna(y)


def _fates(found: Decision, pairs: Numbers, crs: pyproj.CRS | None, home: Bounds | None) -> Iterator[Fate]:
    """What became of which pairs: kind, codes and their positions."""
    as_stood = (found.taken < 0) & ~found.believed
    zeros = (pairs == 0).sum(axis=1) * as_stood
    yield "zero", (), np.flatnonzero(zeros == 2)
    degrees = crs is None or crs.is_geographic
    yield "half", (), np.flatnonzero((zeros == 1) & degrees)
    yield "impossible", (), np.flatnonzero((found.taken == IMPOSSIBLE) & (zeros < 1 + (not degrees)))
    for number, reading in enumerate(found.readings):
        where = np.flatnonzero(found.taken == number)
        for kind in reading.kinds:
            yield kind, (reading.code,) if kind in {"zone", "scaled"} else (), where
    unclear = np.flatnonzero(found.taken == AMBIGUOUS)
    systems = pd.Series(found.codes[unclear], dtype="object").map(lambda codes: codes or ())
    likely = zone_of(home) if home is not None else ""
    yield "no_zone", (likely,) if likely else (), unclear[[not one for one in systems]]
    for codes in dict.fromkeys(filter(None, systems)):
        yield "ambiguous", codes, unclear[[one == codes for one in systems]]


def _of_shapes(fates: Iterable[Fate], owner: Positions) -> Iterator[Fate]:
    """The fates of vertices as those of shapes: a zero among other vertices is no empty place but a wrong shape."""
    for kind, codes, where in fates:
        if kind not in {"zero", "half"}:
            yield kind, codes, where
            continue
        whole = np.bincount(owner[where], minlength=owner.max(initial=0) + 1) == np.bincount(owner)
        alone = whole[owner[where]] & (kind == "zero")
        yield "zero", (), where[alone]
        yield "impossible", (), where[~alone]


def _lost(fates: Iterable[Fate]) -> Positions:
    return np.concatenate([np.array([], dtype="int64"), *(where for kind, _, where in fates if kind in LOST)])


def _written(pairs: Numbers, index: pd.Index) -> pd.Series:
    return pd.Series([f"{x:.12g}, {y:.12g}" for x, y in pairs], index=index, dtype="object")


def _far(
    place: Numbers, pairs: Numbers, crs: pyproj.CRS | None, home: Bounds | None,
) -> tuple[Positions, tuple[str, ...]]:
    """Pairs far from the town, and the systems in which they would lie there; else lone ones far from the others."""
    far = np.flatnonzero(_is_far(place, home))
    if home is None or crs is None or not crs.is_projected or not len(far):
        return far, ()
    return far, systems_near(pairs[far, 0], pairs[far, 1], home)


def _is_far(place: Numbers, home: Bounds | None) -> Mask:
    if home is None:
        return far_from_the_rest(place)
    lon, lat = place.T
    return np.asarray(np.isfinite(lon) & ~near(lon, lat, home))


def far_from_the_rest(place: Numbers) -> Mask:
    """Which places (n, 2: longitude, latitude in degrees) lie far from the middle one; none where that is half of them.

    NaN is no place; of fewer than three nobody can tell which is far.
    """
    lon, lat = place.T
    there = np.isfinite(lon)
    if there.sum() < 3:
        return np.zeros(len(lon), dtype=bool)
    middle = (float(np.median(lon[there])), float(np.median(lat[there])))
    far = there & (km_from(lon, lat, (*middle, *middle)) > NEAR_KM)
    return np.asarray(far & (2 * far.sum() < there.sum()))


def _merged(notes: Iterable[Note]) -> tuple[Note, ...]:
    """One note for each kind and code, without the empty ones."""
    groups: dict[tuple[Kind, tuple[str, ...], bool, bool], list[pd.Series]] = {}
    for note in notes:
        if len(note.values):
            groups.setdefault((note.kind, note.codes, note.town, note.every), []).append(note.values)
    whole = {key: pd.concat(parts) for key, parts in groups.items()}
    return tuple(Note(kind, values[~values.index.duplicated()], codes, town, every)
                 for (kind, codes, town, every), values in whole.items())


def _said(note: Note, crs: str, rows: Value) -> tuple[Words, Words]:
    """What was done to rows, and what the planner may do about it."""
    count, code = len(note.values), note.codes[0] if note.codes else ""
    right = say("nothing, if they lie right on the map; else correct the two columns")
    what = say("the estates") if note.town else say("the other rows")
    move = (say('if that is what they are in, add the line crs = "{code}" to the section of this file in project.toml',
                code=code) if code else say("check these places; they are used as they stand"))
    said: dict[str, tuple[Words, Words]] = {
        "ambiguous": (say("the numbers of {count} rows can be read in more than one way ({systems}): {rows}",
                          count=count, systems=note.codes, rows=rows),
                      say('add the line crs = "{code}" (or what they are in) to the section of this file in '
                          "project.toml", code=code)),
        "no_zone": (say("the metres of {count} rows do not say their zone: {rows}", count=count, rows=rows),
                    say('add the line crs = "{code}" (with the code of the right zone) to the section of this file in '
                        "project.toml", code=code or "EPSG:4549")),
        "swapped": (say("{count} rows have latitude and longitude exchanged; they were read the other way round: "
                        "{rows}", count=count, rows=rows), right),
        "northing_first": (say("{count} rows give the northing first and the easting second, as surveyors do; they "
                               "were read so: {rows}", count=count, rows=rows), right),
        "degrees": (say("{count} rows are in degrees, not in {crs}; they were read as longitude and latitude: {rows}",
                        count=count, crs=crs, rows=rows),
                    say('where all rows are, write crs = "EPSG:4326" in the section of this file in project.toml')),
        "scaled": (say("{count} rows are degrees times {factor}; they were divided by it: {rows}", count=count,
                       factor=code, rows=rows), right),
        "zone": (say("{count} rows are in metres and were read as {code}: {rows}", count=count, code=code, rows=rows),
                 say('if that is right for all rows, add the line crs = "{code}" to the section of this file in '
                     "project.toml; if they are in another system, its code", code=code)),
        "zero": (say("{count} rows have 0 as coordinates and so no place: {rows}", count=count, rows=rows),
                 say("fill in their coordinates, or leave both cells empty")),
        "far": (replace(FAR, values=(("count", count), ("distance_km", int(NEAR_KM)), ("what", what), ("rows", rows))),
                move),
    }
    return said[note.kind]


def _said_of_row(note: Note, crs: str) -> tuple[Words, Words]:
    """Why a row has no place that somebody meant to give it, and what the planner may do about it."""
    if note.kind == "half":
        return say("only one of the two coordinates is there"), say("fill in both coordinates, or leave both empty")
    if note.kind == "unreadable":
        return (say("these are no coordinates that can be read"),
                say("write decimal degrees such as 121.473700 and 31.230400, or leave both cells empty"))
    if note.kind == "impossible":
        return (say("these are not coordinates in {crs}", crs=crs),
                say("write longitude and latitude in degrees, or say the crs of the file in project.toml"))
    if note.kind == "ambiguous":
        return say("these numbers can be read in more than one way"), say("say the crs of the file in project.toml")
    return say("these metres do not say their zone"), say("say the crs of the file in project.toml")
