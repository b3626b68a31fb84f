"""Retrieval without a server: any question is a valid search, chunks are verbatim."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatapp.documents.model import Document, Page
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.analysis import language_of
from chatapp.engine.retrieval.chunking import Chunking, chunks_of
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.pieces import About, indexed_terms
from chatapp.engine.retrieval.query import Query, query_of
from chatapp.engine.retrieval.ranking import Words, ranked, telling
from chatapp.engine.retrieval.sentences import LONGEST_SENTENCE, sentences
from chatapp.engine.retrieval.term_index import Entry, Scope, TermIndex
from chatapp.engine.retrieval.titles import title_of
from chatapp.engine.tokens import estimate_tokens

FIRST = Scope((1,))


@dataclass(frozen=True)
class Shelf:
    """A database and an index that go together, and searching both."""

    connection: sqlite3.Connection
    terms: TermIndex

    def put(self, number: int, title: str, text: str, store: int = 1) -> None:
        what = About(title, language_of(text))
        index.entitle(self.connection, number, what)
        chunks = index.add(self.connection, number, [Chunk(text, 0, 1, None)])
        self.terms.add(Entry(number, store), chunks, [indexed_terms(what, text)])
        self.terms.commit()

    def found(self, query: Query, scope: Scope = FIRST, limit: int = 10) -> list[index.Found]:
        return index.search(self.connection, self.terms, query, scope, limit)


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    """An index with four entries."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(index.SCHEMA)
    shelf = Shelf(connection, TermIndex())
    shelf.put(1, "ships", "The ship carries coal to the harbour.")
    shelf.put(2, "harbour", "A crane lifts the cargo of every ship.")
    shelf.put(4, "of the tower", "A tower with a lamp is seen.")
    shelf.put(3, "of the lamp", "A tower with a light is seen.")
    shelf.put(9, "elsewhere", "Another ship in another store.", store=2)
    yield shelf
    shelf.terms.rest()
    connection.close()


TEXTS = st.text() | st.text('"*()^:-+ANDORNOT nearNEAR\x00\ud800\n,.{}[]', max_size=40)


@given(TEXTS, st.lists(TEXTS, max_size=2))
@example('"', [])
@example("NEAR(a b) AND NOT * OR", [])
@example("\x00 \ud800 ship", [])
@example("word " * 500, ["other " * 500])
@settings(max_examples=300)
def test_any_text_is_a_valid_question(shelf: Shelf, text: str, earlier: list[str]) -> None:
    for hit in shelf.found(query_of(text, earlier)):
        assert 0 <= hit.score <= 1


def test_the_title_counts_and_the_order_of_scores_is_that_of_hits(shelf: Shelf) -> None:
    hits = shelf.found(query_of("lamp"))
    assert [hit.entry for hit in hits] == [3, 4]
    assert hits[0].score == 1.0
    assert 1.0 > hits[1].score > 0


def test_only_what_is_in_the_scope_is_found(shelf: Shelf) -> None:
    ship = query_of("ship")
    assert {hit.entry for hit in shelf.found(ship)} == {1, 2}
    assert [hit.entry for hit in shelf.found(ship, Scope((1,), (1,)))] == [1]
    assert [hit.entry for hit in shelf.found(ship, Scope((2,)))] == [9]
    assert {hit.entry for hit in shelf.found(ship, Scope((1, 2)))} == {1, 2, 9}
    assert shelf.found(ship, Scope(())) == []
    assert shelf.found(query_of("zeppelin")) == []


def test_terms_that_are_lent_never_find_alone(shelf: Shelf) -> None:
    """The best chunks for "coal" speak of a ship and a harbour; what only speaks of those is no answer."""
    assert [hit.entry for hit in shelf.found(query_of("coal"))] == [1]


def test_a_word_tells_no_more_in_the_language_of_few_files() -> None:
    """ "Packages" is a rare stem in Russian, where nobody stems it; as a word it is not."""
    terms = TermIndex()
    texts = ["packag of sourc", "packag", "packag to build", "sourc and packages", "mill", "stone"]
    terms.add(Entry(1, 1), range(len(texts)), texts)
    terms.commit()
    query, languages = query_of("source packages"), ["english", "russian"]
    told = telling(terms, query, languages)
    assert told["packages"] == told["packag"] < told["sourc"]
    ranks = ranked(terms, query, languages, FIRST, 4, lambda found: [Words((), (), None)] * len(found))
    assert ranks[0][0] == 0
    terms.rest()


def test_a_term_tells_the_more_the_fewer_chunks_hold_it(shelf: Shelf) -> None:
    told = telling(shelf.terms, query_of("Which crane, ship or steamer?"), ["english"])
    assert told["crane"] > told["ship"] > 0
    assert "steamer" not in told


