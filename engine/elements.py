"""Elements: plain descriptions of what a model is given. Here: the element type and one constructor per kind.

Not here: what an element turns into (``engine/compiler``), how a tree of them lives on (``engine/reconciler``),
tools (``engine/tools/definition.py``) and contexts (``engine/hooks/context.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from engine.errors import ValidationFailed

Audience = Literal["model", "user", "all"]
Position = Literal["end", "start", "before-user"]
Strategy = Literal["truncate", "sliding-window", "summarize"]


@dataclass(frozen=True, slots=True, eq=True)
class Element:
    """One node of a tree: what it is, its properties, its children and its explicit key.

    Elements compare by value, so that a component given equal properties is not rendered again.

    Attributes:
        kind: The name of a built-in kind (``section``), or the component that renders it.
        props: Its properties.
        children: Strings, numbers, blocks, elements, and lists of these.
        key: Its segment in the path, instead of name and slot.
    """

    kind: Any
    props: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Any, ...] = ()
    key: str | None = None

    __hash__ = None  # type: ignore[assignment]

    @property
    def name(self) -> str:
        """The name that stands in a path when there is no key: ``Section``, or the component's ``__name__``."""
        if isinstance(self.kind, str):
            return NAMES.get(self.kind, self.kind)
        return str(getattr(self.kind, "__name__", "Component"))


NAMES: dict[str, str] = {
    kind: "".join(part.capitalize() for part in kind.split("_"))
    for kind in [
        "system",
        "section",
        "timeline",
        "message",
        "ephemeral",
        "grounding",
        "tool",
        "knobs",
        "model",
        "fragment",
        "expandable",
        "provider",
        "text",
        "image",
        "document",
        "code",
        "json",
        "heading",
        "paragraph",
        "bullet_list",
        "table",
    ]
}


def check_choice(value: Any, allowed: Any, place: str) -> None:
    """Raise ValidationFailed, with its place, unless the value is one of a ``Literal`` type's."""
    names = get_args(allowed)
    if value not in names:
        raise ValidationFailed(f"{place} must be one of {', '.join(names)}, not {value!r}", place=place)


def _check_whole(value: Any, place: str, *, least: int | None = None) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise ValidationFailed(f"{place} must be a whole number{bound}, not {value!r}", place=place)


def System(*children: Any, audience: Audience = "model", key: str | None = None) -> Element:
    """Words of the system prompt, one block in the tree's order.

    Example:
        >>> System("You are an assistant.").kind
        'system'
    """
    check_choice(audience, Audience, "audience")
    return Element("system", {"audience": audience}, children, key)


