"""What stands beside the roster in its workbook, and the list of estates to locate once somebody has filled it in."""

from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from estategap.demo.messy_cells import traditional, typed_day, typed_name, typed_year
from estategap.demo.messy_sheets import Form, write_forms
from estategap.demo.people import UNPLACED
from gis.china_offset import from_wgs84
from layers.placing.to_locate import FILE_NAME, SHEET

_STREET: Final = "清河湾街道"
_TAKEN_FROM: Final[tuple[tuple[str, Literal["GCJ-02", "BD-09"] | None], ...]] = (
    ("高德", "GCJ-02"), ("百度", "BD-09"), ("天地图", None))
_ALL: Final = ("全部", "各社区", "")


def office_sheets(tidy: Path) -> dict[str, Form]:
    """Lifts by the names of their estates, who answers for what, and what became of tasks."""
    return {"电梯": _lifts(tidy), "责任分工": _duties(tidy), "任务进度": _tasks(tidy)}


def write_located(tidy: Path, folder: Path) -> None:
    """Write to_locate.xlsx: each point from another map, and one estate that nobody has found yet."""
    roster = pd.read_excel(tidy / "小区名册.xlsx", engine="calamine")
    scattered = roster[roster["经度"].notna()]
    heads = ("小区编号", "小区名称", "所属居委", "所属街道", "地址", "经度", "纬度", "坐标系", "备注")
    rows: list[list[Any]] = [[*UNPLACED, _STREET, "", "", "", "", "还没有找到"]]
    for (said, system), (_, one) in zip(_TAKEN_FROM, scattered.iterrows(), strict=True):
        lon, lat = from_wgs84(one["经度"], one["纬度"], system) if system else (one["经度"], one["纬度"])
        rows.append([one["小区编号"], one["小区名称"], one["所属居委"], _STREET, "", float(lon), float(lat), said, ""])
    write_forms(folder / FILE_NAME, {SHEET: Form([("", name) for name in heads], rows)})


def _lifts(tidy: Path) -> Form:
    """A ledger with a title and a count below; the number of a lift stays as the register has it."""
    lifts = pd.read_excel(tidy / "电梯.xlsx", engine="calamine", dtype=str)
    rows = [[typed_name(one["小区名称"], row, _STREET), one["楼号"], one["电梯编号"],
             typed_year(one["投用年份"], row), _day(one["安全评估日期"], row), "联系人01", "000-0000"]
            for row, (_, one) in enumerate(lifts.iterrows())]
    heads = ("所在小區", "樓號", "电梯编号", "投用年份", "最近评估日期", "维保负责人", "联系电话")
    return Form([("", name) for name in heads], [*rows, [], ["合计", "", f"{len(rows)}部", "", "", "", ""]],
                titles=(f"{_STREET}在用电梯台账（演示数据）",))


def _duties(tidy: Path) -> Form:
    duties = pd.read_excel(tidy / "责任分工.xlsx", engine="calamine", dtype=str).fillna("")
    rows = [[row + 1, traditional(one["事项"]) if row % 2 else f" {one['事项']} ",
             one["社区"].replace("居委会", "社区") or _ALL[row % len(_ALL)], one["责任单位"] or "—"]
            for row, (_, one) in enumerate(duties.iterrows())]
    return Form([("", name) for name in ("序号", "工作事项", "所属社区", "牵头单位")], rows)


def _tasks(tidy: Path) -> Form:
    tasks = pd.read_excel(tidy / "任务进度.xlsx", engine="calamine", dtype=str)
    rows = [[one["任务编号"], _day(one["完成时限"], row), _day(one["完成日期"], row + 1), one["备注"]]
            for row, (_, one) in enumerate(tasks.iterrows())]
    return Form([("", name) for name in ("任务编号", "计划完成时间", "实际完成时间", "进展情况")], rows,
                ends=("填表人：联系人01",))


def _day(text: Any, row: int) -> Any:
    return "" if pd.isna(text) else typed_day(text, row)
