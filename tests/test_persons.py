"""Names, telephone numbers and rooms of persons in cells reach no output; names of facilities do."""

import json
import zipfile

import openpyxl
import pandas as pd
import pytest
import python_calamine
from small_town import COUNT, IDS, NAMES, corner, estategap, table, tree, workbook, write_town

from gis.errors import ProblemLog
from layers.columns.fields import is_personal, read_fields
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rows import read_rows
from layers.typed.personal import masked

PHONE = "13912345678"
PERSONS = ("王强", "李建国", "欧阳丽", "赵小刚", "孙桂英", "周明", "吴敏", "郑海", "冯军")
NUMBERS = (PHONE, "13812345679", "65123456", "13712345670", "502室")


def clean(text):
    return masked(pd.Series([text], dtype="object"))[0]


@pytest.mark.parametrize(("text", "kept"), [
    ("王强13912345678停车场", "＊＊＊停车场"), ("停车场王强13912345678", "停车场＊＊＊"), ("13912345678王强", "＊＊＊"),
    ("停车场 13912345678（王强）", "停车场 ＊＊＊"), ("欧阳建国 139 1234 5678", "＊＊＊"),
    ("張偉：13912345678", "＊＊＊"),
    ("王强电话13912345678，李明手机13812345679", "＊＊＊，＊＊＊"), ("王经理13912345678", "＊＊＊"),
    ("老王13912345678", "＊＊＊"),
    ("物业公司李女士 021-65123456", "物业公司＊＊＊"), ("充电站（联系人：王强）", "充电站（联系人：＊＊＊）"),
    ("负责人：张三（手机13912345678）", "负责人：＊＊＊"), ("負責人張偉", "負責人＊＊＊"),
    ("联系人王强电话", "联系人＊＊＊电话"),
    ("王强 3号楼502室 13912345678", "＊＊＊"), ("3号楼502室王强13912345678", "＊＊＊"),
    ("13912345678王强3号楼2单元502室", "＊＊＊"),
    ("请联系王强13912345678", "请联系＊＊＊"), ("打给李敏：13912345678", "打给＊＊＊"),
    ("来电人姓名：王强", "来电人姓名：＊＊＊"), ("投诉人为王强", "投诉人为＊＊＊"),
    ("邻居张建国 13912345678", "邻居＊＊＊"),
    ("负责人王强、李敏", "负责人＊＊＊、＊＊＊"), ("联系人:王强/李敏", "联系人:＊＊＊/＊＊＊"),
    ("负责人王和平和李敏", "负责人＊＊＊和＊＊＊"),
    ("王强、李敏13912345678", "＊＊＊"), ("王　强 13912345678", "＊＊＊"), ("联系人 王　强", "联系人 ＊＊＊"),
    ("１３９１２３４５６７８ 王强", "＊＊＊"), ("021-6512-3456", "＊＊＊"), ("013912345678", "＊＊＊"),
    ("投诉邮箱zhangsan@163.com", "投诉邮箱＊＊＊"), ("王强身份证号310104196001011234", "＊＊＊"),
    ("和平路100弄3号502室王女士", "和平路100弄＊＊＊"), ("华丽家园3号楼502室王强家", "华丽家园＊＊＊"),
    ("王先生3号楼502室", "＊＊＊"), ("3号楼502室 王女士", "＊＊＊"), ("业主王强3号楼502室", "业主＊＊＊")])
def test_the_name_and_the_room_beside_a_number_or_after_a_word_for_a_person_go_too(text, kept):
    assert clean(text) == kept
    assert clean(kept) == kept


@pytest.mark.parametrize("place", [
    "绿地停车场", "东方广场", "白云广场", "万科停车场", "金桥路停车场", "幸福小区地下车库", "农贸市场白天", "唐镇",
    "陆家嘴", "门卫电话", "和平路12弄",
    "消防站", "阳光家园", "施工处", "陈家宅", "王家浜"])
def test_names_of_places_beside_a_number_stay(place):
    assert clean(f"{place}13912345678") == f"{place}＊＊＊"
    assert clean(f"13912345678 {place}") == f"＊＊＊ {place}"


