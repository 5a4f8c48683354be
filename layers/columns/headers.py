"""Which column of a planner's table is which field of ours, and how sure is that?

Nothing is joined that only looks alike: such a column is named together with what it may mean.
"""

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

from gis.errors import Problem, either, say
from layers.columns.catalogue import Field, document, fields_of, not_read
from layers.typed.cells import printable
from layers.typed.characters import ONE_TO_TEN
from layers.typed.chinese import simplified
from layers.typed.days import starts_with_year

How = Literal["alias", "truncated", "pinyin"]

_NUMBERING = re.compile(
    rf"(?<![\s*＊※★●])[\s*＊※★●]*(?:[①-⑳]|[(（]?(?:\d{{1,2}}|[{ONE_TO_TEN}]{{1,3}})(?:[)）、．]|\.(?!\d)))\s*(?=\S)")
_BRACKETS = re.compile("|".join(
    rf"\{start}([^\{start}\{end}]*)\{end}" for start, end in zip("([【〔{<《「", ")]】〕}>》」", strict=True)))
_MARKS = re.compile(r"[\s*:：。.、,，;；\-–—―_/~\\()\[\]【】〔〕{}<>《》「」'\"“”‘’※★●#]+")
_CUT_BYTES = {"utf-8": range(8, 11), "gb18030": range(9, 11)}
"""Lengths of a name that a .dbf may have cut off at 10 bytes, a half character at the end taken off."""


class Match(NamedTuple):
    """One column that is read: our field, its header, how they were found to belong together, and by which name."""

    field: str
    header: str
    how: How
    alias: str


class Question(NamedTuple):
    """A column that is not read, and the headers of fields that it may mean."""

    header: str
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ColumnMapping(Mapping[str, str]):
    """Our field to the header it is read from, in the order of the list of fields; what else was found beside.

    ``repeated``: headers that mean a field which another column is read for, and that other header. ``ambiguous``:
    cut-off names that fit several fields. ``alike``: headers nobody knows that look like a name of a field.
    """

    matches: tuple[Match, ...] = ()
    repeated: tuple[tuple[str, str], ...] = ()
    ambiguous: tuple[Question, ...] = ()
    alike: tuple[Question, ...] = ()

    def __getitem__(self, field: str) -> str:
        return self._headers[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self.matches)

    @functools.cached_property
    def _headers(self) -> dict[str, str]:
        return {one.field: one.header for one in self.matches}

    @property
    def named(self) -> frozenset[str]:
        """Headers that ``problems`` names one by one."""
        return frozenset([*(header for header, _ in self.repeated), *(one.header for one in self.ambiguous),
                          *(one.header for one in self.alike)])

    def problems(self, *, file: str, sheet: str = "", row: int | None = None) -> tuple[Problem, ...]:
        """What a planner should look at, each a warning; ``row`` holds the headers, None in a layer.

        The number that programs give each feature of a layer is passed over where another column is the id.
        """
        own = not_read("feature_numbers") if row is None else ()
        found = [
            (one.header, say("this name was cut off at 10 bytes and is read as {name}", name=one.alias),
             say("nothing, if that is what it means; else rename the column"))
            for one in self.matches if one.how == "truncated"]
        found += [(header, say("this column means the same as {name}, which is read; this one is not", name=other),
                   say("delete or rename one of the two"))
                  for header, other in self.repeated if header.casefold() not in own]
        found += [(one.header, say("this name was cut off and may be {names}; it is not read",
                                   names=either(one.labels)),
                   say("rename the column to the one it is")) for one in self.ambiguous]
        found += [(one.header, say("this column is not known; did you mean {names}?", names=either(one.labels)),
                   say("give the figures in ones, not in ten thousands, and rename the column; it is not read")
                   if any(unit in one.header for unit in document()["headers"]["large_units"]) else
                   say("rename the column if it is that one; until then it is not read"))
                  for one in self.alike]
        return tuple(Problem(file=file, sheet=sheet, row=row, column=printable(header), why=why, fix=fix,
                             severity="warning") for header, why, fix in found)


def match_columns(
    headers: Iterable[str], table: str, *, from_dbf: bool = False, cut: Collection[str] = (),
) -> ColumnMapping:
    """Find the column of each field of ``table``.

    A header matches a name of the field in any spelling (``header_key``); else, of a Shapefile, by the beginning that
    a .dbf left of a name (``from_dbf``), if of one field alone; else, where it is ASCII, by the pinyin of a name. Where
    two columns mean one field, the one whose name stands first in the list is read.

    Args:
        headers: the names of the columns.
        table: which list of fields applies.
        from_dbf: the names come from a .dbf, which holds 10 bytes of each.
        cut: those of them that were longer for certain.
    """
    return _matched(tuple(dict.fromkeys(headers)), table, from_dbf=from_dbf, cut=frozenset(cut))


