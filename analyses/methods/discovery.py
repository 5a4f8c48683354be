"""Which analyses are there? Every file of the folder that holds one; the engine never names any."""

import importlib
import importlib.util
import sys
from pathlib import Path

from analyses.methods.contract import Analysis

_PACKAGE = Path(__file__).parents[1]


def discover(folder: Path = _PACKAGE) -> tuple[Analysis, ...]:
    """All analyses of a folder, by file name.

    Raises:
        TypeError: a file holds no analysis of its own name.
    """
    return tuple(_load(path) for path in sorted(folder.glob("*.py")) if path.stem != "__init__")


def _load(path: Path) -> Analysis:
    if path.parent == _PACKAGE:
        module = importlib.import_module(f"analyses.{path.stem}")
    else:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise TypeError(f"{path} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    found = getattr(module, path.stem, None)
    if not isinstance(found, Analysis):
        raise TypeError(f"{path.name} holds no analysis: define {path.stem}() under @analysis")
    return found
