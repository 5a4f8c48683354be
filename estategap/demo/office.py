"""What else does a street office keep? Its lifts, who answers for what, and what became of earlier tasks."""

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from estategap.demo.estates import Estate
from estategap.demo.write import DATA_DATE

_LIFT_FROM_STOREYS: Final = 8
_OLD_LIFT_YEARS: Final = 10
_ASSESSED_SHARE: Final = 0.6
"""Share of the old lifts that have been assessed."""
_DUTIES: Final = (
    ("停车", "", "街道城市管理办公室"), ("停车", "东岸居委会", "东岸片区管理站"),
    ("电动自行车充电", "", "街道平安建设办公室"), ("养老服务", "", "街道社会事务办公室"),
    ("养老服务", "纺机居委会", ""), ("托育服务", "", "街道社会事务办公室"))
_TASKS: Final = (
    ("QHW006-停车", dt.date(2026, 12, 31), None, "演示数据；已现场踏勘"),
    ("QHW013-电动自行车充电", dt.date(2026, 9, 30), dt.date(2026, 9, 18), "演示数据；已完工"),
    ("QHW021-养老服务", dt.date(2027, 3, 31), None, "演示数据"))


def list_lifts(estates: list[Estate], seed: int) -> pd.DataFrame:
    """One row per lift: a stair of a house from eight storeys has one, as old as the house."""
    rows: list[dict[str, Any]] = []
    for estate in estates:
        rng = np.random.default_rng([seed, 50, int(estate.estate_id[3:])])
        for number, house in enumerate(estate.houses, start=1):
            for unit in range(1, len(house.doors) + 1 if house.storeys >= _LIFT_FROM_STOREYS else 1):
                day = dt.date(DATA_DATE.year - int(rng.integers(1, 4)), int(rng.integers(1, 13)), 15)
                old = DATA_DATE.year - estate.build_year > _OLD_LIFT_YEARS
                assessed = bool(rng.random() < _ASSESSED_SHARE) and old
                rows.append({
                    "电梯编号": f"QH-DT-{len(rows) + 1:04d}", "小区编号": estate.estate_id, "小区名称": estate.name,
                    "楼号": f"{number}号楼{unit}单元", "投用年份": estate.build_year,
                    "安全评估日期": day.isoformat() if assessed else None, "备注": "演示数据"})
    return pd.DataFrame(rows)


def list_duties(communities: pd.Series) -> pd.DataFrame:
    """Which unit answers for which matter; a blank community stands for all, a blank unit for nobody yet."""
    rows = [(matter, community, unit, "演示数据") for matter, community, unit in _DUTIES
            if not community or (communities == community).any()]
    return pd.DataFrame(rows, columns=["事项", "社区", "责任单位", "备注"]).replace("", None)


def list_tasks() -> pd.DataFrame:
    """What became of tasks of an earlier run; what is said of each stands under 备注."""
    rows = [(task, due.isoformat(), done.isoformat() if done else None, said) for task, due, done, said in _TASKS]
    return pd.DataFrame(rows, columns=["任务编号", "完成时限", "完成日期", "备注"])
