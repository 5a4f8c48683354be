"""What people type into cells: which number, year, day or word it is, what is only about right, and what is wrong."""

import datetime as dt
import math
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import ProblemLog
from layers.columns.fields import read_fields
from layers.typed.cells import as_choice, as_date, as_number, as_text, as_words, as_year, as_yes_no
from layers.typed.characters import number_of, tidied
from layers.typed.numbers import NumberRule
from layers.typed.words import units_of
from maps.texts import words

UNKNOWN = frozenset({"-", "—", "不详", "n/a"})
HOUSEHOLDS = NumberRule(units_of("households"), whole=True)
YES, NO = frozenset({"是", "有", "y", "√"}), frozenset({"否", "无", "無", "n", "×"})


def column(*cells):
    return pd.Series(cells, dtype=object)


def number(cell, rule=HOUSEHOLDS):
    """The value, the bounds, whether it is approximate, the day and the fault of one cell."""
    parsed = as_number(column(cell), UNKNOWN, rule)
    read = (getattr(parsed, name).iloc[0] for name in ("series", "low", "high", "approximate", "as_of"))
    return (*read, str(parsed.wrong.get(0, "")))


def year(cell, last_year=2026):
    parsed = as_year(column(cell), UNKNOWN, last_year)
    return parsed.series.iloc[0], parsed.low.iloc[0], parsed.high.iloc[0], parsed.approximate.iloc[0], str(
        parsed.wrong.get(0, ""))


def day(cell):
    parsed = as_date(column(cell), UNKNOWN)
    return parsed.series.iloc[0], str(parsed.wrong.get(0, ""))


@pytest.mark.parametrize(("cell", "value"), [
    ("1,200", 1200), ("1，200", 1200), ("８００", 800), ("8 200", 8200), ("12 345 678", 12345678), ("120户", 120),
    ("１２０ 戶", 120), ("共120户", 120), ("三百二十", 320), ("两千", 2000), ("一千二百零五户", 1205),
    ("壹佰贰拾", 120), ("廿三", 23),
    ("1.2345万", 12345), ("1.2E+03", 1200), ("007", 7), (12.0, 12), (np.int64(5), 5), ("0", 0), ("+5", 5),
])
def test_an_exact_number_is_read_as_it_was_meant(cell, value):
    read, low, high, approximate, as_of, why = number(cell)
    assert (read, approximate, as_of, why) == (value, False, "", "")
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize(("cell", "value", "low", "high"), [
    ("约1200户", 1200, None, None), ("大约 1,200", 1200, None, None), ("1200左右", 1200, None, None),
    ("≈1200", 1200, None, None), ("1200(估)", 1200, None, None), ("1200（估）", 1200, None, None),
    ("1200余户", 1200, 1200, None), ("120多户", 120, 120, None), ("近1200", 1200, None, 1200),
    ("两百余户", 200, 200, None), ("10来户", 10, None, None), ("1.2万", 12000, None, None),
    ("1.1万户", 11000, None, None), ("約1200戶", 1200, None, None), ("ca. 1200", 1200, None, None),
])
def test_a_number_that_is_about_right_is_read_and_known_to_be_so(cell, value, low, high):
    read = number(cell)
    assert (read[0], read[3], read[5]) == (value, True, "")
    for bound, expected in ((read[1], low), (read[2], high)):
        assert math.isnan(bound) if expected is None else bound == expected


@pytest.mark.parametrize(("cell", "low", "high"), [
    ("1200-1300", 1200, 1300), ("1200~1300户", 1200, 1300), ("1200户—1300户", 1200, 1300), ("1200至1300", 1200, 1300),
    ("约1200-1300户", 1200, 1300), ("1万-2万", 10000, 20000), ("二十至三十户", 20, 30),
])
def test_a_range_has_bounds_and_no_value(cell, low, high):
    assert number(cell)[1:] == (low, high, True, "", "")
    assert math.isnan(number(cell)[0])


@pytest.mark.parametrize(("cell", "as_of"), [
    ("8 200 as at 31.12.2025", "2025-12-31"), ("8200（截至2025年12月31日）", "2025-12-31"),
    ("2025年底8200户", "2025-12-31"),
    ("截至2025年12月31日8200户", "2025-12-31"), ("截至2025.12.31 8200", "2025-12-31"),
    ("截至2025年12月8200户", "2025-12"),
    ("8200户(2025-12-31)", "2025-12-31"),
])
def test_a_day_beside_a_number_is_kept_and_never_part_of_the_number(cell, as_of):
    read = number(cell)
    assert (read[0], read[3], read[4], read[5]) == (8200, False, as_of, "")


