"""The lift sheet, who answers for what, and what became of tasks: sheets of one workbook, as offices keep them."""

import datetime as dt
import io

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from gis.errors import InputError, ProblemLog
from gis.tables import Estates
from layers.assignments import Responsibilities, TaskProgress, read_progress, read_responsibilities
from layers.lifts import Lifts, read_lifts, with_lifts
from layers.placing.places import Town
from layers.reading.files import Source

TOWN = Town("EPSG:4549")
TASKS = {name: name for name in ("A-停车", "B-养老")}
MATTERS = {"parking": "parking", "停车": "parking", "elderly_care": "elderly_care", "养老": "elderly_care"}


def sheet(path, name, *rows):
    book = openpyxl.load_workbook(path) if path.exists() else openpyxl.Workbook()
    if not path.exists():
        book.remove(book.active)
    page = book.create_sheet(name)
    for row in rows:
        page.append(row)
    data = io.BytesIO()
    book.save(data)
    path.write_bytes(data.getvalue())
    return Source(path, sheet=name)


@pytest.fixture
def estates():
    facts = {"name": ["幸福小区", "和平一村", "东风苑"], "alias_names": ["", "和平路100弄", ""],
             "community": ["甲居委", "乙居委", "乙居委"]}
    return Estates.of(gpd.GeoDataFrame(facts, index=["A", "B", "C"], geometry=[None] * 3, crs="EPSG:4549"))


def lifts(source, estates):
    log = ProblemLog()
    return read_lifts(source, estates, town=TOWN, log=log, data_year=2026), log


def test_each_lift_has_its_estate_its_year_and_the_day_of_its_assessment(tmp_path, estates):
    source = sheet(
        tmp_path / "名册.xlsx", "电梯", ["小区编号", "所属小区", "楼号", "电梯编号", "投用年份", "安全评估日期"],
        ["A", None, "3号楼", "DT-2", 2004, dt.date(2024, 5, 20)],
        [None, "和平路１００弄", "1号楼", "DT-1", "2011年", None],
        [None, "幸福小區", "4号楼", None, None, "2023.6.1"])
    found, log = lifts(source, estates)
    assert list(log) == []
    assert found.frame["estate_id"].to_dict() == {"DT-2": "A", "DT-1": "B", "lift-4": "A"}
    assert found.frame["building"].to_dict() == {"DT-2": "3号楼", "DT-1": "1号楼", "lift-4": "4号楼"}
    assert found.frame["year"].dropna().to_dict() == {"DT-2": 2004.0, "DT-1": 2011.0}
    assert found.frame.loc["DT-2", "assessed_on"] == pd.Timestamp(2024, 5, 20)
    assert found.frame.loc["lift-4", "assessed_on"] == pd.Timestamp(2023, 6, 1)
    assert pd.isna(found.frame.loc["DT-1", "assessed_on"])
    counted = with_lifts(estates, found).frame["lifts"]
    assert counted[["A", "B"]].to_dict() == {"A": 2.0, "B": 1.0}
    assert pd.isna(counted["C"])  # the list names none there, which is not the same as none


@pytest.mark.parametrize("said", ["未评估", "未做", "无", "暂无", "未开展", " 未 評 估 ", "（未评估）", "尚未评估"])
def test_that_a_lift_was_never_assessed_is_an_answer_and_no_fault(tmp_path, estates, said):
    source = sheet(tmp_path / "电梯.xlsx", "电梯", ["小区编号", "电梯编号", "安全评估日期"], ["A", "1", said],
                   ["A", "2", "2024-05-20"], ["A", "3", "未评估过吧"])
    found, log = lifts(source, estates)
    assert found.frame["assessed_on"].isna().tolist() == [True, False, True]
    assert [(one.row, one.value, str(one.why)) for one in log] == [(4, "未评估过吧", "this is not a date")]


def test_a_lift_of_no_estate_is_listed_with_the_estate_that_may_be_meant_and_accounted_for(tmp_path, estates):
    source = sheet(
        tmp_path / "电梯.xlsx", "电梯", ["小区名称", "电梯编号", "投用年份"], ["东风园", "1", 2001],
        ["幸福小区", "2", 2002], ["幸福小区", "2", 2003], ["幸福小区", "3", 2030])
    found, log = lifts(source, estates)
    assert list(found.frame.index) == ["2", "3"]
    said = {(one.row, one.severity, str(one.why)) for one in log}
    assert (2, "warning", "1 rows name this estate, which nobody knows; did you mean 东风苑 (C)?") in said
    assert (2, "warning", "this lift belongs to no estate in the list and is not counted") in said
    assert (4, "error", "another row has this id") in said
    assert (5, "error", "this is not between 1900 and 2026") in said
    (reading,) = log.readings
    assert (reading.part, reading.rows_in, reading.rows_used) == ("lifts", 4, 2)


