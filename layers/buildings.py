"""Which buildings are there, how high are they, and in which estate do they stand?"""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.errors import Problem, ProblemLog, say
from gis.geometry import fault, repair_areas
from gis.tables import AREAS, NO_ESTATE, Buildings, Estates
from layers.osm_extract import OsmExtract, repaired_areas
from layers.placing.places import Town, holding_estate
from layers.reading.files import ROW, Source
from layers.rows import Rows, read_rows


def buildings_of_osm(extract: OsmExtract, to_crs: Any, *, log: ProblemLog) -> Buildings:
    """The buildings of an extract in a metric CRS; repairs of outlines are noted as warnings."""
    return Buildings.of(repaired_areas(extract.buildings, to_crs, extract.file, log))


def read_buildings(source: Source, *, town: Town, log: ProblemLog, data_year: int | None = None) -> Buildings:
    """Read a layer of footprints; columns are known by the aliases of ``fields.toml``.

    A building without an id is called ``building-`` and its row. What is no area is an error of its row.

    Args:
        source: a vector file.
        town: the CRS of the result and where the project lies.
        log: takes every problem of the rows, and the account of them.
        data_year: building years after it are wrong.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "building", part="buildings", town=town, log=log, data_year=data_year)
    shapes, ledger = repair_areas(rows.geometry)
    for label, change in ledger.iterrows():
        rows.problem(
            label=label, severity="warning", fix="correct the footprint",
            why=say("the footprint was repaired ({reason}): {before_m2:.1f} m² before, {after_m2:.1f} m² after",
                    reason=fault(change["reason"]), before_m2=change["area_before_m2"],
                    after_m2=change["area_after_m2"]))
    area = shapes.geom_type.isin(AREAS) & ~shapes.is_empty
    rows.leave_out(rows.fields.index[~area], why="this building has no footprint", fix="draw it or delete the row")
    return Buildings.of(with_ids(rows, gpd.GeoDataFrame(rows.fields, geometry=shapes), "building"))


def with_ids(rows: Rows, frame: gpd.GeoDataFrame, what: str, prefix: str = "") -> gpd.GeoDataFrame:
    """The rows that nobody left out, on their own id, else on ``prefix`` (default ``what``) and the row number.

    An id given twice is an error and counts once. Closes the account of the file.
    """
    column = f"{what}_id"
    header = next((one.header for one in rows.columns if one.field == column), column)
    given = rows.text(column).loc[rows.kept]
    repeated = given.index[(given != "") & given.duplicated()]
    rows.leave_out(repeated, why="another row has this id", fix="give each row an id of its own", values=given,
                   column=header)
    kept, given = frame.loc[rows.kept], given.loc[rows.kept]
    ids = given.where(given != "", f"{prefix or what}-" + kept[ROW].astype(str))
    rows.done(rows.kept, ids)
    return kept.drop(columns=[ROW, column], errors="ignore").set_axis(
        pd.Index(ids, dtype="object", name=column), axis="index")


def buildings_in_estates(buildings: Buildings, estates: Estates, *, log: ProblemLog) -> Buildings:
    """Say in which estate each building stands: the one its row names if there is such an estate, else by place.

    By place the inner point decides, and of nested estates the smallest. Names of estates nobody knows are noted.
    """
    frame = buildings.frame
    named = frame["estate_id"]
    lost = (named != NO_ESTATE) & ~estates.knows(named)
    if lost.any():
        log.add(Problem(value=", ".join(sorted(set(named[lost]))[:10]), severity="warning",
                        why=say("{count} buildings name an estate that is not in the list of estates",
                                count=int(lost.sum())),
                        fix="write 小区编号 as the estates' file does; they count where they stand"))
    asked = (named == NO_ESTATE) | lost
    held = holding_estate(frame.geometry[asked].representative_point(), estates)
    estate = named.mask(asked, held.reindex(frame.index, fill_value=NO_ESTATE))
    return Buildings.of(frame.assign(estate_id=estate.astype("object")))


def with_build_years(estates: Estates, buildings: Buildings, *, log: ProblemLog) -> Estates:
    """The estates with a building year where the roster says none: the (lower) median of their homes', which is said.

    The earliest and the latest one are its bounds.
    """
    frame, homes = estates.frame, buildings.frame
    silent = frame.index[frame[["build_year", "build_year_low", "build_year_high"]].isna().all(axis="columns")]
    years = homes[(homes["use"] != "other") & homes["build_year"].notna() & homes["estate_id"].isin(silent)]
    if years.empty:
        return estates
    by_estate = years.groupby("estate_id")["build_year"]
    found = {"build_year": by_estate.quantile(0.5, interpolation="lower"), "build_year_low": by_estate.min(),
             "build_year_high": by_estate.max()}
    count = len(found["build_year"])
    log.add(Problem(
        severity="warning", value=str(count),
        why=say("{count} estates have no building year in the roster; the median of their buildings is used",
                count=count),
        fix="nothing, or fill in 建成年份 in the roster"))
    basis = frame["build_year_basis"].mask(frame.index.isin(found["build_year"].index), "buildings")
    return Estates.of(frame.assign(build_year_basis=basis, **{name: frame[name].fillna(said)
                                                              for name, said in found.items()}))


def footprint_of(points: gpd.GeoSeries, buildings: Buildings, tolerance_m: float) -> pd.Series:
    """The building whose outline is nearest to each point and within ``tolerance_m``; ``""`` where none is.

    Of buildings at the same distance the first by id counts.
    """
    outlines = buildings.frame.geometry.boundary
    rows, near = outlines.sindex.query(points, predicate="dwithin", distance=tolerance_m)
    apart_m = points.iloc[rows].distance(outlines.iloc[near], align=False).to_numpy()
    found = pd.DataFrame({"row": rows, "building": buildings.ids[near], "apart_mm": np.round(apart_m * 1000)})
    first = found.sort_values(["row", "apart_mm", "building"]).drop_duplicates("row").set_index("row")["building"]
    return pd.Series(first.reindex(range(len(points)), fill_value="").to_numpy(), index=points.index, dtype="object")
