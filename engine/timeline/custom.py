"""A Timeline with a render function: what it returns takes the place of the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.elements import Element
from engine.entries import Entry
from engine.errors import RenderError
from engine.messages import messages_of
from engine.reconciler.children import flatten
from engine.timeline.select import Choice

if TYPE_CHECKING:
    from engine.compiler.compile import CompileInput


def rendered_choice(render: Callable[..., Any], choice: Choice, given: CompileInput, path: str) -> Choice:
    """The choice that a render function makes of history, waiting messages and the budget.

    It returns entries, message elements and messages, in order.

    Raises:
        RenderError: It raised, or returned something else.
    """
    try:
        output = render(list(choice.entries), [m.to_json() for m in given.pending], choice.budget)
    except Exception as error:
        raise RenderError(f"The render function of {path} raised {type(error).__name__}: {error}", path=path) from error
    entries: list[Entry] = []
    for number, (_, item) in enumerate(flatten(output)):
        if isinstance(item, Entry):
            entries.append(item)
        elif isinstance(item, Element | str | dict):
            for message in messages_of(item):
                made = Entry(f"{path}#{number}", -1, message.role, message.content, "", 0, metadata={"derived": True})
                entries.append(made)
        else:
            raise RenderError(f"The render function of {path} returned a {type(item).__name__}", path=path)
    return Choice(entries, None, choice.budget, choice.evicted)
