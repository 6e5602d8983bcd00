"""``bough permissions``: what agents are allowed to do on this machine, and taking it back."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence

from app.cli.runner import OK, USAGE, Refusal, Terminal
from app.cli.words import when
from app.permissions import Allowed, list_allowed, take_back
from app.services import Services

ALL = "all"


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """List what is allowed, or take back what was named."""
    store = await services.open_store()
    found = await list_allowed(store)
    if options.revoke:
        chosen = _chosen(found, options.revoke)
        await take_back(store, [one.grant for one in chosen])
        for one in chosen:
            terminal.say(f"{one.agent} has to ask again: {one.sentence}")
        return OK
    for one in found:
        if options.json:
            data = {
                "id": short_id(one), "agent": one.agent, "agent_id": one.agent_id, "kind": one.kind,
                "sentence": one.sentence, "session": one.grant.session_id, "created": one.grant.created,
            }  # fmt: skip
            terminal.result(json.dumps(data, ensure_ascii=False))
        else:
            terminal.result(f"{short_id(one)}  {when(one.grant.created)}  {one.agent:<28}  {one.sentence}")
    if not found:
        terminal.say("No agent is allowed anything. An agent asks before it does something outside of itself.")
    return OK


def short_id(one: Allowed) -> str:
    """What a permission is called on the command line."""
    return hashlib.sha256(one.id.encode()).hexdigest()[:8]


def _chosen(found: Sequence[Allowed], names: Sequence[str]) -> Sequence[Allowed]:
    """What was named, by id, by agent, or ``all``.

    Raises:
        Refusal: One of them is nothing; then nothing is taken back.
    """
    chosen: dict[str, Allowed] = {}
    for name in names:
        matching = [
            one
            for one in found
            if name == ALL or short_id(one) == name.lower() or name.lower() in (one.agent_id, one.agent.lower())
        ]
        if not matching and name != ALL:
            raise Refusal(f"There is no permission {name}, and no agent of that name has one.", USAGE)
        chosen |= {one.id: one for one in matching}
    return list(chosen.values())
