"""The chat: conversation, composer, what the agent asks, notices. Use :class:`ChatView` and :class:`ChatItem`."""

from widgets.chat.items import ChatAnswer, ChatFile, ChatItem, ItemKind
from widgets.chat.view import ChatView

__all__ = ["ChatAnswer", "ChatFile", "ChatItem", "ChatView", "ItemKind"]
