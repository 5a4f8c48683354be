"""Files that others send: GeoParquet, KML of Google Earth, ZIP archives; whole ones are read, harmful ones refused."""

import contextlib
import io
import sqlite3
import zipfile

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InputError
from layers.reading.files import Source, read_raw, read_vector

HEAD = '<?xml version="1.0" encoding="{}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>四平路</name>'
AREA = ("<Polygon><outerBoundaryIs><LinearRing><coordinates>121.5,31.28,0 121.501,31.28,0 121.501,31.281,0 "
        "121.5,31.28,0</coordinates></LinearRing></outerBoundaryIs></Polygon>")
PLACES = ('<Placemark id="p1"><name>幸福小区</name><visibility>1</visibility><ExtendedData><Data name="户数">'
          f'<value>1280</value></Data><Data name="车位"><value>7</value></Data></ExtendedData>{AREA}</Placemark>'
          '<Placemark><name>光明</name><ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="户数">5</SimpleData>'
          "</SchemaData></ExtendedData><Point><coordinates>121.5,31.28</coordinates></Point></Placemark>")
KML = HEAD.format("UTF-8") + '<Schema name="s" id="s"><SimpleField type="int" name="户数"/></Schema>' + PLACES
END = "</Document></kml>"


@pytest.fixture
def squares():
    return gpd.GeoDataFrame({"小区名称": ["幸福", "光明"], "户数": [5, 6]}, crs="EPSG:4549",
                            geometry=[shapely.box(x, 0, x + 1, 1) for x in (500_000, 500_001)])


def refused(path, table="roster", **kwargs):
    with pytest.raises(InputError) as caught:
        read_raw(Source(path, **kwargs), table)
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


def faults(path):
    """What is wrong with a file, None where it can be read."""
    try:
        assert len(read_raw(Source(path), "roster").frame)
    except InputError as error:
        return error.problems
    return None


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_geoparquet_brings_its_columns_its_shapes_and_its_crs(tmp_path, squares):
    squares.to_parquet(tmp_path / "a.parquet")
    read = read_vector(tmp_path / "a.parquet")
    assert read.drop(columns="geometry").to_dict("list") == {"小区名称": ["幸福", "光明"], "户数": [5, 6]}
    assert read.crs.to_epsg() == 4549
    assert read.geometry.to_wkb().tolist() == squares.geometry.to_wkb().tolist()


def test_of_several_columns_of_shapes_a_geoparquet_file_says_itself_which_is_meant(tmp_path, squares):
    both = squares.assign(center=squares.geometry.centroid)
    both.set_geometry("center").to_parquet(tmp_path / "a.parquet")
    both.to_parquet(tmp_path / "b.parquet")
    for name, taken, other, kind in (("a", "center", "geometry", "Point"), ("b", "geometry", "center", "Polygon")):
        raw = read_raw(Source(tmp_path / f"{name}.parquet"), "roster")
        assert raw.frame.drop(columns=["geometry", "_row"]).columns.tolist() == ["小区名称", "户数"]
        assert raw.frame.geometry.geom_type.tolist() == [kind, kind]
        (note,) = raw.notes
        assert note.severity == "warning"
        assert str(note.why) == (f"the layer has several columns of shapes: {taken} is read, as the file itself says; "
                                 f"{other} are not")


def test_a_column_of_text_that_is_called_geometry_is_no_shape(tmp_path, squares):
    squares.rename_geometry("边界").assign(geometry="见图").to_parquet(tmp_path / "a.parquet")
    raw = read_raw(Source(tmp_path / "a.parquet"), "roster")
    assert raw.frame.geometry.area.tolist() == [1, 1]
    assert raw.frame["geometry (4)"].tolist() == ["见图", "见图"]
    assert raw.notes == ()


def test_a_view_of_a_geopackage_is_a_layer_of_its_own(tmp_path, squares):
    squares.to_file(tmp_path / "a.gpkg", layer="小区")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.gpkg")) as database, database:
        database.execute("ALTER TABLE 小区 ADD COLUMN geometry BLOB")
        database.execute("CREATE VIEW v AS SELECT fid AS OGC_FID, 小区名称, geom FROM 小区")
        database.execute("INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id) "
                         "SELECT 'v', 'v', data_type, srs_id FROM gpkg_contents")
        database.execute("INSERT INTO gpkg_geometry_columns "
                         "SELECT 'v', 'geom', 'POLYGON', srs_id, 0, 0 FROM gpkg_geometry_columns")
    for layer in ("小区", "v"):
        raw = read_raw(Source(tmp_path / "a.gpkg", layer=layer), "roster")
        assert (raw.frame["小区名称"].tolist(), raw.frame.geometry.area.sum()) == (["幸福", "光明"], 2)


