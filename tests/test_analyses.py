"""The analyses on the paper town of ``town.py``: every number is derived in the test's words."""

import numpy as np
import pytest
import shapely
import town
from town import answer, column, layers

from analyses.build_age import build_age
from analyses.childcare import childcare
from analyses.complaints import complaints
from analyses.ebike_charging import ebike_charging
from analyses.elderly_care import elderly_care
from analyses.micro_fire_station import micro_fire_station
from analyses.parking import parking

IN_FRONT_OF_B = {"f": (490, 0, {"capacity": 10.0})}


def test_parking_takes_the_registered_cars_before_the_night_count():
    """A: 120 cars registered (the 150 counted do not matter), 80 spaces: 40 short. B: 90 counted, 100 spaces: met.
    C: nothing known of its cars, so unknown, not zero."""
    result = answer(
        parking,
        layers(
            {
                "A": {"resident_cars": 120.0, "night_cars": 150.0, "parking_spaces": 80.0},
                "B": {"night_cars": 90.0, "parking_spaces": 100.0},
                "C": {"parking_spaces": 30.0},
            }
        ),
    )
    assert column(result, "night_gap", "shortfall") == {"A": 40, "B": 0, "C": pytest.approx(np.nan, nan_ok=True)}
    assert column(result, "night_gap", "status") == {"A": "short", "B": "met", "C": "unknown"}
    assert column(result, "night_gap", "basis") == {"A": "resident_cars", "B": "night_count", "C": "no_demand"}
    assert column(result, "night_gap", "severity")["A"] == pytest.approx(40 / 120)


def test_parking_uses_cars_per_household_only_where_the_project_sets_it():
    """100 households × 0.55 = 55 cars, 30 spaces: 25 short, resting on an assumption."""
    result = answer(parking, layers({"C": {"parking_spaces": 30.0}}), cars_per_household=0.55)
    assert column(result, "night_gap", "shortfall")["C"] == pytest.approx(25)
    assert column(result, "night_gap", "confidence")["C"] == "D"


def test_spaces_on_fire_lanes_are_a_safety_matter_and_never_supply():
    result = answer(
        parking, layers({"A": {"resident_cars": 100.0, "parking_spaces": 60.0, "parking_on_fire_lane": 40.0}})
    )
    assert column(result, "night_gap", "shortfall")["A"] == 40
    assert column(result, "fire_lane_spaces", "shortfall")["A"] == 40
    assert column(result, "fire_lane_spaces", "status") == {"A": "short", "B": "unknown", "C": "unknown"}
    assert "fire_lane_spaces" in result.safety


def test_the_building_norm_is_one_space_per_household():
    result = answer(parking, layers({"A": {"parking_spaces": 80.0}}))
    assert column(result, "norm_gap", "shortfall")["A"] == 20


def test_a_car_park_reaches_the_doors_within_500_m_through_the_gate():
    """From (490, 0): A near 13 + 10 + 390 = 413 m, A far 530 m, B 33 and 150 m, C near 433 m, C far 550 m."""
    result = answer(parking, layers(places={"car_parks": IN_FRONT_OF_B}))
    assert column(result, "car_park_reach", "provided") == {"A": 50, "B": 100, "C": 50}
    assert column(result, "car_park_reach", "status") == {"A": "short", "B": "met", "C": "short"}


def test_ports_are_one_to_three_bikes_rounded_up():
    """A: 100 bikes want ⌈100/3⌉ = 34 ports, 10 there: 24 short. B: 60 bikes want 20, and its yard has 20."""
    result = answer(ebike_charging, layers({"A": {"ebikes": 100.0, "ebike_ports": 10.0}, "B": {"ebikes": 60.0}},
                                           {"ebike_chargers": {"c": (500, 60, {"capacity": 20.0, "estate_id": "B"})}}))
    assert column(result, "ports_missing", "shortfall") == {"A": 24, "B": 0, "C": pytest.approx(np.nan, nan_ok=True)}
    assert column(result, "site_present", "status") == {"A": "met", "B": "met", "C": "short"}


