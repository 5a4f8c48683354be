"""A project.toml typed by hand: every line that is no TOML is named, with what to write instead."""

import pytest

from estategap.project import read_project
from estategap.toml_file import line_of, read_toml
from gis.errors import InputError
from maps.texts import problem_line

QUOTES = 'write straight quotes, typed with the keyboard in English: "…"'
BRACKET = "close the bracket: [section], or [[facilities]] for one of several lists"
HALF = "write marks, digits and spaces in half width, and no mark at the end of the line"
PATH = "write paths with /, such as data/小区.xlsx, or in single quotes: '…'"
NUMBER = "write a plain number, such as 0.5 or 12000: no unit, no %, no comma, no 0 before it"
TYPED = {
    "name = “四平路街道”": QUOTES,
    'name = "四平路街道”': QUOTES,
    "name = ‘四平路街道’": QUOTES,
    "【streets】": "write the name of a section in half-width brackets, such as [streets]",
    "[streets】": "write the name of a section in half-width brackets, such as [streets]",
    "[streets": BRACKET,
    'name："四平路街道"': 'write a half-width equals sign between key and value: key = "…"',
    'name: "四平路街道"': 'write a half-width equals sign between key and value: key = "…"',
    'name ＝ "四平路街道"': 'write a half-width equals sign between key and value: key = "…"',
    'name = "四平路街道"，': HALF,
    'name = "四平路街道";': HALF,
    'file = "D:\\街道\\名册.xlsx"': PATH,
    "walled = True": "write true or false, in small letters and without quotes",
    "walled = 是": "write true or false, in small letters and without quotes",
    "walled = no  # 没有围墙": "write true or false, in small letters and without quotes",
    "data_date = 2026/10/31": "write the day as in 2026-10-31",
    "data_date = 2026-1-3": "write the day as in 2026-10-31",
    "data_date = 2026年10月31日": "write the day as in 2026-10-31",
    "spread = 25%": NUMBER,
    "value = 12,000": NUMBER,
    "value = 1.2万": NUMBER,
    "value = 08": NUMBER,
    "value = .5": NUMBER,
    "name =": "give the value after the equals sign, or put # before the line",
    'name = "四平路街道': "close the quote at the end of the value",
    'name = "四平路街道" 街道办': "put # before what is only a remark",
    "name = 四平路街道": 'put text in quotes: "…"',
    "file = data/roster.xlsx": 'put text in quotes: "…"',
    '  themes = ["停车"，"充电"]': HALF,
    'themes = ["停车"、"充电"]': HALF,
    'file = "a.gpkg", crs = "EPSG:4549"': "write each key on a line of its own",
    'file = "a.gpkg" crs = "EPSG:4549"': "write each key on a line of its own",
    'name = "四平"路"街道"': """write no quote of the same kind inside the value: "it's", '5" wide'""",
    "radius = ５００": HALF,
    '\u3000name = "x"': HALF,
    "crs = None": "leave the line out, or put # before it, where there is no value",
    "crs = null": "leave the line out, or put # before it, where there is no value",
    "cars = { value: 0.55 }": 'write a half-width equals sign between key and value: key = "…"',
    "cars = { value = 55% }": NUMBER,
    "cars = {": "write the whole { … } on one line",
    "[[facilities]": BRACKET,
    "// 道路": "begin a remark with #",
    "＃ 备注": "begin a remark with #",
    "file = 道路.gpkg  # D:\\x": 'put text in quotes: "…"',
    "文件 = 是": "write true or false, in small letters and without quotes",
    '名称 = "四平路街道"': "write the key as the template project.toml has it, in English",
}


def refused(tmp_path, text):
    path = tmp_path / "project.toml"
    path.write_text(text, "utf-8")
    return read_toml(path).problems


@pytest.mark.parametrize("line", TYPED)
def test_a_line_that_people_type_is_answered_with_what_to_write(tmp_path, line):
    (problem,) = refused(tmp_path, f"# 说明\n[project]\n{line}\nseed = 1\n")
    assert (problem.file, problem.row, problem.value) == ("project.toml", 3, line.strip())
    assert str(problem.fix) == TYPED[line]
    shown = problem_line(problem, "zh")
    assert "第 3 行" in shown
    assert "程序原文" not in shown or "Illegal character" in shown


def test_all_wrong_lines_are_named_at_once_and_values_over_several_lines_are_left_alone(tmp_path):
    problems = refused(tmp_path, '[project]\nname = “x”\nlist = [\n  "a",\n  "b",\n]\nwalled = 是\n'
                                 'text = """\nname = “y”\n"""\nspread = 5%\n')
    assert [one.row for one in problems] == [2, 7, 11]


@pytest.mark.parametrize(("lines", "row", "fix"), [
    (["themes = [", '  "停车"，', '  "充电",', "]"], 3, HALF),
    (["themes = [", '  "停车",', "  “充电”,", "]"], 4, QUOTES),
    (["themes = [", '  "停车"', '  "充电"', "]"], 2, "close the list with ] and put a comma between its values"),
    (["themes = [", '  "停车",', '  "充电",'], 2, "close the list with ] and put a comma between its values")])
