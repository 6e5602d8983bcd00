"""Ask the person, Search sessions, Sub-agent and Provider tool: what a dry compile and a scripted turn show of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import Session, create_app
from engine.blueprint import AgentDocument, agent_component, dry_compile, kind_of, make_node, problems
from engine.blueprint.checks import Facts
from engine.blueprint.edits import apply
from engine.blueprint.reach import capabilities
from engine.blueprint.why import why_not_sent
from engine.errors import Aborted
from engine.model import ModelInfo
from engine.permissions import MemoryPermissions
from engine.store import Store
from engine.testing import Reply, ScriptedModel
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME, call, results

Answer = Callable[[Any], dict[str, Any]]


@asynccontextmanager
async def living(
    document: AgentDocument, model: ScriptedModel, world: World | None, **options: Any
) -> AsyncIterator[Session]:
    component = agent_component(document, world=world)
    async with create_app(component, model=model, **options) as app:
        session = await app.session("s")
        session.agent_id = world.agent_id if world is not None else None
        yield session


async def turn(session: Session, words: str, answer: Answer = lambda event: {"approved": True}) -> list[Any]:
    """One turn in which every question is answered; the questions."""
    asked = []
    handle = await session.send(words)
    async for event in handle:
        if event.type == "tool_confirmation_required":
            asked.append(event)
            session.respond(event.confirmation_id, **answer(event))
    await handle.result
    return asked


def allowing(document: AgentDocument, agent_id: str = "a", **more: Any) -> World:
    """A world in which everything that the document may do is allowed."""
    allowed = [(agent_id, capability) for _, capability in capabilities(document)]
    return World(agent_id, MemoryPermissions(allowed), **more)


# --- Ask the person -------------------------------------------------------------------------------------------------


def asking(**props: Any) -> AgentDocument:
    return agent(
        make_node("state", id="v", title="day", type="text"),
        make_node(
            "tool",
            make_node("ask", id="ask", question="Which day, {{ who }}?", **props),
            make_node("reply", id="r", text="They said {{ answer }}; day is {{ day }}."),
            id="t",
            title="Choose",
            description="Choose a day",
            inputs=[{"title": "who"}],
        ),
        TIME,
    )


async def test_an_answer_is_there_for_the_steps_below_and_may_be_kept() -> None:
    document = asking(variable="day")
    assert [p.text for p in problems(document) if p.severity == "error"] == []
    model = ScriptedModel([call("choose", who="Ada"), "ok"])
    async with living(document, model, None) as session:
        (event,) = await turn(session, "go", lambda _: {"approved": True, "input": {"answer": "Monday"}})
        assert (event.kind, event.message, event.input) == ("question", "Which day, Ada?", {"choices": []})
        assert results(session) == [("They said Monday; day is Monday.", False)]


async def test_choices_go_along_and_who_would_rather_not_say_ends_the_call() -> None:
    document = asking(answers="choice", choices=["Mon", " Tue ", "Mon", ""])
    model = ScriptedModel([call("choose", who="Ada"), "ok"])
    async with living(document, model, None) as session:
        (event,) = await turn(session, "go", lambda _: {"approved": False})
        assert event.input == {"choices": ["Mon", "Tue"]}
        assert results(session) == [("The person did not answer: Which day, Ada?", True)]


async def test_a_question_that_comes_out_empty_is_not_asked() -> None:
    document = agent(
        make_node("tool", make_node("ask", id="ask", question="{{ x }}"), title="T", inputs=[{"title": "x"}]), TIME
    )
    async with living(document, ScriptedModel([call("t", x=" "), "ok"]), None) as session:
        assert await turn(session, "go") == []
        assert results(session)[0][1]


def test_a_dry_compile_shows_the_tool_and_asks_nobody() -> None:
    request = dry_compile(asking())
    assert [tool["name"] for tool in request.tools] == ["choose"]
    assert "Steps are not sent" in str(why_not_sent(asking(), None, "ask"))


@pytest.mark.parametrize(
    ("props", "words", "fixed"),
    [
        ({"question": ""}, "no question", None),
        ({"answers": "choice"}, "no answer to choose from", ["Yes", "No"]),
        ({"answers": "choice", "choices": ["Yes"]}, "only one answer", None),
    ],
)
def test_a_question_that_cannot_be_answered_is_told(props: dict[str, Any], words: str, fixed: Any) -> None:
    document = agent(make_node("tool", make_node("ask", id="ask", **{"question": "?", **props}), title="T"), TIME)
    (problem,) = [p for p in problems(document) if p.node_id == "ask"]
    assert words in problem.text
    if problem.fix is not None:
        fixed_document = apply(document, problem.fix)[0]
        assert not [p for p in problems(fixed_document) if p.node_id == "ask"]
        assert fixed is None or fixed_document.node("ask").props["choices"] == fixed


def test_the_cards_say_what_is_asked() -> None:
    node = asking(answers="choice", choices=["Mon"]).node("ask")
    assert kind_of(node).summary(node, asking()) == "Which day, **who**? · Mon"
    assert kind_of(node).summary(make_node("ask"), asking()) == "No question yet"


# --- Search sessions ------------------------------------------------------------------------------------------------


def searching(**props: Any) -> AgentDocument:
    return agent(
        make_node(
            "tool",
            make_node("search_sessions", id="search", **{"query": "{{ words }}", **props}),
            make_node("reply", id="r", text="{{ found | length }}: {{ found_text }}"),
            id="t",
            title="Recall",
            description="Look things up",
            inputs=[{"title": "words"}],
        ),
        TIME,
    )


async def _earlier(store: Store, session_id: str, agent_id: str, *said: str) -> None:
    document = agent(TIME)
    async with create_app(agent_component(document), model=ScriptedModel(), store=store) as app:
        session = await app.session(session_id)
        session.agent_id = agent_id
        for words in said:
            await session.send(words).result


async def test_earlier_sessions_are_searched_and_never_the_turn_that_runs(tmp_path: Path) -> None:
    document = searching()
    async with await Store.open(tmp_path / "b.db") as store:
        await _earlier(store, "one", "a", "I like figs", "and more figs")
        await _earlier(store, "theirs", "b", "figs of another agent")
        await _earlier(store, "gone", "a", "figs in the trash")
        await store.browser.trash("gone")
        model = ScriptedModel([call("recall", words="figs"), "ok", call("recall", words="nothing like it"), "ok"])
        async with living(document, model, allowing(document, store=store), store=store) as session:
            assert await turn(session, "what about figs?") == []
            await turn(session, "and now?")
            (found, failed), (nothing, _) = results(session)
            assert not failed
            assert found.startswith("1: - ") and "“I like figs”" in found and "and more figs" in found
            assert nothing == "0: Nothing was found for “nothing like it”."


async def test_all_sessions_are_another_permission_and_no_means_no(tmp_path: Path) -> None:
    everywhere, own = searching(scope="all"), searching()
    assert capabilities(everywhere)[0][1].key != capabilities(own)[0][1].key
    async with await Store.open(tmp_path / "b.db") as store:
        await _earlier(store, "theirs", "b", "figs of another agent")
        world = allowing(own, store=store)
        model = ScriptedModel([call("recall", words="figs"), "ok", call("recall", words="figs"), "ok"])
        async with living(everywhere, model, world, store=store) as session:
            (event,) = await turn(session, "go", lambda _: {"approved": False})
            assert (event.kind, event.message) == ("permission", "Look through all your sessions")
            assert results(session)[0][1]
            (event,) = await turn(session, "again", lambda _: {"approved": True, "always": True})
            assert "figs of another agent" in results(session)[1][0]
            assert await world.allowed(capabilities(everywhere)[0][1])


async def test_the_limit_counts_sessions_and_earlier_turns_of_this_one_are_found(tmp_path: Path) -> None:
    document = searching(limit=2)
    async with await Store.open(tmp_path / "b.db") as store:
        for name in ("one", "two", "three"):
            await _earlier(store, name, "a", f"pears in {name}")
        model = ScriptedModel(["noted", call("recall", words="pears"), "ok", call("recall", words="plums"), "ok"])
        async with living(document, model, allowing(document, store=store), store=store) as session:
            await turn(session, "plums are here")
            await turn(session, "pears?")
            await turn(session, "plums?")
            (pears, _), (plums, _) = results(session)
            assert pears.startswith("2: ") and "in three" in pears and "in one" not in pears
            assert plums.startswith("1: ") and "plums are here" in plums


async def test_without_a_database_there_is_nothing_to_look_through() -> None:
    document = searching()
    async with living(document, ScriptedModel([call("recall", words="x"), "ok"]), allowing(document)) as session:
        await turn(session, "go")
        assert results(session) == [("There are no stored sessions to look through.", True)]


def test_what_a_search_lacks_is_told_with_a_way_out() -> None:
    document = searching(query=" ")
    (problem,) = [p for p in problems(document) if p.node_id == "search"]
    assert problem.fix is not None
    assert apply(document, problem.fix)[0].node("search").props["query"] == "{{ words }}"
    bare = agent(make_node("tool", make_node("search_sessions", id="search"), title="T"), TIME)
    (problem,) = [p for p in problems(bare) if p.node_id == "search"]
    assert problem.fix is None
    node = searching(scope="all").node("search")
    assert kind_of(node).summary(node, document) == "**words** · in all sessions"
    assert kind_of(node).summary(bare.node("search"), bare) == "Nothing to search for yet"
    assert [tool["name"] for tool in dry_compile(searching()).tools] == ["recall"]


# --- Sub-agent ------------------------------------------------------------------------------------------------------


class Agents:
    """The person's agents, from memory."""

    def __init__(self, **agents: AgentDocument) -> None:
        self.agents = agents
        self.permissions = MemoryPermissions()
        self.models: dict[str, Any] = {}
        self.closed: list[str] = []

    async def load(self, agent_id: str) -> tuple[AgentDocument, World] | None:
        if agent_id not in self.agents:
            return None
        world = World(agent_id, self.permissions, agents=self, model=self.models.get(agent_id))

        async def close() -> None:
            self.closed.append(agent_id)

        world.closing.append(close)
        return self.agents[agent_id], world


