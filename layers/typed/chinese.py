"""How is a Chinese text written in simplified characters, whoever typed it?"""

import functools

import opencc


@functools.lru_cache(maxsize=65_536)
def simplified(text: str) -> str:
    """The text in simplified characters, one for one (OpenCC's ``t2s``); what is simplified already stays."""
    if text.isascii():
        return text
    return str(_converter().convert(text.encode("utf-8", "replace").decode("utf-8")))  # half characters are refused


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
