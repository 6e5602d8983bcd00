"""Tools: something the model can do, as steps run in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._called import CalledKind
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import Properties, Variable, prop, technical_name_prop
from engine.blueprint.names import slug, unique_title
from engine.blueprint.problem import Problem, insert_node, set_value
from engine.blueprint.wording import plain_preview

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.edits import Edit
    from engine.blueprint.steps import StepRun

INPUT_TYPES = {
    "text": "text",
    "number": "number",
    "whole_number": "whole number",
    "yes_no": "yes or no",
    "choice": "choice",
    "list": "list of texts",
}
_VARIABLE_TYPES = {"whole_number": "number", "choice": "text"}
MAX_INPUT_TEXT = 20_000
REPLYING = frozenset({"reply"})
"""Kinds of steps that tell the model something by themselves."""


class ToolInput(Properties):
    """One input of a tool."""

    title: str = prop("", label="Name", placeholder="note", max_length=100)
    type: Literal["text", "number", "whole_number", "yes_no", "choice", "list"] = prop(
        "text", label="Kind", editor="choice", choices=INPUT_TYPES
    )
    description: str = prop("", label="What to put in", max_length=1_000)
    required: bool = prop(True, label="Must be given", editor="toggle")
    options: list[str] = prop([], label="Options", editor="list", visible_when={"type": ("choice",)}, max_length=200)

    @property
    def name(self) -> str:
        """Technical name of the input."""
        return slug(self.title, "input")

    @property
    def variable_type(self) -> str:
        """The type it has in texts and steps."""
        return _VARIABLE_TYPES.get(self.type, self.type)

    @property
    def default(self) -> Any:
        """What stands for it when the model leaves it out."""
        return {"number": None, "whole_number": None, "yes_no": False, "list": []}.get(self.type, "")

    def input_schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        schemas: dict[str, dict[str, Any]] = {
            "text": {"type": "string", "maxLength": MAX_INPUT_TEXT},
            "number": {"type": "number"},
            "whole_number": {"type": "integer"},
            "yes_no": {"type": "boolean"},
            "list": {"type": "array", "items": {"type": "string", "maxLength": MAX_INPUT_TEXT}, "maxItems": 1_000},
            "choice": {"type": "string"},
        }
        found = schemas[self.type]
        options = list(dict.fromkeys(option.strip() for option in self.options if option.strip()))
        if self.type == "choice" and options:
            found = {**found, "enum": options}
        if self.description.strip():
            found = {**found, "description": self.description.strip()}
        return found


class ToolProperties(Properties):
    """Properties of a Tool."""

    title: str = prop("", label="Name", placeholder="Add note", max_length=200)
    description: str = prop(
        "",
        label="When to use it",
        editor="text",
        help="The model reads this to decide when to use the tool.",
        placeholder="Add a note",
        max_length=5_000,
    )
    inputs: list[ToolInput] = prop([], label="Asks the model for", editor="inputs", max_length=50)
    ask_first: bool = prop(
        False, label="Ask me first", editor="toggle", help="You must agree each time before the steps run."
    )
    name: str = technical_name_prop("How the model calls it.")


@register
class ToolKind(CalledKind):
    """An ability made of steps."""

    name = "tool"
    title = "Tool"
    icon = "wrench"
    order = 1
    help = "Something the model can do. The steps inside run in order when it does."
    example = "Add note: asks for a note, appends it to the notepad, replies “Noted.”"
    first_title = "New tool"
    Properties = ToolProperties
    children = "steps"

    def inputs(self, node: Node) -> list[ToolInput]:
        """Its inputs; of two with one name the first counts."""
        found: dict[str, ToolInput] = {}
        for item in self.props(node).inputs:
            found.setdefault(item.name, item)
        return list(found.values())

    def inside(self, node: Node) -> tuple[Variable, ...]:
        """The inputs as variables for its steps."""
        return tuple(
            Variable(item.name, item.title.strip() or item.name, item.variable_type, node.id, "input")
            for item in self.inputs(node)
        )

    async def called(self, node: Node, run: StepRun) -> str:
        """Run its steps; what they replied."""
        from engine.blueprint.steps import run_steps

        await run_steps(run, node.children)
        return run.finish()

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        asks = ", ".join(f"{item.title.strip() or item.name} ({INPUT_TYPES[item.type]})" for item in self.inputs(node))
        pieces = [plain_preview(props.description, 60), f"asks for: {asks}" if asks else ""]
        pieces.append("asks you first" if props.ask_first else "")
        return " · ".join(piece for piece in pieces if piece) or "No description yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.title.strip() and not props.name.strip():
            name_it = set_value(node.id, "title", plain_preview(props.description, 30) or "New tool", "Name it")
            yield Problem(node.id, "title", "error", "This tool has no name.", name_it)
        yield from self.undescribed(node)
        names = [item.name for item in props.inputs]
        for name in sorted({name for name in names if names.count(name) > 1}):
            text = f"Two inputs of this tool are called “{name}”."
            yield Problem(node.id, "inputs", "error", text, self._renamed(node, name))
        for item in props.inputs:
            if not item.title.strip():
                fix = set_value(node.id, "inputs", self._with_title(node, item, "input"), "Call it “input”")
                yield Problem(node.id, "inputs", "warning", "An input of this tool has no name.", fix)
            if item.type == "choice" and not any(option.strip() for option in item.options):
                kept = [each.model_dump() | ({"type": "text"} if each is item else {}) for each in props.inputs]
                fix = set_value(node.id, "inputs", kept, "Ask for a text instead")
                text = f"The input “{item.title}” is a choice without options."
                yield Problem(node.id, "inputs", "error", text, fix)
        from engine.blueprint.declared import enabled_nodes

        if not any(child.enabled for child in node.children):
            text = "This tool has no steps, so nothing happens when the model uses it."
            fix = insert_node(node.id, len(node.children), "reply", {"text": "Done."}, "Add a reply")
            yield Problem(node.id, None, "warning", text, fix)
        elif not any(inner.kind in REPLYING for inner in enabled_nodes(node)):
            text = "This tool has no Reply step, so the model only learns that it is done."
            fix = insert_node(node.id, len(node.children), "reply", {"text": "Done."}, "Add a reply")
            yield Problem(node.id, None, "warning", text, fix)

    def _renamed(self, node: Node, name: str) -> Edit:
        """The last input of that name under another one."""
        inputs = self.props(node).inputs
        last = [item for item in inputs if item.name == name][-1]
        title = unique_title(last.title.strip() or "input", {item.title for item in inputs})
        return set_value(node.id, "inputs", self._with_title(node, last, title), f"Call one “{title}”")

    def _with_title(self, node: Node, item: ToolInput, title: str) -> list[dict[str, Any]]:
        inputs = self.props(node).inputs
        return [each.model_dump() | ({"title": title} if each is item else {}) for each in inputs]
