"""Where a run's files go: written aside, then renamed, so that a reader never sees half a run."""

import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gis.errors import InputError, Problem, say, system_reason

LATEST = "latest.txt"
_ASIDE = re.compile(r"\.\d{4}-\d\d-\d\d_[0-9a-f]{10}\.\w+")
_DEAD_AFTER_S = 24 * 3600


def check_place(runs: Path) -> None:
    """Refuse a place for runs that cannot be a folder, before any work is done; nothing is made.

    Raises:
        InputError: it, or a part of the way to it, is a file.
    """
    blocking = next((place for place in (runs, *runs.parents) if place.exists() and not place.is_dir()), None)
    if blocking:
        raise InputError(Problem(file=str(blocking), why="this is a file where the folder for the runs should be",
                                 fix="move it away, or choose another place with --out"))


def put_in_place(target: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a new folder beside ``target`` and put it in the target's place when it is whole.

    An older folder of that name is moved away first and removed last; if anything fails, it stays.

    Raises:
        InputError: the place cannot be written to.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target.parent)
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _unwritable(target.parent, error) from None
    try:
        fresh, old = aside / "new", aside / "old"
        fresh.mkdir()
        write(fresh)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    except OSError as error:
        if (aside / "old").exists() and not target.exists():
            (aside / "old").rename(target)
        raise _unwritable(target, error) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def name_latest(runs: Path, run: Path) -> None:
    """Let ``latest.txt`` name the newest run's folder."""
    with tempfile.NamedTemporaryFile("w", dir=runs, prefix=".latest.", delete=False, encoding="utf-8") as file:
        file.write(run.name + "\n")
    Path(file.name).chmod(0o644)
    Path(file.name).replace(runs / LATEST)


def _sweep(runs: Path) -> None:
    """Remove what runs that were killed more than a day ago left aside."""
    for place in runs.iterdir():
        if _ASIDE.fullmatch(place.name) and place.is_dir() and time.time() - place.stat().st_mtime > _DEAD_AFTER_S:
            shutil.rmtree(place, ignore_errors=True)


def _unwritable(place: Path, error: OSError) -> InputError:
    return InputError(Problem(file=str(place), why=say("cannot write here: {error}", error=system_reason(error)),
                              fix="close programs that hold files open there, free the disk, or choose another --out"))