def test_stopwords_are_dropped_unless_there_is_nothing_else() -> None:
    assert [word.written for word in query_of("How many ships of the U.S. are there?").words] == [
        "ships",
        "u.s.",
    ]
    assert [word.written for word in query_of("Who are you?").words] == ["who", "are", "you"]
    assert [word.written for word in query_of("Wie hoch ist der Turm?").words] == ["hoch", "turm"]
    assert [word.written for word in query_of("What does bzip2recover do?").words] == ["bzip2recover"]
    assert [word.written for word in query_of("How long is a long pier?").words] == ["long", "pier"]


def test_earlier_questions_count_for_less() -> None:
    weights = query_of("the cost", ["the lamp of the tower"]).weights("english")
    assert weights == {"cost": 1, "lamp": 0.25, "tower": 0.25}


SENTENCES = [
    ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
    (
        "It affects 73 airplanes of U.S. registry. Next.",
        ["It affects 73 airplanes of U.S. registry.", "Next."],
    ),
    ("See Fig. 3 and Mr. Smith, e.g. Here. Done.", ["See Fig. 3 and Mr. Smith, e.g. Here.", "Done."]),
    ("No. That is it.", ["No.", "That is it."]),
    ("See Docket No. FAA–2020–0686; more. End.", ["See Docket No. FAA–2020–0686; more.", "End."]),
    ("A title\n\nA paragraph\nthat goes on.", ["A title", "A paragraph\nthat goes on."]),
    ("# Head\nText here\n- one\n- two", ["# Head", "Text here", "- one", "- two"]),
    ("He said “go.” Then he went.", ["He said “go.”", "Then he went."]),
    (
        "Costs of Compliance \nThe FAA estimates that this proposed\nAD",
        ["Costs of Compliance", "The FAA estimates that this proposed\nAD"],
    ),
    (
        "It was the Federal Aviation\nAdministration of old that\nasked.",
        ["It was the Federal Aviation\nAdministration of old that\nasked."],
    ),
    ("The costs are:\nParts and labour", ["The costs are:", "Parts and labour"]),
    ("Rows ........ of dots .. Go", ["Rows ........ of dots .. Go"]),
    ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
    ("", []),
    (" \n ", []),
]


@pytest.mark.parametrize(("text", "wanted"), SENTENCES)
def test_sentences(text: str, wanted: list[str]) -> None:
    assert [text[begin:end] for begin, end in sentences(text)] == wanted


@given(st.text("aB.!? \n\t。:#-1“”", max_size=2000))
def test_sentences_cover_everything_but_blanks_in_order(text: str) -> None:
    spans = sentences(text)
    assert "".join("".join(text[begin:end].split()) for begin, end in spans) == "".join(text.split())
    assert all(begin < end <= begin + LONGEST_SENTENCE for begin, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    "text",
    [
        " " * 200_000, "." * 200_000, "\n" * 200_000, "a" * 200_000, ". \n" * 60_000, "“" * 200_000,
        "word\n" * 200_000,
    ],
)  # fmt: skip
def test_odd_texts_take_no_long_time(text: str) -> None:
    list(chunks_of(Document("text/plain", text), Chunking()))


@given(
    st.lists(st.text("ab. \nÜ字", min_size=1, max_size=300), min_size=1, max_size=4),
    st.integers(100, 400),
    st.floats(0, 0.5),
)
def test_chunks_are_verbatim_within_a_page_and_leave_nothing_out(
    texts: list[str], most: int, share: float
) -> None:
    pages, offset = [], 0
    for number, text in enumerate(texts, 1):
        pages.append(Page(number, offset, len(text)))
        offset += len(text)
    document = Document("application/epub+zip", "".join(texts), tuple(pages))
    chunks = list(chunks_of(document, Chunking(most, int(most * share))))
    covered: set[int] = set()
    for chunk in chunks:
        assert document.text[chunk.offset : chunk.offset + chunk.length] == chunk.text
        assert chunk.page is not None
        page = document.page(chunk.page)
        assert page.offset <= chunk.offset
        assert chunk.offset + chunk.length <= page.offset + page.length
        assert estimate_tokens(chunk.text) <= max(most, LONGEST_SENTENCE * 3 / 4 + 1)
        covered.update(range(chunk.offset, chunk.offset + chunk.length))
    assert all(letter.isspace() or at in covered for at, letter in enumerate(document.text))


def test_lines_are_told_where_there_are_no_pages() -> None:
    document = Document("text/plain", "One.\n\nTwo is here.\nThree.")
    chunks = list(chunks_of(document, Chunking(100, 0)))
    assert [(chunk.page, chunk.line) for chunk in chunks] == [(None, 1)]


def test_a_title_is_the_name_and_the_documents_own() -> None:
    text = "First lines\nof it.\n\nThe body."
    assert (
        title_of("my_report-2020.v2.pdf", Document("application/pdf", text))
        == "my report 2020 v2 First lines of it."
    )
    assert title_of("a.html", Document("text/html", text, title="Own title")) == "a Own title"
