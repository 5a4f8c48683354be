"""Is this file there, whole, and of the kind its name says?"""

import difflib
import functools
import re
import struct
import zipfile
import zlib
from pathlib import Path

from gis.errors import InputError, Problem

VECTOR_KINDS = {
    ".gpkg": "a GeoPackage", ".geojson": "GeoJSON", ".json": "GeoJSON", ".geojson.gz": "gzipped GeoJSON",
    ".shp": "a Shapefile", ".fgb": "FlatGeobuf", ".parquet": "GeoParquet",
}
TABLE_KINDS = {".csv": "a CSV table", ".xlsx": "an Excel workbook", ".xls": "an Excel 97-2003 workbook"}

_FIRST_BYTES = {
    ".gpkg": b"SQLite format 3\x00", ".geojson.gz": b"\x1f\x8b", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb",
    ".parquet": b"PAR1", ".xlsx": b"PK", ".xls": b"\xd0\xcf\x11\xe0",
}
_KNOWN_BYTES = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"%PDF": "a PDF document", b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook", b"SQLite format 3": "a GeoPackage or SQLite database",
    b"\xd0\xcf\x11\xe0": "an Excel 97-2003 workbook", b"\x1f\x8b": "a gzip archive", b"PAR1": "a Parquet file",
    b"fgb": "FlatGeobuf", b"\x00\x00\x27\x0a": "a Shapefile", b"II*\x00": "a TIFF raster", b"MM\x00*": "a TIFF raster",
    b"<": "an HTML or XML text", b"{": "a JSON text",
}
_SHP_LENGTH_AT = 24  # bytes; big-endian count of 16-bit words
_MOST_BYTES = 2 * 2**30
_MOST_CELLS = 20_000_000  # a reader of sheets fills memory with every cell from the first to the last
_CHUNK_BYTES, _LONGEST_TAG_BYTES = 2**20, 200
_FILLED_CELL = re.compile(rb"""<(?:\w+:)?c\b[^>]{0,100}?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^>]{0,60}(?<!/)>""")
_UTF8_BOM = b"\xef\xbb\xbf"


def kind_of(path: Path, kinds: dict[str, str]) -> str:
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
            Problem(file=path.name, why=f"the file cannot be opened ({error.strerror})",
                    fix="close it in other programs and check that you may read it")) from error
    if empty:
        raise InputError(Problem(file=path.name, why="the file is empty (0 bytes)", fix="export or copy it again"))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long
        return False


def check_kind(path: Path, kinds: dict[str, str]) -> str:
    """Refuse a file that is not one of ``kinds`` by its name or not what its name says by its first bytes.

    Returns:
        the ending that says the kind.

    Raises:
        InputError: one problem.
    """
    kind = kind_of(path, kinds)
    if not kind:
        raise InputError(
            Problem(file=path.name, why=f"files of this kind cannot be read here ({path.suffix or 'no ending'})",
                    fix=f"give one of {', '.join(kinds)}"))
    with path.open("rb") as stream:
        start = stream.read(64).removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
    found = next((label for magic, label in _KNOWN_BYTES.items() if start.startswith(magic)), "")
    if kind in {".geojson", ".json"}:
        right = start.startswith(b"{")
    elif kind == ".csv":
        right = not found or start[:1] in b"<{"
    else:
        right = start.startswith(_FIRST_BYTES[kind])
    if not right:
        raise InputError(
            Problem(file=path.name, why=f"the content is {found or 'something else'}, not {kinds[kind]}",
                    fix="give the right file, or save it again in the kind its name says"))
    return kind


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
            raise damaged(path, str(error)) from error
    if kind == ".shp":
        _check_shapefile(path)


def _check_workbook(path: Path, archive: zipfile.ZipFile) -> None:
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > _MOST_BYTES:
        raise InputError(Problem(file=path.name, why=f"the workbook unpacks to {unpacked / 2**30:.1f} GiB",
                                 fix="save only the table that is needed"))
    broken = archive.testzip()
    if broken:
        raise damaged(path, f"part {broken} is broken")
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
            for letters, number in set(_FILLED_CELL.findall(text)):
                column, row = max(column, letters, key=lambda one: (len(one), one)), max(row, int(number))
            rest = text[-_LONGEST_TAG_BYTES:]
    width = functools.reduce(lambda so_far, letter: 26 * so_far + letter - ord("A") + 1, column, 0)
    return f"{column.decode()}{row}", width * row


def _check_shapefile(path: Path) -> None:
    parts = {ending: _sibling(path, ending) for ending in (".shx", ".dbf")}
    missing = [ending for ending, part in parts.items() if part is None]
    if missing:
        raise InputError(
            Problem(file=path.name, why=f"the Shapefile lacks its {' and '.join(missing)}",
                    fix="copy all files of the Shapefile that have the same name, not only the .shp"))
    promised = {path: 2 * _number(path, ">i", _SHP_LENGTH_AT)}
    table = parts[".dbf"]
    if table is not None:
        promised[table] = _number(table, "<H", 8) + _number(table, "<I", 4) * _number(table, "<H", 10)
    for part, size in promised.items():
        if part.stat().st_size < max(size, 32):
            raise damaged(part, f"{part.stat().st_size} of {size} bytes are there")


def _number(path: Path, layout: str, place: int) -> int:
    with path.open("rb") as stream:
        stream.seek(place)
        data = stream.read(struct.calcsize(layout))
    return int(struct.unpack(layout, data)[0]) if len(data) == struct.calcsize(layout) else 0


def damaged(path: Path, detail: str) -> InputError:
    """The one message for a file that is cut short or corrupt."""
    short = " ".join(detail.split())[:160]
    return InputError(
        Problem(file=path.name, why=f"the file is damaged or incomplete ({short})", fix="export or copy it again"))


def _sibling(path: Path, ending: str) -> Path | None:
    both = (path.with_suffix(ending), path.with_suffix(ending.upper()))
    return next((one for one in both if one.exists()), None)


def _near_names(path: Path) -> str:
    if not path.parent.is_dir():
        return f"check the folder {path.parent.name!r}, which does not exist either"
    names = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    near += [name for name in names if Path(name).stem == path.stem and name not in near]
    if near:
        return f"did you mean {' or '.join(near[:3])}?"
    return "check the name; the folder holds " + (", ".join(names[:8]) or "no files")
