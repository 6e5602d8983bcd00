"""How long "what the model sees" takes after an edit. Run: ``python -m tests.bench.context_bench``.

Counted is what ``app.workspace.insight`` does for the context, from the edit to the painted frame: the next request,
why each node is in it or not, the comparison with the last call, the values to try, and the view itself. Live cards
are the tree's share and problems follow later; both are measured apart.
"""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.workspace.live import titles_and_groups
from app.workspace.tryable import tryables
from engine.blueprint import AgentDocument, make_node
from engine.blueprint.cache_advice import compare
from engine.blueprint.checks import problems
from engine.blueprint.declared import variables
from engine.blueprint.dry import dry_compile
from engine.blueprint.edits import Edit, SetProperty
from engine.blueprint.why import explained
from engine.entries import Entry
from engine.model import ModelRequest
from tests.bench.table import Row, show
from widgets import theme
from widgets.context import ContextView
from widgets.tree import DocumentModel

BAR = 50.0
ROUNDS = 15
WORDS = "The person asked for a short answer, and the agent gave one that says what is known and what is not. "


def agent(nodes: int) -> AgentDocument:
    """Instructions, and groups of a variable, a tool with a step, and a section under a condition."""
    parts = [make_node("system", id="sys", text="You are an assistant. " * 20)]
    for number in range(nodes // 5):
        parts.append(make_node("state", id=f"s{number}", title=f"note {number}", type="list", initial=["one", "two"]))
        step = make_node("append", id=f"a{number}", variable=f"note_{number}", value="{{ text }}")
        given = [{"title": "text", "type": "text", "description": "What to note", "required": True}]
        parts.append(make_node("tool", step, id=f"t{number}", title=f"Add {number}", description="Adds", inputs=given))
        lines = {"title": f"Notes {number}", "each": f"note_{number}", "text": "- {{ item }}"}
        rows = [{"variable": f"note_{number}", "operator": "is_not_empty", "value": None}]
        section = make_node("section", id=f"x{number}", **lines)
        parts.append(make_node("when", section, id=f"w{number}", condition={"rows": rows, "match": "all"}))
    return AgentDocument(make_node("agent", *parts, make_node("timeline", id="tl"), id="root", name="Large"))


def conversation(messages: int) -> list[Entry]:
    """Messages of a person and an agent, in turn."""
    roles = ("user", "assistant")
    return [
        Entry(f"e{n}", n, roles[n % 2], [{"type": "text", "text": f"{n}. {WORDS}"}], f"x{n // 2}", 1)
        for n in range(messages)
    ]


class Measure:
    """A context view that follows a document."""

    def __init__(self, app: QApplication, nodes: int, messages: int) -> None:
        self._app = app
        self.model = DocumentModel(agent(nodes))
        self.entries = conversation(messages)
        self.view = ContextView()
        self.view.resize(420, 760)
        self.view.show()
        self.sent = self._request()
        self.show()

    def _request(self) -> ModelRequest:
        return dry_compile(self.model.document, entries=self.entries, draft="And now?")

    def show(self) -> None:
        """One round, to the painted frame."""
        document = self.model.document
        request = self._request()
        reasons, because = explained(document)
        titles, groups = titles_and_groups(document)
        self.view.trying.offer(tryables(document, {}))
        self.view.set_request(
            request,
            titles,
            groups,
            window=200_000,
            because=because,
            absent={node: reason for node, reason in reasons.items() if reason is not None},
            holders={variable.name: variable.node_id for variable in variables(document)},
            parting=compare(self.sent, request, document),
        )
        self._app.processEvents()

    def edits(self, make: Callable[[int], Edit]) -> tuple[float, float]:
        """Milliseconds of the median edit until it is on screen: by the clock, and by the processor."""
        spent, used = [], []
        for number in range(ROUNDS):
            started, processor = time.perf_counter(), time.thread_time()
            self.model.do(make(number))
            self.show()
            spent.append((time.perf_counter() - started) * 1000)
            used.append((time.thread_time() - processor) * 1000)
        return statistics.median(spent), statistics.median(used)


def rows(app: QApplication) -> list[Row]:
    """All figures."""
    found = []
    for nodes, messages, bar in ((200, 200, BAR), (1_000, 200, None), (1_000, 2_000, None)):
        measure = Measure(app, nodes, messages)
        size = f"{nodes:,} nodes, {messages:,} messages"
        clock, processor = measure.edits(lambda n: SetProperty("x10", "text", f"- {{{{ item }}}} {n}"))
        found.append(Row(f"context after a letter, {size}", clock, "ms", bar, f"processor {processor:.1f} ms"))
        started = time.perf_counter()
        measure.view.canvas.viewport().grab()
        found.append(Row(f"paint it, {size}", (time.perf_counter() - started) * 1000, "ms", 16.0))
        started = time.perf_counter()
        problems(measure.model.document)
        found.append(Row(f"problems, {size}", (time.perf_counter() - started) * 1000, "ms"))
        measure.view.close()
    return found


def main() -> None:
    """Print the table."""
    app = QApplication.instance() or QApplication(["bough-bench"])
    assert isinstance(app, QApplication)
    theme.manager().apply(app)
    gc.freeze()
    show(rows(app))


if __name__ == "__main__":
    main()
