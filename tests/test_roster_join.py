"""A row of the roster never becomes another estate's: by a place before the name, a serial number or a chance id."""

import geopandas as gpd
import pytest
import shapely

from gis.errors import ProblemLog
from layers.complaints import count_complaints
from layers.estates import read_estates
from layers.placing.places import Town
from layers.reading.files import Source

TOWN = Town("EPSG:4549")


def joined(tmp_path, drawn, listed):
    """Estates of outlines (id, name, street) and a roster of the same with households 100, 101, …; and the log."""
    shapes = [shapely.box(500_000 + 1000 * n, 3_400_000, 500_100 + 1000 * n, 3_400_100) for n in range(len(drawn))]
    columns = dict(zip(("小区编号", "小区名称", "街道"), zip(*drawn, strict=True), strict=True))
    gpd.GeoDataFrame(columns, geometry=shapes, crs=TOWN.crs).to_file(tmp_path / "边界.gpkg")
    rows = [",".join([*row, str(100 + n)]) for n, row in enumerate(listed)]
    (tmp_path / "名册.csv").write_text("\n".join(["小区编号,小区名称,街道,户数", *rows, ""]), "utf-8")
    log = ProblemLog()
    estates = read_estates(outlines=Source(tmp_path / "边界.gpkg"), roster=Source(tmp_path / "名册.csv"),
                           walled_default=True, log=log, town=TOWN)
    located = estates.frame[estates.located]
    return located.set_index("name")["households"].dropna().to_dict(), log, estates


def errors(log):
    return [(one.row, str(one.why)) for one in log.errors]


@pytest.mark.parametrize(("drawn", "listed"), [
    (("东区花园", "东区"), ("西区花园", "西区")),
    (("海淀区机关宿舍", "海淀区"), ("朝阳区机关宿舍", "朝阳区")),
    (("海淀区机关宿舍", ""), ("朝阳区机关宿舍", "朝阳区")),
    (("海淀区机关宿舍", "海淀区"), ("机关宿舍", "朝阳区")),
    (("开发区公寓", "开发区"), ("高新区公寓", "高新区")),
    (("和平小区", "市北区"), ("和平小区", "市南区")),
    (("和平小区", "长兴县和平镇"), ("和平小区", "德清县和平镇")),
    (("和平小区", "昆山市城关镇"), ("和平小区", "太仓市城关镇")),
    (("和平小区", "东区"), ("和平小区", "西区")),
    (("和平小区", "徐汇区长桥街道"), ("和平小区", "徐汇区田林街道")),
])
def test_a_district_that_differs_keeps_two_estates_apart(tmp_path, drawn, listed):
    found, _, estates = joined(tmp_path, [("1", *drawn)], [("", *listed)])
    assert (found, len(estates)) == ({}, 2)


@pytest.mark.parametrize("again", ["ＱＨＷ００１", "QHW001　", "qhw001"])
def test_an_id_that_is_typed_in_another_way_is_given_twice(tmp_path, again):
    rows = [("QHW001", "棉纺新村", ""), (again, "柳湾里", "")]
    found, log, estates = joined(tmp_path, rows[:1], rows)
    assert (found, len(estates)) == ({"棉纺新村": 100}, 1)
    assert errors(log) == [(3, "another row has this estate id")]


@pytest.mark.parametrize(("drawn", "listed"), [
    (("机关宿舍", ""), ("朝阳区机关宿舍", "朝阳区")), (("朝阳区机关宿舍", "朝阳区"), ("机关宿舍", "朝阳区")),
    (("东区花园", "东区"), ("东区花园", "东区")),
    (("阳光花园", "上海市徐汇区长桥街道"), ("阳光花园", "长桥街道")),
    (("阳光花园", "上海市徐汇区长桥街道"), ("阳光花园", "徐汇区/长桥街道")),
    (("阳光花园", "上海徐汇区长桥街道"), ("阳光花园", "徐汇区长桥街道")),
    (("阳光花园", "济南市市中区杆石桥街道"), ("阳光花园", "市中区杆石桥街道")),
    (("阳光花园", "徐汇区长桥街道"), ("长桥街道阳光花园", "")),
    (("阳光花园", "长桥街道"), ("徐汇区长桥街道阳光花园", "徐汇区长桥街道"))])
