"""The demonstration district as its files really arrive: the same facts, in every kind of mess that is understood.

A planner who declares what ``check`` asks for (``declared``) gets the results of the tidy district. What only people
can put right (``faulty``) comes on top where it is asked for. All persons are
联系人01 with the telephone 000-0000.
"""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from estategap.demo.district import SEED, write_district
from estategap.demo.messy_layers import write_layers
from estategap.demo.messy_lists import write_lists
from estategap.demo.messy_office import write_located
from estategap.demo.messy_roster import write_roster
from estategap.demo.write import write_text

_DECLARED: Final = "# 检查后补充"


def write_messy_district(folder: Path, seed: int = SEED, *, declared: bool = False, faulty: bool = False) -> None:
    """Write the district of ``write_district`` as offices send it; takes a few seconds.

    Args:
        folder: where ``project.toml`` and the files it names go; files of the same names are replaced.
        seed: as of ``write_district``.
        declared: with the lines in ``project.toml`` and the two corrections of the roster that ``check`` asks for.
        faulty: with ids and estates that stand twice and outlines that overlap (``messy_faults``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        tidy = Path(place)
        write_district(tidy, seed)
        write_layers(tidy, folder, faulty=faulty)
        write_lists(tidy, folder)
        write_located(tidy, folder)
        write_roster(tidy, folder, declared=declared, faulty=faulty)
    lines = files("estategap.demo").joinpath("messy.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if declared or not line.rstrip().endswith(_DECLARED)]
    write_text("".join(kept).replace("@seed@", str(seed)), folder / "project.toml")
