"""Coordinates as planners hand them in, in whole files: each is where it truly is to a centimetre, or a message.

What is true stands in degrees; the numbers of the files and the wanted metres are PROJ's forward formulas of it.
"""

import csv
import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from openpyxl import Workbook

from gis.errors import InputError, ProblemLog
from gis.tables import Estates
from layers.estates import read_estates
from layers.facilities import read_facilities
from layers.gates import read_gates
from layers.placing.places import Town
from layers.reading.files import Source

CRS, WEST_CRS = "EPSG:4549", "EPSG:4548"  # CGCS2000, central meridians 120 E and 117 E, no zone number
SHANGHAI = np.array([(121.4737, 31.2304), (121.4805, 31.2199), (121.5002, 31.2401)])
TOWN = Town(CRS, (121.3, 31.1, 121.7, 31.4))
BORDER = np.array([(118.49, 31.70), (118.51, 31.71)])  # 马鞍山: zones 39 and 40 meet at 118.5 E
BORDER_TOWN = Town(CRS, (118.4, 31.6, 118.6, 31.8))
TABLES, LAYERS = (".csv", ".xlsx"), (".gpkg", ".shp", ".geojson")


def metres(degrees, crs=CRS):
    return np.column_stack(pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(*np.transpose(degrees)))


def table(folder, suffix, rows, x="经度", y="纬度"):
    """A list of the car parks 甲, 乙, … in GB18030 or as a workbook; ``rows`` are the cells of both coordinates."""
    path, lines = folder / f"点{suffix}", [["名称", x, y], *([name, *cells] for name, cells in zip("甲乙丙丁戊", rows,
                                                                                                    strict=False))]
    if suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        path.write_bytes(text.getvalue().encode("gb18030"))
        return path
    book = Workbook()
    for line in lines:
        book.active.append([None if cell == "" else cell for cell in line])
    book.active.title = "表"
    book.save(path)
    return path


def layer(folder, suffix, numbers, crs):
    """The numbers as points of a layer that says ``crs``; a Shapefile says nothing (it lost its .prj)."""
    path = folder / f"点{suffix}"
    if suffix == ".geojson":
        features = [{"type": "Feature", "properties": {"名称": name}, "geometry": {"type": "Point", "coordinates": one}}
                    for name, one in zip("甲乙丙丁", np.asarray(numbers).tolist(), strict=False)]
        path.write_bytes(json.dumps({"type": "FeatureCollection", "features": features}).encode())
        return path
    points = gpd.GeoDataFrame({"名称": list("甲乙丙丁")[:len(numbers)]}, geometry=shapely.points(numbers), crs=crs)
    pyogrio.write_dataframe(points, path)
    path.with_suffix(".prj").unlink(missing_ok=True)
    return path


def read(path, town=TOWN, **declared):
    """The metres of each car park as (east, north), by name, and what was said."""
    log = ProblemLog()
    found = read_facilities(Source(path, **declared), kind="car_parks", surveyed=True, estates=Estates.empty(town.crs),
                            town=town, log=log).frame
    return pd.DataFrame({"x": found.geometry.x, "y": found.geometry.y}).set_axis(found["name"]), log


def assert_at(found, degrees, crs=CRS):
    assert len(found) == len(degrees)
    np.testing.assert_allclose(found.loc[list("甲乙丙丁")[:len(degrees)]], metres(degrees, crs), rtol=0, atol=0.01)


def said(log):
    """What was said of coordinates: severity, row, value, why."""
    return [(one.severity, one.row, one.value, str(one.why)) for one in log if "capacity" not in str(one.why)]


def written(degrees):
    return ", ".join(f"{number:.12g}" for number in degrees)


# ---- what the project declares

@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", None])
def test_degrees_in_the_order_of_the_headers(tmp_path, suffix, crs):
    found, log = read(table(tmp_path, suffix, SHANGHAI.tolist()), crs=crs)
    assert_at(found, SHANGHAI)
    assert said(log) == []


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490"])
def test_latitude_first_as_epsg_orders_the_axes(tmp_path, suffix, crs):
    path = table(tmp_path, suffix, SHANGHAI[:, ::-1].tolist(), "X坐标", "Y坐标")
    found, log = read(path, crs=crs)
    assert_at(found, SHANGHAI)
    why = "3 rows have latitude and longitude exchanged; they were read the other way round: 2, 3, 4"
    assert said(log) == [("warning", 2, written(SHANGHAI[0, ::-1]), why)]