def test_a_fault_in_a_list_over_several_lines_is_one_fault(tmp_path, lines, row, fix):
    (problem,) = refused(tmp_path, "\n".join(["[project]", *lines, "seed = 1", "[streets]", ""]))
    assert (problem.row, str(problem.fix)) == (row, fix)


def test_long_lists_that_are_right_are_left_alone_and_cost_no_time(tmp_path):
    lists = "".join(f"list{n} = [\n" + '  "x",\n' * 3000 + "]\n" for n in range(5))
    (problem,) = refused(tmp_path, f"{lists}walled = 是\n")
    assert problem.row == 5 * 3002 + 1


def test_signs_that_end_a_line_elsewhere_do_not_count_as_lines(tmp_path):
    (problem,) = refused(tmp_path, "# a\u2028b = 是\nwalled = 是\n")
    assert problem.row == 2


def test_the_same_section_twice_is_said_with_how_lists_are_written(tmp_path):
    (problem,) = refused(tmp_path, '[facilities]\nkind = "a"\n[facilities]\nkind = "b"\n')
    assert problem.row == 3
    assert str(problem.why) == "not valid TOML: the same section or key stands there twice"
    assert "[[facilities]]" in str(problem.fix)
    (problem,) = refused(tmp_path, "a = 1\na = 2\n")
    assert str(problem.why) == "not valid TOML: the same section or key stands there twice"


def said(tmp_path, text):
    (tmp_path / "project.toml").write_text(text, "utf-8")
    return read_toml(tmp_path / "project.toml")


def test_what_stands_twice_and_lines_that_are_wrong_are_named_together_and_the_rest_is_read(tmp_path):
    found = said(tmp_path, "[a]\nx = 1\nx = 2\ny = 3\n[b]\nz = 是\n[a]\nx = 5\n[c]\nlist = [\n  1,\n]\n"
                           "list = [\n  2,\n]\n[d]\nu = 1\n")
    assert [one.row for one in found.problems] == [3, 6, 7, 15]
    assert found.data == {"a": {"x": 1, "y": 3}, "b": {}, "c": {"list": [1]}, "d": {"u": 1}}
    assert found.sure == {"d": {"u": 1}}
    assert found.doubted == {"a", "b", "c"}


def test_of_several_lists_only_the_wrong_one_is_doubted(tmp_path):
    found = said(tmp_path, '[[facilities]]\nkind = 是\n[[facilities]]\nkind = "b"\n[[facilities]]\nkind = "c"\n')
    assert found.sure == {"facilities": [{"kind": "b"}, {"kind": "c"}]}


def test_keys_below_a_wrong_header_are_not_taken_for_those_of_the_section_above(tmp_path):
    found = said(tmp_path, "[a]\nx = 1\n[b\nx = 2\ny = 3\n[c]\nz = 4\n")
    assert found.data == {"a": {"x": 1}, "c": {"z": 4}}
    assert found.doubted == {"b"}


@pytest.mark.parametrize("text", [
    "", "[", "a = 1\na = 2", "a = [[[", "[[a]]\nx = 是\n[a.b]\ny = 1\n[[a]]\n", "[a]\n" * 200, '"""',
    "a.b = 1\na = 2\n", "[a]]\n",
    "a = {b = 1}\n[a.c]\n", "]" * 50, "[x]\n[x.y]\n[x]\n[[x]]\n"])
def test_no_text_is_a_traceback_and_the_last_word_is_toml(tmp_path, text):
    found = said(tmp_path, text)
    assert bool(found.problems) == (text != "")
    assert all(one.row is None or 1 <= one.row <= text.count("\n") + 1 for one in found.problems)


TEXT = """[project]
name = "x"
[[facilities]]
kind = "car_parks"
[[facilities]]
# kind = "x"
file = "b.csv"
[rules.walking]
max_snap_m = { value = 5 }
"""


@pytest.mark.parametrize(("place", "line"), [
    (("project", "name"), 2), (("project", "data_date"), 1), (("facilities", 0, "kind"), 4),
    (("facilities", 0, "file"), 3), (("facilities", 1, "file"), 7), (("facilities", 1, "kind"), 5),
    (("rules", "walking", "max_snap_m", "reason"), 9), (("weights", "parking"), None)])
def test_a_key_is_found_on_its_line_and_a_missing_one_at_its_section(place, line):
    assert line_of(TEXT, *place) == line


def test_a_wrong_key_says_which_of_several_lists_it_belongs_to(tmp_path):
    (tmp_path / "project.toml").write_text(
        '[project]\nname = "x"\ndata_date = 2026-10-31\n[[facilities]]\nkind = "car_parks"\nfile = "a.csv"\n'
        '[[facilities]]\nkind = "car_parks"\nfile = "b.csv"\nsurveyed = "是"\n', "utf-8")
    with pytest.raises(InputError) as caught:
        read_project(tmp_path)
    (problem,) = caught.value.problems
    assert problem_line(problem, "zh").startswith(
        "project.toml，第 10 行，“第 2 个 [[facilities]]（b.csv）的 surveyed”项，")
