"""What is wrong with outlines, buildings, streets, gates and facilities is said once, with the estates concerned."""

import geopandas as gpd
import pytest
from plots import CRS, NOT_KNOWN, X, Y, estates, rect, said
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

REDRAW = "look at the outlines on the map and redraw those that are wrong"


# outlines


def test_an_overlap_is_named_with_its_area_and_slivers_are_summed():
    """A and B share 40 × 100 m² of a hectare each; B and C a strip of 0.5 × 100 m; D only touches C."""
    shapes = [rect(0, 0, 100, 100), rect(60, 0, 160, 100), rect(159.5, 0, 259.5, 100), rect(259.5, 0, 300, 100)]
    assert said(estates({}, {}, {}, {}, shapes=shapes)) == [
        ("warning: value '乙 (B) + 甲 (A): 4000 m² (40.0%)': 1 pairs of outlines overlap → redraw the line between "
         "the two, so that each place belongs to one estate"),
        ("warning: value '丙 (C) + 乙 (B): 50 m² (0.5%)': 1 pairs of outlines overlap by slivers, 50 m² in all; "
         "that changes no result → nothing, unless the lines are to be exact: snap them to each other")]


def test_an_estate_inside_another_and_two_with_one_outline():
    shapes = [rect(0, 0, 200, 200), rect(50, 50, 100, 100), rect(300, 0, 400, 100), rect(300, 0, 400, 100.5)]
    assert said(estates({}, {}, {}, {}, shapes=shapes)) == [
        ("warning: value '丙 (C) + 丁 (D): 10000 m² (100.0%)': 1 pairs of estates have the same outline: people "
         "and places there count for one of the two → give each estate an outline of its own, or delete the one "
         "that is there twice"),
        ("warning: value '乙 (B)': this estate lies inside the estate 甲 (A); both are kept → take one of them out "
         "of the project if they are one estate")]


def test_of_many_estates_inside_another_fifty_are_said_one_by_one():
    shapes = [rect(0, 0, 2000, 900), *[rect(20 * n, 0, 20 * n + 20, 20) for n in range(60)]]
    found = said(estates(*[{}] * 61, shapes=shapes))
    assert sum("lies inside the estate 甲 (A)" in one for one in found) == 50
    assert [one.partition("': ")[2] for one in found[50:]] == [
        "10 more estates lie inside another one → take one of them out of the project if they are one estate"]


def test_outlines_that_are_small_huge_thin_or_far_apart():
    """10 × 10 m; 2000 × 1001 m; 700 × 5 m, of which 4π·3500/1410² is 0.022; two blocks 250 m apart, two 150 m apart."""
    shapes = [rect(0, 0, 10, 10), rect(0, 2000, 2000, 3001), rect(0, 1000, 700, 1005),
              MultiPolygon([rect(0, 4000, 50, 4050), rect(300, 4000, 350, 4050)]),
              MultiPolygon([rect(0, 5000, 50, 5050), rect(200, 5000, 250, 5050)])]
    assert said(estates(*[{}] * 5, shapes=shapes)) == [
        f"warning: value '甲 (A): 100 m²': 1 outlines are smaller than 200 m² → {REDRAW}",
        ("warning: value '乙 (B): 2002000 m²': 1 outlines are larger than 2 km²: a quarter rather than one estate → "
        f"{REDRAW}"),
        f"warning: value '丙 (C): 3500 m²': 1 outlines are slivers, much longer than wide → {REDRAW}",
        f"warning: value '丁 (D): 5000 m²': 1 outlines have parts more than 200 m from each other → {REDRAW}"]


def test_a_hole_is_named_unless_another_estate_lies_in_it():
    hole, other = rect(10, 10, 40, 40), rect(60, 60, 90, 90)
    shell = Polygon(rect(0, 0, 100, 100).exterior, [hole.exterior, other.exterior])
    assert said(estates({}, {}, shapes=[shell, other])) == [
        ("warning: value '甲 (A): 900 m²': 1 outlines have holes that belong to no other estate → fill the holes where "
        "people live or park there; leave them where the ground is somebody else's")]


def test_outlines_the_program_made_are_not_the_planners_fault():
    made = {"outline_assumed": True, "outline_basis": "tessellation"}
    assert said(estates({}, made, made, shapes=[rect(0, 0, 100, 100), rect(0, 0, 50, 100), rect(0, 0, 9, 9)])) == []


