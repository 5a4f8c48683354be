"""Fetching OpenStreetMap for a project: the only command that uses the network, one dated snapshot in its folder."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from estategap import __version__
from estategap.project import FILE_NAME, SNAPSHOTS, Project, read_project
from gis.errors import InputError, Problem, ProblemLog, Words, say
from layers.estates import read_estates
from layers.osm import read_osm
from layers.osm_extract import OsmExtract
from layers.osm_online import (
    LICENCE,
    WGS84,
    Bounds,
    Online,
    Snapshot,
    area_km2,
    area_of_place,
    bounds_around,
    check_size,
    keys_wanted,
    online,
    snapshot_of,
    write_snapshot,
)
from layers.osmnx_bridge import Asking, ask_nominatim, ask_overpass
from layers.placing.outlines_assumed import points_of
from layers.placing.places import Town
from maps.view import Lang

_CACHE = "cache"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LANGUAGES = {"zh": "zh-CN,zh;q=0.9,en;q=0.5", "en": "en"}

Tell = Callable[[Words], None]


@dataclass(frozen=True)
class _Cache:
    """The answers of one day in a project's folder, one folder per question."""

    folder: Path
    again: bool

    def of(self, *question: object) -> Path:
        """Where the answers to this question are kept; emptied if it is to be asked again."""
        digest = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]
        if self.again:
            shutil.rmtree(self.folder / digest, ignore_errors=True)
        return self.folder / digest

    def drop_other_days(self) -> None:
        """Remove the answers of other days, which nobody asks for again."""
        for place in self.folder.parent.iterdir():
            if _DAY.fullmatch(place.name) and place != self.folder:
                shutil.rmtree(place, ignore_errors=True)


def fetch_project(path: Path, *, today: date, again: bool, lang: Lang, tell: Tell) -> Path:
    """Fetch the project's area and put it in its folder as ``osm/<day of the data>.osm``, with a ``.json`` beside it.

    What leaves the machine is told before: the name of ``[osm] place``, if that is given, and the area's box.

    Args:
        path: the project.
        today: answers of this day are used again.
        again: ask anew nevertheless.
        lang: of place names.
        tell: is told each step.

    Raises:
        InputError: there is no area, no answer or nothing in it; an older snapshot stays as it is.
    """
    project, settings = read_project(path), online()
    server = (project.osm and project.osm.server) or settings.overpass_url
    asking = Asking(server, settings.nominatim_url, settings.timeout_s, settings.pauses_s,
                    settings.largest_request_km2, _LANGUAGES[lang], tell)
    cache = _Cache(project.folder / SNAPSHOTS / _CACHE / today.isoformat(), again)
    bounds = _bounds(project, settings, asking, cache)
    check_size(bounds, settings.largest_km2)
    found = _ask(bounds, asking, cache)
    about = _provenance(project, found, asking, settings) | {"fetched_on": today.isoformat()}
    target, extract = _put(project.folder / SNAPSHOTS, found, about, cache.folder)
    tell(_contents(extract, found))
    cache.drop_other_days()
    _tell_next(project, target, tell)
    return target


def _bounds(project: Project, settings: Online, asking: Asking, cache: _Cache) -> Bounds:
    """The box to fetch: as the project says, else around the place it names, else around its located estates."""
    osm = project.osm
    if osm and osm.bbox:
        return osm.bbox
    shapes = _place(osm.place, asking, cache) if osm and osm.place else _places_of_estates(project)
    return bounds_around(shapes, settings.margin_m, settings.rounded_deg)


def _place(name: str, asking: Asking, cache: _Cache) -> gpd.GeoSeries:
    asking.tell(say("asking {host} where {place} is; only this name leaves the machine", place=name,
                    host=asking.nominatim_host))
    found = ask_nominatim(name, cache.of(asking.nominatim_url, name, asking.language), asking)
    return gpd.GeoSeries([area_of_place(found, name)], crs=WGS84)