def test_a_charging_point_in_the_yard_is_near_its_own_doors_only():
    """In B: 40 × 1.3 = 52 m and 50 × 1.3 = 65 m inside the walls, nobody else within 150 m."""
    result = answer(
        ebike_charging, layers(places={"ebike_chargers": {"c": (500, 60, {"capacity": 20.0, "estate_id": "B"})}})
    )
    assert column(result, "door_reach_good", "coverage") == {"A": 0, "B": 1, "C": 0}


def test_ports_are_unknown_where_the_list_is_incomplete():
    """Nothing mapped is not nothing there."""
    result = answer(ebike_charging, layers({"A": {"ebikes": 100.0}}, complete=False))
    assert column(result, "ports_missing", "status")["A"] == "unknown"
    assert column(result, "door_reach", "status")["A"] == "unknown"
    assert column(result, "door_reach", "high")["A"] == 100


def test_day_care_places_go_where_they_serve_most_and_walk_least():
    """Need 200 × 40/1000 = 8 an estate, 4 a door. Within 500 m of (490, 0): A near (413), B both, C near (433).
    10 places: B's 8 are nearest, the last 2 go to A. Unserved: A 6, B 0, C 8."""
    result = answer(elderly_care, layers(places={"elderly_care_sites": IN_FRONT_OF_B}))
    assert column(result, "people_unserved", "shortfall") == pytest.approx({"A": 6, "B": 0, "C": 8})
    assert column(result, "people_unserved", "status") == {"A": "short", "B": "met", "C": "short"}
    assert column(result, "reach_net", "provided") == {"A": 100, "B": 200, "C": 100}
    assert column(result, "reach_net_good", "provided") == {"A": 0, "B": 200, "C": 0}


def test_land_within_the_radius_is_the_circle_cut_by_the_outline():
    """The circle of 300 m round (490, 0) covers all of B; of A what an independent integration says."""
    result = answer(elderly_care, layers(places={"elderly_care_sites": IN_FRONT_OF_B}))
    x = np.linspace(190, 200, 200_001)
    top = np.sqrt(np.maximum(300**2 - (x - 490) ** 2, 0))
    in_a = np.trapezoid(np.clip(top, 10, 210) - 10, x)
    assert column(result, "reach_area", "provided")["A"] == pytest.approx(in_a, rel=2e-3)
    assert column(result, "reach_area", "status")["B"] == "met"
    assert column(result, "reach_area", "provided")["C"] == 0


def test_unknown_capacity_makes_all_who_share_it_unknown_with_bounds():
    """The place at (490, 0) has no known capacity: whoever reaches it is unknown. A far and C far reach nothing: at
    least 4 are unserved in each, at most 8."""
    result = answer(elderly_care, layers(places={"elderly_care_sites": {"f": (490, 0, {})}}))
    assert column(result, "people_unserved", "status") == {"A": "unknown", "B": "unknown", "C": "unknown"}
    assert column(result, "people_unserved", "low") == {"A": 4, "B": 0, "C": 4}
    assert column(result, "people_unserved", "high") == {"A": 8, "B": 8, "C": 8}


def test_a_facility_counted_for_an_estate_without_a_place_serves_that_estate():
    given = layers()
    counted = town.frame("facility_id", {"f": (None, {"capacity": 5.0, "estate_id": "C"})})
    given["elderly_care_sites"] = town.Facilities.of(counted, kind="elderly_care_sites", complete=True)
    assert column(answer(elderly_care, given), "people_unserved", "shortfall") == pytest.approx(
        {"A": 8, "B": 8, "C": 3}
    )


