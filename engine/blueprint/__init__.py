"""Agents as documents: node kinds, files, edits, problems, and rendering into the engine. No Qt.

Public names are loaded on first use, so that ``import engine`` stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_NAMES: dict[str, str] = {
    "AgentDocument": "document",
    "Node": "document",
    "Place": "document",
    "fresh_ids": "document",
    "make_node": "document",
    "new_node_id": "document",
    "DocumentError": "files",
    "DocumentProblem": "files",
    "dump_document": "files",
    "load_document": "files",
    "load_file": "files",
    "node_from_json": "files",
    "node_to_json": "files",
    "GROUP_TITLES": "kinds",
    "KINDS": "kinds",
    "NodeKind": "kinds",
    "Properties": "kinds",
    "Variable": "kinds",
    "kind_of": "kinds",
    "Choice": "form_fields",
    "Field": "form_fields",
    "field_of": "form_fields",
    "fields": "form_fields",
    "Batch": "edits",
    "Edit": "edits",
    "EditError": "edits",
    "InsertNode": "edits",
    "MoveNode": "edits",
    "RemoveNode": "edits",
    "SetEnabled": "edits",
    "SetProperty": "edits",
    "apply": "edits",
    "can_insert": "edits",
    "can_insert_node": "edits",
    "can_move": "edits",
    "can_remove": "edits",
    "describe": "edits",
    "edit_from_json": "edits",
    "edit_to_json": "edits",
    "insertion_point": "edits",
    "History": "history",
    "HistoryEntry": "history",
    "capabilities": "reach",
    "Problem": "problem",
    "problems": "checks",
    "variables": "declared",
    "variables_in_scope": "declared",
    "rename_input": "rename",
    "rename_variable": "rename",
    "TemplateError": "template",
    "agent_component": "render",
    "initial_state": "render",
    "state_values": "render",
    "node_of_path": "render",
    "dry_compile": "dry",
    "reasons_not_sent": "why",
    "why_not_sent": "why",
    "Template": "gallery",
    "templates": "gallery",
    "agent_schema": "schema",
    "ExportError": "python_export",
    "export_python": "python_export",
    "FromBough": "outside",
    "Older": "older",
    "Outside": "outside",
    "Wishes": "wish",
    "wishes": "wish",
}

__all__ = [
    "GROUP_TITLES",
    "KINDS",
    "AgentDocument",
    "Batch",
    "Choice",
    "DocumentError",
    "DocumentProblem",
    "Edit",
    "EditError",
    "ExportError",
    "Field",
    "FromBough",
    "History",
    "HistoryEntry",
    "InsertNode",
    "MoveNode",
    "Node",
    "NodeKind",
    "Older",
    "Outside",
    "Place",
    "Problem",
    "Properties",
    "RemoveNode",
    "SetEnabled",
    "SetProperty",
    "Template",
    "TemplateError",
    "Variable",
    "Wishes",
    "agent_component",
    "agent_schema",
    "apply",
    "can_insert",
    "can_insert_node",
    "can_move",
    "can_remove",
    "capabilities",
    "describe",
    "dry_compile",
    "dump_document",
    "edit_from_json",
    "edit_to_json",
    "export_python",
    "field_of",
    "fields",
    "fresh_ids",
    "initial_state",
    "insertion_point",
    "kind_of",
    "load_document",
    "load_file",
    "make_node",
    "new_node_id",
    "node_from_json",
    "node_of_path",
    "node_to_json",
    "problems",
    "reasons_not_sent",
    "rename_input",
    "rename_variable",
    "state_values",
    "templates",
    "variables",
    "variables_in_scope",
    "why_not_sent",
    "wishes",
]

if TYPE_CHECKING:
    from engine.blueprint.checks import problems
    from engine.blueprint.declared import variables, variables_in_scope
    from engine.blueprint.document import AgentDocument, Node, Place, fresh_ids, make_node, new_node_id
    from engine.blueprint.dry import dry_compile
    from engine.blueprint.edits import (
        Batch,
        Edit,
        EditError,
        InsertNode,
        MoveNode,
        RemoveNode,
        SetEnabled,
        SetProperty,
        apply,
        can_insert,
        can_insert_node,
        can_move,
        can_remove,
        describe,
        edit_from_json,
        edit_to_json,
        insertion_point,
    )
    from engine.blueprint.files import (
        DocumentError,
        DocumentProblem,
        dump_document,
        load_document,
        load_file,
        node_from_json,
        node_to_json,
    )
    from engine.blueprint.form_fields import Choice, Field, field_of, fields
    from engine.blueprint.gallery import Template, templates
    from engine.blueprint.history import History, HistoryEntry
    from engine.blueprint.kinds import GROUP_TITLES, KINDS, NodeKind, Properties, Variable, kind_of
    from engine.blueprint.older import Older
    from engine.blueprint.outside import FromBough, Outside
    from engine.blueprint.problem import Problem
    from engine.blueprint.python_export import ExportError, export_python
    from engine.blueprint.reach import capabilities
    from engine.blueprint.rename import rename_input, rename_variable
    from engine.blueprint.render import agent_component, initial_state, node_of_path, state_values
    from engine.blueprint.schema import agent_schema
    from engine.blueprint.template import TemplateError
    from engine.blueprint.why import reasons_not_sent, why_not_sent
    from engine.blueprint.wish import Wishes, wishes


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_NAMES)
