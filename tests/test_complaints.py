"""Complaints of the 12345 line: each counts once, for the right estate, under its theme, and no person is named."""

from datetime import date

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from analyses.complaints import complaints
from estategap.cli import app
from estategap.project import read_project
from gis.errors import InputError, ProblemLog
from gis.tables import Estates
from layers.complaint_themes import complaint_themes, theme_columns, themes_of
from layers.complaints import ComplaintPeriod, ComplaintWords, count_complaints, with_complaints
from layers.placing.places import Town
from layers.reading.files import Source
from maps.texts import Texts
from tests import town as analysis_town
from tests.small_town import table, write_town

CRS = "EPSG:4549"
FIX = "write 小区编号 or 小区名称 as the estates' file does"
WEST, SOUTH = 500_000, 3_400_000


@pytest.fixture
def estates():
    """幸福 100 m square at the origin, 光明 200 m east of it, 小幸福 inside 幸福's north-east quarter, 无图 nowhere."""
    boxes = [(0, 0, 100, 100), (200, 0, 300, 100), (50, 50, 100, 100)]
    shapes = [shapely.box(WEST + a, SOUTH + b, WEST + c, SOUTH + d) for a, b, c, d in boxes]
    frame = gpd.GeoDataFrame({"name": ["幸福小区（一期）", "光明", "小幸福", "无图"]}, geometry=[*shapes, None],
                             index=["A", "B", "C", "D"], crs=CRS)
    return Estates.of(frame)


def lon_lat(x, y):
    point = gpd.GeoSeries([shapely.Point(WEST + x, SOUTH + y)], crs=CRS).to_crs(4326)[0]
    return point.x, point.y


def count(tmp_path, estates, lines, encoding="gb18030", **more):
    path = tmp_path / "12345.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    log = ProblemLog()
    counts = count_complaints(Source(path), estates, town=Town(CRS), log=log, **more)
    return counts, log


def test_complaints_are_counted_by_id_name_and_place_and_the_rest_listed(tmp_path, estates):
    lines = ["工单编号,小区编号,小区名称,经度,纬度,联系人,联系电话",
             "1,A,,,,张三,13800000000", "2,,光明,,,李四,", "3,,幸福小区 (一期),,,,",
             "4,,,{:.8f},{:.8f},,".format(*lon_lat(250, 50)), "5,,没有的小区,,,王五,", "6,,,,,,"]
    counts, log = count(tmp_path, estates, lines)
    assert counts["complaints"].to_dict() == {"A": 2.0, "B": 2.0, "C": 0.0, "D": 0.0}
    said = [str(one) for one in log]
    assert said[0] == ("12345.csv: columns about persons were dropped unread: 联系人, 联系电话 → "
                       "leave such columns out of the file")
    assert [line for line in said if "belongs to no estate" in line] == [
        f"12345.csv, row {row}: this complaint belongs to no estate and is not counted → {FIX}"
        for row in ("6, value '没有的小区'", "7")]
    account = log.readings[0]
    assert (account.rows_in, account.rows_used, list(account.left_out.values())) == (6, 4, [(6, 7)])
    assert not any(person in line for person in ("张三", "李四", "王五", "138") for line in said)
    assert not log.errors
    assert with_complaints(estates, counts).frame["complaints"].tolist() == [2, 2, 0, 0]


def test_points_of_complaints_are_counted_where_they_lie(tmp_path, estates):
    points = [shapely.Point(WEST + x, SOUTH + 60) for x in (60, 70, 20, 290, 400)]
    gpd.GeoDataFrame({"n": range(5)}, geometry=points, crs=CRS).to_file(tmp_path / "a.gpkg")
    log = ProblemLog()
    counts = count_complaints(Source(tmp_path / "a.gpkg"), estates, town=Town(CRS), log=log)
    assert counts["complaints"].to_dict() == {"A": 1.0, "B": 1.0, "C": 2.0, "D": 0.0}
    assert [(one.row, str(one.why)) for one in log if one.row] == [
        (5, "this complaint belongs to no estate and is not counted")]


