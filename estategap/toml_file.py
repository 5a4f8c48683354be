"""What does a TOML file say, and where it is not TOML, which lines are wrong and what should stand there?

People type project.toml in Notepad or WPS: Chinese quotes, full-width signs, paths with backslashes, 是 for true. The
parser stops at the first of them, in its own words; here every wrong line is named, with what to write.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from gis.errors import InputError, Problem, Words, reported, say

_SHOWN_LENGTH = 80
_KEY = r"^\s*[\w.\"'-]+\s*"
_QUOTES = "“”„‟＂‘’＇「」『』"
_WHOLE_WORDS = "true|false|yes|no|on|off|是|否|有|无"
_HINTS: tuple[tuple[str, Words], ...] = (
    (f"[{_QUOTES}]", say('write straight quotes, typed with the keyboard in English: "…"')),
    (r"^\s*(?://|＃|;)", say("begin a remark with #")),
    (r"^\s*(?:【|［|\[[^\]\"']*(?:】|］))",
     say("write the name of a section in half-width brackets, such as [streets]")),
    (rf"{_KEY}[:：＝]|\{{\s*[\w-]+\s*[:：＝]", say('write a half-width equals sign between key and value: key = "…"')),
    (rf"{_KEY}=\s*\{{[^}}]*$", say("write the whole { … } on one line")),
    (rf"{_KEY}=\s*(?:\"[^\"]*\"|'[^']*'|[\w.+-]+)\s*[,，;；]?\s*[\w-]+\s*=",
     say("write each key on a line of its own")),
    (r"^[^\"'#]*[＝，。；、]|[\"'\]\w]\s*[，。；、]\s*(?:[\"'#]|$)|[\"'\]\w]\s*[,;]\s*$|[０-９－．＋]|^[　\xa0]",
     say("write marks, digits and spaces in half width, and no mark at the end of the line")),
    (r"^\s*\[+[^\]]*\]?\s*$", say("close the bracket: [section], or [[facilities]] for one of several lists")),
    (r"\"[^\"]*\\", say("write paths with /, such as data/小区.xlsx, or in single quotes: '…'")),
    (rf"{_KEY}=\s*(?:none|null|nil|nan)\s*$", say("leave the line out, or put # before it, where there is no value")),
    (rf"{_KEY}=\s*(?:{_WHOLE_WORDS})\s*$", say("write true or false, in small letters and without quotes")),
    (rf"{_KEY}=\s*[0-9]{{4}}\s*[-/.年]\s*[0-9]{{1,2}}\s*[-/.月]", say("write the day as in 2026-10-31")),
    (r"=\s*[+-]?[0-9.,]+\s*[^\s0-9.,\]}]*\s*\}?\s*$",
     say("write a plain number, such as 0.5 or 12000: no unit, no %, no comma, no 0 before it")),
    (rf"{_KEY}=\s*$", say("give the value after the equals sign, or put # before the line")),
    (rf"{_KEY}=\s*(?:\"[^\"]*|'[^']*)$", say("close the quote at the end of the value")),
    (rf"{_KEY}=\s*(?:\"[^\"]*\"[^\s\"#]+.*\"|'[^']*'[^\s'#]+.*')\s*$",
     say("write no quote of the same kind inside the value: \"it's\", '5\" wide'")),
    (rf"{_KEY}=\s*(?:\"[^\"]*\"|'[^']*')\s*[^\s#]", say("put # before what is only a remark")),
    (r"^\s*[^\x00-\x7f]+\s*=", say("write the key as the template project.toml has it, in English")),
    (rf"{_KEY}=\s*[^\s\"'\[{{0-9+-]", say('put text in quotes: "…"')),
)
"""What people write that is no TOML, in the order in which it is looked for, and what to write instead."""
_TWICE = re.compile(r"Cannot (?:declare|overwrite|mutate)|defined twice", re.IGNORECASE)
_PARSER = {str(one): one for one in (
    say("Invalid value"), say("Invalid statement"), say("Unescaped '\\' in a string"), say("Unterminated string"),
    say("Unclosed array"), say("Expected '=' after a key in a key/value pair"),
    say("Expected newline or end of document after a statement"), say("Expected ']' at the end of a table declaration"),
    say("Unclosed inline table"), say("Expected ']]' at the end of an array declaration"),
    say("Expected \"'\""), say("Invalid initial character for a key part"))}
"""What the parser says, word for word."""
_AT_LINE = re.compile(r"(?P<why>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
Fault: TypeAlias = tuple[int | None, str, Words, Words]
"""Line, what stands there, why it is no TOML, and what to write."""
_LONGEST_LOOKED_AT = 1_000
_LONGEST_STATEMENT = 10_000
"""Lines that one value may go over, and still be looked at."""
_SEVERAL = re.compile(rf"{_KEY}=\s*(\[|\"\"\"|\'\'\')")
_HEADER = re.compile(r"\s*\[\[?[\w.\"'-]+\]\]?\s*(?:#.*)?$")
_OPENS = re.compile(r"\s*[\[【［]")
"""How the header of a section begins, right or wrong."""
_MOST_ROUNDS = 50
"""So many sections and keys that stand there twice are named."""


@dataclass(frozen=True)
class Toml:
    """What a TOML file says as far as it is TOML; ``problems`` names every line that is not, with what to write.

    ``data`` lacks the statements that are wrong, and of a section whose header is wrong or repeated all that stands
    below it. ``doubted`` names the sections that lack something so; ``sure`` is without them, of several sections of a
    list only without those.
    """

    text: str
    data: dict[str, Any]
    sure: dict[str, Any]
    doubted: frozenset[str]
    problems: tuple[Problem, ...]


def read_toml(path: Path) -> Toml:
    """What a TOML file says, and every line of it that is wrong.

    Raises:
        InputError: it is no text.
    """
    text, problems = _text_of(path)
    lines = _lines(text)
    faults, left = list(_faults(lines)), list(lines)
    sections, spans = _sections(lines), _spans(lines)
    for at in (row - 1 for row, *_ in faults if row is not None):
        _blank(left, spans[at])
    data: dict[str, Any] = {}
    for _ in range(_MOST_ROUNDS):
        try:
            data = tomllib.loads("\n".join([*left, ""]))
        except (ValueError, RecursionError) as error:  # such as a section that stands there twice
            faults.append(_across_lines(error, [*left, ""]))
            row = faults[-1][0]
            if row is None or row > len(lines) or not _blank(left, spans[row - 1]):
                break
        else:
            break
    wrong = {row - 1 for row, *_ in faults if row is not None}
    bad = [span for span in sections if not data or wrong & set(span)]
    problems += [Problem(file=path.name, row=row, value=value, why=say("not valid TOML: {error}", error=why), fix=fix)
                 for row, value, why, fix in sorted(faults, key=lambda fault: fault[0] or len(lines))]
    names = frozenset(_name(lines[span.start]) for span in bad)
    sure = list(left)
    for span in bad:
        _blank(sure, span)
    return Toml(text, data, _as_far_as_toml(sure) if data else {}, names, tuple(problems))


def _as_far_as_toml(lines: list[str]) -> dict[str, Any]:
    """What lines say; nothing where what was taken out of them was needed, such as the first of several sections."""
    try:
        return tomllib.loads("\n".join(lines))
    except ValueError:
        return {}


def _text_of(path: Path) -> tuple[str, list[Problem]]:
    """The text of a file; one that an old editor saved in the system's own encoding is read, and said."""
    content = path.read_bytes()
    problem = Problem(file=path.name, why="the file is not UTF-8 text", fix="save it as UTF-8")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030"), [problem]
    except UnicodeDecodeError:
        raise InputError(problem) from None


