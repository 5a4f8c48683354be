"""How does a page show Chinese on a machine without Chinese fonts? With a subset of Noto Sans SC inside the page."""

import base64
import io
from functools import lru_cache
from importlib.resources import files

from fontTools import subset
from fontTools.ttLib import TTFont

EMBEDDED = "EstateGap Sans SC"
STACK = (
    '"Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Noto Sans CJK SC", "Noto Sans SC", '
    f'"{EMBEDDED}", sans-serif'
)
"""Fonts of the office PC first; the embedded subset serves where there is none."""

_ALWAYS = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("…—–·×÷≤≥²±°’“”©")


def characters_of(*texts: str) -> frozenset[str]:
    """The characters for which a page needs glyphs."""
    return _ALWAYS.union(*texts) - frozenset("\n\r\t")


def font_face(characters: frozenset[str]) -> str:
    """A CSS ``@font-face`` rule with the subset as a data URI; the same characters give the same bytes."""
    encoded = base64.b64encode(_woff2("".join(sorted(characters)))).decode("ascii")
    return (
        "/* Noto Sans SC, SIL Open Font License 1.1 */\n"
        f'@font-face{{font-family:"{EMBEDDED}";font-display:block;'
        f'src:url(data:font/woff2;base64,{encoded}) format("woff2")}}\n'
    )


@lru_cache(maxsize=8)
def _woff2(characters: str) -> bytes:
    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.desubroutinize = True
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 13, 14]
    source = files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    with source.open("rb") as handle:
        font = TTFont(handle, lazy=True, recalcTimestamp=False)
        worker = subset.Subsetter(options)
        worker.populate(text=characters)
        worker.subset(font)
        font.flavor = "woff2"
        out = io.BytesIO()
        font.save(out)
    return out.getvalue()