@pytest.mark.parametrize(("said", "theme"), [
    ("停车难", "parking"), ("小区停車管理", "parking"), ("违停", "parking"), ("停车占用消防通道", "fire_lanes"),
    ("飞线充电", "charging"), ("电动自行车 充电", "charging"), ("加装电梯", "adding_lifts"), ("电梯故障困人", "lifts"),
    ("违章搭建", "illegal_building"), ("养老助餐", "elderly_care"), ("环境卫生", "environment"),
    ("噪音扰民", "environment"), ("物业服务", "property_management"), ("绿化修剪", "greenery"),
    ("房屋渗漏", "buildings"), ("托育点", "childcare"), ("无障碍坡道", "accessibility"), ("Parking", "parking"),
    ("非机动车乱停放", "charging"),
    ("社保咨询", "other"), ("", "unsaid"), ("  ", "unsaid")])
def test_what_residents_say_has_the_theme_a_clerk_would_give_it(said, theme):
    assert themes_of(pd.Series([said], dtype="object")).tolist() == [theme]


def test_themes_sum_to_the_total_but_for_what_says_nothing(tmp_path, estates):
    lines = ["小区编号,诉求类型", "A,停车难", "A,停车难", "A,飞线充电", "A,社保咨询", "A,", "B,电梯故障"]
    counts, _ = count(tmp_path, estates, lines)
    found = counts.loc["A", [*theme_columns()]]
    assert found[found > 0].to_dict() == {
        "complaints_parking": 2, "complaints_charging": 1, "complaints_other": 1}
    assert counts.loc["A", "complaints"] == 5
    assert counts.loc["B", "complaints_lifts"] == counts.loc["B", "complaints"] == 1
    assert (counts.loc["C"] == 0).all()


def test_a_projects_own_words_come_before_ours(tmp_path, estates):
    lines = ["小区编号,诉求类型", "A,机动车棚", "A,D05类"]
    words = ComplaintWords(themes={"charging": ["机动车棚"], "lifts": ["d05"]})
    counts, _ = count(tmp_path, estates, lines, words=words)
    assert counts.loc["A", ["complaints_charging", "complaints_lifts", "complaints_parking"]].tolist() == [1, 1, 0]


def test_a_theme_no_word_fits_is_named_if_it_is_a_theme_and_not_somebodys_words(tmp_path, estates):
    lines = ["小区编号,诉求类型", *["A,社保咨询"] * 3, "A,张三来电13800000000反映", "A,李四反映邻里纠纷"]
    counts, log = count(tmp_path, estates, lines)
    assert counts.loc["A", "complaints_other"] == 5
    (said,) = [str(one) for one in log]
    assert said == (
        "12345.csv: 5 complaints have a theme that no word of ours fits; they count as other: 社保咨询 → "
        'nothing, or say which of ours they are below [complaints.words], such as parking = ["…"]')


def test_free_text_is_looked_at_only_where_asked_and_never_said(tmp_path, estates):
    lines = ["小区编号,诉求类型,诉求内容", "A,停车难,王五说电梯坏了", "A,,王五说电梯坏了", "A,其他事项,赵六家楼道飞线"]
    asked, log = count(tmp_path, estates, lines, words=ComplaintWords(content="诉求内容"))
    kept = asked.loc["A", ["complaints_parking", "complaints_lifts", "complaints_charging", "complaints_other"]]
    assert kept.tolist() == [1, 1, 1, 0]
    unasked, _ = count(tmp_path, estates, lines)
    assert unasked.loc["A", ["complaints_lifts", "complaints_other"]].tolist() == [0, 1]
    assert not any(person in str(one) for one in log for person in ("王五", "赵六"))
    with pytest.raises(InputError, match="this column is missing"):
        count(tmp_path, estates, lines, words=ComplaintWords(content="内容描述"))


def test_only_the_themes_asked_for_count(tmp_path, estates):
    counts, log = count(tmp_path, estates, ["小区编号,诉求类型", "A,停车难", "A,噪音", "B,機動車停車", "B,"],
                        words=ComplaintWords(only=("停车",)))
    assert counts["complaints"].tolist() == [1, 1, 0, 0]
    assert [(str(one.why), one.severity) for one in log] == [
        ("2 complaints are of other themes and do not count", "warning")]
    assert [list(rows) for rows in log.readings[0].left_out.values()] == [[3, 5]]


def test_the_first_and_the_last_day_of_the_period_count_and_what_has_no_day_is_listed(tmp_path, estates):
    lines = ["小区编号,受理日期", "A,2025-10-31", "A,2025-11-01", "A,2026/10/31 23:59", "A,2026年11月1日", "B,"]
    period = ComplaintPeriod(date(2025, 11, 1), date(2026, 10, 31))
    counts, log = count(tmp_path, estates, lines, period=period)
    assert counts["complaints"].tolist() == [2, 0, 0, 0]
    assert {str(why): rows for why, rows in log.readings[0].left_out.items()} == {
        "this complaint has no day, so nobody knows whether it is of the period; it is not counted": (6,),
        "complaints are outside the period and do not count": (2, 5)}
    assert log.readings[0].rows_in == log.readings[0].rows_used + 3
    assert count(tmp_path, estates, lines)[0]["complaints"].tolist() == [4, 1, 0, 0]


