"""Which data lie beside a project that no section of it names, so that nobody would miss them?"""

from collections.abc import Iterator
from pathlib import Path

from estategap.project import FILE_NAME, Project
from estategap.project_sections import File
from estategap.starter import SCHEMA
from gis.errors import InputError, Problem, Words, listed, say
from layers.contents import LAYERS, Holding, holdings
from layers.kinds import facility_kinds
from layers.reading.file_checks import TABLE_KINDS, VECTOR_KINDS, kind_of
from layers.streets import is_osm
from maps.problem_list import FILE_NAME as PROBLEMS
from maps.texts import Texts

_SECTIONS = {"roster": "[roster]", "building": "[buildings]", "door": "[doors]", "gate": "[gates]",
             "complaint": "[complaints]", "lift": "[lifts]", "responsibility": "[responsibilities]",
             "progress": "[progress]", "street": "[streets]", "facility": "[[facilities]]"}
"""The section that names a file, by the list of fields that is read from it."""
_RASTERS = frozenset({".tif", ".tiff"})
_LOOKED_INTO_BYTES = 20 * 2**20
_NAMED = 12


def unnamed_sheets(project: Project) -> list[Problem]:
    """Filled-in sheets of workbooks the project names, where no section names the sheet: one warning each.

    Of a workbook whose sheet is found by its headers, its reader says what was not read.
    """
    parts = [part for part in (*project.parts, *_estates(project))
             if kind_of(Path(part.file), TABLE_KINDS) not in {"", ".csv"}]
    found = []
    for file in sorted({part.file for part in parts}):
        sheets = [part.sheet for part in parts if part.file == file]
        named = frozenset(sheet for sheet in sheets if sheet)
        if len(named) < len(set(sheets)):
            continue
        try:
            others = holdings(project.folder / file, but=named)
        except InputError:  # whoever reads the file says so
            continue
        found += [_unnamed(file, one, project) for one in others if one.rows]
    return found


def _estates(project: Project) -> list[File]:
    own = project.estates
    return [File(file=own.file, sheet=own.sheet)] if own.file else []


def unnamed_files(project: Project) -> list[Problem]:
    """Data files in the project's folder that no section names: filled-in lists one by one, the others in one warning.

    Templates that nobody has filled in are passed over, as is what the program writes itself.
    """
    found, others = list[Problem](), list[str]()
    for path in _beside(project):
        if not kind_of(path, TABLE_KINDS) or path.stat().st_size > _LOOKED_INTO_BYTES:
            others.append(path.name)
            continue
        try:
            lists = holdings(path)
        except InputError:
            lists = []
        found += [_unnamed(path.name, one, project) for one in lists if one.rows]
        others += [path.name] * (not lists)
    if others:
        found.append(Problem(
            file=FILE_NAME, severity="warning",
            why=say("files in the project's folder are named by no section and were not read: {names}",
                    names=listed(others, _NAMED)),
            fix="nothing, if they are not meant to be read; else name each in a section of project.toml"))
    return found


def _beside(project: Project) -> Iterator[Path]:
    """Files of kinds that can be read, in the folder itself, but for those that are named or our own."""
    named = {(project.folder / file).resolve() for file in project.files}
    sidecars = {path.with_suffix("") for path in named if path.suffix.lower() == ".shp"}
    for path in sorted(project.folder.iterdir()):
        kind = kind_of(path, {**TABLE_KINDS, **VECTOR_KINDS}) or is_osm(path.name) or path.suffix.lower() in _RASTERS
        own = path.name in {SCHEMA, PROBLEMS} or path.name.startswith(("~$", "."))
        if kind and not own and path.is_file() and path.resolve() not in named and path.with_suffix("") not in sidecars:
            yield path


def _unnamed(file: str, one: Holding, project: Project) -> Problem:
    why = say("{count} rows are filled in here, and no section of project.toml names them", count=one.rows)
    return Problem(file=file, sheet=one.sheet, severity="warning", why=why, fix=_fix(file, one, project))


def _fix(file: str, one: Holding, project: Project) -> Words:
    if one.table == "location":
        return say('to have them read write located = "{file}" below [estates]', file=file)
    lines = [f'file = "{file}"', *([f'sheet = "{one.sheet}"'] if one.sheet else [])]
    if one.table == "facility":
        titles = {Texts("zh")(f"facility.{kind}.title"): kind for kind in facility_kinds()}
        kind = titles.get(one.sheet) or titles.get(Path(file).stem)
        if kind is None:
            return say("to have them read write [[facilities]] and below it {lines} and the kind = …",
                       lines=tuple(lines))
        lines.insert(0, f'kind = "{kind}"')
    section = _SECTIONS[one.table]
    if one.table in LAYERS and not one.shaped:
        return say("nothing, if they are not meant to be read; {section} reads a layer with shapes, such as a "
                   "GeoPackage or a Shapefile", section=section)
    there = getattr(project, section.strip("[]")) if one.table != "facility" else None
    if there is not None:
        return say("{section} names {file} already; put the rows there, or name this file instead, or move it away",
                   section=section, file=there.file)
    return say("to have them read write {section} and below it {lines}; else move the file away", section=section,
               lines=tuple(lines))
