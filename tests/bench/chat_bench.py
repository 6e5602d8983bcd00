"""How fast the chat is: opening a long session, streaming at its end. Run: ``python -m tests.bench.chat_bench``.

Times are by the clock; the note gives the processor time of the interface's thread. Where the two differ, other
programs of the machine were in the way.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from tests.bench.table import Row, resident_kb, show
from widgets import theme
from widgets.chat import ChatItem, ChatView

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = (
    "Your notepad now has **two items**. The first is about figs, the second about calling `Ada` on Friday.\n\n"
    "- buy figs at the market\n- call Ada on Friday\n- look at [the page](https://example.org/page)\n\n"
    '```python\ndef note(text: str) -> str:\n    return f"- {text}"\n```\n\n'
    "1. First we read it\n2. then we write it down\n\nThat is all there is to say about it for now, I think.\n\n"
)
EVENTS = QEventLoop.ProcessEventsFlag.AllEvents


class Steps:
    """Steps of the event loop, by the clock and by the processor, in milliseconds. Idle turns do not count."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def step(self, idle: float = 0.0) -> Iterator[None]:
        """Measures what happens inside; below ``idle`` milliseconds it is not noted."""
        clock, processor = time.perf_counter(), time.thread_time()
        yield
        spent = (time.perf_counter() - clock) * 1000
        if spent >= idle:
            self.clock.append(spent)
            self.processor.append((time.thread_time() - processor) * 1000)

    def at(self, share: float, what: str, bar: float | None) -> Row:
        """A quantile (1.0: the worst) as a line of the table."""
        clock, processor = (
            sorted(values)[min(len(values) - 1, int(len(values) * share))] for values in (self.clock, self.processor)
        )
        return Row(what, clock, "ms", bar, f"processor {processor:.1f} ms")

    def total(self, what: str, bar: float) -> Row:
        """All of it in seconds."""
        return Row(what, sum(self.clock) / 1000, "s", bar, f"processor {sum(self.processor) / 1000:.2f} s")


def messages(count: int) -> list[ChatItem]:
    """A long conversation: words of the person, tool cards, answers of various lengths."""
    result = []
    for number in range(count):
        kind, item_id = ("person", "tool", "agent", "agent")[number % 4], f"m{number}"
        if kind == "person":
            result.append(ChatItem(item_id, "person", f"Please note number {number}: call Ada on Friday"))
        elif kind == "tool":
            detail = {"input": {"n": number}, "result": "Noted."}
            result.append(ChatItem(item_id, "tool", "call Ada", "Add note", detail))
        else:
            text = WORDS[: 80 + number * 37 % len(WORDS)] + f" ({number})"
            result.append(ChatItem(item_id, "agent", text, caption="167 tokens in, 6 out · 1.1 s"))
    return result


def painted(app: QApplication, view: ChatView) -> None:
    """Has everything laid out and painted that is due."""
    app.processEvents(EVENTS)
    view.repaint()
    app.processEvents(EVENTS)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # a running loop does it by itself


def shown(app: QApplication) -> ChatView:
    """An empty chat on screen."""
    view = ChatView()
    view.resize(720, 860)
    view.show()
    painted(app, view)
    return view


def closed(view: ChatView) -> None:
    """Takes a chat away."""
    view.close()
    view.deleteLater()


def open_long(app: QApplication) -> tuple[ChatView, list[Row]]:
    """Opens 10,000 messages, then scrolls up."""
    warm = shown(app)
    warm.set_items(messages(40))
    painted(app, warm)
    closed(warm)
    items = messages(10_000)
    view = shown(app)
    gc.collect()
    before = resident_kb()
    first, scroll = Steps(), Steps()
    with first.step():
        view.set_items(items)
        painted(app, view)
    bar = view.transcript.verticalScrollBar()
    for _ in range(100):
        with scroll.step():
            bar.setValue(bar.value() - 300)
            app.processEvents(EVENTS)
        painted(app, view)
    rows = [
        first.at(1.0, "open 10,000 messages: first paint", 150),
        Row("the same: memory growth, 30,000 px scrolled", (resident_kb() - before) / 1024, "MB", 30),
        scroll.at(0.5, "scroll by 300 px: median", 16),
        scroll.at(1.0, "scroll by 300 px: worst of 100", None),
    ]
    view.jump_to_latest()
    painted(app, view)
    return view, rows


def stream(app: QApplication, view: ChatView) -> list[Row]:
    """Streams 2,000 tokens at the end, 500 a second."""
    text = (WORDS * 40)[:8_000]
    pieces = [text[place : place + 4] for place in range(0, len(text), 4)]
    view.append(ChatItem("stream", "agent", status="streaming"))
    painted(app, view)
    steps, due = Steps(), time.perf_counter()
    for piece in pieces:
        with steps.step():
            view.stream("stream", piece)
            app.processEvents(EVENTS)
        due += 0.002
        while time.perf_counter() < due:
            with steps.step(idle=0.5):
                app.processEvents(EVENTS)
    with steps.step():
        view.finish_stream("stream", text, caption="2,000 tokens")
        app.processEvents(EVENTS)
    return [
        steps.total(f"stream {len(pieces):,} tokens at its end: all UI time", 1.5),
        steps.at(1.0, "the same: worst step", 16),
    ]


def many(app: QApplication) -> list[Row]:
    """Ten sessions streaming at 200 tokens a second, one visible."""
    views = [shown(app), *(ChatView() for _ in range(9))]
    for view in views:
        view.append(ChatItem("a", "agent", status="streaming"))
    pieces = [(WORDS * 10)[place : place + 4] for place in range(0, 4_000, 4)]
    steps, due = Steps(), time.perf_counter()
    for piece in pieces:
        with steps.step():
            for view in views:
                view.stream("a", piece)
            app.processEvents(EVENTS)
        due += 0.005
        while time.perf_counter() < due:
            with steps.step(idle=0.5):
                app.processEvents(EVENTS)
    found = [view.item("a") for view in views]
    delivered = sum(item is not None and item.text == "".join(pieces) for item in found)
    for view in views:
        closed(view)
    return [
        steps.at(0.95, "ten streams at 200/s, one visible: step at p95", 16),
        steps.at(1.0, "the same: worst step", None),
        Row("the same: sessions that lack a token", 10 - delivered, "", 0),
    ]


def main() -> int:
    """Runs all and prints a table."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.manager().set_mode("light")
    theme.manager().apply(app)
    view, rows = open_long(app)
    rows += stream(app, view)
    closed(view)
    rows += many(app)
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