@functools.lru_cache(maxsize=256)
def _matched(given: tuple[str, ...], table: str, *, from_dbf: bool, cut: frozenset[str]) -> ColumnMapping:
    names = _names(table)
    cut |= frozenset(one for one in given if from_dbf and len(one) == 10 and one.isascii() and one.endswith("_"))
    plain = {header: names.plain[key] for header in given
             if header not in cut and (key := header_key(header)) in names.plain}
    found: dict[str, Match] = {}
    repeated = _take({header: Match(field, header, "alias", alias) for header, (field, alias, _) in plain.items()},
                     found, {header: place for header, (_, _, place) in plain.items()})
    rest = [header for header in given if header not in plain]
    ambiguous = []
    guesses: dict[str, Match] = {}
    for header in rest:
        one = _beginning(header, names, certain=header in cut) if from_dbf or header in cut else None
        if isinstance(one, Question):
            ambiguous.append(one)
        elif one is not None or (one := _by_sound(header, names)) is not None:
            guesses[header] = one
    repeated += _take(guesses, found, {})
    known = {*plain, *guesses, *(one.header for one in ambiguous)}
    alike = [one for header in rest if header not in known and (one := _look_alike(header, names, found))]
    order = list(fields_of(table))
    return ColumnMapping(tuple(sorted(found.values(), key=lambda one: order.index(one.field))), tuple(repeated),
                         tuple(ambiguous), tuple(alike))


def header_key(header: str) -> str:
    """A header without what planners vary: 繁/简, full width, case, spaces, marks, numbering, units and remarks."""
    text = _folded(_NUMBERING.sub("", header.replace("\x00", ""), count=1))
    bare = _BRACKETS.sub(lambda found: "" if _says_nothing(next(filter(None, found.groups()), "")) else found[0], text)
    return _without(_MARKS.sub("", bare), "part_of") or _MARKS.sub("", text)


def field_count(cells: Iterable[object], table: str) -> int:
    """How many fields of ``table`` a row of cells names, were it the row of headers."""
    names = _names(table)
    keys = {header_key(cell) for cell in cells if isinstance(cell, str) and len(cell) <= names.longest}
    return len({names.plain[key][0] for key in keys if key in names.plain} | {
        one.field for cell in cells if isinstance(cell, str) and (one := _by_sound(cell, names)) is not None})


def is_header(cell: object, table: str) -> bool:
    """True where a cell is a name of one of the fields of ``table``."""
    return isinstance(cell, str) and header_key(cell) in _names(table).plain


def explains(cell: str) -> bool:
    """True of a cell that says no more than a unit (户, 万人 is none) or how to fill in the column (必填)."""
    text = _folded(cell).strip("()")
    return _says_nothing(text) and not any(sign.isdigit() for sign in text)


def joined_header(groups: Sequence[str], part: str, table: str) -> str:
    """The header of a column that has several: its groups', such as 人口 and 其中, and below them its own, 60岁以上.

    Its own with those of its groups where they are a name of a field; its own alone only under groups that add nothing.
    """
    silent = {header_key(one) for one in document()["headers"]["groups"]}
    speaking = [group for group in groups if header_key(group) not in silent]
    over = ["".join(groups), "".join(speaking)] if speaking else ["".join(groups), *groups, ""]
    candidates = [joined for group in over for joined in (group + part, part + group)]
    return next((one for one in candidates if is_header(one, table)), " ".join([*groups, part]))


class _Names(NamedTuple):
    """All names of a table's fields by key."""

    table: str
    plain: Mapping[str, tuple[str, str, int]]  # key: field, name as the list has it, its place among the field's
    labels: Mapping[str, str]
    longest: int


@functools.cache
def _names(table: str) -> _Names:
    plain: dict[str, tuple[str, str, int]] = {}
    for name, entry in fields_of(table).items():
        for place, alias in enumerate(_with_systems(entry)):
            plain.setdefault(header_key(alias), (name, alias, place))
    labels = {name: entry.label for name, entry in fields_of(table).items()}
    return _Names(table, plain, labels, 4 * max(map(len, plain)) + 20)