def test_parquet_with_shapes_but_without_geo_metadata_asks_for_its_crs(tmp_path, squares):
    table = pa.table({"名称": ["幸福", "光明"], "geom": squares.geometry.to_wkb().tolist()})
    pq.write_table(table, tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet").startswith(
        "a.parquet, value '500000, 0, 500002, 1': the file does not say its coordinate system → the numbers are "
        "metres: ")
    read = read_vector(tmp_path / "a.parquet", crs="EPSG:4549")
    assert (read["名称"].tolist(), read.geometry.area.sum()) == (["幸福", "光明"], 2)


def test_parquet_without_places_says_what_to_give(tmp_path):
    pd.DataFrame({"名称": ["幸福"]}).to_parquet(tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet") == ("a.parquet: the Parquet file holds a table without places → "
                                               "give a GeoParquet file, or save the table as CSV or Excel")


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "gb2312"])
@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_a_kml_keeps_the_chinese_names_of_its_columns(tmp_path, ending, encoding):
    data = KML.replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding) + END.encode()
    path = tmp_path / f"a.{ending}"
    if ending == "kml":
        path.write_bytes(data)
    else:
        zipped(path, {"doc.kml": data, "files/icon.png": b"\x89PNG"})
    read = read_vector(path)
    assert read.drop(columns="geometry").fillna("").to_dict("list") == {
        "Name": ["幸福小区", "光明"], "户数": ["1280", "5"], "车位": ["7", ""]}
    assert read.crs.to_epsg() == 4326
    assert read.geometry.geom_type.tolist() == ["Polygon", "Point"]


