"""Which rows of a sheet are totals, which are notes and signatures below the data, and in what unit are its amounts?

Signatures name people, so that a row of them must never become a thing with a name.
"""

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from itertools import takewhile
from typing import Any

from layers.assumptions import assumed
from layers.columns.catalogue import document, not_read
from layers.typed.characters import ONE_TO_TEN
from layers.typed.chinese import simplified
from layers.typed.days import is_day_or_blank
from layers.typed.words import any_of

_SENTENCE = re.compile(r"[：；。]|:\s")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_KIND = 2
"""Characters at the end of a name that say what kind of area it is."""
_AROUND = re.compile(r"[(\[【〔<《「『]([^()\[\]【】〔〕<>《》「」『』]*)[)\]】〕>》」』]")


def is_total(cell: Any) -> bool:
    """True of a text that names a total: 合 计, （合计）, 小计：, 和平居委会小计, 合计（2个）, 共2个小区."""
    if not isinstance(cell, str) or _total_signs().search(cell) is None:
        return False
    return _totals().fullmatch(_bare(_plain(cell))) is not None


def _bare(text: str) -> str:
    """Without signs nobody sees, and without marks and brackets around the whole."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip("*=~—–-·•_#。、,;:※“”‘’\"'")
    around = _AROUND.fullmatch(seen)
    return around[1] if around else seen


@functools.cache
def total_signs() -> str:
    """A pattern of what a text that names a total holds somewhere: most cells do not and need no closer look.

    The first sign of a Chinese word for a total, or a whole English one, whatever its width and case.
    """
    words = not_read("totals")
    chinese = sorted({sign for word in (*words, *not_read("everything")) if not word.isascii()
                      for sign in (word[0], word[0].upper())})
    english = [r"\s*".join(f"[{sign}{sign.upper()}{_wide(sign)}{_wide(sign.upper())}]" for sign in word)
               for word in words if word.isascii()]
    return "|".join([f"[{''.join(chinese)}]", *english])


def _wide(sign: str) -> str:
    return chr(ord(sign) + 0xFEE0)


@functools.cache
def _total_signs() -> re.Pattern[str]:
    return re.compile(total_signs())


@functools.cache
def _totals() -> re.Pattern[str]:
    alone, of, every = _any("totals"), _any("total_of"), _any("everything")
    counting = any_of("number", "counting")
    ending = "|".join(re.escape(word) for word in not_read("totals") if not word.isascii())
    units = rf"(?:{_any('total_units')})(?:{_any('total_things')})?"
    number = rf"(?:\d+|[{ONE_TO_TEN}]+)(?:{units})?"
    return re.compile(rf"(?:{every})|(?:{alone})(?:/?(?:{of})|{number}|\(.*\)|:.*)?"
                      rf"|.{{0,20}}(?:{ending})(?:\(.*\)|:.*|{number})?"
                      rf"|.{{0,10}}{counting}\d+{units}")


def _any(what: str) -> str:
    return "|".join(map(re.escape, sorted(not_read(what), key=len, reverse=True)))


@functools.cache
def _counts() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('number', 'counting')})?\d+(?:{_any('counted')})*")


def is_total_row(row: list[Any], kinds: Mapping[int, str], keys: Collection[int]) -> bool:
    """True of a row that says total in its first cell or another read text, where no id or name says what it is of.

    ``kinds`` are the types of the columns that are read, ``keys`` those of an id or name. A total that stands in one of
    ``keys`` is left to whoever reads them.
    """
    if _total_signs().search("\n".join([cell for cell in row if isinstance(cell, str)])) is None:
        return False
    named = [cell for column, cell in _filled(row) if column in keys]
    if any(is_total(cell) or not _says_nothing(cell) for cell in named):
        return False
    first = next(_filled(row))[0]
    return any(is_total(cell) for column, cell in _filled(row)
               if column == first or (keys and kinds.get(column) == "text"))


def _says_nothing(cell: Any) -> bool:
    """True of a name that names no estate: a number of them, or a stroke."""
    if not isinstance(cell, str):
        return isinstance(cell, int | float)
    text = _plain(cell)
    return _counts().fullmatch(text) is not None or not text.strip("—–-/\\.·")


def area_headings(rows: Mapping[int, list[Any]], kinds: Mapping[int, str], names: Collection[int]) -> list[int]:
    """The places of rows of a list of estates that stand for a community or street, with the sums of what is below.

    What is called an office (…居委会) and has amounts is no estate; what is called …社区 or …街道 is none where each of
    its amounts is the sum of the estates below it, up to the next such row or to the next of its kind.
    """
    called = {place: _plain(str(row[column])) for place, row in rows.items() for column in names
              if column < len(row) and isinstance(row[column], str)}
    places, counts = list(rows), [column for column, kind in kinds.items() if kind == "count"]
    areas = [at for at, place in enumerate(places) if (name := called.get(place))
             and (_is_called(name, "offices") or _is_called(name, "areas"))]
    amounts = {at: {column: _amount(cell) for column, cell in _filled(rows[places[at]]) if column in counts}
               for at in areas}
    found = []
    for turn, at in enumerate(areas):
        kind = called[places[at]][-_KIND:]
        ends = [*areas[turn + 1 : turn + 2], *[other for other in areas[turn + 1 :]
                                               if called[places[other]][-_KIND:] == kind][:1], len(places)]
        below = ([rows[places[one]] for one in range(at + 1, end) if one not in amounts] for end in dict.fromkeys(ends))
        office = _is_called(called[places[at]], "offices")
        if amounts[at] and (office or any(_sums_up(amounts[at], some) for some in below)):
            found.append(places[at])
    return found


def _is_called(name: str, what: str) -> bool:
    """Whether a name ends on a word of the list."""
    return name.endswith(not_read(what))


def _amount(cell: Any) -> Any:
    """A number that stands as text, as one."""
    return float(cell) if isinstance(cell, str) and _DIGITS.fullmatch(cell.strip()) else cell


def _sums_up(amounts: Mapping[int, Any], below: list[list[Any]]) -> bool:
    parts = {column: [_amount(row[column]) for row in below if column < len(row)] for column in amounts}
    sums = {column: sum(part for part in some if isinstance(part, int | float)) for column, some in parts.items()}
    return len(below) > 1 and any(sums.values()) and sums == amounts


def footers(
    rows: Mapping[int, list[Any]], width: int, kinds: Mapping[int, str], keys: Collection[int] = (),
) -> list[int]:
    """The places of the rows that are notes, signatures, stamps and dates below the data of a table.

    At the end of the table, whatever begins as a note; among its last rows that hold fewer cells than others,
    everything from the first signature on. ``keys`` are the columns of an id or name: words of a signature in a row
    that names something there are those of data.
    """
    places = list(rows)
    most = max((len(row) - row.count(None) for row in rows.values()), default=0)
    last = places[-int(assumed("sheets", "footer_rows")):]
    sparse = {place for place in last if _sparse(rows[place], most)}
    signed = [place for place in last if _is_signature(rows[place], place in sparse, kinds, keys)]
    tail = [*takewhile(lambda place: place in sparse or place in signed, reversed(places))][::-1]
    begin = next((place for place in tail if place in signed), None)
    while begin is not None and (at := tail.index(begin)) and _is_office(rows[tail[at - 1]]):
        begin = tail[at - 1]
    found = {*signed, *(place for place in tail if begin is not None and place >= begin)}
    for place in reversed(places):
        if place not in found and not _is_note(rows[place], width, kinds):
            break
        found.add(place)
    return sorted(found)


def _sparse(row: list[Any], most: int) -> bool:
    count = len(list(_filled(row)))
    return (count <= assumed("sheets", "sparse_cells") and count < most) or 3 * count < most


def _is_signature(row: list[Any], sparse: bool, kinds: Mapping[int, str], keys: Collection[int]) -> bool:
    cells = list(_filled(row))
    column, first = cells[0]
    if len(cells) == 1 and _is_day(first) and kinds.get(column, "text") == "text":
        return True
    if not sparse:
        return False
    if isinstance(first, str) and begins_note(first):
        return True
    named = any(at in keys and at != column and isinstance(cell, str) and not begins_note(cell)
                and not _holds_signature(_plain(cell)) for at, cell in cells)
    if isinstance(first, str) and _holds_signature(_plain(first)) and not named:
        return True
    return any(isinstance(cell, str) and column in kinds and begins_note(cell) for column, cell in cells)


def _holds_signature(text: str) -> bool:
    return any(word in text for word in not_read("signatures")) and not _is_called(text, "signed_places")


def _is_day(cell: Any) -> bool:
    return isinstance(cell, dt.date) or (isinstance(cell, str) and is_day_or_blank(_plain(cell)))


def _is_office(row: list[Any]) -> bool:
    cells = [cell for _, cell in _filled(row)]
    return len(cells) == 1 and isinstance(cells[0], str) and _is_called(_plain(cells[0]), "offices")


def _is_note(row: list[Any], width: int, kinds: Mapping[int, str]) -> bool:
    cells = list(_filled(row))
    column, first = cells[0]
    if isinstance(first, str) and begins_note(first):
        return True
    if len(cells) > 1 or width < assumed("sheets", "table_columns") or not isinstance(first, str):
        return False
    long = len(first) > assumed("sheets", "name_characters")
    return column not in kinds or long or _SENTENCE.search(first) is not None


def begins_note(text: str) -> bool:
    """True of a text that begins as lines below a table do: 填表人：…, 注：…, 制 表."""
    bare = re.sub(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff])", "", text.strip()).casefold()
    return _notes().match(bare) is not None


@functools.cache
def _notes() -> re.Pattern[str]:
    return re.compile(rf"(?:{_any('footers')})(?:\s*\d{{0,2}}[:：.、]|\s*$|\s{{2,}})")


def many_in_one(row: list[Any]) -> str:
    """The unit of tens, thousands or ten thousands that a row above a table gives for its amounts, ``""`` for none."""
    for _, cell in _filled(row):
        found = _many().search(simplified(_plain(cell))) if isinstance(cell, str) else None
        if found:
            return found[1]
    return ""


@functools.cache
def _many() -> re.Pattern[str]:
    words = document()["not_read"]["amounts_in"]
    return re.compile(rf"(?<![{words['not_before']}]){words['label']}[{words['after_label']}]?"
                      r"(?:[^\W\d]{1,4}[,、/;])*"
                      rf"((?:[{words['many']}]+|10+)(?:{'|'.join(words['units'])})?)(?=$|\W|\d)")


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _filled(row: list[Any]) -> Iterator[tuple[int, Any]]:
    return ((column, cell) for column, cell in enumerate(row) if cell is not None)