def boss(child: str = "helper", **props: Any) -> AgentDocument:
    node = make_node("sub_agent", id="sub", title="Helper", agent=child, description="Helps", **props)
    return agent(make_node("state", id="v", title="tone", initial="kind", type="text"), node, TIME)


HELPER = agent(make_node("system", text="You help."), TIME, name="Helper", max_ticks=2)


async def test_another_agent_does_the_task_in_a_conversation_of_its_own() -> None:
    document = boss(message="Be {{ tone }}: {{ task }}")
    agents = Agents(helper=HELPER)
    model = ScriptedModel([call("helper", task="find figs"), "Found figs.", "Here are figs."])
    async with living(document, model, allowing(document, agents=agents)) as session:
        handle = await session.send("go")
        events = [event async for event in handle]
        result = await handle.result
        assert results(session) == [("Found figs.", False)]
        assert model.calls[1].system == "You help."
        assert model.calls[1].messages[-1]["content"][0]["text"] == "Be kind: find figs"
        assert {"spawn_start", "spawn_end"} <= {event.type for event in events}
        assert any(event.type == "content_delta" and event.spawn_path for event in events)
        assert result.total_usage.input_tokens == 30 and result.usage.input_tokens == 20
        assert agents.closed == ["helper"]


async def test_what_the_other_agent_may_do_is_its_own_and_its_questions_come_through() -> None:
    agents = Agents(helper=searching())
    document = boss()
    model = ScriptedModel([call("helper", task="x"), call("recall", words="figs"), "nothing", "ok"])
    async with living(document, model, allowing(document, agents=agents)) as session:
        (event,) = await turn(session, "go", lambda _: {"approved": True, "always": True})
        assert event.kind == "permission" and event.spawn_path
        capability = capabilities(searching())[0][1]
        assert await agents.permissions.allows("helper", capability)
        assert not await agents.permissions.allows("a", capability)


