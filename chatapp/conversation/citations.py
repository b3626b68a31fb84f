"""Citations: where annotations and search results meet, whatever the server.

An annotation says which file stands behind the words before its index, not which passage: that is found by
comparing those words with the passages the search returned for the file.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from chatapp.conversation.answer import Answer, Part
from chatapp.conversation.results import file_of, results_of
from chatapp.protocol.json_types import JsonObject, index_of, objects_of, optional_text, text_of

CLAIM_LIMIT = 1200
"""Characters before a marker that may belong to it."""
ANSWER_LIMIT = 16_000
"""Characters of an answer whose paragraphs are compared where its markers all stand at the end."""
PASSAGE_LIMIT = 20_000
"""Characters of a passage that are compared with a claim; a server's chunk has a few thousand."""
_SOFT_HYPHEN = "\u00ad"
"""Where a line's end broke a word: no part of it, and not seen."""
_KEPT_PASSAGES = 256
_KEPT_QUOTES = 2048
_BEFORE_QUOTE = "> \t.,;:!?"
"""A quotation's mark, and the stop that the marker before it stood in front of."""
_SHORTEST_QUOTE = 3
"""Words that a claim must have to be taken for a quotation."""
_MADE = ("container_file_citation", "file_path")
_CITING = ("file_citation", "url_citation", *_MADE)
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r".+?(?:[.!?。！？](?=\s|$)|\n(?=\s*\n|[^a-zß-ÿ])|$)", re.DOTALL)
"""A line that does not go on in small letters may be a heading, an item or a row: cutting too often is harmless,
since neighbouring pieces are joined again where that agrees better."""
_BLANK_LINE = re.compile(r"\n[ \t>]*\n")


@dataclass(frozen=True, slots=True)
class Passage:
    """A search result. `score` is 0–1 or None; `rank` counts from 1; `page` and `line` where the server says.

    `result` is what the server said of it, word for word.
    """

    file_id: str
    filename: str
    text: str
    score: float | None
    rank: int
    page: int | None = None
    line: int | None = None
    names: frozenset[str] = frozenset()
    """What else an annotation may call its file."""
    result: JsonObject = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered marker in an answer.

    `item` and `part` say in which text it stands, `index` the code point it stands before. `quote` is the span of
    the passage (or, without one, of the answer) that the citation is about: what is looked for in the original.
    Two annotations of the same file and quote share a number.
    """

    number: int
    item: int
    part: int
    index: int
    file_id: str
    filename: str
    quote: str
    passage: Passage | None = None
    url: str | None = None
    made: bool = False
    """The file was not read but made for the answer, so nothing is quoted from it."""


def passages(answer: Answer) -> tuple[Passage, ...]:
    """Every passage that the answer's searches returned, in the server's order, ranked from 1."""
    results = [result for item in answer.items for result in results_of(item.raw)]
    return ranked(results)


def ranked(results: Iterable[JsonObject]) -> tuple[Passage, ...]:
    """Search results as a server lists them, of an answer or of a vector store's search, ranked from 1."""
    return tuple(_passage(result, rank) for rank, result in enumerate(results, 1))


def cite(answer: Answer) -> tuple[Citation, ...]:
    """The answer's citations in reading order, numbered from 1."""
    found = _by_name(passages(answer))
    citations: list[Citation] = []
    numbers: dict[tuple[str, str], int] = {}
    for item_place, item in enumerate(answer.items):
        for part_place, part in enumerate(item.parts):
            for citation in _cite_part(part, found):
                key = (citation.file_id or citation.url or citation.filename, citation.quote)
                number = numbers.setdefault(key, len(numbers) + 1)
                citations.append(replace(citation, number=number, item=item_place, part=part_place))
    return tuple(citations)


def cites_files(answer: Answer) -> bool:
    """Whether any annotation names a file that stands on the server."""
    return any(
        note.get("type") == "file_citation"
        for item in answer.items
        for part in item.parts
        for note in part.annotations
    )


def line_of(quote: str, text: str, first: int) -> int:
    """The line of a quote within a passage that begins at line `first`; that of the passage where it is not found."""
    at = text.find(quote) if quote else -1
    return first + text.count("\n", 0, max(at, 0))


