"""How fast an edit of a thousand nodes is, in canvas and outline. Run: ``python -m tests.bench.editor_bench``.

An edit counts from the call to the painted frame, with the next context (``dry_compile``) left out: that is the
engine's share and runs after the frame.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from engine.blueprint import AgentDocument, make_node
from engine.blueprint.edits import Edit, InsertNode, MoveNode, RemoveNode, SetProperty
from tests.bench.table import Row, show
from widgets import theme
from widgets.tree import DocumentModel, TreeEditor

NODES = 1_000
BAR = 16.0
ROUNDS = 20
CONDITION = {"rows": [{"variable": "note1", "operator": "is_not_empty", "value": None}], "match": "all"}


def agent(nodes: int = NODES) -> AgentDocument:
    """An agent of groups: a state variable, a tool with a step, and a When with a section."""
    parts = []
    for number in range(nodes // 5):
        parts.append(make_node("state", id=f"s{number}", title=f"note{number}", type="list"))
        step = make_node("append", id=f"a{number}", variable=f"note{number}", value="{{ text }}")
        parts.append(make_node("tool", step, id=f"t{number}", title=f"Add {number}", description="Adds a note"))
        section = make_node("section", id=f"x{number}", title=f"Notes {number}", text=f"- {{{{ note{number} }}}}")
        parts.append(make_node("when", section, id=f"w{number}", condition=CONDITION))
    return AgentDocument(make_node("agent", *parts, id="root", name="Large"))


class Measure:
    """Runs edits in a shown editor."""

    def __init__(self, app: QApplication, *, outline: bool) -> None:
        self._app = app
        self.model = DocumentModel(agent())
        self.editor = TreeEditor()
        self.editor.resize(430, 700)
        self.editor.set_document(self.model)
        self.editor.show_outline(outline)
        self.editor.show()
        self.settle()

    def settle(self) -> None:
        """Everything that is due is done."""
        for _ in range(4):
            self._app.processEvents()

    def edits(self, make: Callable[[int], Edit]) -> tuple[float, float]:
        """Milliseconds of the median edit until it is on screen: by the clock, and by the processor."""
        spent, used = [], []
        for number in range(ROUNDS):
            edit = make(number)
            started, processor = time.perf_counter(), time.thread_time()
            self.model.do(edit)
            self._app.processEvents()
            spent.append((time.perf_counter() - started) * 1000)
            used.append((time.thread_time() - processor) * 1000)
            self.settle()
        return statistics.median(spent), statistics.median(used)


def rows(app: QApplication) -> list[Row]:
    """All figures."""
    found = []
    for outline in (False, True):
        view = "outline" if outline else "canvas"
        started = time.perf_counter()
        measure = Measure(app, outline=outline)
        found.append(Row(f"open {NODES:,} nodes, {view}", (time.perf_counter() - started) * 1000, "ms", 500.0, ""))
        cases: list[tuple[str, Callable[[int], Edit]]] = [
            ("type a letter", lambda n: SetProperty("x100", "text", f"- {n}")),
            ("insert", lambda n: InsertNode("root", 2, make_node("system", id=f"new{n}", text="Hello"))),
            ("move", lambda n: MoveNode(f"new{n}", "root", 300 + n)),
            ("remove", lambda n: RemoveNode(f"new{n}")),
        ]
        for name, make in cases:
            clock, processor = measure.edits(make)
            found.append(Row(f"{name}, {view}", clock, "ms", BAR, f"processor {processor:.1f} ms"))
        measure.editor.close()
    return found


def main() -> None:
    """Print the table."""
    app = QApplication.instance() or QApplication(["bough-bench"])
    assert isinstance(app, QApplication)
    theme.manager().apply(app)
    theme.manager().set_reduced_motion(True)
    gc.freeze()
    show(rows(app))


if __name__ == "__main__":
    main()
