"""Official lists and OSM together: the same facility counts once, nothing disappears without a line in the audit."""

import csv

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from estategap.cli import app
from gis.errors import ProblemLog
from gis.tables import Estates, Facilities
from layers.conflation import conflate
from layers.facilities import merge_facilities, read_facilities
from layers.placing.places import Town
from layers.reading.files import Source
from tests.small_town import X0, Y0, table, write_town

CRS = "EPSG:4549"
WEST, SOUTH = 500_000, 3_400_000


def source(*rows, origin="surveyed", file="", complete=False):
    """Rows of (id, name, x, y) in metres, or with None for x where there is no place; then further columns."""
    frame = gpd.GeoDataFrame(
        {"name": [row[1] for row in rows], "origin": origin, "source": file,
         "source_row": [number if origin == "surveyed" else None for number, _ in enumerate(rows, start=2)]},
        index=[row[0] for row in rows], crs=CRS,
        geometry=[None if row[2] is None else shapely.Point(WEST + row[2], SOUTH + row[3]) for row in rows])
    for number, row in enumerate(rows):
        for name, value in (row[4] if len(row) > 4 else {}).items():
            frame.loc[frame.index[number], name] = value
    return Facilities.of(frame, kind="car_parks", complete=complete)


def osm(*rows):
    return source(*rows, origin="osm", file="a.osm")


def merged(lists, mapped=None):
    log = ProblemLog()
    whole = merge_facilities(lists, mapped, log=log)
    audit = whole.audit.set_index("facility_id")
    return whole, {key: (row["result"], row["other_id"]) for key, row in audit.iterrows()}, log


def test_within_15_m_any_name_is_the_same_and_beyond_it_is_not():
    listed = source(("1", "人民停车场", 0, 0), complete=True)
    whole, said, log = merged([listed], osm(("w1", "", 14.9, 0), ("w2", "", -15.1, 0)))
    assert sorted(whole.ids) == ["1", "w2"]
    assert said == {"1": ("kept", ""), "w1": ("dropped", "1"), "w2": ("kept", "")}
    assert whole.complete
    assert [str(one.why) for one in log] == ["1 OSM objects were left out because the list has them"]


def test_what_two_lists_have_in_one_estate_is_asked_about_where_one_only_counts():
    """The second list counts in A and B without names or places; the first has a place in A, and in C, one by name."""
    placed = source(("1", "东站", 0, 0, {"estate_id": "A"}), ("2", "西站", 500, 0, {"estate_id": "C"}))
    counts = source(("car_parks-2", "", None, None, {"estate_id": "A"}),
                    ("car_parks-3", "", None, None, {"estate_id": "B"}),
                    ("x", "南站", None, None, {"estate_id": "C"}))
    whole, said, log = merged([placed, counts])
    assert len(whole) == 5
    assert said == {"1": ("kept", ""), "2": ("kept", ""), "car_parks-2": ("asked", "1"), "car_parks-3": ("kept", ""),
                    "x": ("kept", "")}
    assert [str(one.why) for one in log] == [
        "1 facilities may be the same as another and count twice: car_parks-2 ≈ 东站"]
    _, turned, _ = merged([counts, placed])
    assert turned["1"] == ("asked", "car_parks-2")


def test_one_name_within_50_m_is_the_same_and_beyond_it_is_asked():
    listed = source(("1", "人民停车场", 0, 0), ("2", "新村停车场", 1000, 0))
    whole, said, _ = merged([listed], osm(("w1", "人民 停車場", 49.9, 0), ("w2", "新村停车场", 1050.1, 0),
                                          ("w3", "新村停车场", 1100.1, 0)))
    assert said["w1"] == ("dropped", "1")
    assert said["w2"] == ("asked", "2")
    assert said["w3"] == ("asked", "w2")
    assert sorted(whole.ids) == ["1", "2", "w2", "w3"]


def test_the_audit_says_how_far_apart_how_alike_and_why():
    listed = source(("1", "人民广场停车场", 0, 0, {"capacity": 30.0}), file="停车场.xlsx")
    whole, _, _ = merged([listed], osm(("w1", "人民广场", 3, 4, {"capacity": 99.0})))
    row = whole.audit.set_index("facility_id").loc["w1"]
    assert (row["distance_m"], row["other_source"], row["other_row"]) == (5.0, "停车场.xlsx", 2)
    # 2 × 4 of 7 + 4 characters agree
    assert row["likeness"] == pytest.approx(round(100 * 8 / 11))
    assert (str(row["why"]), row["capacity"], row["other_capacity"]) == ("same place", 99, 30)
    assert whole.frame.loc["1", "capacity"] == 30


