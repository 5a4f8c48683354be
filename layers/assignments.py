"""Which unit answers for which matter (责任分工), and what became of the tasks of an earlier run (任务进度)?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from gis.errors import ProblemLog, either, say
from layers.columns.catalogue import document, not_read
from layers.naming.communities import community_keys
from layers.placing.places import Town
from layers.reading.files import Source
from layers.rows import Rows, read_rows
from layers.typed.cells import folded
from layers.typed.chinese import simplified


@dataclass(frozen=True)
class Responsibilities:
    """One row per matter and community: ``analysis`` (its name in the program), ``community``, ``unit``.

    An empty ``community`` stands for all of them, an empty ``unit`` for one that is not settled.
    """

    frame: pd.DataFrame

    @classmethod
    def empty(cls) -> "Responsibilities":
        """Nobody has been named."""
        return cls(pd.DataFrame({name: pd.Series([], dtype="object") for name in ("analysis", "community", "unit")}))

    def unit_of(self, analysis: str, community: str = "") -> str:
        """The unit for a matter in a community, else for all communities, else ``""``."""
        rows = self.frame[self.frame["analysis"] == analysis].set_index("community")["unit"]
        own = str(rows.get(community, "")) if community else ""
        return own or str(rows.get("", ""))


@dataclass(frozen=True)
class TaskProgress:
    """One row per task on ``task_id``: ``due`` and ``done_on`` (days, NaT where not said) and ``remark``."""

    frame: pd.DataFrame

    @classmethod
    def empty(cls) -> "TaskProgress":
        """Nothing is known of any task."""
        return cls(_progress_frame(pd.DataFrame(index=pd.Index([], dtype="object"))))


def read_responsibilities(
    source: Source, matters: Mapping[str, str], communities: pd.Series | None, *, town: Town, log: ProblemLog,
) -> Responsibilities:
    """Read which unit answers for which matter; a blank unit stays blank, and so does a word for none (—, 待定).

    A row of a matter that no analysis is called by is left out; a community that no estate names is said. Both are
    warnings.

    Args:
        source: a table, such as a sheet of the roster's workbook.
        matters: what an analysis may be called, and its name in the program.
        communities: those of the estates; None where the estates are not known.
        town: where the project lies.
        log: takes every problem of the rows, and the account of them.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "responsibility", part="responsibilities", town=town, log=log,
                     required=[("analysis",), ("unit",)])
    known = pd.Series(matters)
    known.index = _matter_keys(pd.Series(known.index, dtype="object"))
    said = rows.text("analysis")
    analysis = _matter_keys(said).map(known[~known.index.duplicated()])
    titles = [name for name in matters if not name.isascii()]
    rows.leave_out(rows.kept[analysis.loc[rows.kept].isna()], why="no analysis is called so", values=said,
                   severity="warning", column="事项", fix=say("write one of {names}", names=either(titles)))
    table = pd.DataFrame({"analysis": analysis, "community": _as_estates_have_it(rows.text("community"), communities),
                          "unit": _named(rows.text("unit"))})
    kept = table.loc[rows.kept]
    rows.leave_out(kept.index[kept.duplicated(["analysis", "community"])], values=said, severity="error",
                   why="another row says who answers for this matter in this community", fix="keep one of the rows")
    if communities is not None:
        _note_communities(rows, table["community"], communities)
    rows.done(rows.kept)
    return Responsibilities(table.loc[rows.kept].reset_index(drop=True).astype("object"))


