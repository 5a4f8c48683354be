"""Which names are the same estate's, however they are written, and which may be meant where none is the same?

Two levels. ``normalised_name`` folds only what cannot tell two estates apart, so that lists may be joined by it.
``candidates`` are names that look alike: they are shown to the planner and never joined.
"""

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from gis.errors import Words, say
from layers.data import data_of
from layers.typed.characters import DIGITS, TENS, digits_of, number_of
from layers.typed.chinese import simplified
from layers.typed.person_names import MASK

_OPEN, _CLOSE = "[【〔{「『〈《〖<⟨", "]】〕}」』〉》〗>⟩"
_BRACKETS = str.maketrans(dict.fromkeys(_OPEN, "(") | dict.fromkeys(_CLOSE, ")"))
_ROMAN = str.maketrans({0x2160 + number: str(number + 1) for number in range(12)}
                       | {0x2170 + number: str(number + 1) for number in range(12)})
_MARKS_BETWEEN = str.maketrans("、;，；", ",,,,")
_UNSEEN = re.compile("(?<![0-9])[.·•・‧∙⋅'\"“”‘’`´]|[.·•・‧∙⋅'\"“”‘’`´](?![0-9])")
_DASH = "[-‐‑‒–—―−~〜∼]"
_IN: Mapping[str, Any] = data_of("names")["numbers"]
_HOUSE, _LANE_SIGN, _ORDINAL = _IN["house"], _IN["lane"], _IN["ordinal"]
_DASHES = re.compile(f"(?<![0-9{_HOUSE}]){_DASH}+|{_DASH}+(?![0-9])")
_FROM_TO = re.compile(f"(?<![0-9])([0-9]+){_HOUSE}?(?:{_DASH}+|{'|'.join(_IN['to'])})([0-9]+)(?={_HOUSE})")
_NUMERAL = re.compile(f"(?<![0-9])[{DIGITS}{TENS}]+(?![0-9])")
_FORMAL = re.compile(f"(?:(?<={_ORDINAL})|(?<=[^{_ORDINAL}]))[{''.join(_IN['formal'])}]+(?=[{_IN['counted']}])")
_FORMAL_PLAIN = str.maketrans(_IN["formal"])
_PART = re.compile(
    rf"(?<![0-9a-z])\(({_ORDINAL}?(?:[0-9]{{1,3}}|[a-z]|[{data_of('names')['marks']['directions']}]|"
    rf"[{_IN['part_letters']}])(?:[{_IN['parts']}]|{'|'.join(_IN['part_words'])})?|[0-9]+(?:-[0-9]+)?[{_LANE_SIGN}{_HOUSE}])\)(?![0-9a-z])")
_LANE = re.compile(f".*?[0-9]{_LANE_SIGN}")
_FROM_HOUSE_ONE = re.compile(f"(?<={_LANE_SIGN})1-[0-9]+{_HOUSE}$")
_NO_BEGINNING = re.compile(f"[0-9(,-]|{_ORDINAL}|[{_IN['no_beginning']}]")
NAMELESS = data_of("names")["nameless"]["called"]
"""What an outline without a name is called, before its place or id."""
_SHORTEST = 2
_LONG = 4
"""Characters of a name that is no other thing's by chance."""
_BEFORE_FLAT = " ,，、;；:：(（-—"
_KEYS_KEPT = 2**17  # names of a city are asked for by every list
_ROWS_AT_ONCE = 256
Places: TypeAlias = np.ndarray[Any, np.dtype[np.intp]]


class Candidate(NamedTuple):
    """A name that looks like another.

    ``likeness`` of 100; ``apart``: 0 where numbers, letters and directions are the same, 1 where one name has some that
    the other lacks (454弄 and 454弄21号), 2 where they contradict each other (三村 and 四村).
    """

    name: str
    likeness: float
    apart: int


def normalised_name(name: str, places: Collection[str] = ()) -> str:
    """An estate's name for exact joins; names of two different estates stay different.

    Folded are: full width, case, spaces, marks, all brackets, traditional characters, 三村 and 3村 and 叁村, 四五四弄
    and 454弄, brackets around a part (一期), and 小区 or the like at the end, unless a number or direction stands
    before it (第一小区, 鞍山东小区). Houses (454弄1-20号) stay, see ``paired_names``.

    Args:
        name: as written.
        places: names of districts, streets and communities that may stand before an estate's name.
    """
    return _key(name, tuple(sorted(places)))


