"""The words of content elements: text with the path of whoever wrote each piece, and blocks that are not text.

Not here: where in the request the words go (``collect``, ``assemble``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.elements import Element
from engine.entries import Block
from engine.errors import RenderError, ValidationFailed
from engine.json_values import check_json
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Tree

Mark = tuple[str, int, int, int]
"""Path, first character, one past the last, tokens."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Words by one element. ``markup``: a tag of ours, which is not escaped when it stands in another tag."""

    text: str
    path: str
    markup: bool = False


@dataclass(slots=True)
class Piece:
    """One block of content: text in segments, or a block that is not text."""

    type: str
    path: str
    segments: list[Segment] = field(default_factory=list)
    block: Block | None = None

    @property
    def text(self) -> str:
        """The words of a text piece."""
        return "".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Written:
    """A finished block and the marks of who wrote it."""

    block: Block
    marks: tuple[Mark, ...]


@dataclass(slots=True)
class Content:
    """What an element's children say; ``strays`` are Ephemeral elements that stood among them."""

    pieces: list[Piece]
    strays: list[Fiber]


def estimate(characters: int) -> int:
    """Tokens of a text without a provider's count: 4 characters each, rounded up."""
    return -(-characters // 4)


def block_tokens(block: Block) -> int:
    """Estimated tokens of a block of any kind."""
    return estimate(block_characters(block))


def block_characters(block: Block) -> int:
    """The characters of a block; for what is not text, four times its usual tokens."""
    kind = block.get("type")
    if kind in ("text", "thinking"):
        return len(block.get(kind) or "")
    if kind == "image":
        return 4 * 1600
    if kind == "document":
        source = block.get("source") or {}
        return len(str(source.get("data", ""))) if source.get("type") == "text" else 4 * 3000
    if kind == "tool_result":
        content = block.get("content") or ()
        return len(content) if isinstance(content, str) else sum(block_characters(inner) for inner in content)
    if kind == "tool_use":
        return len(json.dumps(block.get("input") or {}, ensure_ascii=False)) + len(str(block.get("name", "")))
    return len(json.dumps(block, ensure_ascii=False, default=str))


def content_of(fiber: Fiber) -> Content:
    """What the children of a fiber say; kept until something in it changes."""
    if fiber.cache is None:
        strays: list[Fiber] = []
        fiber.cache = Content(_pieces(fiber.children, fiber.path, strays), strays)
    cached: Content = fiber.cache
    return cached


def _pieces(children: Iterable[Any], path: str, strays: list[Fiber]) -> list[Piece]:
    found: list[Piece] = []
    for child in children:
        if isinstance(child, str):
            found.append(Piece("text", path, [Segment(child, path)]))
        elif isinstance(child, dict):
            found.append(piece_of_block(child, path))
        else:
            found.extend(pieces_of(child, strays))
    return found


def piece_of_block(block: Block, path: str) -> Piece:
    """A piece made of a block in the provider's format."""
    if not isinstance(block.get("type"), str):
        raise RenderError(f"{path} has a mapping that is not a content block: it needs a type", path=path)
    if block["type"] == "text":
        return Piece("text", path, [Segment(str(block.get("text", "")), path)])
    return _block_piece(block["type"], block, path)


def _block_piece(type: str, block: Block, path: str) -> Piece:
    """A piece of a block that is not text; what is not JSON could neither be sent nor saved."""
    try:
        check_json(block, type)
    except ValidationFailed as error:
        raise RenderError(f"{path} has content that cannot be sent: {error}", path=path) from None
    return Piece(type, path, [], block)


def pieces_of(fiber: Fiber, strays: list[Fiber]) -> list[Piece]:
    """What one element says, as a child of another."""
    kind = fiber.element.kind
    props = fiber.element.props
    summary = props.get("collapsed") if isinstance(kind, str) else None
    if summary is not None and not is_expanded(fiber):
        return [collapsed_piece(fiber, summary)]
    if fiber.is_component or kind in ("fragment", "provider", "expandable", "system"):
        return _pieces(fiber.children, fiber.path, strays)
    if kind == "ephemeral":
        strays.append(fiber)
        return []
    if kind in ("tool", "model"):
        return []
    if kind == "section":
        if props["audience"] == "user":
            return []
        return wrap_section(props["id"], props["title"], content_of(fiber).pieces, fiber.path)
    if kind == "grounding":
        return wrap("grounding", {"title": props["title"]}, content_of(fiber).pieces, fiber.path)
    maker = _TEXT.get(kind)
    if maker is not None:
        inner = _pieces(fiber.children, fiber.path, strays)
        return maker(fiber, inner)
    block = _block(fiber)
    if block is not None:
        return [_block_piece(kind, block, fiber.path)]
    raise RenderError(f"{fiber.element.name} at {fiber.path} cannot stand inside other content", path=fiber.path)


# -- text --------------------------------------------------------------------------------------------------------


def join(pieces: Sequence[Piece], separator: str, path: str) -> list[Segment]:
    """The segments of text pieces, with a separator between them."""
    segments: list[Segment] = []
    for piece in pieces:
        if segments:
            segments.append(Segment(separator, path, True))
        segments.extend(piece.segments)
    return segments


def _plain(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _make_text(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    return _around(fiber, inner, "", "", "", "text")


def _around(fiber: Fiber, inner: list[Piece], before: str, after: str, separator: str, kind: str) -> list[Piece]:
    text = [piece for piece in inner if piece.block is None]
    segments = join(text, separator, fiber.path)
    if before:
        segments.insert(0, Segment(before, fiber.path, True))
    if after:
        segments.append(Segment(after, fiber.path, True))
    made = [Piece(kind, fiber.path, segments)] if segments else []
    return made + [piece for piece in inner if piece.block is not None]


def _make_code(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    longest = max((len(run) for run in re.findall(r"`{3,}", _plain(inner))), default=2)
    fence = "`" * max(3, longest + 1)
    return _around(fiber, inner, f"{fence}{fiber.element.props['language']}\n", f"\n{fence}", "\n", "code")


def _make_json(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    props = fiber.element.props
    try:
        text = json.dumps(props["value"], indent=props["indent"], ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise RenderError(f"The value of Json at {fiber.path} is not JSON: {error}", path=fiber.path) from error
    return [Piece("json", fiber.path, [Segment(f"```json\n{text}\n```", fiber.path)])]


def _make_heading(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    return _around(fiber, inner, "#" * fiber.element.props["level"] + " ", "", " ", "heading")


def _make_paragraph(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    return _around(fiber, inner, "", "\n", "", "paragraph")


def _make_list(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    ordered = fiber.element.props["ordered"]
    segments: list[Segment] = []
    number = 0
    for piece in inner:
        if piece.block is not None:
            continue
        number += 1
        lead = f"{number}. " if ordered else "- "
        segments.append(Segment(("\n" if segments else "") + lead, fiber.path, True))
        segments.extend(piece.segments)
    made = [Piece("list", fiber.path, segments)] if segments else []
    return made + [piece for piece in inner if piece.block is not None]


def _make_table(fiber: Fiber, inner: list[Piece]) -> list[Piece]:
    props = fiber.element.props

    def line(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    rows = [line(props["headers"]), line(["---"] * len(props["headers"])), *(line(row) for row in props["rows"])]
    return [Piece("table", fiber.path, [Segment("\n".join(rows), fiber.path)])]


_TEXT = {
    "text": _make_text,
    "code": _make_code,
    "json": _make_json,
    "heading": _make_heading,
    "paragraph": _make_paragraph,
    "bullet_list": _make_list,
    "table": _make_table,
}


def _block(fiber: Fiber) -> Block | None:
    props = fiber.element.props
    if fiber.element.kind == "image":
        return {"type": "image", "source": props["source"]}
    if fiber.element.kind == "document":
        made: Block = {"type": "document", "source": props["source"]}
        if props["title"]:
            made["title"] = props["title"]
        return made
    return None


# -- tags --------------------------------------------------------------------------------------------------------


def quoteattr(value: str) -> str:
    """A value of an attribute in quotes, escaped."""
    for character, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\n", "&#10;")):
        value = value.replace(character, escape)
    return f'"{value}"'


def wrap(tag: str, attributes: dict[str, Any], pieces: Sequence[Piece], path: str) -> list[Piece]:
    """Pieces in a tag of ours. Words inside are escaped so that they cannot close it."""
    text = [piece for piece in pieces if piece.block is None]
    others = [piece for piece in pieces if piece.block is not None]
    inside = join(text, "\n", path)
    if not any(segment.text.strip() for segment in inside) and others:
        return others
    opening = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items() if value is not None)
    segments = [Segment(f"<{tag}{opening}>\n", path, True), *_escape(tag, inside), Segment(f"\n</{tag}>", path, True)]
    return [Piece(tag, path, segments), *others]


def wrap_section(id: str | None, title: str | None, pieces: Sequence[Piece], path: str) -> list[Piece]:
    """Pieces in a section's tag."""
    return wrap("section", {"id": id, "title": title}, pieces, path)


def _escape(tag: str, segments: Sequence[Segment]) -> list[Segment]:
    closing = re.compile(rf"<(\s*/\s*{tag})", re.IGNORECASE)
    return [
        segment
        if segment.markup or "<" not in segment.text
        else Segment(closing.sub(r"&lt;\1", segment.text), segment.path)
        for segment in segments
    ]


def expand_name(fiber: Fiber) -> str:
    """The name the model expands a collapsed element by; the same in every process."""
    props = fiber.element.props
    return str(props.get("name") or props.get("id") or fiber.element.key or fiber.path.lstrip("/"))


def is_expanded(fiber: Fiber) -> bool:
    """Whether the model has expanded a collapsed element in this execution."""
    return expand_name(fiber) in fiber.tree.expanded


def collapsed_piece(fiber: Fiber, summary: Any) -> Piece:
    """The summary that stands in for collapsed content."""
    attributes = {"name": expand_name(fiber), "group": fiber.element.props.get("group")}
    opening = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items() if value is not None)
    body = _escape("collapsed", [Segment(str(summary) if summary is not True else "", fiber.path)])
    path = fiber.path
    segments = [Segment(f"<collapsed{opening}>", path, True), *body, Segment("</collapsed>", path, True)]
    return Piece("collapsed", path, segments)


# -- blocks ------------------------------------------------------------------------------------------------------


def write(segments: Sequence[Segment]) -> Written | None:
    """One text block of segments, or None where there is only blank space."""
    text = "".join(segment.text for segment in segments)
    if not text.strip():
        return None
    marks: list[Mark] = []
    place = 0
    for segment in segments:
        end = place + len(segment.text)
        if marks and marks[-1][0] == segment.path:
            path, start, _, _ = marks[-1]
            marks[-1] = (path, start, end, estimate(end - start))
        elif end > place:
            marks.append((segment.path, place, end, estimate(end - place)))
        place = end
    return Written({"type": "text", "text": text}, tuple(marks))


def write_pieces(pieces: Sequence[Piece], path: str, separator: str = "\n") -> list[Written]:
    """Blocks of pieces in order: neighbouring text becomes one block, other blocks stand alone."""
    written: list[Written] = []
    run: list[Piece] = []

    def flush() -> None:
        if run:
            made = write(join(run, separator, path))
            if made is not None:
                written.append(made)
            run.clear()

    for piece in pieces:
        if piece.block is None:
            run.append(piece)
        else:
            flush()
            written.append(write_block(piece))
    flush()
    return written


def write_block(piece: Piece) -> Written:
    """A block that is not text, with its mark."""
    block = piece.block or {}
    return Written(block, ((piece.path, 0, 0, block_tokens(block)),))


def blocks_of_elements(value: Any) -> list[Block]:
    """The blocks of content elements outside of any tree, as in a tool's result."""
    tree = Tree()
    children = tuple(value) if isinstance(value, list | tuple) else (value,)
    tree.render_pass(Element("fragment", {}, children))
    root = tree.root
    if root is None:
        return []
    return [written.block for written in write_pieces(content_of(root).pieces, "/")]
