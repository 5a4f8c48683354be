"""Rule packs: the numbers of the standards as data, each with source and confidence. Read here and nowhere else."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from analyses.methods.rules import Citation, Rule
from gis.errors import InputError, Problem, say

_FOLDER = Path(__file__).parent
_KEYS = {"value", "unit", "source", "confidence", "mode"}
R = TypeVar("R", bound=Rule)


@dataclass(frozen=True)
class RulePack:
    """A named set of citations per table: one table for each analysis, and those of the engine itself."""

    name: str
    title: str
    tables: Mapping[str, Mapping[str, Citation]]

    def rule(self, table: str, rule: type[R], *, leave_out: frozenset[str] = frozenset()) -> R:
        """The typed rule of one table.

        Raises:
            InputError: the table is missing or does not fit the rule.
        """
        if table not in self.tables:
            raise InputError(Problem(file=self.name, column=table, why="the rule pack has no such table",
                                     fix=say("add [{table}] to the pack", table=table)))
        rows = [citation for name, citation in self.tables[table].items() if name not in leave_out]
        return rule.of(rows, f"{self.name}: {table}")

    def weight(self, analysis: str) -> Citation:
        """The default weight of an analysis in the score."""
        try:
            return self.tables[analysis]["weight"]
        except KeyError:
            raise InputError(Problem(file=self.name, column=f"{analysis}.weight", why="the analysis has no weight",
                                     fix=say("add [{analysis}.weight] to the pack", analysis=analysis))) from None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every value of the pack, table by table."""
        return tuple(citation for table in self.tables.values() for citation in table.values())

    def overridden(self, values: Mapping[str, Mapping[str, Any]], where: str) -> "RulePack":
        """The pack with a project's own values: ``{table: {name: {value, reason}}}``, each with its reason.

        Raises:
            InputError: an unknown table or name, or no reason; all at once.
        """
        tables, problems = {name: dict(rows) for name, rows in self.tables.items()}, []
        for table, names in values.items():
            for name, new in names.items():
                old, reason = tables.get(table, {}).get(name), str(new.get("reason", "")).strip()
                key = f"rules.{table}.{name}"
                if old is None:
                    problems.append(Problem(file=where, column=key, why="the rule pack has no such value",
                                            fix=say("one of: {names}", names=tuple(sorted(tables.get(table, tables))))))
                elif "value" not in new or not reason:
                    problems.append(Problem(file=where, column=key, why="a value of one's own needs a reason",
                                            fix='write { value = …, reason = "…" }'))
                else:
                    tables[table][name] = replace(
                        old, value=new["value"], source=reason, confidence=new.get("confidence", "D"),
                        overridden_because=reason)
        if problems:
            raise InputError(problems)
        return replace(self, tables=tables)


def pack_names() -> tuple[str, ...]:
    """The packs that come with the program."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_pack(name: str, folder: Path = _FOLDER) -> RulePack:
    """Read one pack and check that every value has a source and a confidence.

    Raises:
        InputError: no such pack, or values without source or confidence, all listed.
    """
    path = folder / f"{name}.toml"
    if path.parent != folder or not path.is_file():
        raise InputError(Problem(column="standards", value=name, why="there is no such rule pack",
                                 fix=say("one of: {names}", names=pack_names())))
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    title = data.pop("title", name)
    problems = list(_faults(path.name, data))
    if problems:
        raise InputError(problems)
    return RulePack(
        name,
        title,
        {
            table: {key: Citation(rule=table, name=key, **row) for key, row in rows.items()}
            for table, rows in data.items()
        },
    )


def _faults(file: str, data: Mapping[str, Any]) -> Iterable[Problem]:
    for table, rows in data.items():
        for key, row in rows.items():
            where = f"{table}.{key}"
            if not isinstance(row, dict) or set(row) - _KEYS or not {"value", "source", "confidence"} <= set(row):
                yield Problem(file=file, column=where, why="a value needs value, source and confidence",
                              fix=say("allowed keys: {names}", names=tuple(sorted(_KEYS))))
            elif row["confidence"] not in list("ABCD") or not str(row["source"]).strip():
                yield Problem(
                    file=file,
                    column=where,
                    value=str(row["confidence"]),
                    why="confidence is not A to D, or the source is empty",
                    fix="say where the value comes from",
                )
