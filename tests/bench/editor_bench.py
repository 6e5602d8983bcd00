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
from engine.blueprint.edits import Batch, Edit, InsertNode, MoveNode, RemoveNode, SetEnabled, SetProperty
from tests.bench.table import Row, show
from widgets import theme
from widgets.tree import DocumentModel, TreeEditor

NODES = 1_000
BAR = 16.0
ROUNDS = 20
MANY = [f"x{number}" for number in range(20, 40)]
CONDITION = {"rows": [{"variable": "note1", "operator": "is_not_empty", "value": None}], "match": "all"}


def agent(nodes: int = NODES) -> AgentDocument:
    """An agent of groups: a state variable, a tool with a step, and a When with a section."""
    parts = []
    for number in range(nodes // 5):
        parts.append(make_node("state", id=f"s{number}", title=f"note{number}", type="list"))
        step = make_node("append", id=f"a{number}", variable=f"note{number}", value="{{ text }}")
        inputs = [{"title": "text", "type": "text", "description": "", "required": True}]
        tool = make_node("tool", step, id=f"t{number}", title=f"Add {number}", description="Adds a note", inputs=inputs)
        parts.append(tool)
        section = make_node("section", id=f"x{number}", title=f"Notes {number}", text=f"- {{{{ note{number} }}}}")
        parts.append(make_node("when", section, id=f"w{number}", condition=CONDITION))
    return AgentDocument(make_node("agent", *parts, id="root", name="Large"))


class Measure:
    """Runs edits of one document in shown editors.

    Args:
        app: The application.
        views: What is open on the document: ``canvas``, ``outline``, or both in two editors side by side.
    """

    def __init__(self, app: QApplication, views: tuple[str, ...]) -> None:
        self._app = app
        self.model = DocumentModel(agent())
        self.editors = []
        for view in views:
            editor = TreeEditor()
            editor.resize(430, 700)
            editor.set_document(self.model)
            editor.show_outline(view == "outline")
            editor.show()
            self.editors.append(editor)
        self.settle()

    def close(self) -> None:
        """Close the editors."""
        for editor in self.editors:
            editor.close()

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
    for views in (("canvas",), ("outline",), ("canvas", "outline")):
        view = " and ".join(views)
        started = time.perf_counter()
        measure = Measure(app, views)
        found.append(Row(f"open {NODES:,} nodes, {view}", (time.perf_counter() - started) * 1000, "ms", 500.0, ""))
        cases: list[tuple[str, Callable[[int], Edit]]] = [
            ("type a letter", lambda n: SetProperty("x100", "text", f"- {n}")),
            ("insert", lambda n: InsertNode("root", 2, make_node("system", id=f"new{n}", text="Hello"))),
            ("move", lambda n: MoveNode(f"new{n}", "root", 300 + n)),
            ("move into another part", lambda n: MoveNode(f"new{n}", f"w{n}", 0)),
            ("remove", lambda n: RemoveNode(f"new{n}")),
            ("switch 20 parts off", lambda n: Batch(tuple(SetEnabled(key, bool(n % 2)) for key in MANY))),
        ]
        for name, make in cases:
            clock, processor = measure.edits(make)
            found.append(Row(f"{name}, {view}", clock, "ms", BAR, f"processor {processor:.1f} ms"))
        measure.close()
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
