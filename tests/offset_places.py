"""Layers whose true place is known, and the streets they are judged by: Shanghai, Wuhan and the generated district."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from estategap.demo.district import write_district
from gis.china_offset import moved_into
from gis.crs import metric_crs_of
from gis.offset_reference import OffsetReference
from layers.osm import read_osm

SEED = 20261031
LISTS = ("停车场", "电动自行车充电点", "养老服务设施", "托育机构", "幼儿园", "微型消防站", "消防站")


def offset_places(data, folder):
    """Per place the picture of its streets, and its layers in WGS84; the district is written into ``folder``."""
    return {"tongji": tongji(data), **district(folder), "wuhan": held_out(wuhan(data)),
            "shanghai": held_out(shanghai(data))}


def as_shown(layer, system):
    """The layer as a map of ``system`` would give it, read as if it were WGS84."""
    return layer if system == "WGS-84" else moved_into(layer.to_crs("EPSG:4326"), system).to_crs(layer.crs)


def beside(lines, count, rng, low_m=8, high_m=30):
    """Doors along lines: so far to one side of them, with 3 m of scatter."""
    lines = lines[lines.length > 2]
    at = rng.choice(len(lines), count, p=lines.length / lines.length.sum())
    chosen = lines.to_numpy()[at]
    far = rng.random(count) * (shapely.length(chosen) - 1)
    here = shapely.get_coordinates(shapely.line_interpolate_point(chosen, far))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(chosen, far + 1)) - here
    side = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T).clip(0.1)[:, None]
    away = rng.uniform(low_m, high_m, count) * rng.choice([-1, 1], count)
    return gpd.GeoSeries(shapely.points(here + side * away[:, None] + rng.normal(0, 3, (count, 2))), crs=lines.crs)


def tongji(data):
    extract = read_osm(data / "shanghai-tongji" / "tongji.osm")
    crs = metric_crs_of(extract.streets)
    buildings, gates = extract.buildings.to_crs(crs).geometry, extract.gates.to_crs(crs).geometry
    layers = {"buildings": buildings, "sites": buildings.representative_point(),
              "gates": pd.concat([gates, extract.entrances.to_crs(crs).geometry])}
    return OffsetReference.of(extract.streets.to_crs(crs).geometry), layers


def district(folder):
    write_district(folder, SEED)
    read = lambda name: gpd.read_file(folder / f"{name}.gpkg").geometry
    sheets = [pd.read_excel(folder / f"{name}.xlsx", engine="calamine")[["经度", "纬度"]] for name in LISTS]
    lonlat = pd.concat(sheets).dropna()
    facilities = gpd.GeoSeries(gpd.points_from_xy(lonlat["经度"], lonlat["纬度"]), crs="EPSG:4326")
    streets, outlines, buildings = read("道路"), read("小区边界"), read("楼栋")
    layers = {"buildings": buildings, "gates": read("出入口"), "facilities": facilities.to_crs(streets.crs)}
    return {"district": (OffsetReference.of(streets), layers | {"outlines": outlines}),
            "district with outlines": (OffsetReference.of(streets, outlines), layers)}


def wuhan(data):
    lines = gpd.read_parquet(data / "wuhan-roads" / "wuhan_roads.parquet")
    return lines.to_crs(metric_crs_of(lines)).geometry


def shanghai(data):
    streets = read_osm(data / "shanghai-centre-roads" / "shanghai_center.osm").streets
    return streets.to_crs(metric_crs_of(streets)).geometry


def held_out(streets):
    """Three of ten streets of a piece of 4 km × 4 km are left out of the picture; they must fit the others."""
    rng = np.random.default_rng(3)
    once = streets[~pd.Series(shapely.to_wkb(shapely.normalize(streets.to_numpy()))).duplicated().to_numpy()]
    middle = shapely.get_coordinates(once.centroid.to_numpy())[rng.integers(len(once))]
    near = once[once.intersects(shapely.box(*middle - 5000, *middle + 5000))]
    held = rng.random(len(near)) < 0.3
    inside = near.intersects(shapely.box(*middle - 2000, *middle + 2000)).to_numpy()
    ends = shapely.get_coordinates(shapely.get_point(near[held & inside].to_numpy(), 0))
    layers = {"streets": near[held & inside], "doors": beside(near[inside], 300, rng),
              "corners": gpd.GeoSeries(shapely.points(ends + rng.normal(0, 6, ends.shape)), crs=streets.crs)}
    return OffsetReference.of(near[~held]), layers