def test_a_day_after_the_date_of_the_data_is_listed_and_no_day_at_all_is_an_error(tmp_path, estates):
    lines = ["小区编号,受理日期", "A,2026-11-02", "A,2026-10-30", "A,2026-13-45"]
    counts, log = count(tmp_path, estates, lines, period=ComplaintPeriod(data_date=date(2026, 10, 31)))
    assert counts.loc["A", "complaints"] == 3
    assert [(one.row, one.value) for one in log if one.severity == "warning"] == [(2, "2026-11-02")]
    assert [one.row for one in log.errors] == [4]
    period = ComplaintPeriod(date(2026, 1, 1), date(2026, 10, 31), date(2026, 10, 31))
    counts, log = count(tmp_path, estates, lines[:3], period=period)
    assert (counts.loc["A", "complaints"], [str(one.why) for one in log]) == (
        1, ["1 complaints are outside the period and do not count"]), "what does not count is not asked about"


def test_the_same_number_counts_once_where_estate_theme_and_day_are_the_same(tmp_path, estates):
    lines = ["工单编号,小区编号,诉求类型,日期", "G1,A,停车,2026-03-01", "G1,A,停车,2026-03-01", "G1,B,停车,2026-03-01",
             "G1,A,停车,2026-04-01", ",B,,", ",B,,"]
    counts, log = count(tmp_path, estates, lines)
    assert counts["complaints"].tolist() == [2, 3, 0, 0]
    other = "another row has this number of a complaint with another estate, theme or day; both are counted"
    assert [(one.row, one.value, str(one.why)) for one in log] == [
        (3, "G1", "another row has this number of a complaint; it is counted once"), (4, "G1", other), (5, "G1", other)]


def test_a_summary_counts_as_often_as_it_says_and_a_blank_number_once(tmp_path, estates):
    counts, log = count(tmp_path, estates, ["小区名称,诉求类型,件数", "幸福小区（一期）,停车,30",
                                            "光明,停车,2", "光明,养老,", "小幸福,停车,0"])
    assert counts["complaints"].to_dict() == {"A": 30, "B": 3, "C": 0, "D": 0}
    assert counts["complaints_parking"].to_dict() == {"A": 30, "B": 2, "C": 0, "D": 0}
    assert [(one.row, str(one.why)) for one in log] == [(4, "this row does not say how many complaints it stands for")]


def test_a_column_of_numbers_that_nobody_fills_in_is_a_list_of_single_complaints(tmp_path, estates):
    counts, log = count(tmp_path, estates, ["小区名称,诉求类型,件数", "光明,停车,", "光明,养老,"])
    assert (counts["complaints"].to_dict(), list(log)) == ({"A": 0, "B": 2, "C": 0, "D": 0}, [])


@pytest.mark.parametrize(("lines", "columns"), [
    (["小区名称,停车,充电,小计数", "光明,30,2,32"], "停车、充电、小计数"),
    (["小区名称,停车投诉", "光明,12", "幸福,3"], "停车投诉"),
    (["小区名称,诉求类型,本月件数,累计件数", "光明,停车,3件,20件"], "本月件数、累计件数"),
    (["小区名称,1月,2月,十二月份", "光明,3,4,5"], "1月、2月、十二月份"),
    (["小区名称,统计日期,本期受理", "光明,2026-03-31,7"], "本期受理"),
    (["小区名稱,一季度,2025年", "光明,7,9"], "一季度、2025年"),
    (["小区名称,诉求类型,,", ",停车,物业,电梯", "光明,3,2,1", "幸福,1,0,2"], "诉求类型"),
])
def test_a_summary_that_counts_in_other_columns_is_refused_with_the_form_it_should_have(
    tmp_path, estates, lines, columns,
):
    with pytest.raises(InputError) as caught:
        count(tmp_path, estates, lines)
    (problem,) = caught.value.problems
    assert problem.value == columns
    assert "小区名称, 诉求类型 and 件数" in str(problem.fix)