@pytest.mark.parametrize("suffix", LAYERS)
def test_a_layer_with_latitude_first(tmp_path, suffix):
    declared = {"crs": "EPSG:4490"} if suffix == ".shp" else {}
    found, log = read(layer(tmp_path, suffix, SHANGHAI[:, ::-1], "EPSG:4490"), **declared)
    assert_at(found, SHANGHAI)
    assert [(severity, row, why.split(";")[0]) for severity, row, _, why in said(log)] == [
        ("warning", 1, "3 rows have latitude and longitude exchanged")]


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("first", ["east", "north"])
@pytest.mark.parametrize("crs", [CRS, "EPSG:4528"])
def test_metres_east_first_and_north_first_as_surveyors_write_them(tmp_path, suffix, first, crs):
    numbers = metres(SHANGHAI, crs)
    path = table(tmp_path, suffix, (numbers if first == "east" else numbers[:, ::-1]).tolist(), "X坐标", "Y坐标")
    found, log = read(path, crs=crs)
    assert_at(found, SHANGHAI)
    assert [why for *_, why in said(log)] == ([] if first == "east" else [
        "3 rows give the northing first and the easting second, as surveyors do; they were read so: 2, 3, 4"])


@pytest.mark.parametrize("suffix", [*TABLES, *LAYERS])
def test_degrees_declared_as_metres(tmp_path, suffix):
    path = (table(tmp_path, suffix, SHANGHAI.tolist()) if suffix in TABLES else layer(tmp_path, suffix, SHANGHAI, CRS))
    found, log = read(path, crs=CRS)
    assert_at(found, SHANGHAI)
    rows = "2, 3, 4" if suffix in TABLES else "1, 2, 3"
    assert [why for *_, why in said(log)] == [
        f"3 rows are in degrees, not in EPSG:4549; they were read as longitude and latitude: {rows}"]


# ---- zones