def test_the_district_of_both_joins_them(tmp_path, drawn, listed):
    found, log, estates = joined(tmp_path, [("", *drawn)], [("", *listed)])
    assert (found, len(estates), list(log)) == ({drawn[0]: 100}, 1, [])


def test_a_name_that_is_the_same_to_the_letter_comes_before_one_without_its_place(tmp_path):
    both = [("", "东区花园", "东区"), ("", "西区花园", "西区"), ("", "长桥街道花园", "长桥街道"),
            ("", "花园", "长桥街道")]
    found, log, _ = joined(tmp_path, both, both)
    assert found == {"东区花园": 100, "西区花园": 101, "长桥街道花园": 102, "花园": 103}
    assert not log.errors


def test_complaints_are_counted_for_the_estate_they_name_and_not_for_that_of_another_district(tmp_path):
    east = ("A", "东区花园", "东区")
    _, _, estates = joined(tmp_path, [east, ("B", "机关宿舍", "海淀区")], [east])
    (tmp_path / "工单.csv").write_text("小区名称\n西区花园\n东区花园\n朝阳区机关宿舍\n", "utf-8")
    counts = count_complaints(Source(tmp_path / "工单.csv"), estates, town=TOWN, log=ProblemLog())
    assert counts["complaints"].to_dict() == {"A": 1, "B": 0}


def test_serial_numbers_in_another_order_are_an_error_though_no_name_is_the_same_to_the_letter(tmp_path):
    drawn = [(str(n + 1), f"{name}里一期", "") for n, name in enumerate(["幸福", "和平", "友谊", "团结"])]
    listed = [(str(n + 1), f"{name}里", "") for n, name in enumerate(["团结", "友谊", "和平", "幸福"])]
    _, log, _ = joined(tmp_path, drawn, listed)
    ((row, why),) = errors(log)
    assert row == 2
    assert why.startswith("4 rows join by id though the names differ: 团结里 / 幸福里一期, 友谊里 / 和平里一期")


def test_one_id_that_is_in_both_files_by_chance_does_not_hide_that_the_rest_are_of_two_systems(tmp_path):
    names = ["幸福里", "和平里", "友谊里"]
    drawn = [*((f"SH{n}", name, "") for n, name in enumerate(names)), ("3", "光明里", "")]
    listed = [(str(n + 1), name, "") for n, name in enumerate(names)]
    _, log, _ = joined(tmp_path, drawn, listed)
    assert (4, "the id says 光明里 (3), the name says 友谊里 (SH2)") in errors(log)
    assert (2, "边界.gpkg has the same name with another id, SH0: is it one estate or are these two?") in errors(log)


def test_the_roster_of_the_next_street_is_not_joined_by_the_names_that_both_have(tmp_path):
    drawn = [(f"31011000100{n}", name, "") for n, name in enumerate(["幸福里", "友谊里", "春里"])]
    listed = [(f"31011000200{n}", name, "") for n, name in enumerate(["友谊里", "幸福里", "秋里"])]
    found, log, _ = joined(tmp_path, drawn, listed)
    assert found == {}
    assert [row for row, why in errors(log) if "another id" in why] == [2, 3]


def test_ids_hold_where_each_name_holds_the_other_or_looks_like_it(tmp_path):
    names = ["长桥一村", "长桥二村", "罗秀新村", "阳光花园"]
    drawn = [(f"31010400{n}", name, "") for n, name in enumerate(names)]
    listed = [(f"31010400{n}", f"徐汇区长桥街道{name}（动迁房）", "") for n, name in enumerate(names)]
    found, log, _ = joined(tmp_path, drawn, listed)
    assert found == dict(zip(names, (100, 101, 102, 103), strict=True))
    assert errors(log) == []


