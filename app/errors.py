"""Errors in the person's words: what happened, what it means for their work, what to do (as a button).

An error is either of *their world* (no network, disk full, a key that was refused) or *our bug*. Only here are
exceptions turned into sentences; the command line and the window show the same ones. Not here: showing them.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from app.keychain import KeychainError, MissingKey
from app.log import redact
from app.text import tr
from engine.errors import (
    Aborted,
    EngineError,
    ModelError,
    RenderError,
    SessionClosed,
    SessionLocked,
    SnapshotVersionError,
    StoreError,
    ValidationFailed,
)

Remedy = Literal["retry", "connections", "models", "problems", "data_folder", "copy_details", "restart_model", "none"]

_REMEDY_WORDS: dict[str, str] = {
    "retry": "Try again",
    "connections": "Open settings",
    "models": "Choose a model",
    "problems": "Show problems",
    "data_folder": "Show folder",
    "copy_details": "Copy details",
    "restart_model": "Try again",
}


class ModelNotHere(Exception):
    """The chosen model cannot be used yet: not downloaded, or not chosen. ``str(error)`` is a sentence."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error as it is shown.

    Attributes:
        what: What happened, one sentence.
        meaning: What it means for the person's work.
        remedy: What the button does, or ``none``.
        details: For folding out and copying; without secrets.
        ours: True for a bug of ours.
    """

    what: str
    meaning: str = ""
    remedy: Remedy = "none"
    details: str = ""
    ours: bool = False

    @property
    def sentence(self) -> str:
        """Both parts in one line of text."""
        return f"{self.what} {self.meaning}".strip()

    @property
    def button(self) -> str:
        """The words on the button, or "" where there is none."""
        words = _REMEDY_WORDS.get(self.remedy, "")
        return tr(words) if words else ""


_KEPT = "Your message is kept."

_MODEL: dict[str, tuple[str, str, Remedy]] = {
    "authentication": (
        "The model's provider did not accept the key.",
        "Nothing was lost. Check the key in Settings.",
        "connections",
    ),
    "permission": ("This key may not use this model.", "Choose another model, or another key.", "connections"),
    "billing": (
        "The account at the provider has no credit left.",
        "Your message is kept and can be sent again later.",
        "connections",
    ),
    "not_found": ("The provider does not know this model.", "Choose another one.", "models"),
    "invalid_request": (
        "The model refused the request as it was put together.",
        "Your message is kept. The details say what it objected to.",
        "retry",
    ),
    "rate_limit": ("The provider asks for a pause: too many requests.", _KEPT, "retry"),
    "overloaded": ("The model is overloaded at the moment.", _KEPT, "retry"),
    "server": ("The provider had an error of its own.", _KEPT, "retry"),
    "connection": (
        "The model could not be reached.",
        "Your message is kept. Check the network or the address in Settings.",
        "retry",
    ),
    "timeout": ("The model took too long to answer.", _KEPT, "retry"),
    "context": (
        "The conversation no longer fits into what this model can read.",
        "Limit the Timeline in the tree, or choose a model that reads more.",
        "models",
    ),
    "interrupted": ("The reply was cut off.", "What had arrived is kept.", "retry"),
    "unsupported": (
        "This model cannot do what the agent asks for.",
        "Choose another model, or switch that part of the agent off.",
        "models",
    ),
    "crashed": (
        "The model on this device stopped unexpectedly.",
        "The program and your session are fine. It starts again with the next message.",
        "restart_model",
    ),
    "unknown": ("The model call failed.", _KEPT, "retry"),
}

_STORE: dict[str, tuple[str, str, Remedy]] = {
    "full": ("The disk is full.", "Nothing that was saved is lost. Make some room, then try again.", "data_folder"),
    "locked": (
        "Another program is writing to this session.",
        "You can read it here; try again when the other one is done.",
        "retry",
    ),
    "readonly": (
        "The data folder cannot be written to.",
        "Nothing was changed. Check the folder's permissions.",
        "data_folder",
    ),
    "corrupt": ("The database is damaged.", "It was left as it is. A backup is in the data folder.", "data_folder"),
    "newer": (
        "The database was written by a newer version of Bough.",
        "It was not touched. Start the newer version.",
        "data_folder",
    ),
    "other": ("The database could not be used.", "Nothing that was saved is lost.", "data_folder"),
}


def explain(error: BaseException) -> Explanation:
    """What to tell a person about ``error``."""
    details = details_of(error)
    cause = _cause(error)
    if cause is not None:
        error = cause
    if isinstance(error, ModelError):
        what, meaning, remedy = _MODEL.get(error.kind, _MODEL["unknown"])
        if "this device" in str(error) or "model file" in str(error):
            what = str(error)  # what runs here is known better than any general sentence
        if error.kind == "rate_limit" and error.retry_after:
            meaning = tr(
                "Your message is kept. Try again in about {seconds} seconds.", seconds=round(error.retry_after)
            )
            return Explanation(tr(what), meaning, remedy, details)
        return Explanation(tr(what), tr(meaning), remedy, details)
    if isinstance(error, SessionLocked):
        what, meaning, remedy = _STORE["locked"]
        return Explanation(tr(what), tr(meaning), remedy, details)
    if isinstance(error, StoreError):
        what, meaning, remedy = _STORE.get(error.kind, _STORE["other"])
        return Explanation(tr(what), tr(meaning), remedy, details)
    if isinstance(error, Aborted):
        return Explanation(tr("Stopped."), tr("What had arrived is kept."), "retry", details)
    if isinstance(error, RenderError):
        return Explanation(tr("A part of this agent could not be put together."), str(error), "problems", details)
    if isinstance(error, SessionClosed):
        return Explanation(tr("This session is closed."), tr("Open it again from the list."), "none", details)
    if isinstance(error, SnapshotVersionError):
        return Explanation(tr("This was made by a newer version of Bough."), tr("It was not touched."), "none", details)
    known = _of_the_world(error, details)
    if known is not None:
        return known
    return Explanation(
        tr("Something went wrong inside Bough."),
        tr("Your work up to the last edit is saved. The details help us to find it."),
        "copy_details",
        details,
        ours=True,
    )


def _cause(error: BaseException) -> BaseException | None:
    """The error of ours that an error of the engine wraps: a missing key says more than a failed call."""
    seen = error.__cause__ or error.__context__
    while seen is not None:
        if isinstance(seen, (MissingKey, KeychainError, ModelNotHere)):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _of_the_world(error: BaseException, details: str) -> Explanation | None:
    if isinstance(error, MissingKey):
        return Explanation(str(error), "", "connections", details)
    if isinstance(error, ModelNotHere):
        return Explanation(str(error), tr("Your message is kept."), "models", details)
    if isinstance(error, KeychainError):
        return Explanation(str(error), tr("The key was not stored."), "connections", details)
    if type(error).__name__ == "DocumentError":
        problems = [str(getattr(item, "text", item)) for item in getattr(error, "problems", ())][:5]
        return Explanation(
            tr("This is not an agent that Bough can read."), "; ".join(problems) or str(error), "none", details
        )
    if type(error).__name__ == "ExportError":
        return Explanation(tr("This agent cannot be written as Python."), str(error), "none", details)
    if type(error).__name__ in ("EditError", "DownloadError"):
        return Explanation(str(error), "", "retry" if type(error).__name__ == "DownloadError" else "none", details)
    if isinstance(error, PermissionError):
        return Explanation(tr("{name} may not be opened.", name=error.filename or tr("A file")), "", "none", details)
    if isinstance(error, FileNotFoundError):
        return Explanation(tr("{name} is not there.", name=error.filename or tr("A file")), "", "none", details)
    if isinstance(error, OSError) and error.errno == 28:
        what, meaning, remedy = _STORE["full"]
        return Explanation(tr(what), tr(meaning), remedy, details)
    if isinstance(error, OSError) and error.filename and error.strerror:
        what = tr("{name} could not be used: {reason}.", name=error.filename, reason=error.strerror.lower())
        return Explanation(what, "", "none", details)
    if isinstance(error, ValidationFailed):
        return Explanation(tr("Something has the wrong shape."), str(error), "none", details)
    if isinstance(error, EngineError) and not (type(error) is EngineError and error.__cause__ is not None):
        return Explanation(str(error), "", "none", details)
    return None


def details_of(error: BaseException) -> str:
    """Kind, text, cause and trace of an error, without secrets."""
    return redact("".join(traceback.format_exception(error)).strip())
