"""The list of all sessions. Use :class:`SessionList` with a :class:`SessionSource`."""

from widgets.sessions.source import SessionEntry, SessionPage, SessionQuery, SessionSource
from widgets.sessions.view import SessionList

__all__ = ["SessionEntry", "SessionList", "SessionPage", "SessionQuery", "SessionSource"]