@pytest.mark.parametrize(("cell", "why"), [
    ("60%", "the unit % does not fit this column"), ("8栋", "the unit 栋 does not fit this column"),
    ("3500㎡", "the unit m2 does not fit this column"), ("3000-3500人", "the unit 人 does not fit this column"),
    ("#N/A", "this is a fault of the spreadsheet, not a value"),
    ("＃REF!", "this is a fault of the spreadsheet, not a value"),
    ("#VALUE!", "this is a fault of the spreadsheet, not a value"),
    (">1200", "this is a bound, not a number"), ("1200以上", "this is a bound, not a number"),
    ("不足1200户", "this is a bound, not a number"), ("≥1200", "this is a bound, not a number"),
    ("无", "this may mean none or not known"), ("1.200", "this may be a fraction or thousands"),
    ("-5", "this is below zero"), (-5.0, "this is below zero"), ("1e999", "this is too large to be a number"),
    (True, "this is not a number"), ("1,23", "this is not a number"), ("12 34", "this is not a number"),
    ("1200²", "this is not a number"), ("①", "this is not a number"), ("½", "this is not a number"),
    ("1-2万", "this is not a number"), ("1300-1200", "this is not a number"), ("千千一", "this is not a number"),
    ("地上120+地下80", "this is not a number"), ("十几户", "this is not a number"),
    ("2026-01-02", "this is not a number"),
    ("1200 as at 31.02.2025", "this is not a number"), (dt.time(8, 5), "this is not a number"),
    ("1200户(含空置)", "this is not a number"), ("近1200余", "this is not a number"),
    ("1" * 500, "this is not a number"),
])
def test_what_is_not_one_number_of_this_column_is_unknown_and_says_why(cell, why):
    read = number(cell)
    assert read[5] == why
    assert all(math.isnan(one) for one in read[:3])


@pytest.mark.parametrize(("cell", "unit", "value"), [
    ("3500㎡", "m²", 3500), ("3500平方米", "m²", 3500), ("3500 m²", "m²", 3500), ("3公顷", "m²", 30000),
    ("12.500", "m²", 12.5),
    ("1.2万平方米", "m²", 12000), ("12.5米", "m", 12.5), ("3分钟", "s", 180), ("60%", "share", 0.6), ("60%", "%", 60),
    ("1.2万人", "persons", 12000), ("截至2025年12月31日1200人", "persons", 1200),
    ("30张床位", "spaces, ports or places, by kind", 30),
])
def test_a_unit_behind_a_number_is_that_of_the_column_or_worked_into_it(cell, unit, value):
    read = number(cell, NumberRule(units_of(unit)))
    assert (read[0], read[5]) == (value, "")


def test_every_unit_of_our_columns_is_known_to_the_list_of_unit_words_or_has_none():
    folder = Path(__file__).parents[1] / "layers"
    units = set(tomllib.loads((folder / "typed_words.toml").read_text("utf-8"))["units"])
    fields = tomllib.loads((folder / "fields.toml").read_text("utf-8"))
    asked = {entry["unit"] for table in fields.values() for entry in table.values()
             if isinstance(entry, dict) and entry.get("type") in {"count", "number"} and "unit" in entry}
    assert asked - units == set()


def test_a_coordinate_is_a_bare_number():
    rule = NumberRule(negative=True, bare=True)
    assert number("-0.1276", rule)[0] == -0.1276
    assert number("１２１．４７３７", rule)[0] == 121.4737
    assert {number(cell, rule)[5] for cell in ("约121", "121-122", "一百", "1.2万")} == {"this is not a number"}


@pytest.mark.parametrize(("numeral", "value"), [
    ("零", 0), ("十", 10), ("十二", 12), ("二十", 20), ("一百一", 110), ("一百零一", 101), ("一百十五", 115),
    ("两万五", 25000),
    ("一万零五", 10005), ("三百二十万", 3200000), ("百", None), ("一二三", None), ("十十", None), ("零十一", None),
    ("", None),
])
def test_chinese_numerals_follow_the_rules_or_are_none(numeral, value):
    assert number_of(numeral) == value


@pytest.mark.parametrize(("cell", "value"), [
    ("1998", 1998), (1998.0, 1998), ("1998年", 1998), ("1998年5月", 1998), ("1998.5", 1998), ("1998/05/01", 1998),
    ("1998年5月1日", 1998), ("1998年建成", 1998), ("建于1998年", 1998), ("一九九八年", 1998), ("二○○八年五月", 2008),
    ("１９９８年", 1998),
    ("19980501", 1998), ("31.12.1998", 1998), (dt.date(2001, 2, 3), 2001), ("2001-02-03 08:05:00", 2001),
    ("2026", 2026),
])
def test_years_as_people_write_them(cell, value):
    assert year(cell)[0] == value
    assert year(cell)[3:] == (False, "")


