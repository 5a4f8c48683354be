"""What do the shapes of a file of estates stand for: an outline drawn as a line, the label of an area, the same twice?

Drawing programs keep outlines as closed lines; map programs set beside each area a point of its name.
"""

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis.errors import Words, say
from gis.geometry import has_shape
from gis.tables import AREAS
from layers.assumptions import assumed
from layers.naming.names import normalised_names
from layers.placing.outlines_given import lone_points
from layers.reading.files import ROW
from layers.rows import Rows

_LINES = frozenset({"LineString", "MultiLineString"})
_CORNERS = 3
"""A ring has at least so many, and the first of them again."""


def with_closed_lines(rows: Rows) -> Rows:
    """The rows with closed lines as the areas they enclose, which is said; an open line is an error with its gap."""
    lines = rows.geometry[rows.geometry.geom_type.isin(_LINES) & has_shape(rows.geometry)]
    if lines.empty:
        return rows
    shapes, misplaced = rows.geometry.copy(), dict(rows.misplaced)
    closed = []
    for label, line in lines.items():
        gap_m = _gap_m(line)
        if gap_m > assumed("estates", "closed_within_m"):
            misplaced[label] = _said_open(gap_m)
            shapes[label] = None
            rows.problem(label=label, why=misplaced[label], fix="close the line, or draw the outline as an area; "
                                                               "delete it if it is no outline")
        elif (area := _enclosed(line)) is not None:
            shapes[label] = area
            closed.append(label)
    if closed:
        rows.problem(why=say("{count} outlines are closed lines and taken as the areas within them", count=len(closed)),
                     fix="nothing, if these lines are the outlines; else delete them", severity="warning",
                     cells=rows.cells(closed))
    return replace(rows, geometry=shapes, misplaced=misplaced)


def leave_out_labels(rows: Rows) -> None:
    """Leave out points that only name an area: it holds them, has their name, and all else they say it says too."""
    fields = rows.fields.loc[rows.kept]
    shapes = rows.geometry.loc[rows.kept]
    names = normalised_names(fields["name"])
    points = lone_points(shapes)
    points = points[has_shape(points) & (names != "")]
    areas = shapes[shapes.geom_type.isin(AREAS) & has_shape(shapes)]
    if points.empty or areas.empty:
        return
    held, holder = areas.sindex.query(points, predicate="intersects")
    said = fields.drop(columns=[ROW, "name"])
    filled = said.notna() & (said != "")
    labels = [label for label, area in zip(points.index[held], areas.index[holder], strict=True)
              if names[label] == names[area]
              and (said.loc[label] == said.loc[area])[filled.loc[label]].all()]
    rows.leave_out_together(
        dict.fromkeys(labels), fix="nothing; if one of them is another estate, give it a name or an id of its own",
        what=say("points are labels of the area of the same name that they lie in"))


def leave_out_copies(rows: Rows) -> None:
    """Leave out rows whose shape and whatever is read of them are those of an earlier row."""
    shapes = rows.geometry.loc[rows.kept]
    shapes = shapes[has_shape(shapes)]
    same = rows.fields.loc[shapes.index].drop(columns=ROW).assign(shape=_forms(shapes))
    rows.leave_out_together(same.index[same.duplicated()], fix="nothing; delete one of each two in the file",
                            what=say("rows have the shape and the words of an earlier row"))


def _forms(shapes: gpd.GeoSeries) -> Any:
    """What is the same of shapes that are, wherever their rings begin."""
    return shapely.to_wkb(shapely.normalize(shapes.to_numpy()), output_dimension=2)


def _said_open(gap_m: float) -> Words:
    return say("this outline is a line that is not closed: its ends lie {gap_m:.2f} m apart", gap_m=gap_m)


def _gap_m(line: shapely.Geometry) -> float:
    """How far the loose end of a line that lies farthest from all others is from the nearest; 0 where none is loose."""
    parts = shapely.get_parts(shapely.line_merge(line))
    loose = parts[~shapely.is_closed(parts)]
    if not len(loose):
        return 0.0
    ends = np.concatenate([shapely.get_point(loose, 0), shapely.get_point(loose, -1)])
    far = shapely.distance(ends[:, None], ends[None, :])
    np.fill_diagonal(far, np.inf)
    return float(far.min(axis=1).max())


def _enclosed(line: shapely.Geometry) -> shapely.Geometry | None:
    """The area within a closed line; of several, those within others are holes. None where there is none."""
    rings = [_ring(one) for one in shapely.get_parts(shapely.line_merge(line))]
    if min(map(len, rings), default=0) <= _CORNERS:
        return None
    area = shapely.Polygon(rings[0]) if len(rings) == 1 else shapely.build_area(
        shapely.multilinestrings([shapely.linestrings(ring) for ring in rings]))
    return area if area.area > 0 else None


def _ring(line: shapely.Geometry) -> Any:
    """The corners of a line whose ends are as good as one."""
    corners = shapely.get_coordinates(line)
    return np.vstack([corners[:-1], corners[:1]])
