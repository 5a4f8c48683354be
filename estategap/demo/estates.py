"""What are the estates? Each housing parcel gets its name, year, houses, gates and central garden."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity

from estategap.demo import plan
from estategap.demo.blocks import HOUSING, Parcel
from estategap.demo.curves import long_axis_angle
from estategap.demo.gates import Gate, open_gates
from estategap.demo.housing import AGES
from estategap.demo.rows import GREATEST_TURN_DEG, House, lay_rows

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    plan.OLD_TOWN: (
        "柳湾里", "竹行里", "米市里", "井亭里", "双井里", "石板里", "鱼行里", "槐树里", "染坊里", "酱园里",
        "典当里", "水关里"),
    plan.WORKERS: (
        "纺机一村", "纺机二村", "纺机三村", "棉纺新村", "建工新村", "红星新村", "船厂新村", "机床新村", "丝绸新村",
        "粮机新村", "搪瓷新村", "仪表新村"),
    plan.SLABS_1985: (
        "安澜一村", "安澜二村", "望桥新村", "春晖苑", "书院小区", "文昌花园", "北桥新村", "集贤路454弄",
        "同德公寓", "丰乐路21弄", "永宁新村", "长庚苑", "渔歌苑", "秋枫园", "稻香新村", "和平里小区"),
    plan.MIDRISE: (
        "金桂园", "玉兰公寓", "听涛苑", "锦绣花园", "海棠公馆", "梧桐雅苑", "采菱苑", "星火花园", "晨光名邸",
        "紫藤苑", "秋水雅居"),
    plan.HIGHRISE: (
        "清河湾一号院", "凌波府", "东岸名邸", "云汀府", "澜庭", "望江台", "映月花园", "临河雅苑", "澄园", "观澜台",
        "清和府"),
    plan.RESETTLED: (
        "北桥家园", "桑园家园", "安居苑一区", "安居苑二区", "新民家园", "稻香家园", "永安家园", "兴业家园"),
}


@dataclass(frozen=True)
class Estate:
    """One estate in local metres; ``age`` names its age of housing."""

    estate_id: str
    name: str
    community: str
    age: str
    build_year: int
    outline: shapely.Polygon
    court: shapely.Geometry
    houses: tuple[House, ...]
    gates: tuple[Gate, ...]

    @property
    def households(self) -> tuple[int, ...]:
        """Dwellings per house: storeys × units × flats per unit and storey."""
        return tuple(house.storeys * len(house.doors) * house.flats for house in self.houses)


def found_estates(parcels: list[Parcel], streets: gpd.GeoDataFrame, seed: int) -> list[Estate]:
    """All estates, numbered by community and then from north to south.

    The largest estate of resettlement housing has a single gate: a long way round for most who live there.
    """
    housing = [parcel for parcel in parcels if parcel.use == HOUSING]
    order = [label for label, _ in plan.COMMUNITIES]
    community = [plan.nearest_label(plan.COMMUNITIES, parcel.middle) for parcel in housing]
    ranked = sorted(range(len(housing)), key=lambda i: (order.index(community[i]), -housing[i].middle[1]))
    resettled = [i for i in ranked if housing[i].age == plan.RESETTLED]
    one_gate = max(resettled or ranked, key=lambda i: housing[i].outline.area)
    names = _Names()
    estates = []
    for number, i in enumerate(ranked, start=1):
        parcel = housing[i]
        stream = np.random.default_rng([seed, 10, number])
        name = names.take(parcel.age, community[i])
        label = _Label(f"QHW{number:03d}", name, community[i])
        estates.append(_found(label, parcel, streets, stream, single_gate=i == one_gate))
    return estates


@dataclass(frozen=True)
class _Label:
    estate_id: str
    name: str
    community: str


class _Names:
    """Hands out each name once; a name that speaks of a community goes to an estate there if it can."""

    def __init__(self) -> None:
        self.left = {age: list(names) for age, names in _NAMES.items()}

    def take(self, age: str, community: str) -> str:
        """The next name for an estate of an age in a community."""
        left, stem = self.left[age], community.removesuffix("居委会")
        stems = [label.removesuffix("居委会") for label, _ in plan.COMMUNITIES]
        ours = [name for name in left if name.startswith(stem)]
        neutral = [name for name in left if not any(name.startswith(other) for other in stems)]
        chosen = (ours or neutral or left)[0]
        left.remove(chosen)
        if not left:
            left.extend(f"{name}（二期）" for name in _NAMES[age])
        return chosen


def _found(
    label: _Label, parcel: Parcel, streets: gpd.GeoDataFrame, rng: np.random.Generator, *, single_gate: bool
) -> Estate:
    age = AGES[parcel.age]
    houses, court = lay_rows(parcel.outline, age, rng)
    built = shapely.union_all([house.footprint for house in houses])
    wanted = 1 if single_gate else int(np.clip(round(parcel.outline.area / 13_000.0 + rng.normal(0.3, 0.6)), 1, 4))
    gates = open_gates(parcel.outline, built, streets, wanted, rng)
    year = int(rng.integers(age.years[0], age.years[1] + 1))
    return Estate(label.estate_id, label.name, label.community, parcel.age, year, parcel.outline, court, tuple(houses),
                  tuple(gates))


def garden(estate: Estate) -> list[tuple[str, shapely.Geometry]]:
    """The green of an estate with its kind: the central garden, and lawns between the rows.

    A lane runs around inside the wall, and a path along the north face of each house where its doors are.
    """
    green = [("小区花园", estate.court)] if not estate.court.is_empty else []
    if estate.age == plan.OLD_TOWN:
        return green
    wide = {plan.WORKERS: 2.2, plan.SLABS_1985: 2.5, plan.RESETTLED: 2.8}.get(estate.age, 4.0)
    houses = np.array([house.footprint for house in estate.houses])
    angle = np.radians(np.clip(long_axis_angle(estate.outline), -GREATEST_TURN_DEG, GREATEST_TURN_DEG))
    paths = [shapely.affinity.translate(one, -np.sin(angle) * 4.0, np.cos(angle) * 4.0) for one in houses]
    paved = shapely.union_all([*shapely.buffer(houses, wide, join_style="mitre"),
                               *shapely.buffer(paths, 2.4, join_style="mitre")])
    drives = shapely.union_all([_drive(gate.point, estate) for gate in estate.gates])
    if estate.age in (plan.MIDRISE, plan.HIGHRISE):
        loop = estate.outline.buffer(-13.0)
        drives = drives.union(loop.boundary.buffer(2.8)) if not loop.is_empty else drives
    lawn = estate.outline.buffer(-3.0 if wide == 4.0 else -5.5).difference(shapely.union_all([paved, drives]))
    lawn = lawn.difference(estate.court.buffer(3.0))
    lawn = lawn.buffer(-1.6).buffer(1.6, quad_segs=3).simplify(0.4)
    parts = [part for part in shapely.get_parts(lawn) if part.area > 60.0]
    return [*green, *(("宅间绿地", part) for part in parts)]


def _drive(gate: shapely.Point, estate: Estate) -> shapely.Geometry:
    """The drive from a gate toward the middle, 7 m wide."""
    return shapely.LineString([gate, estate.outline.centroid]).buffer(3.5, cap_style="flat")