async def test_it_answers_with_its_own_model_and_stops_at_its_limit() -> None:
    agents = Agents(helper=asking())
    own = ScriptedModel(default=call("nothing"))
    agents.models["helper"] = own
    document = boss(max_ticks=3)
    model = ScriptedModel([call("helper", task="x"), "ok"])
    async with living(document, model, allowing(document, agents=agents)) as session:
        await turn(session, "go")
        assert len(own.calls) == 3 and len(model.calls) == 2
        assert "was stopped" in results(session)[0][0]


async def test_a_deleted_agent_and_one_that_uses_itself_are_said_plainly() -> None:
    agents = Agents(helper=boss("a"), a=HELPER)
    for child, words in (("gone", "not there any more"), ("a", "at work already")):
        document = boss(child)
        model = ScriptedModel([call("helper", task="x"), "ok"])
        async with living(document, model, allowing(document, agents=agents)) as session:
            await turn(session, "go")
            ((text, is_error),) = results(session)
            assert is_error and words in text
    document = boss()  # a uses helper, which uses a
    model = ScriptedModel([call("helper", task="x"), call("helper", task="y"), "gave up", "ok"])
    async with living(document, model, allowing(document, agents=agents)) as session:
        await turn(session, "go")
        assert "at work already" in str(model.calls[2].messages)
        assert results(session) == [("gave up", False)]