def test_numbers_of_lifts_are_those_of_their_building_unless_a_register_gave_them(tmp_path, estates):
    rows = [["A", "1号楼", "1#"], ["A", "2号楼", "1#"], ["B", "1号楼", "1#"], ["B", "1号楼", "1#"],
            ["A", "3号楼", "311010110120"], ["B", "3号楼", "311010110120"]]
    found, log = lifts(sheet(tmp_path / "电梯.xlsx", "电梯", ["小区编号", "楼栋", "电梯编号"], *rows), estates)
    assert sorted(found.frame.index) == ["311010110120", "A/1号楼/1#", "A/2号楼/1#", "B/1号楼/1#"]
    assert [(one.row, str(one.why)) for one in log.errors] == [
        (5, "another row has this id"), (7, "another row has this id")]


def test_a_list_of_lifts_without_a_column_for_the_estate_says_which_is_missing(tmp_path, estates):
    source = sheet(tmp_path / "电梯.xlsx", "电梯", ["电梯编号", "投用年份"], ["1", 2001])
    _, log = lifts(source, estates)
    assert [(str(one.column), str(one.why)) for one in log if "missing" in str(one.why)] == [
        ("小区编号 or 小区名称", "this column is missing")]


def duties(source, estates):
    log = ProblemLog()
    return read_responsibilities(source, MATTERS, estates.frame["community"], town=TOWN, log=log), log


def test_a_units_community_goes_before_all_communities_and_blank_stays_blank(tmp_path, estates):
    source = sheet(
        tmp_path / "名册.xlsx", "责任分工", ["事项", "所属居委", "责任单位"], ["停车", None, "城管办"],
        ["停车", "乙居委", "乙居委"], ["养老", None, None])
    found, log = duties(source, estates)
    assert list(log) == []
    assert (found.unit_of("parking"), found.unit_of("parking", "乙居委"), found.unit_of("parking", "甲居委")) == (
        "城管办", "乙居委", "城管办")
    assert found.unit_of("elderly_care", "甲居委") == ""
    assert found.unit_of("childcare") == ""
    assert found.frame["unit"].tolist() == ["城管办", "乙居委", ""]


def test_a_matter_in_traditional_characters_is_the_same_matter(tmp_path, estates):
    source = sheet(tmp_path / "责任.xlsx", "责任分工", ["事項", "責任單位"], ["停車", "城管办"], [" 養 老 ", "民政办"])
    found, log = duties(source, estates)
    assert list(log) == []
    assert found.frame["analysis"].tolist() == ["parking", "elderly_care"]


@pytest.mark.parametrize("said", ["—", "/", "待定", "无", "暂缺", " — "])
def test_a_word_for_no_unit_is_no_unit(tmp_path, estates, said):
    source = sheet(tmp_path / "责任.xlsx", "责任分工", ["事项", "责任单位"], ["停车", said], ["养老", "民政办"])
    found, log = duties(source, estates)
    assert list(log) == []
    assert found.frame["unit"].tolist() == ["", "民政办"]


def test_matters_and_communities_nobody_knows_are_listed(tmp_path, estates):
    source = sheet(
        tmp_path / "责任.xlsx", "责任分工", ["事项", "社区", "责任单位"], ["停车位", "甲居委", "城管办"],
        ["养老", "丙居委", "民政办"], ["停车", "", "城管办"], ["parking", "", "交警"])
    found, log = duties(source, estates)
    said = {(one.row, one.value, one.severity, str(one.why)) for one in log}
    assert (2, "停车位", "warning", "no analysis is called so") in said
    assert (3, "丙居委", "warning", "no estate is in this community") in said
    assert (5, "parking", "error", "another row says who answers for this matter in this community") in said
    assert found.frame["analysis"].tolist() == ["elderly_care", "parking"]
    assert next(str(one.fix) for one in log if one.row == 2).startswith("write one of 停车")
    (reading,) = log.readings
    assert (reading.rows_in, reading.rows_used) == (4, 2)


