"""Shortcuts that a person chose: who has which keys, what is in the way, and what may not be taken.

Plain data over ``app.actions`` and the settings. Not here: the dialog (``window.shortcuts_dialog``) and the live
actions (``window.action_set``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from app.actions import ACTIONS, BY_ID, ActionSpec
from app.text import tr

_APART = "; "
_PLAIN = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_WALK = frozenset((Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End))
_NEVER = frozenset((Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Menu, Qt.Key.Key_F10))


class Shortcuts:
    """The person's own shortcuts.

    Args:
        own: Shortcuts by action id, in portable notation; kept up to date in place, as the settings hold it.
        changed: Called after each change.
    """

    def __init__(self, own: dict[str, str], changed: Callable[[], None]) -> None:
        self._own = own
        self._changed = changed

    @property
    def own(self) -> Mapping[str, str]:
        """What differs from what is declared."""
        return dict(self._own)

    def keys(self, action_id: str) -> str:
        """The shortcuts of an action, portable."""
        return self._own.get(action_id, BY_ID[action_id].shortcut)

    def is_own(self, action_id: str) -> bool:
        """Whether the person chose other keys than the declared ones."""
        return action_id in self._own

    def holder(self, action_id: str, keys: str) -> ActionSpec | None:
        """The other action that has these keys where the action works; None where they are free.

        Keys of the tree come before those of the window while the tree has the focus, so the two do not collide.
        """
        tree = BY_ID[action_id].tree
        return next(
            (
                spec
                for spec in ACTIONS
                if spec.id != action_id and spec.tree == tree and keys in self.keys(spec.id).split(_APART)
            ),
            None,
        )

    def assign(self, action_id: str, keys: str) -> None:
        """Give an action these keys alone, "" for none; whoever has them loses them."""
        holder = self.holder(action_id, keys) if keys else None
        if holder is not None:
            rest = [part for part in self.keys(holder.id).split(_APART) if part != keys]
            self._put(holder.id, _APART.join(rest))
        self._put(action_id, keys)
        self._changed()

    def reset(self, action_id: str) -> None:
        """The declared keys again; whoever has them now loses them."""
        for keys in filter(None, BY_ID[action_id].shortcut.split(_APART)):
            holder = self.holder(action_id, keys)
            if holder is not None:
                rest = [part for part in self.keys(holder.id).split(_APART) if part != keys]
                self._put(holder.id, _APART.join(rest))
        self._own.pop(action_id, None)
        self._changed()

    def reset_all(self) -> None:
        """All declared keys again."""
        self._own.clear()
        self._changed()

    def _put(self, action_id: str, keys: str) -> None:
        if keys == BY_ID[action_id].shortcut:
            self._own.pop(action_id, None)
        else:
            self._own[action_id] = keys


def portable(pressed: QKeyCombination) -> str:
    """Pressed keys in portable notation; "" for a modifier alone."""
    if pressed.key() in (
        *(Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr),
        *(Qt.Key.Key_unknown, Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_Super_L, Qt.Key.Key_Super_R),
    ):
        return ""
    modifiers = pressed.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return QKeySequence(QKeyCombination(modifiers, pressed.key())).toString(QKeySequence.SequenceFormat.PortableText)


def why_not(pressed: QKeyCombination) -> str | None:
    """Why these keys may not be a shortcut, in words; None where they may."""
    key = pressed.key()
    plain = pressed.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier in (_PLAIN, _SHIFT)
    if key in _NEVER:
        return tr("This key already means the same everywhere.")
    if plain and key in _WALK:
        return tr("Arrow keys walk through the tree and through text. Hold Ctrl or Alt with them.")
    if plain and key < Qt.Key.Key_Escape:
        return tr("You could not type this any more. Hold Ctrl or Alt with it.")
    return None
