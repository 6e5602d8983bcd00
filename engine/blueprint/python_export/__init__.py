"""An agent as a Python module: one component over the engine's public names that shows a model the same contexts.

State variables become ``use_state``, knobs ``use_knob``, gates ``use_gate``, tools functions, texts f-strings, When and
Repeat what Python has for them; small helpers stand in the module where they are needed. What has no form in Python is
refused with the part's name. See ``docs/python-export.md``. Not here: JSON (``engine.blueprint.files``).
"""

from __future__ import annotations

from engine.blueprint.checks import problems
from engine.blueprint.document import AgentDocument
from engine.blueprint.kinds import kind_of
from engine.blueprint.names import slug
from engine.blueprint.python_export import content, events, repeats, tools, words  # noqa: F401 - they register how kinds are written
from engine.blueprint.python_export.source import ExportError, Module, Names, one_line, reserved
from engine.blueprint.python_export.tree import ScopeWriter


def export_python(document: AgentDocument) -> str:
    """The agent as the source of a Python module.

    The module has one component, named after the agent. Mounted in a session and given the same messages and replies,
    it makes the same requests as the agent itself.

    Raises:
        ExportError: A part has no form in Python, or does not work at all. It names the part; nothing was written.

    Example:
        >>> Path("notepad.py").write_text(export_python(document))
    """
    for problem in problems(document):
        if problem.severity == "error":
            raise ExportError(document.node(problem.node_id), problem.text)
    # Written twice: only then is it known which helpers the module has, and which names are free for the agent's own.
    first = _module(document, Module())
    module = _module(document, Module(Names(first.helpers_used), first.world))
    return module.text(_docstring(document, component_name(document)))


def _module(document: AgentDocument, module: Module) -> Module:
    name = component_name(document)
    module.names.taken.add(name)
    description = _in_docstring(str(document.root.props.get("description", "")))
    module.component(ScopeWriter(module, document.root).component(name, description))
    return module


def component_name(document: AgentDocument) -> str:
    """What the module calls the agent: ``Notepad assistant`` becomes ``NotepadAssistant``."""
    pieces = slug(str(document.root.props.get("name", "")), "agent").split("_")
    name = "".join(piece[:1].upper() + piece[1:] for piece in pieces if piece) or "Agent"
    return name if name not in reserved() else f"{name}Agent"


def _docstring(document: AgentDocument, name: str) -> str:
    title = _in_docstring(kind_of(document.root).title_of(document.root))
    return f"""{title}, exported from Bough.

    from engine import create_app

    async with create_app({name}, model=…, store="sessions.db") as app:
        session = await app.session("first")
        print((await session.send("Hello").result).response)
"""


def _in_docstring(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"""', "”").rstrip('"')


__all__ = ["ExportError", "component_name", "export_python"]
