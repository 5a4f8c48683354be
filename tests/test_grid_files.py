"""Which numbers of a raster file are people: its band, its scale, its mark for unknown, and the part that is read."""

import tracemalloc
import warnings

import numpy as np
import pytest
import rasterio
from grids import CRS, NAN, PLACE, X0, Y0, cells, estates, filled, said, write_grid
from rasterio.windows import Window

from gis.errors import InputError
from layers.rasters import read_raster_window

SIX = (10, 20, 30, 40, 50, 60)
AROUND = (X0, Y0, X0 + 600, Y0 + 100)
NOBODY_KNOWN = {"residents": [NAN] * 6}


def residents(folder, **section):
    frame, log = filled(folder, estates(**NOBODY_KNOWN), {"file": "人口.tif", **section})
    return frame["residents"].tolist(), log


def refused(path, **options):
    with pytest.raises(InputError) as caught:
        read_raster_window(path, AROUND, CRS, **options)
    [problem] = caught.value.problems
    assert problem.file == path.name
    return str(problem.why), str(problem.fix)


def test_numbers_are_multiplied_as_the_band_says_and_unknown_is_told_before(tmp_path):
    """Tenths from 5 up: 100 is 15 people; 7 marks unknown, though 7 × 0.1 + 5 = 5.7 is not 7."""
    write_grid(tmp_path / "人口.tif", cells(100, 200, 300, 400, 7, 20), dtype="int16", nodata=7, scales=[0.1],
               offsets=[5.0])
    found, log = residents(tmp_path)
    assert found[:4] == pytest.approx([15, 25, 35, 45])
    assert np.isnan(found[4])
    assert found[5] == pytest.approx(7), "a number that becomes 7 is not the mark"
    [reading] = log.readings
    assert [str(note) for note in reading.notes] == [
        "its numbers are multiplied by 0.1 and 5 is added, as the file says",
        "it fills 5 of 6 estates whose number is asked for"]


def test_the_scale_is_that_of_the_band_that_is_read(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*SIX), cells(*SIX), dtype="int32", scales=[10, 2], offsets=[0, 1])
    assert residents(tmp_path, band=1)[0] == pytest.approx([100, 200, 300, 400, 500, 600])
    assert residents(tmp_path, band=2)[0] == pytest.approx([21, 41, 61, 81, 101, 121])


def test_a_grid_without_a_scale_says_nothing_of_one(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*SIX))
    found, log = residents(tmp_path)
    assert found == pytest.approx(list(SIX))
    assert [str(note) for note in log.readings[0].notes] == ["it fills 6 of 6 estates whose number is asked for"]
    assert list(log) == []


@pytest.mark.parametrize(("count", "dtype", "more"), [
    (3, "uint8", {}), (4, "uint8", {}), (3, "uint16", {"photometric": "RGB"}),
    (4, "uint8", {"photometric": "CMYK"})])
@pytest.mark.parametrize("band", [None, 1])
def test_a_picture_counts_nobody(tmp_path, count, dtype, more, band):
    write_grid(tmp_path / "图.tif", *[cells(*SIX)] * count, dtype=dtype, **more)
    assert refused(tmp_path / "图.tif", band=band)[0] == "this is a picture: its bands are colours"


def test_numbers_of_a_palette_count_nobody(tmp_path):
    write_grid(tmp_path / "图.tif", cells(*SIX), dtype="uint8")
    with rasterio.open(tmp_path / "图.tif", "r+") as to:
        to.write_colormap(1, {number: (number, 0, 0) for number in range(61)})
    assert refused(tmp_path / "图.tif")[0] == "this is a picture: its numbers stand for the colours of a palette"


def test_one_band_of_a_picture_as_a_file_of_its_own_is_believed(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*SIX), dtype="uint8")
    assert residents(tmp_path)[0] == pytest.approx(list(SIX))


def test_of_several_bands_the_project_says_which(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(*SIX), cells(1, 2, 3, 4, 5, 6), names=["全部", "60岁以上"])
    why, fix = refused(tmp_path / "人口.tif")
    assert why == "the raster has 2 bands, and nobody says which is meant: 1 全部, 2 60岁以上"
    assert fix == "add a line such as band = 1 to its section of project.toml"
    assert refused(tmp_path / "人口.tif", band=3)[0] == "the raster has no band 3; it has 1 全部, 2 60岁以上"
    assert residents(tmp_path, band=2)[0] == pytest.approx([1, 2, 3, 4, 5, 6])
    assert said(residents(tmp_path)[1]) == [("error", why)]


def test_a_file_of_several_grids_without_a_band_of_its_own_is_refused(tmp_path):
    for name, more in (("a", {}), ("b", {"APPEND_SUBDATASET": "YES"})):
        with rasterio.open(tmp_path / "人口.gpkg", "w", driver="GPKG", width=8, height=3, count=1, dtype="float32",
                           crs=CRS, transform=PLACE, RASTER_TABLE=name, **more) as to:
            to.write(np.stack([cells(*SIX)]).astype("float32"))
    assert refused(tmp_path / "人口.gpkg")[0] == "the raster has no band of numbers"


