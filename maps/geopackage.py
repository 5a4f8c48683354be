"""Which layers does a planner open in QGIS? ``results.gpkg``: estates, one layer per analysis, facilities, base map."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gis.crs import in_crs
from gis.geometry import has_shape
from gis.tables import PEOPLE
from maps.texts import Texts
from maps.view import RunView

_CLOCK = "OGR_CURRENT_DATE"


def layers_of(view: RunView) -> dict[str, gpd.GeoDataFrame]:
    """Every layer on its name in the run's language, in the run's metric CRS; estates without an outline included."""
    texts, estates = Texts(view.lang), view.estates.frame
    place = estates[["geometry"]]
    layers = {texts("layer.estates"): _joined(place, _overview(view))}
    for name, result in view.results.items():
        title = texts("layer.analysis", title=texts.title(view.analyses[name].title))
        wide = result.table.reset_index("measure")
        named = wide.assign(name=estates["name"].reindex(wide.index))
        layers[title] = _joined(place, named[["name", "measure", *result.table.columns]])
    for kind, facilities in view.facilities.items():
        layers[texts("layer.facilities", title=texts(f"facility.{kind}.title"))] = facilities.frame
    layers[texts("layer.gates")] = view.gates.frame
    for key, frame in (("streets", view.basemap.streets), ("water", view.basemap.water), ("green", view.basemap.green)):
        layers[texts(f"layer.{key}")] = in_crs(frame[["kind", "name", "geometry"]], view.estates.crs)
    layers[texts("layer.run")] = _run(view, texts)
    return layers


def write_geopackage(view: RunView, folder: Path) -> list[Path]:
    """Write ``results.gpkg``, the same bytes for the same view, and return its path."""
    path = folder / "results.gpkg"
    path.unlink(missing_ok=True)
    with _clock_at(f"{view.data_date.isoformat()}T00:00:00.000Z"):
        for name, frame in layers_of(view).items():
            _append(frame, path, name, view.estates.crs)
    return [path]


def _overview(view: RunView) -> pd.DataFrame:
    """The ranking with what it rests on: where outlines and people are from, and of each gap why it is unknown."""
    bases = ["outline_basis", *(f"{name}_basis" for name in PEOPLE)]
    table = view.in_rank_order.join(pd.DataFrame(view.estates.frame[bases]))
    for name, result in view.results.items():
        headline = result.of(result.headline)
        table[f"severity_{name}"] = headline["severity"].reindex(table.index)
        table[f"status_{name}"] = headline["status"].reindex(table.index)
        table[f"basis_{name}"] = headline["basis"].reindex(table.index)
    return table


def _joined(place: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    shapes = place.geometry.reindex(table.index)
    return gpd.GeoDataFrame(table, geometry=shapes, crs=place.crs)


def _run(view: RunView, texts: Texts) -> gpd.GeoDataFrame:
    facts = {
        "project": view.project, "data_date": view.data_date.isoformat(), "pack": view.pack, "run_id": view.run_id,
        "version": view.version, "attribution": "; ".join(view.basemap.attribution),
        "note": texts("page.synthetic") if view.synthetic else "",
    }
    return gpd.GeoDataFrame({"fact": list(facts), "value": list(facts.values())}, geometry=[None] * len(facts))


def _append(frame: gpd.GeoDataFrame, path: Path, layer: str, crs: object) -> None:
    rows = frame.reset_index(drop=frame.index.name is None)
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=frame.crs or crs)
    for name in table.columns.drop("geometry"):
        if not (pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name])):
            table[name] = [None if pd.isna(value) else str(value) for value in table[name]]
    drawn = has_shape(table.geometry).any()
    kind = None if drawn else "Unknown"
    multi = drawn and table.geometry.geom_type.dropna().str.startswith("Multi").any()
    pyogrio.write_dataframe(
        table, path, layer=layer, driver="GPKG", append=path.exists(), promote_to_multi=bool(multi),
        geometry_type=kind, layer_options={"SPATIAL_INDEX": "YES"},
    )


@contextmanager
def _clock_at(moment: str) -> Iterator[None]:
    before = pyogrio.get_gdal_config_option(_CLOCK)
    pyogrio.set_gdal_config_options({_CLOCK: moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_CLOCK: before})