async def test_nothing_is_handed_over_without_permission() -> None:
    document, agents = boss(), Agents(helper=HELPER)
    model = ScriptedModel([call("helper", task="x"), "ok"])
    async with living(document, model, World("a", agents=agents)) as session:
        (event,) = await turn(session, "go", lambda _: {"approved": False})
        assert event.message == "Hand tasks to another of your agents, here called “Helper”"
        assert results(session)[0][1] and len(model.calls) == 2


async def test_an_agent_that_says_nothing_still_gives_an_answer() -> None:
    document, agents = boss(), Agents(helper=HELPER)
    model = ScriptedModel([call("helper", task="x"), Reply(""), "ok"])
    async with living(document, model, allowing(document, agents=agents)) as session:
        await turn(session, "go")
        assert results(session) == [("Helper is done and said nothing.", False)]


def test_a_dry_compile_shows_the_sub_agent_as_a_tool() -> None:
    (tool,) = dry_compile(boss()).tools
    assert tool["name"] == "helper" and tool["input_schema"]["required"] == ["task"]
    nobody = agent(make_node("sub_agent", id="sub", title="Helper", message=" "), TIME)
    assert dry_compile(nobody).tools == []
    assert why_not_sent(nobody, None, "sub") == "No agent is chosen."
    assert why_not_sent(boss(), None, "sub") is None
    assert {p.field for p in problems(nobody) if p.node_id == "sub"} == {"agent", "message", "description"}
    node = boss(ask_first=True).node("sub")
    assert kind_of(node).summary(node, boss()) == "Helps · asks you first"
    assert kind_of(node).summary(make_node("sub_agent"), boss()) == "No agent chosen yet"
    assert not [p for p in problems(boss()) if p.severity == "error"]


# --- Provider tool --------------------------------------------------------------------------------------------------


def web(**props: Any) -> AgentDocument:
    return agent(make_node("provider_tool", id="web", **props), TIME)


def test_a_provider_tool_is_sent_as_the_protocol_has_it() -> None:
    (tool,) = dry_compile(web(allowed_domains=["example.org", " "], blocked_domains=["x.org"])).tools
    assert {key: value for key, value in tool.items() if key != "cache_control"} == {
        "type": "web_search",
        "name": "web_search",
        "max_uses": 5,
        "allowed_domains": ["example.org"],
    }
    (tool,) = dry_compile(web(tool="web_fetch", max_uses=None, blocked_domains=["x.org"], max_content_tokens=900)).tools
    assert tool["citations"] == {"enabled": True} and tool["max_content_tokens"] == 900
    assert tool["blocked_domains"] == ["x.org"] and "max_uses" not in tool
    (tool,) = dry_compile(web(tool="code_execution", allowed_domains=["x"])).tools
    assert set(tool) <= {"type", "name", "cache_control"}
    (tool,) = dry_compile(web(tool="web_fetch", citations=False)).tools
    assert "citations" not in tool


async def test_it_is_sent_only_once_the_person_allowed_it() -> None:
    model = ScriptedModel(["one", "two", "three", "four"])
    world = World("a")
    async with living(web(), model, world) as session:
        answers = iter([{"approved": False}, {"approved": True}, {"approved": True, "always": True}])
        asked = [await turn(session, words, lambda _: next(answers)) for words in ("1", "2", "3", "4")]
        assert [len(questions) for questions in asked] == [1, 1, 1, 0]
        assert asked[0][0].kind == "permission" and "search the web" in asked[0][0].message
        assert [bool(request.tools) for request in model.calls] == [False, True, True, True]


