"""Which facilities are there, how large are they, and which estate do they belong to?"""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.errors import InputError, Problem, ProblemLog, listed, say
from gis.geometry import has_shape
from gis.ledger import Reading
from gis.tables import NO_ESTATE, Estates, Facilities
from layers.buildings import with_ids
from layers.capacity import with_bounds
from layers.conflation import ASKED, DROPPED, conflate
from layers.kinds import facility_kind
from layers.naming.estate_names import named_estate, unknown_estates
from layers.placing.places import Town, holding_estate
from layers.reading.delimited import read_delimited
from layers.reading.files import ROW, Source
from layers.reading.table_rows import fields_named
from layers.reading.workbooks import read_workbook
from layers.rows import Rows, read_rows

_NO_ROWS = frozenset({"the table has no rows", "the layer has no rows"})
_FEWEST_FIELDS, _FEWEST_PLACES, _LISTED = 2, 5, 5
_THERE_ARE_NONE = say("the list has no rows and is said to be complete, so there are none in the area and around it")
_SAME = say("the same facility as one of an earlier list")


def read_facilities(
    source: Source, *, kind: str, surveyed: bool, estates: Estates, town: Town, log: ProblemLog,
) -> Facilities:
    """Read one list of facilities of one kind.

    Areas and lines stand for their inner point. A row without a place that names an estate, by id or exact normalised
    name, counts for that estate, for as many ``sites`` as it says; a row with neither is an error, a row that says that
    there are no sites is left out. Ids start with the kind unless the list gives them. A list with column names and no
    rows is a statement where it is ``surveyed``: there are none.

    Args:
        source: a vector file, or a table with longitude and latitude (EPSG:4326 unless ``source.crs`` says otherwise).
        kind: one of ``layers/kinds.toml``.
        surveyed: the list claims to be complete.
        estates: those that rows may name.
        town: the CRS of the result and where the project lies.
        log: takes the problems of rows, and the account of them.

    Raises:
        InputError: the file cannot be read or there is no such kind.
    """
    facility_kind(kind)
    try:
        rows = read_rows(source, "facility", part=kind, town=town, log=log,
                         required=[("x", "estate_id", "estate_name")])
    except InputError as error:
        if not surveyed or not _is_list_without_rows(source, error):
            raise
        log.readings.append(Reading(file=source.path.name, part=kind, sheet=source.sheet or "", rows_in=0, rows_used=0))
        log.add(_says_none(source.path.name))
        return Facilities.empty(estates.crs, kind=kind, complete=True)
    shapes = rows.geometry
    placed = gpd.GeoDataFrame(rows.fields, geometry=shapes.representative_point().where(has_shape(shapes)))
    placed["estate_id"] = named_estate(rows, estates)
    _leave_out_none(rows, placed)
    _list_lost(rows, placed, estates)
    nowhere = placed.index[~has_shape(placed.geometry) & (placed["estate_id"] == NO_ESTATE)]
    named = rows.text("name").where(rows.text("name") != "", rows.text("estate_name"))
    rows.leave_out(nowhere, values=named.where(named != "", rows.text("estate_id")),
                   why="this facility has neither coordinates nor an estate that is in the list of estates",
                   fix="fill in 经度 and 纬度, or 小区编号, or the 小区名称 as the estates' file writes it")
    if surveyed and rows.fields.empty:
        log.add(_says_none(rows.file))
    if surveyed:
        _doubt_extent(rows, placed.loc[rows.kept], kind, estates)
    return inside_estates(Facilities.of(_as_facilities(rows, placed, kind), kind=kind, complete=surveyed), estates)


def merge_facilities(lists: Sequence[Facilities], osm: Facilities | None, *, log: ProblemLog) -> Facilities:
    """One table from the lists of a kind and what OSM has of it (at least one of them given), with its ``audit``.

    What is the same as one of an earlier source does not count (``layers.conflation``), which is a warning for each
    source and, for rows of lists, in the account of their file. The whole is complete where a list claims to be.
    """
    tables = [*lists, *([] if osm is None else [osm])]
    kind = tables[0].kind
    found = conflate([table.frame for table in tables], kind)
    _say_what_is_same(found.audit, kind, log)
    _ask_what_is_alike(found.audit, log)
    return Facilities.of(found.frame, kind=kind, complete=any(table.complete for table in tables), audit=found.audit)


def left_out_of(audit: pd.DataFrame | None) -> list[str]:
    """The ids of OSM's objects that do not count because a list has them."""
    if audit is None:
        return []
    return list(audit.loc[(audit["result"] == DROPPED) & audit["source_row"].isna(), "facility_id"])


def inside_estates(facilities: Facilities, estates: Estates) -> Facilities:
    """Fill ``estate_id`` by place where it is empty; of nested estates the smallest that holds the facility counts."""
    frame = facilities.frame
    asked = (frame["estate_id"] == NO_ESTATE) & has_shape(frame.geometry)
    found = holding_estate(frame.geometry[asked], estates).reindex(frame.index, fill_value=NO_ESTATE)
    filled = frame.assign(estate_id=frame["estate_id"].mask(asked, found))
    return Facilities.of(filled, kind=facilities.kind, complete=facilities.complete, audit=facilities.audit)


