"""Text as Chinese programs write it: every character comes back right, or one message says why it cannot."""

import json
import struct
import warnings

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import InputError, ProblemLog
from layers.columns.fields import read_fields
from layers.reading.encodings import codec
from layers.reading.files import Source, read_raw, read_vector

NAMES = ["幸福小区", "鞍山三村", "龘㙟里", "光明（东）"]


def shapefile(folder, columns, encoding, *, cpg=None, ldid=None):
    """A Shapefile as GDAL writes it in some encoding, then with the .cpg and language byte that a story needs."""
    rows = len(next(iter(columns.values())))
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.box(x, 0, x + 1, 1) for x in range(rows)], crs="EPSG:4549")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that names are cut off is what the tests are about
        frame.to_file(folder / "a.shp", encoding=encoding)
    (folder / "a.cpg").unlink(missing_ok=True)
    if cpg is not None:
        (folder / "a.cpg").write_text(cpg)
    data = bytearray((folder / "a.dbf").read_bytes())
    data[29] = 0 if ldid is None else ldid
    (folder / "a.dbf").write_bytes(data)
    return folder / "a.shp"


def dbf(columns, rows):
    """A .dbf byte by byte: a head of 32, 32 for each column (name of 11, type, width), and rows of fixed width."""
    width = 1 + sum(size for _, size in columns)
    head = struct.pack("<BBBBIHH20x", 3, 126, 10, 31, len(rows), 33 + 32 * len(columns), width)
    fields = b"".join(struct.pack("<11sc4xBB14x", name, b"C", size, 0) for name, size in columns)
    lines = b"".join(b" " + b"".join(cell.ljust(size)[:size] for cell, (_, size) in zip(row, columns, strict=True))
                     for row in rows)
    return head + fields + b"\r" + lines + b"\x1a"


def hand_made(folder, columns, rows):
    """A Shapefile of points whose .dbf is written by hand, as other programs than GDAL write it."""
    points = [shapely.Point(x, 0) for x in range(len(rows))]
    gpd.GeoDataFrame({"x": range(len(rows))}, geometry=points, crs="EPSG:4549").to_file(folder / "a.shp")
    (folder / "a.cpg").unlink()
    (folder / "a.dbf").write_bytes(dbf(columns, rows))
    return folder / "a.shp"


def refused(path, **kwargs):
    with pytest.raises(InputError) as caught:
        read_raw(Source(path, **kwargs), "roster")
    return [str(one) for one in caught.value.problems]


def faults(path):
    """What is wrong with a file, None where it can be read."""
    try:
        assert len(read_raw(Source(path), "roster").frame)
    except InputError as error:
        return error.problems
    return None


@pytest.mark.parametrize(("said", "name"), [
    ("936", "gb18030"), ("GBK", "gb18030"), ("gb2312", "gb18030"), ("ANSI 936", "gb18030"), ("cp936", "gb18030"),
    ("GB 18030", "gb18030"), ("UTF-8", "utf-8"), ("utf8\r\n", "utf-8"), ("65001", "utf-8"), ("BIG5", "big5hkscs"),
    ("950", "big5hkscs"), ("ISO-8859-1", "iso8859-1"), ("88591", "iso8859-1"), ("1252", "cp1252"),
    ("", ""), ("nonsense", ""), ("rot13", ""), ("hex", ""), ("utf-16", ""), ("unicode_escape", ""), ("idna", ""),
    ("a\0b", ""), ("９３６", ""),
])
def test_encodings_are_known_by_the_names_that_programs_give_them(said, name):
    assert codec(said) == name


@given(st.text(max_size=20))
def test_no_name_of_an_encoding_is_a_traceback(said):
    assert isinstance(codec(said), str)


