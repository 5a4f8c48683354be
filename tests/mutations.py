"""What may become of a file on its way: bits turn, ends are lost, parts are mixed up, or somebody means harm.

A case is a file's name and a number; the same case is always the same bytes. To see one again::

    python tests/mutations.py roster.xlsx 17
"""

import gzip
import io
import json
import re
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

Change = Callable[[bytes, np.random.Generator, bytes], bytes]
PACKED = (".xlsx", ".zip", ".kmz")
_TOKENS = (
    b'"', b"'", b'""""', b"\xff" * 64, b"\x00" * 16, b"1e400", b"-1e308", b"NaN", b"-Infinity", b"9" * 400, b"\r\n",
    b"\n\n\n", b",,,,,,,,", b"<", b"</", b"]]>", b"{", b"}", b"[[[[[[", b"]", b"&#x0;", b"&lt;", b"%s%n",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", "\u202e".encode(), b"=1+1", b"#REF!", b"true", b"null", b"-",
    b"\\", b"\\u0000", b"\t", "，".encode(), "合计".encode(), "示例".encode(), b"a" * 70_000, b"1" + b",2" * 20_000,
    b"0x7fffffff", b"1.", b"e", "字".encode() * 5000,
)
_NUMBERS = (0, 1, -1, 2**7, 2**15, 2**31 - 1, -(2**31), 2**32 - 1, 2**63 - 1, 0x7FF0000000000000, 0x7FF8000000000000)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def _flips(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    out = bytearray(data)
    for place in rng.integers(0, len(data), int(rng.integers(1, 9))):
        out[place] ^= 1 << int(rng.integers(8))
    return bytes(out)


def _cut(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    return data[: int(rng.integers(0, len(data)))]


def _beheaded(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    return data[int(rng.integers(1, min(len(data), 512) + 1)):]


def _zeroed(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    start, size = _block(data, rng)
    return data[:start] + bytes([int(rng.choice([0, 0xFF, 0x20, 0x41]))]) * size + data[start + size :]


def _lost(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    start, size = _block(data, rng)
    return data[:start] + data[start + size :]


def _doubled(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    start, size = _block(data, rng)
    return data[: start + size] * int(rng.integers(1, 3)) + data[start:]


def _spliced(data: bytes, rng: np.random.Generator, other: bytes) -> bytes:
    return data[: int(rng.integers(0, len(data)))] + other[int(rng.integers(0, len(other))):]


def _token(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    place = int(rng.integers(0, len(data) + 1))
    return data[:place] + _TOKENS[int(rng.integers(len(_TOKENS)))] + data[place + int(rng.integers(0, 3)):]


def _number(data: bytes, rng: np.random.Generator, _: bytes) -> bytes:
    """Some number that is written out becomes another text; in a file of bytes, some of them become a number."""
    written = list(_NUMBER.finditer(data))
    if written and rng.random() < 0.7:
        found = written[int(rng.integers(len(written)))]
        return data[: found.start()] + _TOKENS[int(rng.integers(len(_TOKENS)))] + data[found.end() :]
    size = int(rng.choice([1, 2, 4, 8]))
    number = _NUMBERS[int(rng.integers(len(_NUMBERS)))] % 2 ** (8 * size)
    place = int(rng.integers(0, max(1, len(data) - size)))
    return data[:place] + number.to_bytes(size, rng.choice(["little", "big"])) + data[place + size :]


def _head(data: bytes, rng: np.random.Generator, other: bytes) -> bytes:
    """A change in the first bytes, where a file says how large it is and of what kind."""
    size = min(len(data), 128)
    return _number(data[:size], rng, other) + data[size:]


def _block(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    start = int(rng.integers(0, len(data)))
    return start, int(rng.integers(1, max(2, min(len(data) - start, 4096))))


CHANGES: tuple[Change, ...] = (
    _flips, _flips, _cut, _beheaded, _zeroed, _lost, _doubled, _spliced, _token, _token, _number, _number, _head)


def changed(data: bytes, rng: np.random.Generator, other: bytes) -> bytes:
    """The file after one change, or a few."""
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        if data:
            data = CHANGES[int(rng.integers(len(CHANGES)))](data, rng, other)
    return data


def mutated(name: str, number: int, whole: Mapping[str, bytes], names: tuple[str, ...]) -> dict[str, bytes]:
    """The files of case ``number`` of a file: one of them changed, in an archive often what is inside.

    ``names`` are the files that belong together, ``whole`` all there are.
    """
    rng = np.random.default_rng([zlib.crc32(name.encode()), number])
    files = {one: whole[one] for one in names}
    victim = names[int(rng.integers(len(names)))]
    alike = sorted(one for one in whole if one.split(".", 1)[1] == name.split(".", 1)[1])
    others = alike if rng.random() < 0.5 else sorted(whole)
    other = whole[others[int(rng.integers(len(others)))]]
    inside = rng.random() < 0.75
    if inside and victim.endswith(PACKED):
        files[victim] = _repacked(whole[victim], rng, other)
    elif inside and victim.endswith(".gz"):
        files[victim] = gzip.compress(changed(gzip.decompress(whole[victim]), rng, other), mtime=0)
    else:
        files[victim] = changed(whole[victim], rng, other)
    if len(names) > 1 and rng.random() < 0.1:
        del files[names[int(rng.integers(1, len(names)))]]
    return files


def _repacked(data: bytes, rng: np.random.Generator, other: bytes) -> bytes:
    """The archive with one part changed, its check sums right, so that readers get as far as the part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    victim = sorted(parts)[int(rng.integers(len(parts)))]
    parts[victim] = changed(parts[victim], rng, other)
    return packed(parts)


def packed(parts: Mapping[str, bytes], claimed: int | None = None) -> bytes:
    """A ZIP archive of these parts; ``claimed`` is the size that the last one pretends to unpack to."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 10, 31, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    data = bytearray(out.getvalue())
    if claimed is not None:
        place = data.rindex(b"PK\x01\x02")
        data[place + 24 : place + 28] = struct.pack("<I", claimed)
    return bytes(data)


def _xlsx(whole: Mapping[str, bytes], **parts: bytes) -> bytes:
    """The workbook with parts replaced: ``sheet``, ``strings``, ``book`` or ``kinds``."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "book": "xl/workbook.xml",
             "kinds": "[Content_Types].xml"}
    with zipfile.ZipFile(io.BytesIO(whole["roster.xlsx"])) as archive:
        inside = {one: archive.read(one) for one in archive.namelist()}
    return packed(inside | {names[key]: value for key, value in parts.items()})


def _bomb(text: bytes, tag: bytes) -> bytes:
    """A billion laughs: entities that unfold to gigabytes, used in the first ``tag``."""
    lines = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 11))
    entities = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + lines + b"]>"
    head, mark, rest = text.partition(b"?>")
    rest = rest if mark else head
    return (head + mark if mark else b"") + entities + rest.replace(tag, tag + b"&l10;", 1)


def _cells(*rows: bytes) -> bytes:
    return (b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<dimension ref="A1:XFD1048576"/><sheetData>' + b"".join(rows) + b"</sheetData></worksheet>")


def _text(place: bytes, text: bytes) -> bytes:
    return b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (place, text)


_NAMES = b'<row r="1">' + _text(b"A1", "小区编号".encode()) + _text(b"B1", "户数".encode()) + b"</row>"


def _geojson(coordinates: str, properties: str = '{"name": "a"}') -> bytes:
    shape = f'{{"type": "Polygon", "coordinates": {coordinates}}}'
    return (f'{{"type": "FeatureCollection", "features": [{{"type": "Feature", "properties": {properties}, '
            f'"geometry": {shape}}}]}}').encode()


def _ring(*corners: str) -> str:
    return "[[" + ", ".join(f"[{corner}]" for corner in corners) + "]]"


def _stretched(data: bytes, place: int, layout: str, value: int) -> bytes:
    return data[:place] + struct.pack(layout, value) + data[place + struct.calcsize(layout) :]


def harmful(whole: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Files that somebody made to do harm, by what is wrong with them: the name of the file and its bytes."""
    return _entities(whole) | _archives(whole) | _shapes() | _tables() | _claims(whole)


def _entities(whole: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    kml, osm, graph = (whole[name] for name in ("outlines.kml", "map.osm", "streets.graphml"))
    return {
        "xml bomb in kml": ("outlines.kml", _bomb(kml, b"<name>")),
        "xml bomb in osm": ("map.osm", _bomb(osm, b'k="name" v="')),
        "xml bomb in graphml": ("streets.graphml", _bomb(graph, b'<data key="d0">')),
        "xml bomb in a sheet": ("roster.xlsx", _xlsx(whole, sheet=_bomb(_cells(_NAMES), b"<t>"))),
        "xml bomb in strings": ("roster.xlsx", _xlsx(whole, strings=_bomb(
            b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t></t>'
            b"</si></sst>", b"<t>"))),
        "xml bomb in a workbook": ("roster.xlsx", _xlsx(whole, book=_bomb(
            b'<?xml version="1.0"?><workbook><a>', b"<a>"))),
        "file fetched by an entity": ("outlines.kml", kml.replace(
            b"?>", b'?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', 1).replace(b"<name>", b"<name>&f;", 1)),
        "file fetched by graphml": ("streets.graphml", graph.replace(
            b"?>", b'?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', 1).replace(
                b">residential<", b">&f;<", 1)),
    }


def _archives(whole: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    far = _NAMES + b'<row r="1048576">' + _text(b"XFD1048576", b"x") + b"</row>"
    zeros = packed({"a.geojson": b"0" * 80_000_000})
    return {
        "zip bomb": ("outlines.zip", zeros),
        "zip bomb that lies": ("outlines.zip", packed({"a.geojson": b"0" * 8_000_000}, claimed=100)),
        "zip that claims 4 GiB": ("outlines.zip", packed({"a.geojson": b"0"}, claimed=2**32 - 2)),
        "zip in a zip": ("outlines.zip", packed({"a.zip": zeros, "b.kmz": zeros})),
        "zip of 20,000 parts": ("outlines.zip", packed({f"{n}.shp": b"" for n in range(20_000)})),
        "kmz bomb": ("outlines.kmz", packed({"doc.kml": b"<kml>" + b" " * 80_000_000 + b"</kml>"})),
        "xlsx bomb": ("roster.xlsx", _xlsx(whole, sheet=_cells(_NAMES, b" " * 80_000_000))),
        "sheet to the last cell": ("roster.xlsx", _xlsx(whole, sheet=_cells(far))),
        "cells out of range": ("roster.xlsx", _xlsx(whole, sheet=_cells(
            _NAMES, b'<row r="99999999999">' + _text(b"ZZZZZZ99999999999", b"x") + _text(b"A0", b"y") + b"</row>"))),
        "a cell of 10 MB": ("roster.xlsx", _xlsx(whole, sheet=_cells(
            _NAMES, b'<row r="2">' + _text(b"A2", b"x") + _text(b"B2", b"1" * 10_000_000) + b"</row>"))),
        "a string that is not there": ("roster.xlsx", _xlsx(whole, sheet=_cells(
            _NAMES, b'<row r="2"><c r="A2" t="s"><v>99999999</v></c><c r="B2" t="s"><v>-1</v></c></row>'))),
        "numbers beyond numbers": ("roster.xlsx", _xlsx(whole, sheet=_cells(
            _NAMES, b'<row r="2">' + _text(b"A2", b"x") + b'<c r="B2"><v>1e999</v></c></row>'))),
    }


def _shapes() -> dict[str, tuple[str, bytes]]:
    square = _ring("120.5, 31.8", "120.6, 31.8", "120.6, 31.9", "120.5, 31.8")
    deep = "[" * 100_000
    return {
        "json as deep as it goes": ("outlines.geojson", b'{"type": "FeatureCollection", "features": ' + deep.encode()),
        "deep coordinates": ("outlines.geojson", _geojson(deep + "]" * 100_000)),
        "deep properties": ("outlines.geojson", _geojson(square, '{"name": ' + deep + "]" * 100_000 + "}")),
        "not a number in json": ("outlines.geojson", _geojson(_ring(
            "NaN, 31.8", "120.6, NaN", "120.6, 31.9", "NaN, 31.8"))),
        "endless in json": ("outlines.geojson", _geojson(_ring(
            "Infinity, 31.8", "120.6, -Infinity", "120.6, 31.9", "Infinity, 31.8"))),
        "beyond doubles in json": ("outlines.geojson", _geojson(_ring(
            "1e400, 31.8", "120.6, 1e308", "-1e308, 31.9", "1e400, 31.8"))),
        "far off the globe": ("outlines.geojson", _geojson(_ring(
            "1e15, 1e15", "1e15, -1e15", "-1e300, 1e300", "1e15, 1e15"))),
        "rings of one point": ("outlines.geojson", _geojson("[[[120.5, 31.8]], [], [[1, 2], [1, 2]]]")),
        "no coordinates": ("outlines.geojson", _geojson("null")),
        "an id of 400 digits": ("outlines.geojson", _geojson(square, f'{{"小区编号": {"9" * 400}, "户数": 1e400}}')),
    }


def _tables() -> dict[str, tuple[str, bytes]]:
    head, row, wide = "小区编号,小区名称,户数\r\n".encode(), "A1,春里,5\r\n".encode(), "a," * 1_000_000
    return {
        "a million columns": ("roster.csv", wide.encode() + b"\r\n" + wide.encode() + b"\r\n"),
        "a million quotes": ("roster.csv", head + b'"' * 1_000_001),
        "a million blank rows": ("roster.csv", head + b",,\r\n" * 1_000_000 + row),
        "a long cell": ("roster.csv", head + b"A1," + "春".encode() * 3_000_000 + b",5\r\n"),
        "a number of a million digits": ("roster.csv", head + "A1,春里,".encode() + b"9" * 1_000_000 + b"\r\n"),
        "null characters": ("roster.csv", head + b"A1\x00,\x00,\x00\r\n"),
        "half of utf-16": ("roster_utf16.csv", b"\xff\xfe" + "小区编号,户数\r\nA1,5".encode("utf-16-le")[:-1]),
        "a lone surrogate": (
            "roster_utf16.csv",
            b"\xff\xfe" + "小区编号,户数\r\n".encode("utf-16-le") + b"\x00\xd8,\x005\x00\r\x00\n\x00"),
        "nothing but a mark": ("roster.csv", b"\xef\xbb\xbf"),
        "nothing but blanks": ("roster.csv", b"\r\n \r\n,,\r\n"),
    }


def _claims(whole: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Files that say what cannot be: numbers, sizes and nesting without end."""
    toml = whole["project.toml"]
    return {
        "a .dbf of 4 billion rows": ("outlines.dbf", _stretched(whole["outlines.dbf"], 4, "<I", 2**32 - 1)),
        "a .dbf without width": ("outlines.dbf", _stretched(whole["outlines.dbf"], 8, "<I", 0)),
        "a .shp of 4 GiB": ("outlines.shp", _stretched(whole["outlines.shp"], 24, ">I", 2**31 - 1)),
        "a shape of a billion points": ("outlines.shp", _stretched(whole["outlines.shp"], 148, "<I", 10**9)),
        "a raster of a million columns": ("people.tif", whole["people.tif"].replace(
            struct.pack("<HHI", 256, 3, 1) + struct.pack("<I", 12), struct.pack("<HHII", 256, 4, 1, 2**31 - 1))),
        "deep toml": ("project.toml", toml + b"x = " + b"[" * 100_000),
        "long keys in toml": ("project.toml", toml + b".".join([b"a"] * 1000) + b" = 1\n"),
        "numbers beyond numbers in toml": ("project.toml", toml.replace(b"seed = 7", b"seed = " + b"9" * 5000)),
        "endless in toml": ("project.toml", toml.replace(b"spread = 0.25", b"spread = inf")),
        "a path to elsewhere": ("project.toml", toml.replace(b'"roster.xlsx"', b'"../../../../etc/passwd\\u0000"')),
    }


def main() -> None:
    """Read one case again and let whatever happens be seen: arguments are the file and the number or the harm."""
    from fuzzing import Whole

    name, case = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        whole = Whole.written(Path(folder) / "whole")
        print(json.dumps(whole.read(name, int(case) if case.isdigit() else case, Path(folder)), ensure_ascii=False))


if __name__ == "__main__":
    main()
