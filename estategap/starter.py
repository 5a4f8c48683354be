"""Making a new project: a commented project file, its schema, and Excel templates with Chinese headers."""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

import geopandas as gpd

from estategap.project import FILE_NAME, Project
from gis.crs import metric_crs_of
from gis.errors import InputError, Problem, ProblemLog, say, system_reason
from layers.estates_osm import estates_of_osm
from layers.fields import fields_of
from layers.kinds import facility_kinds
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from maps.templates import write_template
from maps.texts import Texts

SCHEMA = "project.schema.json"
ROSTER, OUTLINES = "小区名册", "小区边界.gpkg"


def make_project(folder: Path, *, osm: Path | None, place: str | None) -> list[Path]:
    """Write a new project into a folder that holds none yet; returns the files written.

    With an OSM file the estates it knows stand in the outlines and in the roster, ready to be filled in; ``place`` is
    only written down.

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
    return written + _templates(folder, extract) + ([_copied(osm, folder)] if osm else [])


def _project_text(folder: Path, extract: OsmExtract | None, osm: Path | None, place: str | None) -> str:
    template = (files("estategap") / "starter.toml").read_text(encoding="utf-8")
    day = extract.timestamp if extract and extract.timestamp else date.today()  # noqa: DTZ011 - the planner's own day
    lists = "\n".join(
        "\n".join(["# [[facilities]]", f'# kind = "{kind}"', f'# file = "{_sheet(kind)}.xlsx"',
                   f'# sheet = "{_sheet(kind)}"', "# surveyed = true\n"])
        for kind in facility_kinds())
    section = f"[osm]\nfile = {_quoted(osm.name)}" if osm else '# [osm]\n# file = "….osm.pbf"'
    return Template(template).substitute(
        name=_quoted(place or folder.resolve().name), data_date=day.isoformat(), osm_section=section, facilities=lists,
        place=f"# place = {_quoted(place)}\n" if place else "", hash="" if extract and len(extract.estates) else "# ")


def _templates(folder: Path, extract: OsmExtract | None) -> list[Path]:
    paths: list[Path] = []
    rows: list[Mapping[str, str]] = []
    if extract is not None and len(extract.estates):
        estates = estates_of_osm(extract, metric_crs_of(extract.estates), edge_margin_m=0.0, log=ProblemLog())
        rows = [{"estate_id": key, "name": name} for key, name in estates.frame["name"].items()]
        outlines = gpd.GeoDataFrame({"小区编号": estates.ids, "小区名称": estates.frame["name"].to_numpy()},
                                    geometry=estates.frame.geometry.to_numpy(), crs=estates.crs)
        outlines.to_crs("EPSG:4326").to_file(folder / OUTLINES)
        paths.append(folder / OUTLINES)
    paths.append(_template(folder, ROSTER, "roster", rows))
    return paths + [_template(folder, _sheet(kind), "facility", []) for kind in facility_kinds()]


def _template(folder: Path, name: str, table: str, rows: list[Mapping[str, str]]) -> Path:
    path = folder / f"{name}.xlsx"
    write_template(path, name, fields_of(table), rows)
    return path


def _sheet(kind: str) -> str:
    return Texts("zh")(f"facility.{kind}.title")


def _copied(osm: Path, folder: Path) -> Path:
    target = folder / osm.name
    if target.resolve() != osm.resolve():
        shutil.copyfile(osm, target)
    return target


def _quoted(text: str) -> str:
    """A TOML string that holds exactly this text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
