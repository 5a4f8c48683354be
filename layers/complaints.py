"""How many complaints (12345 hotline) does each estate have?"""

import geopandas as gpd
import pandas as pd

from gis.errors import Problem, ProblemLog, say
from gis.geometry import has_shape
from gis.tables import NO_ESTATE, Estates
from layers.fields import read_fields
from layers.files import ROW, Source, read_table, read_vector
from layers.places import holding_estate, points_of_table, projected
from layers.rosters import named_estate

_LISTED = 10


def count_complaints(source: Source, estates: Estates, log: ProblemLog) -> pd.Series:
    """Count the rows of a list of complaints per estate: by id, else by exact normalised name, else by place.

    Columns about persons are dropped before anything else; no text of a complaint is kept. Rows that belong to no
    estate are one warning with their number and the first of them.

    Returns:
        counts on ``estate_id``, 0 for an estate that the list does not mention.

    Raises:
        InputError: the file cannot be read.
    """
    raw = (read_table(source.path, sheet=source.sheet) if source.is_table
           else read_vector(source.path, layer=source.layer, crs=source.crs)).reset_index(drop=True)
    fields = read_fields(raw, "complaint", file=source.path.name, sheet=source.sheet or "", log=log,
                         required=[("estate_id", "estate_name", "x")] if source.is_table else [])
    fields = fields.assign(estate_id=fields.get("estate_id", ""), estate_name=fields.get("estate_name", ""))
    placed = (points_of_table(fields, source, estates.crs, log) if source.is_table
              else projected(gpd.GeoDataFrame(fields, geometry=raw.geometry), estates.crs, file=source.path.name))
    named = named_estate(fields["estate_id"], fields["estate_name"], estates)
    points = placed.geometry[has_shape(placed.geometry)].representative_point()
    held = holding_estate(points, estates).reindex(fields.index, fill_value=NO_ESTATE)
    estate = named.where(named != NO_ESTATE, held)
    _list_lost(fields[estate == NO_ESTATE], len(fields), source, log)
    counts = estate[estate != NO_ESTATE].value_counts()
    return counts.reindex(estates.ids, fill_value=0).astype("float64").rename("complaints")


def with_complaints(estates: Estates, counts: pd.Series) -> Estates:
    """The estates with their number of complaints."""
    return Estates.of(estates.frame.assign(complaints=counts.reindex(estates.ids)))


def _list_lost(lost: pd.DataFrame, total: int, source: Source, log: ProblemLog) -> None:
    if len(lost):
        said = lost["estate_id"].where(lost["estate_id"] != "", lost["estate_name"])
        places = tuple(say("row {row} {name}", row=int(row), name=name) if name else say("row {row}", row=int(row))
                       for row, name in zip(lost[ROW].head(_LISTED), said.head(_LISTED), strict=True))
        log.add(Problem(file=source.path.name, sheet=source.sheet or "", row=int(lost[ROW].iloc[0]), severity="warning",
                        why=say("{count} of {total} complaints belong to no estate: {places}", count=len(lost),
                                total=total, places=places),
                        fix="write 小区编号 or 小区名称 as the estates' file does; until then they are not counted"))
