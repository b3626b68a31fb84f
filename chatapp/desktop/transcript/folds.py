"""What an answer did besides its words, and results that came with a question: in a line, and in full. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from chatapp.desktop.transcript.messages import (
    CallItem,
    Detail,
    Item,
    PictureItem,
    ReasoningItem,
    RefusalItem,
    ResultItem,
    SearchItem,
    StructuredItem,
    TextItem,
    ToolItem,
    UnknownItem,
    VerdictItem,
)

CALLS: Final = {"writing": "Calling", "made": "Called", "asking": "Asked to run"}
QUERIES_IN_A_LINE: Final = 3
QUERY_LETTERS: Final = 60  # of all queries in a folded line


def groups(items: Sequence[Item]) -> Iterator[tuple[int, tuple[Item, ...]]]:
    """Items in order with the index of the first of each group: texts alone, what folds together in one."""
    pending: list[Item] = []
    begin = 0
    for at, item in enumerate(items):
        if isinstance(item, TextItem | RefusalItem | PictureItem | StructuredItem | VerdictItem):
            if pending:
                yield begin, tuple(pending)
                pending = []
            yield at, (item,)
        else:
            begin = begin if pending else at
            pending.append(item)
    if pending:
        yield begin, tuple(pending)


def stands_open(items: Sequence[Item]) -> bool:
    """Whether a fold is open until it is closed: what waits for the user is seen without a click."""
    return any(isinstance(item, CallItem) and item.waiting for item in items)


def results_text(results: Sequence[ResultItem]) -> str:
    names = ", ".join(dict.fromkeys(result.name for result in results))
    return f"Result of {names}" if len(results) == 1 else f"Results of {names}"


def result_details(result: ResultItem) -> Iterator[Detail]:
    yield Detail(result.name if result.done else f"{result.name} was not run")
    if result.output:
        yield Detail(result.output, "raw")


def fold_text(items: Sequence[Item], whole: bool = False) -> str:
    """What the model did between its texts; unless `whole`, long queries are cut so that it fits about a line."""
    return "  ·  ".join(_did(item, whole) for item in items)


def _did(item: Item, whole: bool) -> str:
    match item:
        case ReasoningItem(_, None):
            return "Thinking…"
        case ReasoningItem(_, seconds):
            return f"Thought for {_duration(seconds or 0)}"
        case SearchItem(queries, found, cited):
            words = _quoted(queries, whole)
            if found is None:
                return f"Searching {words}…" if words else "Searching…"
            passages = f"{found} passage" + ("" if found == 1 else "s")
            count = passages if cited is None else f"{passages}, {cited} cited"
            return f"Searched {words} — {count}".replace("  ", " ")
        case CallItem(name, _, stage):
            return f"{CALLS[stage]} {name}"
        case ToolItem(title):
            return title
        case UnknownItem(kind):
            return f"Item of type {kind}"
        case _:
            return ""


def _quoted(queries: Sequence[str], whole: bool) -> str:
    if whole:
        return " · ".join(map(_in_quotes, queries))
    shown = queries[:QUERIES_IN_A_LINE]
    limit = QUERY_LETTERS // max(len(shown), 1)
    cut = [query if len(query) <= limit else f"{query[: limit - 1].rstrip()}…" for query in shown]
    more = [f"{len(queries) - len(shown)} more"] if len(queries) > len(shown) else []
    return " · ".join([*map(_in_quotes, cut), *more])


def _in_quotes(query: str) -> str:
    """One that is read from right to left keeps its quotes, and the words around it their order."""
    is_isolated = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in query)
    return f"\u2068“{query}”\u2069" if is_isolated else f"“{query}”"


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def fold_details(items: Sequence[Item]) -> Iterator[Detail]:
    """What an open fold shows, one under the other."""
    for item in items:
        match item:
            case ReasoningItem(summary):
                parts = [summary] if "```" in summary else summary.split("\n\n")
                yield from (Detail(part, "markdown") for part in parts if part.strip())
            case SearchItem(queries, _, _, results):
                yield from (Detail(line) for line in results or [f"“{query}”" for query in queries])
            case CallItem(name, arguments):
                yield Detail(name)
                yield Detail(arguments or "no arguments", "raw")
            case ToolItem(title, details):
                if len(items) > 1:
                    yield Detail(title)
                yield from details
            case UnknownItem(_, text):
                yield Detail(text, "code", "json")
