"""From the start of the process to a painted and a usable window, beside a bare PySide6 window in the same run.

Bars: painted within twice the bare window's time, usable within a second, no provider's library loaded.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.table import Row, show

RUNS = 7
ROOT = Path(__file__).resolve().parents[2]

WATCH = """
import os, sys, time
started = float(os.environ["BENCH_STARTED"])
def told(what): print(what, (time.clock_gettime(time.CLOCK_MONOTONIC) - started) * 1000, flush=True)
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel
class Watch(QObject):
    seen = False
    def eventFilter(self, thing, event):
        if not self.seen and event.type() == QEvent.Type.Paint and thing.isWidgetType() and thing.window().isVisible():
            self.seen = True
            told("painted")
            app.removeEventFilter(self)
        return False
app = QApplication(["bough"])
watch = Watch()
app.installEventFilter(watch)
"""
BARE = (
    WATCH
    + """
from PySide6.QtCore import QTimer
label = QLabel("Hello")
label.show()
QTimer.singleShot(0, lambda: QTimer.singleShot(0, app.quit))
app.exec()
"""
)
BEGUN = (
    WATCH
    + """
import app.main as program
run = program._main
async def watched(*given):
    from app.application import Application
    start = Application.start
    async def started(self, *rest, **options):
        await start(self, *rest, **options)
        await then(self)
        sys.stdout.flush()
        os._exit(0)
    Application.start = started
    return await run(*given)
program._main = watched
from app.cli import main
main([])
"""
)
OURS = (
    """
async def then(application):
    app.processEvents()
    told("usable")
    for name in ("anthropic", "xllamacpp", "mcp"):
        if name in sys.modules: print("loaded", name)
"""
    + BEGUN
)
LEFT_OPEN = (
    """
async def then(application):
    from app.library import Library
    from engine.blueprint.gallery import templates
    document = next(template.document for template in templates() if template.name == "notepad")
    agent = await Library(application.services.store).create(document, "Notepad")
    await application.desk.open_now(agent)
    await application.stop()
"""
    + BEGUN
)
"""Leaves an agent in the workspace, which the next start brings back."""


def once(code: str, home: str) -> dict[str, float]:
    """One run: what was told, in milliseconds since the process was asked for."""
    environment = dict(os.environ, HOME=home, QT_QPA_PLATFORM="offscreen", QT_API="pyside6")
    for name in [name for name in environment if name.startswith("XDG_")]:
        del environment[name]
    environment["BENCH_STARTED"] = str(time.clock_gettime(time.CLOCK_MONOTONIC))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    pairs = (line.split() for line in done.stdout.splitlines())
    return {pair[0]: float(pair[1]) if pair[0] != "loaded" else 1.0 for pair in pairs if len(pair) == 2}


def main() -> int:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as home:
        once(BARE, home), once(OURS, home)  # both warm: files in the cache, byte code and database made
        bare, ours = [], []
        for _ in range(RUNS):  # in turns, so that a busy moment of the machine meets both
            bare.append(once(BARE, home))
            ours.append(once(OURS, home))
        once(LEFT_OPEN, home)
        back = [once(OURS, home) for _ in range(RUNS + 1)][1:]
    base = statistics.median(run["painted"] for run in bare)
    show(
        [
            Row("a bare PySide6 window with a label, painted", base, "ms"),
            Row("our window, painted", statistics.median(run["painted"] for run in ours), "ms", round(2 * base)),
            Row("our window, usable", statistics.median(run["usable"] for run in ours), "ms", 1000),
            Row("with the agent of last time, usable", statistics.median(run["usable"] for run in back), "ms", 1000),
            Row("providers' libraries loaded by then", float(any("loaded" in run for run in ours + back)), "", 0),
        ]
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
