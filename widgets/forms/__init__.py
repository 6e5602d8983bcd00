"""Property forms, made from node kinds."""

from __future__ import annotations

from widgets.forms.base import ModelChoice
from widgets.forms.form import PropertyForm
from widgets.forms.services import AgentChoice, Failed, FormServices, ToolChoice

__all__ = ["AgentChoice", "Failed", "FormServices", "ModelChoice", "PropertyForm", "ToolChoice"]
