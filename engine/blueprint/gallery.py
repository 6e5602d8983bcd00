"""The templates that come with the program: their cards, their documents, and a recorded session of each.

A template is an agent file with a card under ``template`` (see ``docs/documents.md``). An agent that hands tasks to
others brings them along in the card, and names them ``template:<name>`` where it uses them. The recorded session is a
recording of ``engine.testing`` beside it, which replays with no model. Not here: keeping agents (``app.library``).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.files import DocumentError, load_document, load_file
from engine.blueprint.form_fields import fields

log = logging.getLogger("engine.blueprint")

SUFFIX = ".bough.json"
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "templates"
"""Beside the packages, in a checkout, an installation and a packaged program alike."""
RECORDINGS = "recordings"
BUNDLED = "template:"
"""How a template names an agent that it brings along."""

CATEGORIES: dict[str, str] = {
    "everyday": "Everyday",
    "writing": "Writing",
    "learning": "Learning",
    "work": "Work",
    "answers": "Answers",
    "start": "Start from scratch",
}
"""What a template may say it is for, in the order of the gallery."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recorded session, as a chat shows it.

    Attributes:
        role: Who: ``person``, ``agent`` or ``tool``.
        text: What was said; for a tool, what it replied.
        tool: The technical name of the tool, "" for words.
        input: What the tool was given.
        failed: Whether the tool's reply is an error.
    """

    role: Literal["person", "agent", "tool"]
    text: str
    tool: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One template.

    Attributes:
        name: Name of its file without the ending.
        title: Headline of its card.
        description: One line.
        icon: Lucide icon.
        hue: Node group whose colour the card takes.
        needs: What it needs to run, in a few words.
        document: The agent.
        category: What it is for, one of :data:`CATEGORIES`.
        suggestions: First messages to try.
        agents: Agents that it brings along, by the name that it calls them.
        recording: File of its recorded session, None where there is none.
    """

    name: str
    title: str
    description: str
    icon: str
    hue: str
    needs: str
    document: AgentDocument
    category: str = "everyday"
    suggestions: tuple[str, ...] = ()
    agents: Mapping[str, AgentDocument] = field(default_factory=dict)
    recording: Path | None = None
    order: int = field(default=100, compare=False)

    def conversation(self) -> tuple[Line, ...]:
        """The recorded session as lines; none where there is no recording or it cannot be read."""
        if self.recording is None:
            return ()
        try:
            recorded = json.loads(self.recording.read_text(encoding="utf-8"))
            return tuple(lines(recorded["entries"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("The recording %s cannot be used: %s", self.recording.name, error)
            return ()

    def bound(self, ids: Mapping[str, str]) -> AgentDocument:
        """The agent with the ids that this machine gave to the agents it brings along.

        Args:
            ids: The id of each kept agent, by its name in :attr:`agents`.
        """
        return bind(self.document, ids)


def templates(folder: Path | None = None) -> tuple[Template, ...]:
    """All templates, in the order of the gallery. One that cannot be read is left out and logged."""
    found = []
    for path in sorted((folder or FOLDER).glob(f"*{SUFFIX}")):
        try:
            found.append(read_template(path))
        except (DocumentError, OSError) as error:
            log.warning("The template %s cannot be used: %s", path.name, error)
    return tuple(sorted(found, key=lambda template: (template.order, template.title)))


def read_template(path: Path) -> Template:
    """One template from its file.

    Raises:
        DocumentError: It is no agent, or an agent that it brings along is none.
        OSError: It cannot be read.
    """
    document = load_file(path)
    about: Any = document.extra.get("template")
    card: Mapping[str, Any] = about if isinstance(about, Mapping) else {}
    root = document.root.props

    def said(name: str, otherwise: str) -> str:
        value = card.get(name)
        return value if isinstance(value, str) and value else otherwise

    order = card.get("order")
    category = said("category", "everyday")
    name = path.name.removesuffix(SUFFIX)
    recording = path.parent / RECORDINGS / f"{name}.json"
    return Template(
        name=name,
        title=said("title", str(root.get("name", path.stem))),
        description=said("description", str(root.get("description", ""))),
        icon=said("icon", str(root.get("icon", "bot"))),
        hue=said("hue", "instructions"),
        needs=said("needs", ""),
        document=_plain(document),
        category=category if category in CATEGORIES else "everyday",
        suggestions=suggestions(document),
        agents=_bundled(card.get("agents")),
        recording=recording if recording.is_file() else None,
        order=order if isinstance(order, int) else 100,
    )


def suggestions(document: AgentDocument) -> tuple[str, ...]:
    """The first messages that an agent offers in an empty chat."""
    given = document.root.props.get("suggestions", ())
    return tuple(text.strip() for text in given if isinstance(text, str) and text.strip())


def bind(document: AgentDocument, ids: Mapping[str, str]) -> AgentDocument:
    """A document in which ``template:<name>`` became the id of that agent; names that are not given stay."""

    def bound(node: Node) -> Node:
        changed = {
            each.name: ids[value.removeprefix(BUNDLED)]
            for each in fields(node.kind)
            if each.editor == "agent"
            and isinstance(value := node.props.get(each.name), str)
            and value.startswith(BUNDLED)
            and value.removeprefix(BUNDLED) in ids
        }
        children = tuple(bound(child) for child in node.children)
        return Node(node.id, node.kind, {**node.props, **changed}, children, node.enabled, node.extra)

    return document.replace_root(bound(document.root))


def lines(entries: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """The entries of a recording as lines: words, and each tool call with its reply."""
    results = {
        block.get("tool_use_id"): block
        for entry in entries
        for block in entry["content"]
        if str(block.get("type", "")).endswith("tool_result")
    }
    for entry in entries:
        for block in entry["content"]:
            kind = block.get("type")
            if kind == "text" and entry["role"] in ("user", "assistant") and block["text"].strip():
                yield Line("person" if entry["role"] == "user" else "agent", block["text"])
            elif kind in ("tool_use", "server_tool_use"):
                result = results.get(block["id"], {})
                given = block.get("input")
                told = given if isinstance(given, Mapping) else {}
                failed = bool(result.get("is_error"))
                yield Line("tool", _reply_text(result.get("content")), str(block["name"]), told, failed)


def _reply_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    pieces = []
    for block in content if isinstance(content, list) else ():
        if block.get("type") == "text":
            pieces.append(str(block["text"]))
        elif block.get("title"):  # what a web search found
            pieces.append(f"{block['title']}\n{block.get('url', '')}".strip())
    return "\n".join(pieces)


def _plain(document: AgentDocument) -> AgentDocument:
    extra = {key: value for key, value in document.extra.items() if key != "template"}
    return AgentDocument(document.root, document.format_version, extra)


def _bundled(given: Any) -> dict[str, AgentDocument]:
    if not isinstance(given, Mapping):
        return {}
    return {str(name): load_document(document) for name, document in given.items()}
