"""What is drawn behind the facts, so that a reader knows where an estate is? Display only."""

import functools
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.errors import ProblemLog, Words, say
from gis.geometry import has_shape
from gis.ledger import Reading
from gis.tables import BaseMap, Buildings, Streets
from layers.columns.catalogue import document
from layers.columns.fields import header_key
from layers.data import data_of
from layers.placing.places import LON_LAT, Town, crs_name, places_of_layer
from layers.reading.files import ROW, Source, read_raw
from layers.typed.cells import as_text, folded

_NO_SHAPE = say("rows have no shape, so there is nothing to draw")


def read_basemap(
    *, streets: Streets | gpd.GeoDataFrame, water: gpd.GeoDataFrame | Source | None = None,
    green: gpd.GeoDataFrame | Source | None = None, buildings: Buildings | gpd.GeoDataFrame | Source | None = None,
    attribution: tuple[str, ...] = (), town: Town, log: ProblemLog,
) -> BaseMap:
    """Bring the layers of a base map to columns ``kind``, ``name`` and geometry in one CRS that has a code.

    Streets are of a kind of ``layers/street_kinds.toml`` (``motorway`` to ``path``, and ``rail``), the
    others of kind ``water``, ``green`` and ``building``. The CRS is that of the streets, or WGS84 where it has no code.
    Rows without geometry are not drawn.

    Raises:
        InputError: a file cannot be read.
    """
    roads, lakes, parks, houses = (_frame(layer, part, town, log) for layer, part in (
        (streets, "streets"), (water, "water"), (green, "green"), (buildings, "buildings")))
    crs = roads.crs if roads.crs is not None and roads.crs.to_authority() else LON_LAT
    return BaseMap(
        streets=_drawn(roads, crs, kinds=street_kinds(_text(roads, "class"))),
        water=_drawn(lakes, crs, kinds="water"), green=_drawn(parks, crs, kinds="green"),
        buildings=_drawn(houses, crs, kinds="building"), attribution=attribution)


def street_kinds(classes: pd.Series) -> pd.Series:
    """The kind of line for each street class, OSM's or Chinese; an unlisted class is ``minor``."""
    kinds: pd.Series = folded(as_text(classes)).map(_kind_by_class()).fillna("minor").astype("object")
    return kinds


def _frame(
    layer: Streets | Buildings | gpd.GeoDataFrame | Source | None, part: str, town: Town, log: ProblemLog,
) -> gpd.GeoDataFrame:
    if layer is None:
        return gpd.GeoDataFrame(geometry=[], crs=LON_LAT)
    if isinstance(layer, Source):
        raw = read_raw(layer)
        places = places_of_layer(raw.frame, layer, raw.part, town, log)
        there, numbers = has_shape(places), raw.frame[ROW]
        gone: dict[Words | str, tuple[int, ...]] = {_NO_SHAPE: tuple(numbers[~there])} if not there.all() else {}
        log.readings.append(Reading(
            file=layer.path.name, part=part, sheet=raw.part, encoding=raw.encoding, crs=crs_name(layer, raw.frame),
            converted=layer.offset_system, rows_in=len(raw.frame), rows_used=int(there.sum()), left_out=gone))
        return gpd.GeoDataFrame(raw.frame).set_geometry(places)
    return layer if isinstance(layer, gpd.GeoDataFrame) else layer.frame


def _drawn(frame: gpd.GeoDataFrame, crs: Any, *, kinds: pd.Series | str) -> gpd.GeoDataFrame:
    whole = gpd.GeoDataFrame({"kind": kinds, "name": _text(frame, "name")}, geometry=frame.geometry.force_2d(),
                             index=frame.index, crs=frame.crs)
    there = has_shape(whole.geometry)
    return whole[there].to_crs(crs).reset_index(drop=True)


def _text(frame: gpd.GeoDataFrame, what: str) -> pd.Series:
    columns = document()["base_map"][what]
    by_key = {header_key(str(name)): name for name in frame.columns}
    found = next((by_key[header_key(name)] for name in columns if header_key(name) in by_key), None)
    return pd.Series("", index=frame.index, dtype="object") if found is None else as_text(frame[found].astype("object"))


@functools.cache
def _kind_by_class() -> dict[str, str]:
    return {name: kind for kind, names in data_of("street_kinds").items() for name in names}