@pytest.mark.parametrize("ldid", [None, 0x4D, 0x57])
@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936", "ANSI 936", "ISO-8859-1", "nonsense", "\x00\xff"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_shapefile_keeps_its_chinese_whatever_stands_beside_it(tmp_path, encoding, cpg, ldid):
    names = [name for name in NAMES if encoding == "utf-8" or name != "龘㙟里"] + ["密云路454弄"]
    raw = read_raw(Source(shapefile(tmp_path, {"名称": names}, encoding, cpg=cpg, ldid=ldid)), "roster")
    assert raw.frame["名称"].tolist() == names
    assert raw.encoding == encoding
    right = {"UTF-8": "utf-8", "GBK": "gb18030", "936": "gb18030", "ANSI 936": "gb18030"}
    wrong = cpg if cpg is not None else "936" if ldid == 0x4D else None
    warned = wrong is not None and right.get(wrong) != encoding
    assert [one.severity for one in raw.notes] == ["warning"] * warned
    if cpg == "GBK" and warned:
        assert str(raw.notes[0]) == ("a.shp: the file says that its text is GBK, but it is UTF-8 → "
                                     "nothing, if names read right; else correct the .cpg file beside it")


def test_traditional_text_in_big5_is_read_where_the_file_or_the_project_says_so(tmp_path):
    path = shapefile(tmp_path, {"x": ["a"] * 2}, "utf-8")
    rows = [("康樂新村".encode("big5"),), ("臺灣路".encode("big5"),)]
    (tmp_path / "a.dbf").write_bytes(dbf([("名稱".encode("big5"), 20)], rows))
    assert read_raw(Source(path, encoding="Big5"), "roster").frame["名稱"].tolist() == ["康樂新村", "臺灣路"]
    (tmp_path / "a.cpg").write_text("950")
    raw = read_raw(Source(path), "roster")
    assert (raw.frame["名稱"].tolist(), raw.notes) == (["康樂新村", "臺灣路"], ())
    (tmp_path / "a.csv").write_bytes("小區名稱,戶數\r\n康樂新村,5\r\n".encode("big5"))
    assert read_raw(Source(tmp_path / "a.csv", encoding="big5"), "roster").frame["小區名稱"].tolist() == ["康樂新村"]


def test_an_encoding_that_the_project_names_wrongly_is_refused(tmp_path):
    path = shapefile(tmp_path, {"名称": NAMES[:2]}, "gb18030")
    fix = 'give "utf-8", "gb18030" or "big5", or delete the line'
    assert refused(path, encoding="utf-8") == [
        f"a.shp, column encoding, value 'utf-8': the text is not written in this encoding → {fix}"]
    assert refused(path, encoding="klingon") == [f"a.shp, column encoding, value 'klingon': no such encoding → {fix}"]


def test_bytes_that_are_text_in_no_encoding_are_refused_and_never_guessed_at(tmp_path):
    path = hand_made(tmp_path, [(b"name", 8)], [(b"\xff\xff\xff\x80",)])
    assert refused(path) == [("a.shp: the text is neither UTF-8 nor GB18030 → "
                             'save it as UTF-8, or say encoding = "big5" (or what it is) in project.toml')]


def test_two_characters_that_are_valid_in_both_encodings_are_asked_about(tmp_path):
    # 小 is D0 A1 in GBK, and the two bytes are a Cyrillic С in UTF-8
    path = tmp_path / "a.csv"
    path.write_bytes(b"name\r\n" + "小小".encode("gbk") + b"\r\n")
    assert path.read_bytes().decode("utf-8") == "name\r\n\u0421\u0421\r\n"
    assert refused(path) == [("a.csv: the text may be UTF-8 or GB18030 and is too short to tell → "
                             'say which in its section of project.toml: encoding = "gb18030" or "utf-8"')]
    assert read_raw(Source(path, encoding="gbk"), "roster").frame["name"].tolist() == ["小小"]
    assert read_raw(Source(path, encoding="utf-8"), "roster").frame["name"].tolist() == ["\u0421\u0421"]


