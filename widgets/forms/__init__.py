"""Property forms, made from node kinds."""

from __future__ import annotations

from widgets.forms.base import ModelChoice
from widgets.forms.form import PropertyForm

__all__ = ["ModelChoice", "PropertyForm"]
