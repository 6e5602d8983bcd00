"""The index of a document is right whatever edits it came from, also where it was taken over, not counted anew."""

from __future__ import annotations

import random

from engine.blueprint import AgentDocument, EditError, InsertNode, MoveNode, RemoveNode, SetEnabled, SetProperty, apply
from engine.blueprint.document import Node, make_node


def tree(depth: int, dice: random.Random) -> Node:
    inner = [tree(depth - 1, dice) for _ in range(dice.randint(1, 3))] if depth else []
    return make_node("group", *inner, title=f"level {depth}")


def test_the_index_after_random_edits_is_that_of_the_same_tree() -> None:
    dice = random.Random(5)
    document = AgentDocument(make_node("agent", *(tree(3, dice) for _ in range(4)), id="root"))
    for number in range(300):
        ids = [node.id for node in document.walk()]
        node, parent = dice.choice(ids), dice.choice(ids)
        edits = [
            SetProperty(node, "title", f"title {number}"),
            SetEnabled(node, bool(number % 2)),
            MoveNode(node, parent, 0),
            InsertNode(parent, 0, make_node("group")),
            RemoveNode(node) if len(ids) > 40 else SetProperty(node, "title", absent=True),
        ]
        try:
            document, _ = apply(document, dice.choice(edits))
        except EditError:
            continue
        assert document._index() == AgentDocument(document.root)._index()
