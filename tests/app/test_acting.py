"""Agents that act, in the window: asked once, remembered, shown in the preview; and what forms ask of the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.agent_secrets import AgentSecrets, entry_of
from app.keychain import SERVICE
from engine.blueprint import InsertNode, SetProperty, kind_of, make_node
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until
from tests.servers.web_server import Asked, WebServer, answer


def agent_of(person: Person) -> Any:
    return person.desk.bench.agent


def tool_of(person: Person) -> Any:
    return next(node for node in agent_of(person).model.document.walk() if node.kind == "tool")


async def answers(person: Person, *, always: bool) -> str:
    """Wait until the agent asks for a permission, and give it; returns what it asked."""
    await until(lambda: person.desk.bench.session is not None, "a session")
    confirmations = person.desk.bench.session.session.confirmations
    (question,) = await until(lambda: confirmations.open, "a question")
    assert question.kind == "permission"
    person.desk.bench.session.session.respond(question.confirmation_id, True, always=always)
    return str(question.message)


@at_the_window
async def test_a_step_asks_in_the_chat_and_always_holds_in_the_next_run(start, tmp_path: Path):
    (tmp_path / "list.txt").write_text("figs and tea", encoding="utf-8")
    note = Reply(tool_calls=[ToolCall("add_note", {"note": "x"})])
    model = ScriptedModel([note, "Done.", note, "Done again."])
    person = await start(model)
    await person.begins("notepad")
    tool = tool_of(person)
    agent_of(person).model.do(InsertNode(tool.id, 0, make_node("read_file", folder=str(tmp_path), path="list.txt")))
    agent_of(person).model.do(InsertNode(tool.id, 1, make_node("append", variable="notepad", value="{{ content }}")))
    await person.says("Note it", wait=False)
    assert await answers(person, always=True) == f"Read files in {tmp_path}"
    await until(person.idle, "the end of the turn")
    await person.saved()
    await person.closes()
    again = await start(model)
    await until(lambda: agent_of(again) is not None and again.desk.bench.session is not None, "the agent in front")
    await again.says("And again")
    assert "figs and tea" in model.calls[-1].system
    assert not agent_of(again).world.closing


@at_the_window
async def test_code_and_requests_run_beside_the_window(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "x"})]), "Done."])
    person = await start(model)
    await person.begins("notepad")
    tool = tool_of(person)
    async with WebServer({"/": answer("[1, 2, 3.5]", kind="application/json")}) as server:
        code = make_node(
            "run_python", code="result = sum(inputs['n'])", inputs=[{"name": "n", "value": "{{ response.json }}"}]
        )
        agent_of(person).model.do(InsertNode(tool.id, 0, make_node("http", url=server.url)))
        agent_of(person).model.do(InsertNode(tool.id, 1, code))
        agent_of(person).model.do(InsertNode(tool.id, 2, make_node("append", variable="notepad", value="{{ result }}")))
        await person.says("Note it", wait=False)
        assert (await answers(person, always=False)).startswith("Fetch from 127.0.0.1")
        confirmations = person.desk.bench.session.session.confirmations
        await until(lambda: [q for q in confirmations.open if "Python" in q.message], "the second question")
        await answers(person, always=False)
        await until(person.idle, "the end of the turn")
    assert "6.5" in model.calls[-1].system and len(server.asked) == 1


@at_the_window
async def test_a_secret_is_found_nowhere_afterwards_though_the_server_repeats_it(start, memory_keyring):
    def echo(asked: Asked) -> bytes:
        return answer(f"You sent {asked.headers}")

    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "x"})]), "Done."])
    person = await start(model)
    await person.begins("notepad")
    agent = agent_of(person)
    tool = tool_of(person)
    async with WebServer({"/": echo}) as server:
        place = f"127.0.0.1:{server.port}"
        await AgentSecrets(person.application.services.keychain).store("weather", place, "the-secret-value")
        secret = {"name": "weather", "host": place}
        agent.model.do(InsertNode(tool.id, 0, make_node("http", url=server.url, secret=secret)))
        agent.model.do(InsertNode(tool.id, 1, make_node("append", variable="notepad", value="{{ response.text }}")))
        await person.says("Note it", wait=False)
        assert "with the secret “weather”" in await answers(person, always=True)
        await until(person.idle, "the end of the turn")
    assert server.asked[0].headers["authorization"] == "Bearer the-secret-value"
    assert "[hidden]" in model.calls[-1].system and "the-secret-value" not in repr(model.calls)
    await person.saved()
    await person.closes()
    files = [path for path in start.paths.data.rglob("*") if path.is_file()]
    assert files and not [path for path in files if b"the-secret-value" in path.read_bytes()]


@at_the_window
async def test_a_file_stands_in_the_preview_once_it_is_allowed_and_follows_its_changes(start, tmp_path: Path):
    path = tmp_path / "prices.txt"
    path.write_text("Figs cost 3", encoding="utf-8")
    person = await start(ScriptedModel(default="ok"))
    await person.begins("notepad")
    agent, insight = agent_of(person), person.desk.bench.insight
    node = make_node("document", id="prices", title="Prices", source="file", path=str(path))
    agent.model.do(InsertNode(agent.model.document.root.id, 1, node))
    reason = lambda: person.page.tree.canvas.live("prices") and person.page.tree.canvas.live("prices").reason  # noqa: E731
    await until(lambda: "once you allow it" in (reason() or ""), reason)
    (capability,) = kind_of(node).capabilities(node)
    await agent.world.permissions.allow(agent.id, capability)
    insight.trigger()
    await until(lambda: insight.request is not None and "Figs cost 3" in insight.request.system, "in the preview")
    path.write_text("Figs cost 40", encoding="utf-8")
    insight.trigger()
    await until(lambda: "Figs cost 40" in insight.request.system, "the change in the preview")
    await until(lambda: not reason(), reason)
    agent.model.do(SetProperty("prices", "source", "text"))
    await until(lambda: "Figs" not in insight.request.system, "gone from the preview")


@at_the_window
async def test_forms_reach_the_keychain(start, memory_keyring):
    person = await start(ScriptedModel(default="ok"))
    await person.begins("notepad")
    services = person.page.form._services
    known: list[bool] = []
    services.secret_known("weather", "api.example.org:443", known.append)
    await until(lambda: known == [False], "an answer")
    failed: list[Any] = []
    services.store_secret("weather", "api.example.org:443", "the-value", failed.append)
    await until(lambda: failed == [None], "stored")
    assert memory_keyring.entries == {(SERVICE, entry_of("weather", "api.example.org:443")): "the-value"}
    services.secret_known("weather", "api.example.org:443", known.append)
    await until(lambda: known == [False, True], "an answer")
    assert await agent_of(person).world.secrets.get("weather", "api.example.org:443") == "the-value"
    part = make_node("part", parameters=[{"title": "Tone", "type": "text"}])
    assert [field.label for field in services.parameters(part)] == ["Tone"]


@at_the_window
async def test_a_form_says_when_there_is_no_keychain(start):
    person = await start(ScriptedModel(default="ok"))
    failed: list[Any] = []
    person.page.form._services.store_secret("weather", "api.example.org:443", "the-value", failed.append)
    await until(lambda: failed, "an answer")
    assert "no keychain" in failed[0].reason


@at_the_window
async def test_forms_offer_the_other_agents(start):
    person = await start(ScriptedModel(default="ok"))
    await person.begins("notepad")
    await person.begins("blank") if person.desk.window.page == "agents" else None
    from app.library import Library

    library = Library(person.store)
    helper = await library.create(agent_of(person).model.document, "Helper")
    person.desk.lists.trigger()
    await until(lambda: [choice.id for choice in person.page.form._agents] == [helper], "the other agent alone")
