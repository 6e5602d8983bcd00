"""docs/store.md names every table and every column, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from engine.store import Store


async def test_the_schema_is_documented(store: Store, root: Path) -> None:
    def schema(connection: object) -> dict[str, set[str]]:
        names = connection.execute(  # type: ignore[attr-defined]
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        shadows = re.compile(r"_fts_(data|idx|docsize|config|content)$")
        return {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}  # type: ignore[attr-defined]
            for (name,) in names
            if not shadows.search(name)
        }

    actual = await store.sessions._readers.run(schema)
    documented: dict[str, set[str]] = {}
    for block in re.split(r"^### ", (root / "docs" / "store.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        documented[title.strip().strip("`")] = set(re.findall(r"^\| `([a-z_]+)` \|", body, flags=re.MULTILINE))
    assert documented == actual
