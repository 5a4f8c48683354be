"""In what encoding is a planner's text written? What the file says, then strict UTF-8, then GB18030, never a guess."""

import codecs
import re
from dataclasses import dataclass
from typing import NamedTuple

from gis.errors import InputError, Problem, Words, say

_UTF8, _GB18030 = "utf-8", "gb18030"
_BIG5 = "big5hkscs"  # all of Big5 and the characters that Hong Kong and Taiwan add
_FAMILIES = {"gb2312": _GB18030, "gbk": _GB18030, "gb18030": _GB18030, "big5": _BIG5, "cp950": _BIG5,
             "utf-8-sig": _UTF8}
_CODE_PAGE = re.compile(r"(?:ansi|cp|windows|ms|ibm|oem)?[ _-]?(\d{3,5})")
_CODE_PAGES = {"936": _GB18030, "54936": _GB18030, "65001": _UTF8, "88591": "iso8859-1", "28591": "iso8859-1"}
_ASCII = bytes(one for one in range(32, 127) if one != ord("\\")) + b" \\n"
"""What every plain character set reads as it stands; others, such as escapes of Python's, do not."""
_TWO_BYTES_EACH = re.compile("[\x00-\x7f\u0100-\u07ff]*")
_FEW = 8
_COMMON_SHARE = 0.7  # of the characters of a Chinese text that GB 2312 has
"""So few different characters may be Chinese in GB18030 that happens to be valid UTF-8, such as 联通."""


class Text(NamedTuple):
    """Bytes of text: ``whole`` ends with a character, each of ``cut`` may have been cut off inside one."""

    whole: bytes
    cut: tuple[bytes, ...] = ()

    def decoded(self, name: str) -> str | None:
        """All of it in one encoding, half characters at cut ends left out; None where it is not in that encoding."""
        try:
            return self.whole.decode(name) + "".join(beginning(one, name) for one in self.cut)
        except (UnicodeError, ValueError):
            return None


@dataclass(frozen=True)
class Encoding:
    """What a text is written in, as Python calls it; ``note`` where the file says something else."""

    name: str
    note: Words | None = None


def beginning(data: bytes, name: str) -> str:
    """The text without a half character at its end.

    Raises:
        UnicodeDecodeError: the text is not in that encoding.
    """
    return codecs.getincrementaldecoder(name)("strict").decode(data, final=False)


def codec(said: str) -> str:
    """Python's name of an encoding however a .cpg or a project spells it (936, GBK, ANSI 936, 65001), else ``""``."""
    text = said.strip().strip("\x00\ufeff").casefold()
    page = _CODE_PAGE.fullmatch(text)
    for spelling in [_CODE_PAGES.get(page[1], f"cp{page[1]}")] if page else [text, re.sub(r"[\s_-]", "", text)]:
        try:
            name = codecs.lookup(spelling).name
            if name != "idna" and _ASCII.decode(name) == _ASCII.decode("ascii"):
                return _FAMILIES.get(name, name)
        except (LookupError, UnicodeError, ValueError, AssertionError):  # such as a name with a null character
            continue
    return ""


def find_encoding(text: Text, *, file: str, declared: str | None = None, said: str = "") -> Encoding:
    """The encoding in which every byte of a text is part of a character.

    Args:
        text: all that matters in the file.
        file: name for messages.
        declared: what the project says; it must fit.
        said: what the file itself or the one beside it says; where it cannot be, another is found with a note.

    Raises:
        InputError: no encoding fits, or two do and nothing says which.
    """
    if declared is not None:
        name = codec(declared)
        if not name or text.decoded(name) is None:
            raise InputError(Problem(
                file=file, column="encoding", value=declared,
                why="the text is not written in this encoding" if name else "no such encoding",
                fix='give "utf-8", "gb18030" or "big5", or delete the line'))
        return Encoding(name)
    name = codec(said)
    if text.whole.isascii() and all(one.isascii() for one in text.cut):
        return Encoding(name or _UTF8)
    found = _found(text, name, file)
    if said.strip() and found != name:
        return Encoding(found, say("the file says that its text is {said}, but it is {found}", said=said.strip(),
                                   found=found.upper()))
    return Encoding(found)


def _found(text: Text, said: str, file: str) -> str:
    """The encoding of a text that is not ASCII: as the file says unless the bytes speak against it, else a fitting one.

    No longer text of another encoding is valid UTF-8 by chance, while almost any bytes are valid GBK or Latin-1.
    """
    utf8 = text.decoded(_UTF8)
    if utf8 is not None and (said == _UTF8 or not _may_be_chinese(utf8)):
        return _UTF8
    gb = text.decoded(_GB18030)
    doubtful = utf8 is not None and gb is not None
    if said and text.decoded(said) is not None and (utf8 is None or doubtful):
        return _GB18030 if _one_byte_each(said) and text.decoded("gb2312") is not None else said
    if doubtful:
        raise InputError(Problem(file=file, why="the text may be UTF-8 or GB18030 and is too short to tell",
                                 fix='say which in its section of project.toml: encoding = "gb18030" or "utf-8"'))
    if utf8 is None and gb is None:
        raise InputError(Problem(file=file, why="the text is neither UTF-8 nor GB18030",
                                 fix='save it as UTF-8, or say encoding = "big5" (or what it is) in project.toml'))
    if utf8 is None and gb is not None and _may_be_big5(gb, text.decoded(_BIG5) or text.decoded("cp950")):
        raise InputError(Problem(file=file, why="the text may be Big5 (traditional characters) or GB18030",
                                 fix='say which in its section of project.toml: encoding = "big5" or "gb18030"'))
    return _GB18030 if utf8 is None else _UTF8


def _may_be_chinese(text: str) -> bool:
    return len({one for one in set(text) if not one.isascii()}) <= _FEW and _TWO_BYTES_EACH.fullmatch(text) is not None


def _may_be_big5(as_gb: str, as_big5: str | None) -> bool:
    """True where a text is Big5 all through, and read as GB18030 hardly any of its characters are common ones.

    Common are those of GB 2312; a text in traditional characters that is truly GBK is as a rule not valid Big5.
    """
    if as_big5 is None:
        return False
    signs = [one for one in as_gb if not one.isascii()]
    common = sum(len(one.encode("gb2312", "ignore")) > 0 for one in signs)
    return common < _COMMON_SHARE * len(signs)


def _one_byte_each(name: str) -> bool:
    return len("é".encode(name, "ignore")) == 1
