"""What became of the objects of an OSM file, part by part: the same account as that of a file of rows."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from gis.errors import Words, say
from gis.ledger import Reading
from layers.osm_extract import OsmExtract
from layers.osm_parts import WGS84

_LOST = {
    "cut": say("objects are cut by the edge of the extract"),
    "duplicate": say("outer ways of multipolygons repeat their tags; the objects are counted once"),
    "broken": say("outlines are not closed or cross themselves, so they are no areas"),
}


def osm_account(
    extract: OsmExtract, part: str, read_as: str, *, used: Iterable[str] | None = None, why: Words | None = None,
) -> Reading:
    """The account of one part of an extract: an object is a row, a street's is its way.

    Args:
        extract: what was read.
        part: its name in ``OsmExtract``, of facilities ``facilities.<kind>``.
        read_as: what it was read as, as of any other file.
        used: ids of the objects the result rests on; all where it is not given.
        why: why the others were left out.
    """
    ids = _ids(extract, part)
    lost = extract.lost[(extract.lost["part"] == part) & ~extract.lost["object_id"].isin(ids)]
    lost = lost.drop_duplicates("object_id")
    taken = ids if used is None else ids[ids.isin(list(used))]
    left_out: dict[Words | str, tuple[str, ...]] = {
        _LOST[str(reason)]: tuple(some) for reason, some in lost.groupby("reason", sort=True)["object_id"]}
    if len(taken) < len(ids):
        assert why is not None  # noqa: S101 - whoever leaves objects out says why
        left_out[why] = tuple(ids[~ids.isin(taken)])
    return Reading(file=extract.file, part=read_as, crs=WGS84, rows_in=len(ids) + len(lost), rows_used=len(taken),
                   left_out=left_out)


def _ids(extract: OsmExtract, part: str) -> "pd.Index[Any]":
    kind = part.removeprefix("facilities.")
    frame: pd.DataFrame = extract.facilities[kind] if kind != part else getattr(extract, part)
    ids: pd.Index[Any] = frame.index
    return pd.Index("way/" + frame["osm_id"].drop_duplicates().astype(str)) if part == "streets" else ids