@pytest.mark.parametrize("text", [
    "王强", "李先生牛肉面", "联系人待定", "业主委员会", "业主方便停车", "3号楼502室", "高工新村", "负责人",
    "王强停车场", "经理室", "门卫值班室",
    "居民活动中心", "老人活动室", "家属楼", "市民广场", "村民李家庄", "３号楼１０２单元", "王 强",
    "管理员严禁入内", "消防站长江大道店", "消防站长江大道", "和平路12弄3号502室"])
def test_nothing_is_taken_out_where_nobody_is_named(text):
    assert clean(text) == text


def test_what_cannot_be_told_is_as_the_module_says():
    """The limits: a place called like a person is lost beside a number; a rare surname stays."""
    assert clean("万方13912345678") == "＊＊＊"
    assert clean("鲜于枢13912345678") == "鲜于枢＊＊＊"


@pytest.mark.parametrize("header", [
    "物业经理", "楼长", "楼栋长", "责任人", "消防责任人", "法人", "法定代表人", "小区书记", "楼组长", "业委会主任",
    "户主", "身份证号", "联系方式", "房号",
    "网格员", "業委會主任", "业主", "车牌号", "站长", "家庭住址"])
def test_columns_about_persons_are_left_out_without_advice_to_rename_them(header):
    raw = pd.DataFrame({"小区名称": ["幸福"], header: ["张三"]}, dtype="object")
    log = ProblemLog()
    fields = read_fields(raw, "roster", file="名册.xlsx", log=log)
    assert is_personal(header)
    assert fields.attrs["personal"] == (header,)
    assert [str(one) for one in log] == [
        f"名册.xlsx: columns about persons were dropped unread: {header} → leave such columns out of the file"]


@pytest.mark.parametrize("header", ["业委会", "业主委员会", "物业公司", "法人单位数", "管理单位", "责任单位", "楼长度"])
def test_columns_about_offices_and_things_are_not_about_persons(header):
    assert is_personal(header) == (header == "楼长度")  # 楼长 begins it: nobody has such a column


@pytest.mark.parametrize("header", ["来电人次", "投诉人数", "诉求人次", "网格员数量", "來電人數"])
def test_a_column_that_counts_persons_is_not_about_one(header):
    assert not is_personal(header)


@pytest.mark.parametrize("head", [
    "序号,小区,王强,13912345678,停车", "序号,小区,处理：已联系王强１３９１２３４５６７８,类型,高度"])
