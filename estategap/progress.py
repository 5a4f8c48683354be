"""Saying what is being done and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text


@dataclass
class Progress:
    """Names each step on the console while it runs and keeps its seconds for the manifest."""

    console: Console
    timings_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, shown: str = "") -> Iterator[None]:
        """One long step: its name in the manifest and, where that is another, the one that is shown."""
        start = time.perf_counter()
        with self.console.status(Text(f"{shown or name} …")):
            yield
        self.timings_s[name] = time.perf_counter() - start
        self.console.print(f"  ✓ {shown or name}  {self.timings_s[name]:.1f} s", highlight=False, markup=False)
