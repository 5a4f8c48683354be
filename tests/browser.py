"""A real Chromium with the network off, and one line saying what to do where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; the test fails where it is missing."""
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        pytest.fail(
            "no Chromium on this machine: run `make test`, or install it (Debian: apt-get install chromium)",
            pytrace=False,
        )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Visit:
    """An opened page and everything it tried that it should not."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visit(browser: Browser, file: Path, *, width: int = 1366, height: int = 768, fragment: str = "") -> Iterator[Visit]:
    """Open a file with the network off, listening for requests, errors and dialogs."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    seen = Visit(context.new_page())
    seen.page.on(
        "request",
        lambda request: seen.requests.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
    )
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    seen.page.on("dialog", lambda dialog: (seen.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    seen.page.goto(file.as_uri() + fragment)
    yield seen
    context.close()
