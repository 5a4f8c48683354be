"""Where does a text name a person, beside a number that was masked or a word such as 联系人?

A name is a common surname with one or two characters after it: 王强, 欧阳建国. It is told where it stands directly
beside a masked number (联系电话 and marks may stand between), alone or after a word such as 停车场; where a word such
as 负责人 stands before it; and with a word such as 先生 after it, beside a masked number or the number of a room. That
room goes with it. So a place that is called like a person (万方) is lost where a number stands directly beside it, and
a rare surname, or a name in the middle of other words, is not found. The words are data: ``[persons]`` of
``typed_words.toml``.
"""

import functools
import re
from collections.abc import Iterator

from layers.typed.chinese import simplified
from layers.typed.words import any_of, words_of

MASK = "＊＊＊"
"""What stands where something about a person stood."""
_HAN = r"[\u3400-\u9fff]"
_ROOM = rf"(?:\d{{1,4}}(?:{any_of('persons', 'before_rooms')}|[-—–]))*\d{{2,5}}(?:{any_of('persons', 'rooms')})"
_MARKS = r"[\s:：,，、;；/|()（）\-—–]"
_AFTER = r"[\s:：(（\-—–]"
_CLOSING = "）)"
_AT_ROOMS = ("titles", "homes")
_LOOKED_AT = 40
"""Characters beside a number in which a name is looked for."""


def without_persons(text: str) -> str:
    """The text with ``MASK`` for each name that can be told, with its room and what stands between it and a mask.

    A surname may stand apart from the one character after it, as lists set short names: 王　强.
    """
    if MASK not in text and _told().search(text) is None:
        return text
    joined = _set_apart().sub(r"\1\2", text)
    clean = _without(joined)
    return text if clean == joined else clean


def _without(text: str) -> str:
    plain = simplified(text)
    spans = sorted([*_beside_masks(plain), *_after_roles(plain), *_titled_at_rooms(plain)])
    clean, done = "", 0
    for start, end in spans:
        if start >= done:
            clean += text[done:start] + MASK
        done = max(done, end)
    return clean + text[done:]


def is_name(text: str) -> bool:
    """True of a text that is written like a person's whole name, in simplified characters."""
    return _name().fullmatch(text) is not None and _is_no_word(text) and _at_place().search(text) is None


def begins_with_person(text: str) -> bool:
    """True where a text is written like a name, or begins like one with a title behind it: 王强, 李敏家."""
    plain = simplified(text)
    titled = re.match(rf"({_HAN}{{2,4}}?)(?:{any_of('persons', *_AT_ROOMS)})", plain)
    return is_name(plain) or (titled is not None and is_name(titled[1]))


def _is_no_word(text: str) -> bool:
    """True where no word that only looks like a name begins a text: 施工, 白天."""
    return not text.startswith(tuple(words_of("persons", "no_names")))


def _beside_masks(text: str) -> Iterator[tuple[int, int]]:
    for found in re.finditer(re.escape(MASK), text):
        window = text[max(0, found.start() - _LOOKED_AT) : found.start()]
        before = re.sub(rf"(?:{_MARKS}|{any_of('persons', 'calls')}|{_ROOM})+$", "", window, flags=re.IGNORECASE)
        length = _last_persons(before)
        start = found.start() - len(window) + len(before) - length if length else found.start()
        end = _end_of_next(text, found.end())
        end += _left_open(text[start:end]) and text[end : end + 1] in {*_CLOSING}
        yield _with_rooms(text, start, end) if (start, end) != found.span() else (start, end)


def _last_persons(before: str) -> int:
    """How many characters at the end of a text name a person, or several: 王强、李敏; 0 where they do not."""
    length = _last_person(before)
    rest = before[: len(before) - length]
    while length and (other := re.search(rf"(?<!{_HAN})({_HAN}+)\s?(?:{any_of('persons', 'and')})\s?$", rest)):
        if not is_name(other[1]):
            break
        rest = rest[: other.start()]
        length = len(before) - len(rest)
    return length


def _last_person(before: str, titles: tuple[str, ...] = ("titles",)) -> int:
    """How many characters at the end of a text name a person, with a title; 0 where they do not."""
    run = re.search(rf"{_HAN}*$", before)
    words = run[0] if run else ""
    titled = re.fullmatch(rf"(.+?)({any_of('persons', *titles)})", words)
    length = _last_name(titled[1], alone=True) if titled else 0
    if titled and length and _is_no_word(words[-length - len(titled[2]) :]):
        return length + len(titled[2])
    return _last_name(words)


