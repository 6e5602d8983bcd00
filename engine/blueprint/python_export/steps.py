"""The steps of a tool as the body of a function.

A variable that no step reads is changed by a function of its old value, as the engine's setters take it. Where steps
read what they change, they work on a name of the handler's own, and the setters are called when all have worked.
Where a step waits, such as for an answer, others may change a variable meanwhile; then a ``Draft`` keeps the changes.
Not here: texts and expressions (``texts``, ``expressions``), the tool itself (``tree``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import to_expression
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.files import node_to_json
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import Code, NotPython, shown
from engine.blueprint.python_export.known import Holder, changes, fitted, given_inside, own_steps, reaches_out, replies
from engine.blueprint.python_export.source import ExportError, call, indented, laid_out, literal, one_line, quoted
from engine.blueprint.python_export.texts import Written, condition, value, written
from engine.blueprint.reads import reads
from engine.blueprint.template import TemplateError
from engine.blueprint.values import ValueProblem, empty

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter


class StepWriter:
    """Writes the body of one handler.

    Args:
        scope: Where the tool stands: its variables and names.
        steps: The steps.
        given: What the handler is given, by the names that texts know.
    """

    def __init__(self, scope: ScopeWriter, steps: Iterable[Node], given: Mapping[str, Code]) -> None:
        self.scope = scope
        self.module = scope.module
        self.nodes = [step for step in steps if step.enabled]
        self.names = scope.names.inner()
        self.names.taken |= {code.source for code in given.values()}
        self.values: dict[str, Code] = {**scope.values, **given}
        self.outer = [step for node in self.nodes for step in enabled_nodes(node) if reaches_out(step)]
        self.waits = bool(self.outer) or any(step.kind == "ask" for node in self.nodes for step in enabled_nodes(node))
        self.constants: dict[str, str] = {}
        everything = [step for node in self.nodes for step in own_steps(node)]
        own = set(scope.holders) - set(given)
        read = {name for step in everything for name in reads(step)} & own
        changed = [name for step in everything for name in changes(step) if name in own]
        self.simple = {name for name in own if self._is_simple(name, changed, read)}
        self.local = [name for name in scope.holders if name in own and name in {*read, *changed} - self.simple]
        self.changed = [name for name in self.local if name in changed]
        for name in self.local:
            holder = scope.holders[name]
            self.values[name] = Code(holder.name, holder.type)
        self.late: list[str] = []
        self.wordy = True
        self.silent = False
        self._given: set[str] = set()
        low, high = replies(self.nodes)
        self.one_reply, self.always_replies = high <= 1, low >= 1

    def _is_simple(self, name: str, changed: list[str], read: set[str]) -> bool:
        if changed.count(name) != 1 or name in read:
            return False
        return any(
            name in changes(step) and step.kind in ("set", "append", "clear") and not step.props.get("field")
            for step in self.nodes
        )

    # -- the whole -------------------------------------------------------------------------------------------------

    def statements(self) -> str:
        """The statements of steps whose replies nobody reads."""
        self.silent = True
        return self.body()

    def body(self) -> str:
        """The statements, up to and with ``return``."""
        statements = [self.step(step) for step in self.nodes]
        ends = bool(statements) and not self.silent and self.one_reply and self.nodes[-1].kind == "reply"
        last = statements.pop() if ends else None
        lines: list[str] = []
        if self.local:
            names = ", ".join(self.scope.holders[name].name for name in self.local)
            now = self.module.helper("now")
            lines.append(f"{names} = {', '.join(f'{now}({self.scope.holders[name].setter})' for name in self.local)}")
        for given in dict.fromkeys(name for node in self.nodes for name in given_inside(node)):
            if given in self.values:
                lines.append(f"{self.values[given].source} = {literal(empty(self.values[given].type))}")
        if self.outer:
            lines += self._before_the_first()
        if self.waits and self.changed:
            lines.append(f"draft = {self.module.helper('Draft')}()")
        direct = last is not None and not last.startswith(("with ", "reply ="))
        needs_start = not self.silent and any(
            step.kind == "reply" for node in self.nodes for step in enabled_nodes(node)
        )
        if needs_start and not self.one_reply:
            lines.append("replies: list[str] = []")
        elif needs_start and not self.always_replies:
            lines.append('reply = "Done."')
        lines += statements
        if last is not None and not direct:
            lines.append(last)
        if self.waits and self.changed:
            lines.append("draft.keep()")
        else:
            lines += [f"{self.scope.holders[name].setter}({self.scope.holders[name].name})" for name in self.changed]
        lines += self.late
        if not self.silent:
            lines.append(last if last is not None and direct else self._answer(needs_start))
        return "\n".join(line for line in lines if line)

    def _answer(self, replied: bool) -> str:
        if not self.one_reply:
            return 'return "\\n".join(reply for reply in replies if reply.strip()) or "Done."'
        if not replied:
            return 'return "Done."'
        return "return reply" if self.wordy else 'return reply if reply.strip() else "Done."'

    def step(self, step: Node) -> str:
        """One step as statements."""
        writer: Callable[[Node], str] = getattr(self, f"_{step.kind}", self._outside)
        if step.kind == "unknown":
            raise ExportError(step, "This version of Bough does not know it, so it has no form in Python.")
        try:
            return writer(step)
        except (NotPython, TemplateError, ValueProblem) as error:
            raise ExportError(step, str(error)) from None

    def _guarded(self, step: Node, source: str, fails: bool) -> str:
        if not fails:
            return source
        title = quoted(kind_of(step).title_of(step))
        return f"with {self.module.helper('step')}({title}):\n{indented(source)}"

    def _text(self, step: Node, name: str) -> Written:
        text = str(getattr(kind_of(step).props(step), name))
        return written(text, self.module, self.values, self.names)

    # -- steps -----------------------------------------------------------------------------------------------------

    def _reply(self, step: Node) -> str:
        if self.silent:
            return ""
        text = self._text(step, "text")
        self.wordy = self.wordy and text.wordy
        if not self.one_reply:
            return self._guarded(step, f"replies.append({text.grouped})", text.fails)
        if step is self.nodes[-1] and not text.fails and text.wordy:
            return f"return {text.grouped}"
        return self._guarded(step, f"reply = {text.grouped}", text.fails)

    def _set(self, step: Node) -> str:
        props: Any = kind_of(step).props(step)
        new = value(props.value, self.module, self.values, self.names)
        if not props.field.strip():
            return self._change(step, new, lambda old, given: given)
        field = self._text(step, "field")
        name = self.names.fresh("field")
        into = self.module.helper("to_record") if self._holder(step).type != "record" else ""

        def with_field(old: str, given: Code) -> Code:
            record = f"{{**{into}({old}), {name}: {given.source}}}" if into else f"{{**{old}, {name}: {given.source}}}"
            if field.wordy:
                return Code(record, "record")
            whole = given if given.type == "record" else Code(f"{self.module.helper('to_record')}({given.source})")
            return Code(f"{record} if {name} else {whole.operand}", "record", False, given.type != "record")

        change = self._change(step, new, with_field, bound=[name])
        return f"{name} = {field.grouped}.strip()\n{change}"

    def _append(self, step: Node) -> str:
        props: Any = kind_of(step).props(step)
        new = value(props.value, self.module, self.values, self.names)
        if self._holder(step).type == "text":
            line = self.module.helper("with_line")
            return self._change(
                step, new, lambda old, given: Code(f"{line}({old}, {shown(given, self.module)})", "text")
            )
        return self._change(step, new, lambda old, given: Code(f"[*{old}, {given.source}]", "list"))

    def _remove(self, step: Node) -> str:
        props: Any = kind_of(step).props(step)
        kind = self._holder(step).type
        if props.what in ("first", "last"):
            helper = self.module.helper("without_end")
            return self._change(
                step,
                Code(quoted(props.what), "text"),
                lambda old, given: Code(f"{helper}({old}, {given.source})", kind, fails=True),
            )
        helper = self.module.helper({"value": "without"}.get(props.what, f"without_{props.what}"))
        new = value(props.value, self.module, self.values, self.names)
        return self._change(step, new, lambda old, given: Code(f"{helper}({old}, {given.source})", kind, fails=True))

    def _clear(self, step: Node) -> str:
        holder = self._holder(step)
        return self._change(step, Code(literal(empty(holder.type)), holder.type), lambda old, given: given)

    def _when(self, step: Node) -> str:
        props: Any = kind_of(step).props(step)
        types = {name: code.type if code.type != "int" else "number" for name, code in self.values.items()}
        test = condition(to_expression(props.condition, types), self.module, self.values)
        inside = self._block(child for child in step.children if child.kind != "otherwise")
        source = f"if {test.source}:\n{indented(inside)}"
        otherwise = next((child for child in step.children if child.kind == "otherwise" and child.enabled), None)
        if otherwise is not None:
            source += f"\nelse:\n{indented(self._block(otherwise.children))}"
        return self._guarded(step, source, test.fails)

    def _repeat(self, step: Node) -> str:
        kind: Any = kind_of(step)
        props = kind.props(step)
        found = self.values[props.each.strip()]
        source = found.source if found.type == "list" else f"{self.module.helper('rows')}({found.source})"
        name = kind.item_name(step)
        outer = dict(self.values)
        local = self.names.fresh(name)
        self.values[name] = Code(local)
        inside = self._block(step.children)
        self.values = outer
        return self._guarded(
            step, f"for {local} in {source}:\n{indented(inside)}", found.type not in ("list", "record")
        )

    def _group(self, step: Node) -> str:
        title = one_line(str(step.props.get("title", "")))
        inside = self._block(step.children)
        return f"# {title}\n{inside}" if title else inside

    def _part(self, step: Node) -> str:
        """What stands inside knows only what the part is given."""
        from engine.blueprint.python_export.repeats import arguments

        given, linked, outer = arguments(self.scope, step, self.values, self.scope.holders)
        values, holders, simple = self.values, self.scope.holders, self.simple
        lines, inner, changing = [], dict[str, Code](), dict[str, Holder]()
        for name, code in given.items():
            if name in linked:
                # The variable itself, under the name that this function has it by.
                inner[name] = Code(outer[code.source], code.type)
                changing[name] = next(item for item in holders.values() if item.name == outer[code.source])
            else:
                local = self.names.fresh(name)
                lines.append(f"{local} = {outer[code.source]}")
                inner[name] = Code(local, code.type)
        self.values, self.scope.holders, self.simple = inner, changing, set()
        inside = self._block(step.children)
        self.values, self.scope.holders, self.simple = values, holders, simple
        return self._guarded(step, "\n".join([*lines, inside]), any("to_" in line for line in lines))

    def _ask(self, step: Node) -> str:
        kind: Any = kind_of(step)
        question = self._text(step, "question")
        name = kind.gives(step)[0].name
        local = self.values[name].source if name in self.values and name in self._given else self.names.fresh(name)
        self._given.add(name)
        choices = literal(kind.options(step))
        asked = f"{local} = await {call(self.module.helper('answer_of'), ['call', question.source, choices])}"
        source = self._guarded(step, asked, question.fails)
        self.values[name] = Code(local, "text")
        if str(step.props.get("variable") or "").strip():
            source += "\n" + self._change(step, Code(local, "text"), lambda old, given: given)
        return source

    def _before_the_first(self) -> list[str]:
        self.module.other("engine.blueprint", "Outside")
        self.scope.reaches_out()
        asking = [self._constant(step) for step in self.outer if any(True for _ in kind_of(step).capabilities(step))]
        asked = [f"await {call('outside.require', asking)}"] if asking else []
        return ["outside = Outside(world, call)", *asked]

    def _constant(self, step: Node) -> str:
        """The step as it is, at the level of the module."""
        if step.id not in self.constants:
            self.constants[step.id] = self.module.constant(step.kind, laid_out(node_to_json(step)))
        return self.constants[step.id]

    def _outside(self, step: Node) -> str:
        """A step that reaches outside: the node as it is, through the gate."""
        values = [f"{name}={self.values[name].source}" for name in sorted(reads(step))]
        performed = f"await {call('outside.perform', [self._constant(step), *values])}"
        gives = kind_of(step).gives(step)
        lines = [performed]
        if gives:
            found = self.names.fresh("found" if len(gives) > 1 else "outcome")
            lines = [f"{found} = {performed}"]
            for variable in gives:
                known = self.values.get(variable.name)
                local = known.source if known is not None and variable.name in self._given else ""
                local = local or self.names.fresh(variable.name)
                self._given.add(variable.name)
                lines.append(f"{local} = {found}[{quoted(variable.name)}]")
                self.values[variable.name] = Code(local, variable.type)
        source = "\n".join(lines)
        if str(step.props.get("variable") or "").strip():
            source += "\n" + self._change(step, Code("outside.kept"), lambda old, given: given)
        return source

    def _block(self, steps: Iterable[Node]) -> str:
        lines = [self.step(step) for step in steps if step.enabled]
        return "\n".join(line for line in lines if line) or "pass"

    # -- changes ---------------------------------------------------------------------------------------------------

    def _holder(self, step: Node) -> Holder:
        name = str(step.props.get("variable") or "").strip()
        if name not in self.scope.holders:
            raise NotPython(f"“{name}” is no variable that a step can change.")
        return self.scope.holders[name]

    def _change(self, step: Node, given: Code, how: Callable[[str, Code], Code], bound: Iterable[str] = ()) -> str:
        holder = self._holder(step)
        name = str(step.props["variable"]).strip()
        if name in self.simple:
            return self._change_later(step, holder, given, how)
        if self.waits:
            return self._drafted(step, holder, given, how, bound)
        new = self.fitting(holder, how(holder.name, given))
        return self._guarded(step, f"{holder.name} = {new.source}", new.fails or given.fails)

    def _change_later(self, step: Node, holder: Holder, given: Code, how: Callable[[str, Code], Code]) -> str:
        """A change that nothing reads, made when all steps have worked."""
        before = ""
        fitted = self.fitting(holder, how(holder.name, given))
        read = {self.values[name].source for name in self.changed if name in self.values}
        mentioned = any(name in given.source for name in read)
        if fitted.fails or given.fails or mentioned:
            name = self.names.fresh(f"new_{holder.name}" if step.kind == "set" else "item")
            kept = given if step.kind == "append" else self.fitting(holder, given)
            before = self._guarded(step, f"{name} = {kept.source}", kept.fails or given.fails)
            fitted = how(holder.name, Code(name, kept.type))
        constant = step.kind in ("set", "clear")
        change = fitted.source if constant else f"lambda {holder.name}: {fitted.source}"
        self.late.append(f"{holder.setter}({change})")
        return before

    def _drafted(
        self, step: Node, holder: Holder, given: Code, how: Callable[[str, Code], Code], bound: Iterable[str]
    ) -> str:
        lines = []
        if not given.source.isidentifier():
            name = self.names.fresh("value" if "value" not in self.names.taken else "new")
            lines.append(f"{name} = {given.source}")
            given = Code(name, given.type)
        new = self.fitting(holder, how(holder.name, given))
        kept = [each for each in dict.fromkeys([given.source, *bound]) if each.isidentifier()]
        how_source = f"lambda {', '.join([holder.name, *(f'{each}={each}' for each in kept)])}: {new.source}"
        lines.append(f"{holder.name} = draft.change({holder.setter}, {holder.name}, {how_source})")
        return self._guarded(step, "\n".join(lines), new.fails or given.fails)

    def fitting(self, holder: Holder, new: Code) -> Code:
        """The value as the variable holds it."""
        kind = holder.type
        made = fitted(self.scope, new, kind)
        if holder.node.kind != "knob" or not self._may_be_refused(holder, made):
            return made
        return Code(
            f"{self.module.helper('allowed')}({self.scope.definition(holder)}, {made.source})", kind, fails=True
        )

    def _may_be_refused(self, holder: Holder, new: Code) -> bool:
        import ast

        kind: Any = kind_of(holder.node)
        props = kind.props(holder.node)
        bounded = props.type == "choice" or (
            props.type == "number" and (props.minimum, props.maximum, props.step) != (None, None, None)
        )
        try:
            constant = ast.literal_eval(new.source)
        except (ValueError, SyntaxError):
            return bounded
        return bounded and not (props.type == "choice" and constant in kind.options(holder.node))
