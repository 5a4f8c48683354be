"""Everything a person reads, in Chinese and English, kept as two catalogues with the same keys."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from gis.errors import Problem, Words
from maps.view import Lang

_COMMA = {"zh": "、", "en": ", "}


class MissingTextError(LookupError):
    """A catalogue lacks an entry; the message names the file and the key to add."""

    def __init__(self, lang: str, key: str) -> None:
        super().__init__(f"maps/texts/{lang}.toml: no text {key!r} → add it (to every catalogue)")


@cache
def catalogue(lang: Lang) -> Mapping[str, str]:
    """All texts of a language on their dotted keys."""
    raw = (files(__name__) / f"{lang}.toml").read_text(encoding="utf-8")
    return dict(_flat("", tomllib.loads(raw)))


def _flat(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(f"{prefix}{key}.", value) if isinstance(value, dict) else [(prefix + key, str(value))]
    return found


@dataclass(frozen=True)
class Texts:
    """The texts of one language. A missing key is an error, never a blank."""

    lang: Lang
    _all: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_all", catalogue(self.lang))

    def __call__(self, key: str, **values: object) -> str:
        """The text of a dotted key with its ``{places}`` filled.

        Raises:
            MissingTextError: the catalogue has no such key.
        """
        if key not in self._all:
            raise MissingTextError(self.lang, key)
        return self._all[key].format(**values) if values else self._all[key]

    def section(self, prefix: str) -> dict[str, str]:
        """All texts below a dotted prefix, on what follows it."""
        return {key[len(prefix) + 1:]: text for key, text in self._all.items() if key.startswith(prefix + ".")}

    def title(self, analysis: str) -> str:
        """An analysis's title; ``analysis`` is its text key."""
        return self(f"analysis.{analysis}.title")

    def measure(self, analysis: str, name: str) -> str:
        """A measure's title: the analysis's own words, else the common ones."""
        return self._own_or_common(f"analysis.{analysis}.measure.{name}", f"measure.{name}")

    def evidence(self, analysis: str, name: str) -> str:
        """An evidence layer's title: the analysis's own words, else the common ones."""
        return self._own_or_common(f"analysis.{analysis}.evidence.{name}", f"evidence.{name}")

    def unit(self, code: str) -> str:
        """A unit's name; empty for a measure that only says yes or no."""
        return self(f"unit.{code}") if code else ""

    def amounts(self, analysis: str, measure: str) -> tuple[str, str]:
        """What the required and the provided amount of a measure are called; empty for one that is not shown."""
        own = f"analysis.{analysis}"
        return (self._own_or_common(f"{own}.required.{measure}", "map.required"),
                self._own_or_common(f"{own}.provided.{measure}", "map.provided"))

    def rule(self, table: str, name: str) -> str:
        """A rule value's title: the analysis's own words, else the common ones."""
        return self._own_or_common(f"analysis.{table}.rule.{name}", f"rule.{name}")

    def basis(self, code: str) -> str:
        """What a basis code means; an empty code says nothing. Codes joined by ``+`` are read one by one."""
        return self("punctuation.join").join(self(f"basis.{part}") for part in code.split("+") if part)

    def _own_or_common(self, own: str, common: str) -> str:
        return self(own if own in self._all else common)


@cache
def translations(lang: Lang) -> Mapping[str, str]:
    """Templates of a language by the English ones; none for English itself."""
    if lang == "en":
        return {}
    return tomllib.loads((files(__name__) / f"problems.{lang}.toml").read_text(encoding="utf-8"))


def words(text: Words | str, lang: Lang) -> str:
    """A sentence in a language; English where nobody has translated it. Text is a template without values."""
    sentence = Words(text) if isinstance(text, str) else text
    known = translations(lang)
    return sentence.put(lambda template: known.get(template, template), _COMMA[lang])


def problem_line(problem: Problem, lang: Lang) -> str:
    """A problem on one line: where, why and what to do about it; in English the same as ``str(problem)``."""
    texts = Texts(lang)
    place = [
        problem.file,
        texts("problem.sheet", sheet=problem.sheet) if problem.sheet else "",
        texts("problem.row", row=problem.row) if problem.row is not None else "",
        texts("problem.rows", rows=_COMMA[lang].join(problem.rows)) if problem.rows else "",
        texts("problem.key" if problem.of_settings else "problem.column",
              column=words(problem.column, lang)) if problem.column else "",
        texts("problem.value", value=problem.shown) if problem.value else "",
    ]
    where = texts("problem.join").join(part for part in place if part)
    said = texts("problem.line", why=words(problem.why, lang), fix=words(problem.fix, lang))
    return texts("problem.at", where=where, said=said) if where else said
