"""What is the town's hand-drawn skeleton? River, canal, main roads and where its ages of building lie.

Local metres around the middle of the district, x east and y north; ``ORIGIN`` moves them to EPSG:4549. Everything is
invented: the place is only a placeholder on flat land, and the seed moves every control point a little.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from estategap.demo.curves import Floats, Point

CRS: Final = "EPSG:4549"
ORIGIN: Final[Point] = (552_050.0, 3_527_550.0)
FRAME_HALF_M: Final[Point] = (1270.0, 1340.0)
"""Half width and height of the ground the street data cover; the district is about 1.6 by 1.8 km inside it."""

RIVER_WIDTH_M: Final = 52.0
RIVERSIDE_OFFSET_M: Final = 64.0
CANAL_WIDTH_M: Final = 15.0
CANALSIDE_OFFSET_M: Final = 21.0

MAIN, SECONDARY, LOCAL, LANE = "主干路", "次干路", "支路", "街巷"
SETBACK_M: Final = {MAIN: 15.0, SECONDARY: 12.5, LOCAL: 10.0, LANE: 8.0}
"""From a street's centre line to the walls beside it: half the carriageway and the pavement."""


@dataclass(frozen=True)
class Road:
    """A road of the skeleton: its name, class and control points in local metres."""

    name: str
    road_class: str
    points: tuple[Point, ...]


RIVER: Final[tuple[Point, ...]] = (
    (-1600, 330), (-1270, 245), (-960, 330), (-660, 265), (-410, 20), (-130, -165), (170, -130), (400, 75),
    (640, 245), (900, 215), (1130, 60), (1330, 10), (1600, 60))
CANAL: Final[tuple[Point, ...]] = (
    (-440, -1600), (-400, -1340), (-330, -1080), (-400, -800), (-330, -520), (-370, -260), (-290, -60))

ROADS: Final[tuple[Road, ...]] = (
    Road("清河大道", MAIN, ((-1600, 720), (-1270, 690), (-800, 640), (-360, 470), (0, 395), (380, 455), (800, 620),
                          (1270, 610), (1600, 570))),
    Road("人民路", MAIN, ((250, -1600), (215, -1340), (130, -930), (60, -560), (20, -250), (20, 0), (50, 400),
                        (130, 850), (235, 1340), (280, 1600))),
    Road("环城北路", SECONDARY, ((-1600, 1090), (-1270, 1060), (-800, 990), (-300, 850), (130, 850), (560, 950),
                              (820, 965), (1270, 1000), (1600, 1010))),
    Road("环城南路", SECONDARY, ((-1600, -1010), (-1270, -960), (-850, -900), (-400, -950), (130, -930), (520, -850),
                              (880, -890), (1270, -960), (1600, -1000))),
    Road("柳荫路", SECONDARY, ((-1600, -420), (-1270, -390), (-860, -330), (-480, -480), (60, -560), (460, -440),
                            (850, -330), (1270, -330), (1600, -360))),
    Road("西环路", SECONDARY, ((-900, -1600), (-905, -1340), (-850, -900), (-860, -330), (-860, 100), (-830, 350),
                            (-800, 640), (-800, 990), (-845, 1340), (-870, 1600))),
    Road("东环路", SECONDARY, ((930, -1600), (925, -1340), (880, -890), (850, -330), (905, 0), (860, 300),
                            (800, 620), (820, 965), (860, 1340), (880, 1600))),
    Road("望桥路", SECONDARY, ((-330, 1600), (-335, 1340), (-300, 850), (-350, 470), (-375, 240), (-440, 10),
                            (-590, -180), (-650, -400), (-640, -620), (-690, -925), (-660, -1340), (-650, -1600))),
    Road("安澜路", SECONDARY, ((520, -1600), (525, -1340), (520, -850), (460, -440), (455, -150), (400, 130),
                            (380, 455), (480, 700), (560, 950), (590, 1340), (610, 1600))),
)

OLD_TOWN, WORKERS, SLABS_1985, MIDRISE, HIGHRISE, RESETTLED = (
    "老街里弄", "工人新村", "多层住宅", "小高层", "高层住宅", "动迁安置")
"""The six ages of housing, in the words of a street office."""

AGES: Final[tuple[tuple[str, Point], ...]] = (
    (OLD_TOWN, (-300, -330)), (OLD_TOWN, (-560, -120)), (WORKERS, (-700, -560)), (WORKERS, (-250, -720)),
    (WORKERS, (-120, 130)), (SLABS_1985, (-620, 480)), (SLABS_1985, (220, -330)), (SLABS_1985, (330, -720)),
    (SLABS_1985, (-230, 640)), (MIDRISE, (-560, 800)), (HIGHRISE, (230, 640)), (MIDRISE, (620, -120)),
    (HIGHRISE, (620, 470)), (HIGHRISE, (690, 780)), (HIGHRISE, (330, 250)), (RESETTLED, (680, -620)),
    (RESETTLED, (-720, -800)), (HIGHRISE, (250, 900)))
"""Where each age of housing has its centre; ground belongs to the nearest."""

COMMUNITIES: Final[tuple[tuple[str, Point], ...]] = (
    ("柳湾居委会", (-480, -300)), ("纺机居委会", (-400, -760)), ("望桥居委会", (-560, 640)), ("北桥居委会", (60, 620)),
    ("东岸居委会", (640, 560)), ("安澜居委会", (480, -480)))


def moved(points: tuple[Point, ...], rng: np.random.Generator, spread_m: float = 9.0) -> Floats:
    """Control points shifted a little and at random, so that each seed has a town of its own."""
    drawn: Floats = np.asarray(points, dtype=np.float64) + rng.normal(0.0, spread_m, (len(points), 2)).clip(-22.0, 22.0)
    return drawn


def nearest_label(places: tuple[tuple[str, Point], ...], xy: Point) -> str:
    """The label of the nearest of some labelled places."""
    distances = [float(np.hypot(x - xy[0], y - xy[1])) for _, (x, y) in places]
    return places[int(np.argmin(distances))][0]
