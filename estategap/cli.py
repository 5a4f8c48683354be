"""The command line. Heavy libraries are imported when a command needs them, so that ``--help`` is instant."""

import gc
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from gis.errors import Problem, Words

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="住宅小区设施缺口与改造优先级 · "
                       "Facility gaps, ranking and retrofit maps for residential estates")
_MOST_SHOWN = 200
"""Problems shown in a terminal; ``check`` writes all of them to problems.xlsx."""
_NEW_OBJECTS = 500_000
"""So many are made before the collector looks for cycles: a table has millions of cells, and none of them is in one."""
_console = Console(stderr=True, soft_wrap=True)


class Sample(StrEnum):
    """The projects that come with the program."""

    DISTRICT = "district"
    HELSINKI = "helsinki"
    MESSY = "messy"


class LangChoice(StrEnum):
    """Languages of the outputs."""

    ZH = "zh"
    EN = "en"


_Project = Annotated[Path, typer.Argument(help="folder with project.toml, or the file itself", show_default=False)]
_Lang = Annotated[LangChoice, typer.Option(help="语言 · language of the outputs and messages")]
_Out = Annotated[Path | None, typer.Option(
    help="where runs are put; default: runs/ beside project.toml", show_default=False)]
_Force = Annotated[bool, typer.Option("--force", help="work everything out again, even if nothing has changed")]


@app.command()
def demo(
    sample: Annotated[Sample, typer.Option(
        help="district: generated, 演示数据; helsinki: real OpenStreetMap; messy: the district in messy files",
    )] = Sample.DISTRICT,
    out: Annotated[Path, typer.Option(help="folder to make the demo project in")] = Path("demo"),
    lang: _Lang = LangChoice.ZH,
    force: _Force = False,
) -> None:
    """Run the whole job offline, with no data of one's own."""
    with _plain_errors(lang):
        from estategap.demo.samples import write_sample  # noqa: PLC0415
        from estategap.job import run_project  # noqa: PLC0415
        from estategap.progress import Progress  # noqa: PLC0415
        from maps.texts import Texts  # noqa: PLC0415

        progress = Progress(_console)
        folder = out / sample.value
        with progress.step("make the demo project", Texts(lang.value)("progress.demo", folder=folder)):
            write_sample(sample.value, folder)
        _say_where(run_project(folder, lang=lang.value, out=None, force=force, progress=progress))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="new or empty folder", show_default=False)],
    osm: Annotated[Path | None, typer.Option(help="an .osm or .osm.pbf file to start from", show_default=False)] = None,
    place: Annotated[str | None, typer.Option(
        help="name of the place, written down for fetch", show_default=False)] = None,
    lang: _Lang = LangChoice.ZH,
) -> None:
    """Make a project: a commented project.toml and Excel templates with Chinese headers."""
    with _plain_errors(lang):
        from estategap.starter import make_project  # noqa: PLC0415

        for path in make_project(folder, osm=osm, place=place, lang=lang.value):
            typer.echo(path)


@app.command()
def fetch(
    project: _Project,
    again: Annotated[bool, typer.Option("--again", help="ask anew, even for what has come today")] = False,
    lang: _Lang = LangChoice.ZH,
) -> None:
    """Fetch OpenStreetMap for the area into osm/: the only command that uses the network."""
    with _plain_errors(lang):
        from datetime import date  # noqa: PLC0415

        from estategap.fetch import fetch_project  # noqa: PLC0415
        from maps.texts import words  # noqa: PLC0415

        def tell(said: "Words") -> None:
            _console.print(_visible(words(said, lang.value)), markup=False, highlight=False)

        today = date.today()  # noqa: DTZ011 - the planner's own day
        with _console.status("OpenStreetMap …"):
            target = fetch_project(project, today=today, again=again, lang=lang.value, tell=tell)
        typer.echo(target)


@app.command()
def check(project: _Project, lang: _Lang = LangChoice.ZH) -> None:
    """Read everything and report every problem at once; change nothing."""
    with _plain_errors(lang):
        from estategap.job import check_project  # noqa: PLC0415
        from estategap.progress import Progress  # noqa: PLC0415
        from maps.account import account_lines, accounts  # noqa: PLC0415
        from maps.texts import Texts  # noqa: PLC0415

        found, texts = check_project(project, Progress(_console), lang=lang.value), Texts(lang.value)
        for line in account_lines(accounts(found.readings, texts), texts):
            typer.echo(_visible(line, keep="\n"))
        _print_problems(found.problems, lang)
        errors = sum(problem.severity == "error" for problem in found.problems)
        counts = texts("cli.counts", errors=errors, warnings=len(found.problems) - errors)
        typer.echo(f"{counts} → {found.report}")
        if found.located:
            typer.echo(texts("cli.located", **found.located))
        if found.to_locate:
            typer.echo(texts("cli.to_locate", file=found.to_locate))
        if errors:
            raise typer.Exit(1)


@app.command()
def run(project: _Project, out: _Out = None, lang: _Lang = LangChoice.ZH, force: _Force = False) -> None:
    """Do the whole job: gaps, ranking, maps, tables and report."""
    with _plain_errors(lang):
        from estategap.job import run_project  # noqa: PLC0415
        from estategap.progress import Progress  # noqa: PLC0415
        from estategap.project import read_project  # noqa: PLC0415
        from estategap.unused import unnamed_files  # noqa: PLC0415

        _say_where(run_project(project, lang=lang.value, out=out, force=force, progress=Progress(_console)))
        _print_problems(unnamed_files(read_project(project)), lang)


def _say_where(folder: Path) -> None:
    typer.echo(folder / "index.html")
    typer.echo(folder / "maps" / "priority.html")


def _print_problems(problems: "Iterable[Problem]", lang: LangChoice) -> None:
    from gis.errors import together  # noqa: PLC0415
    from maps.texts import Texts, problem_line  # noqa: PLC0415

    every = together(problems)
    for problem in every[:_MOST_SHOWN]:
        style = "red" if problem.severity == "error" else "yellow"
        severity = Texts(lang.value)(f"problem.{problem.severity}")
        line = Texts(lang.value)("cli.problem", severity=severity, line=problem_line(problem, lang.value))
        _console.print(_visible(line), style=style, markup=False, highlight=False)
    if len(every) > _MOST_SHOWN:
        _console.print(Texts(lang.value)("cli.more", count=len(every) - _MOST_SHOWN), markup=False)


def _visible(text: str, keep: str = "") -> str:
    """Text in which what steers a terminal (controls, format signs, line ends) is written out, but for ``keep``."""
    steering = ("C", "Zl", "Zp")
    return "".join(repr(sign)[1:-1] if unicodedata.category(sign).startswith(steering) and sign not in keep else sign
                   for sign in text)


@contextmanager
def _plain_errors(lang: LangChoice) -> Iterator[None]:
    """Say what is wrong with the input in plain words, all of it, and leave with status 1."""
    from gis.errors import InputError, Problem, system_reason  # noqa: PLC0415

    try:
        yield
    except InputError as error:
        _print_problems(error.problems, lang)
        raise typer.Exit(1) from None
    except OSError as error:
        _print_problems([Problem(
            file=str(error.filename or ""), why=system_reason(error),
            fix="see that the disk has room and you may write there, or choose another folder")], lang)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        from maps.texts import Texts  # noqa: PLC0415

        _console.print(Texts(lang.value)("cli.stopped"), markup=False)
        raise typer.Exit(1) from None


def main() -> None:
    """Entry point; output is UTF-8 wherever it goes."""
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