async def test_once_and_no_hold_for_the_turn_with_all_its_model_calls() -> None:
    document = agent(
        make_node("provider_tool", id="web"),
        make_node("tool", make_node("reply", text="ok"), title="Look", description="Look"),
        TIME,
    )
    for approved in (True, False):
        model = ScriptedModel([call("look"), call("look"), "done"])
        async with living(document, model, World("a")) as session:
            asked = await turn(session, "go", lambda _, yes=approved: {"approved": yes})  # type: ignore[misc]
            assert len(asked) == 1
            assert [len(request.tools) for request in model.calls] == [2 if approved else 1] * 3


async def test_while_the_question_is_open_and_after_it_was_stopped_it_is_not_in_the_tree() -> None:
    model, session_world = ScriptedModel(["never", "later"]), World("a")
    async with living(web(), model, session_world) as session:
        handle = await session.send("go")
        async for event in handle:
            if event.type == "tool_confirmation_required":
                session.replace(agent_component(web(max_uses=1), world=session_world))
                await session.rendered()
                assert session.inspect()["tools"] == []
                session.abort("Stopped")
        with pytest.raises(Aborted):
            await handle.result
        await session.rendered()
        assert session.inspect()["tools"] == []


async def test_a_model_that_lacks_it_is_not_sent_it() -> None:
    info = ModelInfo("small", abilities=frozenset({"tools"}))
    model = ScriptedModel(["one"], info=info)
    document = web()
    async with living(document, model, allowing(document)) as session:
        await turn(session, "go")
        assert list(model.calls[0].tools) == []


@pytest.mark.parametrize(
    ("props", "words", "field", "fixed"),
    [
        ({"allowed_domains": ["a.org"], "blocked_domains": ["b.org"]}, "not both", "blocked_domains", []),
        ({"allowed_domains": ["https://a.org/"]}, "not a site", "allowed_domains", ["a.org"]),
        ({"blocked_domains": ["not a site"]}, "not a site", "blocked_domains", None),
    ],
)
def test_sites_that_cannot_be_are_told(props: dict[str, Any], words: str, field: str, fixed: Any) -> None:
    document = web(**props)
    (problem,) = [p for p in problems(document) if p.node_id == "web"]
    assert words in problem.text and problem.field == field
    if problem.fix is not None:
        assert apply(document, problem.fix)[0].node("web").props[field] == fixed
    else:
        assert fixed is None


def test_cards_and_consent_say_how_far_it_goes() -> None:
    document = web(allowed_domains=["a.org"])
    node = document.node("web")
    assert kind_of(node).title_of(node) == "Provider tool · Web search" and kind_of(node).icon_of(node) == "search"
    assert kind_of(node).summary(node, document) == "at most 5 uses · only a.org"
    (_, capability) = capabilities(document)[0]
    assert "Only: a.org" in capability.detail and "At most 5 uses" in capability.detail
    other = web(tool="code_execution").node("web")
    assert kind_of(other).summary(other, document) == "Runs code on the provider's machines"
    blocked = web(tool="web_fetch", max_uses=None, blocked_domains=["b.org"])
    assert kind_of(other).summary(blocked.node("web"), document) == "as often as it likes · never b.org"
    assert "Never: b.org" in capabilities(blocked)[0][1].detail
    assert not [p for p in problems(web(tool="code_execution", allowed_domains=["?"])) if p.node_id == "web"]


def test_what_the_model_lacks_is_not_in_the_preview_and_says_why() -> None:
    from engine.blueprint.why import explained

    document = web()
    small = ModelInfo("m", "Small", abilities=frozenset({"tools"}))
    able = ModelInfo("m", "Able", abilities=frozenset({"tools", "provider_tools"}))
    assert dry_compile(document, model=small).tools == [] and len(dry_compile(document, model=able).tools) == 1
    assert explained(document, model=small)[0]["web"] == "Small has no tools that its provider runs."
    assert explained(document, model=able)[0]["web"] is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts(agents=frozenset({"other"})), "is not there any more"),
        (Facts(agents=frozenset({"helper"}), circular=frozenset({"helper"})), "cannot hand a task to itself"),
    ],
)
def test_a_sub_agent_that_is_gone_or_leads_back_is_a_problem(facts: Facts, words: str) -> None:
    (problem,) = [p for p in problems(boss(), facts) if p.node_id == "sub"]
    assert words in problem.text and problem.fix is not None
    assert not apply(boss(), problem.fix)[0].node("sub").enabled
    assert not [p for p in problems(boss(), Facts(agents=frozenset({"helper"}))) if p.node_id == "sub"]


