"""How do the rows of one file become fields and places, with an account of every one of them?"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from gis.crs import in_crs
from gis.errors import Cell, Problem, ProblemLog, Words, more_rows, say
from gis.geometry import has_shape
from gis.ledger import ColumnRead, Reading
from layers.columns.field_guide import marked_fields
from layers.columns.fields import columns_of, fields_of, not_read, read_fields
from layers.placing.places import Town, crs_name, places_of_layer, places_of_table
from layers.placing.said_systems import said_by_rows, say_unsaid, to_undo, undone, with_said_system
from layers.placing.typed_shapes import with_shapes
from layers.reading.files import ROW, Raw, Source, parse_crs, read_raw
from layers.reading.table_notes import is_total, total_signs
from layers.typed.cells import as_text, folded
from layers.typed.personal import masked, with_masked_headers

_ONE_BY_ONE, _FEW = 200, 10
"""Rows with the same error, or the same warning, that are listed one by one; of more, the rest is one line."""
_EXAMPLE, _TOTAL = say("this row is the template's example"), say("this row is a total, not a thing to count")


@dataclass(frozen=True)
class Rows:
    """The rows of one file: ``fields`` (with ``ROW``) and ``geometry`` on the same labels, in the town's CRS.

    ``geometry`` is missing where a row has no place; ``misplaced`` says of rows whose coordinates are wrong why they
    are, which is listed already; ``converted``: see ``Reading.converted_rows``. Whoever reads them says of each row
    that it was used (``done``) or why it was left out (``leave_out``).
    """

    raw: Raw
    part: str
    fields: pd.DataFrame
    geometry: gpd.GeoSeries
    log: ProblemLog
    columns: tuple[ColumnRead, ...] = ()
    unread: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    masked: tuple[tuple[str, int], ...] = ()
    misplaced: Mapping[int, Words] = field(default_factory=dict)
    converted: Mapping[str, int] = field(default_factory=dict)
    _left_out: dict[int, Words | str] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        """Where the rows come from."""
        return self.raw.source

    @property
    def file(self) -> str:
        """The file's name."""
        return self.raw.source.path.name

    @property
    def placed(self) -> gpd.GeoDataFrame:
        """The fields with their places."""
        return gpd.GeoDataFrame(self.fields, geometry=self.geometry)

    @property
    def kept(self) -> pd.Index:
        """The labels that nobody left out."""
        return self.fields.index.difference(pd.Index(self._left_out), sort=False)

    def text(self, name: str) -> pd.Series:
        """A text field, ``""`` throughout where the file does not have it."""
        return self.fields[name] if name in self.fields else pd.Series("", index=self.fields.index, dtype="object")

    def problem(
        self, *, why: Words | str, fix: Words | str, label: Any = None, value: str = "",
        column: Words | str = "", severity: Literal["error", "warning"] = "error", cells: tuple[Cell, ...] = (),
    ) -> None:
        """Note a problem of this file, or of one of its rows; ``cells`` are all it is about."""
        row = None if label is None else int(self.fields[ROW].loc[label])
        self.log.add(Problem(file=self.file, sheet=self.raw.part, row=row, column=column, value=value, why=why,
                             fix=fix, severity=severity, cells=cells))

    def cells(self, labels: Iterable[int], values: pd.Series | None = None) -> tuple[Cell, ...]:
        """The rows of a problem, each with its value."""
        labels = list(labels)
        shown = [""] * len(labels) if values is None else map(str, values.loc[labels])
        return tuple(Cell(self.file, self.raw.part, int(row), value)
                     for row, value in zip(self.fields[ROW].loc[labels], shown, strict=True))

    def list_rows(
        self, labels: Iterable[int], *, why: Words | str, fix: Words | str, values: pd.Series | None = None,
        column: Words | str = "", severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Note the same problem of several rows, one by one up to a limit."""
        chosen = list(labels)
        most = _ONE_BY_ONE if severity == "error" else _FEW
        for label in chosen[:most]:
            self.problem(why=why, fix=fix, label=label, column=column, severity=severity,
                         value="" if values is None else str(values.loc[label]))
        if len(chosen) > most:
            self.problem(why=more_rows(len(chosen) - most, why), fix=fix, column=column,
                         label=chosen[most], severity=severity, cells=self.cells(chosen[most:], values))

    def leave_out(
        self, labels: Iterable[int], *, why: Words | str, fix: Words | str, values: pd.Series | None = None,
        column: Words | str = "", severity: Literal["error", "warning"] = "error",
    ) -> None:
        """Leave rows out for a reason, which is noted of each; of a row that is misplaced, that is the reason."""
        chosen = [label for label in labels if label not in self._left_out]
        self._left_out.update({label: self.misplaced.get(label, why) for label in chosen})
        self.list_rows([label for label in chosen if label not in self.misplaced], why=why, fix=fix, values=values,
                       column=column, severity=severity)

    def leave_out_together(
        self, labels: Iterable[int], *, what: Words, fix: Words | str, values: pd.Series | None = None,
    ) -> None:
        """Leave rows out for a reason, which is one warning with their number."""
        chosen = [label for label in labels if label not in self._left_out]
        self._left_out.update(dict.fromkeys(chosen, what))
        if chosen:
            self.problem(why=say("{count} {what}", count=len(chosen), what=what), fix=fix, severity="warning",
                         value=str(len(chosen)), cells=self.cells(chosen, values))

    def done(self, used: pd.Index, keys: pd.Series | None = None) -> None:
        """Close the account: ``used`` are the labels that the result rests on, ``keys`` what they are known by.

        Raises:
            InputError: a row was neither used nor left out for a reason.
        """
        numbers = self.fields[ROW].loc[list(self._left_out)].tolist()
        gone = [*self.raw.left_out, *zip(numbers, self._left_out.values(), strict=True)]
        reasons: dict[Words | str, list[int]] = {}
        for row, reason in gone:
            reasons.setdefault(reason, []).append(row)
        row_of = None if keys is None else self.fields[ROW].loc[keys.index].set_axis(pd.Index(keys, dtype="object"))
        places = self.geometry[has_shape(self.geometry)]
        self.log.readings.append(Reading(
            file=self.file, part=self.part, sheet=self.raw.part, encoding=self.raw.encoding,
            crs=crs_name(self.source, self.raw.frame) if len(places) else "", converted=self.source.offset_system,
            converted_rows=self.converted, offset_checked=self.source.offset_checked,
            columns=self.columns, unread=self.unread, personal=self.personal, masked=self.masked,
            rows_in=len(self.fields) + len(self.raw.left_out),
            rows_used=len(used), left_out={why: tuple(rows) for why, rows in reasons.items()},
            row_of=row_of, misplaced=frozenset() if keys is None else frozenset(keys[keys.index.isin(self.misplaced)]),
            places=places.set_axis(self.fields[ROW].loc[places.index]) if len(places) else None))


def read_rows(
    source: Source, table: str, *, part: str, town: Town, log: ProblemLog, required: Iterable[tuple[str, ...]] = (),
    data_year: int | None = None, mend: Words | None = None,
) -> Rows:
    """Read any file of rows: its columns by ``fields.toml``, its places into the town's CRS.

    Rows that are a template's example or a total are left out; totals are listed, examples stand in the account alone.

    Args:
        source: a vector file, or a table whose places stand in two columns.
        table: which list of fields applies.
        part: what the file is read as, for the account.
        town: the CRS of the result and where the project lies.
        log: takes every problem of the rows.
        required: of a table, groups of field names of each of which at least one column must be there.
        data_year: years after it are not believed.
        mend: what to do about coordinates of another system, where the file has no section to declare it in.

    Raises:
        InputError: the file cannot be read.
    """
    found = read_raw(source, table)
    raw = without_strangers(replace(found, frame=with_masked_headers(found.frame)), table, log)
    for note in raw.notes:
        log.add(note)
    raw, shape = with_shapes(raw, table, log) if source.is_table else (raw, None)
    fields = read_fields(raw.frame, table, file=source.path.name, sheet=raw.part, log=log, data_year=data_year,
                         required=_asked(required, shaped=shape is not None) if source.is_table else [])
    headers = [str(name) for name in raw.frame.columns if name not in {ROW, "geometry"}]
    mapping = columns_of(raw.frame, table)
    labels = fields_of(table)
    columns = tuple(ColumnRead(one.field, labels[one.field].label, one.header, one.how) for one in mapping.matches
                    if one.field in fields)
    read = {one.header for one in columns}
    personal, hidden = fields.attrs["personal"], fields.attrs["masked"]
    unread = tuple(header for header in headers if header not in read and header not in personal)
    headers_of = {one.field: one.header for one in (*columns, *([shape] if shape else []))}
    said = said_by_rows(raw, headers_of, fields.get("system"), log)
    raw, systems = (raw, said) if table == "location" else with_said_system(raw, headers_of, said, log)
    column = ", ".join(dict.fromkeys(headers_of[axis] for axis in ("x", "y") if axis in headers_of))
    geometry, misplaced = _places(raw, fields, column=column, town=town, log=log, mend=mend)
    if table != "location":  # its reader asks each row
        say_unsaid(raw, headers_of, said, has_shape(geometry), log)
    fields = fields.assign(system=said).drop(columns=["x", "y", *([] if table == "location" else ["system"])],
                                             errors="ignore")
    return Rows(raw, part, fields, undone(geometry, systems) if systems.any() else geometry, log,
                (*columns, shape) if shape else columns, unread, personal, hidden, misplaced,
                to_undo(systems[has_shape(geometry)]))


def _asked(required: Iterable[tuple[str, ...]], *, shaped: bool) -> list[tuple[str, ...]]:
    """The columns that must be there; where there are shapes, nobody asks for coordinates."""
    return [group for group in required if not (shaped and {"x", "y"} & set(group))]


def _places(
    raw: Raw, fields: pd.DataFrame, *, column: str, town: Town, log: ProblemLog, mend: Words | None,
) -> tuple[gpd.GeoSeries, Mapping[Any, Words]]:
    """Where the rows lie, and why some have coordinates that are no place; a shape comes before coordinates."""
    source = raw.source
    if not source.is_table:
        return places_of_layer(gpd.GeoDataFrame(raw.frame), source, raw.part, town, log), {}
    points, misplaced = places_of_table(fields, source, raw.part, town, log, column=column, mend=mend)
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        return points, misplaced
    declared = source.crs is not None and not source.offset_system
    crs = parse_crs(str(source.crs), source.path) if declared else raw.frame.crs
    layer = raw.frame[[ROW, "geometry"]].set_crs(crs, allow_override=True)
    shapes = places_of_layer(layer, source, raw.part, town, log)
    there = has_shape(shapes)
    if not there.any():
        return points, misplaced
    return shapes.where(there, in_crs(points, shapes.crs)), {label: misplaced[label] for label in misplaced
                                                            if not there[label]}


def without_strangers(raw: Raw, table: str, log: ProblemLog) -> Raw:
    """The rows but for a template's example and totals, which are told before any of their cells is looked at.

    A total is a warning; an example, which every template brings along, is left out with no more than the account.
    """
    examples = not_read("examples")
    found = columns_of(raw.frame, table)
    marked = raw.frame[[found[name] for name in marked_fields(table) if name in found]]
    keys = marked[_worth_a_look(marked)].apply(lambda cells: folded(as_text(cells)))
    example = keys.apply(lambda text: text.str.startswith(examples)).any(axis="columns")
    total = keys.map(is_total).any(axis="columns") & ~example
    rows = raw.frame[ROW]
    left_out = [*raw.left_out, *((int(row), _EXAMPLE) for row in rows[keys.index[example]])]
    for label in keys.index[total]:
        left_out.append((int(rows[label]), _TOTAL))
        column = next(column for column, key in keys.loc[label].items() if is_total(key))
        said = masked(as_text(marked.loc[[label], column]))[label]
        log.add(Problem(file=raw.source.path.name, sheet=raw.part, row=int(rows[label]), value=said, why=_TOTAL,
                        fix="nothing; it was left out", severity="warning"))
    kept = raw.frame.drop(index=keys.index[example | total]).reset_index(drop=True)
    return replace(raw, frame=kept, left_out=tuple(left_out))


def _worth_a_look(cells: pd.DataFrame) -> "pd.Series[bool]":
    """Rows of which a cell may name a total or begin as an example does: the few whose cells are worth folding."""
    seen = pd.Series(data=False, index=cells.index)
    for name in cells:
        told = [isinstance(cell, str) and _looked_for().search(cell) is not None for cell in cells[name]]
        seen |= pd.Series(told, index=cells.index, dtype=bool)
    return seen


@functools.cache
def _looked_for() -> re.Pattern[str]:
    first = {sign for word in not_read("examples") for sign in (word[0], word[0].upper())}
    wide = {chr(ord(sign) + 0xFEE0) for sign in first if sign.isascii()}
    return re.compile(rf"{total_signs()}|^\s*[{''.join(sorted(first | wide))}]")
