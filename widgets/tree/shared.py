"""What canvas and outline share, so that they are two views of one thing. Not here: the document itself."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.actions import Bindings
from widgets.tree.find import Finder
from widgets.tree.folds import Folds
from widgets.tree.selection import Selection


@dataclass(frozen=True, slots=True)
class Shared:
    """The state of one editor beside its document.

    Attributes:
        selection: Which nodes are selected.
        folds: Which are collapsed.
        finder: What is looked for.
        bindings: Which keys mean which action.
    """

    selection: Selection
    folds: Folds
    finder: Finder
    bindings: Bindings
