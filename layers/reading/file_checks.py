"""Is this file there, whole, and of the kind its name says?"""

import difflib
import functools
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from gis.errors import InputError, Problem, Words, either, reported, say, system_reason

VECTOR_KINDS: dict[str, Words | str] = {
    ".gpkg": say("a GeoPackage"), ".geojson": "GeoJSON", ".json": "GeoJSON", ".geojson.gz": say("gzipped GeoJSON"),
    ".shp": say("a Shapefile"), ".fgb": "FlatGeobuf", ".parquet": "GeoParquet", ".kml": "KML",
    ".kmz": say("a KMZ archive"), ".zip": say("a ZIP archive"),
}
TABLE_KINDS: dict[str, Words | str] = {
    ".csv": say("a CSV table"), ".xlsx": say("an Excel workbook"), ".xls": say("an Excel 97-2003 workbook"),
}

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")  # the stream in which Office keeps a workbook with a password
_FIRST_BYTES = {
    ".gpkg": b"SQLite format 3\x00", ".geojson.gz": b"\x1f\x8b", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb",
    ".parquet": b"PAR1", ".xlsx": b"PK", ".xls": _OLD_OFFICE, ".kml": b"<", ".kmz": b"PK", ".zip": b"PK",
}
_KNOWN_BYTES: dict[bytes, Words | str] = {
    b"\x89PNG": say("a PNG picture"), b"\xff\xd8\xff": say("a JPEG picture"), b"%PDF": say("a PDF document"),
    b"GIF8": say("a GIF picture"),
    b"PK\x03\x04": say("a ZIP archive or an Excel workbook"),
    b"SQLite format 3": say("a GeoPackage or SQLite database"),
    _OLD_OFFICE: say("an Excel 97-2003 workbook"),
    b"\x1f\x8b": say("a gzip archive"), b"PAR1": say("a Parquet file"), b"fgb": "FlatGeobuf",
    b"\x00\x00\x27\x0a": say("a Shapefile"), b"II*\x00": say("a TIFF raster"), b"MM\x00*": say("a TIFF raster"),
    b"<": say("an HTML or XML text"), b"{": say("a JSON text"),
}
_CONTENTS = "[Content_Types].xml"  # what every document of Office has
_OTHER_ZIPS: dict[str, Words] = {
    "word/": say("a Word document"), "ppt/": say("a PowerPoint presentation"), "mimetype": say("an OpenDocument file"),
}
"""Documents that are ZIP archives too, by how the names of their parts begin."""
_SHP_LENGTH_AT = 24  # bytes; big-endian count of 16-bit words
_MOST_BYTES = 2 * 2**30
_MOST_CELLS = 20_000_000  # a reader of sheets fills memory with every cell from the first to the last
_CHUNK_BYTES, _LONGEST_TAG_BYTES = 2**20, 200
_FILLED_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]{0,100}?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]{0,60}(?<!/)>""")
_UTF8_BOM = b"\xef\xbb\xbf"


def kind_of(path: Path, kinds: Mapping[str, Words | str]) -> str:
    """The ending of the name that says the kind, one of ``kinds``, or ``""``."""
    name = path.name.lower()
    return max((ending for ending in kinds if name.endswith(ending)), key=len, default="")


def check_present(path: Path) -> None:
    """Refuse a file that is missing (near names are offered), a folder, unreadable or empty.

    Raises:
        InputError: one problem.
    """
    if not _exists(path):
        raise InputError(Problem(file=path.name, why="the file does not exist", fix=_near_names(path)))
    if not path.is_file():
        raise InputError(Problem(file=path.name, why="this is a folder, not a file", fix="give a file inside it"))
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise InputError(
            Problem(file=path.name, why=say("the file cannot be opened ({error})", error=system_reason(error)),
                    fix="close it in other programs and check that you may read it")) from error
    if empty:
        raise InputError(Problem(file=path.name, why="the file is empty (0 bytes)", fix="export or copy it again"))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long
        return False


def check_kind(path: Path, kinds: Mapping[str, Words | str]) -> str:
    """Refuse a file that is not one of ``kinds`` by its name or not what its name says by its first bytes.

    Returns:
        the ending that says the kind.

    Raises:
        InputError: one problem.
    """
    kind = kind_of(path, kinds)
    if not kind:
        raise InputError(
            Problem(file=path.name,
                    why=say("files of this kind cannot be read here ({kind})", kind=path.suffix or say("no ending")),
                    fix=say("give one of {names}", names=tuple(kinds))))
    with path.open("rb") as stream:
        start = stream.read(64).removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
    found = next((label for magic, label in _KNOWN_BYTES.items() if start.startswith(magic)), "")
    if kind in {".geojson", ".json"}:
        right = start.startswith(b"{")
    elif kind == ".csv":
        right = not found or start[:1] in b"<{"
    else:
        right = start.startswith(_FIRST_BYTES[kind])
    if kind == ".xlsx" and start.startswith(_OLD_OFFICE) and _LOCKED in path.read_bytes():
        raise InputError(Problem(file=path.name, why="the workbook is locked by a password",
                                 fix="save it without a password"))
    if not right:
        raise InputError(_not_its_kind(path, found or say("something else"), kinds[kind]))
    return kind


def _not_its_kind(path: Path, found: Words | str, kind: Words | str) -> Problem:
    return Problem(file=path.name, why=say("the content is {found}, not {kind}", found=found, kind=kind),
                   fix="give the right file, or save it again in the kind its name says")


def check_whole(path: Path, kind: str) -> None:
    """Refuse a workbook or Shapefile that is cut short, whose parts do not match their check sums, or that is endless.

    Raises:
        InputError: one problem.
    """
    if kind == ".xlsx":
        try:
            with zipfile.ZipFile(path) as archive:
                _check_workbook(path, archive)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
            raise damaged(path, error) from error
    if kind == ".shp":
        _check_shapefile(path)


def _check_workbook(path: Path, archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    other = next((label for start, label in _OTHER_ZIPS.items() if any(name.startswith(start) for name in names)), None)
    if other or _CONTENTS not in names:
        raise InputError(_not_its_kind(path, other or say("a ZIP archive"), TABLE_KINDS[".xlsx"]))
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _MOST_BYTES:
        raise InputError(Problem(file=path.name,
                                 why=say("the workbook unpacks to {size_gib:.1f} GiB", size_gib=unpacked / 2**30),
                                 fix="save only the table that is needed"))
    broken = archive.testzip()
    if broken:
        raise damaged(path, say("part {name} is broken", name=broken))
    for name in archive.namelist():
        if name.endswith(".xml"):
            corner, cells = _far_corner(archive, name)
            if cells > _MOST_CELLS:
                raise InputError(
                    Problem(file=path.name, value=corner, why="a sheet reaches to this cell, far beyond any table",
                            fix="delete the stray cells to the right of the table and below it"))


def _far_corner(archive: zipfile.ZipFile, name: str) -> tuple[str, int]:
    """The last column and row of a sheet that hold something, and how many cells there are from A1 to there."""
    column, row, rest = b"A", 1, b""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK_BYTES):
            text = rest + chunk
            found = _FILLED_CELL.findall(text)
            column = max({column, *(letters for letters, _ in found)}, key=lambda one: (len(one), one))
            row = max(row, *map(int, {number for _, number in found}), 0)
            rest = text[-_LONGEST_TAG_BYTES:]
    width = functools.reduce(lambda so_far, letter: 26 * so_far + letter - ord("A") + 1, column, 0)
    return f"{column.decode()}{row}", width * row


def _check_shapefile(path: Path) -> None:
    parts = {ending: sibling(path, ending) for ending in (".shx", ".dbf")}
    missing = [ending for ending, part in parts.items() if part is None]
    if missing:
        raise InputError(
            Problem(file=path.name, why=say("the Shapefile lacks its {endings}", endings=_both(missing)),
                    fix="copy all files of the Shapefile that have the same name, not only the .shp"))
    promised = {path: 2 * _number(path, ">i", _SHP_LENGTH_AT)}
    table = parts[".dbf"]
    if table is not None:
        promised[table] = _number(table, "<H", 8) + _number(table, "<I", 4) * _number(table, "<H", 10)
    for part, size in promised.items():
        if part.stat().st_size < max(size, 32):
            raise damaged(part, say("{count} of {total} bytes are there", count=part.stat().st_size, total=size))


def _number(path: Path, layout: str, place: int) -> int:
    with path.open("rb") as stream:
        stream.seek(place)
        data = stream.read(struct.calcsize(layout))
    return int(struct.unpack(layout, data)[0]) if len(data) == struct.calcsize(layout) else 0


def damaged(path: Path, detail: Words | Exception) -> InputError:
    """The one message for a file that is cut short or corrupt; ``detail`` is ours or what its reader raised."""
    short = detail if isinstance(detail, Words) else reported(" ".join(str(detail).split())[:160])
    return InputError(
        Problem(file=path.name, why=say("the file is damaged or incomplete ({detail})", detail=short),
                fix="export or copy it again"))


def sibling(path: Path, ending: str) -> Path | None:
    """The file of the same name with another ending, such as a Shapefile's .dbf."""
    both = (path.with_suffix(ending), path.with_suffix(ending.upper()))
    return next((one for one in both if one.exists()), None)


