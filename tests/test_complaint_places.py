"""Whose is a complaint that gives an address, no day or no place, and what is then known of an estate's number?"""

import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.complaints import complaints
from estategap.cli import app
from gis.tables import Estates
from layers.complaints import ComplaintPeriod
from layers.naming.names import without_towns
from tests import town as analysis_town
from tests.small_town import table, write_town
from tests.test_complaints import count, estates

__all__ = ["estates"]


@pytest.fixture
def addressed(estates):
    """A and B have an address each, of which the roster writes one with its city."""
    return Estates.of(estates.frame.assign(address=["某市东区和平路100弄", "和平路102弄、春风街5弄", "", ""]))


@pytest.mark.parametrize(("said", "wanted"), [
    ("某省某市东城区和平路100弄3号", "和平路100弄3号"), ("五角场街道 国权路 5弄", "国权路5弄"),
    ("镇宁路100弄", "镇宁路100弄"), ("阳光城市花园3号楼", "阳光城市花园3号楼"), ("市光路8弄", "市光路8弄"),
    ("浦东新区张杨路5号", "张杨路5号"), ("", "")])
def test_places_before_a_road_are_left_off_and_nothing_else(said, wanted):
    assert without_towns(said) == wanted


def test_addresses_count_for_the_estate_whose_address_they_begin_with(tmp_path, addressed):
    lines = ["诉求地址,日期", "和平路100弄3号502室,2026-01-05", "某市和平路102弄,2026-01-05",
             "春风街5弄2号楼,2026-01-06",
             "光明小区5栋,2026-01-06", "长安街1弄3号,2026-01-06"]
    counts, log = count(tmp_path, addressed, lines)
    assert counts["complaints"].to_dict() == {"A": 1, "B": 3, "C": 0, "D": 0}
    said = [str(one.why) for one in log]
    assert sum("by what stands before the building they are of one estate" in one for one in said) == 1
    assert "502" not in " ".join([*said, *(one.value for one in log)])


def test_an_address_in_the_column_of_names_is_one_too(tmp_path, addressed):
    counts, _ = count(tmp_path, addressed, ["小区名称", "和平路100弄", "东区和平路100弄1号", "和平路102弄7号"])
    assert counts["complaints"].to_dict() == {"A": 2, "B": 1, "C": 0, "D": 0}


def test_an_address_that_two_estates_have_is_nobodys(tmp_path, estates):
    both = Estates.of(estates.frame.assign(address=["和平路100弄", "和平路100弄", "", ""]))
    counts, _ = count(tmp_path, both, ["诉求地址", "和平路100弄3号", "光明3栋"])
    assert counts["complaints"].to_dict() == {"A": 0, "B": 1, "C": 0, "D": 0}


def test_where_no_complaint_belongs_to_an_estate_their_number_is_unknown(tmp_path, estates):
    counts, _ = count(tmp_path, estates, ["小区名称", "长安里", "永宁里"])
    assert counts["complaints"].isna().all()
    told = analysis_town.answer(complaints, analysis_town.layers(
        {key: {"complaints": float("nan"), "complaints_more": 2.0} for key in "AB"}))
    assert set(analysis_town.column(told, "complaints_received", "status").values()) == {"unknown"}
    assert analysis_town.column(told, "complaints_received", "basis")["A"].startswith("no_match")