def test_nursery_places_are_four_and_a_half_per_thousand_residents():
    """400 residents want 1.8 places; 1 place in front of B serves B alone."""
    places = {"nurseries": {"f": (500, 0, {"capacity": 1.0})}, "kindergartens": {"k": (900, 0, {"capacity": 90.0})}}
    result = answer(childcare, layers(places=places))
    assert column(result, "children_unserved", "shortfall") == pytest.approx({"A": 1.8, "B": 0.8, "C": 1.8})
    assert column(result, "nursery_reach_net", "provided") == {"A": 10, "B": 20, "C": 10}
    assert column(result, "kindergarten_reach_net", "provided") == {"A": 0, "B": 50, "C": 100}


def test_a_crew_has_two_minutes_to_run_300_m():
    """60 s to turn out leave 120 s × 2.5 m/s = 300 m: from (490, 0) only B's doors (33 and 150 m) are in time."""
    low = {key: {"high_rise": 0.0} for key in town.GATE_X}
    result = answer(micro_fire_station, layers(low, {"micro_fire_stations": {"m": (490, 0, {})}}))
    assert column(result, "households_not_reached", "shortfall") == {"A": 100, "B": 0, "C": 100}
    assert column(result, "own_station", "status") == dict.fromkeys("ABC", "not_applicable")
    slow = answer(micro_fire_station, layers(low, {"micro_fire_stations": {"m": (490, 0, {"turnout_s": 150.0})}}))
    assert column(slow, "households_not_reached", "shortfall") == {"A": 100, "B": 50, "C": 100}


def test_a_delay_at_the_gate_counts():
    """50 s at B's gate leave 70 s = 175 m: B's far door is 150 m away, still in time; 60 s leave 150 m: in time to
    the millimetre; 61 s are too many."""
    low = {key: {"high_rise": 0.0} for key in town.GATE_X}
    given = layers(low, {"micro_fire_stations": {"m": (490, 0, {})}})
    short = {
        delay: column(answer(micro_fire_station, given, gate_delay_s=delay), "households_not_reached", "shortfall")["B"]
        for delay in (50.0, 60.0, 61.0)
    }
    assert short == {50.0: 0, 60.0: 0, 61.0: 50}


def test_a_high_rise_estate_needs_a_station_of_its_own():
    """B is surveyed as high-rise: the neighbour's crew in front of its gate does not count. That every such estate
    needs its own is an assumption, so the gap is to be verified, not urgent."""
    facts = {"A": {"high_rise": 0.0}, "B": {"high_rise": 1.0}, "C": {"high_rise": 0.0}}
    street = answer(micro_fire_station, layers(facts, {"micro_fire_stations": {"m": (490, 0, {})}}))
    assert column(street, "households_not_reached", "shortfall")["B"] == 100
    assert street.of("own_station").loc["B", ["status", "confidence"]].tolist() == ["short", "D"]
    own = answer(micro_fire_station, layers(facts, {"micro_fire_stations": {"m": (500, 60, {"estate_id": "B"})}}))
    assert column(own, "households_not_reached", "shortfall")["B"] == 0
    assert column(own, "own_station", "status")["B"] == "met"


@pytest.mark.parametrize(("building", "status"), [
    ({"height_m": 27.0}, "met"), ({"height_m": 27.1}, "short"), ({"levels": 9.0}, "met"), ({"levels": 10.0}, "short"),
    ({}, "unknown"), ({"height_m": 20.0, "levels": 12.0}, "met")])
def test_high_rise_is_over_27_m_or_else_from_ten_storeys(building, status):
    given = layers(
        places={"micro_fire_stations": {"m": (500, 0, {})}},
        buildings={"b": (shapely.box(480, 50, 520, 60), {"estate_id": "B", "use": "residential"} | building)},
    )
    assert column(answer(micro_fire_station, given), "households_not_reached", "status")["B"] == status


def test_the_end_of_2000_is_still_old():
    result = answer(build_age, layers({"A": {"build_year": 2000.0}, "B": {"build_year": 2001.0}}))
    assert column(result, "old_estate", "status") == {"A": "short", "B": "met", "C": "unknown"}


