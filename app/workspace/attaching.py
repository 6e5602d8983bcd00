"""The files beside the message that is being written: chosen, dropped or pasted, read, shown, taken off again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from app.tasks import run_dialog, spawn
from app.text import tr
from app.workspace.attached import MAX_FILES, Attachment, CannotAttach, attachment, read_attachment
from widgets.chat import ChatView
from widgets.common import FileDialog

_FILTERS = ("Images, PDFs and text (*.png *.jpg *.jpeg *.gif *.webp *.pdf *.txt *.md *.csv *.json)", "All files (*)")


class Attaching(QObject):
    """Keeps the files for each conversation until they are sent.

    Args:
        view: The chat.
        abilities: What the model can do, or None where that is not known.
        parent: Owner.
    """

    def __init__(self, view: ChatView, abilities: Callable[[], frozenset[str] | None], parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._abilities = abilities
        self._files: dict[str, list[Attachment]] = {}
        self._place = ""
        self._refused = ""
        view.attach_requested.connect(self._choose)
        view.files_offered.connect(self._offered)
        view.image_offered.connect(self._pasted)
        view.file_removed.connect(self._remove)

    @property
    def files(self) -> Sequence[Attachment]:
        """What goes along with the next message of the conversation in front."""
        return tuple(self._files.get(self._place, ()))

    def show(self, place: str) -> None:
        """Another conversation is in front, with its own files."""
        self._place, self._refused = place, ""
        self._show()

    def take(self) -> Sequence[Attachment]:
        """The files, which go now."""
        taken = self.files
        self._files.pop(self._place, None)
        self._refused = ""
        self._show()
        return taken

    def put(self, files: Sequence[Attachment]) -> None:
        """These go along: those of a message that is being changed."""
        self._files[self._place] = list(files)
        self._show()

    def give_back(self, place: str, files: Sequence[Attachment]) -> None:
        """These could not be sent in a conversation; they wait there, before what was put beside it since."""
        if files:
            self._files[place] = [*files, *self._files.get(place, ())]
            self._show()

    # --- the person ------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        spawn(self._ask(), name="choose files to attach", owner=self)

    async def _ask(self) -> None:
        dialog = FileDialog(self._view.window(), tr("Attach files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([tr(words) for words in _FILTERS])
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        chosen = dialog.selectedFiles()
        dialog.deleteLater()
        if accepted:
            await self._read(chosen)
        self._view.focus_input()

    def _offered(self, paths: list[str]) -> None:
        spawn(self._read(paths), name="read files to attach", owner=self)

    async def _read(self, paths: Sequence[str]) -> None:
        place, refused = self._place, []
        for path in paths:
            try:
                self._add(place, await asyncio.to_thread(read_attachment, Path(path)))
            except CannotAttach as error:
                refused.append(str(error))
        if place == self._place:
            self._refused = " ".join(refused)
            self._show()

    def _pasted(self, picture: bytes) -> None:
        names = {file.shown.name for file in self.files}
        number = next(n for n in range(1, MAX_FILES + 2) if tr("Picture {number}", number=n) not in names)
        try:
            self._add(self._place, attachment(tr("Picture {number}", number=number), picture))
            self._refused = ""
        except CannotAttach as error:
            self._refused = str(error)
        self._show()

    def _add(self, place: str, file: Attachment) -> None:
        files = self._files.setdefault(place, [])
        if len(files) >= MAX_FILES:
            raise CannotAttach(tr("At most {count} files go along with one message.", count=MAX_FILES))
        files.append(file)

    def _remove(self, number: int) -> None:
        files = self._files.get(self._place, [])
        if 0 <= number < len(files):
            del files[number]
        self._refused = ""
        self._show()
        self._view.focus_input()

    # --- showing ---------------------------------------------------------------------------------------------

    def _show(self) -> None:
        self._view.set_files([file.shown for file in self.files], self._note())

    def _note(self) -> str:
        """Why a file was refused, or what the model cannot do with one."""
        if self._refused:
            return self._refused
        abilities = self._abilities()
        missing = {file.ability for file in self.files if file.ability} - (abilities or frozenset())
        if abilities is None or not missing:
            return ""
        if missing == {"images"}:
            return tr("The chosen model may not be able to look at pictures.")
        return tr("The chosen model may not be able to read these files.")
