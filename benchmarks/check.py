"""How long does `estategap check` take on a whole city, and does its memory stay bounded?

20,000 estates with outlines and a roster, 300,000 rows of facility lists and a grid of streets are written as the files
a city would hand in; the real command reads them in a process of its own. Printed: rows, seconds and peak memory at
three sizes, so that the growth can be seen. On 2026-11-27, two shared cores, Python 3.11: 1,250 and 18,750 in 7 s,
5,000 and 75,000 in 10 s, 20,000 and 300,000 in 25 s; 0.6, 0.75 and 1.2 GiB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS, X0, Y0 = "EPSG:4549", 500_000.0, 3_450_000.0
PITCH_M = 250.0
KINDS = ("car_parks", "ebike_chargers", "elderly_care_sites", "nurseries", "kindergartens", "micro_fire_stations")

PROJECT = """[project]
name = "全市"
data_date = 2026-10-31
crs = "EPSG:4549"

[estates]
file = "小区边界.gpkg"

[roster]
file = "小区名册.csv"

[streets]
file = "道路.gpkg"
complete_around = true
"""
LIST = '\n[[facilities]]\nkind = "{kind}"\nfile = "{kind}.csv"\nsurveyed = true\n'


def write_city(folder: Path, estates: int, rows: int, seed: int = 1) -> None:
    """A city of square estates in a grid of streets, its roster, and lists of facilities beside the streets."""
    draw = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(estates)))
    number = np.arange(estates)
    west, south = X0 + number % side * PITCH_M, Y0 + number // side * PITCH_M
    ids = pd.Series(number).map("E{:06d}".format)
    names = pd.Series(number).map("第{}新村".format)
    outlines = gpd.GeoDataFrame({"小区编号": ids, "小区名称": names}, crs=CRS,
                                geometry=shapely.box(west + 15, south + 15, west + 235, south + 235))
    outlines.to_file(folder / "小区边界.gpkg")
    households = draw.integers(200, 3000, estates)
    pd.DataFrame({
        "小区编号": ids, "小区名称": names, "居委会": (number // 8).astype(str), "户数": households,
        "常住人口": households * 5 // 2, "60岁以上": households // 2, "3岁以下": households // 20,
        "建成年份": draw.integers(1950, 2020, estates), "停车位": households // 2, "居民车辆": households * 3 // 5,
        "电动自行车": households, "充电端口数": households // 10,
    }).to_csv(folder / "小区名册.csv", index=False, encoding="gb18030")
    at = np.arange(side + 1) * PITCH_M
    far = side * PITCH_M
    lines = np.concatenate([shapely.linestrings([[(X0 + one, Y0), (X0 + one, Y0 + far)] for one in at]),
                            shapely.linestrings([[(X0, Y0 + one), (X0 + far, Y0 + one)] for one in at])])
    gpd.GeoDataFrame({"highway": ["residential"] * len(lines)}, geometry=lines, crs=CRS).to_file(folder / "道路.gpkg")
    for kind in KINDS:
        count = rows // len(KINDS)
        spots = gpd.GeoSeries(shapely.points(X0 + draw.uniform(0, far, count), Y0 + draw.uniform(0, far, count)),
                              crs=CRS).to_crs(4326)
        pd.DataFrame({
            "设施编号": [f"{kind}{one}" for one in range(count)], "名称": [f"设施{one}" for one in range(count)],
            "容量": draw.integers(5, 200, count), "经度": spots.x.round(7), "纬度": spots.y.round(7),
        }).to_csv(folder / f"{kind}.csv", index=False)
    text = PROJECT + "".join(LIST.format(kind=kind) for kind in KINDS)
    (folder / "project.toml").write_text(text, encoding="utf-8")


def measured(folder: Path) -> tuple[float, float, str]:
    """Seconds and peak megabytes of the command, and its last line."""
    started = time.perf_counter()
    said = subprocess.run([sys.executable, "-m", "estategap", "check", str(folder)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, encoding="utf-8", check=False).stdout
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of the largest so far: sizes grow
    return time.perf_counter() - started, peak_kb / 1024, said.strip().splitlines()[-1]


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest size only")
    sizes = [(1_250, 18_750), (5_000, 75_000), (20_000, 300_000)]
    print(f"{'estates':>8} {'facility rows':>14} {'seconds':>8} {'peak MB':>8}  said")
    for estates, rows in sizes[:1] if parser.parse_args().quick else sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_city(Path(folder), estates, rows)
            seconds, peak_mb, last = measured(Path(folder))
        print(f"{estates:>8} {rows:>14} {seconds:>8.1f} {peak_mb:>8.0f}  {last.replace(folder, '…')}")


if __name__ == "__main__":
    main()