def test_a_name_that_is_the_same_wins_over_one_that_is_only_nearer():
    listed = source(("a", "甲", 0, 0), ("b", "乙", 10, 0))
    _, said, _ = merged([listed], osm(("wa", "甲", 6, 0), ("wb", "乙", 16, 0)))
    assert said["wa"] == ("dropped", "a")
    assert said["wb"] == ("dropped", "b")


def test_a_facility_of_the_list_stands_for_one_object_of_osm_and_the_next_is_asked():
    _, said, log = merged([source(("1", "", 0, 0))], osm(("near", "", 3, 0), ("far", "", 9, 0)))
    assert said["near"] == ("dropped", "1")
    assert said["far"] == ("asked", "1")
    assert "1 facilities may be the same as another and count twice: far ≈ 1" in [str(one.why) for one in log]


def test_equal_distances_are_decided_by_the_order_of_ids_not_of_rows():
    objects = [("w1", "", 5, 0), ("w2", "", -5, 0)]
    answers = [merged([source(("1", "", 0, 0))], osm(*order))[1] for order in (objects, objects[::-1])]
    assert answers[0] == answers[1]
    assert answers[0]["w1"] == ("dropped", "1")


def test_the_list_named_first_wins_over_the_second_and_both_over_osm():
    first = source(("1", "甲", 0, 0), file="一.xlsx")
    second = source(("9", "", 10, 0), ("8", "丙", 500, 0), file="二.xlsx")
    whole, said, log = merged([first, second], osm(("w", "", 12, 0)))
    assert said == {"1": ("kept", ""), "9": ("dropped", "1"), "8": ("kept", ""), "w": ("dropped", "1")}
    assert sorted(whole.ids) == ["1", "8"]
    assert {str(one.why) for one in log} == {
        "1 OSM objects were left out because the list has them",
        "1 rows are facilities that an earlier list has; they are not counted again"}
    assert merged([second, first])[1]["1"] == ("dropped", "9")


def test_what_the_list_leaves_empty_is_not_filled_from_osm_but_said():
    listed = source(("1", "人民停车场", 0, 0))
    whole, _, log = merged([listed], osm(("w", "", 2, 0, {"capacity": 80.0, "area_m2": 2000.0})))
    assert whole.frame[["capacity", "area_m2"]].isna().all(axis=None)
    assert [(str(one.why), one.value) for one in log][1] == (
        "1 facilities have no capacity in the list, though OSM has; it is not used", "人民停车场")


def test_two_rows_of_one_list_with_one_name_or_on_one_point_are_asked_and_kept():
    listed = source(("1", "人民停车场", 0, 0), ("2", "人民停车场", 30, 0), ("3", "", 500, 0), ("4", "", 500.5, 0),
                    ("5", "3号充电棚", 900, 0), ("6", "4号充电棚", 900, 0), ("7", "", 502, 0))
    whole, said, _ = merged([listed])
    assert said == {"1": ("kept", ""), "2": ("asked", "1"), "3": ("kept", ""), "4": ("asked", "3"),
                    "5": ("kept", ""), "6": ("kept", ""), "7": ("kept", "")}
    assert len(whole) == 7


def test_names_that_are_alike_within_100_m_are_asked_unless_their_numbers_differ():
    listed = source(("1", "幸福第一停车场", 0, 0), ("2", "和平3号停车场", 1000, 0))
    _, said, _ = merged([listed], osm(("w1", "幸福第一停车厂", 90, 0), ("w2", "和平4号停车场", 1090, 0),
                                      ("w3", "光明影院", 60, 0), ("w4", "幸福第一停车场", 0, 100.1)))
    assert said["w1"][0] == "asked"
    assert said["w2"] == ("kept", "")
    assert said["w3"] == ("kept", "")
    assert said["w4"] == ("kept", "")


def test_a_row_without_a_place_is_the_same_as_one_of_its_name_in_its_estate():
    placed = source(("1", "北门车库", 0, 0, {"estate_id": "A"}), ("2", "北门车库", 900, 0, {"estate_id": "B"}))
    rows = [(key, "北门车库", None, None, {"estate_id": estate}) for key, estate in (("x", "B"), ("y", "C"))]
    counted = source(*rows)
    assert merged([placed, counted])[1] == {
        "1": ("kept", ""), "2": ("kept", ""), "x": ("dropped", "2"), "y": ("kept", "")}


