"""A gate on a street stops those who cannot pass it, and nobody else."""

import pytest

from gis.errors import ProblemLog
from gis.modes import MODES, shut_bit
from gis.network import StreetNetwork
from gis.tables import Estates, Gates
from layers.osmnx_bridge import read_graphml, write_graphml
from layers.placing.places import Town
from layers.reading.files import Source
from layers.streets import streets_of_osm
from tests.test_network import SETTINGS, points
from tests.test_osm_layers import CRS, Sketch, X, Y

GATES = [
    ({}, "foot ebike fire_engine car"),
    ({"access": "private"}, "foot ebike fire_engine car"),
    ({"access": "no"}, ""),
    ({"locked": "yes"}, ""),
    ({"access": "no", "emergency": "yes"}, "ebike fire_engine"),
    ({"emergency": "fire_gate"}, "ebike fire_engine"),
    ({"access": "no", "motor_vehicle": "yes"}, "ebike fire_engine car"),
    ({"access": "no", "foot": "yes"}, "foot ebike"),
    ({"motor_vehicle": "no"}, "foot ebike"),
    ({"foot": "no"}, "ebike fire_engine car"),
    ({"barrier": "bollard"}, "foot ebike"),
    ({"barrier": "bollard", "bollard": "removable"}, "foot ebike fire_engine"),
    ({"barrier": "bollard", "motor_vehicle": "private"}, "foot ebike fire_engine car"),
    ({"barrier": "bollard", "foot": "no"}, "ebike"),
    ({"barrier": "block"}, "foot ebike"),
    ({"barrier": "chain"}, "foot ebike fire_engine"),
    ({"barrier": "stile"}, "foot"),
    ({"barrier": "height_restrictor", "maxheight": "2"}, "foot ebike fire_engine car"),
    ({"barrier": "toll_booth"}, "foot ebike fire_engine car"),
    ({"barrier": "yes", "motor_vehicle": "no"}, "foot ebike fire_engine"),
]


def streets_with(tmp_path, **tags):
    """A street of 300 m with a gate in its middle."""
    town = Sketch()
    refs = [town.node(0, 0), town.node(150, 0, **{"barrier": "gate"} | tags), town.node(300, 0)]
    town.way(1, refs, highway="residential")
    return streets_of_osm(town.read(tmp_path), CRS)


def who_passes(streets):
    """The modes in which the other end of the street is reached, all of which walk 200 m."""
    ends = points("door_id", [("home", X + 50, Y, "")]), points("facility_id", [("shop", X + 250, Y, "")])
    found = []
    for mode in MODES:
        network = StreetNetwork.build(streets, Estates.empty(CRS), Gates.empty(CRS), SETTINGS, mode=mode)
        pairs = network.pairs(*ends, cutoff_m=1000)
        assert pairs["distance_m"].tolist() == pytest.approx([200.0] * len(pairs), abs=0.05)
        found += [mode] * len(pairs)
    return " ".join(found)


@pytest.mark.parametrize(("tags", "who"), GATES)
def test_a_gate_stops_those_whom_its_tags_stop(tmp_path, tags, who):
    assert who_passes(streets_with(tmp_path, **tags)) == who


def test_a_gate_keeps_stopping_them_through_a_graphml_file(tmp_path):
    streets = streets_with(tmp_path, access="no", emergency="yes")
    write_graphml(streets, tmp_path / "streets.graphml")
    again = read_graphml(Source(tmp_path / "streets.graphml"), Town(CRS), ProblemLog())
    assert who_passes(again) == "ebike fire_engine"


def test_an_end_is_shut_to_the_modes_whose_bits_it_has(tmp_path):
    frame = streets_with(tmp_path, access="no", emergency="yes").frame
    bits = shut_bit("foot") | shut_bit("car")
    assert sorted(zip(frame["u_shut"], frame["v_shut"], strict=True)) == [(0, bits), (bits, 0)]
    assert len({*frame["u"], *frame["v"]}) == 3