@functools.lru_cache(maxsize=_KEYS_KEPT)
def _key(name: str, places: tuple[str, ...]) -> str:
    text = unicodedata.normalize("NFKC", name.translate(_ROMAN)).casefold()
    if " " in text or not text.isprintable():
        text = "".join(one for one in text if not one.isspace() and unicodedata.category(one)[0] != "C")
    text = simplified(text)
    text = _UNSEEN.sub("", text.translate(_variants()).translate(_BRACKETS).translate(_MARKS_BETWEEN))
    text = re.sub("(?<=[0-9])#", _HOUSE, _in_digits(text))
    text = _FROM_TO.sub(r"\1-\2", re.sub("(?<![0-9])0+(?=[0-9])", "", text))
    text = _PART.sub(r"\1", _DASHES.sub("", text))
    return _without_ending(_without_places(text, places))


def normalised_names(names: pd.Series, places: Collection[str] = ()) -> pd.Series:
    """``normalised_name`` for a column of text; each different name is worked out once."""
    codes, different = pd.factorize(names.to_numpy(dtype=object), use_na_sentinel=False)
    before = tuple(sorted(places))
    keys = np.array([*(_key(str(one), before) for one in different), ""], dtype=object)
    return pd.Series(keys[codes], index=names.index, dtype="object")


def paired_names(ours: pd.Series, theirs: pd.Series, places: Collection[str] = ()) -> tuple[pd.Series, pd.Series]:
    """Keys of two lists that are to be joined: ``normalised_names``, but 454弄1-20号 may be 454弄.

    It is where only the other list has the lane as a whole and neither list has another part of it.
    """
    keys = normalised_names(ours, places), normalised_names(theirs, places)
    different = [set(one) for one in keys]
    parts: dict[str, set[str]] = {}
    for key in different[0] | different[1]:
        if lane := _LANE.match(key):
            parts.setdefault(lane[0], set()).add(key)
    whole = {}
    for mine, other in (different, different[::-1]):
        for key in mine:
            bare = _FROM_HOUSE_ONE.sub("", key)
            alone = bare not in mine and key not in other
            if bare != key and bare in other and alone and parts[bare] == {bare, key}:
                whole[key] = bare
    return keys[0].map(lambda key: whole.get(key, key)), keys[1].map(lambda key: whole.get(key, key))


def candidates(names: Iterable[str], known: Iterable[str], limit: int = 3) -> dict[str, tuple[Candidate, ...]]:
    """For each name the known ones that look most like it, best first; none where none is alike.

    Those that agree in numbers, letters and directions come before those that do not, however alike they look.
    """
    asked, there = list(dict.fromkeys(names)), _Known.of(dict.fromkeys(known))
    cutoff = float(data_of("names")["candidates"]["cutoff"]["value"])
    found: dict[str, tuple[Candidate, ...]] = {}
    for start in range(0, len(asked), _ROWS_AT_ONCE):
        some = asked[start : start + _ROWS_AT_ONCE]
        own = [normalised_name(name) for name in some]
        likeness = process.cdist(own, there.keys, scorer=fuzz.ratio, dtype=np.float32)
        for name, key, scores in zip(some, own, likeness, strict=True):
            near = np.union1d(np.flatnonzero(scores >= cutoff), there.within(key)).astype(np.intp)[: None if key else 0]
            apart = there.apart(key, near)
            best = np.lexsort((there.order[near], -scores[near].round(1), apart))[:limit]
            found[name] = tuple(Candidate(there.names[near[one]], round(float(scores[near[one]]), 1), int(apart[one]))
                                for one in best)
    return found


def alike(one: str, other: str) -> bool:
    """Whether two normalised names look alike enough to be shown as perhaps the same."""
    return fuzz.ratio(one, other) >= float(data_of("names")["candidates"]["cutoff"]["value"])


def offered(found: Iterable[Candidate]) -> tuple[str | Words, ...]:
    """Candidates for a message; those that differ in a number or a direction say so."""
    return tuple((one.name, say("{name} (another part, or the whole of it)", name=one.name),
                  say("{name} (its numbers or directions differ)", name=one.name))[one.apart] for one in found)


