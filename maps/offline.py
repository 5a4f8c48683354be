"""How does a page open with no network? Everything it needs stands inside it, and this module checks that it does.

Leaflet comes out of the installed package ``django-js-lib-leaflet``, whose files are read without Django.
"""

import base64
import json
import re
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_URL_IN_CSS = re.compile(r"url\(\s*(['\"]?)([^'\")]+)\1\s*\)")
_REMOTE = re.compile(r"^\s*(?:https?:|ftps?:|wss?:|//)", re.IGNORECASE)
_LOADS = frozenset({"src", "srcset", "data", "poster", "background", "action", "formaction", "manifest", "xlink:href"})


class NotOfflineError(AssertionError):
    """A page refers to something outside itself."""


def _leaflet() -> Traversable:
    return files("js_lib_leaflet") / "static" / "js_lib_leaflet"


@cache
def leaflet_js() -> str:
    """Leaflet's script with its licence line and without the pointer to its source map."""
    script = (_leaflet() / "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S*", "", script).strip()


@cache
def leaflet_css() -> str:
    """Leaflet's style sheet with its pictures as data URIs."""
    css = (_leaflet() / "leaflet.css").read_text(encoding="utf-8")

    def inline(match: re.Match[str]) -> str:
        if match[2].startswith("#"):
            return match[0]
        picture = (_leaflet() / match[2]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(picture).decode('ascii')})"

    return _URL_IN_CSS.sub(inline, css)


def json_for_script(value: Any) -> str:
    """JSON that can stand inside a ``<script>`` element whatever text it carries; never NaN."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        plain = plain.replace(character, f"\\u{ord(character):04x}")
    return plain


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            text = value or ""
            if (name in _LOADS or (name == "href" and tag != "a")) and _REMOTE.match(text):
                self.found.append(f"<{tag} {name}={text}>")
            if name == "style":
                self._check_css(text)

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self._check_css(data)
            self._in_style = False

    def _check_css(self, css: str) -> None:
        self.found += [found[0] for found in _URL_IN_CSS.finditer(css) if _REMOTE.match(found[2])]
        self.found += ["@import"] * css.count("@import")


def self_contained(html: str) -> str:
    """The page as it is.

    Raises:
        NotOfflineError: an element or a style would load something over a network.
    """
    reader = _References()
    reader.feed(html)
    if reader.found:
        raise NotOfflineError(f"the page would load {', '.join(reader.found[:5])}")
    return html