def pick_part(path: Path, word: Words, wanted: str | None, names: list[str], likely: str = "") -> str:
    """The layer or sheet that is wanted, else the only one there is; of several ``likely`` is the example.

    Raises:
        InputError: it is not there, there are several, or there is none.
    """
    there = tuple(names) or say("none")
    if wanted is not None and wanted not in names:
        raise InputError(Problem(file=path.name, value=wanted, why=say("there is no such {word}", word=word),
                                 fix=say("give one of its {word}s: {names}", word=word, names=there)))
    if wanted is None and len(names) > 1:
        raise InputError(Problem(file=path.name,
                                 why=say("the file has {count} {word}s ({names})", count=len(names), word=word,
                                         names=there),
                                 fix=say('say which, for example {key} = "{name}"', key=str(word),
                                         name=likely or names[0])))
    if not names:
        raise InputError(Problem(file=path.name, why=say("the file has no {word} with data", word=word),
                                 fix="export it again"))
    return wanted or names[0]


def _both(endings: list[str]) -> Words | str:
    first, *rest = endings
    return say("{first} and {last}", first=first, last=rest[0]) if rest else first


def _near_names(path: Path) -> Words:
    if not path.parent.is_dir():
        return say("check the folder {name!r}, which does not exist either", name=path.parent.name)
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    near += [name for name in names if Path(name).stem == path.stem and name not in near]
    if near:
        return say("did you mean {names}?", names=either(near[:3]))
    return say("check the name; the folder holds {names}", names=tuple(names[:8]) or say("no files"))
