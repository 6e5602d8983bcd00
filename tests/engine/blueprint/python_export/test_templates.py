"""Every template, exported, makes the requests that it makes itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.blueprint import Template, templates
from tests.engine.blueprint.python_export.both import assert_same
from tests.engine.templates.record import INFO
from tests.engine.templates.rehearsals import REHEARSALS
from tests.engine.templates.surroundings import surroundings

TEMPLATES = templates()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
async def test_its_module_makes_the_same_requests(template: Template, tmp_path: Path) -> None:
    rehearsal = REHEARSALS[template.name]
    turns = [turn.says for turn in rehearsal.turns]
    answers = [answer for turn in rehearsal.turns for answer in turn.answers]
    async with surroundings(template, tmp_path) as world:
        await assert_same(template.document, turns, rehearsal.replies(), answers, world, INFO)