def test_a_decade_tells_an_old_estate_where_all_of_it_lies_on_one_side_of_the_year():
    nineties, noughties, wide = (
        {"build_year_low": float(low), "build_year_high": float(high)}
        for low, high in ((1990, 1999), (2001, 2009), (2000, 2009)))
    result = answer(build_age, layers({"A": nineties, "B": noughties, "C": wide}))
    assert column(result, "old_estate", "status") == {"A": "short", "B": "met", "C": "unknown"}


def test_complaints_are_weighed_by_households():
    """3 complaints from 100 households against a full scale of 5: severity 0.6; 9 are as severe as can be."""
    result = answer(complaints, layers({"A": {"complaints": 3.0}, "B": {"complaints": 9.0}, "C": {"complaints": 0.0}}))
    assert column(result, "complaints_received", "severity") == pytest.approx({"A": 0.6, "B": 1.0, "C": 0.0})
    assert column(result, "complaints_received", "status") == {"A": "short", "B": "short", "C": "met"}


def test_an_estate_at_the_edge_of_the_data_is_not_called_short():
    facts = {"A": {"edge_of_data": True}}
    result = answer(elderly_care, layers(facts, {"elderly_care_sites": IN_FRONT_OF_B}))
    assert column(result, "reach_net", "status")["A"] == "unknown"
    assert column(result, "reach_net", "basis")["A"] == "edge_of_data"


@pytest.mark.parametrize(("basis", "said"), [("roster", ""), ("raster", "+raster"), ("profile", "+profile")])
def test_where_the_people_come_from_stays_with_an_unknown_gap(basis, said):
    facts = {"A": {"edge_of_data": True, "residents_60plus_basis": basis}}
    result = answer(elderly_care, layers(facts, {"elderly_care_sites": IN_FRONT_OF_B}))
    assert column(result, "reach_net", "basis")["A"] == f"edge_of_data{said}"


def test_a_closed_gate_leaves_an_estate_unknown_not_short():
    given = layers(places={"elderly_care_sites": IN_FRONT_OF_B})
    shut = town.Gates.of(given["gates"].frame.assign(closed=[True, False, False]))
    given["walk"] = town.StreetNetwork.build(town.streets(), given["estates"], shut, given["walk"].settings)
    result = answer(elderly_care, given)
    for measure in ("reach_net", "people_unserved"):
        assert result.of(measure).loc["A", ["status", "basis"]].tolist() == ["unknown", "no_way_out"]


def test_a_crew_that_turns_out_too_late_reaches_nobody_not_even_next_door():
    low = {key: {"high_rise": 0.0} for key in town.GATE_X}
    late = layers(low, {"micro_fire_stations": {"m": (500, 20, {"turnout_s": 181.0, "estate_id": "B"})}})
    assert column(answer(micro_fire_station, late), "households_not_reached", "shortfall")["B"] == 100


def test_a_station_listed_for_an_estate_but_standing_outside_it_runs_through_the_gate():
    """Station of B on the road at x = 700: 200 m to the gate, 10 m in, then 13 or 130 m: 223 m in time, 340 m not."""
    facts = {"A": {"high_rise": 0.0}, "B": {"high_rise": 1.0}, "C": {"high_rise": 0.0}}
    result = answer(micro_fire_station, layers(facts, {"micro_fire_stations": {"m": (700, 0, {"estate_id": "B"})}}))
    assert column(result, "households_not_reached", "shortfall") == {"A": 100, "B": 50, "C": 50}
    assert column(result, "own_station", "status")["B"] == "met"


