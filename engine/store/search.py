"""The full-text index over entries, and searching it. Not here: lists without words (``browser.py``).

Indexing a kilobyte inside its own commit costs four times the commit (an index of the words and three of beginnings,
merges of several milliseconds), so entries are indexed by the writer in batches when its queue is empty, or when many
wait.
``search_progress.indexed`` says up to which entry; a search first lets the index catch up. What a crash leaves over is
indexed by the next process that writes.
"""

from __future__ import annotations

import re
import sqlite3

from engine.json_values import clean
from engine.store.codec import stored_text

BATCH_ENTRIES = 200
BATCH_CHARACTERS = 200_000


def catch_up(connection: sqlite3.Connection) -> bool:
    """Index the next batch inside the caller's transaction; returns whether more waits."""
    done = connection.execute("SELECT indexed FROM search_progress").fetchone()[0]
    rows = connection.execute(
        "SELECT pk, content FROM entries WHERE pk > ? ORDER BY pk LIMIT ?", (done, BATCH_ENTRIES + 1)
    )
    batch: list[tuple[int, str]] = []
    characters = 0
    more = False
    for pk, content in rows:
        if len(batch) == BATCH_ENTRIES or characters >= BATCH_CHARACTERS:
            more = True
            break
        text = stored_text(content)
        characters += len(text)
        batch.append((pk, text))
    if batch:
        connection.executemany("INSERT INTO entries_fts (rowid, text) VALUES (?, ?)", [row for row in batch if row[1]])
        connection.execute("UPDATE search_progress SET indexed = ?", (batch[-1][0],))
    return more


def forget(connection: sqlite3.Connection, session: int) -> None:
    """Take a session's entries, which are still there, out of the index."""
    done = connection.execute("SELECT indexed FROM search_progress").fetchone()[0]
    rows = connection.execute("SELECT pk, content FROM entries WHERE session = ? AND pk <= ?", (session, done))
    words = ((pk, stored_text(content)) for pk, content in rows.fetchall())
    connection.executemany(
        "INSERT INTO entries_fts (entries_fts, rowid, text) VALUES ('delete', ?, ?)", [row for row in words if row[1]]
    )
    connection.execute("DELETE FROM entries WHERE session = ?", (session,))
    # Row numbers at the end are given out again.
    connection.execute("UPDATE search_progress SET indexed = min(indexed, (SELECT ifnull(max(pk), 0) FROM entries))")


HIT_START, HIT_END = "\ue000", "\ue001"
"""Private-use characters that SQLite puts around a hit; :func:`marked` takes them out again."""

SNIPPET_WORDS = 20
_WORD = re.compile(r'"([^"]*)"?|(\S+)')


def match_expression(text: str) -> str | None:
    """What a person typed, as an FTS5 expression; None where it has no word.

    Every word must occur. Words in double quotes must follow each other. The last word, unless quoted, may be the
    beginning of a longer one, from two letters on.
    """
    terms: list[str] = []
    for phrase, word in _WORD.findall(clean(text).replace("\0", " ")):
        term = (word or phrase).replace('"', "")
        letters = sum(character.isalnum() for character in term)
        if letters:
            terms.append(f'"{term}"')
            prefix = bool(word) and letters >= 2
            last = f'"{term}" *' if prefix else f'"{term}"'
    if not terms:
        return None
    return " ".join([*terms[:-1], last])


def marked(snippet: str | None) -> tuple[tuple[str, bool], ...]:
    """A snippet as pieces of text with whether each is a hit."""
    pieces: list[tuple[str, bool]] = []
    for number, part in enumerate((snippet or "").split(HIT_START)):
        hit, end, rest = part.partition(HIT_END)
        if number and end:
            pieces.append((hit, True))
            part = rest
        if part:
            pieces.append((part.replace("\n", " ").replace(HIT_END, ""), False))
    return tuple(pieces)


def backlog(connection: sqlite3.Connection) -> bool:
    """Whether entries wait to be indexed."""
    row = connection.execute(
        "SELECT ifnull((SELECT max(pk) FROM entries), 0) > (SELECT indexed FROM search_progress)"
    ).fetchone()
    return bool(row[0])


def rebuild(connection: sqlite3.Connection) -> None:
    """Empty the index, and that over titles, and fill the latter; the entries follow by :func:`catch_up`."""
    connection.execute("INSERT INTO entries_fts (entries_fts) VALUES ('delete-all')")
    connection.execute("UPDATE search_progress SET indexed = 0")
    connection.execute("INSERT INTO sessions_fts (sessions_fts) VALUES ('rebuild')")