def test_more_people_than_a_hectare_holds():
    fix = "look whether the outline holds the whole estate, and whether the figure is of this estate alone"
    assert said(estates({"residents": 5001}, {"households": 2001}, {"residents": 5000, "households": 2000})) == [
        ("warning: column 常住人口, value '甲 (A): 5001 / 1.00 ha': 1 estates have more than 5000 per hectare of "
         f"their outline → {fix}"),
        ("warning: column 户数, value '乙 (B): 2001 / 1.00 ha': 1 estates have more than 2000 per hectare of their "
         f"outline → {fix}")]


# buildings


def house(number, east=0.0, **facts):
    west = 200 * number + east
    return rect(west, 10, west + 40, 22), {"estate_id": chr(65 + number), "use": "residential"} | facts


def test_a_footprint_that_is_there_twice():
    """Moved by 1 m of 40 two footprints still share 97.5 %, moved by 3 m only 92.5 %."""
    houses = {"a": house(0), "b": house(0, 1), "c": house(1), "d": house(1, 3)}
    assert said(estates({}, {}), houses) == [
        ("warning: value 'a = b': 1 pairs of buildings have the same footprint: homes there are counted twice → "
         "delete the one that is there twice")]


def test_a_footprint_that_is_there_a_thousand_times_is_as_many_pairs_less_one():
    [one] = said(estates({}), {f"b{n:04d}": house(0) for n in range(1000)})
    assert "999 pairs of buildings have the same footprint" in one
    assert one.startswith("warning: value 'b0000 = b0001; b0000 = b0002; b0000 = b0003; ")


def test_the_homes_of_an_estate_inside_another_are_in_both_outlines():
    shapes = [rect(200, 0, 300, 100), rect(190, 0, 400, 200)]
    [one] = said(estates({}, {}, shapes=shapes), {"a": (house(1)[0], {"estate_id": "A", "use": "residential"})})
    assert "this estate lies inside the estate 乙 (B)" in one


def test_an_outline_without_a_home_and_households_that_do_not_fit_the_buildings():
    """A: 100 in the buildings against 130 in the roster (23 % off); B: 120 against 130; C: a shed, no home."""
    houses = {"a": house(0, households=60), "b": house(0, 50, households=40), "c": house(1, households=120),
              "d": house(2, use="other"), "e": house(3)}
    assert said(estates({"households": 130}, {"households": 130}, {"households": 5}, {"households": 1501}), houses) == [
        ("warning: value '丙 (C)': 1 of 4 estates have no residential building inside their outline → look whether "
         "these outlines lie where they should; add the buildings that are missing"),
        ("warning: column 户数, value '甲 (A): 130 ≠ 100': in 1 estates the households of the buildings differ "
         "from the roster by more than 20% → look whether buildings are missing or stand in the wrong estate, or "
         "the figure is of another date"),
        ("warning: column 户数, value '丁 (D): 1501 / 1': 1 estates have more than 1500 households for each "
         "building in their outline → look whether buildings are missing, or the figure is of a larger area")]


# streets and gates


def test_estates_outside_the_streets_near_their_edge_or_far_from_every_one():
    road = LineString([(X - 500, Y - 50), (X + 500, Y - 50)])
    shapes = [rect(0, 0, 100, 100), rect(150, 0, 250, 100), rect(300, 60, 400, 160), rect(2000, 0, 2100, 100)]
    fix = "give streets that reach 1 km beyond the estates, and look whether these outlines lie where they should"
    there = estates({}, {"edge_of_data": True}, {}, {"edge_of_data": True}, shapes=shapes)
    for_cars = LineString([(X + 300, Y + 59), (X + 400, Y + 59)])
    streets = {"s": (road, {"u": 1, "v": 2}), "car": (for_cars, {"foot": False})}
    assert said(there, streets=streets, extent=rect(-500, -500, 600, 500)) == [
        ("warning: value '丁 (D): 1.5 km': 1 estates lie outside the street data; what depends on walking is unknown "
         f"for them → {fix}"),
        ("warning: value '乙 (B)': 1 estates lie near the edge of the street data; what is out of reach there is "
         f"unknown → {fix}"),
        f"warning: value '丙 (C): 110 m': 1 estates are more than 100 m from every street on foot → {fix}"]


