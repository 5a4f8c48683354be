"""No cell of a table that may hold a shape, a system of coordinates or a number makes a traceback, whatever it says."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from gis.errors import InputError, ProblemLog
from gis.tables import Estates
from layers.estates import read_estates
from layers.facilities import read_facilities
from layers.gates import read_gates
from layers.placing.places import Town
from layers.rasters import read_raster_window
from layers.reading.files import Source
from maps.texts import problem_line

CRS = "EPSG:4549"
TOWN = Town(CRS, (121.4, 31.2, 121.6, 31.3))
AREA = "POLYGON((121.47 31.23,121.472 31.23,121.472 31.232,121.47 31.23))"
ARCS = "CIRCULARSTRING(121.47 31.23,121.48 31.24,121.49 31.23)"
ARCS_WKB = "0108000000030000000000000000000000000000000000000000000000000000" + "F03F000000000000F03F" + (
    "00000000000000400000000000000000")
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

numbers = st.sampled_from([
    "121.47", "31.23", "121.472", "31.232", "0", "-0", "nan", "NaN", "inf", "-Infinity", "1e308", "-1e308", "1e400",
    "5e-324", "1e15", "640412.3", "3457455.5", "40640412.3", "121473700", "999", "", "١٢١", "１２１．４７", "1_0",
    "0x1p3", "1.2.3", "--1"])
positions = st.lists(numbers, min_size=1, max_size=5).map(" ".join)
rows_of = st.lists(positions, min_size=0, max_size=6).map(lambda parts: f"({','.join(parts)})")
kinds = st.sampled_from([
    "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION",
    "CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE", "TIN", "TRIANGLE", "LINEARRING"])
plain = st.tuples(kinds, st.sampled_from(["", " Z", " M", " ZM", "Z"]), st.one_of(
    st.just(" EMPTY"), rows_of, rows_of.map(lambda one: f"({one})"), rows_of.map(lambda one: f"(({one}))"),
)).map("".join)
wkt = st.recursive(
    st.one_of(plain, st.sampled_from([AREA, ARCS, "POINT(121.47 31.23)", "POINT EMPTY", "POLYGON EMPTY"])),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"GEOMETRYCOLLECTION({','.join(parts)})"), max_leaves=8)
deep = st.integers(1, 3000).map(lambda depth: "GEOMETRYCOLLECTION(" * depth + AREA + ")" * depth)
floats = st.one_of(st.floats(), st.floats(-200, 200), st.sampled_from([121.47, 31.23, 1e308]))
points = st.tuples(floats, floats).map(shapely.Point)
drawn = st.one_of(points, st.just(shapely.Polygon()), st.lists(points, max_size=3).map(shapely.GeometryCollection),
                  st.lists(st.tuples(floats, floats, floats), min_size=4, max_size=6).map(shapely.LineString))
srids = st.sampled_from([0, 1, 4326, 4490, 4549, 4978, 5773, 7415, 999_999, 32_767, 3857, -1, 2**31 - 1])
wkb = st.one_of(
    st.tuples(drawn, srids).map(
        lambda two: shapely.to_wkb(shapely.set_srid(two[0], two[1]), hex=True, include_srid=True)),
    st.binary(min_size=9, max_size=60).map(bytes.hex), st.just(ARCS_WKB),
    st.integers(0, 20).map(lambda kind: f"01{kind:02x}000000" + "ffffff7f" + "00" * 16))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.sampled_from(["1e400", "121.47", "31.23", '"a"', "-1e308", "null", "NaN"])),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(map(str, parts))}]"), max_leaves=12)
keys = st.sampled_from(["coordinates", "geometries", "geometry", "features", "x"])
geojson = st.tuples(kinds, keys, json_values).map(lambda three: '{{"type":"{}","{}":{}}}'.format(*three))
pairs = st.lists(st.tuples(numbers, numbers).map(",".join), min_size=1, max_size=6).map(";".join)
written = st.one_of(wkt, deep, wkb, geojson, pairs, st.tuples(srids, wkt).map(lambda two: f"SRID={two[0]};{two[1]}"),
                    st.sampled_from([AREA, "", "null", "不详", "SRID=4326;", "SRID=4326;SRID=4549;" + AREA]))
systems = st.sampled_from(
    ["", "GCJ-02", "高德", "BD09", "百度", "WGS84", "CGCS2000", "EPSG:4326", "BD09MC", "不详", "0", "是"])
axes = st.sampled_from([
    ("经度", "纬度"), ("经度（GCJ-02）", "纬度（GCJ-02）"), ("百度经度", "百度纬度"), ("lng_gcj02", "lat_wgs84"),
    ("经度（BD-09）", "纬度"), ("X坐标", "Y坐标"), ("坐标", "说明")])
rows = st.lists(st.tuples(written, systems, numbers, numbers), min_size=1, max_size=5)


def write(path, header, lines):
    text = io.StringIO()
    csv.writer(text).writerows([header, *lines])
    path.write_bytes(text.getvalue().encode("gb18030"))
    return path


def outcome(read):
    """What was read, None where it was refused; either way all that is said can be said in both languages."""
    log, found = ProblemLog(), None
    try:
        found = read(log)
    except InputError as error:
        log.problems.extend(error.problems)
    assert found is not None or len(log.problems)
    assert all(problem_line(one, lang) for one in log for lang in ("zh", "en"))
    assert not any("does not balance" in str(one) for one in log)
    for one in log.readings:
        assert one.rows_in == one.rows_used + sum(map(len, one.left_out.values()))
    return found, log


@MANY
@given(cells=rows, header=st.sampled_from(["geometry", "WKT", "边界坐标", "随便"]), said=axes, declared=st.tuples(
    st.sampled_from([None, None, "EPSG:4549", "GCJ-02", "EPSG:4326"]), st.booleans()))
def test_any_shape_beside_any_coordinates_in_any_system(tmp_path, cells, header, said, declared):
    crs, home = declared
    path = write(tmp_path / "a.csv", ["小区编号", header, "坐标系", *said],
                 [[f"A{n}", *row] for n, row in enumerate(cells)])
    found, log = outcome(lambda log: read_estates(
        outlines=Source(path, crs=crs), roster=None, walled_default=True, log=log, town=TOWN if home else Town()))
    if found is None:
        return
    placed = found.frame.geometry[found.located]
    assert np.isfinite(placed.bounds).all(axis=None)
    assert len(found.frame) == sum(one.rows_used for one in log.readings)


@MANY
@given(cells=rows, header=st.sampled_from(["geometry", "坐标串", "随便"]), said=axes, gates=st.booleans())
def test_any_shape_as_the_place_of_a_facility_or_a_gate(tmp_path, cells, header, said, gates):
    lines = [[f"甲{n}", *row] for n, row in enumerate(cells)]
    path = write(tmp_path / "a.csv", ["名称", header, "坐标系", *said], lines)
    estates = Estates.empty(CRS)
    found, _ = outcome(lambda log: read_gates(Source(path), estates, town=TOWN, log=log) if gates else read_facilities(
        Source(path), kind="car_parks", surveyed=True, estates=estates, town=TOWN, log=log))
    if found is not None and len(found.frame):
        geometry = found.frame.geometry.dropna()
        assert np.isfinite(geometry[~geometry.is_empty].bounds).all(axis=None)


# ---- files that once made a traceback or lost a shape without a word

@pytest.mark.parametrize("cell", [
    ARCS_WKB, ARCS, f"CURVEPOLYGON({ARCS})", f"GEOMETRYCOLLECTION({ARCS},{AREA})",
    f"GEOMETRYCOLLECTION(GEOMETRYCOLLECTION({ARCS}),{AREA})"])
@pytest.mark.parametrize("first", [True, False])
def test_a_cell_with_arcs_is_an_error_of_its_row(tmp_path, cell, first):
    lines = [["甲", cell], ["乙", AREA]] if first else [["乙", AREA], ["甲", cell]]
    path = write(tmp_path / "a.csv", ["小区名称", "WKT"], lines)
    found, log = outcome(lambda log: read_estates(outlines=Source(path), roster=None, walled_default=True, log=log,
                                                  town=TOWN))
    assert found.located.to_dict() == {"甲": False, "乙": True}
    (problem,) = [one for one in log if one.severity == "error"]
    assert (problem.file, problem.row, problem.column, problem.value) == ("a.csv", 2 if first else 3, "WKT", cell[:60])
    assert str(problem.why) == "1 cells hold no shape that can be read"


@pytest.mark.parametrize(("shape", "row"), [
    (bytes.fromhex(ARCS_WKB), None), (shapely.to_wkb(shapely.from_wkt(f"GEOMETRYCOLLECTION({ARCS},{AREA})")), 2)])
def test_a_parquet_file_with_arcs_says_so(tmp_path, shape, row):
    ids, shapes = ["A1", "A2"], [shapely.to_wkb(shapely.from_wkt(AREA)), shape]
    pq.write_table(pa.table({"小区编号": ids, "geometry": shapes}), tmp_path / "a.parquet")
    found, log = outcome(lambda log: read_estates(
        outlines=Source(tmp_path / "a.parquet", crs="EPSG:4326"), roster=None, walled_default=True, log=log, town=TOWN))
    assert found is None
    (problem,) = log
    assert (problem.file, problem.row, str(problem.why)) == ("a.parquet", row, "shapes with arcs cannot be read")
    assert "Segmentize" in str(problem.fix)


@pytest.mark.parametrize("crs", ['LOCAL_CS["site",UNIT["metre",1]]', "+proj=geos +h=35785831 +lon_0=-75"])
def test_a_grid_in_a_system_where_the_estates_have_no_place_is_refused_with_the_way_out(tmp_path, crs):
    path = tmp_path / "a.tif"
    with rasterio.open(path, "w", driver="GTiff", width=2, height=2, count=1, dtype="float32", crs=crs,
                       transform=from_origin(0, 0, 1, 1)) as grid:
        grid.write(np.ones((1, 2, 2), dtype="float32"))
    with pytest.raises(InputError) as caught:
        read_raster_window(path, (640_000, 3_457_000, 641_000, 3_458_000), CRS)
    (problem,) = caught.value.problems
    assert problem.file == "a.tif"
    assert str(problem.why) == "the estates have no place in the coordinate system of this grid"
    assert problem.value
    assert "gdalwarp" in str(problem.fix)
    assert problem_line(problem, "zh").startswith("a.tif")
