"""Headers as planners write them: what is joined, how, and what is only asked about."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from gis.errors import ProblemLog
from layers.columns.catalogue import fields_of, tables
from layers.columns.fields import read_fields
from layers.columns.headers import header_key, match_columns
from layers.typed.personal import is_identity_number, is_personal, masked


def how(header, table="roster", **kwargs):
    (one,) = match_columns([header], table, **kwargs).matches
    return one.field, one.how


def read(columns, table="roster", **attrs):
    log = ProblemLog()
    raw = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    raw.attrs.update(attrs)
    return read_fields(raw, table, file="名册.xlsx", log=log), [str(problem) for problem in log]


@pytest.mark.parametrize(("header", "field"), [
    ("户数", "households"), ("戶數", "households"), ("户数（户）", "households"), ("户数[户]", "households"),
    ("户　数", "households"), ("户\n数", "households"), ("*户数", "households"), ("户数*", "households"),
    ("2.户数", "households"), ("2、户数", "households"), ("（二）户数", "households"), ("二、户数", "households"),
    ("②户数", "households"), ("(2)户数", "households"), ("户数：", "households"), ("户数（2025年底）", "households"),
    ("户数（必填）", "households"), ("户数(单位：户)", "households"), ("ＨＯＵＳＥＨＯＬＤＳ", "households"),
    ("其中：60岁及以上人口", "residents_60plus"), ("居民車輛", "resident_cars"), ("０－３岁", "residents_under3"),
    ("3岁以下", "residents_under3"), ("建築年份", "build_year"), ("佔用消防通道車位", "parking_on_fire_lane"),
    ("3–5岁", "residents_3to5"), ("0—3岁", "residents_under3"), ("六十岁以上", "residents_60plus"),
    ("居民人数", "residents"), ("机动车数", "resident_cars"), ("竣工日期", "build_year"),
    ("居委会名称", "community"), ("房屋套数", "households"),
])
def test_a_header_is_known_whatever_surrounds_its_name(header, field):
    assert how(header) == (field, "alias")


@pytest.mark.parametrize("header", [
    "常住人口（万人）", "60岁以上（%）", "60岁以上(占比)", "户数（单位：万户）", "停车位（含租用）",
    "人口（60岁以上）", "停车位（地下）", "户数（空置）", "户数（商铺）", "60岁", "0.3岁以下"])
def test_words_in_brackets_that_mean_something_are_part_of_the_name(header):
    fields = {one.field for one in match_columns([header], "roster").matches}
    assert not fields & {"residents", "parking_spaces", "households", "residents_under3", "residents_60plus"}


@pytest.mark.parametrize(("header", "table"), [("建筑面积（公顷）", "facility"), ("出动时间（分钟）", "facility")])
def test_a_unit_that_would_need_a_factor_is_not_passed_over(header, table):
    assert match_columns([header], table).matches == ()


@pytest.mark.parametrize("table", tables())
def test_every_name_in_the_list_of_fields_finds_its_field_and_so_does_its_pinyin_where_it_is_one_field_s(table):
    for name, entry in fields_of(table).items():
        for alias in entry.aliases:
            assert how(alias, table)[0] == name
            letters = "".join(one[0] for one in lazy_pinyin(header_key(alias)) if one)
            found = match_columns([letters], table)
            assert alias.isascii() or not found or all(one.how in {"alias", "pinyin"} for one in found.matches)


@pytest.mark.parametrize(("header", "field"), [
    ("XQMC", "name"), ("xqbh", "estate_id"), ("zhs", "households"), ("jcnf", "build_year"), ("jmcls", "resident_cars"),
    ("xiaoqumingcheng", "name"), ("XiaoQu_MingCheng", "name"),
])
def test_pinyin_and_its_first_letters_are_known(header, field):
    assert how(header)[0] == field


def test_first_letters_that_two_fields_share_mean_neither():
    # 床位数 and 车位数 are both cws, but both are the capacity of a facility; 编号 and 编码 are ids; 设施编号 is ssbh
    assert how("cws", "facility") == ("capacity", "pinyin")
    twice = {}
    for name, entry in fields_of("roster").items():
        for alias in entry.aliases:
            if not alias.isascii():
                twice.setdefault("".join(one[0] for one in lazy_pinyin(header_key(alias))), set()).add(name)
    shared = [letters for letters, names in twice.items() if len(names) > 1 and letters.isascii()]
    plain = {header_key(alias) for entry in fields_of("roster").values() for alias in entry.aliases}
    assert [one for one in shared if one not in plain and match_columns([one], "roster").matches] == []


def test_pinyin_is_only_asked_where_no_plain_name_is_there():
    found = match_columns(["xqm", "小区名称"], "roster")
    assert dict(found) == {"name": "小区名称"}
    assert found.repeated == (("xqm", "小区名称"),)


@pytest.mark.parametrize(("header", "field"), [
    ("占用消防通", "parking_on_fire_lane"),  # GBK keeps five characters of 占用消防通道车位
    ("parking_on", "parking_on_fire_lane"), ("jumincheli", "resident_cars"), ("居民车", "resident_cars"),
])
def test_a_name_that_a_dbf_cut_off_is_known_by_its_beginning(header, field):
    assert how(header, from_dbf=True) == (field, "truncated")
    assert match_columns([header], "roster").matches == ()


def test_a_beginning_that_fits_two_fields_is_asked_about():
    found = match_columns(["residents_", "夜间停"], "roster", from_dbf=True)
    assert "residents" not in found
    assert [one.header for one in found.ambiguous] == ["residents_"]
    _, problems = read({"residents_": [1]}, from_dbf=True)
    (problem,) = problems
    assert problem.startswith("名册.xlsx, column residents_: this name was cut off and may be ")
    assert "60岁以上" in problem
    assert problem.endswith("; it is not read → rename the column to the one it is")


def test_a_name_that_was_longer_for_certain_does_not_mean_what_is_left_of_it():
    assert how("停车位", from_dbf=True) == ("parking_spaces", "alias")
    found = match_columns(["户数"], "roster", from_dbf=True, cut=["户数"])
    assert [one.how for one in found.matches if one.how == "alias"] == []


def test_what_looks_alike_is_asked_about_and_never_read():
    fields, problems = read({"小区名称": ["幸福"], "居民车量": [7], "绿化率": [0.3]})
    assert "resident_cars" not in fields
    assert problems == [
        ("名册.xlsx, column 居民车量: this column is not known; did you mean 居民车辆? → "
         "rename the column if it is that one; until then it is not read"),
        "名册.xlsx: columns not read: 绿化率 → nothing, unless one is meant to be read"]


def test_of_two_columns_for_one_field_the_other_is_named():
    fields, problems = read({"社区": ["东风社区"], "所属居委": ["东风一居"]})
    assert fields["community"].tolist() == ["东风一居"]
    assert problems == [("名册.xlsx, column 社区: this column means the same as 所属居委, which is read; "
                         "this one is not → "
                        "delete or rename one of the two")]


def test_the_choice_is_a_value_that_can_be_shown():
    found = match_columns(["XQMC", "備註", "戶數", "居民车"], "roster", from_dbf=True)
    assert [tuple(one) for one in found.matches] == [
        ("name", "XQMC", "alias", "xqmc"), ("households", "戶數", "alias", "户数"),
        ("resident_cars", "居民车", "truncated", "居民车辆")]
    assert dict(found) == {"name": "XQMC", "households": "戶數", "resident_cars": "居民车"}
    assert found.alike == ()


@given(st.lists(st.text(max_size=12), max_size=6), st.booleans())
def test_no_header_is_a_traceback_or_read_twice(headers, from_dbf):
    found = match_columns(headers, "roster", from_dbf=from_dbf)
    assert len({one.header for one in found.matches}) == len(found.matches)
    assert set(found.values()) <= set(headers)
    assert not found.named & set(found.values())
    assert all(str(one) for one in found.problems(file="a.csv"))


@pytest.mark.parametrize("header", ["聯絡電話", "联系方式", "戶主姓名", "業主手機", "Owner Phone", "居民身份證號"])
def test_headers_about_persons_are_known_in_both_scripts(header):
    assert is_personal(header)


@pytest.mark.parametrize(("number", "right"), [
    ("11010519491231002X", True), ("440524188001010014", True),  # the two examples in GB 11643-1999
    ("110105194912310021", False), ("11010519491231002x", True), ("1101051949123100", False), ("一", False),
])
def test_an_identity_number_is_known_by_its_check_digit(number, right):
    assert is_identity_number(number) == right


def test_a_column_that_holds_telephones_is_dropped_whatever_it_is_called():
    phones = ["13800000000", 13900000001.0, "+86 137-0000-0002", None, "待补"]
    fields, problems = read({"小区名称": list("甲乙丙丁戊"), "信息": phones, "户数": [1, 2, 3, 4, 5]})
    assert fields["households"].tolist() == [1, 2, 3, 4, 5]
    assert problems == [("名册.xlsx: columns with telephone or identity numbers were dropped unread: 信息 → "
                        "leave such columns out of the file")]
    _, problems = read({"小区名称": ["甲"], "户数": ["11010519491231002X"]})
    assert "dropped unread: 户数" in problems[0]
    assert "1101" not in "".join(problems)


@pytest.mark.parametrize(("text", "clean"), [
    ("电话 139 0000 0001 转", "电话 ＊＊＊ 转"), ("021-65123456", "＊＊＊"),
    ("门卫电话65981239，晚间", "门卫电话＊＊＊，晚间"), ("座机：6598-1239", "座机：＊＊＊"), ("电话12345", "电话12345"),
    ("联系2019年起", "联系2019年起"),
    ("联系电话：王先生 65981234", "联系电话：＊＊＊"), ("电话65981234/65981235", "电话＊＊＊"),
    ("电话回访20240501", "电话回访20240501"), ("(0571) 8512-3456 前台", "＊＊＊ 前台"),
    ("＋86 138-0000-0002", "＋＊＊＊"),
    ("tel.13912345678", "tel.＊＊＊"), ("请致电13912345678.", "请致电＊＊＊."), ("0571-88888888.", "＊＊＊."),
    ("0.13912345678", "0.13912345678"), ("幢0312-2020-0015", "幢0312-2020-0015"), ("0101-2024-0001", "0101-2024-0001"),
    ("310110001001", "310110001001"), ("密云路454弄 021号", "密云路454弄 021号"),
    ("121.473700 31.230400", "121.473700 31.230400"), ("2026-10-31 至 2026-12-31", "2026-10-31 至 2026-12-31")])
def test_a_telephone_number_within_a_text_is_masked_however_it_is_written(text, clean):
    assert masked(pd.Series([text, None], dtype="object")).tolist() == [clean, None]


def test_numbers_of_estates_that_look_like_telephones_stay():
    # Shijiazhuang's districts are 1301xx: 6 digits and a running number of 5 make 11 that begin with 13
    fields, problems = read({"小区编号": ["13010200001", "13010200002"], "户数": [1, 2]})
    assert fields["estate_id"].tolist() == ["13010200001", "13010200002"]
    assert problems == []


@pytest.mark.parametrize(("table", "headers", "fields"), [
    ("building", "fwbh fwlb jzmc dscs dcmj gd", ["building_id", "name", "use", "levels", "height_m"]),
    ("facility", "stationID stationName stationLng stationLat", ["facility_id", "name", "x", "y"]),
    ("roster", "xqbh xqmc build_time", ["estate_id", "name", "build_year"])])
def test_names_seen_in_layers_of_chinese_cities(table, headers, fields):
    """Layers of Yichang 2025 and open lists of charging stations; 底层面积 (dcmj) is nothing that is asked for."""
    assert list(match_columns(headers.split(), table)) == fields