def test_some_estates_in_another_place_than_all_streets_are_an_error():
    """B lies 284 km east, as metres of the next zone do; the streets reach 50 m below A."""
    road = LineString([(X - 500, Y - 50), (X + 500, Y - 50)])
    there = estates({}, {}, shapes=[rect(0, 0, 100, 100), rect(284_500, 0, 284_600, 100)])
    assert said(there, streets={"s": (road, {"u": 1, "v": 2})}) == [
        ("error: value '乙 (B): 284.0 km': 1 of 2 estates lie more than 30 km from every street → correct their "
         "coordinates; put what is in another zone into a file of its own with its own crs; or give the streets of "
         "that area")]


def test_a_gate_off_the_outline_of_its_estate():
    """31 m south of A, which its row names, and in the middle of B, 50 m from every wall; C's is on the wall."""
    gates = {"g1": (Point(X + 50, Y - 31), {"estate_id": "A"}), "g2": (Point(X + 250, Y + 50), {"estate_id": "B"}),
             "g3": (Point(X + 450, Y), {"estate_id": "C"}), "g4": (Point(X + 450, Y - 99), {"estate_id": ""})}
    assert said(estates({}, {}, {}), gates=gates) == [
        ("warning: column 小区编号, value 'g1 → 甲 (A): 31 m; g2 → 乙 (B): 50 m': 2 gates lie more than 30 m from the "
        "outline of their estate → correct the place of the gate, its 小区编号, or the outline")]


# facilities


def sites(*rows):
    """Facilities f0, f1 … from (east, north, name, capacity)."""
    return {f"f{n}": (Point(X + east, Y + north), {"name": name, "capacity": capacity})
            for n, (east, north, name, capacity) in enumerate(rows)}


@pytest.mark.parametrize(("kind", "most"), [
    ("car_parks", 10_000), ("ebike_chargers", 2000), ("elderly_care_sites", 2000), ("nurseries", 500),
    ("kindergartens", 1500)])
def test_a_capacity_that_is_not_of_the_kind_or_zero(kind, most):
    rows = sites((0, 0, "大", most + 1), (50, 0, "满", most), (90, 0, "空", 0), (95, 0, "不明", float("nan")))
    assert said(estates({}), facilities={kind: rows}) == [
        (f"warning: column 容量, value '大 (f0): {most + 1}': 1 facilities have a capacity above {most}, which is "
         "not believed of their kind → correct the figure, or leave it empty where it is not known"),
        ("warning: column 容量, value '空 (f2)': 1 existing facilities have a capacity of 0: was that counted, or "
         f"is it not known? → {NOT_KNOWN}")]


def test_a_facility_far_from_every_estate():
    """5 km east of the wall at 100 m: one metre nearer is near, though it is farther than that from the middle."""
    rows = sites((5099, 50, "近", 1), (5101, 50, "远", 1))
    assert said(estates({}), facilities={"fire_stations": rows}) == [
        ("warning: value '远 (f1)': 1 facilities lie more than 5 km from every estate → nothing, if the list is of "
         "a larger area; else correct 经度 and 纬度, or the crs in the section of this file")]


def test_facilities_stacked_by_an_address_search():
    """Three names on one point; two on another, and one name three times on a third, are left alone."""
    rows = sites((9, 9, "甲站", 1), (9, 9, "乙站", 1), (9, 9, "丙站", 1), (50, 9, "丁站", 1), (50, 9, "戊站", 1),
                 (70, 9, "己站", 1), (70, 9, "己站", 1), (70, 9, "己站", 1))
    [one] = said(estates({}), facilities={"nurseries": rows})
    assert one.partition(": ")[2].partition("'")[2].split(": ", 1)[1] == (
        "甲站、乙站、丙站': 3 or more facilities of different names stand on one point, 1 times: an address search "
        "may have known only their street or district → correct 经度 and 纬度, or the crs in the section of this file")


def test_a_facility_on_whole_degrees():
    place = gpd.GeoSeries([Point(121, 31), Point(121, 31.5)], crs="EPSG:4326").to_crs(CRS)
    rows = {"f0": (place[0], {"name": "甲站"}), "f1": (place[1], {"name": "乙站"})}
    assert [one for one in said(estates({}), facilities={"nurseries": rows}) if "5 km" not in one] == [
        ("warning: value '甲站 (f0)': 1 facilities lie on whole degrees, where coordinates were cut off → correct "
         "经度 and 纬度, or the crs in the section of this file")]


def test_what_osm_has_of_facilities_is_not_the_planners_to_correct():
    rows = {key: (shape, facts | {"origin": "osm"}) for key, (shape, facts) in sites((90_000, 0, "远", 0)).items()}
    assert said(estates({}), facilities={"nurseries": rows}) == []
