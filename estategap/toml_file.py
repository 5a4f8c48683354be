"""What does a TOML file say, and where it is not TOML, which lines are wrong and what should stand there?

People type project.toml in Notepad or WPS: Chinese quotes, full-width signs, paths with backslashes, 是 for true. The
parser stops at the first of them, in its own words; here every wrong line is named, with what to write.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from gis.errors import InputError, Problem, Words, reported, say

_SHOWN_LENGTH = 80
_KEY = r"^\s*[\w.\"'-]+\s*"
_QUOTES = "“”„‟＂‘’＇「」『』"
_WHOLE_WORDS = "true|false|yes|no|on|off|是|否|有|无"
_HINTS: tuple[tuple[str, Words], ...] = (
    (f"[{_QUOTES}]", say('write straight quotes, typed with the keyboard in English: "…"')),
    (r"^\s*(?:【|［|\[[^\]\"']*(?:】|］))",
     say("write the name of a section in half-width brackets, such as [streets]")),
    (rf"{_KEY}[:：＝]", say('write a half-width equals sign between key and value: key = "…"')),
    (r"^[^\"'#]*[＝，。；、]|[\"'\]\w]\s*[，。；;、]\s*$",
     say("write marks in half width, and none at the end of the line")),
    (r"^\s*\[+[^\]#]*(?:#.*)?$", say("close the bracket: [section]")),
    (r"\\", say("write paths with /, such as data/小区.xlsx, or in single quotes: '…'")),
    (rf"{_KEY}=\s*(?:{_WHOLE_WORDS})\s*(?:#.*)?$", say("write true or false, in small letters and without quotes")),
    (rf"{_KEY}=\s*[0-9]{{4}}\s*[-/.年]\s*[0-9]{{1,2}}\s*[-/.月]", say("write the day as in 2026-10-31")),
    (rf"{_KEY}=\s*[+-]?[0-9.,]+\s*[^\s0-9.,#]*\s*(?:#.*)?$",
     say("write a plain number, such as 0.5 or 12000: no unit, no %, no comma, no 0 before it")),
    (rf"{_KEY}=\s*(?:#.*)?$", say("give the value after the equals sign, or put # before the line")),
    (rf"{_KEY}=\s*(?:\"[^\"]*|'[^']*)$", say("close the quote at the end of the value")),
    (rf"{_KEY}=\s*(?:\"[^\"]*\"|'[^']*')\s*[^\s#]", say("put # before what is only a remark")),
    (rf"{_KEY}=\s*[^\s\"'\[{{0-9+-]", say('put text in quotes: "…"')),
    (r"^\s*[^\x00-\x7f]+\s*=", say("write the key as the template project.toml has it, in English")),
)
"""What people write that is no TOML, in the order in which it is looked for, and what to write instead."""
_TWICE = re.compile(r"Cannot (?:declare|overwrite|mutate)|defined twice", re.IGNORECASE)
_PARSER = {str(one): one for one in (
    say("Invalid value"), say("Invalid statement"), say("Unescaped '\\' in a string"), say("Unterminated string"),
    say("Unclosed array"), say("Expected '=' after a key in a key/value pair"),
    say("Expected newline or end of document after a statement"), say("Expected ']' at the end of a table declaration"),
    say("Expected \"'\""), say("Invalid initial character for a key part"))}
"""What the parser says, word for word."""
_AT_LINE = re.compile(r"(?P<why>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)")
Fault: TypeAlias = tuple[int | None, str, Words, Words]
"""Line, what stands there, why it is no TOML, and what to write."""
_LONGEST_STATEMENT = 1_000
"""Lines that one value may go over, and still be looked at."""


def read_toml(path: Path) -> tuple[dict[str, Any], str]:
    """What a TOML file says, and its text.

    Raises:
        InputError: it is not UTF-8, or not TOML; then every line that is wrong, with what to write.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem(file=path.name, why="the file is not UTF-8 text", fix="save it as UTF-8")) from None
    try:
        return tomllib.loads(text), text
    except (ValueError, RecursionError) as error:  # such as brackets without end, or a number of 5000 digits
        faults = list(_faults(text)) or [_across_lines(error, text.splitlines())]
        raise InputError([Problem(file=path.name, row=row, value=value, why=say("not valid TOML: {error}", error=why),
                                  fix=fix) for row, value, why, fix in faults]) from None


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
    for number, line in enumerate(text.splitlines(), start=1):
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


def _faults(text: str) -> Iterator[Fault]:
    """What is wrong with each statement that is no TOML by itself."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        length, why = _statement(lines, number)
        if why is not None:
            yield number + 1, lines[number].strip()[:_SHOWN_LENGTH], why, _hint(lines[number])
        number += length


def _statement(lines: list[str], first: int) -> tuple[int, Words | None]:
    """How many lines the statement that begins on a line has, and what is wrong with it."""
    why = None
    for length in range(1, min(len(lines) - first, _LONGEST_STATEMENT) + 1):
        try:
            tomllib.loads("\n".join(lines[first : first + length]))
        except (ValueError, RecursionError) as error:
            why = why or _said(error)
            if not _goes_on(lines[first]) or "end of document" not in str(error):
                break
        else:
            return length, None
    return 1, why


def _goes_on(line: str) -> bool:
    """Whether the value that begins on a line may end on a later one: a list, or a text in three quotes."""
    return re.search(r"=\s*(?:\[|\{|\"\"\"|''')", line) is not None


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
    return next((fix for pattern, fix in _HINTS if re.search(pattern, line, re.IGNORECASE)), say("correct that line"))


def _said(error: Exception) -> Words:
    found = _AT_LINE.fullmatch(str(error))
    why = found["why"] if found else str(error)
    return _PARSER.get(why, reported(why))
