"""How was housing built in each age? Storeys, spacing, flats and people, the ranges a street office would recognise.

All figures are invented for the demonstration; they are typical magnitudes, not statistics of any place.
"""

from dataclasses import dataclass
from typing import Final

from estategap.demo import plan


@dataclass(frozen=True, kw_only=True)
class Age:
    """One age of housing: ranges are (low, high).

    ``spacing`` is the clear distance between rows as a multiple of the height, ``setback_m`` from wall to houses,
    ``flats`` per unit and storey, ``court_share`` of the ground kept as a central garden, ``spaces`` and ``ports`` per
    household, ``share_60plus`` and ``share_under3`` of residents.
    """

    years: tuple[int, int]
    storeys: tuple[int, int]
    storey_m: float
    depth_m: tuple[float, float]
    unit_m: tuple[float, float]
    spacing: float
    least_spacing_m: float
    gap_m: float
    setback_m: float
    flats: tuple[int, int]
    towers: bool
    court_share: float
    occupancy: tuple[float, float]
    residents: tuple[float, float]
    share_60plus: tuple[float, float]
    share_under3: tuple[float, float]
    cars: tuple[float, float]
    spaces: tuple[float, float]
    fire_lane: tuple[float, float]
    ebikes: tuple[float, float]
    ports: tuple[float, float]


AGES: Final[dict[str, Age]] = {
    plan.OLD_TOWN: Age(
        years=(1928, 1956), storeys=(2, 3), storey_m=3.2, depth_m=(10.0, 10.8), unit_m=(8.5, 10.5),
        spacing=0.55, least_spacing_m=4.8, gap_m=4.5, setback_m=3.5, flats=(2, 3), towers=False, court_share=0.0,
        occupancy=(0.7, 0.85), residents=(2.1, 2.4), share_60plus=(0.4, 0.46), share_under3=(0.008, 0.013),
        cars=(0.22, 0.3), spaces=(0.03, 0.06), fire_lane=(0.02, 0.04), ebikes=(0.6, 0.75), ports=(0.0, 0.03),
    ),
    plan.WORKERS: Age(
        years=(1958, 1979), storeys=(5, 6), storey_m=2.8, depth_m=(10.0, 11.0), unit_m=(13.0, 15.0),
        spacing=0.85, least_spacing_m=12.0, gap_m=6.5, setback_m=4.5, flats=(2, 3), towers=False, court_share=0.0,
        occupancy=(0.84, 0.92), residents=(2.2, 2.5), share_60plus=(0.36, 0.43), share_under3=(0.009, 0.015),
        cars=(0.28, 0.38), spaces=(0.08, 0.14), fire_lane=(0.02, 0.05), ebikes=(0.75, 0.9), ports=(0.05, 0.2),
    ),
    plan.SLABS_1985: Age(
        years=(1983, 1999), storeys=(6, 7), storey_m=2.8, depth_m=(11.0, 12.2), unit_m=(14.0, 16.5),
        spacing=0.95, least_spacing_m=15.0, gap_m=7.0, setback_m=5.5, flats=(2, 2), towers=False, court_share=0.02,
        occupancy=(0.88, 0.95), residents=(2.3, 2.6), share_60plus=(0.29, 0.36), share_under3=(0.013, 0.019),
        cars=(0.42, 0.58), spaces=(0.18, 0.3), fire_lane=(0.015, 0.04), ebikes=(0.8, 1.0), ports=(0.1, 0.32),
    ),
    plan.MIDRISE: Age(
        years=(2001, 2010), storeys=(11, 18), storey_m=2.9, depth_m=(12.5, 14.0), unit_m=(16.0, 19.0),
        spacing=0.8, least_spacing_m=26.0, gap_m=11.0, setback_m=8.0, flats=(2, 3), towers=False, court_share=0.05,
        occupancy=(0.88, 0.94), residents=(2.5, 2.8), share_60plus=(0.19, 0.25), share_under3=(0.021, 0.028),
        cars=(0.72, 0.9), spaces=(0.55, 0.95), fire_lane=(0.0, 0.01), ebikes=(0.7, 0.9), ports=(0.2, 0.42),
    ),
    plan.HIGHRISE: Age(
        years=(2012, 2021), storeys=(24, 33), storey_m=2.95, depth_m=(13.5, 14.0), unit_m=(17.0, 20.0),
        spacing=0.5, least_spacing_m=36.0, gap_m=18.0, setback_m=10.0, flats=(2, 4), towers=True, court_share=0.055,
        occupancy=(0.8, 0.9), residents=(2.6, 2.9), share_60plus=(0.12, 0.17), share_under3=(0.028, 0.038),
        cars=(0.9, 1.1), spaces=(0.95, 1.25), fire_lane=(0.0, 0.0), ebikes=(0.6, 0.8), ports=(0.2, 0.45),
    ),
    plan.RESETTLED: Age(
        years=(2003, 2014), storeys=(6, 11), storey_m=2.9, depth_m=(12.0, 13.0), unit_m=(15.0, 17.0),
        spacing=0.95, least_spacing_m=18.0, gap_m=8.0, setback_m=6.5, flats=(2, 3), towers=False, court_share=0.025,
        occupancy=(0.92, 0.98), residents=(2.9, 3.2), share_60plus=(0.26, 0.33), share_under3=(0.02, 0.027),
        cars=(0.6, 0.78), spaces=(0.3, 0.45), fire_lane=(0.01, 0.03), ebikes=(0.95, 1.1), ports=(0.12, 0.36),
    ),
}
