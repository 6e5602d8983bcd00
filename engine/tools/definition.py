"""What a tool is: its definition, the ``Tool`` element and the ``tool`` decorator. Not here: running one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.elements import Audience, Element, check_choice
from engine.errors import ValidationFailed
from engine.json_values import check_json
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

    def __post_init__(self) -> None:
        """Raise ValidationFailed where a property has the wrong shape; ``place`` names it."""
        if not isinstance(self.name, str) or not self.name:
            raise ValidationFailed(f"A tool's name must be a text, not {self.name!r}", place="name")
        self._check(isinstance(self.description, str), "description", "a text")
        self._check(self.handler is None or callable(self.handler), "handler", "a function")
        self._check(all(isinstance(alias, str) for alias in self.aliases), "aliases", "a list of texts")
        seconds = self.timeout
        fits = seconds is None or (isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0)
        self._check(fits, "timeout", "a number of seconds above 0")
        check_choice(self.audience, Audience, "audience")
        if self.provider is not None:
            check_json(self.provider, "provider")

    def _check(self, fits: bool, place: str, what: str) -> None:
        if not fits:
            found = getattr(self, place)
            raise ValidationFailed(f"{place} of tool {self.name} must be {what}, not {found!r}", place=place)

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


def _aliases(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


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
        "aliases": _aliases(aliases) if aliases is not _UNSET else _UNSET,
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
            merged["aliases"] = _aliases(merged["aliases"])
        return ToolDefinition(handler=handler, **merged)

    return make(function) if function is not None else make


def as_definitions(values: Any) -> list[ToolDefinition]:
    """The tools given to ``create_app``, a session or ``send``.

    Raises:
        ValidationFailed: They are no list of tools.
    """
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise ValidationFailed(f"tools must be a list of tools, not {type(values).__name__}", place="tools")
    return [as_definition(value) for value in values]


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
