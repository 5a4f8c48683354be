"""Which columns does a planner's table have, by whatever name, and what do they hold?

The list of fields, their aliases, types and units is data: ``layers/fields.toml``.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from importlib.resources import files
from typing import Any

import pandas as pd

from gis.errors import Problem, ProblemLog, Words, either, listed, say
from layers.cells import Parsed, as_choice, as_date, as_number, as_text, as_year, as_yes_no, printable
from layers.files import ROW

_NO_YEAR_LIMIT = 2100
_LISTED = 12

_FIXES = {
    "count": say("write digits only, such as 1280, or leave the cell empty where it is not known"),
    "number": say("write digits only, such as 12.5, or leave the cell empty where it is not known"),
    "coordinate": say("write a decimal number, such as 121.4737, or leave the cell empty"),
    "year": say("write the year in four digits, such as 1998, or leave the cell empty"),
    "yes_no": say("write 是 or 否, or leave the cell empty where it is not known"),
    "date": say("write the day as 2026-10-31, or leave the cell empty"),
}


@dataclass(frozen=True)
class Field:
    """One column of ours: how planners call it, what it holds and which parts of the program use it."""

    name: str
    aliases: tuple[str, ...]
    type: str
    unit: str = ""
    used_by: tuple[str, ...] = ()
    empty: str = ""
    otherwise: str | None = None
    choices: Mapping[str, tuple[str, ...]] = dataclass_field(default_factory=dict)

    @property
    def label(self) -> str:
        """The Chinese header that templates and messages show."""
        return next((alias for alias in self.aliases if not alias.isascii()), self.name)


def fields_of(table: str) -> Mapping[str, Field]:
    """The fields of ``roster``, ``facility``, ``building``, ``door``, ``gate`` or ``complaint``, by our name."""
    return _catalogue()[table]


def read_fields(
    raw: pd.DataFrame, table: str, *, file: str, log: ProblemLog, sheet: str = "",
    required: Iterable[tuple[str, ...]] = (), data_year: int | None = None,
) -> pd.DataFrame:
    """Find our columns in a raw table and read their cells; say what is wrong, unknown or personal.

    Args:
        raw: cells as read; the planner's row number in ``ROW``, else features count from 1.
        table: which list of fields applies.
        file: name for messages.
        log: takes wrong cells and missing columns as errors, left-out and personal columns as warnings.
        sheet: name for messages; else the one that ``read_table`` noted.
        required: groups of field names, of each of which at least one column must be there.
        data_year: years up to the one after it are believed.

    Returns:
        ``ROW`` and the fields found, in the order of the list, on the index of ``raw``: text as ``object`` (``""``
        where empty), dates as datetime, all else float (NaN is unknown, yes is 1). A wrong cell is unknown.
    """
    known, sheet = fields_of(table), sheet or str(raw.attrs.get("sheet", ""))
    cells = drop_personal(raw, file=file, sheet=sheet, log=log)
    columns = [name for name in cells.columns if name not in {ROW, "geometry"}]
    found = match_columns([str(name) for name in columns], table)
    silent = {header_key(header) for header in _document()["not_read"]["headers"]}
    left_out = [
        str(name) for name in columns if str(name) not in found.values() and header_key(str(name)) not in silent
    ]
    if left_out:
        log.add(Problem(file=file, sheet=sheet, severity="warning", fix="nothing, unless one is meant to be read",
                        why=say("columns not read: {names}", names=listed(map(printable, left_out), _LISTED))))
    for group in required:
        if not set(group) & set(found):
            wanted = either([known[name].label for name in group])
            log.add(Problem(file=file, sheet=sheet, row=1, column=wanted, why="this column is missing",
                            fix=say("add it; the columns found are {names}",
                                    names=listed(columns, _LISTED) or say("none"))))
    rows = (cells[ROW] if ROW in cells else pd.Series(range(1, len(cells) + 1), index=cells.index)).astype("int64")
    by_text = {str(name): cells[name].astype("object") for name in columns}
    values: dict[str, Any] = {ROW: rows}
    for name, entry in known.items():
        if name in found:
            values[name], wrong = _parse(by_text[found[name]], entry, data_year)
            place = Problem(file=file, sheet=sheet, column=found[name], why="", fix=_fix(entry))
            _note_wrong(pd.DataFrame({"why": wrong, "row": rows, "value": by_text[found[name]]}), place, log)
    return pd.DataFrame(values, index=cells.index)


def drop_personal(raw: Any, *, file: str, log: ProblemLog, sheet: str = "") -> Any:
    """The table without columns about persons (names, telephones, identity numbers), which are named in a warning."""
    personal = [name for name in raw.columns if name not in {ROW, "geometry"} and is_personal(str(name))]
    if personal:
        log.add(Problem(file=file, sheet=sheet, severity="warning", fix="leave such columns out of the file",
                        why=say("columns about persons were dropped unread: {names}", names=listed(personal, _LISTED))))
    return raw.drop(columns=personal)


def is_personal(header: str) -> bool:
    """True where a header names something about a person."""
    text = unicodedata.normalize("NFKC", header).casefold()
    words = set(re.split(r"[^a-z]+", text))
    people = _document()["personal"]
    return any(part in text for part in people["contains"]) or bool(words & set(people["words"]))


def match_columns(headers: list[str], table: str) -> dict[str, str]:
    """Our field name to the header that means it; where several do, the one whose alias stands first in the list."""
    by_key: dict[str, str] = {}
    for header in headers:
        by_key.setdefault(header_key(header), header)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name, entry in fields_of(table).items():
        keys = (header_key(alias) for alias in entry.aliases)
        header = next((by_key[key] for key in keys if key in by_key and by_key[key] not in taken), "")
        if header:
            found[name] = header
            taken.add(header)
    return found


def header_key(header: str) -> str:
    """A header without what planners vary: full-width forms, case, spaces, brackets and their content, marks."""
    text = unicodedata.normalize("NFKC", header).casefold()
    bare = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", text) or text
    return re.sub(r"[\s*:：。.、\-_/~]+", "", bare)


def normalised_name(name: str) -> str:
    """An estate's name for exact joins: NFKC, case and spaces folded, all brackets alike."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\[【〔{「『〈《]", "(", re.sub(r"[\]】〕}」』〉》]", ")", "".join(text.split())))


