"""The inverted index: which chunks hold which terms, ranked by BM25. Tantivy, beside the database.

The database holds the chunks and is the truth; this can be made again from it. Nothing is found here that was not
committed, and what is found may belong to files that are not complete or are gone: the caller knows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import tantivy

from chatapp.engine.retrieval.segments import Segment, segments_of

HEAP_BYTES = 30 << 20
"""What the writer may hold before it writes a segment. Its least is 15 MB a thread."""
_MOST_KNOWN = 20_000
"""Terms whose frequency is kept at hand until the next commit."""
TEXT = "text"
FREQUENCIES = "freq"
"""How often a term stands in a chunk is kept, not where."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look: in these stores, and of those only in these entries where they are named."""

    stores: Collection[int]
    entries: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a store, as numbers."""

    number: int
    store: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` is BM25's: it has no upper end, and compares only with others of its query."""

    chunk: int
    score: float


class IndexTrouble(OSError):
    """The disk refused. All that was added and not committed is to be added anew."""


class TermIndex:
    """Chunks by their terms. `folder` is made where it is missing; None keeps all in memory. One thread at a time
    writes; any may search meanwhile, and sees what was committed last. Raises IndexTrouble for a damaged folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._schema = _schema()
        self._index = _opened(self._schema, folder)
        self._writer: tantivy.IndexWriter | None = None
        self._lock = Lock()
        self.losses = 0
        """How often uncommitted work was lost: who adds something in several steps looks whether it all counts."""
        self._searcher = self._index.searcher()
        self._frequencies: dict[str, float] = {}

    def add(self, entry: Entry, numbers: Sequence[int], terms: Iterable[str]) -> None:
        """Chunks of an entry by their numbers and their terms. They are found once they are committed."""
        with self._writing() as writer:
            for number, text in zip(numbers, terms, strict=True):
                writer.add_document(_document(entry, number, text))

    def renew(self, chunks: Collection[int], anew: Iterable[tuple[Entry, int, str]]) -> None:
        """Takes chunks out and adds those of them that are still there, with the next commit: in one step, so that no
        commit comes in between."""
        with self._writing() as writer:
            for chunk in chunks:
                writer.delete_documents_by_term("chunk", chunk)
            for entry, number, text in anew:
                writer.add_document(_document(entry, number, text))

    def forget(self, entries: Collection[int]) -> None:
        """Takes entries out, with the next commit: what was added of them before now, not what is added later."""
        if not entries:
            return
        with self._writing() as writer:
            for entry in entries:
                writer.delete_documents_by_term("entry", entry)

    def commit(self) -> None:
        """What was added is found and what was forgotten is not, from here on and after a crash."""
        with self._writing() as writer:
            writer.commit()
            self._look_anew()

    def spoilt(self, most: int) -> list[int]:
        """Chunks (at most so many) that lie in one segment with words that were forgotten. Such words stay in the files
        until the segment is written anew, or has no chunk left; tantivy does the former when it sees fit."""
        if self._folder is None:
            return []
        segments, searcher = self._searched(self._folder)
        bad = {at for at, segment in enumerate(segments) if segment.forgotten}
        if not bad:
            return []
        hits = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False).hits
        addresses = [address for _, address in hits if address.segment_ord in bad]
        return [searcher.doc(address)["chunk"][0] for address in addresses[:most]]

    def tidy(self) -> None:
        """Lets go of the writer, and of the files of segments that are no more."""
        self.rest()
        with self._writing() as writer:
            self._look_anew()
            writer.garbage_collect_files()
        self.rest()

    def rest(self) -> None:
        """Lets go of the writer and its memory. What was not committed is dropped."""
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.rollback()
                writer.wait_merging_threads()

    def best(
        self, weights: Mapping[str, float], more: Mapping[str, float], scope: Scope, limit: int
    ) -> list[Hit]:
        """The best chunks that hold one of the terms of `weights` at least; `more` are terms that only add to what a
        chunk counts."""
        if not weights or not scope.stores:
            return []
        must, should = tantivy.Occur.Must, tantivy.Occur.Should
        clauses = [(must, self._any_of(weights))] + [(should, query) for query in self._terms(more)]
        clauses += [(must, _unscored(query)) for query in self._limits(scope)]
        searcher = self._searcher
        hits = searcher.search(tantivy.Query.boolean_query(clauses), limit, count=False).hits
        return [Hit(searcher.doc(address)["chunk"][0], score) for score, address in hits]

    def frequency(self, term: str) -> float:
        """The share of all chunks that hold a term."""
        known, searcher = self._frequencies, self._searcher
        share = known.get(term)
        if share is None:
            if len(known) > _MOST_KNOWN:
                known.clear()
            share = known[term] = searcher.doc_freq(TEXT, term) / max(1, searcher.num_docs)
        return share

    def _look_anew(self) -> None:
        """Searches what was committed last from here on; files that were kept for what was searched before may go."""
        self._index.reload()
        self._searcher, self._frequencies = self._index.searcher(), {}

    def _searched(self, folder: Path) -> tuple[list[Segment], tantivy.Searcher]:
        """The segments, and what searches just these: a merge may end between two looks."""
        while True:
            segments = segments_of(folder)
            with self._lock:
                self._look_anew()
            if segments == segments_of(folder):
                return segments, self._searcher

    def _any_of(self, weights: Mapping[str, float]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in self._terms(weights)])

    def _terms(self, weights: Mapping[str, float]) -> Iterable[tantivy.Query]:
        for term, weight in weights.items():
            query = tantivy.Query.term_query(self._schema, TEXT, term, FREQUENCIES)
            yield tantivy.Query.boost_query(query, weight)

    def _limits(self, scope: Scope) -> Iterable[tantivy.Query]:
        yield tantivy.Query.term_set_query(self._schema, "store", list(scope.stores))
        if scope.entries is not None:
            yield tantivy.Query.term_set_query(self._schema, "entry", list(scope.entries))

    @contextmanager
    def _writing(self) -> Iterator[tantivy.IndexWriter]:
        """The writer, for one at a time. Tantivy says ValueError for whatever the disk refuses; its writer is of no use
        then, and what was added with it is lost."""
        with self._lock:
            try:
                if self._writer is None:
                    self._writer = self._index.writer(heap_size=HEAP_BYTES, num_threads=1)
                yield self._writer
            except (ValueError, RuntimeError) as error:
                self._writer = None
                self.losses += 1
                raise IndexTrouble(str(error)) from error


def _document(entry: Entry, chunk: int, terms: str) -> tantivy.Document:
    document = tantivy.Document()
    document.add_text(TEXT, terms)
    document.add_integer("chunk", chunk)
    document.add_integer("entry", entry.number)
    document.add_integer("store", entry.store)
    return document


def _opened(schema: tantivy.Schema, folder: Path | None) -> tantivy.Index:
    if folder is None:
        return tantivy.Index(schema)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return tantivy.Index(schema, path=str(folder))
    except (ValueError, RuntimeError) as error:
        raise IndexTrouble(str(error)) from error


def _unscored(query: tantivy.Query) -> tantivy.Query:
    return tantivy.Query.const_score_query(query, 0.0)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(TEXT, tokenizer_name="whitespace", index_option=FREQUENCIES)
    builder.add_integer_field("chunk", stored=True, indexed=True)
    for field in ("entry", "store"):
        builder.add_integer_field(field, indexed=True)
    schema: tantivy.Schema = builder.build()
    return schema
