"""Every message of ours is there in Chinese, says the same things, and is what a Chinese reader gets to see."""

import ast
import html
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import python_calamine
from small_town import X0, Y0, table, workbook, write_town
from typer.testing import CliRunner

from estategap.cli import app
from gis.errors import Problem, Words, either, listed, reported, say, together
from maps.texts import catalogue, problem_line, translations, words

ROOT = Path(__file__).parents[1]
ROOMS = ("gis", "layers", "analyses", "maps", "estategap")
LATIN_SENTENCE = re.compile(r"[A-Za-z']{2,}(?:,? [A-Za-z']{2,}){2,}")


@cache
def calls() -> tuple[tuple[str, ast.Call], ...]:
    """Every call in all rooms, with the place where it stands."""
    return tuple((f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node)
                 for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))
                 for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def messages(*keywords: str) -> Iterator[tuple[str, ast.expr]]:
    """Where, and each expression that stands as one of the keywords in a call or, without any, first in ``say``."""
    for where, call in calls():
        given = [one.value for one in call.keywords if one.arg in keywords]
        given += call.args[:1] if not keywords and getattr(call.func, "id", "") == "say" else []
        yield from ((where, part) for one in given for part in parts(one))


def parts(node: ast.expr) -> list[ast.expr]:
    """Both sides of a choice, else the expression itself."""
    return parts(node.body) + parts(node.orelse) if isinstance(node, ast.IfExp) else [node]


@cache
def templates() -> frozenset[str]:
    nodes = [node for _, node in (*messages(), *messages("why", "fix"))]
    return frozenset(one.value for one in nodes if isinstance(one, ast.Constant) and one.value)


def names_in(template: str) -> set[str]:
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        return set()
    return {name for name in fields if name.isidentifier()}


def test_every_message_is_there_in_chinese_and_none_is_left_over():
    assert len(templates()) > 300
    assert templates() - set(translations("zh")) == set()
    assert set(translations("zh")) - templates() == set()


def test_a_message_says_the_same_things_in_chinese():
    differ = {english: chinese for english, chinese in translations("zh").items()
              if names_in(english) != names_in(chinese)}
    assert differ == {}
    spaced = [chinese for chinese in translations("zh").values() if chinese != chinese.strip() or not chinese]
    assert spaced == []


def test_a_fix_is_a_polite_request_in_chinese():
    said = [node.args[0] if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" else node
            for _, node in messages("fix")]
    fixes = {node.value for node in said if isinstance(node, ast.Constant)}
    assert len(fixes) > 80
    polite = re.compile("(如[^，]*，)?(请|无需处理|是否应为|可用的键)")
    assert [zh for fix in fixes if not polite.match(zh := translations("zh")[fix])] == []


def test_no_sentence_begins_with_the_measure_word_of_a_number_that_stands_elsewhere():
    """The reasons of the account have their number of rows in a column of its own."""
    bare = re.compile("(?!处置)[个处条件栋幢部座扇张份辆]|行(?!数)")
    assert [chinese for chinese in translations("zh").values() if bare.match(chinese)] == []


def test_no_message_is_put_together_from_pieces():
    """Pieces cannot be translated: a template is constant, what varies stands in its values."""
    assert [where for where, node in messages() if not isinstance(node, ast.Constant)] == []
    allowed = (ast.Constant, ast.Name, ast.Attribute, ast.Subscript)  # a message, or one that was made before
    makers = {"say", "system_reason", "words", "more_rows", "_near_names", "_fix", "_crs_fix"}
    other = [(where, ast.unparse(node)) for where, node in messages("why", "fix") if not isinstance(node, allowed)
             and not (isinstance(node, ast.Call) and getattr(node.func, "id", "") in makers)]
    assert other == []


def test_words_are_english_as_text_and_translated_by_template():
    problem = Problem(file="名册.xlsx", sheet="一", row=3, column="户数", value="很多", why=say("this is not a number"),
                      fix=say("one of: {names}", names=("a", "b", "c")))
    assert str(problem) == (
        "名册.xlsx, sheet 一, row 3, column 户数, value '很多': this is not a number → one of: a, b, c")
    assert problem_line(problem, "en") == str(problem)
    assert problem_line(problem, "zh") == (
        "名册.xlsx，工作表“一”，第 3 行，“户数”列，值“很多”：不是数字 → 请从以下各项中选用：a、b、c")
    bare = Problem(why="all weights are 0", fix="give at least one weight above 0")
    assert (str(bare), problem_line(bare, "en")) == ("all weights are 0 → give at least one weight above 0",) * 2
    assert problem_line(bare, "zh") == "全部权重为 0 → 请至少填写一个大于 0 的权重"
    assert len({problem, problem, bare}) == 2


