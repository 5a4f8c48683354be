"""The projects that come with the program, by name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from estategap.demo.district import write_district
from estategap.demo.helsinki import write_helsinki
from estategap.demo.messy import write_messy_district

_WRITERS: dict[str, Callable[[Path], object]] = {
    "district": write_district, "helsinki": write_helsinki,
    "messy": partial(write_messy_district, declared=True),
}


def write_sample(name: str, folder: Path) -> None:
    """Write the files of one sample into a folder; files of the same names are replaced, runs stay."""
    folder.mkdir(parents=True, exist_ok=True)
    _WRITERS[name](folder)
