"""One project from file to run folder."""

from pathlib import Path

from xlsxwriter.exceptions import XlsxWriterException

from estategap.inputs import read_inputs
from estategap.manifest import identity, input_digests, outputs_intact, run_id, write_manifest
from estategap.pipeline import analyse
from estategap.plan import plan_of, walking_of
from estategap.progress import Progress
from estategap.project import Project, read_project
from estategap.runs import check_place, name_latest, put_in_place
from gis.errors import InputError, Problem, ProblemLog, reported, say, system_reason
from maps.outputs import write_outputs
from maps.problem_list import write_problem_list
from maps.texts import Texts
from maps.view import Lang

PROBLEMS = "problems.xlsx"


def run_project(path: Path, *, lang: Lang, out: Path | None, force: bool, progress: Progress) -> Path:
    """Do the whole job and return the run's folder; a run that is already there, whole, is not done again.

    Raises:
        InputError: the job cannot be done; nothing that was there before has changed.
    """
    project, texts = read_project(path), Texts(lang)
    runs = out if out is not None else project.folder / "runs"
    check_place(runs)
    try:
        plan = plan_of(project)
        with progress.step("fingerprint inputs", texts("progress.fingerprint")):
            this_run = identity(project, plan.pack, lang, input_digests(project))
    except InputError as error:
        raise InputError(dict.fromkeys((*error.problems, *_problems(project, progress, texts)))) from None
    folder = runs / f"{project.project.data_date}_{run_id(this_run)}"
    if not force and outputs_intact(folder, run_id(this_run)):
        progress.console.print(f"  = {texts('progress.unchanged')}", markup=False)
        name_latest(runs, folder)
        return folder
    view = analyse(project, plan, lang=lang, run_id=run_id(this_run), progress=progress)

    def write(fresh: Path) -> None:
        with progress.step("write maps, tables and report", texts("progress.write")):
            outputs = write_outputs(view, fresh)
        write_manifest(fresh, this_run, outputs, progress.timings_s)

    put_in_place(folder, write)
    name_latest(runs, folder)
    return folder


def check_project(path: Path, progress: Progress, *, lang: Lang = "zh") -> tuple[tuple[Problem, ...], Path]:
    """Read everything and gather what is wrong; the list is also written as ``problems.xlsx`` beside the project.

    ``lang`` is the language of that file and of what is shown meanwhile.

    Raises:
        InputError: there is no project to check.
    """
    project = read_project(path)
    problems, report = _problems(project, progress, Texts(lang)), project.folder / PROBLEMS
    try:
        write_problem_list(problems, report, lang)
    except (OSError, XlsxWriterException) as error:
        reason = system_reason(error) if isinstance(error, OSError) else reported(error)
        unwritten = Problem(file=PROBLEMS, why=say("the list of problems cannot be written: {error}", error=reason),
                            fix="close it in other programs, or move it away")
        problems = (*problems, unwritten)
    return problems, report


def _problems(project: Project, progress: Progress, texts: Texts) -> tuple[Problem, ...]:
    """What is wrong with weights and rules and with every input; a rule that is wrong does not hide a file that is."""
    log = ProblemLog()
    log.attempt(lambda: plan_of(project), None)
    with progress.step("read inputs", texts("progress.read")):
        inputs = log.attempt(lambda: read_inputs(project, walking_of(project)), None)
    return tuple(dict.fromkeys((*log, *(inputs.warnings if inputs else ()))))
