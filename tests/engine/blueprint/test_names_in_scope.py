"""Names that are taken and names in reach can be told whatever kinds of parts stand in an agent."""

from __future__ import annotations

import pytest

from engine.blueprint import AgentDocument, make_node, rename_variable, variables_in_scope
from engine.blueprint.kinds import KINDS

STEPS = sorted(name for name, kind in KINDS.items() if kind.place in ("steps", "both") and kind.addable)
NODES = sorted(name for name, kind in KINDS.items() if kind.place in ("nodes", "both") and kind.addable)


@pytest.mark.parametrize("kind", sorted({*STEPS, *NODES}))
def test_a_variable_is_renamed_beside_every_kind_of_part(kind: str) -> None:
    part = make_node(kind, id="part")
    state = make_node("state", id="s", title="notes", type="list")
    inside = make_node("tool", part, id="t", title="Do it") if kind in STEPS else part
    document = AgentDocument(make_node("agent", state, inside, id="root"))
    assert "notes" in {variable.name for variable in variables_in_scope(document, "part")} or kind == "part"
    assert rename_variable(document, "s", "list").edits