@pytest.mark.parametrize("lines", [
    ["小区名称,受理日期,停车相关", "光明,2026-03-01,1"], ["小区名称,处置时长,满意度", "光明,3,5"],
    ["工单编号,小区名称,来电次数累计", "1,光明,3"], ["小区名称,诉求类型,本月情况", "光明,停车,已办结"]])
def test_numbers_that_count_no_complaints_leave_a_list_of_single_ones_alone(tmp_path, estates, lines):
    assert count(tmp_path, estates, lines)[0]["complaints"].tolist() == [0, 1, 0, 0]


def test_the_street_of_a_complaint_tells_estates_of_one_name_apart(tmp_path):
    shapes = [shapely.box(WEST + at, SOUTH, WEST + at + 90, SOUTH + 90) for at in (0, 100, 200)]
    two = Estates.of(gpd.GeoDataFrame(
        {"name": ["幸福小区", "幸福小区", "光明"], "street": ["虹梅街道", "长桥街道", "长桥街道"]}, geometry=shapes,
        index=["A", "B", "C"], crs=CRS))
    lines = ["小区名称,所属街道", "幸福小区,虹梅街道", "幸福,长桥", "幸福小区,", "光明,虹梅街道", "光明,"]
    counts, log = count(tmp_path, two, lines)
    assert counts["complaints"].to_dict() == {"A": 1, "B": 1, "C": 1}
    assert [one.row for one in log if "belongs to no estate" in str(one.why)] == [4, 5]


def test_digits_that_a_spreadsheet_dropped_before_the_export_do_not_make_two_complaints_one(tmp_path, estates):
    """20260301123456701 and …702 both became 20260301123456700."""
    counts, log = count(tmp_path, estates, ["工单编号,小区编号", *["20260301123456700,A"] * 3, "20260301123456800,B"])
    assert counts["complaints"].to_dict() == {"A": 3, "B": 1, "C": 0, "D": 0}
    assert "15 digits" in str(next(iter(log)).why)


