"""Rosters as offices lay them out: parts below a group of headers, several storeys in one cell."""

import openpyxl
import pytest

from gis.errors import ProblemLog
from layers.columns.fields import read_fields
from layers.reading.files import Source, read_raw


def read(folder, *rows):
    """The fields of a sheet and what is said of it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "名册.xlsx")
    raw, log = read_raw(Source(folder / "名册.xlsx"), "roster"), ProblemLog()
    return read_fields(raw.frame, "roster", file="名册.xlsx", log=log), log


@pytest.mark.parametrize(("cell", "low", "high"), [
    ("6-18层", 6, 18), ("6、11、18", 6, 18), ("6层/11层", 6, 11), ("6，7", 6, 7), ("11+1", 11, 12), ("6+1层", 6, 7)])
def test_several_storeys_are_the_least_and_the_most(tmp_path, cell, low, high):
    fields, log = read(tmp_path, ["小区名称", "层数"], ["鞍山三村", cell])
    assert fields[["storeys_low", "storeys_high"]].iloc[0].tolist() == [low, high]
    assert not log.errors


@pytest.mark.parametrize(("header", "cell"), [("户数", "6、11、18"), ("层数", "6、x"), ("层数", "6、")])
def test_several_numbers_of_what_is_one_and_words_are_no_number(tmp_path, header, cell):
    _, log = read(tmp_path, ["小区名称", header], ["鞍山三村", cell])
    assert [(one.value, str(one.why)) for one in log] == [(cell, "this is not a number")]


def test_parts_that_are_names_only_with_their_group_are_joined_to_it(tmp_path):
    """户籍 and 常住 are no names of columns of ours, 户籍人口 and 常住人口 are."""
    fields, log = read(tmp_path, ["小区名称", "户数", "人口", None], [None, None, "户籍", "常住"],
                       ["鞍山三村", 1280, 3100, 3300])
    assert fields[["households", "residents_registered", "residents"]].to_numpy().tolist() == [[1280, 3100, 3300]]
    assert not log.errors


def test_a_word_below_a_column_that_is_no_group_does_not_hide_the_parts_of_others(tmp_path):
    """The spaces on the ground are not taken for all: 停车位 stands over 地上 and 地下."""
    fields, _ = read(tmp_path, ["小区名称", "户数", "人口", None, "停车位", None, "电梯"],
                     [None, None, "总数", "60岁以上", "地上", "地下", "数量"], ["鞍山三村", 300, 900, 200, 60, 30, 4])
    assert fields.filter(regex="^(resid|park)[a-z0-9_]*(?<!_low)(?<!_high)(?<!_round)$").iloc[0].to_dict() == {
        "residents": 900, "residents_60plus": 200, "parking_ground": 60, "parking_underground": 30}


def test_a_first_row_of_words_is_data_where_it_names_an_estate(tmp_path):
    fields, _ = read(tmp_path, ["小区名称", "物业公司", "地址", None], ["鞍山三村", "上实物业", "和平路", "近地铁"],
                     ["鞍山四村", "上实物业", "和平路", "近地铁"])
    assert fields["name"].tolist() == ["鞍山三村", "鞍山四村"]
