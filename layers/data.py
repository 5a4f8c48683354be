"""Where are the words, limits and assumptions that somebody may want to change? In TOML files beside, read once."""

import functools
import tomllib
from importlib.resources import files
from typing import Any


@functools.cache
def data_of(name: str) -> dict[str, Any]:
    """The contents of ``layers/<name>.toml``; nobody changes them."""
    return tomllib.loads(files("layers").joinpath(f"{name}.toml").read_text("utf-8"))