def _passage(result: JsonObject, rank: int) -> Passage:
    file = file_of(result)
    score = result.get("score")
    text = text_of(result.get("text")) or "\n".join(
        text_of(part.get("text")) for part in objects_of(result.get("content"))
    )
    return Passage(
        file_id=file.file_id,
        filename=file.filename,
        text=text.replace(_SOFT_HYPHEN, ""),
        score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
        rank=rank,
        page=index_of(result.get("page")),
        line=index_of(result.get("line")),
        names=file.others,
        result=result,
    )


def _by_name(found: Iterable[Passage]) -> dict[str, tuple[Passage, ...]]:
    """The passages of each file, by all that an annotation may call it."""
    named: dict[str, list[Passage]] = {}
    for passage in found:
        for name in filter(None, passage.names):
            named.setdefault(name, []).append(passage)
    return {name: tuple(same) for name, same in named.items()}


def _cite_part(part: Part, found: Mapping[str, tuple[Passage, ...]]) -> list[Citation]:
    marks = sorted(
        ((_index(note, len(part.text)), note) for note in part.annotations if _is_citation(note)),
        key=lambda mark: mark[0],
    )
    citations: list[Citation] = []
    before = 0
    lists_sources = all(index >= len(part.text.rstrip()) for index, _ in marks)
    paragraphs = _paragraphs(part.text) if marks and lists_sources else ()
    for index, note in marks:
        said = min(index, _said_before(note, index))
        claim = _claim(part.text, before if index > before else 0, said) or _claim(part.text, 0, said)
        others = paragraphs if note.get("type") == "file_citation" else ()
        citations.append(_citation(note, index, (claim, *others), found))
        before = index
    return citations


def _is_citation(note: JsonObject) -> bool:
    """Whether an annotation leads somewhere, or is of a type that should."""
    return note.get("type") in _CITING or any(
        text_of(note.get(name)) for name in ("file_id", "filename", "url")
    )


def _index(note: JsonObject, length: int) -> int:
    """Where the marker stands, in code points: an insertion offset, or the end of the annotated span.

    A span from 0 to 0 is how OpenAI says that a file of a container has no place in the text.
    """
    whole = note.get("type") in ("file_citation", "file_path")
    for name in ("index", "end_index") if whole else ("end_index", "index"):
        index = index_of(note.get(name))
        if index is not None:
            return min(index, length) if index or whole else length
    return length


def _said_before(note: JsonObject, index: int) -> int:
    """Where the words end that the marker speaks for: a span that is annotated is the link itself."""
    start = index_of(note.get("start_index"))
    return index if start is None or index_of(note.get("end_index")) != index else start


def _claim(text: str, start: int, end: int) -> str:
    """The words a marker speaks for: back to the marker before it, or to the start of its paragraph. "" for none."""
    claim = text[max(start, end - CLAIM_LIMIT) : end].rstrip()
    claim = _BLANK_LINE.split(claim)[-1].strip()
    return claim if _WORD.search(claim) else ""


def _paragraphs(text: str) -> tuple[str, ...]:
    """What a marker may speak for where all stand at the end, one for each file, as LiteLLM puts them."""
    claims = (claim.strip() for claim in _BLANK_LINE.split(text[-ANSWER_LIMIT:]))
    return tuple(claim[-CLAIM_LIMIT:] for claim in claims if _WORD.search(claim))


def _citation(
    note: JsonObject, index: int, claims: tuple[str, ...], found: Mapping[str, tuple[Passage, ...]]
) -> Citation:
    """The first of the `claims` is the nearest to the marker; another wins where it agrees better."""
    file_id = text_of(note.get("file_id"))
    filename = (text_of(note.get("filename")) or text_of(note.get("title"))).strip()
    if note.get("type") in _MADE:
        return Citation(0, 0, 0, index, file_id, filename, "", made=True)
    passage, quote = _quoted(claims, found.get(file_id, ()))
    url = optional_text(note.get("url"))
    if passage is not None:
        file_id, filename = passage.file_id, filename or passage.filename
    return Citation(0, 0, 0, index, file_id, filename, quote or _last_sentence(claims[0]), passage, url)