@pytest.mark.parametrize("suffix", [*TABLES, ".geojson"])
@pytest.mark.parametrize("home", [True, False])
def test_metres_with_their_zone_number_say_themselves_where_they_are(tmp_path, suffix, home):
    numbers = metres(SHANGHAI, "EPSG:4528")
    assert (numbers[:, 0] // 1e6 == 40).all()
    path = table(tmp_path, suffix, numbers.tolist()) if suffix in TABLES else layer(tmp_path, suffix, numbers, None)
    found, log = read(path, TOWN if home else Town(CRS))
    assert_at(found, SHANGHAI)
    rows = "2, 3, 4" if suffix in TABLES else "1, 2, 3"
    assert [why for *_, why in said(log)] == [f"3 rows are in metres and were read as EPSG:4528: {rows}"]


@pytest.mark.parametrize("suffix", TABLES)
def test_metres_without_a_zone_number_are_read_where_the_town_lies_else_refused_with_the_line(tmp_path, suffix):
    numbers = metres(SHANGHAI)
    path = table(tmp_path, suffix, numbers.tolist())
    found, log = read(path)
    assert_at(found, SHANGHAI)
    assert [(severity, why) for severity, _, _, why in said(log)] == [
        ("warning", "3 rows are in metres and were read as EPSG:4549: 2, 3, 4")]
    found, log = read(path, Town(CRS))
    assert found.empty
    (problem,) = [one for one in log if one.severity == "error" and "zone" in str(one.why)]
    assert (problem.file, problem.row, str(problem.why)) == (
        path.name, 2, "the metres of 3 rows do not say their zone: 2, 3, 4")
    assert problem.value == ", ".join(map(str, numbers[0].tolist()))
    assert 'add the line crs = "EPSG:' in str(problem.fix)


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("declared", [None, "EPSG:4527", "EPSG:4528"])
def test_two_zones_of_one_town_in_one_list(tmp_path, suffix, declared):
    numbers = [metres(BORDER[:1], "EPSG:4527")[0].tolist(), metres(BORDER[1:], "EPSG:4528")[0].tolist()]
    assert [int(east // 1e6) for east, _ in numbers] == [39, 40]
    found, _ = read(table(tmp_path, suffix, numbers), BORDER_TOWN, crs=declared)
    assert_at(found, BORDER)


@pytest.mark.parametrize("suffix", LAYERS)
def test_two_zones_of_one_town_in_one_layer(tmp_path, suffix):
    numbers = np.concatenate([metres(BORDER[:1], "EPSG:4527"), metres(BORDER[1:], "EPSG:4528")])
    found, log = read(layer(tmp_path, suffix, numbers, "EPSG:4528"), BORDER_TOWN,
                      **({"crs": "EPSG:4528"} if suffix == ".shp" else {}))
    assert_at(found, BORDER)
    whys = [why for *_, why in said(log)]
    assert "1 rows are in metres and were read as EPSG:4527: 1" in whys


def test_a_shapefile_without_prj_asks_for_the_line_of_the_zone_its_numbers_name(tmp_path):
    for crs in ("EPSG:4528", CRS, "EPSG:4490"):
        path = layer(tmp_path, ".shp", metres(SHANGHAI, crs), crs)
        with pytest.raises(InputError) as caught:
            read(path)
        (problem,) = caught.value.problems
        assert (problem.file, str(problem.why)) == ("点.shp", "the file does not say its coordinate system")
        assert f'crs = "{crs}"' in str(problem.fix)
        found, log = read(path, crs=crs)
        assert_at(found, SHANGHAI)
        assert said(log) == []


# ---- cells

@pytest.mark.parametrize("suffix", TABLES)
def test_some_rows_with_latitude_and_longitude_exchanged(tmp_path, suffix):
    cells = SHANGHAI.tolist()
    cells[1].reverse()
    found, log = read(table(tmp_path, suffix, cells))
    assert_at(found, SHANGHAI)
    assert said(log) == [("warning", 3, "31.2199, 121.4805",
                          "1 rows have latitude and longitude exchanged; they were read the other way round: 3")]


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("text", [True, False])
def test_whole_numbers_of_millionths(tmp_path, suffix, text):
    whole = [[round(number * 1e6) for number in one] for one in SHANGHAI.tolist()]
    found, log = read(table(tmp_path, suffix, [list(map(str, one)) for one in whole] if text else whole))
    assert_at(found, SHANGHAI)
    assert [why for *_, why in said(log)] == ["3 rows are degrees times 1000000; they were divided by it: 2, 3, 4"]


@pytest.mark.parametrize("suffix", TABLES)
def test_zeros_blanks_and_halves_have_no_place_and_name_their_row(tmp_path, suffix):
    cells = [SHANGHAI[0].tolist(), [0, 0], ["", ""], [121.48, ""], ["", 31.22]]
    found, log = read(table(tmp_path, suffix, cells))
    assert_at(found.loc[["甲"]], SHANGHAI[:1])
    assert found.drop(index="甲").isna().all(axis=None)
    lost, half = "this facility has neither coordinates nor an estate that is in the list of estates", (
        "only one of the two coordinates is there")
    wrong = {row: (why, value) for severity, row, value, why in said(log) if severity == "error"}
    assert {row: why for row, (why, _) in wrong.items()} == {3: lost, 4: lost, 5: half, 6: half}
    assert "121.48" in wrong[5][1]
    assert "31.22" in wrong[6][1]
    assert ("warning", 3, "0, 0", "1 rows have 0 as coordinates and so no place: 3") in said(log)


@pytest.mark.parametrize("suffix", TABLES)
def test_words_and_impossible_numbers_are_errors_with_row_and_value(tmp_path, suffix):
    found, log = read(table(tmp_path, suffix, [SHANGHAI[0].tolist(), ["人民路", "1号"], [999, 5]]))
    assert_at(found.loc[["甲"]], SHANGHAI[:1])
    wrong = [(row, value, why) for severity, row, value, why in said(log) if severity == "error"]
    assert wrong == [(3, "人民路, 1号", "these are no coordinates that can be read"),
                     (4, "999, 5", "these are not coordinates in EPSG:4326")]


def in_dms(number, marks):
    """Degrees, minutes and seconds to a thousandth, which is 3 cm; the true place is what was written."""
    degree, rest = divmod(number, 1)
    minute, rest = divmod(rest * 60, 1)
    second = round(rest * 60, 3)
    return f"{int(degree)}{marks[0]}{int(minute)}{marks[1]}{second:.3f}{marks[2]}", degree + minute / 60 + second / 3600


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("marks", ["°′″", "度分秒", "   ", "--\u00a0", "°'\""])
def test_degrees_minutes_and_seconds(tmp_path, suffix, marks):
    texts = [[in_dms(number, marks) for number in one] for one in SHANGHAI.tolist()]
    found, log = read(table(tmp_path, suffix, [[text.strip() for text, _ in one] for one in texts]))
    assert_at(found, [[number for _, number in one] for one in texts])
    assert said(log) == []


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("form", ["{0},{1}", "{0}，{1}", "[{0}, {1}]", "POINT ({0} {1})", "N{1} E{0}", "{0};{1}"])
def test_both_in_one_cell(tmp_path, suffix, form):
    cells = [[form.format(*one), ""] for one in SHANGHAI.tolist()]
    found, _ = read(table(tmp_path, suffix, cells, "经纬度", "备注"))
    assert_at(found, SHANGHAI)


# ---- the same through other readers

def test_gates_and_estates_read_the_same_numbers(tmp_path):
    numbers = metres(SHANGHAI, "EPSG:4528")[:, ::-1]
    path = table(tmp_path, ".csv", numbers.tolist(), "X坐标", "Y坐标")
    for reader in ("gates", "estates"):
        log = ProblemLog()
        if reader == "gates":
            points = read_gates(Source(path), Estates.empty(CRS), town=TOWN, log=log).frame.geometry
            places = np.column_stack([points.x, points.y])
        else:
            frame = read_estates(outlines=None, roster=Source(path), walled_default=True, log=log, town=TOWN).frame
            places = frame.loc[list("甲乙丙"), ["point_x", "point_y"]].to_numpy()
        np.testing.assert_allclose(places, metres(SHANGHAI), rtol=0, atol=0.01)
        assert any("3 rows" in str(one.why) and "2, 3, 4" in str(one.why) for one in log)
