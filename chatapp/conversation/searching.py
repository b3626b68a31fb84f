"""How a file search was asked for: its words, where it looked, and what bounded it; and how two searches differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from chatapp.conversation.citations import Passage
from chatapp.conversation.results import RESULTS, results_of
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, optional_text, text_of

FILE_SEARCH: Final = "file_search"
CALL: Final = "file_search_call"


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What bounds a search. None leaves it to the server. The threshold is 0–1, weights are any numbers from 0;
    either both weights are given or none is."""

    max_num_results: int | None = None
    score_threshold: float | None = None
    ranker: str | None = None
    embedding_weight: float | None = None
    text_weight: float | None = None
    filters: Json = None
    rewrite_query: bool = False

    @property
    def ranking_options(self) -> JsonObject:
        """Without what is left to the server."""
        given = {"ranker": self.ranker, "score_threshold": self.score_threshold}
        options: JsonObject = {name: value for name, value in given.items() if value is not None}
        if self.embedding_weight is not None and self.text_weight is not None:
            options["hybrid_search"] = {
                "embedding_weight": self.embedding_weight,
                "text_weight": self.text_weight,
            }
        return options

    def body(self, queries: Sequence[str]) -> JsonObject:
        """The request of POST /vector_stores/{id}/search. One query goes as text, which every server takes."""
        asked: JsonObject = {"query": queries[0] if len(queries) == 1 else list(queries)}
        given = {
            "max_num_results": self.max_num_results,
            "ranking_options": self.ranking_options or None,
            "filters": self.filters,
            "rewrite_query": self.rewrite_query or None,
        }
        return asked | {name: value for name, value in given.items() if value is not None}

    def parameters(self) -> JsonObject:
        """The same as parameters of a conversation; None for what goes back to the server's own way."""
        return {
            "max_num_results": self.max_num_results,
            "file_search.ranking_options": self.ranking_options or None,
            "file_search.filters": self.filters,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """One file search of an answer. `first` and `last` are the ranks of its passages among all of the answer's, from
    1; `last` is below `first` where it found nothing, or was not `told`."""

    queries: tuple[str, ...]
    stores: tuple[str, ...]
    settings: SearchSettings
    first: int = 1
    last: int = 0
    told: bool = True
    """Whether the server said what it found."""


def searches(turn: Turn) -> tuple[Search, ...]:
    """The file searches of a turn's answer, in order."""
    tool = tool_of(turn)
    stores = tuple(text_of(store) for store in tool.get("vector_store_ids") or ())
    found: list[Search] = []
    before = 0
    for item in turn.answer.items:
        if item.raw.get("type") == CALL:
            queries = tuple(query for query in map(text_of, item.raw.get("queries") or ()) if query)
            last = before + len(results_of(item.raw))
            told = any(isinstance(item.raw.get(name), list) for name in RESULTS)
            found.append(Search(queries, stores, settings_of(tool), before + 1, last, told))
            before = last
    return tuple(found)


def search_of(turn: Turn, rank: int) -> Search | None:
    """The search that found the passage of this rank."""
    return next((search for search in searches(turn) if search.first <= rank <= search.last), None)


def tool_of(turn: Turn) -> JsonObject:
    """The file search that was in force: as the server echoes it, and as it was asked for where it says nothing."""
    asked = _file_search(turn.request)
    told = _file_search(turn.answer.response or {})
    return asked | {name: value for name, value in told.items() if value is not None}


def settings_of(tool: JsonObject) -> SearchSettings:
    """Of a file_search tool, asked for or echoed."""
    ranking = object_of(tool.get("ranking_options"))
    hybrid = object_of(ranking.get("hybrid_search"))
    most = _number(tool.get("max_num_results"))
    weights = (_number(hybrid.get("embedding_weight")), _number(hybrid.get("text_weight")))
    both = weights if None not in weights else (None, None)
    return SearchSettings(
        max_num_results=None if most is None else int(most),
        score_threshold=_number(ranking.get("score_threshold")),
        ranker=optional_text(ranking.get("ranker")),
        embedding_weight=both[0],
        text_weight=both[1],
        filters=tool.get("filters") if isinstance(tool.get("filters"), dict) else None,
    )


def _file_search(body: JsonObject) -> JsonObject:
    tools = objects_of(body.get("tools"))
    return next((tool for tool in tools if tool.get("type") == FILE_SEARCH), {})


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


Fate = Literal["entered", "left", "moved", "kept"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A passage of two searches, with its rank in each, from 1; None where it is not among the found."""

    passage: Passage
    before: int | None
    after: int | None

    @property
    def fate(self) -> Fate:
        if self.before is None:
            return "entered"
        if self.after is None:
            return "left"
        return "kept" if self.before == self.after else "moved"


def compared(before: Sequence[Passage], after: Sequence[Passage]) -> tuple[Compared, ...]:
    """What `after` found in its order, then what only `before` had. A passage is the same where its file and its
    words are, however its blanks fall; one that was found twice counts where it stands first."""
    old, new = _places(before), _places(after)
    kept = [Compared(passage, _rank(old, key), rank) for key, (rank, passage) in new.items()]
    gone = [Compared(passage, rank, None) for key, (rank, passage) in old.items() if key not in new]
    return (*kept, *gone)


_Key = tuple[str, str]
_Places = Mapping[_Key, tuple[int, Passage]]


def _places(found: Sequence[Passage]) -> _Places:
    places: dict[_Key, tuple[int, Passage]] = {}
    for passage in found:
        key = (passage.file_id or passage.filename, " ".join(passage.text.split()))
        places.setdefault(key, (len(places) + 1, passage))
    return places


def _rank(places: _Places, key: _Key) -> int | None:
    return places[key][0] if key in places else None


def merged(groups: Sequence[Sequence[Passage]], most: int | None) -> tuple[Passage, ...]:
    """What several stores found, best first and ranked anew; at most `most` of them. One store's order is its own."""
    together = [passage for group in groups for passage in group]
    if len(groups) > 1:
        together.sort(key=lambda passage: -(passage.score or 0))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(together[:most], 1))
