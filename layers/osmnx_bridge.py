"""How do streets come from osmnx's GraphML, and OpenStreetMap's answers from the network? Whatever needs osmnx.

osmnx is imported only when a function needs it; no other module imports it, and none but this one uses the network.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, ProblemLog, Words, reported, say
from gis.ledger import Reading
from gis.modes import MODES
from gis.tables import Streets
from layers.line_noding import same_course
from layers.osm_tags import first_texts, open_classes, street_classes
from layers.placing.places import Town, crs_name, places_of_layer
from layers.reading.file_checks import check_present
from layers.reading.files import Source

if TYPE_CHECKING:
    import networkx as nx

_SHUT = ("u_shut", "v_shut")
_TRUE = {"True", "true", "1", "yes"}
_BUSY = {429, 500, 502, 503, 504}
_RIM_DEG, _STEP_DEG = 0.0001, 0.02
"""The area is asked for with a rim of 10 m and a corner each 2 km, so that its edges are straight on every map."""


def read_graphml(source: Source, town: Town, log: ProblemLog) -> Streets:
    """Read a street graph that osmnx wrote; both directions of a street become one edge.

    Nodes keep their numbers. The class says whether one may walk there, unless the edges carry ``foot``.

    Args:
        source: a ``.graphml`` file.
        town: the CRS of the result, by default that of the streets' middle, and where the project lies.
        log: takes what is doubtful, and the account of the edges.

    Raises:
        InputError: one problem naming the file: missing, empty, damaged or no street graph.
    """
    path = source.path
    check_present(path)
    import osmnx  # noqa: PLC0415 - takes a second, and most projects have no GraphML
    try:
        graph = osmnx.load_graphml(path, edge_dtypes={"oneway": str, "reversed": str})
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except Exception as error:  # osmnx and networkx raise whatever the XML leads them to
        why = say("this is no street graph of osmnx or it is damaged ({error})", error=reported(error))
        raise InputError(Problem(file=path.name, why=why,
                                 fix="write it again with osmnx.save_graphml")) from error
    frame = edges.reset_index()
    once = _once(frame.set_geometry(places_of_layer(frame, source, "", town, log)))
    again = tuple(int(row) + 1 for row in frame.index.difference(once.index))
    log.readings.append(Reading(
        file=path.name, part="streets", crs=crs_name(source, frame), rows_in=len(frame), rows_used=len(once),
        left_out={say("the other direction of a street, or the same course again"): again} if again else {}))
    return Streets.of(_as_streets(once))


def to_graph(streets: Streets) -> "nx.MultiDiGraph":
    """The streets as an osmnx graph, walkable both ways, in their own CRS.

    Edges carry ``length`` (m), ``highway``, ``name``, the modes of ``gis.modes``, ``car_oneway`` (as ``oneway`` of the
    streets), ``ground``, ``crossing``, which ends are shut to whom, ``edge_id``, ``oneway`` False and ``geometry``.
    """
    import osmnx  # noqa: PLC0415 - takes a second, and most projects have no GraphML
    frame = streets.frame
    shapes = frame.geometry.to_numpy()
    edges = gpd.GeoDataFrame(
        {"u": frame["u"].to_numpy(), "v": frame["v"].to_numpy(), "edge_id": frame.index.to_numpy(),
         "highway": frame["street_class"].to_numpy(), "name": frame["name"].to_numpy(),
         **{name: frame[name].to_numpy() for name in (*MODES, "ground", "crossing", *_SHUT)},
         "car_oneway": frame["oneway"].to_numpy(), "oneway": False, "reversed": False,
         "length": shapely.length(shapes)},
        geometry=shapes, crs=streets.crs)
    back = edges[edges["u"] != edges["v"]].rename(
        columns={"u": "v", "v": "u", "u_shut": "v_shut", "v_shut": "u_shut"})
    back = back.assign(reversed=True, car_oneway=-back["car_oneway"])
    back = back.set_geometry(shapely.reverse(back.geometry.to_numpy()), crs=streets.crs)
    both = gpd.GeoDataFrame(pd.concat([edges, back], ignore_index=True), crs=streets.crs)
    both["key"] = both.groupby(["u", "v"]).cumcount()
    return osmnx.graph_from_gdfs(_nodes(edges, shapes), both.set_index(["u", "v", "key"]))


def write_graphml(streets: Streets, path: Path) -> None:
    """Write the streets so that ``osmnx.load_graphml`` opens them."""
    import osmnx  # noqa: PLC0415 - takes a second, and most projects have no GraphML
    osmnx.save_graphml(to_graph(streets), filepath=path)


def _nodes(edges: gpd.GeoDataFrame, shapes: Any) -> gpd.GeoDataFrame:
    points = np.concatenate([shapely.get_point(shapes, 0), shapely.get_point(shapes, -1)])
    keys = np.concatenate([edges["u"].to_numpy(), edges["v"].to_numpy()])
    nodes = gpd.GeoDataFrame({"x": shapely.get_x(points), "y": shapely.get_y(points)}, geometry=points, index=keys,
                             crs=edges.crs)
    return nodes[~nodes.index.duplicated()].sort_index().rename_axis("osmid")


def _once(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Each edge once: of two with the same ends and course the one that runs forward."""
    backward = _column(edges, "reversed").isin(_TRUE)
    ordered = edges.iloc[np.lexsort([edges["key"], edges["v"], edges["u"], backward])]
    again = same_course(ordered["u"].to_numpy(), ordered["v"].to_numpy(), ordered.geometry.to_numpy())
    return ordered[~again]