def _last_name(words: str, *, alone: bool = False) -> int:
    """How long the name at the end of a run of characters is; ``alone``: a surname may stand alone."""
    for length in dict.fromkeys([len(words), 4, 3, 2, 1]):
        rest, name = words[: len(words) - length], words[len(words) - length :]
        if 0 < length <= len(words) and (is_name(name) or (alone and name in words_of("persons", "surnames"))) and (
                not rest or _begins_after().search(rest)):
            return length
    return 0


def _end_of_next(text: str, at: int) -> int:
    """Where the name that stands directly after a number ends; ``at`` where none does."""
    found = re.compile(rf"({_AFTER}{{0,3}})({_HAN}+)").match(text, at, at + _LOOKED_AT)
    if found is None:
        return at
    titled = re.match(rf"(.{{1,4}}?)(?:{any_of('persons', 'titles')})", found[2])
    if titled and _is_no_word(found[2]) and (is_name(titled[1]) or titled[1] in words_of("persons", "surnames")):
        end = found.start(2) + titled.end()
    elif is_name(found[2]):
        end = found.end()
    else:
        return at
    return end + (_left_open(found[1]) and text[end : end + 1] in {*_CLOSING})


def _left_open(text: str) -> bool:
    return len(re.findall("[(（]", text)) > len(re.findall("[)）]", text))


def _after_roles(text: str) -> Iterator[tuple[int, int]]:
    """Names after a role, with what may link the two, and those that go on after a comma or 和: 负责人王强、李敏."""
    for found in _roles().finditer(text):
        parted = found[2] or not re.search(f"(?:{any_of('persons', 'heads')})$", found[1])  # 消防站长江店 has no 站长
        at = found.end()
        while parted and (name := _name_at(text, at)):
            yield _with_rooms(text, at, at + len(name))
            more = _and().match(text, at + len(name))
            at = more.end() if more else len(text)


def _name_at(text: str, at: int) -> str:
    """The name that a run of characters is, but for a title or what parts it from the next one; else ``""``."""
    run = _run_at(text, at)
    ends_before = [found.start() for found in re.finditer(any_of("persons", "and"), run)]
    for part in (run, *(run[:end] for end in reversed(ends_before))):
        ends = re.match(rf"(.+?)(?:{any_of('persons', 'titles', 'calls')})?$", part)
        if ends and is_name(ends[1]):
            return ends[1]
    return ""


def _run_at(text: str, at: int) -> str:
    run = re.compile(f"{_HAN}*").match(text, at)
    return run[0] if run else ""


def _titled_at_rooms(text: str) -> Iterator[tuple[int, int]]:
    for found in re.finditer(any_of("persons", *_AT_ROOMS), text):
        length = _last_person(text[max(0, found.start() - _LOOKED_AT) : found.end()], _AT_ROOMS)
        whole = _with_rooms(text, found.end() - length, found.end())
        if length and whole != (found.end() - length, found.end()):
            yield whole


def _with_rooms(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a name with the number of a room that stands directly before or after it."""
    before = re.search(rf"{_ROOM}{_MARKS}{{0,2}}$", text[max(0, start - _LOOKED_AT) : start])
    after = re.compile(rf"{_MARKS}{{0,2}}{_ROOM}").match(text, end, end + _LOOKED_AT)
    return start - len(before[0]) if before else start, after.end() if after else end


@functools.cache
def _name() -> re.Pattern[str]:
    surnames = any_of("persons", "surnames")
    return re.compile(rf"(?:{surnames}){_HAN}{{1,2}}|(?:{any_of('persons', 'familiar')})(?:{surnames})")


@functools.cache
def _set_apart() -> re.Pattern[str]:
    return re.compile(rf"(?<!{_HAN})({any_of('persons', 'surnames')})[ \u3000]{{1,3}}({_HAN})(?!{_HAN})")


@functools.cache
def _roles() -> re.Pattern[str]:
    links = any_of("persons", "links")
    return re.compile(rf"({any_of('persons', 'roles')})((?:{_AFTER}{{0,2}}(?:{links}))?{_AFTER}{{0,2}})(?={_HAN}{{2}})")


@functools.cache
def _and() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('persons', 'titles')})?\s?(?:{any_of('persons', 'and')})\s?")


@functools.cache
def _at_place() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('persons', 'places')})$")


@functools.cache
def _begins_after() -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of('persons', 'places', 'roles', 'calls', 'asking')})$")


@functools.cache
def _told() -> re.Pattern[str]:
    return re.compile(any_of("persons", "roles", *_AT_ROOMS))