@lru_cache(_KEPT_PASSAGES)
def _spaced(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds these words with any blanks between them."""
    return re.compile(r"\s+".join(re.escape(word) for word in words) + "[.!?…。！？]?")


@lru_cache(_KEPT_QUOTES)
def _quoted(claims: tuple[str, ...], same_file: tuple[Passage, ...]) -> tuple[Passage | None, str]:
    """The passage behind the first of the claims that is in one word for word, else behind the one that agrees best;
    remembered, because an answer that is still written is looked at again and again, and many markers may stand for
    the same words."""
    verbatim = (_verbatim(claim, same_file) for claim in claims)
    return next(filter(None, verbatim), None) or _best_of(claims, same_file)


def _verbatim(claim: str, candidates: Sequence[Passage]) -> tuple[Passage, str] | None:
    """The passage that holds the claim word for word, and the claim with the passage's own blanks."""
    words = claim.lstrip(_BEFORE_QUOTE).split()
    if len(words) < _SHORTEST_QUOTE:
        return None
    pattern = _spaced(tuple(words))
    for passage in candidates:
        if match := pattern.search(passage.text, 0, PASSAGE_LIMIT):
            return passage, match.group()
    return None


def _best_of(claims: Sequence[str], candidates: Sequence[Passage]) -> tuple[Passage | None, str]:
    """The passage that shares most words with a claim (F1), and the sentences of it that do. Of equal ones the first
    claim's, and of those the first passage's; a pair that cannot reach the best is not compared."""
    hopes = [
        (-_hope(_counted(claim), _sentences(passage.text[:PASSAGE_LIMIT]).words), at, place)
        for at, claim in enumerate(claims)
        for place, passage in enumerate(candidates)
    ]
    best: tuple[float, int, int, str] | None = None
    for hope, at, place in sorted(hopes):
        if best is not None and hope > best[0]:
            break
        share, quote = _closest_span(_counted(claims[at]), _sentences(candidates[place].text[:PASSAGE_LIMIT]))
        best = min(best or (-share, at, place, quote), (-share, at, place, quote))
    return (candidates[best[2]], best[3]) if best is not None else (None, "")


@lru_cache(_KEPT_PASSAGES)
def _counted(claim: str) -> Counter[str]:
    return Counter(_words(claim))


@dataclass(frozen=True, slots=True)
class _Sentences:
    """A passage cut into sentences: their spans, the words of each, and all of them together."""

    text: str
    spans: tuple[tuple[int, int], ...]
    counts: tuple[Counter[str], ...]
    words: Counter[str]


@lru_cache(_KEPT_PASSAGES)
def _sentences(text: str) -> _Sentences:
    spans = tuple(match.span() for match in _SENTENCE.finditer(text) if match.group().strip())
    counts = tuple(Counter(_words(text[start:end])) for start, end in spans)
    return _Sentences(text, spans, counts, Counter(_words(text)))


def _hope(wanted: Counter[str], words: Counter[str]) -> float:
    """The best F1 that any run of a passage's sentences could reach: all shared words and no others."""
    shared = sum(min(wanted[word], words[word]) for word in wanted.keys() & words.keys())
    return 2 * shared / (shared + wanted.total()) if shared else 0.0


def _closest_span(wanted: Counter[str], passage: _Sentences) -> tuple[float, str]:
    """The run of whole sentences whose words agree best with `wanted` (F1 of the word counts), and that F1."""
    sought = [{word: count[word] for word in wanted.keys() & count.keys()} for count in passage.counts]
    sizes = [count.total() for count in passage.counts]
    asked = wanted.total()
    best = (0.0, 0, 0)
    for first, words in enumerate(sought):
        if not words:
            continue
        run: Counter[str] = Counter()
        shared = size = 0
        for last in range(first, len(sought)):
            for word, count in sought[last].items():
                shared += min(count, max(0, wanted[word] - run[word]))
                run[word] += count
            size += sizes[last]
            best = max(best, (2 * shared / (size + asked), -first, -last))
            if size > 2 * asked:
                break
    agreement, first, last = best
    if not agreement:
        return 0.0, passage.text.strip()
    return agreement, passage.text[passage.spans[-first][0] : passage.spans[-last][1]].strip()


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _last_sentence(claim: str) -> str:
    sentences = [match.group().strip() for match in _SENTENCE.finditer(claim) if match.group().strip()]
    return sentences[-1] if sentences else ""
