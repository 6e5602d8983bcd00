"""Numbers in words: tokens, money, seconds. No Qt: the command line says the same."""

from __future__ import annotations

from app.text import tr
from engine.usage import Usage


def caption(usage: Usage, seconds: float | None) -> str:
    """The numbers of a turn: ``167 tokens in, 6 out · 42 % from cache · $0.0004 (estimate) · 1.1 s``."""
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    if not read and not usage.output_tokens:
        return ""
    parts = [tr("{read} tokens in, {written} out", read=f"{read:,}", written=f"{usage.output_tokens:,}")]
    if usage.cache_read_tokens and read:
        parts.append(tr("{share}\u00a0% from cache", share=round(100 * usage.cache_read_tokens / read)))
    if usage.cost:
        parts.append(tr("${cost} (estimate)", cost=money(usage.cost)))
    if seconds is not None and seconds > 0:
        parts.append(tr("{seconds}\u00a0s", seconds=f"{seconds:.1f}"))
    return " · ".join(parts)


def money(cost: float) -> str:
    """Dollars with as many digits as it takes to see something: ``0.31``, ``0.0004``."""
    return f"{cost:.2f}" if cost >= 0.1 else f"{cost:.4f}"
