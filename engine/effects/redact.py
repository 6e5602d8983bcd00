"""Taking secrets out of what came back: a server may repeat what it was sent. Not here: the program's log."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"
_SHORTEST = 4


class Redactor:
    """Knows the secrets of one request in the forms in which they may turn up again.

    Example:
        >>> redactor = Redactor()
        >>> redactor.hide("k/1 2")
        >>> redactor.text("you sent k/1 2, or k%2F1%202")
        'you sent [hidden], or [hidden]'
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def hide(self, secret: str) -> None:
        """From now on this never comes through. Fewer than four characters hide nothing: they would hide words."""
        if len(secret) < _SHORTEST:
            return
        self._forms |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
        self._forms |= {json.dumps(secret, ensure_ascii=False)[1:-1], secret.encode().hex()}
        self._forms.add(base64.b64encode(secret.encode()).decode())

    def text(self, text: str) -> str:
        """The text without them."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        return text

    def value(self, value: Any) -> Any:
        """A JSON value without them, in names and texts."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(item) for name, item in value.items()}
        return value
