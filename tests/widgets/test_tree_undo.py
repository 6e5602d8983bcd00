"""Whatever a person does in the tree, taken back it leaves the very same file; canvas and outline never lose step."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.blueprint import EditError, SetProperty
from engine.blueprint.files import dump_document
from engine.blueprint.kinds import KINDS
from tests.widgets.editor_help import notepad
from widgets import theme
from widgets.tree import DocumentModel, TreeEditor
from widgets.tree.outline_model import OutlineModel
from widgets.tree.rename import title_edit
from widgets.tree.texts import Query, replace_all_edit

GESTURES = 200
ACTIONS = (
    *("edit.up", "edit.down", "edit.in", "edit.out", "edit.duplicate", "edit.delete", "edit.toggle"),
    *("edit.group", "edit.when", "edit.ungroup", "edit.copy", "edit.cut", "edit.paste", "tree.fold", "tree.select_all"),
)


@pytest.fixture
def editors(qtbot: QtBot, qapp: QApplication) -> Iterator[tuple[TreeEditor, TreeEditor]]:
    """The same document twice: as cards and as outline."""
    theme.manager().apply(qapp)
    theme.manager().set_reduced_motion(True)
    model = DocumentModel(notepad(), qapp)
    made = (TreeEditor(), TreeEditor())
    for number, editor in enumerate(made):
        qtbot.addWidget(editor)
        editor.resize(430, 900)
        editor.set_document(model)
        editor.show_outline(number == 1)
        editor.show()
    yield made
    theme.manager().set_reduced_motion(None)
    for editor in made:
        editor.set_document(None)
    model.deleteLater()


class Hand:
    """Does something at random to the document of an editor, as a person would."""

    def __init__(self, editor: TreeEditor, dice: random.Random) -> None:
        self.editor, self.dice = editor, dice
        assert editor.document_model is not None
        self.model = editor.document_model

    def ids(self) -> list[str]:
        return [node.id for node in self.model.document.walk()]

    def act(self) -> None:
        ids = self.ids()
        self.editor.select(self.dice.sample(ids, k=min(len(ids), self.dice.choice((1, 1, 1, 2, 3)))))
        kinds: list[Callable[[], object]] = [self.action, self.action, self.action, self.drag, self.add]
        with contextlib.suppress(EditError):  # the form says why; nothing was changed
            self.dice.choice([*kinds, self.rename, self.write, self.replace, self.paste_words])()

    def action(self) -> None:
        self.editor.do(self.dice.choice(ACTIONS))

    def drag(self) -> None:
        """Drop the selected cards where it is allowed."""
        operations, parent = self.editor.operations, self.model.document.node(self.dice.choice(self.ids()))
        gap = self.dice.randint(0, len(parent.children))
        ids = operations.roots()
        if ids and operations.check_move(ids, parent.id, gap) is None:
            operations.move(ids, parent.id, gap)

    def add(self) -> None:
        addable = sorted(name for name, kind in KINDS.items() if kind.addable)
        self.editor.add_and_edit(self.dice.choice(addable))

    def rename(self) -> None:
        node = self.model.document.node(self.dice.choice(self.ids()))
        edit = title_edit(self.model.document, node, self.dice.choice(("notes", "Ünï kode", "list 2", "x")))
        if edit is not None:
            self.model.do(edit)

    def write(self) -> None:
        texts = [node for node in self.model.document.walk() if "text" in node.props]
        if texts:
            words = self.dice.choice(("Hello {{ notepad|length }}", "", "Straße\n\n- {{ item }}", "{% if %}"))
            merge = self.dice.choice((None, "typing"))
            self.model.do(SetProperty(self.dice.choice(texts).id, "text", words), merge)

    def replace(self) -> None:
        batch, _done, _left = replace_all_edit(self.model.document, Query("note"), "memo", "replace")
        if batch.edits:
            self.model.do(batch)

    def paste_words(self) -> None:
        QGuiApplication.clipboard().setText("Words from a mail")
        self.editor.do("edit.paste")


def outline_ids(editor: TreeEditor) -> list[str]:
    """The rows of the outline in reading order."""
    model = editor.outline.model()
    assert isinstance(model, OutlineModel)
    found: list[str] = []
    waiting = [model.index(0, 0)]
    while waiting:
        index = waiting.pop()
        found.append(str(model.node_id(index)))
        waiting.extend(model.index(row, 0, index) for row in reversed(range(model.rowCount(index))))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_200_random_gestures_taken_back_leave_a_byte_identical_file(
    editors: tuple[TreeEditor, TreeEditor], seed: int
) -> None:
    cards, rows = editors
    hand = Hand(cards, random.Random(seed))
    model = hand.model
    before = dump_document(model.document)
    steps = 0
    for number in range(GESTURES):
        document = model.document
        hand.act()
        steps += model.document is not document
        if number % 10 == 0:
            assert outline_ids(rows) == hand.ids()
            if not len(cards.shared.folds):
                assert [node.id for node in cards.canvas.layout_.in_order()] == hand.ids()
    assert steps > GESTURES / 4
    assert outline_ids(rows) == hand.ids()
    after = dump_document(model.document)
    while model.undo():
        pass
    assert dump_document(model.document) == before
    assert outline_ids(rows) == hand.ids()
    while model.redo():
        pass
    assert dump_document(model.document) == after