@pytest.mark.parametrize(("cell", "value", "last"), [
    ("2010、2011", 2010, 2011), ("2010-2011", 2010, 2011), ("1998-2002年", 1998, 2002), ("2010/2011", 2010, 2011),
    ("2011年和2010年", 2010, 2011), ("2010 2011", 2010, 2011), ("2010年、2012年、2011年", 2010, 2012),
    ("1998至2002", 1998, 2002),
])
def test_of_several_years_the_oldest_is_read_and_the_last_is_kept(cell, value, last):
    assert year(cell) == (value, value, last, True, "")


@pytest.mark.parametrize(("cell", "value"), [
    ("98年", 1998), ("九八年", 1998), ("约1998年", 1998), ("1998年左右", 1998), (35916, 1998), ("35916", 1998),
    ("35916.5", 1998),
])
def test_a_year_that_had_to_be_worked_out_is_approximate(cell, value):
    """35916 is 1998-05-01: 98 years of 365 days, 24 leap days, one too many for 1900, and 120 days to May begin."""
    assert 98 * 365 + 24 + 1 + 120 + 1 == 35916
    assert (year(cell)[0], *year(cell)[3:]) == (value, True, "")


@pytest.mark.parametrize(("cell", "first", "last"), [
    ("90年代", 1990, 1999), ("九十年代", 1990, 1999), ("八十年代", 1980, 1989), ("1990年代", 1990, 1999),
    ("上世纪80年代末", 1980, 1989),
    ("20世纪90年代", 1990, 1999), ("2020年代", 2020, 2026), ("二十世纪九十年代", 1990, 1999), ("约90年代", 1990, 1999),
    ("90年代左右", 1990, 1999), ("建于90年代", 1990, 1999), ("九十年代建", 1990, 1999), ("1990s", 1990, 1999),
    ("90年代中后期", 1990, 1999),
    ("八九十年代", 1980, 1999), ("80、90年代", 1980, 1999), ("80-90年代", 1980, 1999), ("八、九十年代", 1980, 1999),
])
def test_a_decade_is_unknown_within_its_years(cell, first, last):
    assert year(cell)[1:] == (first, last, True, "")
    assert math.isnan(year(cell)[0])


@pytest.mark.parametrize(("cell", "why"), [
    ("1899", "this is not between 1900 and 2026"), (2027, "this is not between 1900 and 2026"),
    ("2010、2030", "this is not between 1900 and 2026"), ("05年", "two digits may mean two years"),
    ("26年", "two digits may mean two years"), ("38年", "two digits may mean two years"),
    ("10年代", "two digits may mean two years"), ("2000年以前", "this is not a year"),
    ("90、80年代", "this is not a year"), ("90年代后", "this is not a year"),
    ("民国三十年", "this is a year of another calendar"),
    ("86", "this is not a year"), ("1998.13", "this is not a year"), ("19985", "this is not a year"),
    ("1998年前", "this is not a year"), ("#REF!", "this is a fault of the spreadsheet, not a value"),
    ("约九十", "this is not a year"), (True, "this is not a year"), ("1998²", "this is not a year"),
])
def test_years_that_are_wrong_say_why(cell, why):
    assert year(cell)[4] == why
    assert math.isnan(year(cell)[0])


def test_two_digits_are_two_years_while_the_later_one_may_be_meant():
    assert year("98年", 2100)[4] == "two digits may mean two years"


@pytest.mark.parametrize("cell", [
    "2025年12月31日", "2025.12.31", "31.12.2025", "2025/12/31 8:05", "20251231", 46022, "46022", "31/12/2025",
    "12/31/2025",
    "31 Dec 2025", "December 31, 2025", "2025-12-31T08:05:00+08:00", "二〇二五年十二月三十一日",
    "2025年12月31日 下午3时05分", "20251231142305", "202512311423", "20251231 14:23:05", "2025-12-31 星期三",
    "2025-12-31（周三）",
    "2025年12月31日 星期三 14:23", "2025-12-31 2:23 PM", "12/31/2025 2:23:05 PM", "2025-12-31 14点23分",
    "2025年12月31日14时23分05秒", "2025-12-31-14:23",
    dt.date(2025, 12, 31), dt.datetime(2025, 12, 31, 8, 5), pd.Timestamp("2025-12-31 08:05"),  # noqa: DTZ001
])
def test_days_as_people_and_programs_write_them(cell):
    """46022 days after 1899-12-30, where spreadsheets begin: pandas' own reading is the other opinion."""
    assert pd.to_datetime(46022, unit="D", origin="1899-12-30") == pd.Timestamp(2025, 12, 31)
    assert day(cell) == (pd.Timestamp(2025, 12, 31), "")


