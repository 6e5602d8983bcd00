"""The tree editor: one document as nested cards and as an outline, edited by mouse and by keyboard."""

from __future__ import annotations

from widgets.tree.document_model import DocumentModel
from widgets.tree.editor import TreeEditor
from widgets.tree.live import LiveBadge

__all__ = ["DocumentModel", "LiveBadge", "TreeEditor"]
