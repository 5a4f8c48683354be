"""What do people complain about? Generated 12345 work orders; more where an estate lacks more."""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

COUNT: Final = 400
_THEMES: Final[dict[str, tuple[float, tuple[str, ...]]]] = {
    "停车": (0.34, ("夜间无处停车", "车辆占用消防通道", "外来车辆占位", "地面车位划线不清", "车辆停在绿化带")),
    "充电": (0.22, ("电动自行车飞线充电", "充电棚端口不够", "电动自行车进楼道", "充电桩多日未修", "希望增设端口")),
    "养老": (0.12, ("希望增设日间照料中心", "老人上下楼不便", "助餐点距离太远", "缺少无障碍坡道")),
    "托育": (0.05, ("附近没有托育机构", "托位排队时间长", "幼儿园入园名额紧张")),
    "消防": (0.10, ("楼道堆物堵塞通道", "消防栓无水", "小区侧门长期锁闭", "微型消防站无人值守")),
    "环境卫生": (0.09, ("垃圾清运不及时", "绿化带杂草丛生", "河道旁有异味")),
    "房屋修缮": (0.08, ("屋面渗水", "外墙脱落", "下水管道堵塞", "单元门损坏")),
}


def write_orders(roster: pd.DataFrame, data_date: dt.date, seed: int) -> pd.DataFrame:
    """The work orders of the ten months before ``data_date``, oldest first.

    An estate's share grows with its households and with how short of parking and ports it is. Names and telephones
    are running numbers, for nobody is behind them.
    """
    rng = np.random.default_rng([seed, 40])
    households = roster["户数"].to_numpy(float)
    lack = 1.6 - np.clip(roster["停车位"].to_numpy(float, na_value=0.0) / households, 0.0, 1.0)
    weight = np.sqrt(households) * lack * rng.uniform(0.4, 1.6, len(roster))
    estate = rng.choice(len(roster), COUNT, p=weight / weight.sum())
    themes = list(_THEMES)
    theme = rng.choice(themes, COUNT, p=[_THEMES[name][0] for name in themes])
    days = np.sort(rng.integers(0, 300, COUNT))
    dates = [data_date - dt.timedelta(days=int(299 - day)) for day in days]
    return pd.DataFrame({
        "工单编号": [f"{date:%Y%m%d}{number:04d}" for number, date in enumerate(dates, start=1)],
        "受理日期": [f"{date:%Y-%m-%d}" for date in dates],
        "小区名称": roster["小区名称"].to_numpy()[estate],
        "类别": theme,
        "内容": [_THEMES[name][1][rng.integers(len(_THEMES[name][1]))] for name in theme],
        "联系人": [f"联系人{number:02d}" for number in rng.integers(1, 100, COUNT)],
        "联系电话": "000-0000",
        "备注": "演示数据",
    })
