"""Reading the guide's pages and running their examples. Not here: what is asked of them (``test_guide``)."""

from __future__ import annotations

import ast
import inspect
import re
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "engine"
PAGES = sorted(GUIDE.glob("*.md"))

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A python block of a page, and the line of the page on which its code begins."""

    page: Path
    line: int
    source: str

    def compiled(self) -> types.CodeType:
        """The block as code, with top-level ``await`` and the page's own line numbers."""
        padded = "\n" * (self.line - 1) + self.source
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile(padded, str(self.page), "exec", flags=flags, dont_inherit=True)

    async def run(self, namespace: dict[str, Any]) -> None:
        """Execute the block."""
        outcome = eval(self.compiled(), namespace)
        if inspect.iscoroutine(outcome):
            await outcome


def examples(page: Path) -> list[Example]:
    """The python blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Example(page, text.count("\n", 0, match.start(1)) + 1, match.group(1)) for match in _BLOCK.finditer(text)]


def words_of(page: Path) -> set[str]:
    """Every identifier that stands on a page."""
    return set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", page.read_text(encoding="utf-8")))
