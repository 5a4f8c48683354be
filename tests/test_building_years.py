"""Where the roster says no building year, that of the buildings counts, and how it was found is said."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from analyses.build_age import BuildAgeRule, build_age
from analyses.standards import load_pack
from gis.errors import ProblemLog
from gis.tables import Estates
from layers.buildings import buildings_in_estates, read_buildings, with_build_years
from layers.placing.places import Town
from layers.reading.files import Source

CRS = "EPSG:4549"
WEST, SOUTH = 500_000, 3_400_000
YEARS = {"A": [1988, 1996, 2004, 2006], "B": [2001, 2003], "C": [1990], "D": [None, None], "E": [1980, 1990, 2010]}


def square(column, row, size):
    x, y = WEST + 200 * column + 20 * row, SOUTH
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture
def estates():
    """Five estates of 150 m; the roster knows the year of C, and of none that of its buildings."""
    frame = gpd.GeoDataFrame(
        {"name": list(YEARS), "build_year": [None, None, 2008.0, None, None]}, index=list(YEARS), crs=CRS,
        geometry=[square(column, 0, 150) for column in range(len(YEARS))])
    return Estates.of(frame.astype({"build_year": "float64"}))


@pytest.mark.parametrize("header", ["建成年代", "build_time", "建造年份"])
def test_the_median_of_the_homes_is_the_year_of_an_estate_whose_roster_says_none(tmp_path, estates, header):
    rows = [(year, "住宅", square(column, at, 10)) for column, years in enumerate(YEARS.values())
            for at, year in enumerate(years)]
    rows += [(1950, "商业", square(0, 5, 10)), (2030, "住宅", square(1, 5, 10))]
    layer = pd.DataFrame(rows, columns=[header, "用途", "geometry"])
    layer[header] = [None if pd.isna(year) else f"{year:.0f}年" for year in layer[header]]
    gpd.GeoDataFrame(layer, geometry="geometry", crs=CRS).to_file(tmp_path / "楼栋.gpkg")
    log = ProblemLog()
    read = read_buildings(Source(tmp_path / "楼栋.gpkg"), town=Town(CRS), log=log, data_year=2026)
    found = with_build_years(estates, buildings_in_estates(read, estates, log=log), log=log)
    years = found.frame[["build_year", "build_year_low", "build_year_high"]]
    assert years.loc[["A", "B", "C", "E"]].to_numpy().tolist() == [
        [1996, 1988, 2006], [2001, 2001, 2003], [2008, 2008, 2008], [1990, 1980, 2010]]
    assert years.loc["D"].isna().all()
    assert found.frame["build_year_basis"].to_dict() == {
        "A": "buildings", "B": "buildings", "C": "", "D": "", "E": "buildings"}
    said = [str(one.why) for one in log if "median" in str(one.why)]
    assert said == ["3 estates have no building year in the roster; the median of their buildings is used"]
    assert [one.value for one in log.errors] == ["2030年"]

    rule = load_pack("cn-national").rule("build_age", BuildAgeRule, leave_out=frozenset({"weight"}))
    table = build_age(found, rule=rule).of("old_estate")
    assert table["status"].tolist() == ["short", "met", "met", "unknown", "short"]
    assert table["basis"].tolist() == ["buildings", "buildings", "surveyed", "no_survey", "buildings"]
    assert (table["confidence"] == "D").tolist() == [True, False, False, False, True]
