"""Which one layer does an archive hold that an office has sent? Nothing in it may reach outside a folder of its own."""

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gis.errors import InputError, Problem, say
from layers.reading.file_checks import damaged

_LAYERS = frozenset({".shp", ".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".kml"})
_MOST_BYTES, _MOST_PARTS = 2 * 2**30, 10_000
_ENCRYPTED, _IS_UTF8 = 0x1, 0x800
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
FAULTS = (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError, NotImplementedError)
"""What Python raises of an archive that is cut short or corrupt."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The one layer of a .zip with the files that belong to it, in a folder that is gone afterwards.

    Raises:
        InputError: there is not exactly one layer, or the archive is damaged, locked, endless or reaches outside.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                layer = _extract(path, archive, Path(folder))
        except FAULTS as error:
            raise damaged(path, error) from error
        yield layer


def checked_parts(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files of an archive by their names, as whoever packed them wrote them.

    Raises:
        InputError: one is locked, leads out of the archive, or all together are endless.
    """
    parts = [one for one in archive.infolist() if not one.is_dir()]
    unpacks_to = sum(one.file_size for one in parts)
    if unpacks_to > _MOST_BYTES or len(parts) > _MOST_PARTS:
        raise InputError(Problem(file=path.name, fix="pack only the layer that is needed",
                                 why=say("the archive unpacks to {count} files of {size_gib:.1f} GiB together",
                                         count=len(parts), size_gib=unpacks_to / 2**30)))
    if any(one.flag_bits & _ENCRYPTED for one in parts):
        raise InputError(Problem(file=path.name, why="the archive is locked by a password",
                                 fix="unpack it and give the files themselves"))
    names = {_name(one): one for one in parts}
    outside = [name for name in names if _OUTSIDE.search(name)]
    if outside:
        raise InputError(Problem(file=path.name, value=outside[0], why="a file in the archive leads to another folder",
                                 fix="pack the files again without their paths"))
    return names


def _extract(path: Path, archive: zipfile.ZipFile, folder: Path) -> Path:
    parts = {name: one for name, one in checked_parts(path, archive).items()
             if "__MACOSX" not in name and not PurePosixPath(name).name.startswith(".")}
    layers = [name for name in parts if PurePosixPath(name.lower()).suffix in _LAYERS]
    if len(layers) != 1:
        raise InputError(Problem(
            file=path.name, fix="unpack it and give the one file that is meant",
            why=say("the archive holds {count} layers ({names})", count=len(layers),
                    names=tuple(layers[:8]) or say("none"))))
    stem = PurePosixPath(layers[0]).with_suffix("")
    for name, one in parts.items():
        if PurePosixPath(name).with_suffix("") == stem:
            with archive.open(one) as packed, (folder / f"layer{PurePosixPath(name).suffix.lower()}").open("wb") as out:
                shutil.copyfileobj(packed, out)
    return folder / f"layer{PurePosixPath(layers[0]).suffix.lower()}"


def _name(part: zipfile.ZipInfo) -> str:
    """The name as it was typed: Chinese archivers write GBK and say nothing, which is then read as code page 437."""
    if part.flag_bits & _IS_UTF8:
        return part.filename
    data = part.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return part.filename
