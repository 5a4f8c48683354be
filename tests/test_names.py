"""Names of estates: which are one however they are written, which are two however alike, what is offered instead."""

import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.naming.names import candidates, normalised_name, normalised_names, offered, paired_names, split_aliases
from maps.texts import words

DIFFERENT = (
    "鞍山三村", "鞍山四村", "鞍山五村", "鞍山新村", "鞍山一二村", "鞍山十二村", "鞍山东小区", "鞍山西小区", "鞍山小区",
    "鞍山花园", "鞍山苑", "鞍山坊", "鞍山公寓",
    "巴林小区", "巴林小区21弄", "巴林小区41弄", "巴林小区伊敏河路50弄", "控江路1045弄", "控江路1054弄", "控江路145弄",
    "控江东三村", "控江西三村",
    "控江三村", "同济新村", "同济绿园", "同济公寓", "密云路454弄", "密云路456弄", "密云路454弄1-20号",
    "密云路454弄21-40号", "密云路454弄1号",
    "幸福小区", "幸福一期", "幸福二期", "幸福小区一期", "幸福小区(二期)", "幸福小区北区", "幸福小区(南区)",
    "幸福第一小区", "幸福第二小区", "第一小区", "第二小区",
    "曹杨一村", "曹杨二村", "曹杨新村", "田林十二村", "田林十三村", "田林二村", "陆家嘴花园", "六家嘴花园", "延吉四村",
    "延吉七村", "万里城", "中远两湾城",
    "瑞虹新城一期", "瑞虹新城11期", "百步亭花园", "百步亭安居苑", "常青花园四小区", "常青花园十四小区",
    "东湖熊家嘴甲区", "东湖熊家嘴乙区", "南湖花园A区",
    "南湖花园B区", "青山红钢城八街坊", "青山红钢城九街坊", "和平里", "和平苑", "和平里小区(东)", "凤城新村", "凤城一村",
    "静安新村", "控江路1号", "控江路11号",
)
SAME = (
    ("密云路454弄", "密雲路454弄", "密云路 ４５４ 弄", "密云路454弄小区", "密云路四五四弄", "密云路454衖",
    "密云路0454弄", "密云路454弄住宅小区"),
    ("鞍山三村", "鞍山3村", "鞍山叁村", "鞍山３邨", "鞍山·三村"),
    ("幸福小区一期", "幸福小区（一期）", "幸福小区(1期)", "幸福小区【一期】", "幸福小区Ⅰ期", "幸福小區〔一期〕",
    "幸福 小区 一期"),
    ("同济新村", "同濟新村", "同济新村小区", "同济新村居住区", "“同济”新村"),
    ("田林十二村", "田林12村", "田林１２村"),
    ("密云路454弄1-20号", "密云路454弄（1号-20号）", "密云路454弄1～20号", "密云路454弄1至20号", "密云路454弄1—20#"),
    ("万科城市花园", "万科-城市花园", "萬科·城市花園", "万科—城市花园小区"),
    ("鞍山一二村", "鞍山一、二村", "鞍山1、2村", "鞍山１，２村"),
    ("SOHO公寓", "soho公寓", "ＳＯＨＯ 公寓"), ("第一小区", "第1小区", "第壹小区"),
    ("光明（东）", "光明【东】", "光明东"), ("天钥新村（五街坊）", "天钥新村五街坊", "天钥新村5街坊"),
)


def test_no_two_estates_of_a_long_list_share_a_key():
    assert len(set(DIFFERENT)) == len(DIFFERENT) > 60
    keys = {name: normalised_name(name) for name in DIFFERENT}
    assert [pair for pair in itertools.combinations(DIFFERENT, 2) if keys[pair[0]] == keys[pair[1]]] == []


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_one_estate_has_one_key_however_it_is_written(names):
    assert {normalised_name(name) for name in names} == {normalised_name(names[0])}


def test_no_writing_of_one_estate_is_that_of_another():
    keys = [{normalised_name(name) for name in names} for names in SAME]
    assert all(not one & other for one, other in itertools.combinations(keys, 2))


def test_a_key_is_its_own_key():
    for name in (*DIFFERENT, *itertools.chain(*SAME)):
        assert normalised_name(normalised_name(name)) == normalised_name(name)


def test_nothing_is_left_of_nothing_and_something_of_everything_else():
    assert normalised_name("  ") == ""
    assert all(normalised_name(name) for name in ("小区", "东小区", "住宅小区", "A", "1"))


def test_names_of_districts_and_streets_are_taken_off_only_when_they_are_listed_and_a_name_remains():
    places = ["上海市", "杨浦区", "平凉路街道", "鞍山"]
    assert normalised_name("上海市杨浦区平凉路街道同济新村", places) == normalised_name("同济新村")
    assert normalised_name("楊浦區同济新村", places) == normalised_name("同济新村")
    assert normalised_name("上海市杨浦区平凉路街道同济新村") != normalised_name("同济新村")
    assert normalised_name("鞍山三村", places) == normalised_name("鞍山三村")
    assert normalised_name("杨浦区", places) == normalised_name("杨浦区")


def test_a_column_of_names_keeps_its_index_and_unknown_names_have_no_key():
    names = pd.Series(["鞍山三村", "", "鞍山3村"], index=[7, 3, 5], dtype=object)
    assert normalised_names(names).to_dict() == {7: "鞍山3村", 3: "", 5: "鞍山3村"}


