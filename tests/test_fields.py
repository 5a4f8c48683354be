"""Cells of planners' tables: what is believed, what is unknown and what is wrong, with row, column and fix."""

import datetime as dt
import math
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import ProblemLog
from layers.columns.fields import fields_of, header_key, is_personal, match_columns, normalised_name, read_fields

TABLES = ("roster", "facility", "building", "door", "gate", "complaint", "lift", "responsibility", "progress",
          "location")
TYPES = {"text", "count", "count_or_yes_no", "year", "yes_no", "number", "date", "coordinate", "choice"}


def read(columns, table="roster", **kwargs):
    log = ProblemLog()
    raw = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    return read_fields(raw, table, file="名册.xlsx", log=log, **kwargs), [str(problem) for problem in log]


def count(cell):
    fields, problems = read({"户数": [cell]})
    return fields["households"].iloc[0], problems


@pytest.mark.parametrize("table", TABLES)
def test_no_alias_means_two_fields_of_a_table_and_every_type_is_known(table):
    entries = fields_of(table).values()
    keys = [header_key(alias) for entry in entries for alias in entry.aliases]
    owners = {}
    for entry in entries:
        for alias in entry.aliases:
            owners.setdefault(header_key(alias), set()).add(entry.name)
    assert keys
    assert {key: names for key, names in owners.items() if len(names) > 1} == {}
    assert {entry.type for entry in entries} <= TYPES
    assert all(entry.used_by and entry.name in entry.aliases for entry in entries if entry.name != "estate_name")


def test_the_list_of_fields_is_data_that_ships_with_the_package():
    assert set(tomllib.loads((Path(__file__).parents[1] / "layers" / "fields.toml").read_text("utf-8"))) == {
        *TABLES, "cells", "headers", "personal", "not_read", "base_map"}


@pytest.mark.parametrize(("header", "field"), [
    ("小区名称", "name"), ("户数（户）", "households"), (" 户 数 ", "households"),
    ("60岁及以上人口(人)", "residents_60plus"),
    ("電動自行車數", "ebikes"), ("ＨＯＵＳＥＨＯＬＤＳ", "households"), ("占用消防通道车位", "parking_on_fire_lane"),
    ("建成年代", "build_year"), ("Build Year", "build_year"), ("*小区编号", "estate_id"),
])
def test_headers_are_known_however_planners_write_them(header, field):
    assert match_columns([header], "roster") == {field: header}


def test_of_two_columns_for_one_field_the_better_name_is_read_and_the_other_listed():
    fields, problems = read({"社区": ["东风社区"], "所属居委": ["东风一居"]})
    assert fields["community"].tolist() == ["东风一居"]
    (problem,) = problems
    assert problem == ("名册.xlsx, column 社区: this column means the same as 所属居委, which is read; this one is not "
                       "→ delete or rename one of the two")


@pytest.mark.parametrize(("cell", "value"), [
    ("1,280", 1280), ("１２８０", 1280), (" 12 ", 12), (12.0, 12), (0, 0), ("0", 0), ("1 280", 1280), ("1.2E+03", 1200),
    ("12,345,678", 12345678),
])
def test_counts_that_are_believed(cell, value):
    assert count(cell) == (value, [])


@pytest.mark.parametrize("cell", [None, "", "  ", "-", "—", "不详", "未知", "/", float("nan"), "N/A"])
def test_an_empty_count_is_unknown_and_no_problem(cell):
    value, problems = count(cell)
    assert math.isnan(value)
    assert problems == []


@pytest.mark.parametrize(("cell", "why"), [
    ("12a", "this is not a number"), ("-5", "this is below zero"),
    (-5.0, "this is below zero"), ("1e999", "this is too large to be a number"), ("inf", "this is not a number"),
    ("1,23", "this is not a number"), ("1_000", "this is not a number"), (True, "this is not a number"),
    ("=1+1", "this is not a number"), (dt.date(2026, 1, 2), "this is not a number"),
])
def test_a_wrong_count_is_unknown_and_says_row_column_value_and_fix(cell, why):
    value, problems = count(cell)
    shown = str(int(cell)) if isinstance(cell, float) else str(cell)
    assert math.isnan(value)
    place = f"名册.xlsx, row 1, column 户数, value {shown!r}"
    assert problems == [
        f"{place}: {why} → write digits only, such as 1280, or leave the cell empty where it is not known"]


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["{}", "{:,}", " {} ", "{}.0"]))
def test_any_whole_number_is_read_back(number, form):
    assert count(form.format(number)) == (number, [])


@given(st.text(max_size=12))
def test_any_text_is_a_number_not_below_zero_or_unknown_and_never_a_traceback(text):
    value, problems = count(text)
    assert math.isnan(value) or (math.isfinite(value) and value >= 0)
    assert len(problems) <= 1
    assert not problems or math.isnan(value)


