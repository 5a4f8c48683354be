"""One project from file to run folder."""

from pathlib import Path

from estategap.inputs import read_inputs
from estategap.manifest import identity, input_digests, outputs_intact, run_id, write_manifest
from estategap.pipeline import analyse, rules_of
from estategap.progress import Progress
from estategap.project import read_project
from estategap.runs import name_latest, put_in_place
from estategap.walking import WalkingRule
from gis.errors import InputError, Problem
from maps.outputs import write_outputs
from maps.problem_list import write_problem_list
from maps.view import Lang

PROBLEMS = "problems.xlsx"


def run_project(path: Path, *, lang: Lang, out: Path | None, force: bool, progress: Progress) -> Path:
    """Do the whole job and return the run's folder; a run that is already there, whole, is not done again.

    Raises:
        InputError: the job cannot be done; nothing that was there before has changed.
    """
    project = read_project(path)
    pack = rules_of(project)
    with progress.step("fingerprint inputs"):
        this_run = identity(project, pack, lang, input_digests(project))
    runs = out if out is not None else project.folder / "runs"
    folder = runs / f"{project.project.data_date}_{run_id(this_run)}"
    if not force and outputs_intact(folder, run_id(this_run)):
        progress.console.print("  = nothing has changed since this run", markup=False)
        name_latest(runs, folder)
        return folder
    view = analyse(project, pack, lang=lang, run_id=run_id(this_run), progress=progress)

    def write(fresh: Path) -> None:
        with progress.step("write maps, tables and report"):
            outputs = write_outputs(view, fresh)
        write_manifest(fresh, this_run, outputs, progress.timings_s)

    put_in_place(folder, write)
    name_latest(runs, folder)
    return folder


def check_project(path: Path, progress: Progress) -> tuple[tuple[Problem, ...], Path]:
    """Read everything and gather what is wrong; the list is also written as ``problems.xlsx`` beside the project.

    Raises:
        InputError: there is no project to check.
    """
    project = read_project(path)
    try:
        walking = rules_of(project).rule("walking", WalkingRule)
        with progress.step("fingerprint inputs"):
            input_digests(project)
        with progress.step("read inputs"):
            problems = read_inputs(project, walking).warnings
    except InputError as error:
        problems = error.problems
    report = project.folder / PROBLEMS
    write_problem_list(problems, report)
    return problems, report
