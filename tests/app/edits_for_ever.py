"""The program that ``test_never_lost`` kills: edits an agent for ever, each told on standard output.

A step is an edit of its own or a burst of typing, which becomes one step of undo. The next step begins when the one
before has reached the disk, as it has long before a person makes another; letters inside a burst wait for nothing.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys

os.environ["QT_API"] = "pyside6"
os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from app.library import Library
from app.tasks import wait_signal
from app.workspace.autosave import Autosave
from engine.blueprint import InsertNode, SetProperty, make_node
from engine.store import Store
from tests.engine.blueprint.builders import notepad
from widgets.tree import DocumentModel

AGENT = "agent_1"


async def main(path: str, seed: int) -> None:
    chance = random.Random(seed)
    store = await Store.open(path)
    library = Library(store)
    if await store.agents.get(AGENT) is None:
        await library.create(notepad(), agent_id=AGENT)
    loaded = await library.load(AGENT)
    assert loaded is not None
    owner = QObject()
    model = DocumentModel(loaded.history, owner)
    saving = Autosave(store.agents, AGENT, model, loaded.row.version, owner)
    root = model.document.root.id
    print(f"ready {model.history.position}", flush=True)
    while True:
        model.history.end_merge()
        if chance.random() < 0.5:
            model.do(InsertNode(root, 0, make_node("section", text="x" * chance.randrange(2_000))))
        else:
            model.do(SetProperty(root, "description", "a"), merge_key="typing")
        print(f"did {model.history.position}", flush=True)
        while not saving.clean:
            await wait_signal(saving.saved)
        print(f"saved {model.history.position}", flush=True)
        entry = model.history.entries[-1]
        for length in range(2, 6):
            if entry.merge_key:
                model.do(SetProperty(root, "description", "a" * length), merge_key="typing")
                await asyncio.sleep(chance.random() * 0.004)


if __name__ == "__main__":
    app = QApplication([])
    with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