def test_osm_objects_in_an_estate_whose_sites_a_list_only_counts_are_asked():
    counted = source(("x", "", None, None, {"estate_id": "A", "sites": 20.0}))
    _, said, _ = merged([counted], osm(("w1", "", 0, 0, {"estate_id": "A"}), ("w2", "", 200, 0, {"estate_id": "B"})))
    assert said["w1"] == ("asked", "x")
    assert said["w2"] == ("kept", "")


def test_osm_alone_is_not_complete_and_an_empty_list_and_osm_are_osm():
    assert not merged([], osm(("w1", "", 0, 0)))[0].complete
    nothing = Facilities.empty(CRS, kind="car_parks", complete=True)
    whole, said, log = merged([nothing], osm(("w1", "", 0, 0)))
    assert whole.complete
    assert said == {"w1": ("kept", "")}
    assert list(log) == []
    assert len(merged([nothing])[0]) == 0


def test_two_lists_may_share_ids():
    both, _, _ = merged([source(("1", "甲", 0, 0)), source(("1", "乙", 99, 0))])
    assert both.frame["name"].to_dict() == {"1": "甲", "2-1": "乙"}


@pytest.mark.parametrize("other", ["planned", "closed"])
def test_a_planned_or_closed_facility_takes_nothing_from_one_that_stands_and_is_asked(other):
    beds = [(0, other, 200.0), (8, "existing", 80.0)]
    lists = [source((str(at), "幸福养老院", at, 0, {"status": status, "capacity": number}))
             for at, status, number in beds]
    for order in (lists, lists[::-1]):
        whole, said, _ = merged(order)
        assert whole.existing["capacity"].sum() == 80
        assert [result for result, _ in said.values()] == ["kept", "asked"]


def test_a_plan_takes_nothing_from_what_osm_has_there_and_is_asked():
    plan = source(("0", "幸福养老院", 0, 0, {"status": "planned", "capacity": 200.0}))
    whole, said, log = merged([plan], osm(("w", "", 5, 0, {"capacity": 70.0})))
    assert (whole.existing["capacity"].sum(), said["w"]) == (70, ("asked", "0"))
    assert "same name or place, but not the same status (existing, planned, closed)" in {
        str(why) for why in whole.audit["why"]}
    assert [str(one.why) for one in log] == ["1 facilities may be the same as another and count twice: w ≈ 幸福养老院"]


def test_a_facility_that_the_list_says_is_closed_is_not_kept_alive_by_osm():
    listed = source(("1", "幸福养老院", 0, 0, {"status": "closed"}))
    whole, said, _ = merged([listed], osm(("w", "", 5, 0, {"capacity": 70.0})))
    assert (len(whole.existing), said["w"]) == (0, ("dropped", "1"))


def test_two_plans_for_one_facility_are_one():
    plans = [source((key, "幸福养老院", 0, 0, {"status": "planned"})) for key in "ab"]
    assert merged(plans)[1]["b"] == ("dropped", "a")


@pytest.mark.parametrize(("ours", "theirs", "result"), [
    ("3号充电棚", "4号充电棚", "asked"), ("三号充电棚", "3号充电棚", "dropped"), ("A区车棚", "B区车棚", "asked"),
    ("南门车库", "北门车库", "asked"), ("3号充电棚", "充电棚", "dropped"), ("幸福车棚", "和平充电站", "dropped"),
    ("幸福东门3号车棚", "车棚3号", "dropped")])
def test_names_that_contradict_each_other_are_two_places_however_near(ours, theirs, result):
    whole, said, _ = merged([source(("1", ours, 0, 0, {"capacity": 20.0}))], osm(("w", theirs, 8, 0)))
    assert said["w"] == (result, "1")
    assert len(whole) == (2 if result == "asked" else 1)


def test_one_number_and_name_in_two_lists_far_apart_is_asked_and_kept():
    first, second = source(("YL1", "幸福养老院", 0, 0), ("YL2", "甲", 500, 0)), source(
        ("YL1", "幸福养老院", 120, 0), ("YL2", "乙", 900, 0))
    whole, said, log = merged([first, second])
    assert len(whole) == 4
    assert said["2-YL1"] == ("asked", "YL1")
    assert said["2-YL2"] == ("kept", "")
    assert whole.audit.set_index("facility_id").loc["2-YL1", "distance_m"] == 120
    assert [str(one.why) for one in log] == [
        "1 facilities may be the same as another and count twice: 幸福养老院 ≈ 幸福养老院"]


def test_the_number_of_a_row_is_no_number_of_a_facility():
    """Lists without a column of numbers number their rows: row 2 of one list and of another have nothing in common."""
    lists = [source(("car_parks-2", "停车场", at, 0)) for at in (0, 500)]
    assert merged(lists)[1]["2-car_parks-2"] == ("kept", "")


