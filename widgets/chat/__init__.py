"""The chat: conversation, composer, approvals, notices. Use :class:`ChatView` and :class:`ChatItem`."""

from widgets.chat.items import ChatItem, ItemKind
from widgets.chat.view import ChatView

__all__ = ["ChatItem", "ChatView", "ItemKind"]
