"""What is drawn behind the facts."""

import geopandas as gpd
import pytest
import shapely

from gis.errors import ProblemLog
from layers.basemap import read_basemap, street_kinds
from layers.placing.places import Town
from layers.reading.files import Source

LINES = [shapely.LineString([(500_000, 3_400_000 + y), (500_100, 3_400_000 + y)]) for y in range(5)]


@pytest.mark.parametrize(("street_class", "kind"), [
    ("motorway_link", "motorway"), ("快速路", "motorway"), ("primary", "major"), ("主干路", "major"),
    ("次干路", "major"),
    ("tertiary", "medium"), ("支路", "medium"), ("living_street", "minor"), ("街巷", "minor"), ("steps", "path"),
    ("步行道", "path"), ("步 行 道", "path"), ("某种路", "minor"), ("", "minor"), (None, "minor"),
])
def test_classes_of_osm_and_of_chinese_planners_become_five_kinds_of_line(street_class, kind):
    streets = gpd.GeoDataFrame({"道路等级": [street_class]}, geometry=LINES[:1], crs="EPSG:4549")
    assert street_kinds(streets["道路等级"]).tolist() == [kind]
    assert read_basemap(streets=streets, town=Town(), log=ProblemLog()).streets["kind"].tolist() == [kind]


def test_every_layer_has_kind_and_name_in_the_streets_crs_and_empty_shapes_are_not_drawn(tmp_path):
    streets = gpd.GeoDataFrame({"highway": ["primary"] * 5, "名称": ["<b>路</b>", None, "b", "c", "d"]},
                               geometry=[*LINES[:4], None], crs="EPSG:4549")
    lake = gpd.GeoDataFrame({"name": ["湖"]}, geometry=[shapely.Point(500_000, 3_400_000).buffer(50)], crs="EPSG:4549")
    lake.to_crs(4326).to_file(tmp_path / "水系.geojson")
    found = read_basemap(streets=streets, water=Source(tmp_path / "水系.geojson"), buildings=lake,
                         attribution=("©",), town=Town(), log=ProblemLog())
    assert found.streets["kind"].tolist() == ["major"] * 4
    assert found.streets["name"].tolist() == ["<b>路</b>", "", "b", "c"]
    assert found.water[["kind", "name"]].to_numpy().tolist() == [["water", "湖"]]
    assert found.water.crs == found.streets.crs
    assert found.water.geometry.iloc[0].area == pytest.approx(lake.area[0], rel=1e-6)
    assert found.buildings["kind"].tolist() == ["building"]
    assert len(found.green) == 0
    assert found.attribution == ("©",)
