"""Every example of docs/engine runs, page by page, and every public name is explained somewhere."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import engine
import engine.testing
from tests.engine.guide.pages import GUIDE, PAGES, examples, words_of
from tests.servers.messages_server import MessagesServer

KEY = "the-key-of-the-guide"
WANTED = [
    "README.md",
    "context.md",
    "getting-started.md",
    "hooks.md",
    "knobs-and-gates.md",
    "models.md",
    "persistence.md",
    "testing.md",
    "tick.md",
    "tools.md",
]


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    """What ``server`` is on the page about models: a fake of the Messages protocol on loopback."""
    async with MessagesServer(key=KEY) as running:
        yield running


def test_the_pages_are_those_of_the_index() -> None:
    assert [page.name for page in PAGES] == WANTED
    linked = re.findall(r"\]\(([a-z-]+\.md)\)", (GUIDE / "README.md").read_text(encoding="utf-8"))
    assert set(linked) == set(WANTED) - {"README.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_every_example_of_the_page_runs(
    page: Path,
    working_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: MessagesServer,
    expect_log: Callable[[str], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    module = types.ModuleType(f"guide_{page.stem.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # pydantic looks types up in their module
    if page.name == "models.md":
        vars(module).update(server=server, KEY=KEY)
    for example in examples(page):
        await example.run(vars(module))
    if "The disk is full" in caplog.text:  # an example is about just that; a save nobody waits for is logged
        expect_log("The disk is full")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_proves_what_it_says(page: Path) -> None:
    sources = [example.source for example in examples(page)]
    assert sources
    assert any("assert " in source for source in sources)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text):
        aim = (page.parent / target).resolve() if target else page
        assert aim.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", aim.read_text(encoding="utf-8"), flags=re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{target}#{anchor}"


def test_every_public_name_is_explained() -> None:
    explained = set().union(*(words_of(page) for page in PAGES if page.name != "README.md"))
    assert not set(engine.__all__) - explained
    assert not set(engine.testing.__all__) - explained


def test_the_index_names_every_public_name() -> None:
    assert not set(engine.__all__) - words_of(GUIDE / "README.md")


def test_every_hook_has_a_heading_and_an_example() -> None:
    page = GUIDE / "hooks.md"
    headings = re.findall(r"^### `(use_[a-z_]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    hooks = {name for name in engine.__all__ if name.startswith("use_")}
    assert sorted(headings) == sorted(hooks)
    code = "\n".join(example.source for example in examples(page))
    assert not {hook for hook in hooks if not re.search(rf"\b{hook}\(", code)}
