"""The style sheets, scripts and page templates of everything that is written, read as package data."""

from importlib.resources import files


def asset(name: str) -> str:
    """The text of one file of this folder."""
    return (files(__name__) / name).read_text(encoding="utf-8")