def paired(ours, theirs):
    keys = paired_names(pd.Series(ours, dtype=object), pd.Series(theirs, dtype=object))
    return [(one, other) for one, key in zip(ours, keys[0], strict=True)
            for other, same in zip(theirs, keys[1], strict=True) if key == same]


def test_all_houses_of_a_lane_are_the_lane_where_no_list_parts_it():
    assert paired(["密云路454弄"], ["密云路454弄1-20号"]) == [("密云路454弄", "密云路454弄1-20号")]
    assert paired(["密云路454弄1-20号"], ["密云路454弄"]) == [("密云路454弄1-20号", "密云路454弄")]
    for ours, theirs in ((["密云路454弄1-20号", "密云路454弄21-40号"], ["密云路454弄"]),
                         (["密云路454弄1-20号"], ["密云路454弄1-40号"]),
                         (["密云路454弄21-40号"], ["密云路454弄"]),
                         (["密云路454弄1-20号"], ["密云路454弄", "密云路454弄21-40号"])):
        assert paired(ours, theirs) == []
        assert paired(theirs, ours) == []
    both = ["密云路454弄1-20号", "密云路454弄"]
    assert paired(both, both) == [(one, one) for one in both]
    assert paired(["密云路454弄1-20号"], both) == [("密云路454弄1-20号",) * 2]


def first(name, known):
    return [one.name for one in candidates([name], known)[name]]


def test_what_looks_alike_is_offered_best_first_and_at_most_three():
    known = ["同济新里", "同心新村", "凤城新村", "同济新苑", "同济新坊", "同济新村", "同济新宅园", "百步亭花园"]
    assert first("同济新宅", known) == ["同济新宅园", "同济新坊", "同济新村"]  # three of four alike: by name
    assert first("同济薪村", known) == ["同济新村"]
    assert first("阳光海岸", known) == []
    assert first("", known) == []
    assert candidates([], known) == {}
    assert candidates(["同济新村"], []) == {"同济新村": ()}


def test_another_number_or_direction_never_comes_before_the_same_and_says_so():
    found = candidates(["鞍山四邨区"], ["鞍山三村区", "鞍山四村", "鞍山四村东区"])["鞍山四邨区"]
    assert [(one.name, one.apart) for one in found] == [("鞍山四村", 0), ("鞍山四村东区", 1), ("鞍山三村区", 2)]
    assert [str(one) for one in offered(found)] == [
        "鞍山四村", "鞍山四村东区 (another part, or the whole of it)", "鞍山三村区 (its numbers or directions differ)"]
    assert [words(one, "zh") for one in offered(found)[1:]] == [
        "鞍山四村东区（可能只是其中一部分，或包含它的整体）", "鞍山三村区（数字或方位不同）"]
    assert first("密云路454弄1-20号", ["密云路456弄", "密云路454弄"])[0] == "密云路454弄"
    assert first("幸福小区二期", ["幸福小区一期", "幸福花园二期"])[0] == "幸福花园二期"
    assert first("控江东三村", ["控江西三村", "控江路东三村"])[0] == "控江路东三村"


def test_a_name_behind_a_street_is_offered():
    assert first("上海市杨浦区四平路街道同济新村", ["同济新村", "百步亭花园"]) == ["同济新村"]
    assert first("巴林小区东区", ["巴林小区", "凤城新村"]) == ["巴林小区"]


def test_candidates_do_not_depend_on_the_order_of_the_list():
    known, mixed = list(DIFFERENT), [*DIFFERENT[1::2], *reversed(DIFFERENT[::2])]
    assert len(mixed) == len(known)
    asked = ["鞍山六村", "控江路1044弄", "幸福小区三期", "同济"]
    assert candidates(asked, known) == candidates(asked, mixed)


@pytest.mark.parametrize(("cell", "names"), [
    ("红旗新村", ("红旗新村",)), ("红旗新村、老红旗", ("红旗新村", "老红旗")),
    ("红旗，老红旗；小红旗／大红旗", ("红旗", "老红旗", "小红旗", "大红旗")),
    ("红旗新村(原名东方红新村)", ("红旗新村", "东方红新村")),
    ("红旗新村（原东方红新村）、老红旗", ("红旗新村", "东方红新村", "老红旗")),
    ("又名：红旗", ("红旗",)), ("红旗又名东方红", ("红旗", "东方红")), ("曾用名:红旗", ("红旗",)),
    ("幸福小区(一期)", ("幸福小区(一期)",)),
    ("幸福小区(一期、二期)、大幸福", ("幸福小区(一期、二期)", "大幸福")), ("原平小区", ("原平小区",)),
    ("红旗\n老红旗", ("红旗", "老红旗")),
    ("红旗、红旗", ("红旗",)), ("无", ()), ("—", ()), ("", ()), ("、，", ()),
    ("红旗(又名A)(原名B)", ("红旗", "A", "B")),
])
def test_other_names_of_an_estate_are_parted(cell, names):
    assert split_aliases(cell) == names


@given(st.text(max_size=20))
def test_any_text_has_a_key_without_spaces_and_makes_no_traceback(text):
    key = normalised_name(text)
    assert not any(one.isspace() for one in key)
    assert all(name.strip() for name in split_aliases(text))
    assert all(0 <= one.likeness <= 100 for one in candidates([text], ["鞍山三村", text])[text])


@given(st.integers(1, 9999), st.integers(1, 9999), st.sampled_from(["弄", "号", "村", "期", "街坊"]))
def test_two_numbers_are_never_one_name(one, other, unit):
    same = normalised_name(f"密云路{one}{unit}") == normalised_name(f"密云路{other}{unit}")
    assert same == (one == other)
