"""A small Overpass server over an ``.osm`` file for the tests, by the Overpass manual: whole keys, ``poly``, ``>``."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import shapely

STATE = "2026-10-30T23:59:58Z"
STREET: list[dict[str, Any]] = [
    {"type": "node", "id": 1, "lat": 31.2785, "lon": 121.4855},
    {"type": "node", "id": 2, "lat": 31.2865, "lon": 121.4985},
    {"type": "way", "id": 3, "nodes": [1, 2], "tags": {"highway": "residential"}}]
STATUS = b"Connected as: 1\nCurrent time: x\nAnnounced endpoint: none\nRate limit: 2\n2 slots available now.\n"
_WANTED = re.compile(r"\((node|way|relation)\['([^']+)'\]\(poly:'([^']+)'\);\(\._;>;\);\);")


def elements_of(path: Path) -> list[dict[str, Any]]:
    """The objects of an ``.osm`` file as Overpass's JSON has them."""
    found = []
    for one in ET.parse(path).getroot():  # noqa: S314 - a file of the tests
        if one.tag not in {"node", "way", "relation"}:
            continue
        element: dict[str, Any] = {"type": one.tag, "id": int(one.attrib["id"])}
        if one.tag == "node":
            element |= {"lat": float(one.attrib["lat"]), "lon": float(one.attrib["lon"])}
        elif one.tag == "way":
            element["nodes"] = [int(nd.attrib["ref"]) for nd in one.iter("nd")]
        else:
            element["members"] = [{"type": m.attrib["type"], "ref": int(m.attrib["ref"]), "role": m.attrib["role"]}
                                  for m in one.iter("member")]
        tags = {tag.attrib["k"]: tag.attrib["v"] for tag in one.iter("tag")}
        found.append(element | ({"tags": tags} if tags else {}))
    return found


def answer(elements: list[dict[str, Any]], query: str = "") -> dict[str, Any]:
    """What Overpass sends for a query of osmnx's form, or all elements without one."""
    chosen = _chosen(elements, query) if query else elements
    return {"version": 0.6, "generator": "Overpass API 0.7.62.1 084b4234",
            "osm3s": {"timestamp_osm_base": STATE, "copyright": "The data included in this document is from "
                      "www.openstreetmap.org. The data is made available under ODbL."},
            "elements": chosen}


def _chosen(elements: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    wanted = _WANTED.findall(query)
    assert query.startswith("[out:json][timeout:"), query
    assert wanted
    lat_lon = [float(number) for number in wanted[0][2].split()]
    area = shapely.Polygon(list(zip(lat_lon[1::2], lat_lon[::2], strict=True)))
    keys = {(kind, key) for kind, key, _ in wanted}
    by_id = {(one["type"], one["id"]): one for one in elements}
    shapes = {key: _shape(one, by_id) for key, one in by_id.items() if key[0] != "relation"}
    touching = {key for key, shape in shapes.items() if shape is not None and shape.intersects(area)}
    picked = set()
    for key, one in by_id.items():
        members = [(m["type"], m["ref"]) for m in one.get("members", ())]
        if (key in touching or not touching.isdisjoint(members)) and any(
                (key[0], tag) in keys for tag in one.get("tags", {})):
            picked |= {key, *members}
    picked |= {("node", ref) for key in list(picked) if key in by_id for ref in by_id[key].get("nodes", ())}
    return [one for key, one in by_id.items() if key in picked]


def _shape(one: Mapping[str, Any], by_id: Mapping[tuple[str, int], Any]) -> shapely.Geometry | None:
    nodes = [by_id[place] for place in ([("node", ref) for ref in one["nodes"]] if "nodes" in one else
                                        [("node", one["id"])]) if place in by_id]
    points = [(node["lon"], node["lat"]) for node in nodes]
    return None if not points else shapely.Point(points[0]) if len(points) == 1 else shapely.LineString(points)


Reply = tuple[int, bytes] | tuple[int, bytes, int]
"""Status, body and, where it is to be a lie, the length that is announced."""


@contextmanager
def serving(reply: Callable[[str], Reply]) -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that answers each query as ``reply`` says; its address and the queries it got."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith("/status"):
                self._send(200, STATUS)
            else:
                asked.append(parse_qs(self.path.partition("?")[2])["q"][0])
                self._send(*reply(asked[-1]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append(parse_qs(body)["data"][0])
            self._send(*reply(asked[-1]))

        def _send(self, status: int, body: bytes, length: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_json(answered: object) -> bytes:
    """An answer as it travels."""
    return json.dumps(answered, ensure_ascii=False).encode()
