"""What an agent as a whole must have: a conversation, instructions, a name, names that are its parts' own."""

from __future__ import annotations

from collections.abc import Iterator

from engine.blueprint.checks.view import View
from engine.blueprint.declared import part_around
from engine.blueprint.document import Node
from engine.blueprint.edits import Batch, SetEnabled
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.texts import SUGGESTED_WORDS
from engine.blueprint.names import slug, unique, unique_title
from engine.blueprint.placement import part_id
from engine.blueprint.problem import Problem, insert_node, remove_node, set_value


def everything_off(view: View) -> Problem | None:
    """The one thing to say where nothing is switched on."""
    root = view.document.root
    if not root.children or any(child.enabled for child in root.children):
        return None
    fix = Batch(tuple(SetEnabled(child.id, True) for child in root.children), "Switch all parts on")
    return Problem(root.id, None, "error", "Every part of this agent is switched off, so it has nothing to say.", fix)


def whole(view: View) -> Iterator[Problem]:
    """What concerns the agent itself."""
    root = view.document.root
    is_part = part_id(view.document) is not None
    if not is_part:
        yield from _timelines(view)
    if not str(root.props.get("name", "")).strip():
        fix = set_value(root.id, "name", "My agent", "Call it “My agent”")
        yield Problem(root.id, "name", "info", "The agent has no name yet.", fix)
    if not is_part and not any(view.of_kind("system", "section")):
        text = "The agent has no instructions: the model is told nothing about what it should be."
        fix = insert_node(root.id, 0, "system", {"text": SUGGESTED_WORDS}, "Add instructions")
        yield Problem(root.id, None, "warning", text, fix)
    if root.props.get("max_ticks") == 1 and any(view.of_kind("tool", "mcp_server", "sub_agent")):
        text = "One model call per turn is too few for tools: the model would never read what a tool replied."
        yield Problem(root.id, "max_ticks", "warning", text, set_value(root.id, "max_ticks", 10, "Allow 10 calls"))
    yield from _doubles(view)
    yield from _sections(view)


def _timelines(view: View) -> Iterator[Problem]:
    root = view.document.root
    timelines = list(view.of_kind("timeline"))
    if not timelines:
        off = next((node for node in view.document.walk() if node.kind == "timeline"), None)
        text = "There is no Timeline, so the agent will not remember earlier turns."
        if off is not None:
            around = [off, *view.document.ancestors(off.id)]
            switches = tuple(SetEnabled(node.id, True) for node in around if not node.enabled)
            yield Problem(root.id, None, "warning", text, Batch(switches, "Switch the Timeline on"))
        else:
            fix = insert_node(root.id, len(root.children), "timeline", {}, "Add a Timeline")
            yield Problem(root.id, None, "warning", text, fix)
    for extra in timelines[1:]:
        text = "There are two Timelines, and an agent has only one conversation."
        yield Problem(extra.id, None, "error", text, remove_node(extra.id, "Remove this Timeline"))


def _doubles(view: View) -> Iterator[Problem]:
    tools: dict[str, Node] = {}
    named: dict[str, dict[str, Node]] = {}
    titles = {str(node.props.get("title", "")) for node in view.nodes}
    for node in view.nodes:
        kind = kind_of(node)
        title = str(node.props.get("title", "")).strip()
        is_tool = kind.group == "abilities" and kind.own_name(node) is not None
        if is_tool or kind.declares(node):
            own = str(node.props.get("name", "") or "").strip()
            name = kind.own_name(node) or ""
            part = part_around(view.document, node.id)
            seen = tools if is_tool else named.setdefault(part.id if part is not None else "", {})
            if name in seen and part is not None:
                yield _double_in_part(view, node, f"Two {'tools' if is_tool else 'knobs'} are called “{name}”.")
            elif name in seen:
                other = unique_title(title or kind.title, titles)
                changed = ("name", unique(name, set(seen))) if own else ("title", other)
                fix = set_value(node.id, *changed, f"Call this one “{changed[1]}”")
                what = "tools" if is_tool else "variables or knobs"
                yield Problem(node.id, changed[0], "error", f"Two {what} are called “{name}”.", fix)
            seen.setdefault(name, node)
            if own and slug(own) != own:
                fix = set_value(node.id, "name", name, f"Use “{name}”")
                text = f"“{own}” cannot be a technical name, so the model and texts know it as “{name}”."
                yield Problem(node.id, "name", "info", text, fix)
    if "set_knob" in tools and any(view.of_kind("knob", "gate")):
        node = tools["set_knob"]
        field = "name" if str(node.props.get("name", "") or "").strip() else "title"
        fix = set_value(node.id, field, "change_setting" if field == "name" else "Change setting", "Call it otherwise")
        yield Problem(node.id, field, "error", "The name “set_knob” belongs to the knobs of the agent.", fix)


def _double_in_part(view: View, node: Node, text: str) -> Problem:
    """What stands inside a part gets another name with all that is inside."""
    from engine.blueprint.part_edits import rename_inside

    part = next(above for above in reversed(view.document.ancestors(node.id)) if above.kind == "part")
    return Problem(part.id, None, "error", f"{text} One stands in this part.", rename_inside(view.document, part.id))


def _sections(view: View) -> Iterator[Problem]:
    """Sections of one name are read as one. Those of which only one is there at a time are meant so."""
    seen: dict[str, Node] = {}
    titles = {str(node.props.get("title", "")) for node in view.nodes}
    for node in view.of_kind("section"):
        name = kind_of(node).own_name(node)
        if name is None or view.around(node, "when") is not None or view.around(node, "repeat") is not None:
            continue
        if name in seen:
            own = str(node.props.get("id", "") or "").strip()
            title = str(node.props.get("title", "")).strip()
            changed = ("id", unique(name, set(seen))) if own else ("title", unique_title(title, titles))
            text = f"Two sections are called “{name}”, so the model reads them as one."
            fix = set_value(node.id, *changed, f"Call this one “{changed[1]}”")
            yield Problem(node.id, changed[0], "info", text, fix)
        seen.setdefault(name, node)
