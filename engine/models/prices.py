"""What models cost, from an editable file. Not here: adding up a session's cost (``engine.usage``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.model import Prices
from engine.models.resources import MODEL_RESOURCES
from engine.usage import Usage

DEFAULT_FILE = MODEL_RESOURCES / "prices.json"


class PriceFileError(ValueError):
    """The file of prices cannot be understood; the text says where."""


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """Prices of one model, and those of its long requests where they differ."""

    prices: Prices
    above_tokens: int | None = None
    above: Prices | None = None

    def cost(self, usage: Usage) -> float:
        """What ``usage`` of one call costs, in dollars."""
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        if self.above is not None and self.above_tokens is not None and prompt > self.above_tokens:
            return self.above.cost(usage)
        return self.prices.cost(usage)


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by the beginning of a model's name; the longest beginning that fits wins."""

    entries: Mapping[str, PriceEntry] = field(default_factory=dict)

    def find(self, model: str) -> PriceEntry | None:
        """The entry for ``model``, or None where nothing is known."""
        fitting = [name for name in self.entries if model == name or model.startswith(name + "-")]
        return self.entries[max(fitting, key=len)] if fitting else None


def load_prices(path: Path = DEFAULT_FILE, own: Path | None = None) -> PriceList:
    """Read the list; entries of the person's ``own`` file, where it exists, replace those of the same name.

    Raises:
        PriceFileError: A file is not JSON, or a price is missing or not a number.
    """
    entries = _read(path)
    if own is not None and own.exists():
        entries |= _read(own)
    return PriceList(entries)


def _read(path: Path) -> dict[str, PriceEntry]:
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {str(name): _entry(str(name), data) for name, data in models.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PriceFileError(f"The prices in {path} cannot be read: {error}") from error


def _entry(name: str, data: Mapping[str, Any]) -> PriceEntry:
    above = data.get("above")
    if above is None:
        return PriceEntry(_prices(name, data))
    return PriceEntry(_prices(name, data), int(above["tokens"]), _prices(f"{name}, above", above))


def _prices(name: str, data: Mapping[str, Any]) -> Prices:
    values = {part: data.get(part, 0) for part in ("input", "output", "cache_read", "cache_write")}
    for part, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise PriceFileError(f"the price {part!r} of {name!r} is not a number of dollars")
    return Prices(**{part: float(value) for part, value in values.items()})