def read_progress(
    source: Source, tasks: Mapping[str, str] | None, *, town: Town, log: ProblemLog, data_date: date | None = None,
) -> TaskProgress:
    """Read what became of tasks; a task given twice is an error and counts once.

    Ids are the same however they are typed (full width, case, spaces, traditional characters). Those that no task can
    have are kept as they are, with one warning. A task done after the data's day is a warning: it is not done yet.

    Args:
        source: a table, such as a sheet of the roster's workbook.
        tasks: what each task there can be may be called, and its id; None while nobody knows the estates.
        town: where the project lies.
        log: takes every problem of the rows, and the account of them.
        data_date: the day the inputs stand for; nothing can have been done after it.

    Raises:
        InputError: the file cannot be read.
    """
    rows = read_rows(source, "progress", part="progress", town=town, log=log, required=[("task_id",)])
    key = rows.text("task_id")
    rows.leave_out(rows.kept[(key == "").loc[rows.kept]], why="this row does not say its task",
                   fix="copy 任务编号 from the list of tasks")
    key = key.loc[rows.kept] if tasks is None else _known_tasks(rows, key.loc[rows.kept], tasks)
    rows.leave_out(key.index[_matter_keys(key).duplicated()], why="another row has this id", values=key,
                   column="任务编号", fix="give each row an id of its own")
    rows.done(rows.kept)
    if data_date is not None and "done_on" in rows.fields:
        done = rows.fields["done_on"].loc[rows.kept]
        rows.list_rows(done.index[done > pd.Timestamp(data_date)], values=done.dt.date.astype(str), column="完成日期",
                       severity="warning", why="this task is done after the data_date of the project",
                       fix="correct the day, or leave it empty until the task is done")
    fields = rows.fields.assign(remark=rows.text("remark")).loc[rows.kept]
    return TaskProgress(_progress_frame(fields.set_axis(pd.Index(key.loc[rows.kept], dtype="object"), axis="index")))


def _known_tasks(rows: Rows, said: pd.Series, tasks: Mapping[str, str]) -> pd.Series:
    """The ids as the program has them; those of no task stay as they are typed, which is said."""
    ids = pd.Series(tasks, dtype="object")
    ids.index = _matter_keys(pd.Series(ids.index, dtype="object"))
    known = _matter_keys(said).map(ids[~ids.index.duplicated()])
    strange = said.index[known.isna()]
    if len(strange):
        rows.problem(
            label=strange[0], value=str(said[strange[0]]), column="任务编号", severity="warning",
            cells=rows.cells(strange, said),
            why=say("{count} rows are of no task that there can be: no estate and matter have this id",
                    count=len(strange)),
            fix="copy 任务编号 from the list of tasks; it is the estate's id, a hyphen and the matter, such as "
                "XF001-停车")
    return known.fillna(said).astype("object")


def _named(units: pd.Series) -> pd.Series:
    cells = document()["cells"]
    return units.mask(folded(units).isin({*cells["unknown"], *cells["no_place"]}), "")


def _matter_keys(names: pd.Series) -> pd.Series:
    """Names of matters and ids of tasks without what planners vary: spaces, case, width, traditional characters."""
    return folded(names).map(simplified).astype("object")


def _as_estates_have_it(named: pd.Series, communities: pd.Series | None) -> pd.Series:
    """The communities in the estates' spelling; a word for all of them (全部, 各社区) is the empty one."""
    named = named.mask(folded(named).isin(not_read("everything")), "")
    if communities is None:
        return named
    spelling = pd.Series(communities.to_numpy(), index=community_keys(communities))
    return community_keys(named).map(spelling[~spelling.index.duplicated()]).fillna(named)


def _note_communities(rows: Rows, named: pd.Series, communities: pd.Series) -> None:
    named = named.loc[rows.kept]
    strange = named.index[(named != "") & ~community_keys(named).isin(set(community_keys(communities)))]
    rows.list_rows(strange, why="no estate is in this community", values=named, severity="warning", column="社区",
                   fix="write the community as the roster does, or leave it empty for all")


def _progress_frame(fields: pd.DataFrame) -> pd.DataFrame:
    days = {name: pd.to_datetime(fields.get(name, pd.Series(pd.NaT, fields.index))).astype("datetime64[us]")
            for name in ("due", "done_on")}
    remark = fields.get("remark", pd.Series("", fields.index)).astype("object")
    return pd.DataFrame({**days, "remark": remark}).rename_axis("task_id").sort_index()
