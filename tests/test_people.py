"""People at doors, from rosters, floor area and a population grid; worked out on paper."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from places import read_place
from small_town import COUNT, IDS, X0, Y0, workbook, write_town

from estategap.inputs import read_inputs
from estategap.plan import people_of, plan_of
from estategap.project import read_project
from gis.errors import InputError
from gis.tables import PEOPLE, Buildings, Doors, Estates
from gis.zonal import shared_sums, zonal_sums
from layers.people import people_at_doors
from layers.people_raster import counted_on_grid, people_of_raster
from layers.profile import Profile, estimate_people
from layers.rasters import RasterWindow, read_raster_window

CRS = "EPSG:4549"
NAN = float("nan")


def table(kind, columns, index, shapes):
    return kind.of(gpd.GeoDataFrame(columns, geometry=shapes, index=index, crs=CRS))


def estates_of(households, **more):
    shapes = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(households))]
    basis = ["" if np.isnan(number) else "roster" for number in households]
    return table(Estates, {"households": households, "households_basis": basis, **more},
                 [f"E{i}" for i in range(len(households))], shapes)


def buildings_of(rows):
    """Rows of (id, estate, x, width, levels, households, use), all 10 m deep."""
    shapes = [shapely.box(x, 10, x + width, 20) for _, _, x, width, *_ in rows]
    columns = {"estate_id": [row[1] for row in rows], "levels": [row[4] for row in rows],
               "households": [row[5] for row in rows], "use": [row[6] for row in rows]}
    return table(Buildings, columns, [row[0] for row in rows], shapes)


def doors_of(rows):
    """Rows of (id, building, estate, x)."""
    return table(Doors, {"building_id": [row[1] for row in rows], "estate_id": [row[2] for row in rows]},
                 [row[0] for row in rows], [shapely.Point(row[3], 15) for row in rows])


NO_BUILDINGS, NO_DOORS = Buildings.empty(CRS), Doors.empty(CRS)


def test_households_of_all_buildings_known_apportion_the_estate_and_doors_share_equally():
    buildings = buildings_of([("b1", "E0", 0, 10, 6, 30, "residential"), ("b2", "E0", 20, 50, 6, 10, "residential")])
    doors = doors_of([("d1", "b1", "E0", 0), ("d2", "b1", "", 5), ("d3", "b2", "E0", 20)])
    found = people_at_doors(estates_of([80.0], residents=[200.0]), buildings, doors).frame
    assert found["households"].to_dict() == {"d1": 30.0, "d2": 30.0, "d3": 20.0}  # 80 × 30/40 ÷ 2 and 80 × 10/40
    assert found["residents"].to_dict() == {"d1": 75.0, "d2": 75.0, "d3": 50.0}
    assert found["residents_60plus"].isna().all()
    assert found["basis"].unique().tolist() == ["roster"]
    assert found["estate_id"].unique().tolist() == ["E0"]


def test_floor_area_apportions_where_one_building_does_not_say():
    buildings = buildings_of([("b1", "E0", 0, 10, 6, 30, ""), ("b2", "E0", 20, 20, 3, NAN, ""),
                              ("b3", "E0", 50, 20, NAN, NAN, "")])
    doors = doors_of([("d1", "b1", "E0", 0), ("d2", "b2", "E0", 20), ("d3", "b3", "E0", 50)])
    found = people_at_doors(estates_of([210.0]), buildings, doors).frame
    # floor areas 100 × 6 = 600, 200 × 3 = 600, 200 × 4.5 (mean of 6 and 3) = 900
    assert found["households"].to_dict() == {"d1": 60.0, "d2": 60.0, "d3": 90.0}


def test_shops_hold_nobody_and_a_building_without_a_door_gets_a_provisional_one():
    buildings = buildings_of([("b1", "E0", 0, 10, 1, NAN, ""), ("b2", "E0", 20, 10, 1, NAN, "residential"),
                              ("shop", "E0", 40, 10, 1, NAN, "other")])
    doors = doors_of([("d1", "b1", "E0", 0), ("d2", "shop", "E0", 40)])
    found = people_at_doors(estates_of([50.0]), buildings, doors).frame
    assert found["households"].to_dict() == {"building b2": 25.0, "d1": 25.0, "d2": 0.0}
    assert found["provisional"].to_dict() == {"building b2": True, "d1": False, "d2": False}
    assert buildings.frame.geometry["b2"].contains(found.geometry["building b2"])


def test_estates_without_buildings_use_their_doors_or_their_inner_point():
    doors = doors_of([("d1", "", "E0", 1), ("d2", "", "E0", 2)])
    found = people_at_doors(estates_of([50.0, 7.0]), NO_BUILDINGS, doors).frame
    assert found["households"].to_dict() == {"d1": 25.0, "d2": 25.0, "estate E1": 7.0}
    assert found["provisional"].to_dict() == {"d1": False, "d2": False, "estate E1": True}


def test_unknown_totals_are_unknown_at_doors_and_doors_of_no_estate_hold_nobody_known():
    buildings = buildings_of([("b1", "E0", 0, 10, 1, 5, ""), ("b2", "", 500, 10, 1, 5, "")])
    doors = doors_of([("d1", "b1", "E0", 0), ("d2", "b2", "", 500)])
    found = people_at_doors(estates_of([NAN]), buildings, doors).frame
    assert found.index.tolist() == ["d1", "d2"]
    assert found[list(PEOPLE)].isna().all(axis=None)


def test_an_estate_without_an_outline_has_no_door():
    frame = gpd.GeoDataFrame({"households": [9.0]}, geometry=[None], index=["E0"], crs=CRS)
    assert len(people_at_doors(Estates.of(frame), NO_BUILDINGS, NO_DOORS)) == 0


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_doors_of_every_estate_add_up_to_the_estate(data):
    totals = data.draw(st.lists(st.floats(0, 1e5), min_size=1, max_size=4))
    rows, doors = [], []
    for number in range(data.draw(st.integers(0, 8))):
        estate = f"E{data.draw(st.integers(0, len(totals) - 1))}"
        rows.append((f"b{number}", estate, 20 * number, data.draw(st.floats(1, 15)),
                     data.draw(st.sampled_from([NAN, 1.0, 6.0, 33.0])), data.draw(st.sampled_from([NAN, 0.0, 12.0])),
                     data.draw(st.sampled_from(["", "residential", "other"]))))
        doors += [(f"b{number}-{door}", f"b{number}", "", 20 * number) for door in range(data.draw(st.integers(0, 3)))]
    doors += [(f"loose{number}", "", "E0", number) for number in range(data.draw(st.integers(0, 2)))]
    found = people_at_doors(estates_of(totals), buildings_of(rows) if rows else NO_BUILDINGS,
                            doors_of(doors) if doors else NO_DOORS).frame
    for number, total in enumerate(totals):
        there = found.loc[found["estate_id"] == f"E{number}", "households"]
        assert there.sum() == pytest.approx(total, rel=1e-9)
        assert (there >= 0).all()


def test_households_from_floor_area_and_people_from_the_profile_fill_only_what_is_unknown():
    estates = estates_of([100.0, NAN, NAN, NAN], residents=[NAN, NAN, 77.0, NAN], residents_60plus=[9.0, NAN, NAN, NAN])
    buildings = buildings_of([("b1", "E0", 0, 10, 6, NAN, ""), ("b2", "E1", 120, 30, 6, NAN, ""),
                              ("b3", "E1", 160, 10, NAN, NAN, "residential"), ("shop", "E1", 180, 10, 9, NAN, "other")])
    profile = Profile(floor_area_per_household_m2=92.0, residents_per_household=2.5, share_60plus=0.2,
                      storeys_if_unknown=5, spread=0.0, source="paper")
    found = estimate_people(estates, buildings, profile, registered_spread=0.0).frame
    # E1: 300 × 6 + 100 × 5 = 2,300 m² ÷ 92 = 25 households
    assert found["households"].fillna(-1).tolist() == [100, 25, -1, -1]
    assert found["households_basis"].tolist() == ["roster", "floor_area", "", ""]
    assert found["residents"].fillna(-1).tolist() == [250, 62.5, 77, -1]
    assert found["residents_basis"].tolist() == ["profile", "profile", "", ""]
    assert found["residents_60plus"].fillna(-1).tolist() == pytest.approx([9, 12.5, 15.4, -1])
    assert found["residents_under3"].isna().all()


def test_unknown_storeys_without_an_assumption_leave_households_unknown():
    buildings = buildings_of([("b1", "E0", 0, 10, NAN, NAN, ""), ("b2", "E0", 20, 10, 6, NAN, "")])
    profile = Profile(floor_area_per_household_m2=90.0, spread=0.0)
    found = estimate_people(estates_of([NAN]), buildings, profile, registered_spread=0.0).frame
    assert np.isnan(found.loc["E0", "households"])


def test_a_profile_out_of_range_says_all_that_is_wrong():
    with pytest.raises(InputError) as caught:
        Profile(floor_area_per_household_m2=0.0, share_60plus=20.0, residents_per_household=np.inf, spread=1.5,
                confidence="E")
    assert [one.column for one in caught.value.problems] == [
        "profile.floor_area_per_household_m2", "profile.residents_per_household", "profile.share_60plus",
        "profile.spread", "profile.confidence"]
    with pytest.raises(InputError, match="add up to more than 1"):
        Profile(share_60plus=0.8, share_under3=0.1, share_6to11=0.2, spread=0.0)


def grid(cells, west=0.0, north=100.0, step=100.0):
    return RasterWindow(np.array(cells, dtype="float64"), rasterio.Affine(step, 0, west, 0, -step, north), CRS)


def residents_by(raster, estates, buildings=NO_BUILDINGS):
    return people_of_raster(estates, counted_on_grid(estates, buildings, raster), people="residents", spread=0.0).frame


def test_residents_of_a_grid_live_in_its_buildings_or_under_the_outline():
    estates = estates_of([NAN, NAN, NAN, 5.0], residents=[NAN, NAN, NAN, 12.0])
    # cell 0 (100 people) holds b1 (100 m² × 6) of E0 and b9 (100 m² × 2) of nobody; E1 has no building; E2 only a shop
    buildings = buildings_of([("b1", "E0", 0, 10, 6, NAN, ""), ("b9", "", 50, 10, 2, NAN, ""),
                              ("s", "E2", 250, 10, 2, NAN, "other")])
    found = residents_by(grid([[100, 200, 300, 400]]), estates, buildings)
    assert found["residents"].tolist() == pytest.approx([75, 200, 300, 12])
    assert found["residents_basis"].tolist() == ["raster", "raster", "raster", ""]


def test_people_on_cells_without_a_mapped_building_are_not_lost():
    """E is half mapped: of its four cells two hold its buildings, one nothing, and one a building of nobody."""
    estates = table(Estates, {"name": ["半图"]}, ["E"], [shapely.box(0, 0, 350, 100)])
    buildings = buildings_of([("b1", "E", 0, 10, 1, NAN, ""), ("b2", "E", 150, 10, 1, NAN, ""),
                              ("b3", "", 310, 10, 1, NAN, "")])
    found = residents_by(grid([[10, 20, 40, 80]]), estates, buildings)
    # b1 10, b2 20, all of the cell of 40; the cell of 80 is b3's
    assert found["residents"].to_dict() == pytest.approx({"E": 70})
    half = table(Estates, {"name": ["半图"]}, ["E"], [shapely.box(0, 0, 250, 100)])
    found = residents_by(grid([[10, 20, 40, 80]]), half, buildings)
    assert found["residents"].to_dict() == pytest.approx({"E": 50}), "half of the cell of 40"


def test_the_people_of_an_estate_inside_another_are_not_counted_for_the_outer_one_too():
    shapes = [shapely.box(0, 0, 500, 500), shapely.box(100, 100, 400, 400), shapely.box(400, 0, 500, 100)]
    estates = table(Estates, {"name": ["大院", "院中院", "门口"]}, ["O", "I", "G"], shapes)
    window = grid(np.full((5, 5), 100.0), north=500.0)
    found = residents_by(window, estates)
    # of 25 cells of 100 people the inner ones have 9 and 1
    assert found["residents"].to_dict() == pytest.approx({"O": 1500, "I": 900, "G": 100})


def test_outlines_beyond_the_grid_or_where_it_knows_nothing_stay_unknown():
    found = residents_by(grid([[100, np.nan]]), estates_of([NAN] * 3))
    assert found["residents"].fillna(-1).tolist() == [100, -1, -1]
    assert found["residents_basis"].tolist() == ["raster", "", ""]
    with pytest.raises(InputError, match="below zero"):
        residents_by(grid([[-1.0]]), estates_of([NAN]))


def test_cells_on_the_rim_count_by_the_share_that_is_covered():
    window = grid([[10, 20], [30, 40]], north=200.0)
    areas = gpd.GeoSeries(
        [shapely.box(0, 0, 200, 200), shapely.box(50, 150, 125, 200), shapely.Polygon([(0, 0), (100, 0), (0, 100)]),
         None, shapely.box(900, 900, 999, 999)], index=list("abcde"), crs=CRS)
    sums = zonal_sums(window.cells, window.transform, CRS, None, areas)
    # b: half of half of 10 and half of a quarter of 20; c: half of 30
    assert sums.to_dict() == pytest.approx({"a": 100.0, "b": 5.0, "c": 15.0, "d": NAN, "e": NAN}, nan_ok=True)
    known = zonal_sums(window.cells, window.transform, CRS, 40.0, areas)
    assert known["a"] == pytest.approx(60.0)


def test_shares_of_a_cell_go_by_ground_times_density_and_add_up():
    window = grid([[10, 20]])
    areas = gpd.GeoSeries([shapely.box(0, 0, 20, 100), shapely.box(80, 0, 120, 100)], index=["a", "b"], crs=CRS)
    found = shared_sums(window.cells, window.transform, CRS, None, areas, density=pd.Series({"a": 3.0, "b": 1.0}))
    # cell 0: a 20 × 3 = 60, b 20 × 1 = 20; cell 1: b alone
    assert found.to_dict() == pytest.approx({"a": 7.5, "b": 22.5})


def test_zonal_sums_agree_with_rasterio_on_a_hundredth_of_the_cell():
    window = grid(np.arange(1.0, 26.0).reshape(5, 5), north=500.0)
    circle = gpd.GeoSeries([shapely.Point(240, 260).buffer(170)], crs=CRS)
    fine = rasterio.Affine(1, 0, 0, 0, -1, 500)
    inside = rasterio.features.rasterize(circle, out_shape=(500, 500), transform=fine)
    by_pixel = (np.kron(window.cells, np.ones((100, 100))) * inside).sum() / 10_000
    assert zonal_sums(window.cells, window.transform, CRS, None, circle)[0] == pytest.approx(by_pixel, rel=2e-3)


def test_a_rotated_grid_is_refused():
    areas = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CRS)
    with pytest.raises(InputError, match="rotated or not north up"):
        zonal_sums(np.ones((2, 2)), rasterio.Affine(1, 0.5, 0, 0, -1, 0), CRS, None, areas)


def test_the_60plus_grid_of_wuhan_adds_up_to_its_published_total(shared_data):
    path = shared_data / "wuhan-60plus" / "wuhan_central_60plus.tif"
    window = read_raster_window(path, (114.0, 30.0, 115.0, 31.0), "EPSG:4326")
    assert window.cells.shape == (324, 360)
    everything = gpd.GeoSeries([shapely.box(114.0, 30.0, 115.0, 31.0)], crs="EPSG:4326")
    total = zonal_sums(window.cells, window.transform, window.crs, None, everything)[0]
    assert round(total) == 1_026_955
    part = gpd.GeoSeries([shapely.box(114.30, 30.55, 114.33, 30.58)], crs="EPSG:4326")
    near = read_raster_window(path, tuple(part.to_crs("EPSG:32650").total_bounds), "EPSG:32650")
    assert near.cells.size < 2000
    with rasterio.open(path) as raster:
        cells = raster.read(1, masked=True).filled(0).astype("float64")
        rows, columns = np.mgrid[0 : raster.height, 0 : raster.width]
        west, north = raster.transform.c + columns * raster.transform.a, raster.transform.f + rows * raster.transform.e
        east, south = west + raster.transform.a, north + raster.transform.e
    wide = np.clip(np.minimum(east, 114.33) - np.maximum(west, 114.30), 0, None) / (east - west)
    high = np.clip(np.minimum(north, 30.58) - np.maximum(south, 30.55), 0, None) / (north - south)
    assert zonal_sums(near.cells, near.transform, near.crs, None, part)[0] == pytest.approx((cells * wide * high).sum())


def test_rasters_that_cannot_be_read_have_one_message_each(tmp_path):
    def refused(name, bounds=(0.0, 0.0, 1.0, 1.0)):
        with pytest.raises(InputError) as caught:
            read_raster_window(tmp_path / name, bounds, "EPSG:4326")
        return str(caught.value.problems[0])

    noise = np.random.default_rng(1).random((200, 200))
    options = {"driver": "GTiff", "width": 200, "height": 200, "count": 1, "dtype": "float64",
               "transform": rasterio.Affine(0.01, 0, 0, 0, -0.01, 1)}
    for name, crs in (("a.tif", "EPSG:4326"), ("bare.tif", None)):
        with rasterio.open(tmp_path / name, "w", **options, crs=crs) as to:
            to.write(noise, 1)
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "half.tif").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.tif").write_bytes(b"")
    (tmp_path / "text.tif").write_text("a,b\n1,2\n")
    assert refused("half.tif").startswith("half.tif: the file is damaged or incomplete (")
    assert refused("none.tif") == "none.tif: the file is empty (0 bytes) → export or copy it again"
    assert refused("text.tif") == "text.tif: this is not a raster → give a GeoTIFF"
    assert refused("b.tif").startswith("b.tif: the file does not exist → did you mean a.tif")
    assert refused("bare.tif").startswith("bare.tif: the raster does not say its coordinate system → ")
    assert refused("a.tif", (50.0, 50.0, 51.0, 51.0)) == (
        "a.tif, value '0, -1, 2, 1': the raster does not touch the estates → give the raster of this area")


# ---- the project file

def grid_file(path, value):
    """A grid of 100 m cells over the little project, with one value everywhere."""
    with rasterio.open(path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32", crs=CRS,
                       transform=rasterio.Affine(100, 0, X0 - 500, 0, -100, Y0 + 1500)) as to:
        to.write(np.full((20, 20), value, "float32"), 1)


def project_of(folder, text):
    """The little town with nothing but households in its roster, and with more sections in its project file."""
    write_town(folder)
    workbook(folder / "小区名册.xlsx", "名册", [("小区编号", "户数"), *((key, 200) for key in IDS)])
    file = folder / "project.toml"
    parts = re.split(r"(?m)^(?=\[)", file.read_text("utf-8"))
    kept = [part for part in parts if not part.startswith(("[buildings]", "[doors]"))]
    file.write_text("".join(kept) + text, "utf-8")
    return read_project(folder)


def test_one_section_or_several_name_the_grids(tmp_path):
    one = project_of(tmp_path / "one", '\n[population]\nfile = "人口.tif"\n')
    assert [(grid.file, grid.people, grid.spread) for grid in one.population] == [("人口.tif", "residents", None)]
    several = project_of(tmp_path / "several", '\n[[population]]\nfile = "人口.tif"\n\n[[population]]\n'
                         'file = "老人.tif"\npeople = "residents_60plus"\nspread = 0.5\n')
    assert [grid.people for grid in several.population] == ["residents", "residents_60plus"]
    assert {"人口.tif", "老人.tif"} <= set(several.files)
    with pytest.raises(InputError) as caught:
        project_of(tmp_path / "wrong", '\n[[population]]\nfile = "a.tif"\npeople = "pensioners"\n')
    assert "key people of [[population]] no. 1 (a.tif)" in str(caught.value.problems[0])


def test_grids_and_profile_reach_the_estates_with_their_intervals(tmp_path):
    project = project_of(
        tmp_path, '\n[[population]]\nfile = "老人.tif"\npeople = "residents_60plus"\n\n[[population]]\n'
        'file = "幼儿.tif"\npeople = "residents_under3"\nspread = 0.5\n\n[profile]\nresidents_per_household = 2.5\n'
        'share_6to11 = 0.05\nspread = 0.2\nsource = "假设"\n\n'
        '[rules.people]\nraster_spread = { value = 0.4, reason = "试点" }\n')
    grid_file(tmp_path / "老人.tif", 10)
    grid_file(tmp_path / "幼儿.tif", 1)
    frame = read_inputs(project, plan_of(project).walking).estates.frame
    estimated = frame[frame["residents_60plus_basis"] == "raster"]
    area = estimated.geometry.area / 10_000  # in cells
    assert len(estimated) == COUNT
    assert estimated["residents_60plus"].to_numpy() == pytest.approx((area * 10).to_numpy(), rel=1e-4)
    for name, spread in (("residents_60plus", 0.4), ("residents_under3", 0.5)):
        assert (frame[f"{name}_low"] / frame[name]).to_numpy() == pytest.approx(1 - spread)
        assert (frame[f"{name}_high"] / frame[name]).to_numpy() == pytest.approx(1 + spread)
    assert set(frame["residents_basis"]) == {"profile"}
    # 200 × 2.5 = 500, a fifth more or less; a twentieth of them, a fifth more or less again
    for name, figures in (("residents", (500, 400, 600)), ("residents_6to11", (25, 16, 36))):
        for column, figure in zip((name, f"{name}_low", f"{name}_high"), figures, strict=True):
            assert frame[column].to_numpy() == pytest.approx(figure)


def test_a_spread_that_is_no_share_is_said_of_the_project_file_and_hides_nothing(tmp_path):
    project = project_of(tmp_path, '\n[rules.people]\nraster_spread = { value = 40, reason = "百分之四十" }\n')
    with pytest.raises(InputError) as caught:
        plan_of(project)
    (problem,) = caught.value.problems
    assert (problem.file, problem.column) == ("project.toml", "rules.people.raster_spread")
    assert str(problem.fix) == "give a share from 0 to 1"
    assert people_of(project).raster_spread == pytest.approx(0.3)


def test_round_figures_as_typed_in_the_roster_carry_their_interval_to_the_gaps(tmp_path):
    project = project_of(tmp_path, "")
    typed = ["约200户", "200-240", "200余", 200, "", *[200] * (COUNT - 5)]
    rows = zip(IDS, typed, [205] * COUNT, strict=True)
    workbook(tmp_path / "小区名册.xlsx", "名册", [("小区编号", "户数", "停车位"), *rows])
    place = read_place(tmp_path)
    frame = place.inputs.estates.frame.head(5)
    # a tenth is what the rule pack takes a round figure to be off by
    assert people_of(project).approximate_spread == pytest.approx(0.1)
    assert frame["households"].fillna(-1).tolist() == [200, -1, 200, 200, -1]
    assert frame["households_low"].fillna(-1).tolist() == pytest.approx([180, 200, 200, 200, -1])
    assert frame["households_high"].fillna(-1).tolist() == pytest.approx([220, 240, 220, 200, -1])
    assert frame["households_basis"].tolist() == ["roster"] * 4 + [""]
    gaps = place.answer("parking").of("norm_gap").head(5)  # one space per household, 205 there are
    assert gaps["status"].tolist() == ["met", "unknown", "met", "met", "unknown"]
    assert gaps["low"].fillna(-1).tolist() == pytest.approx([0, 0, 0, 0, -1])
    assert gaps["high"].fillna(-1).tolist() == pytest.approx([15, 35, 15, 0, -1])
    assert gaps["basis"].tolist() == ["norm+approximate", "no_people", "norm+approximate", "norm", "no_people"]
