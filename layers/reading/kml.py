"""What does a KML or KMZ file of Google Earth or 奥维 hold, with the columns that its authors gave it?

GDAL turns every Chinese name of a KML column into underscores, so the names are replaced before it reads the file and
put back afterwards. A document type with entities, by which a small file can unfold without end or fetch others, is
refused; links to other files are left out.
"""

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gis.errors import InputError, Problem, say
from layers.columns.catalogue import fields_of
from layers.columns.headers import match_columns
from layers.data import data_of
from layers.reading.archives import FAULTS, checked_parts
from layers.reading.encodings import Text, find_encoding
from layers.reading.file_checks import damaged

_ENCODING = re.compile(rb"""^<\?xml[^>]{0,200}?encoding=["']([\w.:-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_FOR_SCREENS = ("id", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder",
                "icon", "snippet", "phoneNumber", "address")
"""Columns that GDAL adds for how a place is shown; ``id`` counts the file's places, it names no estate."""


def plain_kml(path: Path, kind: str) -> tuple[bytes, dict[str, str], str]:
    """A KML document as UTF-8 with ASCII column names, what each of these stands for, and the encoding it was in.

    Raises:
        InputError: the file is damaged, locked, endless or has a document type.
    """
    data = _packed(path) if kind == ".kmz" else path.read_bytes()
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    said = _ENCODING.match(data)
    encoding = find_encoding(Text(data), file=path.name, said=said[1].decode("ascii") if said else "").name
    text = _DECLARATION.sub("", data.decode(encoding), count=1)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(Problem(file=path.name, why="the file has a document type, which no KML needs",
                                 fix="save it again as KML in the program that it comes from"))
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to unfold
    except ET.ParseError as error:
        raise damaged(path, error) from error
    _with_plain_tags(root)
    if root.find(".//NetworkLink") is not None and root.find(".//Placemark") is None:
        raise InputError(Problem(file=path.name, why="the file holds only links to other files and no places itself",
                                 fix="open it in its own program and save the places themselves as KML"))
    names = _with_plain_names(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True), names, encoding


def with_names(frame: gpd.GeoDataFrame, names: dict[str, str]) -> gpd.GeoDataFrame:
    """The features with the names their authors gave the columns, without those that are about how they are shown."""
    shown = [name for name in _FOR_SCREENS if name in frame.columns]
    empty = [name for name in ("description",) if name in frame.columns and frame[name].isna().all()]
    return frame.drop(columns=[*shown, *empty]).rename(columns=names)


def together(path: Path, folders: Sequence[tuple[str, gpd.GeoDataFrame]]) -> tuple[gpd.GeoDataFrame, Problem]:
    """The places of several folders as one layer, which is said.

    Where the folders are called as communities are, their names are the places' community, unless a column says it.
    """
    names = tuple(name for name, _ in folders)
    whole = gpd.GeoDataFrame(pd.concat([frame for _, frame in folders], ignore_index=True))
    note = Problem(file=path.name, severity="warning", fix='nothing; or name one of them: layer = "…"',
                   why=say("{count} folders are read as one layer: {names}", count=len(folders), names=names))
    endings = tuple(data_of("names")["folders"]["of_communities"])
    if all(name.endswith(endings) for name in names) and "community" not in match_columns(whole.columns, "roster"):
        community = [name for name, frame in folders for _ in range(len(frame))]
        whole = whole.assign(**{fields_of("roster")["community"].label: community})
    return whole, note


def _packed(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = checked_parts(path, archive)
            documents = [name for name in parts if name.lower().endswith(".kml")]
            wanted = documents if len(documents) == 1 else [name for name in documents if name.lower() == "doc.kml"]
            if len(wanted) != 1:
                raise InputError(Problem(
                    file=path.name, fix="unpack it and give the one file that is meant",
                    why=say("the archive holds {count} layers ({names})", count=len(documents),
                            names=tuple(documents[:8]) or say("none"))))
            return archive.read(parts[wanted[0]])
    except FAULTS as error:
        raise damaged(path, error) from error


def _with_plain_tags(root: ET.Element) -> None:
    """Write tags as every reader of KML knows them: without a prefix, those of Google's extension with gx."""
    for one in root.iter():
        space, _, name = one.tag.rpartition("}")
        one.tag = f"gx:{name}" if "/ext/" in space else name
    root.set("xmlns", "http://www.opengis.net/kml/2.2")
    root.set("xmlns:gx", "http://www.google.com/kml/ext/2.2")


def _with_plain_names(root: ET.Element) -> dict[str, str]:
    """Make every extra column an untyped one with an ASCII name, take links out; which name stands for which."""
    names: dict[str, str] = {}
    for parent in list(root.iter()):
        for child in [one for one in parent if one.tag in {"Schema", "NetworkLink"}]:
            parent.remove(child)
    for extended in root.iter("ExtendedData"):
        said = [(one.get("name", ""), one.findtext("value") or "") for one in extended.iter("Data")]
        said += [(one.get("name", ""), one.text or "") for one in extended.iter("SimpleData")]
        for child in list(extended):
            extended.remove(child)
        for name, value in dict(said).items():
            plain = names.setdefault(name, f"eg_data_{len(names)}")
            data = ET.SubElement(extended, "Data", name=plain)
            ET.SubElement(data, "value").text = value
    return {plain: name for name, plain in names.items()}
