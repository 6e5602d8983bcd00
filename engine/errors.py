"""Every error the engine raises on purpose.

Here: the exception types and the facts each carries. Not here: how an error is worded for a person on
screen (``app/errors.py``), and exceptions of libraries, which are translated at the edge where they appear.
"""

from __future__ import annotations

from typing import Literal

ModelErrorKind = Literal[
    "authentication",
    "permission",
    "billing",
    "not_found",
    "invalid_request",
    "rate_limit",
    "overloaded",
    "server",
    "connection",
    "timeout",
    "context",
    "interrupted",
    "unsupported",
    "crashed",
    "unknown",
]


class EngineError(Exception):
    """Base of all errors below. ``str(error)`` is a sentence that says what happened."""


class SessionClosed(EngineError):
    """The session was closed; nothing more can be asked of it."""

    def __init__(self, message: str = "Session is closed") -> None:
        super().__init__(message)


class Aborted(EngineError):
    """The execution was aborted. ``str(error)`` is the reason that was given."""

    def __init__(self, reason: str = "Aborted") -> None:
        super().__init__(reason)
        self.reason = reason


class RenderError(EngineError):
    """A component raised while rendering. The model was not called.

    Attributes:
        path: Path of the element whose component raised.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class ModelError(EngineError):
    """A model call failed, or ended without saying that it was complete.

    Attributes:
        kind: What went wrong, in a vocabulary that does not depend on the provider.
        retryable: Whether the same request may succeed later.
        status: HTTP status, where there was one.
        retry_after: Seconds the provider asked us to wait, where it did.
        request_id: The provider's id of the request, for its support.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ModelErrorKind = "unknown",
        retryable: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id


class ToolError(EngineError):
    """A tool failed; the text is what the model is told."""


class NotPermitted(ToolError):
    """An agent wanted to do something that the person did not allow. Nothing happened.

    Attributes:
        sentence: What it wanted to do.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(f"This was not allowed: {sentence}")
        self.sentence = sentence


class ValidationFailed(EngineError):
    """Something given to the engine has the wrong shape.

    Attributes:
        place: Where in the given value the problem lies (``messages[0].content``), or "".
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class UnknownTool(EngineError):
    """No tool of that name is mounted."""


class SpawnDepthExceeded(EngineError):
    """A spawned session spawned another, more than ten levels deep."""


class StoreError(EngineError):
    """The database could not be read or written.

    Attributes:
        kind: ``full``, ``locked``, ``readonly``, ``corrupt``, ``newer`` or ``other``.
    """

    def __init__(self, message: str, *, kind: str = "other") -> None:
        super().__init__(message)
        self.kind = kind


class SessionLocked(StoreError):
    """Another process is writing this session; it can be read but not written here."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="locked")


class SnapshotVersionError(EngineError):
    """The snapshot was made by a newer version of the engine."""
