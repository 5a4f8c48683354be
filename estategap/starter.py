"""Making a new project: a commented project file, its schema, and Excel templates with Chinese headers."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

import geopandas as gpd

from analyses.methods.discovery import discover
from estategap.project import FILE_NAME, Project
from gis.crs import metric_crs_of
from gis.errors import InputError, Problem, ProblemLog, say, system_reason
from layers.estates_osm import estates_of_osm
from layers.kinds import facility_kinds
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from maps.templates import Sheet, write_template
from maps.texts import Texts
from maps.view import Lang

SCHEMA = "project.schema.json"
OUTLINES = "小区边界.gpkg"
_BOOKS = {
    "小区名册": ("roster", "lift", "responsibility", "progress"), "单元门": ("door",), "出入口": ("gate",),
    "12345工单": ("complaint",)}
"""Workbooks beside those of the facilities, and the lists of fields their sheets hold."""


def make_project(folder: Path, *, osm: Path | None, place: str | None, lang: Lang = "zh") -> list[Path]:
    """Write a new project into a folder that holds none yet; returns the files written.

    With an OSM file the estates it knows stand in the outlines and in the roster, ready to be filled in; ``place`` is
    only written down. Files, sheets and headers have the same names in both languages; ``lang`` is that of what
    explains them.

    Raises:
        InputError: there is a project already, the folder cannot be made, or the OSM file cannot be read.
    """
    if (folder / FILE_NAME).exists():
        raise InputError(Problem(file=str(folder), why=say("there is a {file} here already", file=FILE_NAME),
                                 fix="choose another folder"))
    extract = read_osm(osm) if osm else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = say("cannot make the folder: {error}", error=system_reason(error))
        raise InputError(Problem(file=str(folder), why=why, fix="choose another")) from None
    written = [folder / FILE_NAME, folder / SCHEMA]
    text = _project_text(folder, extract, osm, place)
    written[0].write_text(text, encoding="utf-8")
    written[1].write_text(
        json.dumps(Project.model_json_schema(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    return written + _templates(folder, extract, lang) + ([_copied(osm, folder)] if osm else [])


def _project_text(folder: Path, extract: OsmExtract | None, osm: Path | None, place: str | None) -> str:
    template = (files("estategap") / "starter.toml").read_text(encoding="utf-8")
    day = extract.timestamp if extract and extract.timestamp else date.today()  # noqa: DTZ011 - the planner's own day
    lists = "\n".join(
        "\n".join(["# [[facilities]]", f'# kind = "{kind}"', f'# file = "{_title(kind)}.xlsx"',
                   f'# sheet = "{_title(kind)}"', "# surveyed = true\n"])
        for kind in facility_kinds())
    return Template(template).substitute(
        name=_quoted(place or folder.resolve().name), data_date=day.isoformat(), osm_section=_osm_section(osm, place),
        facilities=lists, hash="" if extract and len(extract.estates) else "# ")


def _osm_section(osm: Path | None, place: str | None) -> str:
    """The head of the section of OSM, which is switched on where a file or a place is given."""
    file, where = _quoted(osm.name if osm else "….osm.pbf"), _quoted(place or "上海市杨浦区")
    fetched = "不写则用 estategap fetch . 下载的最新一份 / else what was fetched last"
    lines = [
        (osm or place, "[osm]                           # OpenStreetMap"),
        (osm, f"file = {file}            # {fetched}"),
        (place, f"place = {where}          # 按地名下载 / name of the place to fetch")]
    return "".join(f"{line}\n" if on else f"# {line}\n" for on, line in lines)


def _templates(folder: Path, extract: OsmExtract | None, lang: Lang) -> list[Path]:
    paths: list[Path] = []
    known: dict[str, Sequence[Mapping[str, str]]] = {"responsibility": _matters()}
    if extract is not None and len(extract.estates):
        estates = estates_of_osm(extract, metric_crs_of(extract.estates), edge_margin_m=0.0, log=ProblemLog())
        known["roster"] = [{"estate_id": key, "name": name} for key, name in estates.frame["name"].items()]
        outlines = gpd.GeoDataFrame({"小区编号": estates.ids, "小区名称": estates.frame["name"].to_numpy()},
                                    geometry=estates.frame.geometry.to_numpy(), crs=estates.crs)
        outlines.to_crs("EPSG:4326").to_file(folder / OUTLINES)
        paths.append(folder / OUTLINES)
    for name, sheets in _books(known, Texts(lang)).items():
        write_template(folder / f"{name}.xlsx", sheets, lang)
        paths.append(folder / f"{name}.xlsx")
    return paths


def _books(known: Mapping[str, Sequence[Mapping[str, str]]], texts: Texts) -> dict[str, list[Sheet]]:
    """The sheets of every workbook by its name; ``known`` are the rows of a list of fields that are there already."""
    own = Texts("zh")
    books = {
        book: [Sheet(own(f"template.name.{table}"), table, rows=known.get(table, ()),
                     about=texts(f"template.about.{table}")) for table in tables]
        for book, tables in _BOOKS.items()}
    lists = {_title(kind): [Sheet(_title(kind), "facility", kind, about=texts("template.about.facility"))]
             for kind in facility_kinds()}
    return books | lists


def _matters() -> list[Mapping[str, str]]:
    """What a unit may be responsible for: a row for each analysis, named as in the results."""
    return [{"analysis": Texts("zh").title(one.title)} for one in discover()]


def _title(kind: str) -> str:
    """What the file and the sheet of a kind of facility are called."""
    return Texts("zh")(f"facility.{kind}.title")


def _copied(osm: Path, folder: Path) -> Path:
    target = folder / osm.name
    if target.resolve() != osm.resolve():
        shutil.copyfile(osm, target)
    return target


def _quoted(text: str) -> str:
    """A TOML string that holds exactly this text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
