"""Two real places as project folders, made from the shared data: Singapore's public housing and a piece of Shanghai.

Singapore's estates are not in any file. Residential blocks of one street at most 150 m apart are one estate (single
linkage); its outline is the 30 m buffer of their hull and is marked as assumed.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from footways import Footways
from rich.console import Console
from scipy.cluster.hierarchy import fcluster, linkage

from estategap.inputs import Inputs, read_inputs
from estategap.job import run_project
from estategap.plan import Plan, plan_of
from estategap.progress import Progress
from estategap.project import read_project
from gis.network import StreetNetwork

SINGAPORE_CRS = "EPSG:3414"
SAME_ESTATE_M = 150
OUTLINE_BUFFER_M = 30
FACILITIES_BEYOND_M = 1000
_HALF_SIDE_M = 5

_SINGAPORE = """
[project]
name = "Singapore, public housing 2016–2026"
data_date = 2026-08-20
crs = "EPSG:3414"

[estates]
file = "小区边界.gpkg"
walled = false

[roster]
file = "小区名册.xlsx"

[buildings]
file = "楼栋.gpkg"

{streets}
"""

_FACILITIES = {"car_parks": ("停车场.xlsx", False), "elderly_care_sites": ("养老.gpkg", True),
               "nurseries": ("学前.gpkg", True), "kindergartens": ("学前.gpkg", True),
               "fire_stations": ("消防站.csv", True)}
"""File of each kind and whether it claims to be complete: car parks that are not public housing's are missing."""

_STREETS = {"core": ("osm", "roads_core.osm.pbf"), "wide": ("streets", "roads_wide.geojson.gz")}

_PROFILE = """
[profile]
floor_area_per_household_m2 = 90.0
residents_per_household = 3.0
share_60plus = 0.25
storeys_if_unknown = 6
spread = 0.0
source = "assumption of the test"
"""

_TONGJI = """
[project]
name = "同济周边（OSM 实例）"
data_date = 2026-03-31

[estates]
walled = true

[osm]
file = "tongji.osm"
"""


@dataclass(frozen=True)
class Place:
    """A project as the product reads it, and the network it walks on."""

    folder: Path
    plan: Plan
    inputs: Inputs
    walk: StreetNetwork

    def answer(self, name):
        """One analysis of the place."""
        one = next(one for one in self.plan.analyses if one.name == name)
        layers = self.inputs.layers | {"walk": self.walk}
        return one(*(layers[layer] for layer in one.layers), rule=self.plan.rules[name])

    def footways(self, pieces, **walls):
        """Pieces of street under the plan's walking rules."""
        return Footways(pieces, self.plan.walking.max_snap_m, self.plan.walking.min_island_m, **walls)


def read_place(folder):
    project = read_project(folder)
    plan = plan_of(project)
    inputs = read_inputs(project, plan.walking)
    walk = StreetNetwork.build(inputs.streets, inputs.estates, inputs.gates, plan.walking)
    return Place(folder, plan, inputs, walk)


def run(folder):
    """The tables a planner gets: gaps on (analysis, measure, estate_id), ranking on estate_id."""
    out = run_project(folder, lang="zh", out=folder / "runs", force=False, progress=Progress(Console(quiet=True)))
    gaps = pd.read_csv(out / "gaps.csv").set_index(["analysis", "measure", "estate_id"]).sort_index()
    return gaps, pd.read_csv(out / "ranking.csv").set_index("estate_id").sort_index()


def singapore_project(data: Path, folder: Path, *, extent: str = "core", profile: bool = False) -> Path:
    """Write a project over ``singapore-central`` and return its folder.

    Args:
        data: the folder of shared data.
        folder: where to write; made where it is not there.
        extent: ``core`` (streets from an OSM file) or ``wide`` (streets as lines of a GeoJSON file, to be noded).
        profile: whether residents and old people are assumed from the dwellings.
    """
    source = data / "singapore-central"
    folder.mkdir(parents=True, exist_ok=True)
    area = singapore_extent(data, extent)
    blocks = singapore_blocks(data, extent)
    blocks["estate_id"] = _estate_ids(blocks)
    _write_estates(blocks, folder)
    buildings = blocks.set_geometry(blocks.buffer(_HALF_SIDE_M, cap_style="square"))
    buildings[["building_id", "estate_id", "use", "levels", "households", "geometry"]].to_file(folder / "楼栋.gpkg")
    _write_facilities(source, area.buffer(FACILITIES_BEYOND_M), folder)
    section, streets = _STREETS[extent]
    shutil.copyfile(source / streets, folder / streets)
    lists = "".join(f'\n[[facilities]]\nkind = "{kind}"\nfile = "{file}"\nsurveyed = {str(complete).lower()}\n'
                    for kind, (file, complete) in _FACILITIES.items())
    text = _SINGAPORE.format(streets=f'[{section}]\nfile = "{streets}"') + lists + (_PROFILE if profile else "")
    (folder / "project.toml").write_text(text, encoding="utf-8")
    return folder


