"""How fast the chat is: opening a long session, and streaming at its end. Run: ``python -m tests.bench.chat_bench``.

Bars (shared/design/quality.md): first paint of 10,000 messages within 150 ms and 30 MB; 2,000 tokens with no step over
16 ms and 1.5 s in all; ten sessions streaming, one visible, 95 % of the steps within 16 ms. Prints a table.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop
from PySide6.QtWidgets import QApplication

from widgets import theme
from widgets.chat import ChatItem, ChatView

WORDS = (
    "Your notepad now has **two items**. The first is about figs, the second about calling `Ada` on Friday.\n\n"
    "- buy figs at the market\n- call Ada on Friday\n- look at [the page](https://example.org/page)\n\n"
    '```python\ndef note(text: str) -> str:\n    return f"- {text}"\n```\n\n'
    "1. First we read it\n2. then we write it down\n\nThat is all there is to say about it for now, I think.\n\n"
)
EVENTS = QEventLoop.ProcessEventsFlag.AllEvents


def resident_mb() -> float:
    """Resident memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def messages(count: int) -> list[ChatItem]:
    """A long conversation: words of the person, tool cards, answers of various lengths."""
    result = []
    for number in range(count):
        kind = ("person", "tool", "agent", "agent")[number % 4]
        if kind == "person":
            result.append(ChatItem(f"m{number}", "person", f"Please note number {number}: call Ada on Friday"))
        elif kind == "tool":
            result.append(
                ChatItem(f"m{number}", "tool", "call Ada", "Add note", {"input": {"n": number}, "result": "Noted."})
            )
        else:
            text = WORDS[: 80 + number * 37 % len(WORDS)] + f" ({number})"
            result.append(ChatItem(f"m{number}", "agent", text, caption="167 tokens in, 6 out · 1.1 s"))
    return result


def painted(app: QApplication, view: ChatView) -> None:
    """Has everything laid out and painted that is due."""
    app.processEvents(EVENTS)
    view.repaint()
    app.processEvents(EVENTS)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # a running loop does it by itself


def open_long(app: QApplication) -> tuple[ChatView, list[tuple[str, str, str]]]:
    """Opens 10,000 messages."""
    warm = ChatView()
    warm.resize(720, 860)
    warm.set_items(messages(40))
    warm.show()
    painted(app, warm)
    warm.close()
    warm.deleteLater()
    items = messages(10_000)
    gc.collect()
    view = ChatView()
    view.resize(720, 860)
    view.show()
    painted(app, view)
    before = resident_mb()
    start = time.perf_counter()
    view.set_items(items)
    painted(app, view)
    first = (time.perf_counter() - start) * 1000
    bar = view.transcript.verticalScrollBar()
    steps = []
    for _ in range(100):
        start = time.perf_counter()
        bar.setValue(bar.value() - 300)
        app.processEvents(EVENTS)
        steps.append((time.perf_counter() - start) * 1000)
        painted(app, view)
    steps.sort()
    grown = resident_mb() - before
    rows = [
        ("open 10,000 messages, first paint", f"{first:.0f} ms", "150 ms"),
        ("memory growth, after scrolling 30,000 px", f"{grown:.1f} MB", "30 MB"),
        ("scroll by 300 px: median / worst", f"{steps[50]:.1f} / {steps[-1]:.1f} ms", "16 ms"),
    ]
    view.jump_to_latest()
    painted(app, view)
    return view, rows


def stream(app: QApplication, view: ChatView, pieces: list[str], name: str) -> list[tuple[str, str, str]]:
    """Streams at the end; every turn of the event loop in between counts as a step."""
    view.append(ChatItem(name, "agent", status="streaming"))
    painted(app, view)
    total, worst, steps = 0.0, 0.0, []
    due = time.perf_counter()
    for piece in pieces:
        start = time.perf_counter()
        view.stream(name, piece)
        app.processEvents(EVENTS)
        spent = time.perf_counter() - start
        total += spent
        steps.append(spent * 1000)
        worst = max(worst, spent)
        due += 0.002
        while time.perf_counter() < due:  # 500 tokens a second; the loop runs as it would
            start = time.perf_counter()
            app.processEvents(EVENTS)
            spent = time.perf_counter() - start
            if spent > 0.0005:
                total += spent
                steps.append(spent * 1000)
                worst = max(worst, spent)
    start = time.perf_counter()
    view.finish_stream(name, "".join(pieces), caption="2,000 tokens")
    app.processEvents(EVENTS)
    end = time.perf_counter() - start
    steps.append(end * 1000)
    steps.sort()
    return [
        (f"stream {len(pieces):,} tokens at the end: all UI time", f"{total + end:.2f} s", "1.5 s"),
        ("worst step / end of the stream", f"{max(worst, end) * 1000:.1f} / {end * 1000:.1f} ms", "16 ms"),
    ]


def many(app: QApplication) -> list[tuple[str, str, str]]:
    """Ten sessions streaming at 200 tokens a second, one visible."""
    views = [ChatView() for _ in range(10)]
    views[0].resize(720, 860)
    views[0].show()
    painted(app, views[0])
    for view in views:
        view.append(ChatItem("a", "agent", status="streaming"))
    pieces = [WORDS[n % len(WORDS)] + WORDS[(n + 1) % len(WORDS)] + "ab " for n in range(1000)]
    steps: list[float] = []
    begin = time.perf_counter()
    for number, piece in enumerate(pieces):
        start = time.perf_counter()
        for view in views:
            view.stream("a", piece)
        app.processEvents(EVENTS)
        steps.append((time.perf_counter() - start) * 1000)
        while time.perf_counter() < begin + number * 0.005:
            start = time.perf_counter()
            app.processEvents(EVENTS)
            spent = (time.perf_counter() - start) * 1000
            if spent > 0.5:
                steps.append(spent)
    text = "".join(pieces)
    delivered = sum(len((view.item("a") or ChatItem("", "agent")).text) == len(text) for view in views)
    steps.sort()
    for view in views:
        view.close()
        view.deleteLater()
    return [
        (
            "ten streams, one visible: step at p95 / worst",
            f"{steps[int(len(steps) * 0.95)]:.1f} / {steps[-1]:.1f} ms",
            "16 ms",
        ),
        ("ten streams: sessions with every token", f"{delivered} of 10", "10 of 10"),
    ]


def main() -> int:
    """Runs all and prints a table."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.manager().set_mode("light")
    theme.manager().apply(app)
    view, rows = open_long(app)
    text = WORDS * 40
    pieces = [text[n : n + 4] for n in range(0, 8_000, 4)]
    rows += stream(app, view, pieces, "stream")
    view.close()
    rows += many(app)
    width = max(len(row[0]) for row in rows)
    print(f"{'what':<{width}}  {'ours':>18}  bar")
    for what, ours, bar in rows:
        print(f"{what:<{width}}  {ours:>18}  {bar}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
