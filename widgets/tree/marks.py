"""Marks of nodes that have a problem: the worst severity and the words. Not here: finding problems (``checks``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from engine.blueprint.problem import Problem
from widgets import theme

SIZE = 15.0
_LOOKS = {"error": ("circle-alert", "bad"), "warning": ("triangle-alert", "warn")}


@dataclass(frozen=True, slots=True)
class Mark:
    """What is wrong with one node.

    Attributes:
        severity: ``error`` or ``warning``, the worse of all.
        text: The sentences, one per line.
    """

    severity: str
    text: str


def marks_of(problems: Iterable[Problem]) -> dict[str, Mark]:
    """The marks by node id; what is only worth a look has none."""
    found: dict[str, Mark] = {}
    for problem in problems:
        if problem.severity not in _LOOKS:
            continue
        known = found.get(problem.node_id)
        worse = "error" if "error" in (problem.severity, known.severity if known else "") else "warning"
        text = f"{known.text}\n{problem.text}" if known else problem.text
        found[problem.node_id] = Mark(worse, text)
    return found


def paint_mark(painter: QPainter, right: float, middle: float, severity: str) -> float:
    """Paint the mark ending at ``right``; where the room left of it ends."""
    icon, ink = _LOOKS[severity]
    colour = str(getattr(theme.current(), ink))
    theme.paint_icon(painter, icon, colour, QRectF(right - SIZE, middle - SIZE / 2, SIZE, SIZE))
    return right - SIZE - 6
