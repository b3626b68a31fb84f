"""Full-text search over titles, questions and answers: one FTS5 table, `words`. `conversations` keeps it current.

Words are folded (case, diacritics) by FTS5. Scripts that put no spaces between words get one token a character,
so that any substring of them is a phrase; measured in docs/decisions/0006-storage.md. The last word is a prefix.
"""

import re
import sqlite3
from collections.abc import Iterable

from chatapp.conversation.tree import SearchHit

MARK, UNMARK = "\x02", "\x03"
_JOINT = "\x1f"
"""Stands between characters of scripts without spaces: a separator to FTS5, taken out of snippets again."""

SNIPPET_TOKENS = 32
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u1100-\u11ff\uac00-\ud7af"  # Hangul: has spaces, but its particles stick to the word
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # radicals, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_JOINTS = re.compile(f"(?<=[{_UNSPACED}])|(?=[{_UNSPACED}])")
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_QUERY = re.compile(r'"([^"]*)"|([^\s"]+)')
_HAS_WORD = re.compile(r"[^\W_]")

_FIND = f"""
    SELECT snippet(words, -1, '{MARK}', '{UNMARK}', '…', {SNIPPET_TOKENS}) AS snippet, conversations.id,
        conversations.title, turns.id
    FROM words
    LEFT JOIN turns ON turns.number = words.rowid
    JOIN conversations ON conversations.number = -words.rowid OR conversations.id = turns.conversation_id
    WHERE words MATCH ? AND conversations.deleted_at IS NULL AND turns.deletion IS NULL
    ORDER BY rank LIMIT ?
"""


def index_title(connection: sqlite3.Connection, conversation_number: int, title: str) -> None:
    _put(connection, -conversation_number, (title, "", ""))


def index_turn(connection: sqlite3.Connection, turn_number: int, question: str, answer: str) -> None:
    _put(connection, turn_number, ("", question, answer))


def find(connection: sqlite3.Connection, words: str, limit: int) -> list[SearchHit]:
    """Turns and titles that hold all the words, the best first. No string is an error."""
    query = match_expression(words)
    if not query:
        return []
    rows = connection.execute(_FIND, (query, limit)).fetchall()
    return [
        SearchHit(_text(conversation), turn and _text(turn), _text(title), _plain(snippet))
        for snippet, conversation, title, turn in rows
    ]


def forget(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Takes rows out. Their words stay in older pages of the index until `expunging` has merged those away."""
    connection.executemany("DELETE FROM words WHERE rowid = ?", ((number,) for number in numbers))


def match_expression(words: str) -> str:
    """An FTS5 query for what a person typed: "quoted" is a phrase, the last word a prefix; "" if nothing can match."""
    found = [phrase or word for phrase, word in _QUERY.findall(words)]
    phrases = [f'"{_segment(term)}"' for term in found if _HAS_WORD.search(term)]
    ends_open = bool(found) and words[-1:] not in (" ", '"') and _HAS_WORD.search(found[-1])
    return " AND ".join(phrases) + ("*" if ends_open else "")


def _put(connection: sqlite3.Connection, number: int, texts: tuple[str, str, str]) -> None:
    connection.execute("DELETE FROM words WHERE rowid = ?", (number,))
    connection.execute(
        "INSERT INTO words(rowid, title, question, answer) VALUES (?, ?, ?, ?)",
        (number, *(_segment(text) for text in texts)),
    )


def _segment(text: str) -> str:
    """The text as FTS5 gets it: UTF-8 can hold it, no control is left but what `_JOINT` puts in."""
    clean = text.encode("utf-8", "replace").decode().translate(_CONTROLS)
    return _JOINTS.sub(_JOINT, clean) if _HAS_UNSPACED.search(clean) else clean


def _plain(snippet: str) -> str:
    """Without joints; marks that only a joint held apart become one."""
    return snippet.replace(_JOINT, "").replace(UNMARK + MARK, "")


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value