def test_a_facility_nobody_has_put_on_the_map_leaves_reach_unknown_not_short():
    """C's day-care centre has 50 places and no coordinates: its people are served, who reaches it is unknown."""
    given = layers()
    counted = town.frame("facility_id", {"f": (None, {"capacity": 50.0, "estate_id": "C"})})
    given["elderly_care_sites"] = town.Facilities.of(counted, kind="elderly_care_sites", complete=True)
    result = answer(elderly_care, given)
    assert column(result, "people_unserved", "status") == {"A": "short", "B": "short", "C": "met"}
    for measure in ("reach_net", "reach_area"):
        assert result.of(measure)["basis"]["C"] == "no_place"
        assert column(result, measure, "status") == {"A": "short", "B": "short", "C": "unknown"}


def test_ports_of_an_incomplete_list_are_a_floor():
    """100 bikes want 34 ports. 10 listed by an incomplete source: between 0 and 24 missing. 40 listed: enough."""
    facts = {"A": {"ebikes": 100.0}, "B": {"ebikes": 100.0}}
    places = {
        "a": (100, 100, {"capacity": 10.0, "estate_id": "A"}),
        "b": (500, 100, {"capacity": 40.0, "estate_id": "B"}),
    }
    rows = answer(ebike_charging, layers(facts, {"ebike_chargers": places}, complete=False)).of("ports_missing")
    assert rows.loc["A", ["status", "low", "high"]].tolist() == ["unknown", 0, 24]
    assert rows.loc["B", "status"] == "met"


def test_an_estate_without_an_outline_is_not_called_short_of_what_stands_in_it():
    """A is high-rise and not on the map; a station or a charger may well stand in it."""
    given = layers({"A": {"high_rise": 1.0, "ebikes": 90.0}}, {"micro_fire_stations": {"m": (100, 60, {})}})
    frame = given["estates"].frame.copy()
    frame.loc["A", "geometry"] = None
    given["estates"] = town.Estates.of(frame)
    stations, ports = (answer(one, given) for one in (micro_fire_station, ebike_charging))
    assert stations.of("own_station").loc["A", ["status", "basis"]].tolist() == ["unknown", "no_outline"]
    assert ports.of("ports_missing").loc["A", ["status", "low", "high"]].tolist() == ["unknown", 0, 30]


def test_who_needs_nothing_is_met_even_where_supply_is_unknown():
    """No car, no bike, nobody over 60: nothing is missing. A known need without known supply lies between 0 and all."""
    facts = {"A": {"resident_cars": 0.0, "ebikes": 0.0, "residents_60plus": 0.0}, "B": {"resident_cars": 50.0}}
    given = layers(facts, {"elderly_care_sites": {"f": (100, 0, {})}})
    assert column(answer(parking, given), "night_gap", "status")["A"] == "met"
    assert answer(parking, given).of("night_gap").loc["B", ["status", "low", "high"]].tolist() == ["unknown", 0, 50]
    assert column(answer(ebike_charging, given), "ports_missing", "status")["A"] == "met"
    assert column(answer(elderly_care, given), "people_unserved", "status")["A"] == "met"


def test_no_complaints_are_none_however_many_live_there():
    facts = {"A": {"complaints": 0.0, "households": np.nan}, "B": {"complaints": 3.0, "households": 0.0}}
    assert column(answer(complaints, layers(facts)), "complaints_received", "status") == {
        "A": "met", "B": "unknown", "C": "unknown"}


def test_a_walk_from_an_assumed_gate_or_door_is_never_surveyed():
    given = layers({"B": {"high_rise": 0.0}}, {"elderly_care_sites": IN_FRONT_OF_B})
    firm = answer(elderly_care, given).of("reach_net")["confidence"]
    guessed = town.Gates.of(given["gates"].frame.assign(assumed=[True, False, False]))
    given["walk"] = town.StreetNetwork.build(town.streets(), given["estates"], guessed, given["walk"].settings)
    given["doors"] = town.Doors.of(given["doors"].frame.assign(provisional=given["doors"].frame["estate_id"] == "C"))
    assert firm.to_dict() == dict.fromkeys("ABC", "B")
    assert answer(elderly_care, given).of("reach_net")["confidence"].to_dict() == {"A": "D", "B": "B", "C": "D"}
