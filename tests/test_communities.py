"""A community or a street written in several ways is one, and amounts are pooled by it."""

import pandas as pd
import pytest
from small_town import CRS

from gis.errors import ProblemLog
from layers.assignments import read_responsibilities
from layers.estates import read_estates
from layers.naming.communities import community_keys, in_one_spelling
from layers.placing.places import Town
from layers.reading.files import Source

TOWN = Town(CRS, (120.54, 31.86, 120.57, 31.9))


@pytest.mark.parametrize(("one", "other", "same"), [
    ("鞍山三村居委会", "鞍山三村社区", True), ("鞍山三村居委会", "鞍山3村居民委员会", True),
    ("鞍山三村居委会", "鞍山三村", True), ("東風社區", "东风社区", True), ("东风 社区", "东风社区", True),
    ("四平路街道办事处", "四平路街道", True), ("鞍山三村居委会", "鞍山四村居委会", False),
    ("鞍山一村第一居委会", "鞍山一村第二居委会", False), ("东风社区", "东风里社区", False), ("社区", "居委会", False),
    ("双桥村委会", "双桥社区居委会", False), ("双桥村委会", "双桥村", True), ("江湾镇政府", "江湾街道", False),
    ("江湾镇人民政府", "江湾镇", True), ("光明村民委员会", "光明村", True)])
def test_which_names_are_one_community(one, other, same):
    first, second = community_keys(pd.Series([one, other]))
    assert (first == second) is same


def test_the_spelling_of_most_rows_is_taken_and_what_nobody_says_stays_empty():
    names = pd.Series(["东风社区", "東風社區", "", "東風社區", "鞍山居委会"], index=list("abcde"))
    found, spellings = in_one_spelling(names)
    assert found.to_dict() == {"a": "東風社區", "b": "東風社區", "c": "", "d": "東風社區", "e": "鞍山居委会"}
    assert spellings == (("東風社區", "东风社区"),)
    assert in_one_spelling(names.iloc[:2])[1] == (("东风社区", "東風社區"),), "the first of several that are as common"


def test_communities_are_pooled_whatever_their_spelling_and_the_planner_hears_of_it(tmp_path):
    (tmp_path / "名册.csv").write_text(
        "小区编号,小区名称,社区\nA,甲里,东风社区\nB,乙里,東風居委会\nC,丙里,东风社区\n", "utf-8")
    log = ProblemLog()
    estates = read_estates(outlines=None, roster=Source(tmp_path / "名册.csv"), walled_default=True, log=log, town=TOWN)
    assert estates.frame["community"].tolist() == ["东风社区"] * 3
    assert [(one.severity, one.value, str(one.why)) for one in log if "taken for" in str(one.why)] == [
        ("warning", "东风社区", "東風居委会 are taken for the same as 东风社区")]
    (tmp_path / "分工.csv").write_text(
        "事项,社区,责任单位\n停车,東風社區,甲科\n停车,各社区,乙科\n停车,西风社区,丙科\n", "utf-8")
    found = read_responsibilities(Source(tmp_path / "分工.csv"), {"停车": "parking"}, estates.frame["community"],
                                  town=TOWN, log=log)
    assert (found.unit_of("parking", "东风社区"), found.unit_of("parking", "别处")) == ("甲科", "乙科")
    assert [one.value for one in log if "no estate is in this community" in str(one.why)] == ["西风社区"]
