"""Document, Image, Data: files and fixed data as context. Not here: reading them (``sent_files``, ``effects``)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem
from engine.blueprint.values import as_text, count
from engine.blueprint.wording import plain_words
from engine.elements import Document, Ephemeral, Fragment, Image, Json, Section, Table
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope
    from engine.effects.content import Wanted

MAX_ATTACHED = 4_000_000
"""The most characters of base64 that an agent keeps of one file."""
MAX_TYPED = 200_000
TEXTS = "Text and PDF (*.pdf *.txt *.md *.html *.xml *.csv *.json)"
IMAGES = "Images (*.png *.jpg *.jpeg *.gif *.webp)"
TABLES = "Tables and JSON (*.csv *.tsv *.json *.txt)"
_FILE = "A file on this machine"
_ATTACHED = "A file kept in the agent"


class Attachment(Properties):
    """A file inside an agent."""

    name: str = prop("", label="Name", max_length=300)
    media_type: str = prop("", label="Kind", max_length=100)
    data: str = prop("", label="Content", max_length=MAX_ATTACHED)


def _title(placeholder: str) -> Any:
    return prop("", label="Title", placeholder=placeholder, max_length=200)


def _path(filter: str) -> Any:
    return prop(
        "",
        label="File",
        editor="file",
        help="Read when the agent runs, once you have allowed it, and again when it has changed.",
        settings={"filter": filter},
        visible_when={"source": ("file",)},
        max_length=4_000,
    )


def _attachment(filter: str) -> Any:
    return prop(
        {},
        label="File",
        editor="attachment",
        help="A copy goes with the agent, wherever it is sent.",
        settings={"filter": filter, "max_bytes": MAX_ATTACHED // 4 * 3},
        visible_when={"source": ("attached",)},
    )


class ContentKind(NodeKind[Any]):
    """Base of the kinds that show a file or fixed data to the model."""

    group = "instructions"
    wanted: ClassVar[Wanted]
    typed: ClassVar[str] = ""
    """The property with what was typed in; "" where nothing can be."""

    def path(self, node: Node) -> str:
        """The file on this machine that is read; "" where there is none."""
        props = self.props(node)
        text = str(props.path).strip()
        if props.source != "file" or not os.path.isabs(text) or "\x00" in text:
            return ""
        return os.path.normpath(text)

    def place_of_content(self, node: Node) -> str:
        """The property that the content comes from."""
        return {"file": "path", "attached": "attached"}.get(self.props(node).source, self.typed)

    def missing(self, node: Node) -> str:
        """What is still to be chosen, as a sentence, or ""."""
        props = self.props(node)
        if props.source == "file":
            if self.path(node):
                return ""
            return "The file must be a whole path." if props.path.strip() else "No file was chosen."
        if props.source == "attached":
            return "" if props.attached.data else "No file was attached."
        return "" if getattr(props, self.typed).strip() else "Nothing was typed in."

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        missing = self.missing(node)
        if missing:
            return missing.rstrip(".")
        if props.source == "file":
            return f"the file {os.path.basename(self.path(node))}"
        if props.source == "attached":
            return f"{props.attached.name or 'a file'}, kept in the agent"
        return plain_words(getattr(props, self.typed))

    def capabilities(self, node: Node) -> Iterable[Capability]:
        path = self.path(node)
        if not path:
            return ()
        return (Capability("read_file", {"path": path}, f"Read the file {path} and show it to the model"),)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        missing, place = self.missing(node), self.place_of_content(node)
        if missing:
            yield Problem(node.id, place, "error" if self.props(node).source == "file" else "warning", missing)
            return
        content = self._fixed(node)
        if content is None:
            return
        try:
            self.elements(node, content)
        except ToolError as error:
            yield Problem(node.id, place, "error", str(error))

    def why_not_sent(self, node: Node) -> str | None:
        return self.missing(node) or None

    def _fixed(self, node: Node) -> Mapping[str, Any] | None:
        """Content that is in the document itself, worked out once; None where it is in a file."""
        props = self.props(node)
        if props.source == "file":
            return None
        if props.source != "attached":
            return {"text": getattr(props, self.typed)}
        found: Mapping[str, Any] | None = node._cache.get("content")
        if found is None:
            found = node._cache["content"] = self._attached(node)
        return found

    def _attached(self, node: Node) -> Mapping[str, Any]:
        from engine.effects.content import attached

        try:
            return attached(node.props.get("attached") or {}, self.wanted)
        except ToolError as error:
            return {"error": str(error)}

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.sent_files import SentFile, shown

        if self.missing(node):
            return None
        if self.props(node).source == "file":
            return SentFile(node=node, board=scope.board, key=scope.key(node))
        found = shown(node, scope.board, self._fixed(node))
        return Fragment(found, key=scope.key(node)) if found is not None else None

    def elements(self, node: Node, content: Mapping[str, Any]) -> object:
        """The content as engine elements.

        Raises:
            ToolError: It cannot be shown, in plain words.
        """
        raise ToolError("There is nothing to show.")

    def label(self, node: Node) -> str:
        """What the model knows it by."""
        props = self.props(node)
        return props.title.strip() or os.path.basename(self.path(node)) or props.attached.name or self.title


class DocumentProperties(Properties):
    """Properties of a Document."""

    title: str = _title("Price list")
    source: Literal["text", "attached", "file"] = prop(
        "text",
        label="Where it is",
        editor="choice",
        choices={"text": "Typed in here", "attached": _ATTACHED, "file": _FILE},
    )
    words: str = prop("", label="Text", editor="text", max_length=MAX_TYPED, visible_when={"source": ("text",)})
    attached: Attachment = _attachment(TEXTS)
    path: str = _path(TEXTS)


@register
class DocumentKind(ContentKind):
    """A text or a PDF as context."""

    name = "document"
    title = "Document"
    icon = "file-text"
    order = 5
    wanted = "document"
    typed = "words"
    help = "A text or a PDF that the model can always look into."
    example = "Title: Price list. A file on this machine: prices.pdf"
    first_title = "Document"
    Properties = DocumentProperties

    def sends_pdf(self, node: Node) -> bool:
        """Whether the model must be able to read PDFs for it, as far as that is known without opening a file."""
        return "data" in (self._fixed(node) or {}) or self.path(node).lower().endswith(".pdf")

    def elements(self, node: Node, content: Mapping[str, Any]) -> object:
        if "error" in content:
            raise ToolError(str(content["error"]))
        if "data" in content:
            return Document(data=content["data"], media_type=content["media_type"], title=self.label(node))
        return _section(self.label(node), content["text"])


class ImageProperties(Properties):
    """Properties of an Image."""

    title: str = _title("Floor plan")
    source: Literal["attached", "file"] = prop(
        "attached", label="Where it is", editor="choice", choices={"attached": _ATTACHED, "file": _FILE}
    )
    attached: Attachment = _attachment(IMAGES)
    path: str = _path(IMAGES)
    caption: str = prop(
        "",
        label="What it shows",
        help="A line of text in front of the image.",
        max_length=2_000,
        placeholder="The garden",
    )


@register
class ImageKind(ContentKind):
    """An image as context."""

    name = "image"
    title = "Image"
    icon = "image"
    order = 6
    wanted = "image"
    help = "A picture that the model can always look at. Models that cannot see do not take it."
    example = "What it shows: The floor plan of the shop. A file on this machine: plan.png"
    first_title = "Image"
    Properties = ImageProperties

    def elements(self, node: Node, content: Mapping[str, Any]) -> object:
        if "error" in content or "data" not in content:
            raise ToolError(str(content.get("error", "This is no image.")))
        image = Image(data=content["data"], media_type=content["media_type"])
        caption = self.props(node).caption.strip()
        return Ephemeral(f"{caption}:", image, position="start") if caption else image


class DataProperties(Properties):
    """Properties of Data."""

    title: str = _title("Opening hours")
    source: Literal["text", "attached", "file"] = prop(
        "text",
        label="Where it is",
        editor="choice",
        choices={"text": "Typed in here", "attached": _ATTACHED, "file": _FILE},
    )
    values: str = prop(
        "",
        label="Data",
        editor="text",
        placeholder="day,opens,closes\nMonday,9,18",
        help="A table, one row a line, or JSON.",
        max_length=MAX_TYPED,
        visible_when={"source": ("text",)},
    )
    attached: Attachment = _attachment(TABLES)
    path: str = _path(TABLES)
    shape: Literal["table", "json"] = prop(
        "table", label="Show it as", editor="choice", choices={"table": "A table", "json": "JSON"}
    )
    rows: int = prop(200, label="Rows at most", editor="number", unit="rows", minimum=1, maximum=10_000)


@register
class DataKind(ContentKind):
    """Structured data as context."""

    name = "data"
    title = "Data"
    icon = "table"
    order = 7
    wanted = "data"
    typed = "values"
    help = "A table or JSON that the model can always look into."
    example = "Title: Opening hours. Typed in: day,opens,closes and a line for each day"
    first_title = "Data"
    Properties = DataProperties

    def elements(self, node: Node, content: Mapping[str, Any]) -> object:
        if "error" in content:
            raise ToolError(str(content["error"]))
        props, label = self.props(node), self.label(node)
        found = _parsed(content["text"], label)
        whole = len(found) if isinstance(found, list) else 1
        is_rows = bool(found) and isinstance(found, list) and all(isinstance(row, list) for row in found)
        head = 1 if is_rows and not content["text"].lstrip().startswith("[") else 0
        kept = found[: props.rows + head] if isinstance(found, list) else found
        left = whole - len(kept) if isinstance(found, list) else 0
        more = f"… and {count(left, 'row')} more" if left > 0 else None
        table = _table(kept, head) if props.shape == "table" else None
        if table is not None:
            return _section(label, table, more)
        return _section(label, Json(_records(kept) if head else kept), more)


@lru_cache(maxsize=16)
def _parsed(text: str, name: str) -> Any:
    """Data as a value, read once while it stays the same; never changed."""
    from engine.effects.content import table_of

    return table_of(text, name)


def _section(label: str, *content: object) -> object:
    name = slug(label, "document")
    return Section(*content, id=name, title=label if label != name else None)


def _table(found: Any, head: int) -> object | None:
    """Rows, or records with the same sort of fields, as a table; None for what is neither."""
    if not isinstance(found, list) or not found:
        return None
    if all(isinstance(row, list) for row in found):
        width = max(len(row) for row in found)
        cells = [[as_text(cell) for cell in row] + [""] * (width - len(row)) for row in found]
        return Table(cells) if head else Table(cells, headers=[str(number) for number in range(1, width + 1)])
    if all(isinstance(row, dict) for row in found):
        names = list(dict.fromkeys(name for row in found for name in row))[:200]
        return Table([[as_text(row.get(name)) for name in names] for row in found], headers=names)
    return None


def _records(rows: list[list[str]]) -> list[dict[str, str]]:
    names = rows[0]
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]