def without_building(name: str) -> tuple[str, ...]:
    """The name without the flat, the storey, the entrance, the building, the spot … at its end, one less each time.

    华丽家园3号楼502室 gives 华丽家园3号楼 and 华丽家园; nothing for a name that ends on none of them, or for a text
    too long to be a name.
    """
    if len(name) > data_of("names")["building"]["longest"]["value"]:
        return ()
    key, found = re.sub(r"\(([^()]*)\)$", r"\1", normalised_name(name)), list[str]()
    while (shorter := _within_estate().sub("", key)) != key and len(shorter) >= _SHORTEST:
        if key[len(shorter) :] in data_of("names")["within_estate"]["spots"] and not _holds_spots(shorter):
            break
        found.append(shorter)
        key = shorter
    return tuple(found)


def _holds_spots(key: str) -> bool:
    """Whether a key is surely an estate's or a building's: 幸福停车场 may be a car park of that name."""
    said = data_of("names")["within_estate"]
    ends = (*said["words"], *data_of("names")["left_off"]["endings"], *_IN["counted"])
    return len(key) >= _LONG or key.endswith(ends)


def before_mask(text: str) -> str:
    """A text up to the first thing about a person that was taken out of it: 和平路100弄 of 和平路100弄＊＊＊."""
    before = text.partition(MASK)[0].rstrip(_BEFORE_FLAT)
    return before if len(before) >= _SHORTEST else text


def before_flat(text: str) -> str:
    """A text up to the first building, entrance or flat in it, or the first thing about a person taken out.

    梅花新村3幢502室门口漏水 gives 梅花新村; the whole where nothing stands before.
    """
    found = _flat_within().search(text)
    before = text[: found.start()].rstrip(_BEFORE_FLAT) if found else text
    return before if len(before) >= _SHORTEST else text


def without_towns(address: str) -> str:
    """An address without the places before its road: 和平路100弄 of 某市某区和平路100弄; other text as it is."""
    return _towns_before().sub("", re.sub(r"\s", "", address), count=1)


def split_aliases(text: str) -> tuple[str, ...]:
    """The names in a cell of other names, as written: parted by 、,;/ or in brackets such as (原名…)."""
    bare = text.translate(_BRACKETS).translate(str.maketrans("（）：，；／｜", "():,;/|"))
    before = "|".join(sorted(data_of("names")["aliases"]["before"], key=len, reverse=True))
    within = "|".join([before, *data_of("names")["aliases"]["before_in_brackets"]])
    apart = re.sub(rf"\((?:{within}):?([^()]*)\)", r"、\1、", bare, flags=re.IGNORECASE)
    at_start = "|".join(data_of("names")["aliases"]["before_in_brackets"])
    apart = re.sub(rf"(?:{before}):?|^(?:{at_start}):", "、", apart, flags=re.IGNORECASE)
    names = (one.strip() for one in re.split(r"[、,;/|\r\n\t]+(?![^()]*\))", apart))
    none = set(data_of("names")["aliases"]["none"])
    return tuple(dict.fromkeys(one for one in names if one and one.casefold() not in none))


def _in_digits(text: str) -> str:
    """Numbers in digits; 一二村 becomes 1,2村, which is two villages and not the twelfth."""
    def digits(found: re.Match[str]) -> str:
        run, following = found[0], text[found.end() : found.end() + 1]
        if any(ten in run for ten in TENS):
            number = number_of(run)
            return run if number is None else f"{number:.0f}"
        plain = digits_of(run)
        return ",".join(plain) if len(plain) == 2 and following not in {_LANE_SIGN, _HOUSE} else plain

    text = _FORMAL.sub(lambda found: found[0].translate(_FORMAL_PLAIN), text)
    return _NUMERAL.sub(digits, text)


@functools.lru_cache(maxsize=256)
def _place_keys(places: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({_key(place, ()) for place in places} - {""}, key=lambda one: (-len(one), one)))


def _without_places(text: str, places: tuple[str, ...]) -> str:
    """The name without the places before it; what is left must be a name of its own, not 454弄 or 三村."""
    while place := next((one for one in _place_keys(places) if text.startswith(one)), ""):
        rest = text.removeprefix(place)
        if len(rest) < _SHORTEST or _NO_BEGINNING.match(rest):
            break
        text = rest
    return text


def _without_ending(text: str) -> str:
    marks = data_of("names")["marks"]["directions"] + data_of("names")["marks"]["letters"] + "0123456789,)-"
    while ending := next((one for one in data_of("names")["left_off"]["endings"] if text.endswith(one)), ""):
        rest = text.removesuffix(ending)
        if len(rest) < _SHORTEST or rest[-1] in marks:
            break
        text = rest
    return text


