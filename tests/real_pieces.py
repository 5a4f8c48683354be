"""Small pieces of the real data, cut when they are needed: nothing of it lies in the project."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import rasterio
import shapely
from rasterio.windows import Window

from layers.osm import read_osm

LARGEST = 50_000
"""Bytes of a piece: what is spoilt thousands of times is small."""
TONGJI = (121.4958, 31.2835, 121.4985, 31.2858)
CENTRE = (121.470, 31.230, 121.474, 31.234)
NOVENA = (103.845, 1.315, 103.853, 1.322)
CORE = (103.838, 1.286, 103.844, 1.2915)
WUHAN = (114.262, 30.580, 114.268, 30.585)
_WUHAN_CELLS = 16


def data_folder() -> Path | None:
    """The folder of real data, None where there is none."""
    folder = Path(os.environ.get("ESTATEGAP_TEST_DATA") or Path(__file__).parents[2] / "shared" / "data")
    return folder if folder.is_dir() else None


def write_pieces(data: Path, folder: Path) -> None:
    """Write the pieces; the word after ``_`` says of each where it lies: ``sg``, ``tongji``, ``wuhan``, ``centre``."""
    _singapore(data / "singapore-central", folder)
    _tongji(data, folder)
    cut_osm(data / "shanghai-centre-roads" / "shanghai_center.osm", CENTRE, folder / "streets_centre.osm")
    lines = gpd.read_parquet(data / "wuhan-roads" / "wuhan_roads.parquet")
    here = gpd.GeoSeries([shapely.box(*WUHAN)], crs=4326).to_crs(lines.crs).iloc[0]
    lines[lines.intersects(here)].head(60).to_parquet(folder / "streets_wuhan.parquet", compression="none")
    west, south, east, north = WUHAN
    halves = [shapely.box(west, south, (west + east) / 2, north), shapely.box((west + east) / 2, south, east, north)]
    gpd.GeoDataFrame({"小区编号": ["W1", "W2"]}, geometry=halves, crs=4326).to_file(folder / "outlines_wuhan.geojson")
    _grid(data / "wuhan-60plus" / "wuhan_central_60plus.tif", folder / "people_wuhan.tif")


def _singapore(data: Path, folder: Path) -> None:
    here = shapely.box(*NOVENA)
    blocks = pd.read_csv(data / "hdb_blocks_sg.csv", dtype=str, keep_default_na=False)
    blocks = blocks[(blocks["in_core"] == "1") & (blocks["residential"] == "t")].head(40)
    own = blocks.assign(name=blocks["blk_no"] + " " + blocks["street"])
    _csv(own.rename(columns={"total_dwelling_units": "households", "year_completed": "build_year"}),
         folder / "roster_sg.csv")
    parks = pd.read_csv(data / "hdb_carparks_sg.csv", dtype=str, keep_default_na=False)
    parks = parks[parks["in_core"] == "1"].head(60).drop(columns=["x_coord", "y_coord"])
    _csv(parks.rename(columns={"total_car_lots": "capacity"}), folder / "sites_sg_parks.csv")
    _csv(pd.read_csv(data / "fire_stations.csv", dtype=str, keep_default_na=False), folder / "sites_sg_fire.csv")
    for name in ("eldercare", "community_clubs", "residents_committees"):
        gpd.read_file(data / f"{name}.geojson").head(30).to_file(folder / f"sites_sg_{name}.geojson")
    zones = gpd.read_file(data / "subzones_2019.geojson").rename(columns={"SUBZONE_N": "name", "pop_2020": "residents"})
    zones = zones[zones.intersects(here)]
    zones.to_file(folder / "outlines_sg.geojson")
    table = pd.DataFrame(zones.drop(columns="geometry")).assign(wkt=zones.geometry.simplify(1e-4).to_wkt())
    _csv(table, folder / "outlines_sg_wkt.csv")
    roads = gpd.read_file(f"/vsigzip/{(data / 'roads_wide.geojson.gz').resolve()}", bbox=NOVENA)
    roads.head(60).to_file(folder / "streets_sg.geojson")
    cut_osm(data / "roads_core.osm.pbf", CORE, folder / "map_sg.osm.pbf")


def _tongji(data: Path, folder: Path) -> None:
    file = data / "shanghai-tongji" / "tongji.osm"
    cut_osm(file, TONGJI, folder / "map_tongji.osm")
    extract = read_osm(file)
    extract.estates.to_file(folder / "outlines_tongji.geojson")
    extract.buildings.cx[TONGJI[0]:TONGJI[2], TONGJI[1]:TONGJI[3]].to_file(folder / "buildings_tongji.geojson")
    gates, doors = extract.gates.reset_index(), extract.entrances.reset_index().rename(columns={"entrance_id": "id"})
    _csv(pd.DataFrame(gates.drop(columns="geometry")).assign(lon=gates.geometry.x, lat=gates.geometry.y),
         folder / "gates_tongji.csv")
    _csv(pd.DataFrame(doors.drop(columns="geometry")).assign(wkt=doors.geometry.to_wkt()), folder / "doors_tongji.csv")
    extract.green.to_file(folder / "basemap_tongji.geojson")
    areas = gpd.read_file(data / "shanghai-subdistricts" / "subdistricts.geojson")
    areas.rename(columns={"street": "小区名称"}).to_file(folder / "outlines_tongji_streets.geojson")


def _grid(source: Path, path: Path) -> None:
    """Some cells around the two estates of Wuhan."""
    with rasterio.open(source) as raster:
        row, column = raster.index((WUHAN[0] + WUHAN[2]) / 2, (WUHAN[1] + WUHAN[3]) / 2)
        window = Window(column - _WUHAN_CELLS // 2, row - _WUHAN_CELLS // 2, _WUHAN_CELLS, _WUHAN_CELLS)
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": raster.crs, "nodata": raster.nodata,
                   "width": _WUHAN_CELLS, "height": _WUHAN_CELLS, "transform": raster.window_transform(window)}
        cells = np.asarray(raster.read(1, window=window))
    with rasterio.open(path, "w", **profile) as piece:
        piece.write(cells, 1)


def cut_osm(source: Path, bounds: tuple[float, float, float, float], path: Path) -> None:
    """The ways that lie wholly within the bounds, with their nodes, and the tagged nodes there."""
    west, south, east, north = bounds
    nodes = {one.id for one in osmium.FileProcessor(str(source), osmium.osm.NODE)
             if west <= one.lon <= east and south <= one.lat <= north}
    ways = {one.id: {node.ref for node in one.nodes} for one in osmium.FileProcessor(str(source), osmium.osm.WAY)}
    ways = {key: refs for key, refs in ways.items() if refs <= nodes}
    used = set().union(*ways.values())
    with osmium.SimpleWriter(str(path)) as writer:
        for one in osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY):
            if one.id in (ways if one.is_way() else nodes) and (one.is_way() or one.id in used or len(one.tags)):
                writer.add(one)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(frame.to_csv(index=False, lineterminator="\r\n").encode())
