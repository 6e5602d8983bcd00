"""What the model sees: the exact request, coloured by the node that wrote each part of it."""

from __future__ import annotations

from widgets.context.try_values import Tryable
from widgets.context.view import ContextView

__all__ = ["ContextView", "Tryable"]