def test_of_a_list_without_headers_no_person_of_its_first_row_is_shown(tmp_path, head):
    (tmp_path / "工单.csv").write_bytes(f"{head}\r\n2,光明,李敏,13812345679,停车\r\n".encode("gb18030"))
    log = ProblemLog()
    rows = read_rows(Source(tmp_path / "工单.csv"), "complaint", part="complaints", town=Town("EPSG:4549"), log=log)
    said = f"{[str(one) for one in log]} {rows.unread} {rows.personal}"
    assert not [hidden for hidden in ("王强", "5678", "５６７８") if hidden in said]
    assert "＊＊＊" in said
    assert ("高度" in said) == ("高度" in head)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The small town with persons in every list, after ``check`` and ``run``: its folder and what both said."""
    town = write_town(tmp_path_factory.mktemp("persons") / "town")
    book = openpyxl.load_workbook(town / "小区名册.xlsx")
    page = book["名册"]
    for column, (head, value) in enumerate((
            ("物业公司", f"幸福物业公司 冯军 {PHONE}"), ("物业经理", "周明"), ("楼长", "吴敏"), ("房号", "3号楼502室"),
            ("小区书记", "郑海"), ("地址", f"和平路1号 王强3号楼502室 {PHONE}")), start=page.max_column + 1):
        page.cell(1, column, head)
        for row in range(2, COUNT + 2):
            page.cell(row, column, value)
    book.save(town / "小区名册.xlsx")
    names = ["王强13912345678停车场", "绿地停车场13912345678", "东城停车场（联系人：李建国 3号楼502室 13812345679）",
             *[f"{name}停车场" for name in NAMES[3:]]]
    workbook(town / "停车场.xlsx", "清单", [("设施编号", "名称", "容量", "楼长", "x", "y"), *(
        (f"f{n}", names[n], 10 + n, "吴敏", corner(n)[0] - 20, corner(n)[1] + 30) for n in range(COUNT))])
    # the same place and all but the same name again, so that conflation.csv has it
    table(town / "停车场二.csv", ("名称", "容量", "x", "y"), [
        ("停车场 王强 13912345678", 10, corner(0)[0] - 20, corner(0)[1] + 30),
        (names[0], 10, corner(0)[0] - 19, corner(0)[1] + 30), (names[2], 12, corner(2)[0] - 19, corner(2)[1] + 30)])
    table(town / "出入口.csv", ("出入口编号", "小区编号", "名称", "开放时间", "x", "y"),
          [(f"g{IDS[n]}", IDS[n], f"东门 欧阳丽 {PHONE}", "全天，联系电话：赵小刚 65123456", corner(n)[0] + 80,
              corner(n)[1])
           for n in range(COUNT)])
    table(town / "工单.csv", ("小区编号", "小区名称", "诉求类型"), [(IDS[n], "",
        f"停车 孙桂英{PHONE}") for n in range(COUNT)])
    table(town / "责任分工.csv", ("事项", "责任单位"), [("停车", "房管所 孙桂英 13712345670")])
    with (town / "project.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[facilities]]\nkind = "car_parks"\nfile = "停车场二.csv"\ncrs = "EPSG:4549"\n'
                   '\n[responsibilities]\nfile = "责任分工.csv"\n')
    inputs = set(tree(town))
    said = [estategap(command, town, home=town.parent) for command in ("check", "run")]
    assert [one.returncode for one in said] == [0, 0], [one.stderr for one in said]
    return town, inputs, said


def test_no_output_holds_a_name_a_number_or_a_room(run):
    town, inputs, said = run
    outputs = {name: content for name, content in tree(town).items() if name not in inputs}
    assert {"problems.xlsx", *(f".{kind}" for kind in ("csv", "gpkg", "html", "xlsx", "json"))} <= {
        *outputs, *(name[name.rfind("."):] for name in outputs)}
    books = [(name, town / name) for name in outputs if name.endswith(".xlsx")]
    for name, path in books:
        with zipfile.ZipFile(path) as book:
            outputs |= {f"{name}/{part}": book.read(part) for part in book.namelist()}
    outputs["said"] = "".join(one.stdout + one.stderr for one in said).encode()
    wanted = [form for text in (*PERSONS, *NUMBERS) for form in (
        text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le"))]
    found = {(name, form) for name, content in outputs.items() for form in wanted if form in content}
    assert found == set()
    assert any("绿地停车场".encode() in content for name, content in outputs.items() if name.endswith("conflation.csv"))


def test_the_account_says_per_file_and_column_how_many_cells_were_masked_and_what_was_left_out(run):
    town, _, (check, _) = run
    shown = check.stdout.splitlines()
    roster = next(at for at, line in enumerate(shown) if line.startswith("小区名册.xlsx"))
    told = [line.strip() for line in shown[roster + 1 : roster + 6]]
    assert "涉及个人信息、未读取的列：物业经理，楼长，房号，小区书记" in told
    assert f"已隐去电话或人名的单元格：地址 {COUNT} 个，物业公司 {COUNT} 个" in told
    sheet = python_calamine.CalamineWorkbook.from_path(town / "problems.xlsx").get_sheet_by_name("读取核对").to_python()
    place = {head: at for at, head in enumerate(sheet[0])}
    row = next(row for row in sheet if row[0] == "停车场.xlsx")
    assert row[place["涉及个人、未读取的列"]] == "楼长"
    assert row[place["已隐去电话或人名的单元格"]] == "名称 3 个"
    assert "楼长" not in row[place["没有读的列"]]
    (manifest,) = town.glob("runs/*/manifest.json")
    read = {one["file"]: one for one in json.loads(manifest.read_text("utf-8"))["readings"]}
    assert read["停车场.xlsx"]["cells_masked"] == {"名称": 3}
    assert read["小区名册.xlsx"]["columns_about_persons"] == ["物业经理", "楼长", "房号", "小区书记"]


def test_that_cells_were_masked_is_no_error(run):
    _, _, (check, _) = run
    assert "错误：" not in check.stderr
