"""Where do the estates lie that had no place, now that somebody has filled in the list of them?"""

from dataclasses import dataclass
from pathlib import Path

from gis.errors import InputError, Problem, ProblemLog, say
from gis.geometry import has_shape
from layers.columns.catalogue import fields_of
from layers.columns.headers import match_columns
from layers.placing.places import Town
from layers.reading.files import ROW, Source, read_raw
from layers.rows import Rows, read_rows
from layers.typed.cells import as_text

FILE_NAME = "to_locate.xlsx"
"""What ``check`` calls the list, beside the project file."""
SHEET = "待定位小区"


@dataclass(frozen=True)
class Listed:
    """A list that is there already: the sheet, the row of its column names, and the header of each field.

    ``ids`` are the estates it names; ``headers`` all its column names in order.
    """

    sheet: str
    header_row: int
    headers: tuple[str, ...]
    header_of: dict[str, str]
    ids: frozenset[str]


def read_located(source: Source, *, town: Town, log: ProblemLog) -> Rows:
    """The rows of the list that have a place, in the town's CRS; the others are left out and said.

    Coordinates are degrees of the system that each row names (``坐标系``): GCJ-02 and BD-09 are undone. A row with
    coordinates and no system is an error: the two differ by half a kilometre.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "location", part="located", town=town, log=log, required=[("estate_id",), ("x",), ("y",)],
                     mend=say("correct the coordinates of these rows and what they say under 坐标系"))
    system, name = rows.text("system"), rows.text("name")
    here = has_shape(rows.geometry)
    rows.leave_out(rows.misplaced, why="this row has no place", fix="write longitude and latitude in degrees")
    rows.leave_out_together(rows.kept[~here.loc[rows.kept]], what=say("estates have no coordinates in this list yet"),
                            fix="fill in 经度, 纬度 and 坐标系; until then these estates are not located")
    unsaid = rows.kept[(system == "").loc[rows.kept]]
    rows.leave_out(unsaid, values=name, column=fields_of("location")["system"].label,
                   why="it is not said which map these coordinates were taken from",
                   fix="choose GCJ-02 (高德, 腾讯), BD-09 (百度) or WGS84 in the column 坐标系")
    key = rows.text("estate_id").loc[rows.kept]
    rows.leave_out(key.index[key == ""], why="this row does not say its estate", fix="write its 小区编号", values=name)
    key = key.loc[rows.kept]
    rows.leave_out(key.index[key.duplicated()], why="another row has this estate id", values=key,
                   fix="give each estate one row and an id of its own")
    return rows


def existing_list(path: Path) -> Listed | None:
    """The list as somebody may have filled it in; None where there is none.

    Raises:
        InputError: there is a file, and it is no such list.
    """
    if not path.exists():
        return None
    raw = read_raw(Source(path), "location")
    headers = tuple(str(name) for name in raw.frame.columns if name != ROW)
    found = dict(match_columns(headers, "location"))
    if "estate_id" not in found:
        raise InputError(Problem(file=path.name, sheet=raw.part, why="this is not the list of estates to locate",
                                 fix="move the file away, so that a new list can be written"))
    ids = frozenset(as_text(raw.frame[found["estate_id"]]))
    return Listed(raw.part, raw.header_row, headers, found, ids)
