"""A scope of the agent as a component: its variables as hooks, its tools as functions, its parts as elements.

Not here: the steps of a tool (``steps``), texts (``texts``), the module around (``engine.blueprint.python_export``).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from engine.blueprint.board import SCOPES, declaring
from engine.blueprint.conditions import is_blank, to_expression
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import Code, NotPython
from engine.blueprint.python_export.known import Holder
from engine.blueprint.python_export.parts import WRITERS
from engine.blueprint.python_export.source import (
    ExportError,
    Module,
    Names,
    call,
    in_list,
    indented,
    laid_out,
    literal,
    loose,
    names_read,
    one_line,
    quoted,
)
from engine.blueprint.python_export.texts import Written, condition, written
from engine.blueprint.template import TemplateError, names_in_expression
from engine.blueprint.values import ValueProblem


class ScopeWriter:
    """Writes one component: the agent, or what a Repeat holds for each item.

    Args:
        module: The module it becomes part of.
        root: The node whose inside it is.
        values: Names in reach that it is given, as it has them.
        holders: Variables in reach that it may change.
        inside: Whether it is a scope inside the agent: an item of a Repeat, or a Part.
    """

    def __init__(
        self,
        module: Module,
        root: Node,
        values: dict[str, Code] | None = None,
        holders: dict[str, Holder] | None = None,
        inside: bool = False,
    ) -> None:
        self.module = module
        self.root = root
        self.names: Names = module.names.inner()
        self.values: dict[str, Code] = dict(values or {})
        self.holders: dict[str, Holder] = dict(holders or {})
        self.inside = inside
        self.inside_repeat = root.kind == "repeat"
        self.names.taken |= {code.source for code in self.values.values()}
        self.names.taken |= {name for holder in self.holders.values() for name in (holder.name, holder.setter)}
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.knobs_placed: list[str] = []
        self.always_placed = False
        self.around: list[str] = []
        self.known_lists: set[str] = set()
        self._definitions: dict[str, str] = {}

    # -- variables -------------------------------------------------------------------------------------------------

    def hooks(self) -> None:
        """Declare the scope's variables: state, then knobs, then gates, which read the others."""
        named: dict[str, Node] = {}
        for node in declaring(self.root):
            name = kind_of(node).own_name(node)
            if name is not None:
                named.setdefault(name, node)
        order = {"state": 0, "knob": 1, "gate": 2}
        for name, node in sorted(named.items(), key=lambda item: order[item[1].kind]):
            self.guarded(node, partial(getattr(self, f"_{node.kind}_hook"), name, node))

    def _state_hook(self, name: str, node: Node) -> None:
        kind: Any = kind_of(node)
        own, setter = self.names.fresh(name), self.names.fresh(f"set_{name}")
        initial = laid_out(kind.initial(node), 4)
        self.lines.append(f"{own}, {setter} = {self.module.engine('use_state')}({initial})")
        value_type = kind.props(node).type
        self.values[name] = Code(own, value_type)
        self.holders[name] = Holder(own, setter, value_type, node)

    def _knob_hook(self, name: str, node: Node) -> None:
        kind: Any = kind_of(node)
        own, setter = self.names.fresh(name), self.names.fresh(f"set_{name}")
        value_type = kind.declares(node)[0].type
        use_knob = self.module.engine("use_knob")
        shown = self.shown_when(node)
        self.holders[name] = holder = Holder(own, setter, value_type, node)
        if shown:
            definition = self.definition(holder)
            hidden = self.module.helper("hidden")
            source = f"{use_knob}({quoted(name)}, {definition} if {shown} else {hidden}({definition}))"
        elif name in self._definitions or self._set_by_steps(name):
            source = f"{use_knob}({quoted(name)}, {self.definition(holder)})"
        else:
            settings = [f"{key}={literal(value)}" for key, value in kind.settings(node).items() if value is not False]
            source = call(use_knob, [quoted(name), literal(kind.initial(node)), *settings])
        self.lines.append(f"{own}, {setter} = {source}")
        self.values[name] = Code(own, value_type)

    def _set_by_steps(self, name: str) -> bool:
        return any(
            str(node.props.get("variable") or "").strip() == name
            for node in enabled_nodes(self.root)
            if kind_of(node).group == "steps"
        )

    def definition(self, holder: Holder) -> str:
        """The constant with a knob's definition."""
        kind: Any = kind_of(holder.node)
        name = kind.own_name(holder.node)
        if name not in self._definitions:
            settings = [
                f"{key}={literal(value)}" for key, value in kind.settings(holder.node).items() if value is not False
            ]
            made = call(self.module.engine("knob"), [literal(kind.initial(holder.node)), *settings])
            self._definitions[name] = self.module.constant(name, made)
        return self._definitions[name]

    def _gate_hook(self, name: str, node: Node) -> None:
        kind: Any = kind_of(node)
        props = kind.props(node)
        own = self.names.fresh(name)
        text = self.text(node, "instructions")
        otherwise = quoted(props.description.strip() or props.title.strip())
        if text.static is not None:
            instructions = written(text.static.strip(), self.module, {}, self.names).source if text.wordy else otherwise
        else:
            instructions = f"{text.grouped}.strip()" + ("" if text.wordy else f" or {otherwise}")
        shown = self.shown_when(node)
        if props.tool.strip():
            test = f"any(call.name == {quoted(props.tool.strip())} for call in result.tool_calls)"
        elif is_blank(props.condition):
            test = "False"
        else:
            found = self.condition(node, self.live())
            test = f"{self.module.helper('holds')}(lambda: {found.source})" if found.fails else found.source
        activate = f"lambda result: {f'{shown} and ' if shown else ''}{test}"
        made = call(self.module.engine("gate"), [quoted(props.description.strip()), instructions, activate])
        self.lines.append(f"{own} = " + call(self.module.engine("use_gate"), [quoted(name), made]))
        self.values[name] = Code(f"{own}.state", "text")

    def live(self) -> dict[str, Code]:
        """The names in reach with their values as they are at the moment of asking."""
        found = dict(self.values)
        for name, holder in self.holders.items():
            if name in found and found[name].source == holder.name:
                found[name] = Code(f"{self.module.helper('now')}({holder.setter})", holder.type)
        return found

    def shown_when(self, node: Node) -> str:
        """The condition under which a knob or gate stands in the tree; "" where it always does."""
        tests: list[str] = []
        line = self._line_to(node)
        for above, below in pairwise(line):
            if above.kind != "when":
                continue
            try:
                test = self.condition(above, self.values)
            except NotPython:
                missing = sorted(names_in_expression(self.expression(above)) - set(self.values))
                raise NotPython(f"It stands inside a When that reads “{missing[0]}”, which comes after it.") from None
            tests.append(f"not ({test.source})" if below.kind == "otherwise" else test.source)
        if not tests:
            return ""
        source = (
            tests[0] if len(tests) == 1 else " and ".join(f"({test})" if " or " in test else test for test in tests)
        )
        name = self.names.fresh(f"{kind_of(node).own_name(node) or node.kind}_shown")
        self.lines.append(f"{name} = bool({source})")
        return name

    def _line_to(self, node: Node) -> list[Node]:
        """The nodes from the scope's root to a node inside it."""

        def search(current: Node, line: list[Node]) -> list[Node]:
            for child in current.children:
                if child.id == node.id:
                    return [*line, current, child]
                found = search(child, [*line, current])
                if found:
                    return found
            return []

        return search(self.root, [])

    def decides(self) -> bool:
        """Whether the scope itself, without those inside it, has a say in when a turn ends."""
        stack = list(self.root.children)
        while stack:
            node = stack.pop()
            if node.enabled and node.kind in ("gate", "on_event", "stop_rule", "continue_rule"):
                return True
            if node.enabled and node.kind not in SCOPES:
                stack.extend(node.children)
        return False

    def reaches_out(self) -> list[str]:
        """The component needs the world; how it is handed on."""
        self.module.world = True
        return ["world=world"]

    # -- texts and conditions --------------------------------------------------------------------------------------

    def guarded(self, node: Node, make: Callable[[], Any]) -> Any:
        """What cannot be written names the node.

        Raises:
            ExportError: It cannot be written.
        """
        try:
            return make()
        except (NotPython, TemplateError, ValueProblem) as error:
            raise ExportError(node, str(error)) from None

    def text(self, node: Node, name: str, more: dict[str, Code] | None = None) -> Written:
        """A text property."""
        given = str(getattr(kind_of(node).props(node), name))
        return written(given, self.module, {**self.values, **(more or {})}, self.names)

    def condition(self, node: Node, values: dict[str, Code]) -> Code:
        """The condition property of a node."""
        expression = self.expression(node)
        return condition(expression, self.module, values) if expression else Code("False", "yes_no")

    def expression(self, node: Node, more: Mapping[str, Code] | None = None) -> str:
        """The condition property of a node as an expression of the template language."""
        props: Any = kind_of(node).props(node)
        values = {**self.values, **(more or {})}
        types = {name: "number" if code.type == "int" else code.type for name, code in values.items()}
        return to_expression(props.condition, types)

    # -- elements --------------------------------------------------------------------------------------------------

    def elements(self, nodes: Iterable[Node]) -> list[str]:
        """The elements of some nodes, in order."""
        found = []
        for node in nodes:
            if not node.enabled or node.kind == "otherwise":
                continue
            if node.kind == "group":
                inside = self.elements(node.children)
                title = one_line(str(node.props.get("title", "")))
                found += [f"# {title}\n{inside[0]}", *inside[1:]] if inside and title else inside
                continue
            made = self.element(node)
            if made:
                found.append(made)
        return found

    def element(self, node: Node) -> str:
        """One node as an expression; "" where it leaves nothing in the tree."""
        if node.kind == "state":
            return ""
        if node.kind == "when":
            return str(self.guarded(node, lambda: self._when(node)))
        if node.kind in WRITERS:
            return str(self.guarded(node, lambda: WRITERS[node.kind](self, node)))
        raise ExportError(node, f"“{kind_of(node).title}” has no form in Python.")

    def group_of(self, nodes: Sequence[str]) -> str:
        """Several elements as one expression."""
        return nodes[0] if len(nodes) == 1 else in_list(nodes)

    def with_words(self, element: str, text: Written, props: list[str]) -> str:
        """An element that is left out where its text is blank."""
        self.module.engine(element)
        if text.wordy:
            return call(element, [text.source, *props])
        return call(self.module.helper("with_words"), [element, text.source, *props])

    def _when(self, node: Node) -> str:
        props: Any = kind_of(node).props(node)
        if is_blank(props.condition):
            return ""
        test = self.condition(node, self.values)
        self.around.append(test.source)
        known = set(self.known_lists)
        self.known_lists |= {code.source for code in self.values.values() if code.source == test.source}
        inside = self.elements(node.children)
        self.known_lists = known
        self.around[-1] = f"not ({test.source})"
        otherwise = next((child for child in node.children if child.kind == "otherwise" and child.enabled), None)
        other = self.elements(otherwise.children) if otherwise is not None else []
        self.around.pop()
        if not inside and not other:
            return ""
        if not inside:
            return f"not {test.operand} and {loose(self.group_of(other))}"
        yes = loose(self.group_of(inside))
        if not other:
            return f"{self._skipped(test)} and {yes}"
        source = f"{yes}\nif {test.source}\nelse {loose(self.group_of(other))}"
        return f"(\n{indented(source)}\n)"

    def _skipped(self, test: Code) -> str:
        """A condition that leaves nothing in the tree where it does not hold: False, or an empty text or list."""
        whole = ast.parse(test.source, mode="eval").body
        if not self._leaves_nothing(whole):
            return f"bool({test.source})"
        either = isinstance(whole, ast.BoolOp) and isinstance(whole.op, ast.Or)
        return f"({test.source})" if either else test.source

    def _leaves_nothing(self, source: ast.expr) -> bool:
        if isinstance(source, ast.BoolOp):
            return all(self._leaves_nothing(part) for part in source.values)
        if isinstance(source, ast.Name):
            kinds = ("yes_no", "text", "list")
            return any(code.source == source.id and code.type in kinds for code in self.values.values())
        return isinstance(source, ast.Compare) or (isinstance(source, ast.UnaryOp) and isinstance(source.op, ast.Not))

    def component(self, name: str, docstring: str, parameters: str = "") -> str:
        """The whole component as source."""
        self.hooks()
        elements = self.elements(self.root.children)
        decorator = self.module.engine("component")
        if self.module.world and not parameters and not self.inside:
            self.module.other("engine.world", "World")
            parameters = "world: World | None = None"
        parts = [f'"""{docstring}"""'] if docstring else []
        lines = self._needed_only(elements)
        parts += ["\n".join(lines)] if lines else []
        parts += self.functions
        parts.append(f"return {in_list(elements)}")
        body = "\n\n".join(parts)
        return f"@{decorator}\ndef {name}({parameters}):\n{indented(body)}"

    def _needed_only(self, elements: Sequence[str]) -> list[str]:
        """The lines of the hooks without the names that nothing uses."""
        read = [names_read(line) for line in self.lines]
        pieces = Counter(name for piece in (*self.functions, *elements) for name in names_read(piece))
        pieces.update(name for names in read for name in names)
        found = []
        for line, own in zip(self.lines, read, strict=True):
            target, _, source = line.partition(" = ")
            names = [name if pieces[name] > (name in own) else "_" for name in target.split(", ")]
            found.append(source if set(names) == {"_"} else f"{', '.join(names)} = {source}")
        return found
