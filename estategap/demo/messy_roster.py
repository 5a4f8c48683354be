"""The roster as a street office keeps it: a printed form with names in place of ids, and other tables beside it."""

from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from estategap.demo.messy_cells import traditional, typed_name, typed_number, typed_year, typed_yes_no
from estategap.demo.messy_faults import rows_with_faults
from estategap.demo.messy_layers import DRAWN_IN_ROSTER
from estategap.demo.messy_office import office_sheets
from estategap.demo.messy_sheets import Form, write_forms
from estategap.demo.people import POINT_ONLY, UNPLACED

_STREET: Final = "清河湾街道"
_NEAR_MISS: Final = "常住人口总数"
_RIGHT: Final = "常住人口数"
_MISSPELT: Final = ("云汀府", "云订府")
_RENAMED: Final = "映月花园"
_IN_OTHER_WORDS: Final = {
    _MISSPELT[0]: _MISSPELT[1], _RENAMED: "东岸·映月大苑", "集贤路454弄": "集贤路454弄1-20号"}
_UNPLACED: Final = (UNPLACED[0], *(key for key, *_ in POINT_ONLY))
_BEFORE: Final = ("序号", "所屬街道", "小區編號", "小區名稱", "曾用名", "所屬居委會", "建成年份", "楼栋数（幢）")
_AFTER: Final = ("边界（WKT）", "绿化评价", "联系人", "联系电话", "備註")
_PERSON: Final = ("联系人01", "000-0000")
_NUMBERS: Final = {
    "楼栋数": "幢", "户数": "户", "常住人口": "人", "60岁以上": "人", "停车位": "个", "占用消防通道车位": "个",
    "居民车辆": "辆", "夜间停车数": "辆", "电动自行车数": "辆", "充电端口数": "个"}
_TITLES: Final = (
    f"{_STREET}住宅小区基本情况登记表（演示数据）",
    f"填报单位：{_STREET}办事处                          截至2026年10月31日")
_ENDS: Final = ("填表人：联系人01        联系电话：000-0000        填表日期：2026年11月2日",
                "注：1. 夜间停车数为凌晨清点数。2. 不清楚的请填“不详”。")


def write_roster(tidy: Path, folder: Path, *, declared: bool, faulty: bool) -> None:
    """Write 小区名册.xlsx; ``declared`` with the header renamed and the id filled in that ``check`` asks for."""
    roster = pd.read_excel(tidy / "小区名册.xlsx", engine="calamine")
    drawn = _drawn(tidy)
    residents = _RIGHT if declared else _NEAR_MISS
    heads = [*(("", name) for name in _BEFORE), ("人口情况", "戶數（户）"), ("人口情况", "60岁及以上"),
             ("", f"{residents}（人）"), ("", "3岁以下"), ("", "是否高層"), ("", "封閉管理"),
             *(("停车情况", name) for name in ("停車位", "佔用消防通道車位", "居民車輛數", "夜间停车数")),
             ("电动自行车", "数"), ("电动自行车", "充电端口"), *(("", name) for name in _AFTER)]
    rows: list[list[Any]] = [_example(len(heads))]
    for community, estates in roster.groupby("所属居委", sort=False):
        rows += [[], [f"{community}（{len(estates)}个小区）"]]
        for number, one in estates.iterrows():
            row = _row(int(str(number)), one, drawn, declared=declared)
            rows += rows_with_faults(one["小区编号"], row) if faulty else [row]
    total = ["合计", *[""] * 7, *(int(roster[name].sum()) for name in ("户数", "60岁以上", "常住人口"))]
    rows.append(total + [""] * (len(heads) - len(total)))
    old = [["QHW001", "棉纺新村", 700], ["QHW002", "柳湾里", 300]]
    write_forms(folder / "小区名册.xlsx", {
        "登记表": Form(heads, rows, titles=_TITLES, ends=_ENDS, numbered=True),
        "旧数据": Form([("", name) for name in ("小区编号", "小区名称", "户数")], old, hidden=True),
        **office_sheets(tidy)})


def _row(number: int, one: pd.Series, drawn: dict[str, str], *, declared: bool) -> list[Any]:
    cells = {name: typed_number(one[name], number + 2 * place, unit)
             for place, (name, unit) in enumerate(_NUMBERS.items())}
    official, misspelt = one["小区名称"], one["小区名称"] == _MISSPELT[0]
    alone = one["小区编号"] in {*_UNPLACED, *DRAWN_IN_ROSTER}  # whose name no layer says
    name = official if alone else _IN_OTHER_WORDS.get(official, typed_name(official, number, _STREET))
    former = f"原名{_RENAMED}" if official == _RENAMED else ""
    has_id = alone or (misspelt and declared)
    community = one["所属居委"]
    return [
        number + 1, _STREET, one["小区编号"] if has_id else "", name, former,
        community if number % 2 or alone else traditional(community), typed_year(one["建成年份"], number),
        cells["楼栋数"], cells["户数"], cells["60岁以上"], cells["常住人口"], int(one["3岁以下"]) if alone else "",
        typed_yes_no(one["高层"], number), typed_yes_no(one["封闭管理"], number + 1), cells["停车位"],
        cells["占用消防通道车位"], cells["居民车辆"], cells["夜间停车数"], cells["电动自行车数"], cells["充电端口数"],
        drawn.get(one["小区编号"], ""), "良好", *_PERSON, "演示数据"]


def _example(width: int) -> list[Any]:
    said = ["", _STREET, "示例", "示例小区", "", "示例居委会", 1995, 10, 500, 200, 1200, 30, "否", "是", 100]
    return said + [""] * (width - len(said))


def _drawn(tidy: Path) -> dict[str, str]:
    """The outlines that stand in the roster, as a database writes them."""
    outlines = gpd.read_file(tidy / "小区边界.gpkg").set_index("小区编号").loc[[*DRAWN_IN_ROSTER]].to_crs("EPSG:4490")
    return {str(key): f"SRID=4490;{shape.wkt}" for key, shape in outlines.geometry.items()}
