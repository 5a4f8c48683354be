"""The messy district with what only people can put right: check names all of it at once, and nothing else is amiss.

Fixed as it says, the files are those of the declared district again, of which ``test_messy_district`` says the rest.
"""

import io
from types import SimpleNamespace

import geopandas as gpd
import pytest
import python_calamine
from rich.console import Console

from estategap.demo.messy import write_messy_district
from estategap.job import check_project
from estategap.progress import Progress

ROSTER, OUTLINES = "小区名册.xlsx", "小区边界.shp"
STREET_M = 15.0


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("districts")
    for name in ("declared", "faulty"):
        write_messy_district(home / name, declared=True, faulty=name == "faulty")
    return SimpleNamespace(declared=home / "declared", faulty=home / "faulty")


@pytest.fixture(scope="module")
def problems(folders):
    return check_project(folders.faulty, Progress(Console(file=io.StringIO())), lang="en").problems


def roster(folder):
    """The cells of the form, by the row a spreadsheet shows."""
    sheet = python_calamine.CalamineWorkbook.from_path(folder / ROSTER).get_sheet_by_name("登记表")
    return dict(enumerate(sheet.to_python(skip_empty_area=False), start=1))


def outlines(folder):
    """The features of the layer, counted from 1, in metres."""
    frame = gpd.read_file(folder / OUTLINES, encoding="gb18030").to_crs("EPSG:4549")
    return frame.set_axis(range(1, len(frame) + 1)).set_axis(["id", *frame.columns[1:]], axis="columns")


def test_every_id_and_estate_that_stands_twice_is_an_error_with_its_row(folders, problems):
    """Rows are looked up in the raw files: two ids that stand twice, one name written in two rows."""
    rows, layer = roster(folders.faulty), outlines(folders.faulty)
    ids = [number for number, cells in rows.items() if "QHW009" in cells]
    names = [number for number, cells in rows.items() if "纺机 ３ 村" in cells]
    drawn = layer.index[layer["id"] == "QHW018"].tolist()
    assert (len(ids), len(names), len(drawn)) == (2, 2, 2)
    taken, unclear = "another row has this estate id", "this name stands for more than one estate, so the row"
    errors = {(one.file, one.row, one.value, str(one.why).split(" cannot")[0])
              for one in problems if one.severity == "error"}
    again = {one for one in errors if one[3].startswith("another estate has this id or")}
    assert errors - again == {
        (OUTLINES, drawn[1], "QHW018", taken), (ROSTER, ids[1], "QHW009", taken),
        (ROSTER, names[0], "纺机 ３ 村", unclear), (ROSTER, names[1], "纺机 ３ 村", unclear)}
    assert {one[:2] for one in again} == {(ROSTER, names[1])}, "the second row has no id of its own either"
    (fix,) = {str(one.fix) for one in problems if str(one.why).startswith(unclear)}
    assert fix.startswith("delete the row or outline that is there twice; of one estate in several outlines, merge ")


def test_a_piece_of_a_neighbour_is_a_warning_with_its_area_and_a_sliver_is_said_to_change_nothing(folders, problems):
    layer = outlines(folders.faulty)
    shared = {(one, other): layer.geometry[layer["id"] == one].union_all().intersection(
        layer.geometry[layer["id"] == other].union_all()).area for one, other in (
        ("QHW025", "QHW026"), ("QHW039", "QHW040"))}
    assert shared["QHW025", "QHW026"] == pytest.approx(800, rel=0.01), "40 m × 20 m, on a map not quite true to scale"
    assert 1 < shared["QHW039", "QHW040"] < 15, "30 m wide and at most half a metre deep"
    found = {str(one.why).split(" m² ")[0]: one.value for one in problems
             if one.severity == "warning" and "overlap" in str(one.why)}
    assert found == {
        "1 pairs of outlines overlap": "凌波府 (QHW026) + 北桥新村 (QHW025): 800 m² (2.3%)",
        f"1 pairs of outlines overlap by slivers, {shared['QHW039', 'QHW040']:.0f}":
            f"安居苑二区 (QHW039) + 新民家园 (QHW040): {shared['QHW039', 'QHW040']:.0f} m² (0.0%)"}


def test_with_the_named_rows_put_right_the_roster_is_the_declared_one(folders, problems):
    """The second of two rows of one estate goes, the id that stands twice becomes the estate's own."""
    rows = roster(folders.faulty)
    for one in problems:
        if one.file == ROSTER and one.severity == "error" and one.value == "QHW009":
            rows[one.row] = ["QHW031" if cell == one.value else cell for cell in rows[one.row]]
    del rows[max(one.row for one in problems if one.file == ROSTER and one.value == "纺机 ３ 村" and one.row)]
    assert list(rows.values()) == list(roster(folders.declared).values())


def test_with_the_named_outlines_put_right_the_layer_is_the_declared_one(folders, problems):
    """The id that stands twice becomes the estate's own; of the two that overlap the line is drawn as it was."""
    mine, theirs = outlines(folders.faulty), outlines(folders.declared)
    wrong = {one.row for one in problems if one.file == OUTLINES and one.severity == "error"}
    redrawn = mine["id"].isin(["QHW025", "QHW039"])
    mine.loc[list(wrong), "id"] = "QHW019"
    assert mine.drop(columns="geometry").equals(theirs.drop(columns="geometry"))
    same = mine.geometry.geom_equals_exact(theirs.geometry, 1e-6)
    assert set(mine.index[~same]) == set(mine.index[redrawn])
    grown = mine.area - theirs.area
    assert (grown[redrawn] > 30 * STREET_M).all(), "both were drawn across a street"
