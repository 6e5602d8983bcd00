"""Steps with files inside a folder that the person granted. Not here: opening them safely (``effects.files``)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._outcome import hand_on, handed_on, keep_prop, name_prop
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, preview, prop
from engine.blueprint.problem import Problem
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun
    from engine.effects.files import Folder

T = TypeVar("T")


def _folder() -> Any:
    return prop(
        "",
        label="Folder",
        editor="folder",
        help="The step reaches nothing outside of this folder.",
        max_length=4_000,
    )


def _path(label: str, placeholder: str, help: str) -> Any:
    return prop("", label=label, role="template", placeholder=placeholder, help=help, max_length=2_000)


class FileStep(NodeKind[Any]):
    """Base of the steps that reach into a folder."""

    group = "steps"
    place = "steps"
    writes: ClassVar[bool] = False
    needs_path: ClassVar[bool] = True

    def folder(self, node: Node) -> str:
        """The granted folder as it is opened; "" where none was chosen."""
        text = str(self.props(node).folder).strip()
        return os.path.normpath(text) if os.path.isabs(text) and "\x00" not in text else ""

    def capabilities(self, node: Node) -> Iterable[Capability]:
        folder = self.folder(node)
        if not folder:
            return ()
        if self.writes:
            return (Capability("write_folder", {"folder": folder}, f"Write files in {folder}"),)
        return (Capability("read_folder", {"folder": folder}, f"Read files in {folder}"),)

    def summary(self, node: Node, document: AgentDocument) -> str:
        folder, path = self.folder(node), preview(self.props(node).path)
        if not folder:
            return "No folder chosen yet"
        where = os.path.basename(folder) or folder
        return f"{path} in {where}" if path else where

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        folder = self.folder(node)
        if not folder:
            text = "The folder must be a whole path." if props.folder.strip() else "No folder was chosen for this step."
            yield Problem(node.id, "folder", "error", text)
        elif folder == os.path.dirname(folder):
            yield Problem(
                node.id, "folder", "warning", "This is the whole disk. Choose a folder that is only for this."
            )
        yield from self._path_problems(node, props.path)

    def _path_problems(self, node: Node, path: str) -> Iterator[Problem]:
        from engine.effects.file_words import parts_of, parts_of_file

        if not path.strip():
            if self.needs_path:
                yield Problem(node.id, "path", "error", "This step does not say which file.")
            return
        if "{{" in path or "{%" in path:
            return
        try:
            (parts_of_file if self.needs_path else parts_of)(path)
        except ToolError as error:
            yield Problem(node.id, "path", "error", str(error))

    async def in_folder(self, node: Node, run: StepRun, work: Callable[[Folder], T]) -> T:
        """Do something in the granted folder, away from the loop.

        Raises:
            NotPermitted: The person did not allow it.
            ToolError: It cannot be done.
        """
        from engine.effects.files import open_folder

        folder = self.folder(node)
        if not folder:
            raise ToolError("No folder was chosen for this step.")
        for capability in self.capabilities(node):
            await run.require(capability)
        private = run.world.private

        def act() -> T:
            with open_folder(folder, private) as opened:
                return work(opened)

        return await asyncio.to_thread(act)


class ReadFileProperties(Properties):
    """Properties of Read file."""

    folder: str = _folder()
    path: str = _path("File", "notes/{{ name }}.txt", "Its place inside the folder, such as notes/today.txt.")
    format: Literal["text", "json"] = prop(
        "text", label="Read it as", editor="choice", choices={"text": "Text", "json": "JSON"}
    )
    max_kilobytes: int = prop(
        1_000, label="Read at most", editor="number", unit="kilobytes", minimum=1, maximum=10_000, advanced=True
    )
    variable: str = keep_prop()
    name: str = name_prop("content")


@register
class ReadFileKind(FileStep):
    """Read a file."""

    name = "read_file"
    title = "Read file"
    icon = "file-text"
    order = 30
    help = "Reads a text file inside a folder that you choose. The steps below may use what it says."
    example = "Folder: Recipes. File: {{ name }}.txt. Then Reply: {{ content }}"
    Properties = ReadFileProperties

    def gives(self, node: Node) -> tuple[Variable, ...]:
        return handed_on(node, "content", "text" if self.props(node).format == "text" else "any")

    async def run(self, node: Node, run: StepRun) -> None:
        from engine.effects.file_words import as_json, as_text

        props, path = self.props(node), run.text(node, "path").strip()

        def read(folder: Folder) -> Any:
            text = as_text(folder.read(path, props.max_kilobytes * 1_000), path)
            return text if props.format == "text" else as_json(text, path)

        found = await self.in_folder(node, run, read)
        hand_on(node, run, "content", found, found)


WRITE_MODES = {
    "create": "Only where there is no such file yet",
    "replace": "In place of what is there",
    "append": "At the end of what is there",
}


class WriteFileProperties(Properties):
    """Properties of Write file."""

    folder: str = _folder()
    path: str = _path("File", "notes/{{ name }}.txt", "Its place inside the folder, such as notes/today.txt.")
    content: str = prop("", label="Content", editor="prompt", role="template", max_length=100_000)
    mode: Literal["create", "replace", "append"] = prop(
        "create", label="Write it", editor="choice", choices=WRITE_MODES
    )
    make_folders: bool = prop(True, label="Make folders that are missing", editor="toggle", advanced=True)


@register
class WriteFileKind(FileStep):
    """Write a file."""

    name = "write_file"
    title = "Write file"
    icon = "file-pen"
    order = 31
    writes = True
    help = "Writes a text file inside a folder that you choose. A file is written whole or not at all."
    example = "Folder: Diary. File: {{ day }}.md. Content: {{ text }}. Write it at the end of what is there."
    Properties = WriteFileProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        said = super().summary(node, document)
        words = {"replace": "replaces what is there", "append": "adds at the end"}.get(self.props(node).mode)
        return f"{said} · {words}" if words else said

    async def run(self, node: Node, run: StepRun) -> None:
        props, path = self.props(node), run.text(node, "path").strip()
        content = run.text(node, "content").encode("utf-8", "replace")
        await self.in_folder(
            node, run, lambda folder: folder.write(path, content, props.mode, make_folders=props.make_folders)
        )


class ListFolderProperties(Properties):
    """Properties of List folder."""

    folder: str = _folder()
    path: str = _path("Folder inside", "", "Empty: the folder itself.")
    pattern: str = prop("", label="Only names like", placeholder="*.txt", help="* stands for anything.", max_length=200)
    inside: bool = prop(False, label="Also look into the folders inside", editor="toggle")
    variable: str = keep_prop("list")
    name: str = name_prop("files", "A list; each item has a name, a path, a kind, a size in bytes and a date.")


@register
class ListFolderKind(FileStep):
    """List what is in a folder."""

    name = "list_folder"
    title = "List folder"
    icon = "folder-open"
    order = 32
    needs_path = False
    help = "Lists the files inside a folder that you choose."
    example = "Folder: Recipes. Only names like *.txt. Then Reply: {% for file in files %}{{ file.name }} {% endfor %}"
    Properties = ListFolderProperties

    def gives(self, node: Node) -> tuple[Variable, ...]:
        return handed_on(node, "files", "list")

    def summary(self, node: Node, document: AgentDocument) -> str:
        pattern = self.props(node).pattern.strip()
        said = super().summary(node, document)
        return f"{said} · names like {pattern}" if pattern else said

    async def run(self, node: Node, run: StepRun) -> None:
        props, path = self.props(node), run.text(node, "path").strip()
        listed = await self.in_folder(
            node, run, lambda folder: folder.entries(path, props.pattern, inside=props.inside)
        )
        found = [
            {
                "name": item.name,
                "path": item.path,
                "kind": item.kind,
                "size": item.size,
                "changed": _date(item.changed),
            }
            for item in listed
        ]
        hand_on(node, run, "files", found, found)


def _date(seconds: float) -> str:
    """When that was, on the clock on the wall; "" for what no calendar has."""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return ""
