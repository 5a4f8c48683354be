"""How do streets come from osmnx's GraphML, and go back to whoever works with osmnx?

osmnx is imported only when a function needs it; no other module imports it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, reported, say
from gis.tables import Streets
from layers.file_checks import check_present
from layers.line_noding import same_course
from layers.osm_tags import first_texts, street_classes, walked_classes
from layers.places import projected

if TYPE_CHECKING:
    import networkx as nx

_TRUE = {"True", "true", "1", "yes"}


def read_graphml(path: Path, to_crs: Any) -> Streets:
    """Read a street graph that osmnx wrote; both directions of a street become one edge.

    Nodes keep their numbers. The class says whether one may walk there, unless the edges carry ``foot``.

    Args:
        path: a ``.graphml`` file.
        to_crs: metric CRS of the result; None chooses one from the streets.

    Raises:
        InputError: one problem naming the file: missing, empty, damaged or no street graph.
    """
    path = Path(path)
    check_present(path)
    import osmnx  # noqa: PLC0415 - takes a second, and most projects have no GraphML
    try:
        graph = osmnx.load_graphml(path, edge_dtypes={"oneway": str, "reversed": str})
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except Exception as error:  # osmnx and networkx raise whatever the XML leads them to
        why = say("this is no street graph of osmnx or it is damaged ({error})", error=reported(error))
        raise InputError(Problem(file=path.name, why=why,
                                 fix="write it again with osmnx.save_graphml")) from error
    moved = projected(edges.reset_index(), to_crs, file=path.name)
    return Streets.of(_one_way_each(moved))


def to_graph(streets: Streets) -> "nx.MultiDiGraph":
    """The streets as an osmnx graph, walkable both ways, in their own CRS.

    Edges carry ``length`` (m), ``highway``, ``name``, ``foot``, ``edge_id``, ``oneway`` False and ``geometry``.
    """
    import osmnx  # noqa: PLC0415 - takes a second, and most projects have no GraphML
    frame = streets.frame
    shapes = frame.geometry.to_numpy()
    edges = gpd.GeoDataFrame(
        {"u": frame["u"].to_numpy(), "v": frame["v"].to_numpy(), "edge_id": frame.index.to_numpy(),
         "highway": frame["street_class"].to_numpy(), "name": frame["name"].to_numpy(),
         "foot": frame["foot"].to_numpy(), "oneway": False, "reversed": False, "length": shapely.length(shapes)},
        geometry=shapes, crs=streets.crs)
    back = edges[edges["u"] != edges["v"]].rename(columns={"u": "v", "v": "u"}).assign(reversed=True)
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


def _one_way_each(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Edges as streets on ``edge_id``: of two with the same ends and course the one that runs forward."""
    backward = _column(edges, "reversed").isin(_TRUE)
    ordered = edges.iloc[np.lexsort([edges["key"], edges["v"], edges["u"], backward])]
    again = same_course(ordered["u"].to_numpy(), ordered["v"].to_numpy(), ordered.geometry.to_numpy())
    first = ordered[~again]
    classes = street_classes(_column(first, "highway"))
    foot = _column(first, "foot").isin(_TRUE) if "foot" in first else walked_classes(classes)
    ids = _column(first, "edge_id") if "edge_id" in first else _edge_names(first)
    return gpd.GeoDataFrame(
        {"u": first["u"].to_numpy(), "v": first["v"].to_numpy(), "street_class": classes.to_numpy(),
         "name": _column(first, "name").to_numpy(), "foot": foot.to_numpy()},
        geometry=first.geometry.to_numpy(), index=pd.Index(ids.to_numpy(), dtype="object"), crs=edges.crs)


def _edge_names(edges: gpd.GeoDataFrame) -> pd.Series:
    names: pd.Series = edges["u"].astype(str) + "-" + edges["v"].astype(str) + "#" + edges["key"].astype(str)
    return names


def _column(edges: gpd.GeoDataFrame, name: str) -> pd.Series:
    given = edges[name] if name in edges else pd.Series("", index=edges.index, dtype="object")
    return first_texts(given)
