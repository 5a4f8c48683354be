"""What became of every row of every input file? It was used, or left out for a reason that is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from gis.errors import InputError, Problem, Words, say


@dataclass(frozen=True)
class ColumnRead:
    """One column that was read: our field, what templates call it, the file's header, and how the two were matched."""

    field: str
    label: str
    header: str
    how: str = "alias"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one file (or sheet, or layer) was read.

    Args:
        file: its name; ``sheet`` the sheet or layer.
        part: what it was read as: ``estates``, ``roster``, ``buildings``, a facility kind …
        encoding: what its text is written in, where that had to be found out.
        crs: coordinate system its places were taken to be in; ``""`` where it has none.
        converted: the shifted system (GCJ-02, BD-09) all its places were converted from.
        converted_rows: where its rows say different systems, how many places were converted from which.
        offset_checked: somebody has compared its places with the streets already.
        offset: what came of comparing its places with the streets; ``""`` where nobody did.
        columns: the columns that were read, in our order.
        unread: headers that no field takes.
        personal: headers of columns about persons, which were left out unread.
        masked: headers, each with how many of its cells held a telephone number or a name that was taken out.
        rows_in: rows the file has; blank ones do not count.
        rows_used: rows the result rests on.
        left_out: why rows were left out, and which: row numbers as the planner counts them, of OSM the
            objects, of a grid all its cells as a range.
        notes: what else there is to know of how it was read.
        row_of: the row of each thing that was used, by the key it is known by; None where nobody asks.
        joins: of the estates' last file ``name`` of each estate and ``by``, what joined it to an outline: ``id``,
            ``name`` or ``alias`` of a row of the outlines' file, ``osm`` by the name of an area in OSM,
            ``own`` where a row has an outline itself, else ``""``.
        misplaced: keys of those whose coordinates are wrong, which is listed.
        places: by row, where a row has one, in the working CRS, for comparison with other layers; None without any.

    Raises:
        InputError: rows in are not rows used and rows left out.
    """

    file: str
    part: str
    sheet: str = ""
    encoding: str = ""
    crs: str = ""
    converted: str = ""
    converted_rows: Mapping[str, int] = field(default_factory=dict)
    offset_checked: bool = False
    offset: Words | str = ""
    columns: tuple[ColumnRead, ...] = ()
    unread: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    masked: tuple[tuple[str, int], ...] = ()
    rows_in: int
    rows_used: int
    left_out: Mapping[Words | str, Sequence[int | str]] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()
    row_of: "pd.Series[int] | None" = field(default=None, compare=False, repr=False)
    joins: pd.DataFrame | None = field(default=None, compare=False, repr=False)
    misplaced: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    places: gpd.GeoSeries | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        listed = sum(map(len, self.left_out.values()))
        if self.rows_in != self.rows_used + listed:
            raise InputError(Problem(
                file=self.file, sheet=self.sheet, fix="please report this with the file: it is a fault of the program",
                why=say("the account of rows does not balance: {rows} rows, {used} used, {listed} left out and listed",
                        rows=self.rows_in, used=self.rows_used, listed=listed)))
