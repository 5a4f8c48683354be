"""The demonstration district as a folder of files, such as a street office would hand over.

Everything in it is generated: the place, the names, the people. The same seed gives the same bytes.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from estategap.demo import works
from estategap.demo.blocks import HOUSING, Parcel, lay_out
from estategap.demo.complaints import write_orders
from estategap.demo.estates import Estate, found_estates, garden
from estategap.demo.facilities import list_facilities
from estategap.demo.housing import AGES
from estategap.demo.office import list_duties, list_lifts, list_tasks
from estategap.demo.people import make_point_only, make_roster
from estategap.demo.streets import draw_streets
from estategap.demo.surroundings import draw_surroundings
from estategap.demo.terrain import Terrain, draw_terrain
from estategap.demo.write import DATA_DATE, with_degrees, write_csv, write_layer, write_sheet, write_text

SEED: Final = 20261031


def write_district(folder: Path, seed: int = SEED) -> None:
    """Write the whole package into ``folder``, which is made where it is missing; takes a few seconds.

    Args:
        folder: where ``project.toml`` and the files it names go; files of the same names are replaced.
        seed: any whole number from 0; each gives a town of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    terrain = draw_terrain(np.random.default_rng([seed, 1]))
    streets = draw_streets(terrain, np.random.default_rng([seed, 2]))
    parcels = lay_out(terrain, streets, np.random.default_rng([seed, 3]))
    estates = found_estates(parcels, streets, seed)
    roster = make_roster(estates, seed)
    neighbours, fields = draw_surroundings(terrain, streets, np.random.default_rng([seed, 4]))
    layers = {
        "小区边界": _outlines(estates), "道路": streets, "楼栋": _buildings(estates, parcels, neighbours),
        "单元门": _doors(estates), "出入口": _gates(estates), "水系": _water(terrain, parcels),
        "绿地": _green(terrain, streets, parcels, estates, fields),
    }
    for name, frame in layers.items():
        write_layer(frame, folder / f"{name}.gpkg")
    scattered = with_degrees(make_point_only([footprint for footprint, _ in neighbours]))
    write_sheet(pd.concat([roster, scattered], ignore_index=True), folder / "小区名册.xlsx")
    write_sheet(list_lifts(estates, seed), folder / "电梯.xlsx")
    write_sheet(list_duties(roster["所属居委"]), folder / "责任分工.xlsx")
    write_sheet(list_tasks(), folder / "任务进度.xlsx")
    for name, points in list_facilities(parcels, estates, roster, streets, seed).items():
        write_sheet(with_degrees(points), folder / f"{name}.xlsx", units={"出动时间": "秒", "建筑面积": "平方米"})
    write_csv(write_orders(roster, DATA_DATE, seed), folder / "12345工单.csv")
    template = files("estategap.demo").joinpath("district.toml").read_text(encoding="utf-8")
    write_text(template.replace("@seed@", str(seed)), folder / "project.toml")
    write_text(files("estategap.demo").joinpath("district.txt").read_text(encoding="utf-8"), folder / "说明.txt")


def _outlines(estates: list[Estate]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"小区编号": [one.estate_id for one in estates], "小区名称": [one.name for one in estates],
         "所属居委": [one.community for one in estates]},
        geometry=[one.outline for one in estates])


def _buildings(
    estates: list[Estate], parcels: list[Parcel], neighbours: list[tuple[shapely.Polygon, int]]
) -> gpd.GeoDataFrame:
    """Dwelling houses first, then what stands on other parcels and outside (without estate and households)."""
    rows = [
        {"楼栋编号": f"{estate.estate_id}-{number:02d}", "小区编号": estate.estate_id, "楼栋名称": f"{number}号楼",
         "层数": house.storeys, "高度": round(house.storeys * AGES[estate.age].storey_m + 0.9, 1), "户数": households,
         "用途": "住宅", "geometry": house.footprint}
        for estate in estates
        for number, (house, households) in enumerate(zip(estate.houses, estate.households, strict=True), start=1)
    ]
    others = [(parcel.name, parcel.use, *work) for parcel in parcels if parcel.use != HOUSING
              for work in works.raise_parcel(parcel.outline, parcel.use, parcel.age)]
    others += [("", "其他", *work) for work in neighbours]
    rows += [
        {"楼栋编号": f"G{number:03d}", "小区编号": None, "楼栋名称": name, "层数": storeys,
         "高度": round(storeys * 3.9 + 1.2, 1), "户数": None, "用途": use, "geometry": footprint}
        for number, (name, use, footprint, storeys) in enumerate(others, start=1)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry").astype({"层数": "Int64", "户数": "Int64"})


def _doors(estates: list[Estate]) -> gpd.GeoDataFrame:
    rows = [
        {"单元门编号": f"{estate.estate_id}-{number:02d}-{unit}", "楼栋编号": f"{estate.estate_id}-{number:02d}",
         "小区编号": estate.estate_id, "geometry": door}
        for estate in estates
        for number, house in enumerate(estate.houses, start=1)
        for unit, door in enumerate(house.doors, start=1)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry")


def _gates(estates: list[Estate]) -> gpd.GeoDataFrame:
    said = {True: "是", False: "否"}
    rows = [
        {"出入口编号": f"{estate.estate_id}-M{number}", "小区编号": estate.estate_id,
         "名称": f"{estate.name}{gate.name}", "步行": said[gate.foot], "车行": said[gate.vehicle],
         "关闭": said[gate.closed], "开放时间": gate.hours, "geometry": gate.point}
        for estate in estates
        for number, gate in enumerate(estate.gates, start=1)
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry")


def _water(terrain: Terrain, parcels: list[Parcel]) -> gpd.GeoDataFrame:
    lakes = [(parcel.name + "湖", works.lake(parcel.outline)) for parcel in parcels if parcel.use == "公园"]
    return gpd.GeoDataFrame(
        {"名称": ["清河", "古运河", *(name for name, _ in lakes)], "类别": ["河流", "河道", *("湖泊" for _ in lakes)]},
        geometry=[terrain.river, terrain.canal, *(shape for _, shape in lakes)])


def _green(
    terrain: Terrain, streets: gpd.GeoDataFrame, parcels: list[Parcel], estates: list[Estate],
    fields: list[shapely.Polygon],
) -> gpd.GeoDataFrame:
    """Parks, banks, sports grounds, the gardens inside estates and the fields around the district."""
    taken = shapely.union_all(shapely.buffer(streets.geometry.values, 9.0))
    banks = terrain.river_corridor.union(terrain.canal_corridor).intersection(terrain.frame)
    banks = banks.difference(terrain.water.buffer(2.0)).difference(taken)
    rows = [("滨河绿地", "滨河绿带", part) for part in shapely.get_parts(banks) if part.area > 150.0]
    for parcel in parcels:
        found = works.grounds(parcel.outline, parcel.use)
        if found is not None and not found[1].is_empty:
            rows.append((found[0], parcel.name, found[1]))
    rows.extend((kind, estate.name, shape) for estate in estates for kind, shape in garden(estate))
    rows.extend(("农田林地", "", field) for field in fields)
    singles = [(kind, name, part) for kind, name, shape in rows for part in shapely.get_parts(shape)]
    return gpd.GeoDataFrame({"类别": [row[0] for row in singles], "名称": [row[1] for row in singles]},
                            geometry=[row[2] for row in singles])
