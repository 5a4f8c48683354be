"""What makes a function an analysis, and what is refused before it can mislead anyone."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from analyses.methods.rules import Rule
from gis.network import StreetNetwork
from gis.results import AnalysisResult
from gis.tables import Buildings, Doors, Estates, Facilities, Gates

RetrofitClass = Literal["basic", "improvement", "upgrade"]
"""基础类, 完善类, 提升类."""

_CLASSES = ("basic", "improvement", "upgrade")
_LAYER_TYPES = {"estates": Estates, "buildings": Buildings, "doors": Doors, "gates": Gates, "walk": StreetNetwork}


@dataclass(frozen=True)
class Analysis:
    """One analysis: the function and what the engine needs to know of it. Call it like the function itself.

    ``layers`` names the tables it reads, in the order of its parameters; ``facility_kinds`` those that are kinds.
    ``independent`` says that one estate's answer never depends on what another estate takes.
    """

    name: str
    title: str
    unit: str
    retrofit_class: RetrofitClass
    layers: tuple[str, ...]
    facility_kinds: tuple[str, ...]
    rule: type[Rule]
    independent: bool
    function: Callable[..., AnalysisResult]

    def __call__(self, *layers: Any, **named: Any) -> AnalysisResult:
        """What the function answers."""
        return self.function(*layers, **named)


def analysis(
    *, title: str, unit: str, retrofit_class: RetrofitClass, independent: bool = False
) -> Callable[[Callable[..., AnalysisResult]], Analysis]:
    """Declare a function as an analysis; a malformed one is refused here, with the fix in the message.

    Args:
        title: key of the text catalogues.
        unit: code of the headline's unit.
        retrofit_class: ``basic``, ``improvement`` or ``upgrade``.
        independent: True where no estate's answer depends on what another takes.

    Raises:
        TypeError: the function breaks the contract.
    """

    def declare(function: Callable[..., AnalysisResult]) -> Analysis:
        hints = get_type_hints(function)
        parameters = inspect.signature(function).parameters
        layers = tuple(name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD)
        kinds = tuple(name for name in layers if name not in _LAYER_TYPES and hints.get(name) is Facilities)
        faults = _faults(function, hints, layers, kinds)
        if retrofit_class not in _CLASSES:
            faults.append(f"retrofit_class is {retrofit_class!r}: use one of {', '.join(_CLASSES)}")
        if faults:
            raise TypeError(f"analysis {function.__module__}.{function.__name__}: " + "; ".join(faults))
        return Analysis(
            function.__name__, title, unit, retrofit_class, layers, kinds, hints["rule"], independent, function
        )

    return declare


def _faults(
    function: Callable[..., AnalysisResult], hints: dict[str, Any], layers: tuple[str, ...], kinds: tuple[str, ...]
) -> list[str]:
    faults = []
    module = function.__module__.rpartition(".")[2]
    if function.__name__ != module:
        faults.append(f"its name is not its module's: call it {module}")
    if not function.__doc__:
        faults.append("it has no docstring: state its rule")
    if layers[:1] != ("estates",):
        faults.append("its first parameter is not estates: Estates")
    faults.extend(
        f"parameter {name} must be annotated {_LAYER_TYPES[name].__name__ if name in _LAYER_TYPES else 'Facilities'}"
        for name in layers if name not in kinds and hints.get(name) is not _LAYER_TYPES.get(name, Facilities))
    rule, how = hints.get("rule"), inspect.signature(function).parameters.get("rule")
    if how is None or how.kind is not how.KEYWORD_ONLY or not (isinstance(rule, type) and issubclass(rule, Rule)):
        faults.append("it needs a keyword-only parameter rule of a subclass of Rule")
    if hints.get("return") is not AnalysisResult:
        faults.append("it must return AnalysisResult")
    return faults