@pytest.mark.parametrize(("cell", "year"), [
    ("1998", 1998), (1998.0, 1998), ("1998年", 1998), ("1998年5月", 1998), ("1998-05-01", 1998),
    (1900, 1900), (dt.datetime(2001, 2, 3), 2001),  # noqa: DTZ001 - spreadsheets have no time zone
])
def test_years_that_are_believed(cell, year):
    fields, problems = read({"建成年份": [cell]}, data_year=2026)
    assert (fields["build_year"].iloc[0], problems) == (year, [])


@pytest.mark.parametrize(("cell", "why"), [
    (1899, "this is not between 1900 and 2026"), (2028, "this is not between 1900 and 2026"),
    ("86", "this is not a year"),
])
def test_years_that_are_not(cell, why):
    fields, problems = read({"建成年份": [cell]}, data_year=2026)
    assert math.isnan(fields["build_year"].iloc[0])
    assert len(problems) == 1
    assert f"{why} → write the year in four digits" in problems[0]


def test_yes_and_no_in_many_words_and_a_third_word_is_wrong():
    fields, problems = read({"高层": ["是", "Y", True, 1.0, "√", "否", "no", False, "0", "无", None, "部分"]})
    assert fields["high_rise"].tolist()[:10] == [1.0] * 5 + [0.0] * 5
    assert fields["high_rise"].isna().tolist() == [False] * 10 + [True] * 2
    assert problems == [(
        "名册.xlsx, row 12, column 高层, value '部分': this is neither yes nor no → "
        "write 是 or 否, or leave the cell empty where it is not known")]


def test_a_facility_stands_today_unless_it_says_otherwise():
    fields, problems = read({"状态": ["现状", "规划", "", "在建", "停用", "待定"]}, "facility")
    assert fields["status"].tolist() == ["existing", "planned", "existing", "planned", "closed", "existing"]
    assert len(problems) == 1
    assert "row 6, column 状态, value '待定'" in problems[0]


def test_a_building_of_another_use_is_not_residential():
    fields, _ = read({"用途": ["住宅", "apartments", "商业", "某某", None]}, "building")
    assert fields["use"].tolist() == ["residential", "residential", "other", "other", ""]


def test_ids_that_a_spreadsheet_made_numbers_are_text_again():
    fields, _ = read({"小区编号": [310101.0, "001", " A-1 ", None]})
    assert fields["estate_id"].tolist() == ["310101", "001", "A-1", ""]


@pytest.mark.parametrize("header", [
    "联系人", "联系电话（手机）", "业主姓名", "身份证号", "contact", "Owner phone", "聯絡人電話", "投诉人",
])
def test_columns_about_persons_are_dropped_unread(header):
    fields, problems = read({"小区名称": ["幸福"], header: ["张三 13800000000"]})
    assert is_personal(header)
    assert fields.columns.tolist() == ["_row", "name"]
    dropped = f"名册.xlsx: columns about persons were dropped unread: {header}"
    assert problems == [f"{dropped} → leave such columns out of the file"]
    assert "张三" not in "".join(problems)


def test_our_own_columns_are_not_about_persons():
    aliases = [alias for table in TABLES for entry in fields_of(table).values() for alias in entry.aliases]
    assert [alias for alias in aliases if is_personal(alias)] == []


def test_a_missing_column_is_an_error_that_shows_what_is_there():
    _, problems = read({"户数": [1]}, required=[("estate_id", "name")])
    assert problems == [(
        "名册.xlsx, row 1, column 小区编号 or 小区名称: this column is missing → add it; the columns found are 户数")]


def test_rows_are_counted_as_the_spreadsheet_does():
    raw = pd.DataFrame({"户数": ["1", "x"], "_row": [2, 7]}, dtype=object)
    log = ProblemLog()
    read_fields(raw, "roster", file="a.csv", sheet="名册", log=log)
    assert [(one.row, one.sheet) for one in log] == [(7, "名册")]


@pytest.mark.parametrize(("one", "other"), [
    ("幸福小区（一期）", "幸福小区(一期)"), ("幸福 小区", "幸福小区"), ("ＡＢＣ公寓", "abc公寓"),
    ("光明【东】", "光明（东）"),
])
def test_names_that_differ_in_form_only_are_one(one, other):
    assert normalised_name(one) == normalised_name(other)


def test_names_that_differ_in_substance_are_two():
    assert normalised_name("幸福小区一期") != normalised_name("幸福小区二期")


def test_telephone_and_identity_numbers_inside_a_text_are_taken_out_and_ids_stay():
    fields, _ = read({"设施编号": ["13800001000"], "名称": ["李家托育点（电话 138-0000-1000）"],
                      "地址": ["和平路 11010519491231002X 号"]}, table="facility")
    assert fields["name"].tolist() == ["李家托育点（电话 ＊＊＊）"]
    assert fields["address"].tolist() == ["和平路 ＊＊＊ 号"]
    plain = ["和平路110105194912310021号", "工号1380000"]  # a wrong check digit, too short
    assert read({"地址": plain}, table="facility")[0]["address"].tolist() == plain