def test_phases_that_share_another_name_join_by_their_own(tmp_path):
    (tmp_path / "边界.csv").write_text("小区名称,别名\n阳光花园一期,阳光花园\n阳光花园二期,阳光花园\n", "utf-8")
    (tmp_path / "名册.csv").write_text(
        "小区名称,别名,户数\n阳光花园一期,阳光花园,1\n阳光花园二期,阳光花园,2\n", "utf-8")
    log = ProblemLog()
    estates = read_estates(outlines=Source(tmp_path / "边界.csv"), roster=Source(tmp_path / "名册.csv"),
                           walled_default=True, log=log, town=TOWN)
    assert estates.frame.set_index("name")["households"].to_dict() == {"阳光花园一期": 1, "阳光花园二期": 2}
    assert not log.errors


def test_codes_that_were_all_given_anew_join_by_name_and_street_with_one_warning(tmp_path):
    drawn = [("310110001001", "幸福小区", "虹梅街道"), ("310110001002", "光明小区", "虹梅街道"),
             ("310110001003", "和平里", "")]
    listed = [("310110002007", "光明小区", "虹梅街道"), ("310110002008", "幸福", "徐汇区虹梅街道"),
              ("310110002009", "和平里", "虹梅街道")]
    found, log, _ = joined(tmp_path, drawn, listed)
    assert found == {"光明小区": 100, "幸福小区": 101}
    assert [row for row, _ in errors(log)] == [4], "nobody says in which street the outline of 和平里 lies"
    assert len([one for one in log if "2 rows were joined by their names alone" in str(one.why)]) == 1


def test_estates_of_one_name_in_two_streets_are_told_apart_without_ids(tmp_path):
    drawn = [("", "幸福小区", "虹梅街道"), ("", "幸福小区", "长桥街道"), ("", "光明", "长桥街道")]
    _, log, estates = joined(tmp_path, drawn, list(reversed(drawn)))
    assert estates.frame["households"].to_dict() == {
        "幸福小区（虹梅街道）": 102, "幸福小区（长桥街道）": 101, "光明": 100}
    assert errors(log) == []
    (said,) = [str(one.why) for one in log if one.value == "幸福小区（虹梅街道）"]
    assert said.startswith("2 estates share their names with others, have no id and are called by name and street")
    _, log, _ = joined(tmp_path, [("", "幸福小区", "虹梅街道"), ("", "幸福小区", "虹梅街道")], [("", "光明", "")])
    assert [row for row, _ in errors(log)] == [2], "one name in one street is one estate, or needs an id"


def test_a_join_by_numbers_that_any_list_counts_is_said_unless_names_confirm_it(tmp_path):
    drawn = [(number, "", "") for number in "123"]
    listed = [("1", "甲里", ""), ("2", "乙里", ""), ("3", "丙里", "")]
    _, log, _ = joined(tmp_path, drawn, listed)
    said = "3 rows join 边界.gpkg by numbers that any list may count, and no name says that they are the same estates"
    assert [(one.severity, one.value) for one in log if str(one.why) == said] == [("warning", "1–3")]
    _, log, _ = joined(tmp_path, [listed[0], *drawn[1:]], listed)
    assert said not in [str(one.why) for one in log]
    _, log, _ = joined(tmp_path, [("QHW1", "", "")], [("QHW1", "甲里", "")])
    assert list(log) == []


ENDING = "rows were joined though one of the two names lacks 苑 or 坊"


@pytest.mark.parametrize(("drawn", "listed"), [
    (("", "幸福苑", ""), ("", "幸福小区", "")), (("", "幸福", ""), ("", "幸福坊", "")),
    (("", "幸福苑小区", "甲街道"), ("", "幸福", "甲街道"))])