# --- what happened before a question ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "resumable"), [("read_file", True), ("write_file", False)])
async def test_a_question_behind_an_effect_is_not_put_again_after_a_restart(
    tmp_path: Path, kind: str, resumable: bool
) -> None:
    (tmp_path / "a.txt").write_text("figs", encoding="utf-8")
    step = make_node(
        kind, folder=str(tmp_path), path="a.txt", **({} if resumable else {"content": "plums", "mode": "replace"})
    )
    first, second = make_node("ask", question="Before?"), make_node("ask", question="Behind?")
    document = agent(make_node("tool", first, step, second, make_node("reply", text="ok"), title="T"), TIME)
    seen: list[tuple[str, bool]] = []
    async with living(document, ScriptedModel([call("t"), "ok"]), allowing(document)) as session:

        def answer(event: Any) -> dict[str, Any]:
            (question,) = session.confirmations.open
            seen.append((question.message, question.resumable))
            return {"approved": True, "input": {"answer": "x"}}

        await turn(session, "go", answer)
    assert seen == [("Before?", True), ("Behind?", resumable)]


async def test_once_holds_for_all_steps_of_a_call_and_not_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("figs", encoding="utf-8")
    step = {"folder": str(tmp_path), "path": "a.txt"}
    reads = [make_node("read_file", **step), make_node("read_file", **step)]
    document = agent(make_node("tool", *reads, make_node("reply", text="ok"), title="T"), TIME)
    async with living(document, ScriptedModel([call("t"), call("t"), "ok"]), World("a")) as session:
        asked = await turn(session, "go")
        assert [event.kind for event in asked] == ["permission", "permission"]
        assert [text for text, _ in results(session)] == ["ok", "ok"]


async def test_stopping_while_a_permission_is_asked_ends_the_turn_and_sends_nothing() -> None:
    model = ScriptedModel(["never", "later"])
    async with living(web(), model, World("a")) as session:
        handle = await session.send("go")
        async for event in handle:
            if event.type == "tool_confirmation_required":
                session.abort("Stopped")
        with pytest.raises(Aborted):
            await handle.result
        assert model.calls == [] and session.confirmations.open == []
        await turn(session, "again")
        assert len(model.calls) == 1


async def test_a_yes_from_before_a_restart_is_no_yes_to_other_code(tmp_path: Path) -> None:
    def running(code: str) -> AgentDocument:
        step = make_node("run_python", code=code, id="step")
        return agent(make_node("tool", step, make_node("reply", text="{{ result }}"), title="T"), TIME)

    database = str(tmp_path / "x.db")
    app = create_app(
        agent_component(running("result = 1"), world=World("a")), model=ScriptedModel([call("t")]), store=database
    )
    procedure = (await app.session("s")).send("go")
    async for event in procedure:
        if event.type == "tool_confirmation_required":
            break
    await asyncio.sleep(0)
    await app.shutdown()
    with pytest.raises(Aborted):
        await procedure.result
    changed = agent_component(running("result = 2"), world=World("a"))
    async with create_app(changed, model=ScriptedModel(["ok"]), store=database) as app:
        session = await app.session("s")
        await session.mount()
        (question,) = session.inspect()["questions"]
        assert question["input"]["detail"] == "result = 1"
        events = session.events()
        session.respond(question["confirmation_id"], True, always=True)
        asked = []
        async for event in events:
            if event.type == "tool_confirmation_required" and event.confirmation_id != question["confirmation_id"]:
                asked.append(event.input["detail"])
                session.respond(event.confirmation_id, False)
            if event.type == "execution_end":
                break
        assert asked == ["result = 2"]
        assert [failed for _, failed in results(session)] == [True]
