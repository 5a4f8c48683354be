"""What became of every facility of every list and of OSM? ``conflation.csv``, to be checked line by line."""

from pathlib import Path

import pandas as pd

from layers.conflation import AUDIT
from maps.tables import csv_bytes
from maps.texts import Texts, words
from maps.view import RunView

NAME = "conflation.csv"


def conflation_table(view: RunView) -> pd.DataFrame:
    """One row per row of a list and object of OSM, kind by kind in the order of the sources, in the run's language."""
    texts = Texts(view.lang)
    audits = [one.audit for one in view.facilities.values() if one.audit is not None and len(one.audit)]
    whole = pd.concat(audits, ignore_index=True) if audits else pd.DataFrame(columns=list(AUDIT))
    said = {
        "kind": whole["kind"].map(lambda kind: texts(f"facility.{kind}.title")),
        "result": whole["result"].map(lambda result: texts(f"conflation.result.{result}")),
        "why": whole["why"].map(lambda why: words(why, view.lang)),
        "distance_m": whole["distance_m"].astype("float64").round(1),
    }
    return whole.assign(**said).rename(columns={name: texts(f"conflation.header.{name}") for name in AUDIT})


def write_conflation(view: RunView, folder: Path) -> list[Path]:
    """Write ``conflation.csv`` and return its path."""
    (folder / NAME).write_bytes(csv_bytes(conflation_table(view)))
    return [folder / NAME]
