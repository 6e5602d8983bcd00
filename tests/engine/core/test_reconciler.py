"""The living tree: paths, what renders again, state by path, replacement."""

from __future__ import annotations

import pytest

from engine import (
    Fragment,
    RenderError,
    Section,
    System,
    component,
    create_context,
    use_callback,
    use_computed,
    use_context,
    use_data,
    use_effect,
    use_memo,
    use_on_mount,
    use_on_unmount,
    use_reducer,
    use_ref,
    use_signal,
    use_state,
)
from engine.component import root_element
from engine.reconciler import phases
from engine.reconciler.tree import Tree
from engine.session.journal import take_state


async def mounted(what):
    tree = Tree()
    await tree.render(root_element(what))
    await phases.settle(tree)
    return tree


async def again(tree, what):
    await tree.render(root_element(what))
    await phases.settle(tree)


def paths(tree):
    return list(tree.fibers)


async def test_paths_are_keys_or_names_with_slots_and_skipped_children_keep_theirs():
    @component
    def Child():
        return System("x")

    @component
    def Root():
        return [None, Child(), [False, [Child()]], Section("s", key="intro"), Fragment(Child(key="a/b"))]

    tree = await mounted(Root)
    assert paths(tree) == [
        "/",
        "/Child[1]",
        "/Child[1]/System[0]",
        "/Child[2.1.0]",
        "/Child[2.1.0]/System[0]",
        "/intro",
        "/Fragment[4]",
        "/Fragment[4]/a%2Fb",
        "/Fragment[4]/a%2Fb/System[0]",
    ]


async def test_only_what_changed_renders_again():
    rendered = []
    setters = {}

    @component
    def Leaf(name, colour="red"):
        rendered.append(name)
        value, setters[name] = use_state(0)
        return System(f"{name} {value} {colour}")

    @component
    def Root():
        rendered.append("root")
        tick, setters["root"] = use_state(0)
        return [Leaf(name="a"), Leaf(name="b"), Leaf(name="c", colour=f"{tick}")]

    tree = await mounted(Root)
    assert rendered == ["root", "a", "b", "c"]
    rendered.clear()
    setters["b"](5)
    await again(tree, Root)
    assert rendered == ["b"]
    rendered.clear()
    setters["root"](1)
    await again(tree, Root)
    assert rendered == ["root", "c"]
    rendered.clear()
    setters["b"](5)
    assert not tree.dirty
    assert rendered == []


async def test_absolute_keys_keep_state_and_identity_when_they_move():
    setters = {}
    log = []

    @component
    def Node():
        value, setters["node"] = use_state(0)
        use_on_mount(lambda: log.append("mount"))
        use_on_unmount(lambda: log.append("unmount"))
        return System(f"{value}")

    def tree_with(inside):
        node = Node(key="node:1")
        return [Fragment(node if not inside else None, key="left"), Section("x", node if inside else None, key="right")]

    tree = await mounted(tree_with(False))
    assert "/node:1" in tree.fibers
    setters["node"](7)
    await again(tree, tree_with(False))
    await again(tree, tree_with(True))
    await again(tree, tree_with(False))
    assert tree.fibers["/node:1"].slots[0].value == 7
    assert tree.fibers["/node:1"].parent is tree.fibers["/left"]
    assert log == ["mount"]


async def test_a_condition_drops_state_and_a_replacement_keeps_it_for_the_same_key():
    setters = {}

    @component
    def Kept():
        value, setters["kept"] = use_state("first")
        return System(value)

    with_it, without = [Kept(key="k")], [System("nothing")]
    tree = await mounted(with_it)
    setters["kept"]("changed")
    await again(tree, with_it)
    await again(tree, without)
    assert take_state(tree)["/k"] is None
    await again(tree, with_it)
    assert tree.fibers["/k"].slots[0].value == "first"
    setters["kept"]("changed")
    await again(tree, with_it)
    tree.replace()
    await again(tree, without)
    state = take_state(tree)
    assert state == {"/k": None, "~/k": [["state", "changed"]]}
    await again(tree, with_it)
    assert tree.fibers["/k"].slots[0].value == "first"
    await again(tree, without)
    tree.replace()
    await again(tree, with_it)
    assert tree.fibers["/k"].slots[0].value == "changed"


async def test_a_replaced_component_keeps_state_by_index_and_kind():
    @component
    def Agent():
        use_state("a")
        use_state("b")
        use_ref(0)
        return System("one")

    tree = await mounted(Agent)
    tree.fibers["/"].slots[0].set("A")

    def make(second):
        @component
        def Agent():
            value, _ = use_state("a")
            second()
            return System(value)

        return Agent

    tree.replace()
    await again(tree, make(lambda: use_state("new")))
    assert [slot.value for slot in tree.fibers["/"].slots] == ["A", "b"]
    tree.replace()
    await again(tree, make(lambda: use_reducer(lambda s, a: s, "r")))
    assert [slot.value for slot in tree.fibers["/"].slots] == ["A", "r"]
    assert "is reducer now and was state" in tree.reports[0][1]


