"""What a tool is: its definition, the ``Tool`` element and the ``tool`` decorator. Not here: running one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.elements import Element
from engine.errors import ValidationFailed
from engine.tools.schema import Signature, read_signature


@dataclass(frozen=True, slots=True, eq=True)
class ToolDefinition:
    """A tool: an element when it stands in a tree, and callable as the function it was made of.

    Attributes:
        name: What the model calls it by.
        description: What the model is told of it.
        handler: The function that does the work, sync or async; None for output and provider tools.
        input: What describes its input: a JSON schema, a pydantic model, or None (the handler's signature).
        output: True or a description of the input: a call is an output of the execution and ends it.
        requires_confirmation: Ask before it runs: True, a message, or a function of the input that gives either.
        audience: ``model``; ``user``: not sent to the model, but can be dispatched; ``all``: both.
        aliases: Other names it answers to.
        serial: Never runs beside another tool.
        inline: A sync handler that is quick and pure: it runs on the loop, not in a thread.
        timeout: Seconds after which it is given up.
        summary: A function of the input that says in a few words what the call does.
        provider: A tool that the provider runs, as it is sent.
    """

    name: str
    description: str = ""
    handler: Callable[..., Any] | None = None
    input: Any = None
    output: Any = None
    requires_confirmation: Any = False
    audience: str = "model"
    aliases: tuple[str, ...] = ()
    serial: bool = False
    inline: bool = False
    timeout: float | None = None
    summary: Callable[[Any], str] | None = None
    provider: Mapping[str, Any] | None = None

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself."""
        if self.handler is None:
            raise ValidationFailed(f"The tool {self.name} has no handler")
        return self.handler(*args, **kwargs)

    def __element__(self) -> Element:
        return Element("tool", {"definition": self})

    def element(self, *, key: str | None = None, **overrides: Any) -> Element:
        """The tool as an element whose properties differ from the definition's."""
        return Element("tool", {"definition": dataclasses.replace(self, **overrides)}, (), key)

    def signature(self) -> Signature:
        """The JSON schema of the input and how the handler takes it; made once per handler and input."""
        return read_signature(
            self.name, self.handler, self.input if self.input is not None else _described(self.output)
        )


def _described(output: Any) -> Any:
    return None if output is None or isinstance(output, bool) else output


_UNSET: Any = object()


def Tool(
    name: str | ToolDefinition,
    description: str = _UNSET,
    handler: Callable[..., Any] | None = _UNSET,
    input: Any = _UNSET,
    output: Any = _UNSET,
    requires_confirmation: Any = _UNSET,
    audience: str = _UNSET,
    aliases: Sequence[str] = _UNSET,
    serial: bool = _UNSET,
    inline: bool = _UNSET,
    timeout: float | None = _UNSET,
    summary: Callable[[Any], str] | None = _UNSET,
    *,
    provider: Mapping[str, Any] | None = _UNSET,
    key: str | None = None,
) -> Element:
    """A tool the model may call while this element is in the tree. See :class:`ToolDefinition` for the properties.

    The first argument may be a tool made with :func:`tool`; what is given beside it holds for this element only.

    Example:
        >>> element = Tool("add", "Adds", lambda a, b: a + b)
    """
    given = {
        "description": description,
        "handler": handler,
        "input": input,
        "output": output,
        "requires_confirmation": requires_confirmation,
        "audience": audience,
        "aliases": tuple(aliases) if aliases is not _UNSET else _UNSET,
        "serial": serial,
        "inline": inline,
        "timeout": timeout,
        "summary": summary,
        "provider": provider,
    }
    props = {field: value for field, value in given.items() if value is not _UNSET}
    if isinstance(name, ToolDefinition):
        definition = dataclasses.replace(name, **props)
    else:
        definition = ToolDefinition(name, **props)
    return Element("tool", {"definition": definition}, (), key)


def tool(function: Callable[..., Any] | None = None, **props: Any) -> Any:
    """Make a tool of a function: an element for a tree, and still callable.

    Without arguments the name is the function's and the description its docstring's first paragraph.

    Example:
        >>> @tool
        ... def add(a: int, b: int) -> int:
        ...     "Add two numbers."
        ...     return a + b
        >>> add(1, 2), add.name, add.description
        (3, 'add', 'Add two numbers.')
    """

    def make(handler: Callable[..., Any]) -> ToolDefinition:
        doc = (handler.__doc__ or "").strip().split("\n\n")[0]
        merged = {"name": handler.__name__, "description": " ".join(doc.split()), **props}
        if "aliases" in merged:
            merged["aliases"] = tuple(merged["aliases"])
        return ToolDefinition(handler=handler, **merged)

    return make(function) if function is not None else make


def as_definition(value: Any) -> ToolDefinition:
    """A tool given to ``create_app`` or ``send``: a definition, a Tool element, a function, or a provider's tool.

    Raises:
        ValidationFailed: It is none of these.
    """
    if isinstance(value, ToolDefinition):
        return value
    if isinstance(value, Element) and value.kind == "tool":
        found: ToolDefinition = value.props["definition"]
        return found
    if isinstance(value, Mapping) and "name" in value and "type" in value:
        return ToolDefinition(str(value["name"]), provider=dict(value))
    if callable(value):
        made: ToolDefinition = tool(value)
        return made
    raise ValidationFailed(
        f"A tool is a Tool, a function or a provider's tool, not {type(value).__name__}", place="tools"
    )
