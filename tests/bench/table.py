"""How a bench prints what it found: what was measured, our figure, the bar; missed bars are marked."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One figure. ``bar`` is the most it may be; None where there is no bar."""

    what: str
    value: float
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return ""
        return "met" if self.value <= self.bar else "missed"


def show(rows: Sequence[Row]) -> None:
    """Prints the table on standard output."""
    width = max(len(row.what) for row in rows)
    print(f"{'what':<{width}}  {'ours':>12}  {'bar':>12}")
    for row in rows:
        ours = f"{row.value:,.2f} {row.unit}" if row.value < 100 else f"{row.value:,.0f} {row.unit}"
        bar = f"{row.bar:,g} {row.unit}" if row.bar is not None else ""
        print(
            f"{row.what:<{width}}  {ours:>12}  {bar:>12}  {row.verdict}{'  ' + row.note if row.note else ''}".rstrip()
        )


def milliseconds(samples: Sequence[float]) -> float:
    """The median of seconds, in milliseconds."""
    return statistics.median(samples) * 1000


def resident_kb() -> int:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


class Stopwatch:
    """``with Stopwatch() as watch: …`` then ``watch.seconds``, and ``watch.processor``: seconds of all its threads,
    which other programs on the machine lengthen less.
    """

    seconds = 0.0
    processor = 0.0

    def __enter__(self) -> Stopwatch:
        self._start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start[0]
        self.processor = time.process_time() - self._start[1]
