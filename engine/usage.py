"""Counting tokens and money. Not here: prices (those belong to the model's ``ModelInfo``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls. Addition adds field by field.

    ``cost`` is an estimate in US dollars; 0.0 for models that cost nothing.

    Example:
        >>> Usage(input_tokens=10, output_tokens=5) + Usage(input_tokens=1)
        Usage(input_tokens=11, output_tokens=5, cache_read_tokens=0, cache_write_tokens=0, thinking_tokens=0, cost=0.0)
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    thinking_tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        if other is NO_USAGE:
            return self
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.thinking_tokens + other.thinking_tokens,
            self.cost + other.cost,
        )

    def to_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "thinking_tokens": self.thinking_tokens,
            "cost": self.cost,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Usage:
        """The inverse of :meth:`to_json`; unknown fields are ignored, missing ones are 0."""
        data = data or {}
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})


NO_USAGE = Usage()
"""Nothing used; a default for fields."""