async def test_hooks_under_a_condition_are_reported_with_the_component():
    @component
    def Agent(extra=False):
        if extra:
            use_ref(0)
        use_state(0)
        return None

    tree = await mounted(Agent(extra=False))
    with pytest.raises(RenderError, match="Agent at / called ref where it called state before"):
        await again(tree, Agent(extra=True))
    await again(tree, Agent(extra=False))

    @component
    def Fewer(extra=True):
        use_state(0)
        if extra:
            use_state(1)

    tree = await mounted(Fewer)
    with pytest.raises(RenderError, match="called 1 hooks after 2"):
        await again(tree, Fewer(extra=False))


async def test_an_error_in_a_render_names_the_path_and_the_tree_stays_usable():
    @component
    def Broken(bad=True):
        value, _ = use_state(3)
        if bad:
            raise ValueError("no")
        return System(f"{value}")

    tree = Tree()
    with pytest.raises(RenderError, match="ValueError: no") as caught:
        await tree.render(root_element([Fragment(Broken(key="b"), key="f")]))
    assert caught.value.path == "/f/b"
    await again(tree, [Fragment(Broken(bad=False, key="b"), key="f")])
    assert "/f/b/System[0]" in tree.fibers


async def test_restored_state_survives_a_render_that_fails_first():
    @component
    def Agent(bad=True):
        one, _ = use_state(0)
        if bad:
            raise ValueError
        two, _ = use_state(0)
        return System(f"{one} {two}")

    tree = Tree()
    tree.stored = {"/": [["state", 1], ["state", 2]]}
    with pytest.raises(RenderError):
        await tree.render(root_element(Agent))
    await again(tree, Agent(bad=False))
    assert tree.fibers["/System[0]"].children == ["1 2"]


async def test_contexts_render_their_readers_again():
    folder = create_context("/")
    rendered = []

    @component
    def Reader():
        rendered.append(use_context(folder))
        return System(rendered[-1])

    def tree_with(value):
        return [folder(value, Fragment(Reader())), Reader()]

    tree = await mounted(tree_with("/a"))
    await again(tree, tree_with("/b"))
    assert rendered == ["/a", "/", "/b"]


async def test_effects_run_when_dependencies_change_and_clean_up():
    log = []

    @component
    def Agent(n=0, shown=True):
        def effect():
            log.append(f"run {n}")
            return lambda: log.append(f"undo {n}")

        use_effect(effect, [n])
        return None

    tree = await mounted(Agent(n=1))
    await again(tree, Agent(n=1, shown=False))
    await again(tree, Agent(n=2))
    tree.unmount()
    await phases.settle(tree)
    assert log == ["run 1", "undo 1", "run 2", "undo 2"]


async def test_memo_callback_signal_computed_and_reducer():
    made = []
    kept = {}

    @component
    def Agent(n=0):
        use_memo(lambda: made.append(n), [n // 2])
        kept["callback"] = use_callback(lambda: n, [n // 2])
        signal = use_signal(lambda: 10)
        kept["signal"] = signal
        kept["double"] = use_computed(lambda: signal.value * 2)
        kept["total"], kept["dispatch"] = use_reducer(lambda state, action: state + action, 1, lambda s: s * 100)
        return None

    tree = await mounted(Agent(n=0))
    await again(tree, Agent(n=1))
    await again(tree, Agent(n=2))
    assert made == [0, 2]
    assert kept["callback"]() == 2
    kept["signal"].value = 4
    kept["signal"].update(lambda v: v + 1)
    assert (kept["signal"](), kept["double"].value) == (5, 10)
    kept["dispatch"](5)
    await again(tree, Agent(n=2))
    assert kept["total"] == 105


async def test_data_is_fetched_inside_the_render_once_per_dependencies():
    calls = []

    @component
    def Agent(n=0):
        before, _ = use_state(1)

        async def fetch():
            calls.append(n)
            return {"n": n}

        data = use_data("things", fetch, [n])
        after, _ = use_state(2)
        return System(f"{before} {data['n']} {after}")

    tree = await mounted(Agent(n=1))
    await again(tree, Agent(n=1))
    assert calls == [1]
    await again(tree, Agent(n=2))
    assert calls == [1, 2]
    assert tree.fibers["/System[0]"].children == ["1 2 2"]

    @component
    def Failing():
        use_data("things", lambda: 1 / 0)

    with pytest.raises(RenderError, match="'things' of / could not be fetched: ZeroDivisionError"):
        await mounted(Failing)


async def test_two_siblings_with_one_key_are_told_apart(expect_log):
    expect_log("have the key k")

    @component
    def Child(n):
        use_state(n)

    tree = await mounted([Child(n=1, key="k"), Child(n=2, key="k")])
    assert paths(tree) == ["/", "/k", "/k#2"]


async def test_what_is_not_json_stays_in_memory_and_the_rest_is_saved():
    @component
    def Agent():
        use_state(object)
        use_state(lambda: {1, 2})
        use_state([1])
        return None

    tree = await mounted(Agent)
    tree.fibers["/"].slots[2].set([2])
    assert take_state(tree)["/"][1:] == [["state!", None], ["state", [2]]]
    other = Tree()
    other.stored = {"/": [["state!", None], ["state!", None], ["state", [3]]]}
    await again(other, Agent)
    assert other.fibers["/"].slots[2].value == [3]
    assert other.reports == []


async def test_a_child_that_is_not_content_is_an_error_with_its_path():
    with pytest.raises(RenderError, match="/Section\\[0\\] has a child of type set"):
        await mounted([Section({1})])
