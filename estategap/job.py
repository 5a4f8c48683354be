"""One project from file to run folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from xlsxwriter.exceptions import XlsxWriterException

from estategap.inputs import Inputs, look_through, unnamed_parts
from estategap.manifest import identity, input_digests, outputs_intact, run_id, write_manifest
from estategap.pipeline import analyse
from estategap.plan import plan_of, walking_of
from estategap.progress import Progress
from estategap.project import Project, understood
from estategap.runs import check_place, name_latest, put_in_place
from estategap.unused import unnamed_files
from gis.errors import InputError, Problem, ProblemLog, reported, say, system_reason
from gis.ledger import Reading
from gis.tables import Estates
from layers.estates import misplaced
from layers.placing.to_locate import FILE_NAME as TO_LOCATE
from maps.outputs import write_outputs
from maps.problem_list import FILE_NAME as PROBLEMS
from maps.problem_list import write_problem_list
from maps.texts import Texts
from maps.to_locate import list_to_locate
from maps.view import Lang


def run_project(path: Path, *, lang: Lang, out: Path | None, force: bool, progress: Progress) -> Path:
    """Do the whole job and return the run's folder; a run that is already there, whole, is not done again.

    Raises:
        InputError: the job cannot be done; nothing that was there before has changed.
    """
    (project, faults), texts = understood(path), Texts(lang)
    if faults:
        raise InputError(dict.fromkeys((*faults, *_read(project, progress, texts)[0])))
    runs = out if out is not None else project.folder / "runs"
    check_place(runs)
    try:
        plan = plan_of(project)
        with progress.step("fingerprint inputs", texts("progress.fingerprint")):
            this_run = identity(project, plan.pack, lang, input_digests(project))
    except InputError as error:
        raise InputError(dict.fromkeys((*error.problems, *_read(project, progress, texts)[0]))) from None
    folder = runs / f"{project.project.data_date}_{run_id(this_run)}"
    if not force and outputs_intact(folder, run_id(this_run)):
        progress.console.print(f"  = {texts('progress.unchanged')}", markup=False)
        name_latest(runs, folder)
        return folder
    view = analyse(project, plan, lang=lang, run_id=run_id(this_run), progress=progress)

    def write(fresh: Path) -> None:
        with progress.step("write maps, tables and report", texts("progress.write")):
            outputs = write_outputs(view, fresh)
        write_manifest(fresh, this_run, outputs, view.readings, progress.timings_s)

    put_in_place(folder, write)
    name_latest(runs, folder)
    return folder


@dataclass(frozen=True)
class Checked:
    """What a check found: problems, how each file was read, and the file where both are written.

    ``located`` says how many estates there are and how many have an outline of their own, an assumed one and none;
    nothing where the estates cannot be read. ``to_locate`` is the list of those without a place, if there are any.
    """

    problems: tuple[Problem, ...]
    readings: tuple[Reading, ...]
    report: Path
    located: Mapping[str, int]
    to_locate: Path | None


def check_project(path: Path, progress: Progress, *, lang: Lang = "zh") -> Checked:
    """Read everything and gather what is wrong; it is also written as ``problems.xlsx`` beside the project.

    ``lang`` is the language of that file and of what is shown meanwhile.

    Raises:
        InputError: there is no project to check.
    """
    project, faults = understood(path)
    problems, readings, inputs = _read(project, progress, Texts(lang))
    log = ProblemLog([*faults, *problems, *([] if project.doubted else unnamed_files(project))])
    to_locate = None
    if inputs:
        nowhere = inputs.estates.frame[~inputs.estates.located]
        asked = nowhere[~nowhere.index.isin(misplaced(readings))]
        to_locate = log.attempt(lambda: _to_locate(project, asked, lang), None)
    problems = tuple(log)
    report = project.folder / PROBLEMS
    try:
        write_problem_list(problems, readings, report, lang)
    except (OSError, XlsxWriterException) as error:
        reason = system_reason(error) if isinstance(error, OSError) else reported(error)
        unwritten = Problem(file=PROBLEMS, why=say("the list of problems cannot be written: {error}", error=reason),
                            fix="close it in other programs, or move it away")
        problems = (*problems, unwritten)
    return Checked(problems, readings, report, _located(inputs.estates) if inputs else {}, to_locate)


def _to_locate(project: Project, nowhere: pd.DataFrame, lang: Lang) -> Path | None:
    """The list of estates without a place, brought up to date; None where every estate has one."""
    name = project.estates.located or ""
    path = project.folder / (name if name.lower().endswith(".xlsx") else TO_LOCATE)
    try:
        list_to_locate(nowhere, path, lang)
    except (OSError, XlsxWriterException) as error:
        reason = system_reason(error) if isinstance(error, OSError) else reported(error)
        raise InputError(Problem(
            file=path.name, why=say("the list of estates to locate cannot be written: {error}", error=reason),
            fix="close it in other programs, or move it away", severity="warning")) from None
    return path if len(nowhere) else None


def _located(estates: Estates) -> Mapping[str, int]:
    assumed = estates.located & estates.frame["outline_assumed"]
    return {"total": len(estates), "outlined": int((estates.located & ~assumed).sum()), "assumed": int(assumed.sum()),
            "nowhere": int((~estates.located).sum())}


def _read(
    project: Project, progress: Progress, texts: Texts,
) -> tuple[tuple[Problem, ...], tuple[Reading, ...], Inputs | None]:
    """What is wrong with weights and rules and with every input; a rule that is wrong does not hide a file that is.

    Of a project that is not understood as a whole only the errors are kept, and no inputs: what is doubtful may follow
    from what is left out.
    """
    log = ProblemLog()
    log.attempt(lambda: plan_of(project), None)
    log.problems.extend(unnamed_parts(project))
    with progress.step("read inputs", texts("progress.read")):
        inputs = log.attempt(lambda: look_through(project, walking_of(project), log), None)
    if project.doubted:
        return tuple(dict.fromkeys(log.errors)), tuple(log.readings), None
    return tuple(dict.fromkeys(log)), tuple(log.readings), inputs
