"""Which columns of a table are about persons? They are dropped before anything else is done with the table."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

import pandas as pd

from gis.errors import Problem, ProblemLog, listed, say
from layers.columns.catalogue import document
from layers.reading.files import ROW
from layers.typed.cells import as_text
from layers.typed.chinese import simplified
from layers.typed.person_names import MASK, is_name, without_persons

_NO_COLUMNS = frozenset({ROW, "geometry"})
_LISTED = 12
_LOOKED_AT = 1000
"""Filled cells of a column that are looked at, spread over all its rows."""

_MOBILE = re.compile(r"(?:(?:\+|00)?86[- ]?|0)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}")
_LANDLINE = re.compile(r"0\d{2,3}[-—– ][2-8]\d{6,7}|0(?:10|2\d)[-—– ][2-8]\d{3}[- ]\d{4}"
                       r"|[(（]0\d{2,3}[)）] ?[2-8]\d{2,3}[- ]?\d{4}")
_MAIL = r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+"
_WITHIN = re.compile(rf"(?<![\dA-Za-z])(?<!\d\.)(?:{_MOBILE.pattern}|{_LANDLINE.pattern}|{_MAIL}|\d{{17}}[\dXx])"
                     r"(?![\dA-Za-z])(?!\.\d)", re.ASCII)
_NARROW = str.maketrans("０１２３４５６７８９－", "0123456789-")
"""A number in full width is a telephone's too."""
_SHORT = r"(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))[2-8]\d{2,3}[- ]?\d{4}(?!\d)"
_CALLED = re.compile(rf"((?:{'|'.join(document()['personal']['called'])})[^\d\n]{{0,8}})"
                     rf"({_SHORT}(?:\s*[/、,，;；]\s*{_SHORT})*)(?![{document()['personal']['not_after']}])",
                     re.IGNORECASE)
"""A number of seven or eight digits after a word for a telephone."""
_PAPERS = re.compile(rf"((?:{'|'.join(document()['personal']['papers'])})[^\d\n]{{0,8}})\d{{14,17}}[\dXx](?!\d)")
"""A number after a word for an identity card, however it is mistyped."""
_SHORTEST = 5
"""Characters of the shortest cell that may hold a number or say whose name follows: 联系人王强."""
_IDENTITY = re.compile(r"\d{17}[\dXx]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 校验码
_CHECK = "10X98765432"


def drop_personal(
    raw: Any, *, file: str, log: ProblemLog, sheet: str = "", ids: Collection[str] = (),
) -> Any:
    """The table without columns about persons (names, telephones, identity numbers), which are named in a warning.

    A column is known by its header, or by what most of its filled cells hold: mobile numbers of mainland China or
    identity numbers whose check digit is right. ``ids``: headers of our own numbers, which may look like telephones.
    """
    columns = [name for name in raw.columns if name not in _NO_COLUMNS]
    named = [name for name in columns if is_personal(str(name))]
    told = [name for name in columns if name not in named and _holds_personal(raw[name], phones=str(name) not in ids)]
    if named:
        log.add(Problem(file=file, sheet=sheet, severity="warning", fix="leave such columns out of the file",
                        why=say("columns about persons were dropped unread: {names}", names=listed(named, _LISTED))))
    if told:
        log.add(Problem(file=file, sheet=sheet, severity="warning", fix="leave such columns out of the file",
                        why=say("columns with telephone or identity numbers were dropped unread: {names}",
                                names=listed(told, _LISTED))))
    return raw.drop(columns=[*named, *told])


def with_masked_headers(raw: Any) -> Any:
    """The table without telephones and persons in the names of its columns, which messages and accounts show.

    A row of data stands for the headers where there are none: a name alone in it goes too where a number does.
    """
    names = [str(name) for name in raw.columns]
    clean = dict(zip(names, masked(pd.Series(names, dtype="object")), strict=True))
    if all(name == text for name, text in clean.items()):
        return raw
    told = [MASK if is_name(simplified(clean[name])) else clean[name] for name in names]
    own = [f"{text} ({place + 1})" if text != name and told.count(text) > 1 else text
           for place, (name, text) in enumerate(zip(names, told, strict=True))]
    renamed = raw.set_axis(own, axis="columns")
    renamed.attrs.update(raw.attrs)
    return renamed


def masked(cells: pd.Series) -> pd.Series:
    """Cells of which the text holds no telephone or identity number and no name of a person that can be told.

    Each number is replaced by ``MASK``, and each name by ``without_persons``.
    """
    different = {cell for cell in cells if isinstance(cell, str) and len(cell) >= _SHORTEST}
    clean = {cell: text for cell in different if (text := _clean(cell)) != cell}
    if not clean:
        return cells
    return pd.Series([clean.get(cell, cell) if isinstance(cell, str) else cell for cell in cells], cells.index,
                     dtype=cells.dtype, name=cells.name)


def _clean(cell: str) -> str:
    narrow = cell.translate(_NARROW)
    clean = _PAPERS.sub(rf"\1{MASK}", _CALLED.sub(rf"\1{MASK}", _WITHIN.sub(_masked, narrow)))
    return without_persons(cell if clean == narrow else clean)


def _masked(found: re.Match[str]) -> str:
    identity = _IDENTITY.fullmatch(found[0]) is not None
    return found[0] if identity and not is_identity_number(found[0]) else MASK


def is_personal(header: str) -> bool:
    """True where a header names something about a person, and not how many there are: 来电人次."""
    text = simplified(unicodedata.normalize("NFKC", header).casefold())
    words = set(re.split(r"[^a-z]+", text))
    people = document()["personal"]
    bare = re.sub(r"\W|_", "", text)
    if bare.endswith(tuple(people["counted"])):
        return False
    return (any(simplified(part) in text for part in people["contains"]) or bare in {*map(simplified, people["whole"])}
            or bool(words & set(people["words"])))


def is_identity_number(text: str) -> bool:
    """True of 18 digits with the check digit of GB 11643-1999."""
    if not _IDENTITY.fullmatch(text):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    return _CHECK[total % 11] == text[-1].upper()


def _holds_personal(cells: pd.Series, *, phones: bool) -> bool:
    filled = cells[cells.notna()]
    if filled.empty or pd.api.types.is_datetime64_any_dtype(filled.dtype):
        return False
    text = as_text(filled.iloc[:: max(1, -(-len(filled) // _LOOKED_AT))]).str.replace(r"\s", "", regex=True)
    text = text[text != ""].str.translate(_NARROW)
    found = text.map(lambda one: (phones and _MOBILE.fullmatch(one) is not None) or is_identity_number(one))
    return bool(len(text)) and bool(found.mean() >= document()["personal"]["content_share"])
