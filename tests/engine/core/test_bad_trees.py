"""What a tree has in the wrong shape, and what its callbacks raise, is told with the place; then it can be mended."""

from __future__ import annotations

import pytest

from engine import (
    Document,
    EngineError,
    Ephemeral,
    Heading,
    Image,
    Model,
    RenderError,
    Section,
    System,
    Timeline,
    Tool,
    ValidationFailed,
    component,
    create_app,
    gate,
    use_after_compile,
    use_continuation,
    use_effect,
    use_gate,
    use_knob,
    use_on_execution_start,
    use_on_message,
    use_on_mount,
    use_on_tick_end,
    use_on_tick_start,
)
from engine.testing import ScriptedModel
from tests.engine.cases.kit import texts

TREE = [System("s"), Timeline()]


def agent(make):
    @component
    def Agent():
        return make()

    return Agent


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Section("a", audience="modle"), "audience must be one of model, user, all, not 'modle'"),
        (lambda: System("a", audience="modle"), "audience must be one of"),
        (lambda: Tool("a", "d", len, audience="modle"), "audience must be one of"),
        (lambda: Tool("", "d", len), "A tool's name must be a text"),
        (lambda: Tool("a", None, len), "description of tool a must be a text"),
        (lambda: Tool("a", "d", 5), "handler of tool a must be a function"),
        (lambda: Tool("a", "d", len, timeout="5"), "timeout of tool a must be a number of seconds"),
        (lambda: Tool("a", "d", len, aliases=[5]), "aliases of tool a must be a list of texts"),
        (lambda: Tool("a", provider={"type": "x", "raw": b""}), "provider.raw must be JSON"),
        (lambda: Ephemeral("x", position="middle"), "position must be one of end, start, before-user"),
        (lambda: Ephemeral("x", order="first"), "order must be a whole number"),
        (lambda: Timeline(strategy="forget"), "strategy must be one of truncate, sliding-window, summarize"),
        (lambda: Timeline(limit=-1), "limit must be a whole number of at least 0"),
        (lambda: Timeline(max_tokens="many"), "max_tokens must be a whole number"),
        (lambda: Timeline(headroom=None), "headroom must be a whole number"),
        (lambda: Heading("x", level=0), "level must be a whole number of at least 1"),
        (lambda: Model(5), r"A model is a name or has stream\(\)"),
        (lambda: System("x", key=5), "The key of System must be a text, not int"),
        (lambda: System(Image(data=b"x")), r"Image\[0\] has content that cannot be sent: image.source.data"),
        (lambda: System(Document(source={"raw": b""})), "document.source.raw must be JSON, not bytes"),
        (lambda: System({"no": "type"}), "a mapping that is not a content block"),
        (lambda: use_knob("k", "a", options=["a", object()]), r"options\[1\] must be JSON"),
        (lambda: use_knob("k", "a", pattern="("), "pattern is not a regular expression"),
        (lambda: use_effect(5), "use_effect of Agent at / needs a function, not int"),
        (lambda: use_on_tick_start("x"), "use_on_tick_start of Agent at / needs a function, not str"),
    ],
)
async def test_an_element_of_the_wrong_shape_is_told_with_its_place_and_can_be_mended(tmp_path, make, words):
    model = ScriptedModel()
    async with create_app(agent(lambda: [make() or None]), model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        with pytest.raises(RenderError, match=words):
            await session.send("x").result
        assert not model.calls
        session.replace(TREE)
        assert (await session.send("y").result).response == "ok"
        assert texts(model.calls[0].messages) == ["x\ny"]


def boom():
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    "hook",
    [
        use_on_mount, use_effect, use_on_execution_start, use_on_tick_start, use_on_message, use_after_compile,
        use_on_tick_end, use_continuation,
    ],
)  # fmt: skip
async def test_a_callback_that_raises_is_told_with_its_component(hook):
    @component
    def Inner():
        hook(boom)

    async with create_app([System(Inner(key="inner"), key="outer"), Timeline()], model=ScriptedModel()) as app:
        session = await app.session("s")
        with pytest.raises(EngineError, match=rf"{hook.__name__} of Inner at /outer/inner raised RuntimeError: boom"):
            await session.send("x").result
        session.replace(TREE)
        assert (await session.send("y").result).response == "ok"


@pytest.mark.parametrize(
    ("timeline", "words"),
    [
        ({"filter": lambda entry: 1 / 0}, "The filter of Timeline raised ZeroDivisionError"),
        ({"strategy": lambda entries, limits, guidance: 1 / 0}, "The strategy of Timeline raised ZeroDivisionError"),
        ({"limit": 1, "on_evict": lambda gone: 1 / 0}, "on_evict of Timeline raised ZeroDivisionError"),
    ],
)
async def test_a_function_of_a_timeline_that_raises_is_told(timeline, words):
    async with create_app(TREE, model=ScriptedModel()) as app:
        session = await app.session("s")
        await session.send("x").result
        session.replace([Timeline(**timeline)])
        with pytest.raises(EngineError, match=words):
            await session.send("y").result
        session.replace(TREE)
        assert (await session.send("z").result).response == "ok"


async def test_a_condition_of_a_gate_that_raises_is_told():
    def agent():
        use_gate("check", gate("d", "i", lambda result: 1 / 0))
        return TREE

    async with create_app(agent, model=ScriptedModel()) as app:
        with pytest.raises(EngineError, match="The condition of gate check raised ZeroDivisionError"):
            await (await app.session("s")).send("x").result


async def test_a_schema_that_is_not_json_is_refused_with_its_place():
    schema = {"type": "object", "properties": {"a": {"default": object()}}}
    async with create_app([Tool("t", "d", lambda **given: 1, input=schema), Timeline()], model=ScriptedModel()) as app:
        with pytest.raises(ValidationFailed, match=r"input\.properties\.a\.default must be JSON"):
            await (await app.session("s")).send("x").result