def test_a_name_that_lacks_its_court_is_joined_and_said(tmp_path, drawn, listed):
    found, log, estates = joined(tmp_path, [drawn, ("", "和平里", "")], [listed, ("", "和平里", "")])
    assert found == {drawn[1]: 100, "和平里": 101}
    assert listed[1] in estates.frame["alias_names"].tolist(), "lists that say the roster's name find the estate"
    (said,) = [one for one in log if ENDING in str(one.why)]
    assert (said.severity, said.row) == ("warning", 2)
    assert f"{listed[1]} / {drawn[1]}" in str(said.why)


@pytest.mark.parametrize(("drawn", "listed"), [
    ([("", "幸福苑", "")], [("", "幸福坊", "")]),  # two courts
    ([("", "幸福苑", ""), ("", "幸福坊", "")], [("", "幸福", "")]),  # whose is it?
    ([("", "幸福", "")], [("", "幸福苑", ""), ("", "幸福花园", "")]),
    ([("", "幸福苑", ""), ("", "幸福一村", "")], [("", "幸福", ""), ("", "幸福一村", "")]),  # a third in both
    ([("", "幸福", "甲街道")], [("", "幸福苑", "乙街道")]),  # two streets
    ([("1001", "幸福", ""), ("1003", "东里", "")], [("1002", "幸福苑", ""), ("1003", "东里", "")]),  # two ids
    ([("", "新", "")], [("", "新苑", "")])])
def test_courts_that_may_be_another_estate_are_not_joined(tmp_path, drawn, listed):
    found, log, _ = joined(tmp_path, drawn, listed)
    assert not {"幸福", "幸福苑", "幸福坊", "新"} & set(found)
    assert not [one for one in log if ENDING in str(one.why)]


def test_a_row_that_draws_its_own_outline_is_not_said_to_have_none(tmp_path):
    drawn = shapely.box(500_000, 3_400_000, 500_100, 3_400_100)
    gpd.GeoDataFrame({"小区名称": ["和平苑"]}, geometry=[drawn], crs=TOWN.crs).to_file(tmp_path / "边界.gpkg")
    square = shapely.box(121.005, 30.72, 121.006, 30.721).wkt
    (tmp_path / "名册.csv").write_text(f'小区名称,户数,边界\n和平苑,10,\n和平园,20,"{square}"\n东风里,30,\n', "utf-8")
    log = ProblemLog()
    estates = read_estates(outlines=Source(tmp_path / "边界.gpkg"), roster=Source(tmp_path / "名册.csv"),
                           walled_default=True, log=log, town=TOWN)
    assert set(estates.frame.loc[estates.located, "name"]) == {"和平苑", "和平园"}
    said = [str(one.why) for one in log if "no outline" in str(one.why)]
    assert said == ["1 rows of the roster have no outline: 东风里"]


def test_a_lane_and_a_house_of_one_number_are_offered_for_each_other_and_never_joined(tmp_path):
    drawn = [shapely.box(500_000 + 200 * n, 3_400_000, 500_100 + 200 * n, 3_400_100) for n in range(2)]
    layer = gpd.GeoDataFrame({"小区名称": ["柳湾路200号", "柳湾路300号"]}, geometry=drawn, crs=TOWN.crs)
    layer.to_file(tmp_path / "边界.gpkg")
    (tmp_path / "名册.csv").write_text("小区名称,别名,户数\n绿波苑,柳湾路200弄,10\n", "utf-8")
    log = ProblemLog()
    estates = read_estates(outlines=Source(tmp_path / "边界.gpkg"), roster=Source(tmp_path / "名册.csv"),
                           walled_default=True, log=log, town=TOWN)
    assert sorted(estates.ids) == ["柳湾路200号", "柳湾路300号", "绿波苑"]
    assert [(one.row, str(one.why)) for one in log if "did you mean" in str(one.why)] == [
        (2, "no outline belongs to this row; did you mean 柳湾路200号?")]