def Section(
    *children: Any,
    id: str | None = None,
    title: str | None = None,
    audience: Audience = "model",
    collapsed: str | None = None,
    tags: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Element:
    """A part of the context in ``<section id title>`` tags.

    Before the Timeline it belongs to the system prompt, after it to the end of the last user message.

    Args:
        children: Text, blocks and elements, joined by line breaks.
        id: Two sections of one id become one.
        title: Shown as an attribute of the tag.
        audience: ``user`` never reaches the model.
        collapsed: A summary that stands in for the content until the model expands it.
        tags: For programs that read the compiled section; not sent.
        metadata: Likewise.
        key: Its place in the path.
    """
    check_choice(audience, Audience, "audience")
    props = {
        "id": id,
        "title": title,
        "audience": audience,
        "collapsed": collapsed,
        "tags": tuple(tags),
        "metadata": dict(metadata or {}),
    }
    return Element("section", props, children, key)


def Timeline(
    *,
    limit: int | None = None,
    roles: Sequence[str] | None = None,
    filter: Callable[[Any], bool] | None = None,
    max_tokens: int | None = None,
    headroom: int = 0,
    strategy: Any = "truncate",
    preserve: Sequence[str] = (),
    guidance: str | None = None,
    on_evict: Callable[[list[Any]], Any] | None = None,
    render: Callable[..., Any] | None = None,
    key: str | None = None,
) -> Element:
    """The place of the session's history.

    The running execution's entries are never cut, and cuts fall only in front of a person's message.

    Args:
        limit: At most so many entries, the newest; with ``summarize`` the others are summed up.
        roles: Only entries of these roles; those of the running execution are always shown.
        filter: Only entries for which it is true; those of the running execution are always shown.
        max_tokens: The most that history may weigh.
        headroom: Tokens of that budget to keep free.
        strategy: ``truncate``, ``sliding-window``, ``summarize``, or an (async) function
            ``f(entries, budget, guidance)`` that returns the entries to keep.
        preserve: Roles that ``sliding-window`` never evicts.
        guidance: Words for the strategy.
        on_evict: Called with the entries that were left out, when they change.
        render: ``f(history, pending, budget)`` that returns entries and elements to show instead.
        key: Its place in the path.
    """
    if not callable(strategy):
        check_choice(strategy, Strategy, "strategy")
    if limit is not None:
        _check_whole(limit, "limit", least=0)
    if max_tokens is not None:
        _check_whole(max_tokens, "max_tokens", least=0)
    _check_whole(headroom, "headroom", least=0)
    props = {
        "limit": limit,
        "roles": tuple(roles) if roles is not None else None,
        "filter": filter,
        "max_tokens": max_tokens,
        "headroom": headroom,
        "strategy": strategy,
        "preserve": tuple(preserve),
        "guidance": guidance,
        "on_evict": on_evict,
        "render": render,
    }
    return Element("timeline", props, (), key)


def Message(
    *children: Any,
    role: str = "user",
    collapsed: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Element:
    """A message ahead of history (a few-shot example). Never stored. After the Timeline it is an error."""
    return Element("message", {"role": role, "collapsed": collapsed, "metadata": dict(metadata or {})}, children, key)


def User(*children: Any, collapsed: str | None = None, key: str | None = None) -> Element:
    """A few-shot message of the person."""
    return Message(*children, role="user", collapsed=collapsed, key=key)


def Assistant(*children: Any, collapsed: str | None = None, key: str | None = None) -> Element:
    """A few-shot message of the assistant."""
    return Message(*children, role="assistant", collapsed=collapsed, key=key)


def Event(*children: Any, collapsed: str | None = None, key: str | None = None) -> Element:
    """A few-shot message that tells of something that happened; sent as user text marked as an event."""
    return Message(*children, role="event", collapsed=collapsed, key=key)


def Ephemeral(
    *children: Any,
    position: Position = "end",
    order: int = 0,
    key: str | None = None,
) -> Element:
    """Words for this call only, never stored. ``position`` wins over the place in the tree.

    Args:
        children: The words.
        position: ``end``: behind everything; ``start``: in front of all messages; ``before-user``: in front of
            the words that began the running execution.
        order: Lower ones come first among those of one position.
        key: Its place in the path.
    """
    check_choice(position, Position, "position")
    _check_whole(order, "order")
    return Element("ephemeral", {"position": position, "order": order}, children, key)


def Grounding(*children: Any, title: str | None = None, key: str | None = None) -> Element:
    """Facts for this call in ``<grounding>`` tags, at the place where they stand, never stored."""
    return Element("grounding", {"title": title}, children, key)


def Knobs(*, title: str = "Knobs", key: str | None = None) -> Element:
    """The place of the list of knobs. Without one it closes the system prompt."""
    return Element("knobs", {"title": title}, (), key)


def Model(model: Any = None, *, key: str | None = None, **options: Any) -> Element:
    """Which model answers, and its settings, for this tree. The last one in the tree wins, setting by setting.

    Args:
        model: An object with ``stream`` (see ``engine.model.Model``) or the name of a model of the session's adapter.
        options: ``max_tokens``, ``thinking``, ``tool_choice``, ``temperature``, …, as the adapter takes them.
        key: Its place in the path.
    """
    if model is not None and not isinstance(model, str) and not hasattr(model, "stream"):
        raise ValidationFailed(f"A model is a name or has stream(), not {type(model).__name__}", place="model")
    return Element("model", {"model": model, "options": options}, (), key)


def Fragment(*children: Any, key: str | None = None) -> Element:
    """Several elements as one."""
    return Element("fragment", {}, children, key)


def Expandable(
    *children: Any, summary: str, name: str | None = None, group: str | None = None, key: str | None = None
) -> Element:
    """Content that shows only its summary until the model expands it with ``set_knob(name, true)``.

    It is collapsed again when the execution ends.

    Args:
        children: The whole content.
        summary: What is shown instead.
        name: The name to expand it by; by default its key, or made from its path.
        group: A group of names that can be expanded together.
        key: Its place in the path.
    """
    return Element("expandable", {"collapsed": summary, "name": name, "group": group}, children, key)


def Text(*children: Any, collapsed: str | None = None, key: str | None = None) -> Element:
    """A block of text."""
    return Element("text", {"collapsed": collapsed}, children, key)


def Image(
    url: str | None = None,
    *,
    data: str | None = None,
    media_type: str | None = None,
    source: Mapping[str, Any] | None = None,
    collapsed: str | None = None,
    key: str | None = None,
) -> Element:
    """An image by ``url``, by base64 ``data`` with its ``media_type``, or with the provider's ``source`` as it is."""
    return Element("image", {"source": _source(url, data, media_type, source), "collapsed": collapsed}, (), key)


def Document(
    url: str | None = None,
    *,
    data: str | None = None,
    media_type: str | None = None,
    text: str | None = None,
    source: Mapping[str, Any] | None = None,
    title: str | None = None,
    collapsed: str | None = None,
    key: str | None = None,
) -> Element:
    """A document by ``url``, by base64 ``data`` (PDF by default), as plain ``text``, or with a ``source`` as it is."""
    if text is not None:
        source = {"type": "text", "media_type": "text/plain", "data": text}
    made = _source(url, data, media_type or "application/pdf", source)
    return Element("document", {"source": made, "title": title, "collapsed": collapsed}, (), key)


def _source(
    url: str | None, data: str | None, media_type: str | None, source: Mapping[str, Any] | None
) -> dict[str, Any]:
    if source is not None:
        return dict(source)
    if url is not None:
        return {"type": "url", "url": url}
    return {"type": "base64", "media_type": media_type or "image/png", "data": data or ""}


def Code(*children: Any, language: str | None = None, collapsed: str | None = None, key: str | None = None) -> Element:
    """Code in a fence. ``Code("py", "x = 1")`` and ``Code("x = 1", language="py")`` are the same."""
    if language is None and len(children) > 1 and isinstance(children[0], str):
        language, children = children[0], children[1:]
    return Element("code", {"language": language or "", "collapsed": collapsed}, children, key)


def Json(value: Any, *, indent: int | None = 2, collapsed: str | None = None, key: str | None = None) -> Element:
    """A value as JSON."""
    return Element("json", {"value": value, "indent": indent, "collapsed": collapsed}, (), key)


def Heading(*children: Any, level: int = 2, key: str | None = None) -> Element:
    """A heading: ``## text``."""
    _check_whole(level, "level", least=1)
    return Element("heading", {"level": level}, children, key)


def Paragraph(*children: Any, key: str | None = None) -> Element:
    """Text with blank lines around it."""
    return Element("paragraph", {}, children, key)


def BulletList(*children: Any, ordered: bool = False, key: str | None = None) -> Element:
    """A list: each child is an item, ``- item`` or, ordered, ``1. item``."""
    return Element("bullet_list", {"ordered": ordered}, children, key)


def Table(rows: Sequence[Sequence[Any]], *, headers: Sequence[Any] | None = None, key: str | None = None) -> Element:
    """A table with pipes; without ``headers`` the first row is the head."""
    table = [list(row) for row in rows]
    head = list(headers) if headers is not None else (table.pop(0) if table else [])
    return Element("table", {"headers": head, "rows": table}, (), key)