def test_a_mask_beside_the_numbers_is_no_second_band(tmp_path):
    """The second band is alpha: where it is 0 the number is unknown."""
    write_grid(tmp_path / "人口.tif", cells(*SIX), cells(255, 255, 0, 255, 255, 255, around=255), dtype="uint8",
               alpha="YES")
    found, _ = residents(tmp_path)
    assert np.nan_to_num(found, nan=-1).tolist() == [10, 20, -1, 40, 50, 60]
    assert refused(tmp_path / "人口.tif", band=2)[0] == "the raster has no band 2; it has 1"


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "complex_int16"])
def test_complex_numbers_are_refused_and_no_python_warning_is_shown(tmp_path, dtype):
    rows = np.stack([cells(*SIX)])
    with rasterio.open(tmp_path / "人口.tif", "w", driver="GTiff", width=8, height=3, count=1, dtype=dtype, crs=CRS,
                       transform=PLACE) as to:
        to.write(rows.astype("complex64"))
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        assert refused(tmp_path / "人口.tif")[0] == "the cells are complex numbers"
    assert shown == []


def test_a_picture_without_a_place_shows_no_python_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(tmp_path / "扫描.tif", "w", driver="GTiff", width=8, height=3, count=1, dtype="uint8") as to:
            to.write(np.ones((1, 3, 8), "uint8"))
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        assert refused(tmp_path / "扫描.tif")[0] == "the raster does not say its coordinate system"
    assert shown == []


def test_of_ten_thousand_million_cells_only_those_around_the_estates_are_read(tmp_path):
    """10 m cells, 1,000 km by 1,000 km: as float32 40 GB. The estates take 60 by 10 cells; 2 people in each."""
    side = 100_000
    place = rasterio.Affine(10, 0, X0 - 500_000, 0, -10, Y0 + 500_100)
    with rasterio.open(tmp_path / "人口.tif", "w", driver="GTiff", width=side, height=side, count=1, dtype="float32",
                       crs=CRS, transform=place, tiled=True, compress="deflate", nodata=-1, SPARSE_OK=True) as to:
        to.write(np.full((1, 10, 60), 2, "float32"), window=Window(50_000, 50_000, 60, 10))
    tracemalloc.start()
    try:
        found, _ = residents(tmp_path)
        window = read_raster_window(tmp_path / "人口.tif", AROUND, CRS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert window.cells.shape == (10, 60)
    assert found == pytest.approx([200.0] * 6)
    assert peak < 50 * 2**20
    assert "cells around the estates, more than can be read" in str(_all_of(tmp_path / "人口.tif", place, side).why)


def _all_of(path, place, side):
    west, north = place.c, place.f
    with pytest.raises(InputError) as caught:
        read_raster_window(path, (west, north - 10 * side, west + 10 * side, north), CRS)
    return caught.value.problems[0]


def test_a_declared_system_stands_for_a_wrong_one_of_the_file(tmp_path):
    """The file says the next zone to the west, where the estates would lie 1,000 km away."""
    write_grid(tmp_path / "人口.tif", cells(*SIX), crs="EPSG:4545")
    assert said(residents(tmp_path)[1]) == [("error", "the raster does not touch the estates")]
    found, log = residents(tmp_path, crs=CRS)
    assert found == pytest.approx(list(SIX))
    assert (log.readings[0].crs, list(log)) == (CRS, [])


def test_a_grid_half_a_cell_off_gives_each_estate_half_of_two_cells(tmp_path):
    """What lies 50 m to the west is taken as it stands: it cannot be told. E0 has half of 1 and half of 10."""
    write_grid(tmp_path / "人口.tif", cells(*SIX), place=rasterio.Affine(100, 0, X0 - 50, 0, -100, Y0 + 200))
    assert residents(tmp_path)[0] == pytest.approx([5.5, 15, 25, 35, 45, 55])


def test_a_number_that_programs_write_for_unknown_is_doubted_where_it_stands_far_above_the_others(tmp_path):
    write_grid(tmp_path / "人口.tif", cells(65535, 65535, 65535, 40, 50, 60), dtype="int32")
    [(severity, why), *_] = said(residents(tmp_path)[1])
    assert severity == "warning"
    assert why == ("3 cells hold 65535, which often stands for unknown and is not marked as that; the next number "
                   "below it is 60")


@pytest.mark.parametrize(("values", "dtype", "nodata"), [
    ((255, 255, 40, 40, 50, 60), "int16", None),  # twice may be chance
    ((255, 255, 255, 200, 50, 60), "int16", None),  # not far above 200
    ((254, 254, 254, 40, 50, 60), "int16", None), ((255, 255, 255, 40, 50, 60), "int16", 255)])
def test_a_number_that_may_be_one_of_people_is_not_doubted(tmp_path, values, dtype, nodata):
    write_grid(tmp_path / "人口.tif", cells(*values), dtype=dtype, nodata=nodata)
    assert [why for _, why in said(residents(tmp_path)[1]) if "stands for unknown" in why] == []


def test_a_mark_for_unknown_is_told_from_the_numbers_as_they_are_stored(tmp_path):
    """32767 × 0.1 is 3276.7, which is no such number; the stored one is."""
    write_grid(tmp_path / "人口.tif", cells(32767, 32767, 32767, 400, 500, 600), dtype="int32", scales=[0.1])
    assert "3 cells hold 32767, which often stands for unknown" in said(residents(tmp_path)[1])[0][1]
