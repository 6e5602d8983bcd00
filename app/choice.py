"""Which model an agent uses: its own wish, else what the settings say. Making it is in ``model_factory``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from app.connections import DEFAULT_ANTHROPIC_MODEL, Connection
from app.settings import Settings

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument

ICONS = {"on_device": "cpu", "anthropic": "key-round", "server": "server"}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A connection and a model there.

    Attributes:
        wished: The agent asked for it; False where the settings decided.
        missing: The connection that the agent wished for and that is not set up here, or "".
    """

    connection: Connection
    model: str
    wished: bool = False
    missing: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.connection.kind]

    def label(self, model_label: str = "") -> str:
        """``On this device · Qwen 1.5B``."""
        name = model_label or short_model(self.model)
        return f"{self.connection.title} · {name}" if name else self.connection.title


def wish_of(document: AgentDocument | None) -> tuple[str, str]:
    """The connection and the model that an agent names; "" where it leaves it open."""
    if document is None:
        return "", ""
    wish = document.root.props.get("model")
    if not isinstance(wish, Mapping):
        return "", ""
    return str(wish.get("connection", "") or ""), str(wish.get("model", "") or "")


def choose(document: AgentDocument | None, settings: Settings, *, connection: str = "", model: str = "") -> ModelChoice:
    """The model to use. What is given explicitly wins, then the agent's wish, then the settings."""
    wished_connection, wished_model = wish_of(document)
    asked = connection or wished_connection
    found = find_connection(settings, asked) if asked else None
    fallback = settings.connection(settings.default_connection) or settings.connections[0]
    chosen = found or fallback
    if model:
        name = model
    elif found is not None and not connection and wished_model:
        name = wished_model
    else:
        name = chosen.model
    if not name and chosen.kind == "anthropic":
        name = DEFAULT_ANTHROPIC_MODEL
    return ModelChoice(chosen, name, wished=found is not None, missing=asked if asked and found is None else "")


def find_connection(settings: Settings, name: str) -> Connection | None:
    """A connection by id, by title, or by kind; None where there is none of that name."""
    by_id = settings.connection(name)
    if by_id is not None:
        return by_id
    wanted = name.strip().lower().replace("_", "-")
    for item in settings.connections:
        if wanted in (item.title.lower(), item.kind.replace("_", "-")):
            return item
    return None


def short_model(model: str) -> str:
    """A model's name as it fits on a button: a file loses its folder and ending."""
    if model.endswith(".gguf") or "/" in model or "\\" in model:
        return PurePath(model.replace("\\", "/")).name.removesuffix(".gguf")
    return model


def wish_value(connection: Connection, model: str) -> dict[str, Any]:
    """The value of an agent's ``model`` property for a choice."""
    return {"connection": connection.id, "model": model}
