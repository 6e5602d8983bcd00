"""What goes wrong with a provider, as :class:`engine.errors.ModelError` in plain words.

Not here: when to retry (the engine decides from ``retryable``), and wording for the screen (``app``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from engine.errors import ModelError, ModelErrorKind

_BY_STATUS: dict[int, ModelErrorKind] = {
    400: "invalid_request", 401: "authentication", 402: "billing", 403: "permission", 404: "not_found",
    408: "timeout", 409: "overloaded", 412: "invalid_request", 413: "context", 422: "invalid_request",
    429: "rate_limit", 431: "invalid_request", 499: "interrupted", 501: "unsupported", 503: "overloaded",
    504: "timeout", 529: "overloaded",
}  # fmt: skip
_BY_TYPE: dict[str, ModelErrorKind] = {
    "authentication_error": "authentication", "permission_error": "permission", "billing_error": "billing",
    "not_found_error": "not_found", "invalid_request_error": "invalid_request", "request_too_large": "context",
    "rate_limit_error": "rate_limit", "overloaded_error": "overloaded", "timeout_error": "timeout",
    "api_error": "server", "conflict_error": "overloaded",
}  # fmt: skip
_SENTENCES: dict[ModelErrorKind, str] = {
    "authentication": "The key was not accepted",
    "permission": "This key may not do that",
    "billing": "The account has no credit left, or its payment did not go through",
    "not_found": "The model or the address was not found",
    "invalid_request": "The request was refused",
    "rate_limit": "Too many requests at the moment",
    "overloaded": "The service is overloaded at the moment",
    "server": "The service had an error of its own",
    "timeout": "The service took too long to answer",
    "context": "The conversation is too long for this model",
    "unsupported": "The service does not support this",
    "interrupted": "The reply was interrupted",
    "connection": "The service could not be reached",
}
_RETRYABLE: frozenset[ModelErrorKind] = frozenset({"rate_limit", "overloaded", "server", "timeout", "connection"})
_TOO_LONG = ("prompt is too long", "context window", "exceed context", "too many tokens", "maximum context length")


def describe(kind: ModelErrorKind, detail: str = "") -> str:
    """A sentence for ``kind``, with what the service itself said."""
    sentence = _SENTENCES.get(kind, "The model could not answer")
    detail = " ".join(detail.split())[:500]
    return f"{sentence}: {detail}" if detail else f"{sentence}."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait, from its headers."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(headers["retry-after"]))
    except KeyError:
        return None
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(headers["retry-after"]) - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def from_status(status: int, body: Any, headers: Mapping[str, str]) -> ModelError:
    """The error for an answer with status 400 and above."""
    error_type, detail, request_id = _parts(body)
    kind = _BY_STATUS.get(status) or ("server" if status >= 500 else "unknown")
    # The type is finer than the status where both are known, except that 5xx stays what it is.
    if status < 500 and error_type in _BY_TYPE:
        kind = _BY_TYPE[error_type]
    if kind == "invalid_request":
        lower = detail.lower()
        if any(words in lower for words in _TOO_LONG):
            kind = "context"
        elif "credit balance" in lower:
            kind = "billing"
    return ModelError(
        describe(kind, detail),
        kind=kind,
        retryable=kind in _RETRYABLE,
        status=status,
        retry_after=retry_after(headers),
        request_id=headers.get("request-id") or request_id,
    )


def from_event(body: Any, request_id: str | None) -> ModelError:
    """The error for an ``error`` event inside a stream."""
    error_type, detail, own_id = _parts(body)
    kind = _BY_TYPE.get(error_type, "server")
    return ModelError(describe(kind, detail), kind=kind, retryable=kind in _RETRYABLE, request_id=request_id or own_id)


def from_exception(error: Exception, url: str) -> ModelError:
    """The error for an exception of the SDK or of the HTTP library below it."""
    import anthropic
    import httpx2

    if isinstance(error, ModelError):
        return error
    if isinstance(error, anthropic.APIStatusError):
        return from_status(error.status_code, error.body, error.response.headers)
    chain = (error, error.__cause__)

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(one, kinds) for one in chain)

    if any_is(anthropic.APITimeoutError, httpx2.TimeoutException):
        return ModelError(f"{url} took too long to answer.", kind="timeout", retryable=True)
    if any_is(httpx2.ConnectError):
        return ModelError(_unreachable(url, str(error.__cause__ or error)), kind="connection", retryable=True)
    if any_is(httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        return ModelError(f"{url} is not an address that can be called.", kind="invalid_request")
    if any_is(httpx2.TransportError, anthropic.APIConnectionError):
        return ModelError(f"The connection to {url} was lost.", kind="connection", retryable=True)
    return ModelError(describe("unknown", str(error)), kind="unknown")


def malformed(request_id: str | None, detail: str = "") -> ModelError:
    """The error for an event that does not follow the protocol."""
    return ModelError(
        "The service sent something that is not part of the protocol" + (f": {detail}" if detail else "."),
        kind="server",
        retryable=True,
        request_id=request_id,
    )


def _unreachable(url: str, detail: str) -> str:
    lower = detail.lower()
    if "name or service" in lower or "getaddrinfo" in lower or "nodename" in lower or "name resolution" in lower:
        return f"There is no machine of that name: {url}"
    if "certificate" in lower or "ssl" in lower:
        return f"The connection to {url} is not secure: its certificate was not accepted."
    return f"Nothing answers at {url}."


def _parts(body: Any) -> tuple[str, str, str | None]:
    if isinstance(body, str | bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return "", "", None  # a page of some web server; its text says nothing to anybody
    if not isinstance(body, Mapping):
        return "", "", None
    error = body.get("error")
    request_id = body.get("request_id")
    request_id = request_id if isinstance(request_id, str) else None
    if isinstance(error, Mapping):
        return str(error.get("type", "")), str(error.get("message", "")), request_id
    return "", str(error or body.get("message") or ""), request_id
