"""The published JSON Schema of agent files, made from the kinds. ``resources/schema`` holds the written one.

``python -m engine.blueprint.schema > resources/schema/bough-agent-1.schema.json`` writes it again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from engine.blueprint.document import FORMAT_NAME, FORMAT_VERSION, MAX_NODES
from engine.blueprint.gallery import CATEGORIES
from engine.blueprint.kinds import GROUP_TITLES, KINDS

SCHEMA_FILE = f"bough-agent-{FORMAT_VERSION}.schema.json"


def agent_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an agent file.

    Kinds that it does not name are allowed, as the program keeps them; known ones must have properties that fit.
    """
    definitions: dict[str, Any] = {}
    rules: list[dict[str, Any]] = []
    for kind in KINDS.values():
        if kind.name == "unknown":
            continue
        model = kind.Properties.model_json_schema(ref_template="#/$defs/{model}")
        for name, definition in (model.pop("$defs", None) or {}).items():
            definitions[name] = _clean(definition)
        name = f"props_{kind.name}"
        definitions[name] = {**_clean(model), "title": kind.title, "description": kind.help}
        then: dict[str, Any] = {"properties": {"props": {"$ref": f"#/$defs/{name}"}}}
        rules.append({"if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]}, "then": then})
    definitions["node"] = {
        "type": "object",
        "description": "One part of an agent.",
        "properties": {
            "id": {
                "type": "string",
                "description": "Stable id, unique in the file.",
                "pattern": "^[A-Za-z0-9_-]{1,64}$",
            },
            "kind": {"type": "string", "minLength": 1, "maxLength": 100},
            "enabled": {"type": "boolean", "default": True},
            "props": {"type": "object"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": MAX_NODES},
        },
        "required": ["kind"],
        "allOf": rules,
    }
    definitions["template"] = _template()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bough agent",
        "description": "An agent as a tree of parts that is read from top to bottom.",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT_NAME},
            "version": {"const": FORMAT_VERSION},
            "root": {"allOf": [{"$ref": "#/$defs/node"}, {"properties": {"kind": {"const": "agent"}}}]},
            "template": {"$ref": "#/$defs/template"},
        },
        "required": ["format", "version", "root"],
        "$defs": dict(sorted(definitions.items())),
    }


def _template() -> dict[str, Any]:
    """The card of an agent that is offered as a template."""
    words = {"type": "string", "maxLength": 2_000}
    return {
        "type": "object",
        "description": "How the gallery shows the agent. Only templates have one.",
        "properties": {
            "title": words,
            "description": words,
            "icon": {**words, "description": "Name of a Lucide icon."},
            "hue": {"enum": list(GROUP_TITLES), "description": "The group of parts whose colour the card takes."},
            "category": {"enum": list(CATEGORIES)},
            "needs": {**words, "description": "What it needs to run."},
            "order": {"type": "integer"},
            "agents": {
                "type": "object",
                "description": "Agents that it brings along; it names each of them template:<name>.",
                "additionalProperties": {"$ref": "#"},
            },
        },
    }


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(agent_schema(), ensure_ascii=False, indent=2) + "\n"


def _clean(value: Any) -> Any:
    """Without what only forms need."""
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items() if key != "bough"}
    return [_clean(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.stdout.write(schema_text())