def normalised_names(names: pd.Series) -> pd.Series:
    """``normalised_name`` for a column of text."""
    return names.map(normalised_name).astype("object")


def _parse(cells: pd.Series, entry: Field, data_year: int | None) -> Parsed:
    words = {name: frozenset(listed) for name, listed in _document()["cells"].items()}
    parsers: dict[str, Callable[[], Parsed]] = {
        "text": lambda: Parsed(as_text(cells), pd.Series(dtype="object")),
        "count": lambda: as_number(cells, words["unknown"]),
        "number": lambda: as_number(cells, words["unknown"]),
        "coordinate": lambda: as_number(cells, words["unknown"], negative=True),
        "year": lambda: as_year(cells, words["unknown"], _NO_YEAR_LIMIT if data_year is None else data_year + 1),
        "yes_no": lambda: as_yes_no(cells, words["unknown"], words["yes"], words["no"]),
        "choice": lambda: as_choice(
            cells, words["unknown"], _words_of(entry), empty=entry.empty, otherwise=entry.otherwise),
        "date": lambda: as_date(cells, words["unknown"]),
    }
    return parsers[entry.type]()


def _words_of(entry: Field) -> dict[str, str]:
    pairs = [(word, value) for value, words in entry.choices.items() for word in (value, *words)]
    return {unicodedata.normalize("NFKC", "".join(word.casefold().split())): value for word, value in pairs}


def _fix(entry: Field) -> Words:
    first_words = tuple(words[0] for words in entry.choices.values())
    return _FIXES.get(entry.type, say("write one of {words}", words=first_words))


def _note_wrong(cells: pd.DataFrame, place: Problem, log: ProblemLog) -> None:
    wrong = cells[cells["why"].notna()]
    for why, row, value in zip(wrong["why"], wrong["row"], as_text(wrong["value"]), strict=True):
        log.add(replace(place, why=why, row=int(row), value=value))


@functools.cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("layers").joinpath("fields.toml").read_text("utf-8"))


@functools.cache
def _catalogue() -> dict[str, dict[str, Field]]:
    tables = {name: part for name, part in _document().items() if name not in {"cells", "personal", "not_read"}}
    return {table: {name: _field(name, entry) for name, entry in part.items()} for table, part in tables.items()}


def _field(name: str, entry: dict[str, Any]) -> Field:
    return Field(
        name=name, aliases=tuple(entry["aliases"]), type=entry["type"], unit=entry.get("unit", ""),
        used_by=tuple(entry["used_by"]), empty=entry.get("empty", ""), otherwise=entry.get("otherwise"),
        choices={value: tuple(words) for value, words in entry.get("choices", {}).items()},
    )