def test_a_list_without_a_complaint_of_the_period_means_none(tmp_path, estates):
    period = ComplaintPeriod(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-01-31").date())
    counts, _ = count(tmp_path, estates, ["小区编号,日期", "A,2025-12-05"], period=period)
    assert counts["complaints"].tolist() == [0, 0, 0, 0]
    assert counts["complaints_more"].tolist() == [0, 0, 0, 0]


def test_complaints_without_a_day_may_be_of_the_period_and_those_without_a_place_of_any_estate(tmp_path, estates):
    """A has one of the period and two that may be; one says nothing of where it is."""
    period = ComplaintPeriod(pd.Timestamp("2026-01-01").date(), pd.Timestamp("2026-01-31").date())
    lines = ["小区编号,日期,诉求类型", "A,2026-01-05,停车", "A,,停车", "A,,电梯", ",2026-01-06,停车",
             "B,2026-02-01,停车"]
    counts, _ = count(tmp_path, estates, lines, period=period)
    assert counts["complaints"].to_dict() == {"A": 1, "B": 0, "C": 0, "D": 0}
    assert counts["complaints_more"].to_dict() == {"A": 3, "B": 1, "C": 1, "D": 1}


@pytest.mark.parametrize("said", ["无", "不详", "/", "其他", "未提供", "－"])
def test_a_word_for_none_in_the_column_of_estates_names_none(tmp_path, estates, said):
    lines = ["小区名称,诉求地址,诉求类型", f"{said},,停车", f",{said},停车", "光明,,停车", "长安里,,停车"]
    counts, _ = count(tmp_path, estates, lines)
    assert counts["complaints"].to_dict() == {"A": 0, "B": 1, "C": 0, "D": 0}
    assert counts["complaints_more"].tolist() == [2, 2, 2, 2]


def test_the_bounds_hold_what_may_be_of_the_estate():
    """100 households and a full scale of 5: 1 complaint for sure, 4 at most; 0 for sure, 2 at most."""
    told = analysis_town.answer(complaints, analysis_town.layers(
        {"A": {"complaints": 1.0, "complaints_more": 3.0}, "B": {"complaints": 0.0, "complaints_more": 2.0}}))
    rows = told.of("complaints_received").loc[["A", "B"]]
    assert (rows["low"].tolist(), rows["high"].tolist()) == ([1, 0], [4, 2])
    assert rows["severity_high"].tolist() == pytest.approx([0.8, 0.4])
    assert rows["confidence"].iloc[1] == "D"


def test_a_summary_by_month_counts_the_months_of_the_period(tmp_path, estates):
    period = ComplaintPeriod(pd.Timestamp("2026-10-01").date(), pd.Timestamp("2026-10-31").date())
    lines = ["小区编号,月份,件数", "A,2026年9月,15", "A,2026年10月,12", "B,2026年10月,3"]
    counts, _ = count(tmp_path, estates, lines, period=period)
    assert counts["complaints"].to_dict() == {"A": 12, "B": 3, "C": 0, "D": 0}


def test_a_run_in_which_every_complaint_is_lost_shows_no_zero(tmp_path):
    folder = write_town(tmp_path / "town")
    table(folder / "工单.csv", ("小区名称", "诉求类型"), [("无此小区甲", "停车难"), ("无此小区乙", "停车难")])
    done = CliRunner().invoke(app, ["run", str(folder)])
    assert done.exit_code == 0, done.output
    run = folder / "runs" / (folder / "runs" / "latest.txt").read_text("utf-8").strip()
    gaps = pd.read_csv(run / "gaps.csv")
    assert set(gaps[gaps["measure"] == "complaints_received"]["status"]) == {"unknown"}


@pytest.mark.parametrize("said", [
    "光明小区南门", "光明小区（南门口）", "光明小区3号楼地下车库", "光明5栋门口", "光明小区内", "光明小区3号-302",
    "光明小区3号楼502室王女士家", "光明小区地下停车场入口"])
def test_spots_and_flats_behind_an_estate_are_of_it(tmp_path, estates, said):
    counts, log = count(tmp_path, estates, ["诉求地址", said])
    assert counts["complaints"].to_dict() == {"A": 0, "B": 1, "C": 0, "D": 0}
    assert not any(hidden in f"{one} {one.cells}" for one in log for hidden in ("502", "302", "王"))


@pytest.mark.parametrize("said", ["光明小区对面", "光明小区隔壁", "光明小区旁边的工地", "光明停车场", "光明中心花园"])
def test_what_lies_beside_an_estate_is_not_of_it(tmp_path, estates, said):
    counts, _ = count(tmp_path, estates, ["诉求地址", said, "光明小区"])
    assert counts["complaints"].to_dict() == {"A": 0, "B": 1, "C": 0, "D": 0}


def test_a_house_is_of_the_estate_that_has_its_number(tmp_path, estates):
    """A has houses 1 to 30 of the lane, B 31 to 60; of the other lane nobody knows who has house 7."""
    known = Estates.of(estates.frame.assign(
        address=["某市和平路100弄1-30号", "和平路100弄31-60号", "春风街5弄1-9号", "春风街5弄"]))
    lines = ["诉求地址", "和平路100弄3号502室", "某市和平路100弄30号", "和平路100弄31号-101", "和平路100弄61号",
             "春风街5弄7号"]
    counts, _ = count(tmp_path, known, lines)
    assert counts["complaints"].to_dict() == {"A": 2, "B": 1, "C": 0, "D": 0}


def test_the_houses_of_a_lane_in_the_address_of_its_estate_do_not_make_it_two(tmp_path, estates):
    """A is called by its lane, and its address says which houses it has; C has those of the lane that B has not."""
    known = Estates.of(estates.frame.assign(name=["和平路100弄", "光明路5弄", "光明路5弄21-40号", "无图"],
                                            address=["某市和平路100弄1-30号", "光明路5弄1-20号", "", ""]))
    lines = ["诉求地址", "和平路100弄3号502室", "和平路100弄", "光明路5弄3号", "光明路5弄25号", "光明路5弄"]
    counts, _ = count(tmp_path, known, lines)
    assert counts["complaints"].to_dict() == {"A": 2, "B": 1, "C": 1, "D": 0}


def test_a_village_of_a_number_does_not_hide_the_estate_of_its_name_without_one(tmp_path, estates):
    known = Estates.of(estates.frame.assign(name=["鞍山小区", "鞍山三村", "鞍山四村", "无图"]))
    counts, _ = count(tmp_path, known, ["诉求地址", "鞍山小区3号楼", "鞍山三村3号楼", "鞍山三村5号502室"])
    assert counts["complaints"].to_dict() == {"A": 1, "B": 2, "C": 0, "D": 0}


@pytest.mark.parametrize("said", [
    "梅花新村3幢502室门口漏水，邻居张建国 13812345678", "梅花新村3幢502室王女士", "梅花新村3单元502张建国家",
    "梅花新村十二栋502室 张建国", "张建国 3幢502", "张建国家（别处花园3-502）"])
def test_of_an_address_of_no_estate_no_flat_and_no_person_is_shown(tmp_path, estates, said):
    _, log = count(tmp_path, estates, ["诉求地址;小区编号", f"{said};", ";A"])
    (lost,) = [one for one in log if "no estate and is" in str(one.why) or "no estate in the list" in str(one.why)]
    assert {lost.value, *(cell.value for cell in lost.cells)} <= {"梅花新村", "1", "＊＊＊"}
    assert not any(hidden in f"{one} {one.cells}" for one in log for hidden in ("502", "张建国", "138"))
