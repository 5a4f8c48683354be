"""Which text says the same: full width or half, capital or small, traditional or simplified, 三百二十 or 320?"""

import re
import unicodedata

import cn2an

from layers.typed.chinese import simplified

NUMERALS = "零〇○一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟廿"
"""Characters that Chinese numbers are written with."""

ONE_TO_TEN = "一二三四五六七八九十"
DIGITS = f"零〇○{ONE_TO_TEN[:-1]}"
"""Those that stand for one digit each, as in a year."""
TENS = "十百"

_DIGITS = str.maketrans("零〇○一二三四五六七八九两壹贰叁肆伍陆柒捌玖", "000123456789" + "2" + "123456789")
_PLAIN = str.maketrans("〇○两壹贰叁肆伍陆柒捌玖拾佰仟", "零零二一二三四五六七八九十百千")
_SHORT_END = re.compile(r"(?<=[百千万])[一二三四五六七八九]$")
_NEXT_UNIT = {"百": "十", "千": "百", "万": "千"}
_SPACE = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")


def tidied(text: str) -> str:
    """Text with width, case and traditional characters folded; spaces are left between digits only, one at a time."""
    if text.isascii():
        return " ".join(_SPACE.sub("", text.lower()).split())
    return " ".join(_SPACE.sub("", simplified(unicodedata.normalize("NFKC", text).casefold())).split())


def number_of(numeral: str) -> float | None:
    """What a Chinese numeral says (三百二十, 两万五, 壹佰); None where it is not a number written by the rules.

    cn2an reads more than people mean (千千一), so what it read is written again and must be what stood there.
    """
    plain = numeral.translate(_PLAIN).replace("廿", "二十")
    plain = re.sub(r"^一十", "十", re.sub(r"(?<=[百千零])十", "一十", plain.replace("零十", "零一十")))
    if end := _SHORT_END.search(plain):
        plain += _NEXT_UNIT[plain[end.start() - 1]]
    try:
        value = float(cn2an.cn2an(plain, "strict"))
        return value if cn2an.an2cn(int(value)) == plain else None
    except (ValueError, KeyError):
        return None


def digits_of(numerals: str) -> str:
    """Numerals that stand for one digit each (一九九八, 四五四) as digits; others stay."""
    return numerals.translate(_DIGITS)