def _as_streets(first: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Edges as streets on ``edge_id``."""
    classes = street_classes(_column(first, "highway"))
    allowed: dict[str, Any] = {
        mode: (_column(first, mode).isin(_TRUE) if mode in first else open_classes(classes, mode)).to_numpy()
        for mode in MODES}
    raised = _said(first, "bridge") | _said(first, "tunnel")
    ground = _column(first, "ground").isin(_TRUE) if "ground" in first else ~raised
    said = "car_oneway" if "car_oneway" in first else "oneway"
    oneway = _column(first, said).replace(dict.fromkeys(_TRUE, "1")).where(lambda text: text.isin(["1", "-1"]), "0")
    crossing = _column(first, "crossing").isin(_TRUE) if "crossing" in first else pd.Series(False, first.index)
    shut = {end: pd.to_numeric(_column(first, end)).to_numpy(dtype=np.int64) for end in _SHUT if end in first}
    ids = _column(first, "edge_id") if "edge_id" in first else _edge_names(first)
    return gpd.GeoDataFrame(
        {"u": first["u"].to_numpy(), "v": first["v"].to_numpy(), "street_class": classes.to_numpy(),
         "name": _column(first, "name").to_numpy(), **allowed, "oneway": oneway.to_numpy(dtype=np.int64),
         "ground": ground.to_numpy(), "crossing": crossing.to_numpy(), **shut},
        geometry=first.geometry.to_numpy(), index=pd.Index(ids.to_numpy(), dtype="object"), crs=first.crs)


def _said(edges: gpd.GeoDataFrame, name: str) -> "pd.Series[bool]":
    """Whether edges say yes, or what kind of it they are."""
    return ~_column(edges, name).str.lower().isin(["", "no", "nan", "none", "false"])


def _edge_names(edges: gpd.GeoDataFrame) -> pd.Series:
    names: pd.Series = edges["u"].astype(str) + "-" + edges["v"].astype(str) + "#" + edges["key"].astype(str)
    return names


def _column(edges: gpd.GeoDataFrame, name: str) -> pd.Series:
    given = edges[name] if name in edges else pd.Series("", index=edges.index, dtype="object")
    return first_texts(given)


@dataclass(frozen=True)
class Asking:
    """Whom to ask and how patiently.

    Args:
        overpass_url: where an Overpass server answers, without ``/interpreter``.
        nominatim_url: where a Nominatim server answers, without ``/search``.
        timeout_s: how long to wait for an answer, and how long the server may work on it.
        pauses_s: pauses before asking a busy or silent server again; after the last one it is given up.
        request_km2: a larger area is asked for in pieces.
        language: of place names, as HTTP writes it.
        tell: is told of each pause.
    """

    overpass_url: str
    nominatim_url: str
    timeout_s: int
    pauses_s: tuple[float, ...]
    request_km2: float
    language: str
    tell: Callable[[Words], None]

    @property
    def overpass_host(self) -> str:
        """The Overpass server's name."""
        return urlsplit(self.overpass_url).netloc

    @property
    def nominatim_host(self) -> str:
        """The Nominatim server's name."""
        return urlsplit(self.nominatim_url).netloc


class _NoAnswerError(Exception):
    """The server said something else than an answer."""

    def __init__(self, why: Words, fix: Words, *, again: bool) -> None:
        self.why, self.fix, self.again = why, fix, again
        super().__init__(str(why))


def ask_overpass(
    bounds: tuple[float, float, float, float], keys: Sequence[str], folder: Path, asking: Asking,
) -> list[Any]:
    """Everything in a box that has one of these keys, with the members and nodes of it, as Overpass sends it.

    Answers are kept in ``folder``, so that what has come once is not asked for again.

    Args:
        bounds: west, south, east, north in degrees, WGS84.
        keys: OSM keys with any value.
        folder: of this one question.
        asking: whom to ask.

    Raises:
        InputError: there is no whole answer; the server, why, and what to do.
    """
    west, south, east, north = bounds
    box = shapely.box(west - _RIM_DEG, south - _RIM_DEG, east + _RIM_DEG, north + _RIM_DEG)

    def ask(osmnx: Any) -> None:
        with suppress(InterruptedError):  # so osmnx ends when it was to fetch and not to read
            osmnx.features_from_polygon(shapely.segmentize(box, _STEP_DEG), dict.fromkeys(keys, True))

    return _answers(ask, asking.overpass_url, folder, asking)


def ask_nominatim(place: str, folder: Path, asking: Asking) -> list[Any]:
    """The places of this name as Nominatim describes them; none if it knows none.

    Raises:
        InputError: there is no whole answer; the server, why, and what to do.
    """
    def ask(osmnx: Any) -> None:
        try:
            osmnx.geocode_to_gdf(place)
        except (ValueError, TypeError, LookupError, AttributeError):  # the answer may be whole and name no area
            if not any(folder.iterdir()):
                raise

    return [one for answer in _answers(ask, asking.nominatim_url, folder, asking) for one in answer]


def _answers(ask: Callable[[Any], None], url: str, folder: Path, asking: Asking) -> list[Any]:
    """Ask, again after each pause where that may help, and read what osmnx has put into the folder.

    osmnx itself asks again after 429 and 504, every 55 s and without end, and after nothing else. ``_heed`` stops it;
    the pauses here hold, for 429, 500, 502, 503, 504, silence, broken connections and answers cut short.
    """
    import osmnx  # noqa: PLC0415 - takes a second, and only fetching needs it
    from requests import RequestException  # noqa: PLC0415 - comes with it
    host = urlsplit(url).netloc
    folder.mkdir(parents=True, exist_ok=True)
    _drop_damaged(folder)
    for pause_s in (*asking.pauses_s, None):
        try:
            with _settings(osmnx, folder, asking):
                ask(osmnx)
            return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
        except (_NoAnswerError, RequestException, ValueError, TypeError, RecursionError) as error:
            fault = error if isinstance(error, _NoAnswerError) else _fault(error, host, asking.timeout_s)
        if pause_s is None or not fault.again:
            raise InputError(Problem(value=url, why=fault.why, fix=fault.fix)) from None
        asking.tell(say("{why}; asking again in {pause_s} s", why=fault.why, pause_s=f"{pause_s:g}"))
        time.sleep(pause_s)
    raise AssertionError


@contextmanager
def _settings(osmnx: Any, folder: Path, asking: Asking) -> Iterator[None]:
    """Set osmnx up for one question, and put it and what it changes in ``socket`` back afterwards.

    No name is ever asked of a server for names of osmnx's own choice.
    """
    wanted = {
        "cache_folder": folder, "use_cache": True, "cache_only_mode": True, "log_file": False, "log_console": False,
        "overpass_url": asking.overpass_url, "nominatim_url": asking.nominatim_url, "doh_url_template": None,
        "requests_timeout": asking.timeout_s, "requests_kwargs": {"hooks": {"response": _heed}},
        "max_query_area_size": asking.request_km2 * 1e6, "http_accept_language": asking.language,
        "http_user_agent": "estategap, with OSMnx (https://github.com/gboeing/osmnx)",
    }
    before, lookup = {name: getattr(osmnx.settings, name) for name in wanted}, socket.getaddrinfo
    try:
        for name, value in wanted.items():
            setattr(osmnx.settings, name, value)
        yield
    finally:
        socket.getaddrinfo = lookup
        for name, value in before.items():
            setattr(osmnx.settings, name, value)


def _heed(response: Any, **_: Any) -> None:
    """Look at each answer before osmnx does, which takes one that is not whole for none at all.

    Raises:
        _NoAnswerError: the server is busy, refuses, or gave up in the middle.
    """
    address = urlsplit(response.url)
    if response.is_redirect or address.path.endswith("/status"):
        return
    host, status = address.netloc, response.status_code
    if status in _BUSY:
        raise _NoAnswerError(say("the server {host} is busy or out of order (HTTP {status})", host=host, status=status),
                             _later(address.path), again=True)
    if not response.ok:
        raise _NoAnswerError(say("the server {host} refuses (HTTP {status})", host=host, status=status),
                             _later(address.path), again=False)
    remark = _remark(response) if b'"remark"' in response.content else ""
    if remark:
        raise _NoAnswerError(say("the server {host} gave up before the end ({remark})", host=host,
                                 remark=reported(remark)),
                             say("try again later, or give a smaller area with [osm] bbox"), again=False)


def _remark(response: Any) -> str:
    """What an Overpass server adds to an answer that it did not finish; such answers osmnx does not keep."""
    try:
        said = response.json()
    except (ValueError, RecursionError):  # osmnx says so too
        return ""
    return str(said.get("remark", "")) if isinstance(said, dict) else ""


def _fault(error: Exception, host: str, timeout_s: int) -> _NoAnswerError:
    """Why there is no answer, by what ``requests`` or osmnx raised."""
    from requests import exceptions  # noqa: PLC0415 - comes with osmnx
    if isinstance(error, exceptions.Timeout):
        return _NoAnswerError(say("the server {host} does not answer within {timeout_s} s", host=host,
                                  timeout_s=timeout_s), _network(host), again=True)
    if isinstance(error, exceptions.ProxyError):
        return _NoAnswerError(say("the proxy of this network does not let through to {host}", host=host),
                              _network(host), again=False)
    if isinstance(error, exceptions.SSLError):
        return _NoAnswerError(say("the certificate of {host} is not trusted on this machine", host=host),
                              _network(host), again=False)
    causes = list(_causes(error))
    if isinstance(error, exceptions.InvalidURL) or any(isinstance(one, socket.gaierror | UnicodeEncodeError)
                                                       for one in causes):
        return _NoAnswerError(say("the server {host} is not found: there is no internet, or its name is blocked here",
                                  host=host), _network(host), again=False)
    broken = any(isinstance(one, ConnectionResetError | BrokenPipeError) for one in causes)
    if isinstance(error, exceptions.ConnectionError) and not broken and any(isinstance(o, OSError) for o in causes[1:]):
        return _NoAnswerError(say("the server {host} cannot be reached: there is no internet, or it is blocked here",
                                  host=host), _network(host), again=False)
    return _NoAnswerError(say("the answer of {host} is cut short or is no OpenStreetMap data", host=host),
                          _network(host), again=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _network(host: str) -> Words:
    return say("look whether the internet works and have {host} allowed in the office's network; or download the area "
               "elsewhere as .osm.pbf and name it under [osm] file", host=host)


def _later(path: str) -> Words:
    """What to do where a server refuses: only where a place was asked for by name does its box help."""
    if path.endswith("/search"):
        return say("try again later, or give [osm] bbox in place of [osm] place")
    return say("try again later; or name another Overpass server under [osm] server, or download the area elsewhere "
               "as .osm.pbf and name it under [osm] file")


def _drop_damaged(folder: Path) -> None:
    """Remove kept answers that were cut off while they were written."""
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_text("utf-8"))
        except (ValueError, RecursionError):
            path.unlink()
