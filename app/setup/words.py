"""What the set-up says: whole sentences, on standard error, and the error that ends it in one. No decisions here."""

from __future__ import annotations

import sys
import textwrap


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


class NoPythonError(SetupError):
    """The Python that is asked for is not on this machine."""


def say(text: str) -> None:
    """One paragraph for the person; standard output belongs to the program itself."""
    for paragraph in text.split("\n"):
        if paragraph.startswith("    "):  # a line to type stays in one piece
            print(paragraph, file=sys.stderr)
        else:
            print(textwrap.fill(paragraph, 110, break_long_words=False, break_on_hyphens=False), file=sys.stderr)
    sys.stderr.flush()
