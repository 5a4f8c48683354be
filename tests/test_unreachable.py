"""What nobody can reach is said apart from what is too far: doors, facilities, and streets on their own."""

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from estategap.inputs import read_inputs
from estategap.notes import unreachable
from estategap.plan import walking_of
from estategap.project import read_project
from gis.network import StreetNetwork
from tests.small_town import X0, Y0, write_town
from tests.test_network import estates as drawn
from tests.test_network import gates, network, points


@pytest.fixture
def town(tmp_path):
    """The small town, with a street of 600 m north of it that joins nothing, a door there, and two lost car parks."""
    folder = write_town(tmp_path / "town")
    streets = gpd.read_file(folder / "道路.gpkg")
    lone = gpd.GeoDataFrame(geometry=[shapely.LineString([(X0, Y0 + 700), (X0 + 600, Y0 + 700)])], crs=streets.crs)
    (folder / "道路.gpkg").unlink()
    pd.concat([streets, lone]).to_file(folder / "道路.gpkg")
    outlines = gpd.read_file(folder / "小区边界.gpkg")
    island = gpd.GeoDataFrame({"小区编号": ["X99"], "小区名称": ["孤里"]}, crs=outlines.crs,
                              geometry=[shapely.box(X0 + 100, Y0 + 705, X0 + 200, Y0 + 760)])
    (folder / "小区边界.gpkg").unlink()
    pd.concat([outlines, island]).to_file(folder / "小区边界.gpkg")
    buildings = gpd.read_file(folder / "楼栋.gpkg")
    house = gpd.GeoDataFrame(geometry=[shapely.box(X0 + 140, Y0 + 730, X0 + 160, Y0 + 745)], crs=buildings.crs)
    (folder / "楼栋.gpkg").unlink()
    pd.concat([buildings, house]).to_file(folder / "楼栋.gpkg")
    book = openpyxl.load_workbook(folder / "停车场.xlsx")
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    for name in ("荒地甲", "荒地乙"):
        row = dict.fromkeys(headers) | {"名称": name, "x": X0 + 300, "y": Y0 + 1200}
        sheet.append([row[header] for header in headers])
    book.save(folder / "停车场.xlsx")
    return folder, sheet.max_row


def test_doors_on_a_street_of_its_own_and_facilities_far_from_any_are_named_with_their_rows(town):
    folder, last = town
    project = read_project(folder)
    walking = walking_of(project)
    inputs = read_inputs(project, walking)
    walk = StreetNetwork.build(inputs.streets, inputs.estates, inputs.gates, walking, barriers=inputs.barriers)
    said = {str(one.why): one for one in unreachable(inputs, walk)}
    [doors] = [one for why, one in said.items() if "do not join the rest" in why]
    assert (str(doors.why).split(" doors")[0], doors.value) == ("1", "孤里")
    [parks] = [one for why, one in said.items() if "have no way to a street" in why]
    assert str(parks.why) == ("2 facilities have no way to a street on foot: no street is near enough; people "
                              "elsewhere count as not served by them")
    assert (parks.file, [cell[2:] for cell in parks.cells]) == (
        "停车场.xlsx", [(last - 1, "荒地甲"), (last, "荒地乙")])
    assert len(said) == 2


def test_apart_are_points_all_of_whose_ways_lead_to_a_lesser_piece():
    lines = [[(0, 0), (1000, 0)], [(0, 100), (400, 100)]]
    net = network(lines, drawn(E=(100, 30, 200, 90)), gates(("s", 150, 30, "E"), ("n", 150, 90, "E")))
    asked = points("door_id", [("main", 500, 5, ""), ("lesser", 50, 95, ""), ("both", 150, 60, "E"),
                               ("nowhere", 500, 300, "")])
    assert net.apart(asked).to_dict() == {"main": False, "lesser": True, "both": False, "nowhere": False}
    assert net.without_gate("s").apart(asked)["both"]