def test_a_month_is_its_first_day_within_the_month():
    for cell in ("2024年2月", "2024-02", "2024/2", "2024.02", "2024.2", "202402", 202402):
        parsed = as_date(column(cell), UNKNOWN)
        assert [getattr(parsed, name).iloc[0] for name in ("series", "low", "high")] == [
            pd.Timestamp(2024, 2, 1), pd.Timestamp(2024, 2, 1), pd.Timestamp(2024, 2, 29)]
        assert parsed.approximate.tolist() == [True]


@pytest.mark.parametrize(("cell", "why"), [
    ("03/04/2025", "this may be either of two days"), ("2025-02-30", "this is not a date"),
    ("2025.1", "this is not a date"),
    ("2025", "this is not a date"), ("3月5日", "this is not a date"), ("明天", "this is not a date"),
    (12, "this is not a date"),
    ("#N/A", "this is a fault of the spreadsheet, not a value"), ("9999-12-31", "this is not a date"),
])
def test_days_that_are_wrong_or_may_be_two_say_why(cell, why):
    value, fault = day(cell)
    assert fault == why
    assert value is pd.NaT


def test_yes_and_no_in_the_words_of_an_office():
    cells = ["是", "有", "√", "Y", "已", "已建成", "有(2个)", "有2处", "已有（３台）",
             "否", "无", "無", "×", "N", "未", "尚未", "-", None]
    parsed = as_yes_no(column(*cells), UNKNOWN, YES, NO)
    assert parsed.series.tolist()[:16] == [1.0] * 9 + [0.0] * 7
    assert parsed.series.isna().tolist()[16:] == [True, True]
    assert parsed.wrong.empty


@pytest.mark.parametrize("cell", ["部分", "有(0个)", "无(2个)", "有(计划)", "2个", "#REF!", "是否"])
def test_what_is_neither_yes_nor_no_is_unknown_and_wrong(cell):
    parsed = as_yes_no(column(cell), UNKNOWN, YES, NO)
    assert len(parsed.wrong) == 1
    assert parsed.series.isna().all()


def test_a_word_of_a_list_is_known_in_traditional_characters_and_a_fault_is_none():
    cells, known = column("规划", "規劃", "#N/A", ""), {"规划": "planned"}
    parsed = as_choice(cells, UNKNOWN, known, empty="existing", otherwise="other")
    assert parsed.series.tolist() == ["planned", "planned", "existing", "existing"]
    assert parsed.wrong.index.tolist() == [2]


def test_a_broken_formula_is_no_name():
    parsed = as_words(column("#REF!", "幸福小区", "#1楼", None))
    assert parsed.series.tolist() == ["", "幸福小区", "#1楼", ""]
    assert parsed.wrong.index.tolist() == [0]


def test_every_cell_has_its_own_reading_on_the_index_of_the_column():
    cells = pd.Series(["12", True, 1, "约5", None, 1.0, "12", "x"], index=list("hgfedcba"), dtype=object)
    parsed = as_number(cells, UNKNOWN, HOUSEHOLDS)
    assert parsed.series.dropna().to_dict() == {"h": 12, "f": 1, "e": 5, "c": 1, "b": 12}
    assert parsed.wrong.index.tolist() == ["g", "a"]
    assert parsed.approximate[lambda one: one].index.tolist() == ["e"]
    assert as_text(pd.Series([[1], {"a": 1}, None, float("nan")], dtype=object)).tolist() == ["[1]", "{'a': 1}", "", ""]
    for empty in (pd.Series([], dtype=object), column(None, None)):
        assert as_number(empty, UNKNOWN).series.isna().all()
        assert as_date(empty, UNKNOWN).series.isna().all()