def test_tasks_have_their_days_and_remarks_and_count_once(tmp_path):
    log = ProblemLog()
    source = sheet(tmp_path / "名册.xlsx", "任务进度", ["任务编号", "完成时限", "完成日期", "进展说明"],
                   ["A-停车", dt.date(2026, 12, 31), None, "已选址"], ["B-养老", "2026年6月30日", "2026.6.1", None],
                   ["A-停车", None, None, None], [None, "2026-01-01", None, "谁的"])
    found = read_progress(source, TASKS, town=TOWN, log=log)
    assert found.frame.index.tolist() == ["A-停车", "B-养老"]
    assert found.frame["due"].tolist() == [pd.Timestamp(2026, 12, 31), pd.Timestamp(2026, 6, 30)]
    assert pd.isna(found.frame.loc["A-停车", "done_on"])
    assert found.frame.loc["B-养老", "done_on"] == pd.Timestamp(2026, 6, 1)
    assert found.frame["remark"].tolist() == ["已选址", ""]
    assert {(one.row, one.severity) for one in log} == {(4, "error"), (5, "error")}


def test_ids_of_tasks_are_known_however_they_are_typed_and_those_of_none_are_said(tmp_path):
    log = ProblemLog()
    source = sheet(tmp_path / "名册.xlsx", "任务进度", ["任务编号", "完成日期"], ["xf1-停车", "2026-05-01"],
                   ["ＸＦ２ － 停車", "2026-05-02"], ["XF1-停车 ", "2026-05-03"], ["XF9-停车", None],
                   ["XF2-绿化", None], ["XF2-parking", None])
    tasks = {f"{key}-{name}": f"{key}-停车" for key in ("XF1", "XF2") for name in ("停车", "parking")}
    found = read_progress(source, tasks, town=TOWN, log=log)
    assert found.frame.index.tolist() == ["XF1-停车", "XF2-停车", "XF2-绿化", "XF9-停车"]
    assert found.frame.loc["XF2-停车", "done_on"] == pd.Timestamp(2026, 5, 2)
    assert {(one.row, one.severity) for one in log if one.severity == "error"} == {(4, "error"), (7, "error")}
    (said,) = [one for one in log if one.severity == "warning"]
    assert str(said.why).startswith("2 rows are of no task that there can be")
    assert [(one.row, one.value) for one in said.cells] == [(5, "XF9-停车"), (6, "XF2-绿化")]


def test_a_task_that_is_said_not_to_be_done_has_no_day(tmp_path):
    log = ProblemLog()
    source = sheet(tmp_path / "名册.xlsx", "任务进度", ["任务编号", "完成时限", "完成日期"],
                   ["A", "2026-12-31", "未完成"], ["B", "无", "2026-06-01"])
    found = read_progress(source, {"A": "A", "B": "B"}, town=TOWN, log=log, data_date=dt.date(2026, 10, 31))
    assert list(log) == []
    assert found.frame["done_on"].isna().to_dict() == {"A": True, "B": False}
    assert found.frame["due"].isna().to_dict() == {"A": False, "B": True}


def test_a_task_done_after_the_day_of_the_data_is_doubted(tmp_path):
    log = ProblemLog()
    source = sheet(tmp_path / "名册.xlsx", "任务进度", ["任务编号", "完成日期"], ["A-停车", "2026-10-31"],
                   ["B-养老", "2027-01-02"])
    found = read_progress(source, TASKS, town=TOWN, log=log, data_date=dt.date(2026, 10, 31))
    assert found.frame["done_on"].notna().all()
    assert [(one.row, one.value, one.severity, str(one.why)) for one in log] == [
        (3, "2027-01-02", "warning", "this task is done after the data_date of the project")]


def test_what_nobody_lists_is_empty_and_of_the_same_form(tmp_path, estates):
    assert list(Lifts.empty().frame.columns) == ["estate_id", "building", "year", "assessed_on"]
    assert with_lifts(estates, Lifts.empty()).frame["lifts"].isna().all()
    assert Responsibilities.empty().unit_of("parking", "甲居委") == ""
    assert list(TaskProgress.empty().frame.columns) == ["due", "done_on", "remark"]
    with pytest.raises(InputError, match="名册"):
        read_progress(Source(tmp_path / "名册.xlsx"), TASKS, town=TOWN, log=ProblemLog())
