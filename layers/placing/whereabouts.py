"""Which file lies elsewhere, where the estates and the streets are not in one place?

One wrong ``crs`` puts a file hundreds of kilometres away. Whoever reads the others beside it says of each that it lies
far off; the one to correct is the one that no other agrees with.
"""

from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import Problem, ProblemLog, Words, listed, say
from gis.ledger import Reading
from gis.tables import Estates, Streets
from layers.assumptions import assumed
from layers.placing.coordinates import FAR
from layers.quality.doubts import ESTATES

_NAMED = 6


def elsewhere(
    estates: Estates, streets: Streets, log: ProblemLog, *, estates_file: str, streets_file: str,
) -> Literal["", "estates", "streets"]:
    """Which of the two lies elsewhere, as an error says; empty where both lie in one place.

    It is the one that fewer of the other files lie beside. Where as many lie beside either, the message leaves open
    which it is. What was said of files for lying far from the estates is taken back: it follows from this.

    Args:
        estates: with their places; where none has any, nothing can be told.
        streets: as read.
        log: takes the error; its readings have their places still.
        estates_file: the file of the outlines, for the message.
        streets_file: that of the streets, likewise.
    """
    if not len(streets) or not estates.located.any():
        return ""
    here, there = (shapely.box(*table.frame.total_bounds) for table in (estates, streets))
    apart_km = there.distance(here) / 1_000
    if apart_km * 1_000 <= assumed("places", "same_place_m"):
        return ""
    others = [one for one in log.readings if one.places is not None and one.part not in {*ESTATES, "streets"}]
    by_estates, by_streets = ([one for one in others if _lies_in(one, place)] for place in (here, there))
    log.problems[:] = [one for one in log.problems if not (
        isinstance(one.why, Words) and one.why.template == FAR.template and one.file != estates_file)]
    if len(by_streets) > len(by_estates):
        files = list(dict.fromkeys(one.file for one in by_streets))
        log.add(Problem(
            file=estates_file, value=_shown(here),
            why=say("the estates (west, south, east, north) lie {distance_km:.0f} km from the streets and from {files}",
                    distance_km=apart_km, files=listed(files, _NAMED)),
            fix="correct the crs in the section of this file in project.toml"))
        return "estates"
    fix = (say("correct the crs in the section of this file in project.toml, or give the streets of this area")
           if len(by_estates) > len(by_streets) else
           say("give the streets of this area, or the right crs in the section of the file that is elsewhere"))
    log.add(Problem(file=streets_file, value=_shown(there), fix=fix, why=say(
        "the streets (west, south, east, north) lie {distance_km:.0f} km from the estates", distance_km=apart_km)))
    return "streets"


def _lies_in(one: Reading, place: BaseGeometry) -> bool:
    """Whether most of a file lies there: its middle, which a few strays do not move."""
    assert one.places is not None  # noqa: S101 - only those that have some are asked for
    bounds = one.places.bounds
    east, north = ((bounds[low] + bounds[high]).median() / 2 for low, high in (("minx", "maxx"), ("miny", "maxy")))
    return bool(place.distance(shapely.Point(east, north)) <= assumed("places", "same_place_m"))


def _shown(place: BaseGeometry) -> str:
    return ", ".join(f"{edge:.0f}" for edge in place.bounds)
