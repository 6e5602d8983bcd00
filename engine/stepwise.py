"""Long work that can be done a little at a time: a generator that yields between its parts and returns the result.

Whoever has a window to keep moving runs a few parts at a time; everybody else calls :func:`finish`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Stepwise = Generator[None, None, T]
"""Work with a result, which may be left between two parts and gone on with later, or closed."""


def finish(work: Stepwise[T]) -> T:
    """Do all that is left of it.

    Example:
        >>> def halves() -> Stepwise[int]:
        ...     yield
        ...     return 2
        >>> finish(halves())
        2
    """
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
