"""Copies of nodes that can stand beside what is there: names that are taken get a number, and what uses them follows.

Plain functions over values. Not here: new ids (``engine.blueprint.document.fresh_ids``) and where copies go.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.blueprint.declared import unique_names
from engine.blueprint.document import AgentDocument, Node, make_node
from engine.blueprint.edits import EditError, apply
from engine.blueprint.kinds import kind_of
from engine.blueprint.names import slug
from engine.blueprint.rename import rename_variable


def beside(document: AgentDocument, copies: Sequence[Node]) -> list[Node]:
    """The copies, with variables and tools named so that they do not collide with those of the document.

    Example:
        A copied tool with its list: ``notepad`` becomes ``notepad 2``, and the copied tool's steps write into it.
    """
    taken = unique_names(document) | _tools(document)
    scratch = AgentDocument(make_node("agent", *copies))
    for node in list(scratch.walk()):
        kind = kind_of(node)
        name = kind.own_name(node)
        titled = "title" in kind.Properties.model_fields and (kind.declares(node) or node.kind == "tool")
        if not titled or name is None or name not in taken:
            continue
        title = str(node.props.get("title", "") or name)
        number = 2
        while slug(f"{title} {number}", name) in taken:
            number += 1
        scratch = _renamed(scratch, node, f"{title} {number}")
    return list(scratch.root.children)


def _renamed(scratch: AgentDocument, node: Node, title: str) -> AgentDocument:
    try:
        return apply(scratch, rename_variable(scratch, node.id, title), check=False)[0]
    except EditError:  # longer than a title may be: it keeps its name, and the problems say so
        return scratch


def _tools(document: AgentDocument) -> set[str]:
    found = (kind_of(node).own_name(node) for node in document.walk() if node.kind == "tool")
    return {name for name in found if name}