def tongji_project(data: Path, folder: Path, *, profile: bool = False) -> Path:
    """Write a project whose every part comes out of ``tongji.osm``, and return its folder.

    Args:
        data: the folder of shared data.
        folder: where to write; made where it is not there.
        profile: whether households are estimated from the floor area.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(data / "shanghai-tongji" / "tongji.osm", folder / "tongji.osm")
    (folder / "project.toml").write_text(_TONGJI + (_PROFILE if profile else ""), encoding="utf-8")
    return folder


def singapore_extent(data: Path, extent: str):
    """The outline of ``core`` or ``wide``, EPSG:3414."""
    areas = gpd.read_file(data / "singapore-central" / "extents.geojson").set_index("name")
    return areas.to_crs(SINGAPORE_CRS).geometry[extent]


def singapore_blocks(data: Path, extent: str) -> gpd.GeoDataFrame:
    """The residential blocks of ``core`` or ``wide`` as points, EPSG:3414, on a fresh index."""
    raw = pd.read_csv(data / "singapore-central" / "hdb_blocks_sg.csv", dtype={"blk_no": str})
    raw = raw[(raw[f"in_{extent}"] == 1) & (raw["residential"] == "t")].reset_index(drop=True)
    names = {"max_floor_lvl": "levels", "total_dwelling_units": "households"}
    facts = raw.rename(columns=names).assign(use="住宅", building_id=raw["blk_no"] + " " + raw["street"])
    place = gpd.points_from_xy(raw["longitude"], raw["latitude"], crs="EPSG:4326").to_crs(SINGAPORE_CRS)
    return gpd.GeoDataFrame(facts, geometry=place)


def _estate_ids(blocks: gpd.GeoDataFrame) -> pd.Series:
    """Street and number of the cluster; clusters of a street are numbered from 1, in scipy's order."""
    xy = blocks.get_coordinates()
    cluster = pd.Series(1, index=blocks.index)
    for rows in blocks.groupby("street").groups.values():
        if len(rows) > 1:
            cluster[rows] = fcluster(linkage(xy.loc[rows], "single"), SAME_ESTATE_M, "distance")
    return blocks["street"] + " " + cluster.astype(str)


def _write_estates(blocks: gpd.GeoDataFrame, folder: Path) -> None:
    """Outlines, and a roster with the dwellings and the year in which the (lower) median block was completed."""
    hulls = blocks[["estate_id", "geometry"]].dissolve("estate_id").convex_hull.buffer(OUTLINE_BUFFER_M)
    outlines = gpd.GeoDataFrame({"小区编号": hulls.index, "边界推定": "是"}, geometry=hulls.to_numpy(), crs=blocks.crs)
    outlines.to_file(folder / "小区边界.gpkg")
    groups = blocks.groupby("estate_id")
    roster = pd.DataFrame({"户数": groups["households"].sum(),
                           "建成年份": groups["year_completed"].quantile(0.5, interpolation="lower")})
    roster.assign(小区名称=roster.index).rename_axis("小区编号").reset_index().to_excel(
        folder / "小区名册.xlsx", index=False)


def _write_facilities(source: Path, area, folder: Path) -> None:
    """What lies in the area: car parks with their lots where known, the others without any capacity."""
    parks = pd.read_csv(source / "hdb_carparks_sg.csv")
    place = gpd.points_from_xy(parks["longitude"], parks["latitude"], crs="EPSG:4326").to_crs(SINGAPORE_CRS)
    parks = parks[np.asarray(place.within(area))]
    names = {"car_park_no": "设施编号", "address": "停车场名称", "total_car_lots": "泊位数", "longitude": "经度",
             "latitude": "纬度"}
    parks.rename(columns=names)[list(names.values())].to_excel(folder / "停车场.xlsx", index=False)
    for file, name, target in (("eldercare", "NAME", "养老"), ("preschools", "CENTRE_NAME", "学前")):
        sites = gpd.read_file(source / f"{file}.geojson").to_crs(SINGAPORE_CRS)
        sites = sites[sites.within(area)].rename(columns={name: "设施名称"})
        sites[["设施名称", "geometry"]].to_file(folder / f"{target}.gpkg")
    shutil.copyfile(source / "fire_stations.csv", folder / "消防站.csv")
