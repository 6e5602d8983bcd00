"""Agent files: reading with place and reason of every mistake, writing in one stable form, JSON of single nodes.

Not here: what properties mean (``kinds``), the published schema (``schema``), older formats (``migrations``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.blueprint.document import (
    FORMAT_NAME,
    FORMAT_VERSION,
    MAX_DEPTH,
    MAX_NODES,
    AgentDocument,
    Node,
    is_node_id,
    new_node_id,
)
from engine.blueprint.kinds import KINDS
from engine.errors import ValidationFailed

MAX_FILE_SIZE = 10_000_000
"""The longest file that is read, in characters."""
MAX_VALUE_DEPTH = 60
_KEYS = ("id", "kind", "enabled", "props", "children")


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """One mistake in a file: where (``root.children[2].props.limit``) and what."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class DocumentError(ValidationFailed):
    """The file is no agent that can be used. Nothing of it was run.

    Attributes:
        problems: Every mistake that was found, the first of them in the message.
    """

    def __init__(self, problems: Sequence[DocumentProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0] if self.problems else DocumentProblem("", "This is not an agent file.")
        more = len(self.problems) - 1
        super().__init__(f"{first}" + (f" (and {more} more)" if more > 0 else ""), place=first.place)


def load_document(source: str | bytes | Mapping[str, Any]) -> AgentDocument:
    """Read an agent file.

    Older formats are brought up to date, kinds of a newer version are kept, ids that are missing or stand twice are
    given anew. Nothing is rendered or run.

    Raises:
        DocumentError: With the place and the reason of every mistake.
    """
    from engine.blueprint.migrations import migrate

    data = _parse(source)
    if not isinstance(data, dict):
        raise _error("", "This is not an agent file: it should be a JSON object.")
    if data.get("format") != FORMAT_NAME:
        raise _error("format", f"This is not an agent file: “format” should be “{FORMAT_NAME}”.")
    version = data.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _error("version", "“version” should be a whole number from 1 on.")
    if version > FORMAT_VERSION:
        raise _error(
            "version",
            f"This agent was saved by a newer version of Bough (format {version}; this version reads up to "
            f"{FORMAT_VERSION}). Update Bough to open it.",
        )
    data = migrate(data)
    if "root" not in data:
        raise _error("root", "The agent has no “root”.")
    reader = _Reader()
    root = reader.node(data["root"], "root", 0)
    if root is not None and root.kind != "agent":
        reader.problems.append(DocumentProblem("root.kind", "The root of an agent must be of kind “agent”."))
    if reader.problems or root is None:
        raise DocumentError(reader.problems[:50])
    extra = {key: value for key, value in data.items() if key not in ("format", "version", "root")}
    return AgentDocument(root, FORMAT_VERSION, extra)


def load_file(path: str | Path) -> AgentDocument:
    """Read an agent file from disk.

    Raises:
        DocumentError: It is too large, not text, or no agent.
        OSError: It cannot be read.
    """
    with Path(path).open("rb") as file:
        return load_document(file.read(MAX_FILE_SIZE + 1))


def dump_document(document: AgentDocument) -> str:
    """The document as the text of a file. The same document always gives the same bytes.

    Reading the text back and writing it again changes nothing.
    """
    data: dict[str, Any] = {"format": FORMAT_NAME, "version": document.format_version}
    data |= {key: document.extra[key] for key in sorted(document.extra)}
    data["root"] = node_to_json(document.root)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def node_to_json(node: Node) -> dict[str, Any]:
    """A node with all inside it as a JSON object, keys in their fixed order."""
    kind, props = node.kind, node.props
    if kind == "unknown" and isinstance(props.get("kind"), str):
        kind, props = props["kind"], props.get("props") or {}
    found: dict[str, Any] = {"id": node.id, "kind": kind}
    if not node.enabled:
        found["enabled"] = False
    if props:
        found["props"] = _ordered(kind, props)
    found |= {key: node.extra[key] for key in sorted(node.extra)}
    if node.children:
        found["children"] = [node_to_json(child) for child in node.children]
    return found


def node_from_json(data: Any) -> Node:
    """A node from its JSON object, for the clipboard and the journal; ids stay as they are.

    Raises:
        DocumentError: It is no node.
    """
    reader = _Reader()
    node = reader.node(data, "node", 0)
    if reader.problems or node is None:
        raise DocumentError(reader.problems)
    return node


def _ordered(kind: str, props: Mapping[str, Any]) -> dict[str, Any]:
    """Properties in the order of the form, those that nobody knows behind them by name."""
    known = KINDS[kind].Properties.model_fields if kind in KINDS else {}
    names = [name for name in known if name in props] + sorted(name for name in props if name not in known)
    return {name: props[name] for name in names}


def _error(place: str, reason: str) -> DocumentError:
    return DocumentError([DocumentProblem(place, reason)])


def _parse(source: str | bytes | Mapping[str, Any]) -> Any:
    if isinstance(source, Mapping):
        try:
            source = json.dumps(source, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise _error("", "This is not an agent: it holds something that JSON cannot express.") from None
    if len(source) > MAX_FILE_SIZE:
        raise _error("", f"The file is larger than {MAX_FILE_SIZE // 1_000_000} MB, the most that is read.")
    if isinstance(source, bytes):
        try:
            source = source.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _error(f"byte {error.start}", "The file is not UTF-8 text.") from None
    try:
        return json.loads(source, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _error(f"line {error.lineno}, column {error.colno}", f"This is not JSON: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else "a number in it cannot be used"
        raise _error("", f"This is not an agent file: {reason}.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


class _Reader:
    """Reads nodes and collects mistakes."""

    def __init__(self) -> None:
        self.problems: list[DocumentProblem] = []
        self.seen: set[str] = set()
        self.count = 0

    def fail(self, place: str, reason: str) -> None:
        self.problems.append(DocumentProblem(place, reason))

    def node(self, data: Any, place: str, depth: int) -> Node | None:
        self.count += 1
        if self.count > MAX_NODES:
            if self.count == MAX_NODES + 1:
                self.fail(place, f"An agent has at most {MAX_NODES:,} parts.")
            return None
        if depth > MAX_DEPTH:
            self.fail(place, f"Parts can stand at most {MAX_DEPTH} deep inside each other.")
            return None
        if not isinstance(data, dict):
            self.fail(place, "A part should be a JSON object.")
            return None
        kind, props, enabled = data.get("kind"), data.get("props", {}), data.get("enabled", True)
        if not isinstance(kind, str) or not kind or len(kind) > 100:
            self.fail(f"{place}.kind", "The kind of the part is missing." if not kind else "This is not a kind.")
            kind = "unknown"
        if not isinstance(enabled, bool):
            self.fail(f"{place}.enabled", "This must be true or false.")
            enabled = True
        if not isinstance(props, dict):
            self.fail(f"{place}.props", "The properties should be a JSON object.")
            props = {}
        extra = {key: value for key, value in data.items() if key not in _KEYS}
        self.values(props, f"{place}.props", 0)
        self.values(extra, place, 0)
        if kind not in KINDS or kind == "unknown":
            props, kind = {"kind": kind, "props": props}, "unknown"
        children = self.children(data.get("children", []), place, depth)
        node = Node(self.id(data.get("id")), kind, props, children, enabled, extra)
        self.check(node, place)
        return node

    def id(self, given: Any) -> str:
        node_id = given if is_node_id(given) and given not in self.seen else new_node_id()
        self.seen.add(node_id)
        return str(node_id)

    def children(self, data: Any, place: str, depth: int) -> tuple[Node, ...]:
        if not isinstance(data, list):
            self.fail(f"{place}.children", "The parts inside should be a JSON list.")
            return ()
        found = (self.node(child, f"{place}.children[{i}]", depth + 1) for i, child in enumerate(data))
        return tuple(child for child in found if child is not None)

    def check(self, node: Node, place: str) -> None:
        from engine.blueprint.edits import reason_of

        try:
            KINDS[node.kind].props(node)
        except ValidationError as error:
            for each in error.errors(include_url=False)[:5]:
                where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in each["loc"])
                self.fail(f"{place}.props{where}", reason_of(dict(each)))

    def values(self, value: Any, place: str, depth: int) -> None:
        """Refuse values that other parts could not keep: too deep, or text that is not Unicode."""
        if depth > MAX_VALUE_DEPTH:
            self.fail(place, "Values are nested too deeply.")
        elif isinstance(value, str):
            self.text(value, place)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.values(item, f"{place}[{index}]", depth + 1)
        elif isinstance(value, dict):
            for key, item in value.items():
                self.text(key, place)
                self.values(item, f"{place}.{key}", depth + 1)
        elif isinstance(value, (int, float)) and not abs(value) <= 10**18:
            self.fail(place, "The number is too large.")

    def text(self, value: str, place: str) -> None:
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                self.fail(place.encode("utf-8", "replace").decode(), "The text holds a character that is cut in half.")