def test_numbers_that_excel_has_cut_are_no_numbers_and_every_complaint_counts(tmp_path, estates):
    """Excel keeps 15 digits: 20260315000012340 and …41 become one number, and a CSV shows 2.02603E+16."""
    book = openpyxl.Workbook()
    for row in (["工单编号", "小区编号"], [20260315000012340, "A"], [20260315000012340, "A"], [123456789012345, "B"],
                [123456789012345, "B"], [2.026031500001234e16, "A"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    log = ProblemLog()
    counts = count_complaints(Source(tmp_path / "a.xlsx"), estates, town=Town(CRS), log=log)
    assert counts["complaints"].tolist() == [3, 1, 0, 0]
    said = [(one.row, str(one.why)) for one in log]
    assert said[0][1] == ("3 numbers of complaints were stored as numbers, of which a spreadsheet keeps 15 digits; "
                          "they are not used to find complaints listed twice")
    assert [row for row, _ in said] == [2, 5]
    counts, log = count(tmp_path, estates, ["工单编号,小区编号", "2.02603E+16,A", "2.02603E+16,A",
                                            "20260315000012340,B", "20260315000012341,B", "20260315000012341,B"])
    assert counts["complaints"].tolist() == [2, 2, 0, 0]
    assert [one.row for one in log] == [2, 6]


def test_what_stands_for_no_number_is_no_number(tmp_path, estates):
    lines = [f"{word},A" for word in ("/", "-", "无", "不详", "N/A", "", "暂无") for _ in range(2)]
    counts, log = count(tmp_path, estates, ["工单编号,小区编号", *lines])
    assert counts.loc["A", "complaints"] == 14
    assert not list(log)


def test_a_number_is_the_same_in_wide_letters_in_small_ones_and_with_spaces(tmp_path, estates):
    lines = ["工单编号,小区编号", "A001,A", "Ａ００１,A", "a001,A", "A 001 ,A", "A002,A"]
    counts, log = count(tmp_path, estates, lines)
    assert counts.loc["A", "complaints"] == 2
    assert [(one.row, one.value) for one in log] == [(3, "Ａ００１"), (4, "a001"), (5, "A 001")]


def test_a_name_that_is_nearly_an_estates_is_offered_and_not_counted(tmp_path, estates):
    counts, log = count(tmp_path, estates, ["小区名称", "光明苑子", "光明"])
    assert counts["complaints"].tolist() == [0, 1, 0, 0]
    said = [str(one.why) for one in log]
    assert "1 rows name this estate, which nobody knows; did you mean 光明 (B)?" in said
    assert "this complaint belongs to no estate and is not counted" in said


def settings_of(tmp_path, *lines):
    (tmp_path / "project.toml").write_text("\n".join(
        ["[project]", 'name = "试"', "data_date = 2026-10-31", "[complaints]", 'file = "a.csv"', *lines]), "utf-8")
    return read_project(tmp_path).complaints


def test_a_project_says_period_themes_words_and_the_column_of_free_text(tmp_path):
    said = settings_of(tmp_path, "from = 2025-11-01", "to = 2026-10-31", 'themes = ["停车"]', 'content = "内容"',
                       "[complaints.words]", 'parking = ["A01"]')
    assert said.period(date(2026, 10, 31)) == ComplaintPeriod(date(2025, 11, 1), date(2026, 10, 31), date(2026, 10, 31))
    assert (said.about.only, said.about.content, dict(said.about.themes)) == (("停车",), "内容", {"parking": ["A01"]})


def test_a_theme_there_is_not_and_a_period_that_ends_before_it_begins_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no theme noise; the themes are fire_lanes, charging"):
        settings_of(tmp_path, "[complaints.words]", 'noise = ["A01"]')
    with pytest.raises(InputError, match="the period ends before it begins"):
        settings_of(tmp_path, "from = 2026-11-01", "to = 2026-10-31")
    with pytest.raises(InputError, match="there is no such key"):
        settings_of(tmp_path, "since = 2026-11-01")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_theme_has_a_name(lang):
    texts = Texts(lang)
    assert all(texts.measure("complaints", name) for name in theme_columns())
    assert len({texts.measure("complaints", name) for name in theme_columns()}) == len(complaint_themes()) + 1


def test_a_run_shows_the_themes_that_anybody_complains_of(tmp_path):
    folder = write_town(tmp_path / "town")
    table(folder / "工单.csv", ("小区编号", "诉求类型"), [("X00", "停车难"), ("X00", "飞线充电"), ("X01", "停车难")])
    done = CliRunner().invoke(app, ["run", str(folder)])
    assert done.exit_code == 0, done.output
    run = folder / "runs" / (folder / "runs" / "latest.txt").read_text("utf-8").strip()
    gaps = pd.read_csv(run / "gaps.csv").set_index(["estate_id", "measure"])["required"]
    assert gaps["X00", "complaints_received"] == 2
    assert [gaps["X00", f"complaints_{theme}"] for theme in ("parking", "charging")] == [1, 1]
    assert [gaps["X01", f"complaints_{theme}"] for theme in ("parking", "charging")] == [1, 0]
    assert {name for _, name in gaps.index if name.startswith("complaints_")} == {
        "complaints_received", "complaints_parking", "complaints_charging"}
    assert "停车诉求" in (run / "index.html").read_text("utf-8")


def test_themes_are_weighed_by_households_as_all_are_and_leave_the_headline_as_it_was():
    """3 of 4 complaints from 100 households against a full scale of 5: severity 0.6 and 0.8."""
    facts = {"A": {"complaints": 4.0}, "B": {"complaints": 1.0}, "C": {"complaints": 0.0}}
    themed = {"A": {"complaints_parking": 3.0, "complaints_lifts": 0.0}, "B": {"complaints_parking": 0.0},
              "C": {"complaints_parking": 0.0}}
    plain = analysis_town.answer(complaints, analysis_town.layers(facts))
    told = analysis_town.answer(complaints, analysis_town.layers({key: facts[key] | themed[key] for key in facts}))
    assert set(told.table.index.get_level_values("measure")) == {"complaints_received", "complaints_parking"}
    assert analysis_town.column(told, "complaints_parking", "severity") == pytest.approx({"A": 0.6, "B": 0.0, "C": 0.0})
    pd.testing.assert_frame_equal(told.of("complaints_received"), plain.of("complaints_received"))
    assert told.headline == plain.headline == "complaints_received"


def test_complaints_that_mostly_lie_beside_the_estates_say_how_far_off(tmp_path, estates):
    """Two of three lie 500 m and 700 m east of 光明 (x 300): half lie 600 m off or more."""
    places = ["{:.8f},{:.8f}".format(*lon_lat(x, 50)) for x in (250, 800, 1000)]
    _, log = count(tmp_path, estates, ["经度,纬度", *places])
    assert [str(one.why) for one in log if " of 3 complaints " in str(one.why)] == [
        "2 of 3 complaints that have a place lie in no estate, half of them 600 m or more from the nearest"]
    _, log = count(tmp_path, estates, ["经度,纬度", *places, places[0]])
    assert not [one for one in log if "half of them" in str(one.why)]


def test_a_name_that_does_not_fit_the_place_is_said_with_what_counts(tmp_path, estates):
    """One names nobody's estate and lies in 光明; one names 光明 and lies in 幸福; one lies in 小幸福, inside 幸福."""
    lines = ["小区名称,经度,纬度", "长安里,{:.8f},{:.8f}".format(*lon_lat(250, 50)),
             "光明,{:.8f},{:.8f}".format(*lon_lat(20, 20)), "幸福小区（一期）,{:.8f},{:.8f}".format(*lon_lat(70, 70))]
    counts, log = count(tmp_path, estates, lines)
    assert counts["complaints"].to_dict() == {"A": 1, "B": 2, "C": 0, "D": 0}
    assert [(one.row, one.value, str(one.why)) for one in log] == [
        (2, "长安里",
         "1 complaints name an estate nobody knows and lie in one that is known; they count for the latter"),
        (3, "光明", "1 complaints name one estate and lie in another; they count for the one they name")]


def test_the_building_and_the_flat_behind_the_name_of_an_estate_are_left_off_and_said_once(tmp_path):
    names = ["华丽家园", "柳湾路200弄", "光明里二期", "454弄", "454弄21-40号", "和平路88号"]
    shapes = [shapely.box(WEST + 200 * n, SOUTH, WEST + 200 * n + 100, SOUTH + 100) for n in range(6)]
    estates = Estates.of(gpd.GeoDataFrame({"name": names}, geometry=shapes, index=[*"ABCDEF"], crs=CRS))
    known = ["华丽家园3号楼", "华丽家园3号楼502室", "华丽家园小区 十二栋2单元", "华丽家园3-502", "华丽家园（5号楼）",
             "华丽家园3#", "柳湾路200弄7号101室", "光明里二期甲座", "和平路88号1号楼", "華麗家園3號樓"]
    lost = ["光明里3号楼", "454弄25号", "别处花园1号楼", "别处花园2号楼301室"]
    lines = [f"{n},{one}" for n, one in enumerate([*known, *lost])]
    counts, log = count(tmp_path, estates, ["工单编号,小区名称", *lines])
    assert counts["complaints"].to_dict() == {"A": 7, "B": 1, "C": 1, "D": 0, "E": 0, "F": 1}
    taken, left = [one for one in log if "name a building" in str(one.why)]
    assert str(taken.why).startswith("10 complaints name a building, a flat or an address")
    assert ([one.row for one in taken.cells], taken.severity) == ([*range(2, 12)], "warning")
    assert str(left.why) == "4 complaints name a building or a flat of no estate in the list and are not counted"
    assert [(one.row, one.value) for one in left.cells] == [
        (12, "光明里"), (13, "454弄"), (14, "别处花园"), (15, "别处花园")]
    assert not [one for one in log if any(flat in str(one) for flat in ("502", "301", "101"))]
    assert not [one for one in log if "belongs to no estate" in str(one.why)]


def test_how_often_one_complaint_was_sent_on_is_no_count_of_complaints(tmp_path, estates):
    lines = ["小区名称,诉求类型,受理时间,催办次数,重复来电次数,涉及人数", "光明,停车,2026-03-01 10:00,2,1,30",
             "光明,物业,20260302103000,0,0,5"]
    counts, log = count(tmp_path, estates, lines)
    assert counts["complaints"].to_dict() == {"A": 0, "B": 2, "C": 0, "D": 0}
    assert not log.errors


def test_themes_counted_by_month_are_a_summary_and_not_one_complaint_per_row(tmp_path, estates):
    with pytest.raises(InputError, match="seem to count complaints"):
        count(tmp_path, estates, ["月份,小区名称,停车,物业", "2026年3月,光明,12,3", "2026年4月,光明,8,1"])


@pytest.mark.parametrize("header", ["来电人次", "投诉人次", "诉求人数", "督办件数", "重复投诉量"])
def test_a_summary_that_counts_callers_is_refused_and_not_one_complaint_per_row(tmp_path, estates, header):
    with pytest.raises(InputError, match="seem to count complaints"):
        count(tmp_path, estates, [f"小区名称,诉求类型,{header}", "光明,停车,30", "光明,物业,5"])
