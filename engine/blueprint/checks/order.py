"""Where things stand: parts in the wrong place, a hidden Timeline, examples below it, a Reply that comes too early."""

from __future__ import annotations

from collections.abc import Iterator

from engine.blueprint.checks.view import View
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.edits import Edit
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.placement import can_move, misplaced
from engine.blueprint.problem import Problem, insert_node, move_node, set_value
from engine.blueprint.reads import reads
from engine.blueprint.wording import plain_preview


def misordered(view: View, node: Node) -> Iterator[Problem]:
    """What is wrong with the place of one node."""
    reason = misplaced(view.document, node)
    if reason:
        yield Problem(node.id, None, "error", f"This stands in the wrong place: {reason}", _rescue(view, node))
    if node.kind == "timeline":
        yield from _hidden_timeline(view, node)
    if node.kind == "example":
        yield from _example(view, node)


def _rescue(view: View, node: Node) -> Edit | None:
    """Where it may stand: a step at the end of a tool, another part in front of the Timeline."""
    document = view.document
    kind = KINDS.get(node.kind)
    if kind is None:
        return None
    if kind.place == "steps":
        tool = next(view.of_kind("tool"), None)
        if tool is not None and can_move(document, node.id, tool.id, len(tool.children)) is None:
            return move_node(node.id, tool.id, len(tool.children), "Move it into the tool")
        return None
    root = document.root
    for index in (_before_timeline(root, node), len(root.children) - (1 if node in root.children else 0)):
        if can_move(document, node.id, root.id, index) is None:
            return move_node(node.id, root.id, index, "Move it out of the tool")
    return None


def _before_timeline(root: Node, node: Node) -> int:
    rest = [child for child in root.children if child.id != node.id]
    return next((index for index, child in enumerate(rest) if child.kind == "timeline"), len(rest))


def _hidden_timeline(view: View, node: Node) -> Iterator[Problem]:
    when = view.around(node, "when")
    if when is None or _in_both_branches(when):
        return
    text = "The Timeline stands inside a When: while the condition does not hold, the agent remembers nothing."
    root = view.document.root
    yield Problem(node.id, None, "warning", text, move_node(node.id, root.id, len(root.children), "Move it out"))


def _in_both_branches(when: Node) -> bool:
    """Whether there is a Timeline either way."""
    branches = {
        child.kind == "otherwise"
        for child in when.children
        if any(inner.kind == "timeline" for inner in enabled_nodes(child))
    }
    return len(branches) == 2


def _example(view: View, node: Node) -> Iterator[Problem]:
    timeline = next(view.of_kind("timeline"), None)
    if timeline is not None and view.order[node.id] > view.order[timeline.id]:
        place = view.document.place(timeline.id)
        parent = place.parent_id or view.document.root.id
        fix = move_node(node.id, parent, place.index, "Move it above the Timeline")
        text = "An example message stands ahead of the conversation, but this one is below the Timeline."
        yield Problem(node.id, None, "error", text, fix)
        return
    examples = list(view.of_kind("example"))
    if node is examples[-1] and node.props.get("role", "user") == "user" and str(node.props.get("text", "")).strip():
        place = view.document.place(node.id)
        parent = place.parent_id or view.document.root.id
        answer = {"role": "assistant", "text": "Here is how I would answer."}
        fix = insert_node(parent, place.index + 1, "example", answer, "Add an answer")
        text = "The last example is the person's and has no answer, so the model reads it as a question to answer now."
        yield Problem(node.id, "role", "warning", text, fix)


def steps_in_order(view: View, node: Node) -> Iterator[Problem]:
    """A tool whose Reply tells of a variable before a step below changes it; inputs that no step uses."""
    if node.kind != "tool" or not node.enabled:
        return
    told: set[str] = set()
    for child in node.children:
        changed = {str(step.props.get("variable") or "").strip() for step in enabled_nodes(child)} - {""}
        late = sorted(told & changed)
        if late:
            reply = next(step for step in node.children if step.kind == "reply" and late[0] in reads(step))
            text = f"The reply tells of “{late[0]}” before a step below changes it, so the model reads the old value."
            fix = move_node(reply.id, node.id, len(node.children) - 1, "Move the reply to the end")
            yield Problem(reply.id, None, "warning", text, fix)
            break
        if child.kind == "reply" and child.enabled:
            told |= reads(child)
    yield from _unused_inputs(node)


def _unused_inputs(node: Node) -> Iterator[Problem]:
    if not node.children:
        return
    used = {name for child in node.children for step in enabled_nodes(child) for name in reads(step)}
    inputs = list(node.props.get("inputs") or ())
    for item in kind_of(node).inside(node):  # type: ignore[attr-defined]
        if item.name in used:
            continue
        kept = [given for given in inputs if _input_name(given) != item.name]
        text = f"No step of this tool uses what the model gives as “{plain_preview(item.title)}”."
        fix = set_value(node.id, "inputs", kept, "Do not ask for it")
        yield Problem(node.id, "inputs", "info", text, fix)


def _input_name(given: object) -> str:
    from engine.blueprint.kinds.tool import ToolInput

    return ToolInput.model_validate(given).name