def test_values_are_data_and_words_within_words_are_translated():
    assert str(either(["甲", "乙", "丙"])) == "甲 or 乙 or 丙"
    assert words(either(["甲", "乙", "丙"]), "zh") == "甲 或 乙 或 丙"
    assert (either(["甲"]), listed("ab", 2)) == ("甲", ("a", "b"))
    more = say("columns not read: {names}", names=listed("abc", 2))
    assert str(more) == "columns not read: a, b and 1 more"
    assert words(more, "zh") == "以下列没有读取：a、b，另有 1 个"
    hostile = say("cannot write here: {error}", error=reported("{0} {why} this is not a number"))
    assert str(hostile) == "cannot write here: {0} {why} this is not a number"
    assert words(hostile, "zh") == "此处无法写入：程序原文：{0} {why} this is not a number"
    data = say("there is no {file} here", file="this is not a number")
    assert words(data, "zh") == "此处没有 this is not a number"


def test_what_nobody_translated_is_said_in_english():
    assert words("a sentence {of} nobody", "zh") == "a sentence {of} nobody"
    assert words(say("{count} sentences of nobody", count=2), "zh") == "2 sentences of nobody"
    assert words("", "zh") == ""
    assert str(Words("write { value = … }")) == "write { value = … }"


def break_things(town: Path) -> None:
    """Mistakes of many kinds in one project."""
    text = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(text + "\n[weights]\nparkin = 1\n[rules.parking]\nweight = "
                                       '{ value = "far", reason = "试" }\n', "utf-8")
    head = ("小区编号", "小区名称", "户数", "建成年份", "高层", "联系人", "杂项")
    rows = [("X00", "甲", "很多", 2999, "部分", "王某", "x"), ("X00", "", -5, "", "", "", "")]
    workbook(town / "小区名册.xlsx", "名册", [head, *rows])
    (town / "停车场.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(90))
    (town / "单元门.csv").unlink()
    (town / "工单.csv").write_bytes(b"")
    table(town / "养老.csv", ("名称", "容量", "x", "y"), [("甲", "十", X0, Y0), ("乙", 5, "", "")])
    table(town / "微型消防站.csv", ("名称", "名称", "x", "y"), [("甲", "十", X0, Y0)])


def lines_of(stderr: str) -> Iterator[str]:
    return (line for line in stderr.splitlines() if line.startswith("• "))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


def test_the_check_of_a_broken_project_is_chinese(town: Path):
    break_things(town)
    done = CliRunner().invoke(app, ["check", str(town)])
    assert done.exit_code == 1
    problems = list(lines_of(done.stderr))
    assert len(problems) > 10
    assert all(line.startswith(("• 错误：", "• 提醒：")) for line in problems)
    said = done.stdout.replace(str(town), "") + done.stderr.replace(str(town), "")
    assert [found.group() for found in LATIN_SENTENCE.finditer(said)] == []
    phrases = {one for one in templates() if len(one.split()) > 1 and not names_in(one) and one.isascii()}
    assert {one for one in phrases if one in said} == set()
    errors = sum(line.startswith("• 错误：") for line in problems)
    assert f"错误 {errors} 项，提醒 {len(problems) - errors} 项" in done.stdout
    assert "✓ 读取输入数据" in done.stderr
    assert ("• 错误：小区名册.xlsx，工作表“名册”，第 2 行，“户数”列，值“很多”：不是数字 → "
            "请只填数字，例如 1280；不清楚的请留空") in problems
    assert ("• 错误：停车场.xlsx：文件内容为 PNG 图片，应为 Excel 工作簿 → "
            "请换成正确的文件，或按扩展名所示的格式重新保存") in problems


def test_the_list_of_problems_is_in_the_language_that_was_asked_for(town: Path):
    break_things(town)
    heads = {"zh": ["级别", "文件", "工作表", "行", "列（或设置项）", "值", "问题", "处理办法"],
             "en": ["severity", "file", "sheet", "row", "column (or setting)", "value", "problem", "what to do"]}
    seen = {}
    for lang, head in heads.items():
        CliRunner().invoke(app, ["check", str(town), "--lang", lang])
        book = python_calamine.CalamineWorkbook.from_path(town / "problems.xlsx")
        seen[lang] = book.get_sheet_by_index(0).to_python()
        assert seen[lang][0] == head
    assert len(seen["zh"]) == len(seen["en"]) > 10
    assert {row[0] for row in seen["zh"][1:]} == {"错误", "提醒"}
    cells = [str(cell) for row in seen["zh"] for cell in row]
    assert [cell for cell in cells if LATIN_SENTENCE.search(cell)] == []
    assert any(LATIN_SENTENCE.search(str(cell)) for row in seen["en"][1:] for cell in row)


def test_what_cannot_be_done_is_said_in_chinese_by_every_command(town: Path, tmp_path: Path):
    (tmp_path / "file").write_text("x")
    for arguments in (["run", str(tmp_path)], ["check", str(tmp_path)], ["init", str(town)],
                      ["init", str(tmp_path / "file" / "new")], ["demo", "--out", str(tmp_path / "file")],
                      ["run", str(town), "--out", str(tmp_path / "file")]):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 1, arguments
        assert LATIN_SENTENCE.search(done.stderr.replace(str(tmp_path), "")) is None, done.stderr
        assert "• 错误：" in done.stderr
        english = CliRunner().invoke(app, [*arguments, "--lang", "en"])
        assert "• error: " in english.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_shows_its_warnings_in_its_own_language(town: Path, lang: str):
    table(town / "养老.csv", ("名称", "容量", "x", "y", "杂项"), [("甲", 5, X0 + 1, Y0 + 1, "z")])
    table(town / "工单.csv", ("小区编号", "小区名称", "诉求类型"), [("", "无此小区", "x")])
    done = CliRunner().invoke(app, ["run", str(town), "--lang", lang])
    assert done.exit_code == 0, done.stderr
    page = html.unescape(Path(done.stdout.splitlines()[0]).read_text("utf-8"))
    said = {"zh": ("以下列没有读取：杂项", "无需处理；如其中有需要读取的列，请改用模板中的列名",
                   "这条工单不属于任何小区，没有计入"),
            "en": ("columns not read: 杂项", "nothing, unless one is meant to be read",
                   "this complaint belongs to no estate and is not counted")}
    other = "en" if lang == "zh" else "zh"
    assert [text in page for text in said[lang]] == [True, True, True]
    assert [text in page for text in said[other]] == [False, False, False]
    assert all(f"✓ {catalogue(lang)[f'progress.{step}']}" in done.stderr for step in ("read", "rank", "write"))
    again = CliRunner().invoke(app, ["run", str(town), "--lang", lang])
    assert catalogue(lang)["progress.unchanged"] in again.stderr


def test_problems_that_differ_in_the_row_alone_are_one_line_and_a_long_value_is_cut_off():
    here = {"file": "名册.xlsx", "sheet": "小区", "column": "户数", "why": "not a number", "fix": "write a number"}
    wrong = [Problem(row=row, value="普通", **here) for row in (2, 3, 9)]
    other = Problem(row=4, value="x" * 30_000, **here)
    whole = Problem(file="名册.xlsx", why="the sheet is empty", fix="fill it in")
    assert [str(one) for one in together([*wrong[:2], other, whole, wrong[2], whole])] == [
        "名册.xlsx, sheet 小区, rows 2–3, 9, column 户数, value '普通': not a number → write a number",
        f"名册.xlsx, sheet 小区, row 4, column 户数, value '{'x' * 500}…': not a number → write a number",
        "名册.xlsx: the sheet is empty → fill it in"]


def test_what_is_wrong_with_a_whole_file_does_not_hide_the_same_of_its_rows():
    whole, *rows = (Problem(file="名册.xlsx", why="not a number", fix="write one", row=row) for row in (None, 2, 3))
    for order in ([whole, *rows], [*rows, whole], [rows[0], whole, rows[1]]):
        assert sorted(str(one) for one in together(order)) == [
            "名册.xlsx, rows 2–3: not a number → write one", "名册.xlsx: not a number → write one"]