def _places_of_estates(project: Project) -> gpd.GeoSeries:
    """Outlines and points of the project's estates."""
    section = project.estates
    outlines = project.source_of(section.file, section) if section.file else None
    roster = project.source(project.roster) if project.roster else None
    located = project.source_of(section.located) if section.located else None
    problems = [Problem(
        file=FILE_NAME, column="osm.place", why="it is not said which area to fetch, and no estate has an outline",
        fix='give [osm] place = "…" or [osm] bbox = [west, south, east, north], or outlines under [estates]')]
    if outlines or roster:
        try:
            estates = read_estates(outlines=outlines, roster=roster, located=located, walled_default=section.walled,
                                   log=ProblemLog(), town=Town())
            return gpd.GeoSeries(pd.concat([estates.frame.geometry[estates.located], points_of(estates)]),
                                 crs=estates.crs)
        except InputError as error:
            problems += error.problems
    raise InputError(problems)


def _ask(bounds: Bounds, asking: Asking, cache: _Cache) -> Snapshot:
    folder = cache.of(asking.overpass_url, bounds, keys_wanted(), asking.request_km2)
    asking.tell(say("asking {host} for OpenStreetMap within {box} (west, south, east, north; {area_km2:.1f} km²); only "
                    "this box leaves the machine", host=asking.overpass_host, area_km2=area_km2(bounds),
                    box=", ".join(f"{edge:.9g}" for edge in bounds)))
    if folder.is_dir() and any(folder.iterdir()):
        asking.tell(say("what has come today is used again; to fetch it anew: --again"))
    return snapshot_of(ask_overpass(bounds, keys_wanted(), folder, asking), bounds, asking.overpass_url)


def _put(folder: Path, found: Snapshot, about: dict[str, Any], aside: Path) -> tuple[Path, OsmExtract]:
    """Write the snapshot and its provenance aside, read it as a run will, and put both in place."""
    target = folder / f"{found.data_time.date()}.osm"
    with tempfile.TemporaryDirectory(dir=aside) as place:
        fresh, beside = Path(place) / target.name, Path(place) / f"{target.stem}.json"
        digest = write_snapshot(found, fresh)
        extract = read_osm(fresh)
        text = json.dumps(about | {"file": target.name, "sha256": digest}, ensure_ascii=False, indent=1)
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(folder / beside.name)
        fresh.replace(target)
    return target, extract


def _provenance(project: Project, found: Snapshot, asking: Asking, settings: Online) -> dict[str, Any]:
    """Where the data comes from, for whoever reads the snapshot in a year; no estate is named."""
    osm = project.osm
    area: dict[str, Any] = {"asked_by": "estates", "margin_m": settings.margin_m}
    if osm and osm.bbox:
        area = {"asked_by": "bbox"}
    elif osm and osm.place:
        area = {"asked_by": "place", "place": osm.place, "nominatim": asking.nominatim_url,
                "margin_m": settings.margin_m}
    return {
        "area": {**area, "west_south_east_north": list(found.bounds), "km2": round(area_km2(found.bounds), 3)},
        "keys": list(keys_wanted()),
        "timestamp_osm_base": found.data_time.isoformat(),
        "server": asking.overpass_url,
        "versions": {"estategap": __version__, "osmnx": version("osmnx")},
        "elements": found.counts,
        "left_out_wholly_outside": found.left_out,
        "licence": LICENCE,
    }


def _contents(extract: OsmExtract, found: Snapshot) -> Words:
    return say("OpenStreetMap as of {day}: {streets} street pieces, {buildings} buildings, {estates} residential "
               "areas, {gates} gates, {facilities} facilities",
               day=found.data_time.date().isoformat(), streets=len(extract.streets),
               buildings=len(extract.buildings), estates=len(extract.estates), gates=len(extract.gates),
               facilities=sum(map(len, extract.facilities.values())))


def _tell_next(project: Project, target: Path, tell: Tell) -> None:
    """The line of the project file that names the snapshot; it is never changed from here."""
    name = f"{SNAPSHOTS}/{target.name}"
    line = f'file = "{name}"'
    if project.osm and not project.osm.file:
        tell(say("run and check read the newest snapshot in osm/; to keep to this one, write under [osm] in "
                 "project.toml: {line}", line=line))
    elif project.osm is None or project.osm.file != name:
        tell(say("for run and check to read it, write under [osm] in project.toml: {line}", line=line))