def test_names_cut_off_inside_a_character_are_mended_and_values_stay_in_their_columns(tmp_path):
    # UTF-8 has 3 bytes for each character, a .dbf keeps 10: 小区名称 is left as 小区名 and a third of 称
    path = shapefile(tmp_path, {"小区名称": NAMES, "居民车辆数": [5, 6, 7, 8]}, "utf-8")
    assert "小区名称".encode()[:10] + b"\0" in (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.cpg").write_text("UTF-8")
    with pytest.raises(UnicodeDecodeError):
        gpd.read_file(path)
    raw = read_raw(Source(path), "roster")
    assert raw.frame[["小区名", "居民车"]].to_numpy().tolist() == [[NAMES[0], 5], [NAMES[1], 6], [NAMES[2], 7],
                                                             [NAMES[3], 8]]
    log = ProblemLog()
    fields = read_fields(raw.frame, "roster", file="a.shp", log=log)
    assert fields[["name", "resident_cars"]].to_numpy().tolist() == raw.frame[["小区名", "居民车"]].to_numpy().tolist()
    assert [str(one) for one in log if "居民车" in str(one)] == [
        ("a.shp, column 居民车: this name was cut off at 10 bytes and is read as 居民车辆 → "
        "nothing, if that is what it means; else rename the column")]


def test_two_columns_cut_off_to_one_name_are_refused_by_their_places_if_one_may_be_read(tmp_path):
    path = shapefile(tmp_path, {"a": [1], "停车位缺口数": [5], "停车位现状数": [7]}, "utf-8")
    fix = "save the layer as a GeoPackage, or give the columns names of at most 10 letters and export it again"
    assert refused(path) == [("a.shp, column 停车位: columns 2, 3 of the .dbf were cut off to the same name and "
                             f"cannot be told apart → {fix}")]
    # another program leaves the two names the same; nothing is lost or exchanged where no field is meant
    name = "停车位缺口数".encode()[:10]
    path = hand_made(tmp_path, [(name, 4), (name, 4)], [(b"5", b"7"), (b"6", b"8")])
    assert refused(path) == [("a.shp, column 停车位: columns 1, 2 of the .dbf were cut off to the same name and "
                             f"cannot be told apart → {fix}")]
    assert read_vector(path).drop(columns="geometry").to_dict("list") == {"停车位 (1)": ["5", "6"],
                                                                         "停车位 (2)": ["7", "8"]}
    path = hand_made(tmp_path, [("绿化覆盖甲".encode()[:10], 4), ("绿化覆盖乙".encode()[:10], 4)], [(b"5", b"7")])
    assert read_raw(Source(path), "roster").frame.filter(like="绿化").to_numpy().tolist() == [["5", "7"]]


def test_columns_of_one_name_keep_their_own_values(tmp_path):
    path = hand_made(tmp_path, [(b"sum", 4), (b"sum", 4), (b"NAME", 4)], [(b"5", b"7", b"A")])
    assert read_vector(path).drop(columns="geometry").to_dict("list") == {
        "sum (1)": ["5"], "sum (2)": ["7"], "NAME": ["A"]}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_text_cut_off_inside_a_character_by_its_column_does_not_change_the_encoding(tmp_path, encoding):
    long = ("幸福" * 100).encode(encoding)[:19]  # 19 is no multiple of 3 or 2
    path = hand_made(tmp_path, [(b"name", 19)], [(long,), ("光明小区".encode(encoding),)])
    raw = read_raw(Source(path), "roster")
    assert raw.frame["name"].tolist() == ["幸福" * 3 if encoding == "utf-8" else "幸福" * 4 + "幸", "光明小区"]
    assert raw.encoding == encoding


def test_rows_that_were_deleted_in_a_dbf_stay_deleted_and_none_else_is_lost(tmp_path):
    path = shapefile(tmp_path, {"名称": NAMES}, "utf-8")
    data = bytearray((tmp_path / "a.dbf").read_bytes())
    start, length = struct.unpack_from("<HH", data, 8)
    data[start + length] = ord("*")
    (tmp_path / "a.dbf").write_bytes(data)
    assert read_vector(path)["名称"].tolist() == [NAMES[0], *NAMES[2:]]


TABLE = "小区名称,户数\r\n幸福小区,1280\r\n龘里,5\r\n"


@pytest.mark.parametrize(("data", "encoding"), [
    (TABLE.encode(), "utf-8"), (TABLE.encode("utf-8-sig"), "utf-8"), (TABLE.encode("gb18030"), "gb18030"),
    (b"\xff\xfe" + TABLE.replace(",", "\t").encode("utf-16-le"), "utf-16-le"),
    (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16-be"),
])
def test_a_csv_is_read_in_every_encoding_that_excel_and_wps_write(tmp_path, data, encoding):
    (tmp_path / "a.csv").write_bytes(data)
    raw = read_raw(Source(tmp_path / "a.csv"), "roster")
    assert raw.frame.drop(columns="_row").to_numpy().tolist() == [["幸福小区", "1280"], ["龘里", "5"]]
    assert raw.encoding == encoding


@pytest.mark.parametrize("data", [
    b"\xff\xfe" + "小区名称,户数\r\n幸福".encode("utf-16-le")[:-1], b"\xef\xbb\xbf" + "名称\n幸福".encode("gbk"),
    b"\xff\xfe\x00\xd8", b"name\n\x00\x00\n", b"\xef\xbb\xbf", b"\xff\xfe",
])
def test_a_csv_that_is_cut_short_or_mixed_is_one_message(tmp_path, data):
    (tmp_path / "a.csv").write_bytes(data)
    assert len(refused(tmp_path / "a.csv")) == 1


def test_geojson_in_gbk_is_read_with_a_warning(tmp_path):
    text = json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"小区名称": "幸福小区"},
         "geometry": {"type": "Point", "coordinates": [121, 31]}}
    ]}, ensure_ascii=False)
    (tmp_path / "a.geojson").write_bytes(text.encode("gbk"))
    raw = read_raw(Source(tmp_path / "a.geojson"), "roster")
    assert raw.frame["小区名称"].tolist() == ["幸福小区"]
    assert raw.encoding == "gb18030"
    assert [one.severity for one in raw.notes] == ["warning"]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_dbf_with_any_bytes_changed_is_read_or_refused_and_never_a_traceback(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("dbf")
    path = shapefile(folder, {"小区名称": NAMES, "停车位缺口数": [1, 2, 3, 4]}, "utf-8")
    for name in ("a.dbf", "a.shp", "a.shx", "a.prj"):
        whole = bytearray((folder / name).read_bytes())
        for _ in range(data.draw(st.integers(0, 4))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        (folder / name).write_bytes(whole[: data.draw(st.sampled_from([None, None, None, len(whole) // 2, 40]))])
    assert faults(path) != ()


def test_a_csv_in_big5_that_does_not_say_so_is_asked_about_and_never_read_as_other_characters(tmp_path):
    text = "name,address\n停車場,和平路一號\n養老中心,同濟新村\n蘭里老人中心,大連西路\n"
    for more, written in (("", "big5"), ("老街裏,大連西路\n", "cp950"), ("老街裏,大連西路\n", "big5hkscs")):
        (tmp_path / "a.csv").write_bytes((text + more).encode(written))
        with pytest.raises(InputError, match=r'may be Big5 .*encoding = "big5"'):
            read_raw(Source(tmp_path / "a.csv"), "facility")
    (tmp_path / "a.csv").write_bytes(text.encode("big5"))
    declared = read_raw(Source(tmp_path / "a.csv", encoding="big5"), "facility")
    assert declared.frame["name"].tolist() == ["停車場", "養老中心", "蘭里老人中心"]
    (tmp_path / "b.csv").write_bytes(text.encode("gbk"))
    assert read_raw(Source(tmp_path / "b.csv"), "facility").frame["address"].tolist() == [
        "和平路一號", "同濟新村", "大連西路"]


ROSTER = "小区名册（演示）\r\n小区编号,小区名称,户数\r\n" + "".join(
    f"X{n:02d},鞍山{n}村,{100 + n}\r\n" for n in range(10))


@pytest.mark.parametrize(("encoding", "mark", "bad"), [
    ("utf-8", b"", b"\xb0\xff"), ("utf-8", b"\xef\xbb\xbf", b"\xff"), ("gb18030", b"", b"\xff"),
    ("utf-8", b"", b"\xb0")])
def test_a_byte_of_a_csv_that_is_no_text_is_named_by_row_column_and_number(tmp_path, encoding, mark, bad):
    data = ROSTER.encode(encoding)
    at = data.index("鞍山4村".encode(encoding))
    (tmp_path / "a.csv").write_bytes(mark + data[:at] + bad + data[at:])
    shown = {b"\xb0\xff": ("2", "B0"), b"\xff": ("1", "FF"), b"\xb0": ("1", "B0")}[bad]
    (said,) = refused(tmp_path / "a.csv")
    assert said == (
        f"a.csv, row 7, column 小区名称, value '{shown[1]}': {shown[0]} places hold bytes that are no text in "
        f"{encoding.upper()}, the encoding of the rest → type what stands in these cells anew in the spreadsheet "
        "program and save the file as CSV UTF-8")