def _sections(lines: list[str]) -> list[range]:
    """The lines of each section, its header first; what stands before the first header is one of its own."""
    heads = [number for number in _statements(lines) if _OPENS.match(lines[number])]
    return [range(*ends) for ends in pairwise([*([] if heads[:1] == [0] else [0]), *heads, len(lines)])]


def _name(header: str) -> str:
    """The section a header belongs to, whatever brackets it has: ``rules`` of ``[rules.walking``."""
    if _OPENS.match(header) is None:
        return ""
    return re.split(r"[.\]】］\s#]", header.strip().lstrip("[【［ \t"))[0].strip("\"'")


def _spans(lines: list[str]) -> list[range]:
    """For each line what goes with it where it is wrong: its statement, of the header of a section all of that."""
    sections = {span.start: span for span in _sections(lines)}
    spans = []
    for first in _statements(lines):
        own = range(first, first + _length(lines, first))
        spans += [sections[first] if _OPENS.match(lines[first]) else own] * len(own)
    return spans


def _blank(lines: list[str], span: range) -> bool:
    """Take lines out; False where nothing is there."""
    there = any(lines[number].strip() for number in span)
    lines[span.start : span.stop] = [""] * len(span)
    return there


def line_of(text: str, *place: str | int) -> int | None:
    """The line on which a key, or else its section, stands; None where neither is found.

    Args:
        text: of a TOML file.
        place: section and key, such as ``("facilities", 0, "file")``.
    """
    names = [one for one in place if isinstance(one, str)]
    wanted = next((one for one in place if isinstance(one, int)), 0)
    section: list[str] = []
    seen: dict[str, int] = {}
    found = None
    for number, line in enumerate(_lines(text), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            section = [part.strip(" \"'") for part in header[2].split(".")]
            seen[header[2]] = seen.get(header[2], -1) + 1
            here = section == names[: len(section)] and (header[1] == "[" or seen[header[2]] == wanted)
            section = section if here else [""]
            found = number if here and found is None else found
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            whole = [*section, *(part.strip("\"'") for part in key[1].split("."))]
            if whole == names[: len(whole)] and len(whole) > len(section):
                return number
    return found


def _statements(lines: list[str]) -> Iterator[int]:
    """The first line of each statement."""
    number = 0
    while number < len(lines):
        yield number
        number += _length(lines, number)


def _faults(lines: list[str]) -> Iterator[Fault]:
    """What is wrong with each statement that is no TOML by itself."""
    for number in _statements(lines):
        statement = lines[number : number + _length(lines, number)]
        try:
            tomllib.loads("\n".join(statement))
        except (ValueError, RecursionError) as error:
            at, fix = _inner(statement)
            yield number + at + 1, statement[at].strip()[:_SHOWN_LENGTH], _said(error), fix


def _lines(text: str) -> list[str]:
    """Lines as TOML counts them: other signs that end a line elsewhere may stand in a text."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def _length(lines: list[str], first: int) -> int:
    """How many lines the statement that begins on a line has: more than one in a list, or a text in three quotes."""
    begins = _SEVERAL.match(lines[first])
    if begins is None:
        return 1
    rest = range(first + 1, min(first + _LONGEST_STATEMENT, len(lines)))
    if begins[1] != "[":
        closed = begins[1] in lines[first][begins.end():]
        return 1 if closed else next((place - first + 1 for place in rest if begins[1] in lines[place]), 1)
    depth = _still_open(lines[first])
    for place in rest:
        if depth <= 0 or _HEADER.match(lines[place]) or re.match(rf"{_KEY}=", lines[place]):
            return place - first
        depth += _still_open(lines[place])
    return max(len(rest), 1) if depth <= 0 else 1


def _still_open(line: str) -> int:
    """How many brackets a line opens and does not close, those in texts and remarks left out."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", line)
    return bare.count("[") - bare.count("]")


