"""Two answers held against each other beside their words: who gave them, what they were asked with, what was found and
cited, what they took. And two branches, turn by turn."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from chatapp.conversation.citations import cite, passages
from chatapp.conversation.costs import Cost, cost_words
from chatapp.conversation.parameters import ONCE, PARAMETERS, agrees, in_force
from chatapp.conversation.repeating import digest
from chatapp.conversation.tree import Tree, Turn
from chatapp.protocol.json_types import Json, index_of, name_of, object_of, shortened

LONGEST: Final = 400
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what it says of the first answer and of the second, "" where it says nothing of one."""

    group: str
    name: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        return self.first != self.second


def facts(
    first: Turn,
    second: Turn,
    cost_of: Callable[[Turn], Cost | None] = lambda turn: None,
    server_name: Callable[[str], str] = str,
) -> tuple[Fact, ...]:
    """In groups, in the order in which one reads them. What neither answer says anything of is left out."""
    server = Fact("Answer", "Server", *(server_name(turn.server) for turn in (first, second)))
    cost = Fact("Usage", "Cost", *(_cost(cost_of(turn)) for turn in (first, second)))
    found = (server, *_plain(first, second), cost, *_parameters(first, second), *_passages(first, second))
    return tuple(fact for fact in found if fact.first or fact.second)


def aligned(tree: Tree, first: str, second: str) -> tuple[tuple[Turn | None, Turn | None], ...]:
    """Two branches from where they part: their turns in pairs, None where one is shorter. A turn stands for the branch
    down from it. Two turns of one branch are one pair."""
    if first == second:
        return ((tree[first], tree[second]),)
    one, two = tree.path(tree.leaf_below(first)), tree.path(tree.leaf_below(second))
    common = sum(1 for a, b in zip(one, two, strict=False) if a.id == b.id)
    if first in {turn.id for turn in two} or second in {turn.id for turn in one}:
        return ((tree[first], tree[second]),)
    return tuple(zip_longest(one[common:], two[common:]))


def _plain(first: Turn, second: Turn) -> Iterator[Fact]:
    for group, name, read in _FACTS:
        yield Fact(group, name, read(first), read(second))


def _parameters(first: Turn, second: Turn) -> Iterator[Fact]:
    for row in PARAMETERS:
        if row.name not in ONCE:
            yield Fact("Parameters", row.label, _parameter(first, row.name), _parameter(second, row.name))


def _parameter(turn: Turn, name: str) -> str:
    """What was asked for, and what the server says it used where that is another thing."""
    asked, used = in_force(turn.request, name), in_force(turn.answer.response or {}, name)
    if asked is None:
        return f"not set, used {_words(used)}" if used not in (None, [], {}, "") else ""
    return _words(asked) if used is None or agrees(asked, used) else f"{_words(asked)}, used {_words(used)}"


def _words(value: Json) -> str:
    if isinstance(value, str):
        return shortened(value, LONGEST)
    if isinstance(value, bool):
        return "on" if value else "off"
    return shortened(json.dumps(value, ensure_ascii=False), LONGEST)


def _passages(first: Turn, second: Turn) -> Iterator[Fact]:
    """Each passage that a search of either answer returned, and each file that was cited without one."""
    one, two = _found(first), _found(second)
    for place in dict.fromkeys((*one, *two)):
        yield Fact("Passages", place[1], one.get(place, ""), two.get(place, ""))


def _found(turn: Turn) -> dict[tuple[str, str], str]:
    cited = cite(turn.answer)
    marks = {citation.passage: citation.number for citation in cited if citation.passage is not None}
    found: dict[tuple[str, str], str] = {}
    for passage in passages(turn.answer):
        score = "" if passage.score is None else f", score {passage.score:.2f}"
        mark = f", cited as {marks[passage]}" if passage in marks else ", not cited"
        words = f"{passage.filename}: {shortened(' '.join(passage.text[:200].split()), 80)}"
        found.setdefault((passage.text, words), f"rank {passage.rank}{score}{mark}")
    for citation in cited:
        if citation.passage is None:
            name = citation.filename or citation.url or citation.file_id
            found.setdefault(("", name), f"cited as {citation.number}")
    return found


def _tier(turn: Turn) -> str:
    return name_of((turn.answer.response or {}).get("service_tier"))


def _first_token(turn: Turn) -> str:
    return "" if turn.first_token_at is None else f"{turn.first_token_at - turn.created_at:.2f} s"


def _in_all(turn: Turn) -> str:
    return "" if turn.finished_at is None else f"{turn.finished_at - turn.created_at:.2f} s"


def _tokens(name: str, part: str = "") -> Callable[[Turn], str]:
    def read(turn: Turn) -> str:
        usage = object_of(turn.answer.usage)
        count = index_of((object_of(usage.get(f"{name}_details")) if part else usage).get(part or name))
        return "" if count is None else f"{count:,}"

    return read


def _cost(cost: Cost | None) -> str:
    return "" if cost is None else cost_words(cost)


def _ended(turn: Turn) -> str:
    reason = turn.answer.incomplete_reason
    return turn.answer.status.value.replace("_", " ") + (f", {reason}" if reason else "")


_FACTS: Final[Sequence[tuple[str, str, Callable[[Turn], str]]]] = (
    ("Answer", "Model", lambda turn: turn.answer.model or ""),
    ("Answer", "Service tier", _tier),
    ("Answer", "Ended", _ended),
    ("Answer", "Characters", lambda turn: f"{len(turn.answer.text):,}"),
    ("Answer", "SHA-256 of the text", lambda turn: digest(turn.answer.text) if turn.answer.text else ""),
    ("Time", "First token", _first_token),
    ("Time", "In all", _in_all),
    ("Usage", "Tokens in", _tokens("input_tokens")),
    ("Usage", "of them cached", _tokens("input_tokens", "cached_tokens")),
    ("Usage", "of them written to the cache", _tokens("input_tokens", "cache_write_tokens")),
    ("Usage", "Tokens out", _tokens("output_tokens")),
    ("Usage", "of them for reasoning", _tokens("output_tokens", "reasoning_tokens")),
)


def groups(found: Iterable[Fact]) -> dict[str, list[Fact]]:
    """By their group, in order."""
    result: dict[str, list[Fact]] = {}
    for fact in found:
        result.setdefault(fact.group, []).append(fact)
    return result