def test_approximate_values_of_a_column_are_one_warning_and_days_another():
    log = ProblemLog()
    raw = pd.DataFrame({"小区名称": list("甲乙丙丁"), "户数": ["约1200户", "800", "近300", "8 200 as at 31.12.2025"],
                        "建成年份": ["90年代", "2010、2011", "1998", "98年"], "_row": [2, 3, 4, 5]}, dtype=object)
    fields = read_fields(raw, "roster", file="名册.xlsx", log=log, data_year=2026)
    assert fields["households"].tolist() == [1200, 800, 300, 8200]
    assert fields["build_year"].tolist()[1:] == [2010, 1998, 1998]
    assert math.isnan(fields["build_year"][0])
    said = [(str(one.why), words(one.why, "zh"), one.row, one.severity) for one in log]
    assert sorted(said) == sorted([
        ("2 values are approximate, such as 约1200户; read as 1200",
         "有 2 个数值是约数，例如“约1200户”，按 1200 读取", 2, "warning"),
        ("1 values are of a day that stands beside them, such as 8 200 as at 31.12.2025; read as 8200",
         "有 1 个数值另注明了日期，例如“8 200 as at 31.12.2025”，按 8200 读取", 5, "warning"),
        (("3 values are approximate, 1 of them ranges, such as 90年代; "
          "a range is read as unknown between 1990 and 1999"),
         "有 3 个数值是约数，其中 1 个只写了范围，例如“90年代”：视为介于 1990 与 1999 之间", 2,
         "warning")])


def test_a_fault_has_the_fix_that_belongs_to_it():
    log = ProblemLog()
    raw = pd.DataFrame({"户数": ["#REF!", "1200以上", "无", "12a"]}, dtype=object)
    read_fields(raw, "roster", file="a.csv", log=log)
    assert [str(one.fix) for one in log] == [
        "correct the formula in this cell, or write its value",
        "write one number, such as 1200, or leave the cell empty where it is not known",
        "write 0 where there are none, or leave the cell empty where it is not known",
        "write digits only, such as 1280, or leave the cell empty where it is not known"]


CELLS = st.one_of(
    st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.datetimes(), st.times(),
    st.text(alphabet="0123456789０９.,，-~–年月日至约余万千百十一二三两"
                     "%户人㎡#()（）、/ 截as:t代世纪民国e+", max_size=20))


@settings(max_examples=400)
@given(st.lists(CELLS, max_size=6))
def test_no_cell_makes_a_traceback_and_a_wrong_one_is_unknown(cells):
    series = column(*cells)
    signed = NumberRule(units_of("m²"), negative=True)
    for parsed in (as_number(series, UNKNOWN, HOUSEHOLDS), as_number(series, UNKNOWN, signed),
                   as_year(series, UNKNOWN, 2026), as_date(series, UNKNOWN), as_yes_no(series, UNKNOWN, YES, NO)):
        assert parsed.series.index.equals(series.index)
        assert parsed.series[parsed.wrong.index].isna().all()
        assert not parsed.approximate[parsed.wrong.index].any()
        bounded = parsed.low.notna() & parsed.high.notna()
        assert (parsed.low[bounded] <= parsed.high[bounded]).all()
    assert as_words(series).series.map(type).eq(str).all()


@settings(max_examples=300)
@given(st.integers(0, 10**9), st.sampled_from(
    ["{}", "{:,}", " {} ", "{}.0", "{}户", "{:,} 户", "约{}户", "{}左右", "共{}户", "{}(估)",
     "{}户（2025-12-31）", "截至2025年12月31日{}户"]),
    st.booleans())
def test_a_whole_number_comes_back_exactly_however_it_was_written(value, form, wide):
    text = form.format(value)
    text = text.translate({ord(one): ord(one) + 0xFEE0 for one in "0123456789,"}) if wide else text
    assert number(text)[0] == value
    assert number(text)[5] == ""


@given(st.integers(0, 99_999_999))
def test_a_chinese_number_comes_back_exactly(value):
    """Written by a grammar of our own: fours of digits, 零 for a gap."""
    def four(part):
        text, gap = "", False
        for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
            one = part // place % 10
            gap, text = (gap or bool(text), text) if not one else (
                False, text + ("零" if gap else "") + "零一二三四五六七八九"[one] + unit)
        return text
    high, low = divmod(value, 10_000)
    gap = "零" if high and 0 < low < 1000 else ""
    text = (four(high) + "万" if high else "") + gap + four(low) or "零"
    assert number_of(text.removeprefix("一") if text.startswith("一十") else text) == value
    assert number_of(text.translate(str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟"))) == value


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), st.sampled_from(
    ["{0.year}年{0.month}月{0.day}日", "{0.year}-{0.month:02}-{0.day:02}", "{0.year}/{0.month}/{0.day} 8:05",
     "{0.year}.{0.month}.{0.day}",
     "{0.day}.{0.month}.{0.year}", "{0.year}{0.month:02}{0.day:02}"]))
def test_a_day_comes_back_exactly_however_it_was_written(value, form):
    assert day(form.format(value)) == (pd.Timestamp(value), "")


@given(st.text(max_size=20))
def test_tidying_twice_changes_nothing_more(text):
    assert tidied(tidied(text)) == tidied(text) or not tidied(text).isascii()
