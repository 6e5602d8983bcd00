"""On event, Stop rule and Continue rule as functions that are handed to the engine's hooks.

Not here: the steps inside (``steps``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import is_blank
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.moments import GOES_ON_AFTER
from engine.blueprint.names import slug
from engine.blueprint.python_export.expressions import Code, NotPython
from engine.blueprint.python_export.parts import writes
from engine.blueprint.python_export.source import call, indented, quoted
from engine.blueprint.python_export.steps import StepWriter
from engine.blueprint.python_export.texts import condition, written
from engine.blueprint.reads import reads

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_CALLED = "[call.name for call in result.tool_calls]"
_OF_CALL = {
    "reply": Code("result.text", "text"),
    "tool_calls": Code(_CALLED, "list"),
    "call_number": Code("result.tick", "int"),
}
_HOOKS: dict[str, tuple[str, str, dict[str, Code]]] = {
    "mount": ("use_on_mount", "", {}),
    "message": ("use_on_message", "entry", {"message": Code("entry.text", "text")}),
    "call_start": ("use_on_tick_start", "info", {"call_number": Code("info.tick", "int")}),
    "call_end": ("use_on_tick_end", "result", _OF_CALL),
    "turn_end": (
        "use_on_execution_end",
        "info",
        {"call_number": Code("info.tick", "int"), "ended": Code("info.status", "text")},
    ),
}


@writes("on_event")
def on_event(scope: ScopeWriter, node: Node) -> str:
    """Steps at a moment of a turn."""
    props: Any = kind_of(node).props(node)
    hook, parameter, told = _HOOKS[props.event]
    if not node.children:
        return ""
    shown = scope.shown_when(node)
    if shown and props.event == "mount":
        raise NotPython("It waits for its place in the tree inside a When.")
    given = dict(told)
    name = scope.names.fresh(slug(props.title, props.event))
    if props.event == "turn_end" and any(
        "reply" in reads(step) for child in node.children for step in enabled_nodes(child)
    ):
        given["reply"] = _last_reply(scope, name)
    body = StepWriter(scope, node.children, given).statements()
    guard = f"if not {shown}:\n    return\n" if shown else ""
    title = quoted(kind_of(node).title_of(node))
    body = f"{guard}with {scope.module.helper('quietly')}({title}):\n{indented(body or 'pass')}"
    scope.functions.append(
        f"async def {name}({parameter}) -> None:\n{indented(body)}\n\n{scope.module.engine(hook)}({name})"
    )
    return ""


def _last_reply(scope: ScopeWriter, name: str) -> Code:
    """What the model said last, kept from call to call."""
    kept, keep = scope.names.fresh(f"{name}_reply"), scope.names.fresh(f"keep_{name}_reply")
    scope.lines.append(f'{kept} = {scope.module.engine("use_ref")}("")')
    hook = scope.module.engine("use_on_tick_end")
    source = f"def {keep}(result) -> None:\n    {kept}.current = result.text\n\n{hook}({keep})"
    scope.functions.append(source)
    return Code(f"{kept}.current", "text")


@writes("stop_rule")
def stop_rule(scope: ScopeWriter, node: Node) -> str:
    """Ends the turn."""
    props: Any = kind_of(node).props(node)
    tests = [
        f"result.tick >= {props.after}" if props.after is not None else "",
        _says(props.contains),
        f"{quoted(props.tool.strip())} in {_CALLED}" if props.tool.strip() else "",
        _holds(scope, node),
    ]
    said = " or ".join(f"({test})" if " or " in test else test for test in tests if test)
    if not said:
        return ""
    name = scope.names.fresh(slug(props.title, "stop_rule"))
    shown = scope.shown_when(node)
    test = f"{shown} and ({said})" if shown else said
    ending = f'{{"stop": True, "reason": {_reason(scope, node)}}}'
    body = f"if {test}:\n    return {ending}\nreturn None"
    scope.functions.append(
        f"def {name}(result):\n{indented(body)}\n\n{scope.module.engine('use_continuation')}({name})"
    )
    return ""


@writes("continue_rule")
def continue_rule(scope: ScopeWriter, node: Node) -> str:
    """Makes the turn go on; why is told to the model in the next call."""
    props: Any = kind_of(node).props(node)
    until, tool = _says(props.until), props.tool.strip()
    if not until and not tool and is_blank(props.condition):
        return ""
    name = scope.names.fresh(slug(props.title, "continue_rule"))
    turn, words, setter = (scope.names.fresh(f"{name}_{part}") for part in ("turn", "words", "set_words"))
    start = '{"times": 0, "used": set()}'
    scope.lines.append(f"{turn} = {scope.module.engine('use_ref')}({start})")
    scope.lines.append(f'{words}, {setter} = {scope.module.engine("use_state")}("")')
    shown = scope.shown_when(node)
    done = [
        f"not {shown}" if shown else "",
        "result.should_continue",
        f"result.stop_reason not in {GOES_ON_AFTER!r}".replace("'", '"'),
        until,
        f'{quoted(tool)} in turn["used"]' if tool else "",
        f"not ({_holds(scope, node)})" if not is_blank(props.condition) else "",
        f'turn["times"] >= {props.limit}' if props.limit is not None else "",
    ]
    lines = [
        "if result.tick == 1:",
        f"    {turn}.current = {start}",
        f"turn = {turn}.current",
        'turn["used"] |= {call.name for call in result.tool_calls}',
        f'{setter}("")',
        "if (\n" + indented("\nor ".join(test for test in done if test)) + "\n):",
        "    return None",
        'turn["times"] += 1',
        f"why = {_reason(scope, node, bare=True)}",
        f"{setter}(why)",
        f'return {{"continue": True, "reason": why or {quoted(kind_of(node).title_of(node))}}}',
    ]
    body = "\n".join(lines)
    scope.functions.append(
        f"def {name}(result):\n{indented(body)}\n\n{scope.module.engine('use_continuation')}({name})"
    )
    scope.module.engine("Ephemeral")
    return call(scope.module.helper("with_words"), ["Ephemeral", words])


def _says(words: str) -> str:
    wanted = words.strip().casefold()
    return f"{quoted(wanted)} in result.text.casefold()" if wanted else ""


def _holds(scope: ScopeWriter, node: Node) -> str:
    expression = scope.expression(node, _OF_CALL)
    if not expression:
        return ""
    test = condition(expression, scope.module, {**scope.live(), **_OF_CALL})
    return f"{scope.module.helper('holds')}(lambda: {test.source})" if test.fails else test.source


def _reason(scope: ScopeWriter, node: Node, *, bare: bool = False) -> str:
    props: Any = kind_of(node).props(node)
    title = quoted(kind_of(node).title_of(node))
    if not props.reason.strip():
        return '""' if bare else title
    text = written(props.reason, scope.module, {**scope.live(), **_OF_CALL}, scope.names)
    if text.fails:
        raise NotPython("The reason may not be worked out.")
    if text.static is not None:
        return quoted(text.static.strip())
    return f"{text.grouped}.strip()" if bare else f"{text.grouped}.strip() or {title}"
