"""What a roster says of an estate, as street offices write it, and which rows of two files are one estate."""

import io
import math
import tomllib
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from openpyxl.utils import get_column_letter

from gis.errors import ProblemLog
from gis.tables import CHECK_UP, CHECK_UP_TEXTS, PEOPLE, Estates
from layers.assumptions import assumed, assumed_words
from layers.columns.fields import fields_of
from layers.estates import read_estates
from layers.naming.estate_names import named_estate, unknown_estates
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rosters import number_fields, text_fields
from layers.rows import read_rows
from maps.texts import translations

TOWN = Town("EPSG:4549")


def workbook(path, **sheets):
    """A workbook as it would arrive; each sheet is rows of cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                page[f"{get_column_letter(column)}{at}"] = value
    data = io.BytesIO()
    book.save(data)
    path.write_bytes(data.getvalue())
    return Source(path)


def areas(path, *rows, crs="EPSG:4549"):
    shapes = [shapely.box(500_000 + 300 * n, 3_400_000, 500_200 + 300 * n, 3_400_100) for n in range(len(rows))]
    gpd.GeoDataFrame(list(rows), geometry=shapes, crs=crs).to_file(path)
    return Source(path)


def read(outlines, roster, **kwargs):
    log = ProblemLog()
    estates = read_estates(outlines=outlines, roster=roster, walled_default=True, log=log, town=TOWN, data_year=2026,
                           **kwargs)
    return estates, list(log)


def one_row(tmp_path, **cells):
    source = workbook(tmp_path / "名册.xlsx", 名册=[["小区编号", *cells], ["A1", *cells.values()]])
    estates, problems = read(None, source)
    ours = [one for one in problems if "neither outline nor" not in str(one.why)]
    return estates.frame.loc["A1"], [str(one) for one in ours]


def test_every_field_of_the_roster_has_its_place_in_the_table_of_estates():
    helpers = {"fire_lane_clear", "estate_id"}
    assert {*text_fields(), *number_fields()} - helpers <= set(Estates.columns)
    derived = {"lifts", "illegal_building"}
    assert {*CHECK_UP, *CHECK_UP_TEXTS} - derived <= {*text_fields(), *number_fields()}
    assert set(PEOPLE) <= set(number_fields())


def test_a_roster_as_street_offices_keep_it_is_read_field_by_field(tmp_path):
    row, problems = one_row(
        tmp_path, 小区名称="和平一村", 别名="和平新村、和平路100弄", 所属街道="和平街道", 所属居委="和平居委会",
        户籍人口=2800, **{"3-6岁儿童": 70, "6-12岁儿童": 150}, 产权性质="售后公房", 幢数="18幢", 最高层数="6层",
        地面停车位=300, 地下车位=120, 新能源汽车=80, 充电桩="12个", 变压器剩余容量="200kVA", 闲置用房="2间",
        闲置用房面积="180平方米", 闲置用房楼层="1层", 出入口=2, 物业公司="和平物业", 业委会="已成立", 消防通道="堵塞",
        消防栓=6, 消防栓是否可用="损坏", 灭火器="齐全", 违建="3处", 活动场地="350㎡", 破损步行道="0.2公里",
        垃圾分类="已实施", 智慧设施="门禁、监控", 有条件加装电梯="无条件", 有条件增设充电="具备",
        改造情况="2016年二次供水", 是否纳入计划="是", 责任单位="城管办")
    expected = {
        "alias_names": "和平新村、和平路100弄", "street": "和平街道", "community": "和平居委会",
        "residents_registered": 2800,
        "residents_3to5": 70, "residents_6to11": 150, "tenure": "sold_public", "blocks": 18, "storeys": 6,
        "parking_ground": 300, "parking_underground": 120, "parking_spaces": 420, "evs": 80, "ev_piles": 12,
        "spare_transformer_kva": 200, "idle_rooms": 2, "idle_area_m2": 180, "idle_floor": "1层", "gate_count": 2,
        "property_company": "和平物业", "property_management": 1, "owners_committee": 1, "fire_lane_blocked": 1,
        "hydrants": 6, "hydrants_usable": 0, "fire_equipment": 1, "illegal_buildings": 3, "illegal_building": 1,
        "activity_ground_m2": 350, "substandard_footpath_m": 200, "waste_sorting": 1, "smart_facilities": "门禁、监控",
        "can_add_lifts": 0, "can_add_charging": 1, "past_works": "2016年二次供水", "programme_status": "planned",
        "responsible_unit": "城管办"}
    assert {name: row[name] for name in expected} == expected
    assert math.isnan(row["lifts"])
    assert math.isnan(row["can_add_childcare"])
    assert problems == []


@pytest.mark.parametrize(("header", "field"), [
    ("戶籍人口", "residents_registered"), ("充電樁", "ev_piles"), ("HJRK", "residents_registered"),
    ("chanquanxingzhi", "tenure"), ("消防栓（个）", "hydrants"), ("变压器剩余容量（kVA）", "spare_transformer_kva"),
])
def test_headers_in_traditional_characters_pinyin_and_with_units_are_known(tmp_path, header, field):
    value = "商品房" if field == "tenure" else 5
    row, problems = one_row(tmp_path, **{header: value})
    assert row[field] == ("commodity" if field == "tenure" else 5)
    assert problems == []


def test_a_total_of_parking_that_is_not_the_sum_of_its_parts_is_a_warning(tmp_path):
    row, problems = one_row(tmp_path, 停车位=400, 地面停车位=300, 地下停车位=120)
    assert row["parking_spaces"] == 400
    assert problems == [
        ("名册.xlsx, sheet 名册, row 2, column 停车位, value '400': the total is not the sum of 地面停车位, "
         "地下停车位; the total is used → correct the total or its parts")]


def test_one_part_of_the_parking_alone_is_no_total(tmp_path):
    row, _ = one_row(tmp_path, 地面停车位=300)
    assert math.isnan(row["parking_spaces"])


@pytest.mark.parametrize(("cell", "number", "some"), [
    ("有", None, 1), ("无", 0, 0), (0, 0, 0), ("2处", 2, 1), ("是", None, 1), ("否", 0, 0), ("", None, None), (5, 5, 1),
])
def test_illegal_building_and_idle_rooms_are_a_number_or_a_yes_or_no(tmp_path, cell, number, some):
    row, problems = one_row(tmp_path, 违建=cell, 闲置用房=str(cell).replace("处", "间"), 户数=1)
    assert problems == []
    least = None if some == 0 or number else some
    for value, expected in ((row["illegal_buildings"], number), (row["illegal_building"], some),
                            (row["idle_rooms"], number), (row["idle_rooms_low"], least)):
        assert math.isnan(value) if expected is None else value == expected


def test_what_is_neither_a_number_nor_yes_or_no_is_wrong_with_its_row(tmp_path):
    row, problems = one_row(tmp_path, 违建="一些")
    assert math.isnan(row["illegal_building"])
    assert len(problems) == 1
    assert "row 2, column 违建, value '一些'" in problems[0]
    assert "write how many, such as 3, or 有 or 无" in problems[0]


@pytest.mark.parametrize(("cells", "managed", "company"), [
    ({"物业公司": "无"}, 0, ""), ({"物业": "有"}, 1, ""), ({"物业公司": "平安物业"}, 1, "平安物业"),
    ({"物业公司": ""}, None, ""),
    ({"物业公司": "平安物业", "有无物业": "否"}, 0, "平安物业"), ({"有无物业": "有"}, 1, ""),
])
def test_a_named_company_means_that_the_estate_is_managed(tmp_path, cells, managed, company):
    row, _ = one_row(tmp_path, 户数=1, **cells)
    assert row["property_company"] == company
    assert math.isnan(row["property_management"]) if managed is None else row["property_management"] == managed


@pytest.mark.parametrize(("header", "cell", "blocked"), [
    ("消防通道是否畅通", "是", 0), ("消防通道是否畅通", "否", 1), ("消防通道是否堵塞", "否", 0),
    ("消防通道情况", "畅通", 0), ("消防通道", "有", None),
    ("消防通道情况", "占用", 1), ("消防通道畅通", "", None),
])
def test_a_fire_lane_is_clear_or_blocked_whichever_the_column_asks(tmp_path, header, cell, blocked):
    row, _ = one_row(tmp_path, **{header: cell, "户数": 1})
    assert math.isnan(row["fire_lane_blocked"]) if blocked is None else row["fire_lane_blocked"] == blocked


def test_of_several_storeys_the_highest_counts(tmp_path):
    assert one_row(tmp_path, 层数="6-18层")[0]["storeys"] == 18


def test_round_and_ranged_numbers_of_people_keep_their_bounds(tmp_path):
    rows = [["小区编号", "户数", "常住人口"], ["A", "约1200户", "3000-3400"], ["B", 800, 2000]]
    source = workbook(tmp_path / "名册.xlsx", 名册=rows)
    frame = read(None, source, round_spread=0.1)[0].frame
    ends = ["households", "households_low", "households_high"]
    assert frame.loc["A", ends].tolist() == pytest.approx([1200, 1080, 1320])
    assert math.isnan(frame.loc["A", "residents"])
    assert frame.loc["A", ["residents_low", "residents_high"]].tolist() == [3000, 3400]
    assert frame.loc["B", ends].tolist() == [800, 800, 800]
    assert frame["residents_basis"].tolist() == ["roster", "roster"]


def test_a_row_without_id_and_name_is_refused_and_one_with_nothing_is_passed_over(tmp_path):
    rows = [["绿化率", "小区编号", "小区名称", "户数"], ["30%", "A", "甲里", 10], ["35%", None, None, None],
            ["40%", None, None, 20], ["45%", "B", "乙里", 30]]
    source = workbook(tmp_path / "名册.xlsx", 名册=rows)
    log = ProblemLog()
    estates = read_estates(outlines=None, roster=source, walled_default=True, log=log, town=TOWN)
    assert list(estates.ids) == ["A", "B"]
    assert [(one.row, one.severity) for one in log if "neither 小区编号" in str(one.why)] == [(4, "error")]
    assert [str(one.why) for one in log if "hold nothing" in str(one.why)] == ["1 rows hold nothing that is read"]
    (reading,) = log.readings
    assert (reading.rows_in, reading.rows_used) == (4, 2)


def test_an_outline_nobody_named_is_called_by_its_place_whatever_the_order(tmp_path):
    first = areas(tmp_path / "甲.gpkg", {"小区名称": None}, {"小区名称": "有名"}, {"小区名称": None})
    layer = gpd.read_file(first.path).iloc[::-1]
    layer.to_file(tmp_path / "乙.gpkg")
    ids = []
    for path in (first.path, tmp_path / "乙.gpkg"):
        estates, problems = read(Source(path), None)
        ids.append(set(estates.ids))
        assert [str(one.why) for one in problems if one.severity == "warning" and "where they lie" in str(one.why)] == [
            "2 outlines have neither 小区编号 nor 小区名称 and are called by where they lie"]
        assert not [one for one in problems if one.severity == "error"]
    assert ids[0] == ids[1]
    # EPSG:4549 has its middle at 120° E; 500 100 m east is 100 m from it: 100 / (111 320 cos 30.72°) = 0.00105°
    east, north = next(key for key in sorted(ids[0]) if key != "有名").split(",")
    assert float(east) == pytest.approx(120.00105, abs=0.00002)
    assert float(north) == pytest.approx(30.72, abs=0.02)


# Which rows are one estate

def joined(tmp_path, outline_rows, roster_rows):
    shapes = areas(tmp_path / "边界.gpkg", *outline_rows)
    return read(shapes, workbook(tmp_path / "名册.xlsx", 名册=roster_rows))


@pytest.mark.parametrize(("drawn", "listed"), [
    ("光明新村", "光明新邨"), ("密云路454弄", "密云路４５４弄小区"), ("鞍山三村", "鞍山3村"), ("幸福小區", "幸福小区"),
    ("東風（一期）", "东风(一期)"), ("密云路454弄", "密云路四五四弄"),
])
def test_names_that_are_surely_the_same_join(tmp_path, drawn, listed):
    estates, problems = joined(tmp_path, [{"小区名称": drawn}], [["小区名称", "户数"], [listed, 10]])
    assert len(estates) == 1
    assert estates.located.all()
    assert estates.frame["households"].tolist() == [10]
    assert problems == []


def test_another_name_of_the_estate_joins_as_well_on_either_side(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区名称": "和平新村", "别名": ""}, {"小区名称": "东方花园", "别名": "东风一村"}],
        [["小区名称", "别名", "户数"], ["和平一村", "和平路100弄、和平新村", 10], ["东风一村", None, 20]])
    assert estates.frame["households"].to_dict() == {"和平新村": 10, "东方花园": 20}
    assert problems == []


def test_a_name_that_stands_for_two_estates_joins_nobody(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区名称": "和平新村"}],
        [["小区名称", "别名", "户数"], ["和平一村", "和平新村", 10], ["东风一村", "和平新村", 20]])
    assert math.isnan(estates.frame.loc["和平新村", "households"])
    errors = [one for one in problems if one.severity == "error" and "more than one estate" in str(one.why)]
    assert [(one.row, one.value) for one in errors] == [(2, "和平一村"), (3, "东风一村")]


def test_the_official_name_of_one_estate_comes_before_the_other_name_of_another(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区名称": "和平新村"}, {"小区名称": "东风一村"}],
        [["小区名称", "别名", "户数"], ["和平新村", None, 10], ["东风一村", "和平新村", 20]])
    assert estates.frame["households"].to_dict() == {"和平新村": 10, "东风一村": 20}
    assert problems == []
    assert named_in(tmp_path, estates, ["", "和平新村"], ["", "东风一村"]) == ["和平新村", "东风一村"]


def named_in(tmp_path, estates, *lines):
    """The estate of rows of another list, each an id and a name."""
    source = workbook(tmp_path / "工单.xlsx", 工单=[["小区编号", "小区名称"], *lines])
    rows = read_rows(source, "complaint", part="complaints", town=TOWN, log=ProblemLog())
    return named_estate(rows, estates).tolist()


def test_an_alike_name_is_offered_with_its_id_and_never_joined(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区编号": "J012", "小区名称": "光明新苑"}, {"小区编号": "J013", "小区名称": "鞍山四村"}],
        [["小区编号", "小区名称", "户数"], [None, "光明新园", 10], [None, "鞍山三村", 30]])
    assert len(estates) == 4
    assert estates.frame.loc["J012", "households_basis"] == ""
    offers = {one.value: str(one.why) for one in problems if "did you mean" in str(one.why)}
    assert offers["光明新园"] == "no outline belongs to this row; did you mean 光明新苑 (J012)?"
    assert offers["鞍山三村"].endswith("did you mean 鞍山四村 (J013) (its numbers or directions differ)?")
    assert all(one.row in {2, 3} for one in problems if "did you mean" in str(one.why))


def test_a_renamed_estate_joins_by_its_id_with_one_warning(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区编号": "A", "小区名称": "甲里"}, {"小区编号": "B", "小区名称": "乙里"}],
        [["小区编号", "小区名称", "别名", "户数"], ["A", "东方花园", None, 1], ["B", "西方花园", "乙里", 2]])
    assert estates.frame["households"].to_dict() == {"A": 1, "B": 2}
    assert [(one.severity, str(one.why)) for one in problems] == [
        ("warning", "1 rows join by id though the names differ: 东方花园 / 甲里")]


def test_an_id_that_contradicts_the_name_is_an_error_of_its_row(tmp_path):
    """Ids sorted apart from the names, as a spreadsheet does to one column alone."""
    _, problems = joined(tmp_path, [{"小区编号": "A", "小区名称": "甲里"}, {"小区编号": "B", "小区名称": "乙里"},
                                    {"小区编号": "C", "小区名称": "丙里"}],
                         [["小区编号", "小区名称", "户数"], ["A", "乙里", 1], ["B", "甲里", 2], ["C", "丙里", 3]])
    assert [(one.severity, one.row, str(one.why), str(one.fix)) for one in problems] == [
        ("error", 2, "the id says 甲里 (A), the name says 乙里 (B)", "correct one of the two"),
        ("error", 3, "the id says 乙里 (B), the name says 甲里 (A)", "correct one of the two")]


def test_a_row_of_another_list_whose_id_contradicts_its_name_names_no_estate(tmp_path):
    table = [["小区编号", "小区名称", "别名"], ["A", "甲里", "甲新村"], ["B", "乙里", None]]
    estates, _ = read(None, workbook(tmp_path / "名册.xlsx", 名册=table))
    lines = [["小区编号", "小区名称"], ["A", "乙里"], ["A", "甲新村"], ["A", "旧名"]]
    log = ProblemLog()
    rows = read_rows(workbook(tmp_path / "工单.xlsx", 工单=lines), "complaint", part="complaints", town=TOWN, log=log)
    names = rows.text("estate_name")
    estate = named_estate(rows, estates)
    assert estate.tolist() == ["", "A", "A"]
    unknown_estates(rows, names[estate == ""], estates)
    assert [(one.row, str(one.why)) for one in log] == [(2, "the id says 甲里 (A), the name says 乙里 (B)")]


@pytest.mark.parametrize(("drawn", "listed"), [("xf001", "ＸＦ００１"), ("XF001 ", " xf001"), ("7.0", 7)])
def test_ids_join_whatever_their_width_and_case(tmp_path, drawn, listed):
    estates, problems = joined(tmp_path, [{"小区编号": drawn, "小区名称": "甲里"}],
                               [["小区编号", "小区名称", "户数"], [listed, "甲里", 10]])
    assert estates.frame["households"].tolist() == [10]
    assert problems == []


def test_ids_that_lost_their_zeros_in_excel_join_with_one_warning(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区编号": "001", "小区名称": "甲里"}, {"小区编号": "002", "小区名称": "乙里"}],
        [["小区编号", "小区名称", "户数"], [1, "甲里", 10], [2, "乙里", 20]])
    assert estates.frame["households"].to_dict() == {"001": 10, "002": 20}
    (warning,) = problems
    assert warning.severity == "warning"
    assert str(warning.why).startswith("2 ids differ from those of the estates only by leading zeros")
    assert str(warning.why).endswith("such as 1 and 001")
    assert named_in(tmp_path, estates, ["1", ""], ["０２", ""], ["3", ""]) == ["001", "002", ""]


def test_ids_that_may_be_two_estates_without_their_zeros_are_left_apart(tmp_path):
    estates, problems = joined(
        tmp_path, [{"小区编号": "1", "小区名称": "甲里"}, {"小区编号": "2", "小区名称": "乙里"}],
        [["小区编号", "小区名称", "户数"], ["01", "丙里", 30], ["1", "甲里", 10]])
    assert estates.frame["households"].dropna().to_dict() == {"01": 30, "1": 10}
    assert not [one for one in problems if "leading zeros" in str(one.why)]
    assert named_in(tmp_path, estates, ["001", ""], ["1", ""]) == ["", "1"]


@pytest.mark.parametrize(("drawn", "listed", "same"), [
    (("幸福小区", "虹梅街道"), ("幸福小区", "长桥街道"), False),
    (("幸福小区", "虹梅街道"), ("幸福小区", "徐汇区虹梅街道办事处"), True),
    (("幸福小区", "虹梅街道"), ("幸福小区", "虹梅"), True),
    (("幸福小区", "虹梅街道"), ("幸福小区", None), True),
    (("虹梅街道幸福小区", "虹梅街道"), ("长桥街道幸福小区", "长桥街道"), False),
    (("虹梅街道幸福小区", "虹梅街道"), ("幸福小区", "虹梅街道"), True),
    (("江湾镇花园", "凉城街道"), ("江湾镇花园", "凉城街道"), True),
])
def test_one_name_in_two_streets_is_two_estates(tmp_path, drawn, listed, same):
    estates, _ = joined(tmp_path, [{"小区名称": drawn[0], "街道": drawn[1]}, {"小区名称": "和平里", "街道": "江湾镇"}],
                        [["小区名称", "街道", "户数"], [*listed, 10]])
    here = estates.frame[estates.located & (estates.frame["name"] == drawn[0])]
    assert here["households"].notna().tolist() == [same]


def test_the_street_before_a_name_tells_which_estate_another_list_means(tmp_path):
    table = [["小区编号", "小区名称", "街道"], ["A", "幸福小区", "虹梅街道"], ["B", "幸福小区", "长桥街道"],
             ["C", "和平里", "虹梅街道"]]
    estates, _ = read(None, workbook(tmp_path / "名册.xlsx", 名册=table))
    said = ["虹梅街道幸福小区", "长桥街道幸福", "幸福小区", "长桥街道和平里", "虹梅街道和平里"]
    assert named_in(tmp_path, estates, *(["", name] for name in said)) == ["A", "B", "", "", "C"]


def test_alike_names_are_looked_up_for_the_first_hundred_names_of_a_list(tmp_path):
    rows = [["小区名称", "户数"], *([f"光明{n}号新园", 1] for n in range(1, 131))]
    _, problems = joined(tmp_path, [{"小区名称": "光明新苑"}], rows)
    offers = [one for one in problems if "did you mean" in str(one.why)]
    assert 0 < len(offers) <= 100
    assert max(one.row for one in offers) <= 101


def test_other_lists_may_name_an_estate_by_any_of_its_names_and_hear_which_was_meant(tmp_path):
    table = [["小区编号", "小区名称", "别名"], ["A", "和平一村", "和平路100弄"], ["B", "光明新苑", None]]
    source = workbook(tmp_path / "名册.xlsx", 名册=table)
    estates, _ = read(None, source)
    lines = [["小区名称", "诉求类型"], ["和平路１００弄", "停车"], ["光明新园", "停车"], ["光明新园", "充电"],
             ["天上", "停车"]]
    log = ProblemLog()
    rows = read_rows(workbook(tmp_path / "工单.xlsx", 工单=lines), "complaint", part="complaints", town=TOWN, log=log)
    names = rows.text("estate_name")
    estate = named_estate(rows, estates)
    assert estate.tolist() == ["A", "", "", ""]
    unknown_estates(rows, names[estate == ""], estates)
    assert [(one.row, one.value, str(one.why)) for one in log] == [
        (3, "光明新园", "2 rows name this estate, which nobody knows; did you mean 光明新苑 (B)?")]


def test_assumptions_are_data_with_unit_source_and_confidence():
    document = tomllib.loads((Path(__file__).parents[1] / "layers" / "assumptions.toml").read_text("utf-8"))
    entries = [entry for table in document.values() for entry in table.values()]
    assert all(set(one) == {"value", "unit", "source", "confidence"} and one["source"] for one in entries)
    assert {one["confidence"] for one in entries} <= set("ABCD")
    assert (assumed("facilities", "same_place_m"), assumed("facilities", "same_name_m")) == (15.0, 50.0)
    assert "primary" in assumed_words("outlines", "dividing_streets")


def test_every_choice_of_a_roster_has_a_word_for_the_planner():
    for name in ("tenure", "programme_status"):
        choices = fields_of("roster")[name].choices
        assert all(any("一" <= sign <= "鿿" for sign in words[0]) for words in choices.values())
    assert translations("zh")["draw their outlines, or make ids or names agree"]
