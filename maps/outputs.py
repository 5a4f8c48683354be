"""Which files does a finished run leave behind?"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from maps.analysis_map import analysis_document, path_of
from maps.base_layer import base_layer
from maps.conflation_list import write_conflation
from maps.geopackage import write_geopackage
from maps.priority import PATH as PRIORITY_PATH
from maps.priority import priority_document
from maps.report import report_html
from maps.tables import write_tables
from maps.view import RunView
from maps.webmap import Document, page_html


def write_outputs(view: RunView, folder: Path, on_written: Callable[[Path], None] = lambda _: None) -> list[Path]:
    """Write everything but ``manifest.json`` into a folder that exists or is made.

    Args:
        view: the finished run.
        folder: the run folder.
        on_written: told each file as it is written, for progress.

    Returns:
        the files written, in a stable order. Same view, same bytes. File names never come from input text.
    """
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def note(paths: list[Path]) -> None:
        for path in paths:
            written.append(path)
            on_written(path)

    note(write_tables(view, folder))
    note(write_conflation(view, folder))
    note(write_geopackage(view, folder))
    note(_write_pages(view, folder))
    return written


def _write_pages(view: RunView, folder: Path) -> list[Path]:
    base = base_layer(view.basemap, view.estates.frame.geometry)
    documents = {PRIORITY_PATH: priority_document(view, base)}
    documents |= {path_of(name): analysis_document(view, name, base) for name in view.results}
    # one set of glyphs for all pages: the subset is made once
    shared = frozenset().union(*(document.characters for document in documents.values()))
    pages = {Path("index.html"): report_html(view)}
    pages |= {path: _page(document, shared) for path, document in documents.items()}
    for path, html in pages.items():
        (folder / path).write_bytes(html.encode("utf-8"))
    return [folder / path for path in pages]


def _page(document: Document, characters: frozenset[str]) -> str:
    return page_html(replace(document, characters=characters))
