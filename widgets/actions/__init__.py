"""Actions of widgets as data, with their keys. Apart from the widgets, because the window's menus need them at once."""

from widgets.actions.tree import BY_ID, TREE_ACTIONS, Bindings, TreeAction, native, sequences

__all__ = ["BY_ID", "TREE_ACTIONS", "Bindings", "TreeAction", "native", "sequences"]
