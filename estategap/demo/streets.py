"""Which streets does the town have? The skeleton, then an irregular network grown into the ground between."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from estategap.demo import plan
from estategap.demo.curves import smooth
from estategap.demo.subdivide import Cut, subdivide
from estategap.demo.terrain import Terrain

_GRID_M = 0.01
_SAME_PLACE_M = 0.1
_STRAIGHT_ON = 0.9
_LOCAL_NAMES = (
    "春晖", "秋枫", "书院", "集贤", "同德", "文昌", "锦绣", "丰乐", "永宁", "长庚", "金桂", "玉兰", "海棠", "梧桐",
    "听涛", "凌波", "采菱", "渔歌", "稻香", "桑园", "兴业", "建工", "纺机", "和平", "青年", "团结", "新民", "永安",
    "星火", "晨光", "紫藤", "白鹭", "芦花", "杏林", "学前", "育才", "健康", "体育", "电台", "工农", "光明", "胜利",
    "前进", "友谊", "幸福", "康乐", "东亭", "西亭", "南苑", "北苑", "映山", "望湖", "归帆", "迎宾", "朝晖", "暮云",
    "松涛", "竹影", "梅园", "兰亭", "菊香", "荷塘", "柿园", "橘洲", "云锦", "织机", "缫丝", "染织", "船坞", "粮仓",
    "车坊", "砖桥", "石塘", "沙头", "双桥", "三元", "五福", "七贤", "八字", "九曲")
_LANE_NAMES = (
    "柳湾", "竹行", "米市", "鱼行", "染坊", "井亭", "篾竹", "豆腐", "酱园", "水关", "石板", "铁匠", "油车", "书带",
    "槐树", "双井", "典当", "糖坊", "灯笼", "花衣", "草鞋", "药王", "城隍", "钟楼", "鼓楼", "衙前", "仓前", "学宫",
    "文庙", "盐仓", "茶亭", "伞店", "木梳", "银匠", "香烛", "纸坊")


@dataclass(frozen=True)
class _Line:
    geometry: shapely.LineString
    name: str
    road_class: str


def draw_streets(terrain: Terrain, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """The noded street network inside the frame, local metres without CRS.

    Pieces meet only at shared end points, and every piece is connected with every other. Where a street is over
    water the piece is a bridge (column ``桥梁`` 是) that begins and ends on the banks.

    Returns:
        columns ``名称``, ``类别`` (主干路, 次干路, 支路, 街巷), ``桥梁`` and geometry (LineString).
    """
    skeleton = _skeleton(terrain, rng)
    rim = terrain.frame.exterior
    network = shapely.union_all([*(line.geometry for line in skeleton), rim], grid_size=_GRID_M)
    grown = _grown(network, terrain, rng)
    lines = [*skeleton, *grown]
    pieces = _noded([network.difference(rim.buffer(_GRID_M)), *(line.geometry for line in grown)], terrain)
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    source = shapely.STRtree([line.geometry for line in lines]).nearest(middles)
    over_water = shapely.intersects(pieces, terrain.water)
    frame = gpd.GeoDataFrame(
        {
            "名称": [lines[i].name for i in source],
            "类别": [lines[i].road_class for i in source],
            "桥梁": np.where(over_water, "是", "否"),
        },
        geometry=pieces,
    )
    return _largest_component(frame)


def _skeleton(terrain: Terrain, rng: np.random.Generator) -> list[_Line]:
    """Main and secondary roads, the two riverside roads and the lanes along the canal."""
    lines = [_Line(smooth(plan.moved(road.points, rng)), road.name, road.road_class) for road in plan.ROADS]
    for side, name in ((1, "滨河北路"), (-1, "滨河南路")):
        bank = terrain.river_line.offset_curve(side * plan.RIVERSIDE_OFFSET_M).simplify(0.5)
        lines.append(_Line(bank, name, plan.SECONDARY))
    for side, name in ((1, "运河西街"), (-1, "运河东街")):
        bank = terrain.canal_line.offset_curve(side * plan.CANALSIDE_OFFSET_M).simplify(0.5)
        lines.append(_Line(bank.difference(terrain.river_corridor.buffer(-0.5)), name, plan.LANE))
    return [_Line(line.geometry.intersection(terrain.frame), line.name, line.road_class) for line in lines]


def _grown(network: shapely.Geometry, terrain: Terrain, rng: np.random.Generator) -> list[_Line]:
    """Collectors and lanes that divide the ground between the roads of a noded network, which includes the rim."""
    rim = terrain.frame.exterior
    closed = terrain.river_corridor.buffer(3.0), terrain.canal_corridor.buffer(3.0)
    cuts: list[Cut] = []
    for area in shapely.get_parts(shapely.polygonize([network])):
        if not any(water.contains(area) for water in closed):
            cuts.extend(subdivide(area, rim, cuts, rng))
    return _named(cuts, rng)


def _named(cuts: list[Cut], rng: np.random.Generator) -> list[_Line]:
    """Cuts with names: one that runs straight on from another across a crossing keeps its name."""
    fresh = {plan.LOCAL: _names(_LOCAL_NAMES, "路", rng), plan.LANE: _names(_LANE_NAMES, "街", rng)}
    lines: list[_Line] = []
    for cut in cuts:
        same = (line for line in lines if line.road_class == cut.road_class)
        before = next((line for line in same if _runs_on(line.geometry, cut.line)), None)
        name = before.name if before else next(fresh[cut.road_class])
        lines.append(_Line(cut.line, name, cut.road_class))
    return lines


def _runs_on(one: shapely.LineString, other: shapely.LineString) -> bool:
    """Whether two lines meet at an end and bend there by less than about 25 degrees."""
    for first in (one.coords, one.coords[::-1]):
        for second in (other.coords, other.coords[::-1]):
            if np.hypot(first[-1][0] - second[0][0], first[-1][1] - second[0][1]) < _SAME_PLACE_M:
                inward, onward = np.subtract(first[-1], first[-2]), np.subtract(second[1], second[0])
                return bool(inward @ onward > _STRAIGHT_ON * np.hypot(*inward) * np.hypot(*onward))
    return False


def _names(stems: tuple[str, ...], ending: str, rng: np.random.Generator) -> Iterator[str]:
    """Street names in random order; once used up they come again as 北段, 南段 and so on."""
    shuffled = [stems[i] + ending for i in rng.permutation(len(stems))]
    return iter([name + suffix for suffix in ("", "北段", "南段", "支线", "新段") for name in shuffled])


def _noded(lines: list[shapely.Geometry], terrain: Terrain) -> list[shapely.LineString]:
    """All lines cut where they meet and where a bridge begins; canal lanes do not run into the river corridor."""
    merged = shapely.union_all(lines, grid_size=_GRID_M)
    abutments = terrain.water.buffer(5.0, quad_segs=2).simplify(0.3).boundary
    merged = shapely.line_merge(merged)
    pieces = shapely.get_parts(shapely.union_all([merged, abutments], grid_size=_GRID_M))
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    stub = (shapely.length(pieces) < 1.0) & shapely.contains(terrain.river_corridor, middles)
    return list(pieces[(shapely.distance(middles, merged) < _GRID_M) & ~stub])


def _largest_component(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The pieces joined to the main network; an offcut at the rim of the frame is no street."""
    coords = [(line.coords[0], line.coords[-1]) for line in streets.geometry]
    node_of = {node: i for i, node in enumerate(sorted({end for ends in coords for end in ends}))}
    label = np.arange(len(node_of))
    ends = np.array([[node_of[a], node_of[b]] for a, b in coords])
    while True:
        low = np.minimum(label[ends[:, 0]], label[ends[:, 1]])
        after = label.copy()
        np.minimum.at(after, ends[:, 0], low)
        np.minimum.at(after, ends[:, 1], low)
        if (after == label).all():
            break
        label = after
    main = np.bincount(label[ends[:, 0]]).argmax()
    return streets[label[ends[:, 0]] == main].reset_index(drop=True)