def _marks(key: str) -> tuple[str, ...]:
    return tuple(_mark_pattern().findall(key))


def _lacks_some(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether one of two different rows of marks holds the other, in its order."""
    few, many = sorted((ours, theirs), key=len)
    rest = iter(many)
    return all(one in rest for one in few)


@dataclass(frozen=True, eq=False)
class _Known:
    """Names to be asked for, their keys, marks and lengths, and their places in alphabetical order."""

    names: Sequence[str]
    keys: Sequence[str]
    marks: Sequence[tuple[str, ...]]
    kinds: Mapping[tuple[str, ...], int]
    kind: Places
    counts: Places
    order: Places
    places: Mapping[str, Sequence[int]]
    joined: str
    starts: Places
    sizes: frozenset[int]

    @classmethod
    def of(cls, names: Iterable[str]) -> "_Known":
        there = list(names)
        keys = [normalised_name(name) for name in there]
        marks = [_marks(key) for key in keys]
        places: dict[str, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        kinds = {one: number for number, one in enumerate(dict.fromkeys(marks))}
        return cls(there, keys, marks, kinds, np.array([kinds[one] for one in marks], dtype=np.intp),
                   np.array([*map(len, marks)], dtype=np.intp),
                   np.argsort(np.argsort(np.array(there, dtype=object), kind="stable")), places, "\n".join(keys),
                   np.cumsum([0, *(len(key) + 1 for key in keys)])[:-1],
                   frozenset(len(key) for key in keys if len(key) >= _SHORTEST))

    def within(self, key: str) -> list[int]:
        """Names that stand in the one asked for or hold it, as after the name of a street."""
        if len(key) < _SHORTEST:
            return []
        hits = [found.start() for found in re.finditer(f"(?={re.escape(key)})", self.joined)]
        parts = {key[start : start + size] for size in self.sizes for start in range(len(key) - size + 1)}
        around = np.searchsorted(self.starts, hits, side="right") - 1
        return [*around, *(place for part in parts for place in self.places.get(part, ()))]

    def apart(self, key: str, near: Places) -> Places:
        """``Candidate.apart`` of the names at some places; as many marks, but others, always contradict."""
        own = _marks(key)
        apart = np.where(self.kind[near] == self.kinds.get(own, -1), 0, 2)
        other = np.flatnonzero(self.counts[near] != len(own))
        some = [_lacks_some(own, self.marks[place]) for place in near[other]]
        apart[other[np.array(some, dtype=bool)]] = 1
        return apart


@functools.cache
def _variants() -> dict[int, str]:
    return str.maketrans(data_of("names")["variants"])


@functools.cache
def _mark_pattern() -> re.Pattern[str]:
    marks = data_of("names")["marks"]
    return re.compile(f"[0-9]+|[{marks['directions']}{marks['letters']}]|(?<![a-z])[a-z](?![a-z])")


@functools.cache
def _towns_before() -> re.Pattern[str]:
    places, roads = data_of("names")["places"], data_of("names")["within_estate"]["roads"]
    ends = "|".join(sorted({*places["levels"], *places["never_a_part"]}, key=len, reverse=True))
    return re.compile(f"^(?:[^0-9]{{1,8}}?(?:{ends}))+(?=[^0-9]+[{roads}][0-9])")


@functools.cache
def _flat_within() -> re.Pattern[str]:
    words = "|".join(sorted(data_of("names")["within_estate"]["words"], key=len, reverse=True))
    number = f"0-9０-９{DIGITS}{TENS}"
    return re.compile(f"[{number}][{number}、-]*(?:{words})|{re.escape(MASK)}")


@functools.cache
def _within_estate() -> re.Pattern[str]:
    """The last number or letter with a word of a building or a flat, a bare number behind one, or a spot (南门)."""
    data, number = data_of("names"), "[0-9]+(?:-[0-9]+)*"
    said, letters = data["within_estate"], data["marks"]["letters"]
    words = "|".join(sorted(said["words"], key=len, reverse=True))
    ends = "".join(sorted({word[-1] for word in [*said["words"], said["number"]]}))
    return re.compile(f"(?:(?:{number}|(?<![a-z])[a-z]|[{letters}])(?:{words})"
                      f"|(?<![0-9{said['roads']}-]){number}{said['number']}"
                      f"|{'|'.join(sorted(said['spots'], key=len, reverse=True))}"
                      f"|(?<=[{ends}])-?{number}|(?<![0-9-])[0-9]+(?:-[0-9]+)+)$")