def test_a_kml_with_entities_is_refused_before_anything_unfolds(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = KML.replace("?>\n", f'?>\n<!DOCTYPE kml [<!ENTITY l0 "哈">{laughs}]>').replace("幸福小区", "&l9;") + END
    (tmp_path / "a.kml").write_text(text, "utf-8")
    message = ("the file has a document type, which no KML needs → "
               "save it again as KML in the program that it comes from")
    assert refused(tmp_path / "a.kml") == f"a.kml: {message}"
    outside = KML.replace("?>\n", '?>\n<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>').replace("幸福", "&x;")
    zipped(tmp_path / "a.kmz", {"doc.kml": outside + END})
    assert refused(tmp_path / "a.kmz") == f"a.kmz: {message}"


def test_a_kml_that_is_cut_short_is_called_damaged(tmp_path):
    (tmp_path / "a.kml").write_text(KML, "utf-8")
    assert refused(tmp_path / "a.kml").startswith("a.kml: the file is damaged or incomplete (")


@pytest.mark.parametrize("said", [True, False])
def test_a_zip_with_one_shapefile_is_read_whatever_its_files_are_called(tmp_path, squares, said):
    squares.to_file(tmp_path / "a.shp", encoding="gb18030")
    (tmp_path / "a.cpg").unlink()
    endings = (".shp", ".shx", ".dbf", ".prj")
    files = {f"小区/边界{ending}": (tmp_path / f"a{ending}").read_bytes() for ending in endings}
    zipped(tmp_path / "小区.zip", {**files, "小区/说明.txt": b"x", "__MACOSX/._a.shp": b"x"})
    if not said:  # as Windows packs them in China: names in GBK and no flag that says so
        data = (tmp_path / "小区.zip").read_bytes()
        for name in ("小区/边界", "小区/说明"):
            data = data.replace(name.encode(), name.encode("gbk").ljust(len(name.encode()), b"_"))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data = mark.join([data.split(mark)[0], *(
                part[: place - 4] + bytes([part[place - 4], part[place - 3] & ~0x08]) + part[place - 2 :]
                for part in data.split(mark)[1:])])
        assert all(one.flag_bits & 0x800 == 0 for one in zipfile.ZipFile(io.BytesIO(data)).infolist())
        (tmp_path / "小区.zip").write_bytes(data)
    raw = read_raw(Source(tmp_path / "小区.zip"), "roster")
    assert raw.frame[["小区名称", "户数"]].to_numpy().tolist() == [["幸福", 5], ["光明", 6]]
    assert (raw.encoding, raw.frame.crs.to_epsg()) == ("gb18030", 4549)


def test_a_zip_with_several_layers_or_none_says_so(tmp_path):
    zipped(tmp_path / "a.zip", {"a.geojson": "{}", "b.shp": b"x"})
    fix = "unpack it and give the one file that is meant"
    assert refused(tmp_path / "a.zip") == f"a.zip: the archive holds 2 layers (a.geojson, b.shp) → {fix}"
    zipped(tmp_path / "b.zip", {"readme.txt": "x"})
    assert refused(tmp_path / "b.zip") == f"b.zip: the archive holds 0 layers (none) → {fix}"


@pytest.mark.parametrize(
    "name", ["../a.geojson", "/etc/a.geojson", "C:\\a.geojson", "x/../../a.geojson", "..\\a.geojson"])
def test_a_zip_that_reaches_outside_is_refused(tmp_path, name):
    zipped(tmp_path / "a.zip", {name: "{}"})
    message = refused(tmp_path / "a.zip")
    assert "a file in the archive leads to another folder → pack the files again without their paths" in message
    assert not (tmp_path.parent / "a.geojson").exists()


def test_a_zip_that_unpacks_without_end_is_refused_unread(tmp_path):
    zipped(tmp_path / "a.zip", {"a.geojson": "{}"})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    place = data.index(b"PK\x01\x02") + 24  # size unpacked, in the central directory
    data[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    assert refused(tmp_path / "a.zip") == ("a.zip: the archive unpacks to 1 files of 4.0 GiB together → "
                                           "pack only the layer that is needed")


def test_a_locked_zip_says_so(tmp_path):
    zipped(tmp_path / "a.zip", {"a.geojson": "{}"})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # flag of encryption, in the central directory
    (tmp_path / "a.zip").write_bytes(data)
    assert refused(tmp_path / "a.zip") == ("a.zip: the archive is locked by a password → "
                                           "unpack it and give the files themselves")


def test_a_problem_inside_a_zip_names_the_zip(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp")
    zipped(tmp_path / "a.zip", {"a.shp": (tmp_path / "a.shp").read_bytes()})
    assert refused(tmp_path / "a.zip").startswith("a.zip: the Shapefile lacks its .shx and .dbf → ")


def test_a_shapefile_with_chinese_in_its_prj_is_read(tmp_path, squares):
    squares.to_file(tmp_path / "a.shp")
    wkt = squares.crs.to_wkt("WKT1_ESRI").replace("CGCS2000_3_Degree_GK_CM_120E", "国家2000_三度带_120度")
    assert "三度带" in wkt
    (tmp_path / "a.prj").write_bytes(wkt.encode("gbk"))
    read = read_vector(tmp_path / "a.shp")
    assert "三度带" in read.crs.name
    assert read.to_crs("EPSG:4549").total_bounds.tolist() == pytest.approx(squares.total_bounds.tolist(), abs=1e-6)


def test_columns_of_one_name_are_told_apart(tmp_path):
    points = gpd.GeoDataFrame({"_row": [7], "名称": ["a"]}, geometry=[shapely.Point(121, 31)], crs="EPSG:4326")
    points.to_file(tmp_path / "a.gpkg")
    raw = read_raw(Source(tmp_path / "a.gpkg"), "roster")
    assert raw.frame.drop(columns="geometry").to_dict("list") == {"_row (1)": [7], "名称": ["a"], "_row": [1]}


@settings(deadline=None, max_examples=80)
@given(data=st.data(), ending=st.sampled_from(["parquet", "kml", "kmz", "zip", "gpkg", "geojson", "fgb"]))
def test_a_file_with_any_bytes_changed_is_read_or_refused_and_never_a_traceback(tmp_path_factory, data, ending):
    folder = tmp_path_factory.mktemp("mutated")
    path = folder / f"a.{ending}"
    frame = gpd.GeoDataFrame({"小区名称": ["幸福", "光明"], "户数": [5, 6]}, crs="EPSG:4326",
                             geometry=[shapely.box(x, 31, x + 1, 32) for x in (120, 121)])
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "kml":
        path.write_text(KML + END, "utf-8")
    elif ending in {"kmz", "zip"}:
        zipped(path, {"doc.kml": KML + END})
    else:
        frame.to_file(path)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.sampled_from([None, None, len(whole) // 2]))])
    assert faults(path) != ()