def _inner(statement: list[str]) -> tuple[int, Words]:
    """Which line of a statement is wrong, counted from 0, and what to write."""
    if len(statement) == 1:
        return 0, _hint(statement[0])
    for place, line in enumerate(statement):
        if re.search(f"[{_QUOTES}，、；［］]", line):
            return place, _hint(line)
    return 0, say("close the list with ] and put a comma between its values")


def _across_lines(error: Exception, lines: list[str]) -> Fault:
    """What is wrong though each statement is right by itself."""
    found = _AT_LINE.fullmatch(str(error))
    row = int(found["line"]) if found and found["line"] else None
    value = lines[row - 1].strip()[:_SHOWN_LENGTH] if row else ""
    if _TWICE.search(str(error)):
        return row, value, say("the same section or key stands there twice"), say(
            "keep one of them; of several lists each begins with two brackets, such as [[facilities]]")
    return row, value, _said(error), say("correct that line")


def _hint(line: str) -> Words:
    """What to write instead of a line; what stands in its remark is nobody's fault."""
    line = line[:_LONGEST_LOOKED_AT]
    remark = re.match(r"(?:[^\"'#]|\"[^\"]*\"|'[^']*')*(?=#)", line)
    bare = (remark[0] if remark and remark[0].strip() else line)
    return next((fix for pattern, fix in _HINTS if re.search(pattern, bare, re.IGNORECASE)), say("correct that line"))


def _said(error: Exception) -> Words:
    found = _AT_LINE.fullmatch(str(error))
    why = found["why"] if found else str(error)
    return _PARSER.get(why, reported(why))