def test_ids_that_look_like_those_of_a_second_list_stay_apart():
    both, _, _ = merged([source(("A", "甲", 0, 0), ("2-A", "乙", 300, 0)), source(("A", "丙", 600, 0))])
    assert both.frame["name"].to_dict() == {"A": "甲", "2-A": "乙", "2-2-A": "丙"}


names = st.sampled_from(["", "甲", "乙", "甲停车场"])
places = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 30), names), max_size=12)


@settings(max_examples=60, deadline=None)
@given(first=places, second=places, third=places)
def test_every_row_is_in_the_audit_once_and_none_is_the_same_as_one_that_is_gone(first, second, third):
    tables = [source(*((f"{mark}{n}", name, x, y) for n, (x, y, name) in enumerate(rows))).frame
              for mark, rows in zip("abc", (first, second, third), strict=True)]
    found = conflate(tables, "car_parks")
    audit = found.audit.set_index("facility_id")
    assert list(audit.index) == [key for one in tables for key in one.index]
    gone = audit[audit["result"] == "dropped"]
    assert set(found.frame.index) == set(audit.index) - set(gone.index)
    assert not set(gone["other_id"]) & set(gone.index)
    assert not pd.Series(zip(gone["other_id"], gone.index.str[0], strict=True)).duplicated().any()
    where = pd.concat([one.geometry for one in tables])
    for key, row in gone.iterrows():
        assert row["distance_m"] == pytest.approx(where[key].distance(where[row["other_id"]]), abs=0.001)
        assert row["distance_m"] <= 50
        assert key[0] > row["other_id"][0]
    # no two sources are left with objects that are within 15 m of each other and free
    lone = audit[audit["result"] == "kept"]
    assert all(where[one].distance(where[two]) > 15 or one in set(gone["other_id"]) or two in set(gone["other_id"])
               for one in lone.index for two in lone.index if one[0] < two[0])


def write_list(path, *rows):
    book = openpyxl.Workbook()
    for row in (("名称", "泊位数", "x", "y"), *rows):
        book.active.append(row)
    book.save(path)
    return Source(path, crs=CRS)


def test_the_account_of_a_list_says_which_rows_an_earlier_list_has(tmp_path):
    estates = Estates.of(gpd.GeoDataFrame({"name": ["幸福"]}, index=["A"], crs=CRS,
                                          geometry=[shapely.box(WEST, SOUTH, WEST + 100, SOUTH + 100)]))
    files = [write_list(tmp_path / "街道.xlsx", ("甲", 10, WEST, SOUTH), ("乙", 5, WEST + 300, SOUTH)),
             write_list(tmp_path / "交警.xlsx", ("丙", 7, WEST + 500, SOUTH), ("乙", None, WEST + 305, SOUTH))]
    log = ProblemLog()
    lists = [read_facilities(one, kind="car_parks", surveyed=True, estates=estates, town=Town(CRS), log=log)
             for one in files]
    whole = merge_facilities(lists, None, log=log)
    assert whole.frame["name"].tolist() == ["丙", "甲", "乙"]
    assert [(one.file, one.rows_in, one.rows_used) for one in log.readings] == [
        ("街道.xlsx", 2, 2), ("交警.xlsx", 2, 1)]
    assert [(str(why), rows) for why, rows in log.readings[1].left_out.items()] == [
        ("the same facility as one of an earlier list", (3,))]


def test_a_run_writes_the_audit_as_a_table_that_excel_opens_and_no_formula_in_it(tmp_path):
    town = write_town(tmp_path / "town")
    table(town / "养老.csv", ("名称", "容量", "x", "y"), [("=1+1", 5, X0 + 1, Y0 + 1), ("=1+1", 6, X0 + 9, Y0 + 1)])
    done = CliRunner().invoke(app, ["run", str(town)])
    assert done.exit_code == 0, done.output
    run = town / "runs" / (town / "runs" / "latest.txt").read_text("utf-8").strip()
    raw = (run / "conflation.csv").read_bytes()
    assert raw.startswith("\ufeff设施类别,处理结果".encode())
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    care = [row for row in rows if row["来源文件"] == "养老.csv"]
    assert [row["设施名称"] for row in care] == ["'=1+1", "'=1+1"]
    assert [row["处理结果"] for row in care] == ["采用", "采用，但可能与对应设施重复，请核对"]
    assert (care[1]["相距（米）"], care[1]["行号"], care[1]["对应行号"]) == ("8", "3", "2")
    assert care[1]["依据"] == "名称相同，且相距很近或在同一小区"
    assert 'href="conflation.csv"' in (run / "index.html").read_text("utf-8")