def _with_systems(entry: Field) -> tuple[str, ...]:
    """The names of a field; those of a coordinate with the system it is in too, such as 高德经度 and lng_bd09."""
    if entry.type != "coordinate":
        return entry.aliases
    settings = document()["headers"]
    true, shifted = (
        tuple(joined for system in settings[f"{kind}_systems"] for alias in entry.aliases
              for joined in (system + alias, alias + system)) for kind in ("true", "shifted"))
    return (*true, *entry.aliases, *shifted)


@functools.cache
def _by_pinyin(table: str) -> Mapping[str, tuple[str, str]]:
    """Field and name by the pinyin that stands for one field alone; only asked for where a header is ASCII."""
    owners: dict[str, dict[str, str]] = {}
    for name, entry in fields_of(table).items():
        for alias in entry.aliases:
            for sound in _sounds(header_key(alias)):
                owners.setdefault(sound, {}).setdefault(name, alias)
    for header in not_read("headers"):
        for sound in _sounds(header_key(header)):
            owners.setdefault(sound, {})[""] = header
    plain = _names(table).plain
    return {sound: next(iter(fields.items())) for sound, fields in owners.items()
            if len(fields) == 1 and sound not in plain and "" not in fields}


def _take(matches: Mapping[str, Match], found: dict[str, Match], places: Mapping[str, int]) -> list[tuple[str, str]]:
    repeated = []
    for header in sorted(matches, key=lambda one: places.get(one, 0)):
        taken = found.setdefault(matches[header].field, matches[header])
        if taken.header != header:
            repeated.append((header, taken.header))
    return repeated


def _beginning(header: str, names: _Names, *, certain: bool) -> Match | Question | None:
    key = header_key(header)
    if not key or not (certain or any(
            len(header.encode(encoding, "ignore")) in lengths for encoding, lengths in _CUT_BYTES.items())):
        return None
    fits = {name: alias for one, (name, alias, _) in reversed(list(names.plain.items()))
            if one.startswith(key) and one != key}
    if header.isascii():
        fits |= {name: alias for one, (name, alias) in _by_pinyin(names.table).items() if one.startswith(key)}
    if not fits:
        return None
    if len(fits) > 1:
        return Question(header, tuple(names.labels[name] for name in fits))
    ((name, alias),) = fits.items()
    return Match(name, header, "truncated", alias)


def _by_sound(header: str, names: _Names) -> Match | None:
    key = header_key(header)
    if not header.isascii() or key not in _by_pinyin(names.table):
        return None
    name, alias = _by_pinyin(names.table)[key]
    return Match(name, header, "pinyin", alias)


def _look_alike(header: str, names: _Names, found: Collection[str]) -> Question | None:
    key, settings = header_key(header), document()["headers"]
    if key in {header_key(one) for one in not_read("headers")}:
        return None
    own = names.plain.get(header_key(header.rsplit(" ", 1)[-1]))
    if " " in header and own is not None and own[0] not in found:  # a field's name under a group that may change it
        return Question(header, (names.labels[own[0]],))
    near = process.extract(key, list(names.plain), scorer=fuzz.ratio, score_cutoff=settings["alike_percent"], limit=5)
    fields = dict.fromkeys(name for one, _, _ in near if (name := names.plain[one][0]) not in found)
    return Question(header, tuple(names.labels[name] for name in list(fields)[:3])) if fields else None


def _folded(text: str) -> str:
    return simplified(unicodedata.normalize("NFKC", text).casefold())


def _without(text: str, label: str) -> str:
    """The text without a word of a list of ``[headers]`` at its beginning."""
    return text.removeprefix(next((word for word in document()["headers"][label] if text.startswith(word)), ""))


def _says_nothing(words: str) -> bool:
    text = _without("".join(words.split()), "unit_label").lstrip(":")
    settings = document()["headers"]
    units = {"".join(one.split()) for one in settings["units"]}
    remark = any(one in text for one in settings["remarks"])
    return not text or text in units or remark or starts_with_year(text)


def _sounds(key: str) -> tuple[str, ...]:
    """The first letters of a name's pinyin and the whole of it; nothing for a name that has no Chinese character."""
    if key.isascii():
        return ()
    letters = "".join(lazy_pinyin(key, style=Style.FIRST_LETTER))
    whole = "".join(lazy_pinyin(key))
    least = document()["headers"]["pinyin_letters"]
    return tuple(one for one in dict.fromkeys((letters, whole)) if one.isascii() and len(one) >= least)