def _as_facilities(rows: Rows, placed: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    for column in ("capacity", "area_m2"):
        placed[column] = placed.get(column, np.nan)
    bounded = with_bounds(placed, kind).assign(origin="surveyed", source=rows.file, source_sheet=rows.raw.part,
                                               source_row=placed[ROW])
    return with_ids(rows, bounded, "facility", prefix=kind).drop(
        columns=["estate_name", "street", "capacity_round"], errors="ignore")


def _is_list_without_rows(source: Source, error: InputError) -> bool:
    """Whether nothing is wrong with a list but that it has no rows: its columns are those of a list of facilities."""
    if {str(one.why) for one in error.problems} - _NO_ROWS:
        return False
    if not source.is_table:
        return True
    cells = (read_delimited(source.path, encoding=source.encoding)[0] if source.path.suffix.lower() == ".csv"
             else read_workbook(source.path, sheet=source.sheet, table="facility"))
    return fields_named(cells, "facility") >= _FEWEST_FIELDS


def _says_none(file: str) -> Problem:
    return Problem(file=file, why=_THERE_ARE_NONE, severity="warning",
                   fix="nothing, if that is so; else fill in the list, or take surveyed = true out of project.toml")


def _doubt_extent(rows: Rows, placed: gpd.GeoDataFrame, kind: str, estates: Estates) -> None:
    """A list that ends with the estates may be the street office's own: people walk to places beyond its boundary."""
    points = placed.geometry[has_shape(placed.geometry)]
    if len(points) < _FEWEST_PLACES or facility_kind(kind).roster_field or not estates.located.any():
        return
    if points.within(shapely.box(*estates.frame.total_bounds)).all():
        rows.problem(why="the list is said to be complete, yet it has nothing beyond the outermost estates",
                     fix="if it ends at the boundary, add what is within 1 km of it, or take surveyed = true out of "
                         "project.toml: else estates there seem to lack what is across the road",
                     value=str(len(points)), severity="warning")


def _leave_out_none(rows: Rows, placed: gpd.GeoDataFrame) -> None:
    if "sites" in placed:
        rows.leave_out_together(placed.index[placed["sites"] == 0],
                                what=say("rows say that there are no sites"), fix="nothing; such rows are not counted")


def _list_lost(rows: Rows, placed: gpd.GeoDataFrame, estates: Estates) -> None:
    """List the rows that name an estate nobody knows; those without a place are errors of their own."""
    said = rows.text("estate_id").where(rows.text("estate_id") != "", rows.text("estate_name"))
    unknown = (placed["estate_id"] == NO_ESTATE) & (said != "")
    lost = unknown & has_shape(placed.geometry)
    if lost.any():
        rows.problem(label=placed.index[lost][0], value=", ".join(said[lost].iloc[:10]), severity="warning",
                     why=say("{count} rows name an estate that is not in the list of estates", count=int(lost.sum())),
                     fix="write 小区编号 or 小区名称 as the estates' file does; they count where they lie")
    if unknown.any():
        names = rows.text("estate_name").where(rows.text("estate_name") != "", said)
        unknown_estates(rows, names.where(unknown, ""), estates)


def _say_what_is_same(audit: pd.DataFrame, kind: str, log: ProblemLog) -> None:
    """What does not count because an earlier source has it: of OSM, and of each list with the account of its file."""
    gone = audit[audit["result"] == DROPPED]
    mapped = gone["source_row"].isna()
    if mapped.any():
        files, names = (dict.fromkeys(gone.loc[mapped, column]) for column in ("source", "name"))
        log.add(Problem(file=", ".join(files), severity="warning", fix="nothing, unless these are different facilities",
                        value=", ".join([name for name in names if name][:_LISTED]),
                        why=say("{count} OSM objects were left out because the list has them",
                                count=int(mapped.sum()))))
    silent = mapped & gone["other_capacity"].isna() & gone["capacity"].notna()
    if silent.any():
        log.add(Problem(value=", ".join(gone.loc[silent, "other_name"].iloc[:_LISTED]), severity="warning",
                        column="容量", fix="where OSM is right, write it into the list: see conflation.csv of the run",
                        why=say("{count} facilities have no capacity in the list, though OSM has; it is not used",
                                count=int(silent.sum()))))
    for (file, sheet), rows in gone[~mapped].groupby(["source", "source_sheet"]):
        numbers = tuple(int(row) for row in rows["source_row"])
        log.add(Problem(file=str(file), sheet=str(sheet), row=numbers[0], severity="warning",
                        value=", ".join(rows["name"].iloc[:_LISTED]),
                        why=say("{count} rows are facilities that an earlier list has; they are not counted again",
                                count=len(numbers)),
                        fix="nothing, unless these are different facilities: see conflation.csv of the run"))
        _leave_out_of_account(log, (str(file), str(sheet), kind), numbers)


def _leave_out_of_account(log: ProblemLog, read: tuple[str, str, str], rows: tuple[int, ...]) -> None:
    for place, one in reversed(list(enumerate(log.readings))):
        if (one.file, one.sheet, one.part) == read:
            log.readings[place] = replace(one, rows_used=one.rows_used - len(rows),
                                          left_out={**one.left_out, _SAME: rows})
            return


def _ask_what_is_alike(audit: pd.DataFrame, log: ProblemLog) -> None:
    """One warning per source for what may be the same as another and is counted all the same."""
    asked = audit[audit["result"] == ASKED]
    for (file, sheet), rows in asked.groupby(["source", "source_sheet"]):
        number = rows["source_row"].dropna()
        pairs = [f"{ours or own} ≈ {theirs or other}" for ours, own, theirs, other in zip(
            rows["name"], rows["facility_id"], rows["other_name"], rows["other_id"], strict=True)]
        log.add(Problem(file=str(file), sheet=str(sheet), row=int(number.min()) if len(number) else None,
                        severity="warning",
                        why=say("{count} facilities may be the same as another and count twice: {names}",
                                count=len(rows), names=listed(pairs, _LISTED)),
                        fix="see conflation.csv of the run; take out of the list what it has twice"))
