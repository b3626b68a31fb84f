"""Citations are found: a sentence is from a passage if the passage says it, and from nowhere if it says otherwise."""

from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.engine.generation.citing import cited
from chatapp.engine.generation.port import CitationPiece, Piece, TextPiece, UsagePiece
from chatapp.engine.retrieval.passages import Chunk, Passage
from tests.engine.conftest import LIGHTHOUSE

FERRY = "The ferry to the island leaves the harbour at 9:15 every morning. Dogs travel free of charge."
ZURICH = "Der Turm am Hafen wurde im Jahr 1871 von der Familie Harrow gebaut."


def passage(name: str, text: str, language: str = "english") -> Passage:
    return Passage(f"file-{name}", name, Chunk(text, 0, None, 1, language), 1.0)


PASSAGES = (passage("lighthouse", LIGHTHOUSE), passage("ferry", FERRY), passage("turm", ZURICH, "german"))


async def pieces_of(*texts: str) -> AsyncGenerator[Piece, None]:
    for text in texts:
        yield TextPiece(text)
    yield UsagePiece(1, 1)


async def read(*texts: str, passages: Sequence[Passage] = PASSAGES) -> tuple[str, list[tuple[int, str]]]:
    """The text, and where it is cited from which file."""
    text, found = "", []
    async for piece in cited(pieces_of(*texts), passages):
        if isinstance(piece, TextPiece):
            assert piece.text
            text += piece.text
        elif isinstance(piece, CitationPiece):
            found.append((len(text), piece.filename))
    return text, found


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Agnes Harrow built the tower in 1871.", "lighthouse"),
        ("In clear weather, the light of the lamp reaches 21 nautical miles.", "lighthouse"),
        ("Every morning at 9:15 the ferry leaves for the island.", "ferry"),
        ("Im Jahr 1871 wurde der Turm von der Familie Harrow gebaut.", "turm"),
        ("Agnes Harrow built the tower in 1872.", None),
        ("Agnes Miller built the tower in 1871.", None),
        ("The ferry to the mainland leaves at 10:15 every evening.", None),
        ("It is a beautiful place to visit with children in summer.", None),
        ("Yes, it does.", None),
        ("The tower.", None),
    ],
)
async def test_a_sentence_is_from_the_passage_that_says_it(sentence: str, source: str | None) -> None:
    text, found = await read(sentence)
    assert text == sentence
    assert found == ([(len(sentence), source)] if source else [])


async def test_each_sentence_is_cited_at_its_end_however_the_text_is_cut() -> None:
    one, two, three = (
        "The lamp turns once in twelve seconds.",
        "How nice!",
        "Dogs travel free of charge on the ferry.",
    )
    text = f"{one} {two}\n\n{three}\n"
    places = [(len(one), "lighthouse"), (text.index(three) + len(three), "ferry")]
    for size in (1, 2, 3, 7, 1000):
        bits = [text[at : at + size] for at in range(0, len(text), size)]
        assert await read(*bits) == (text, places)


async def test_an_abbreviation_ends_no_sentence() -> None:
    sentence = "The light, i.e. that of the lamp, reaches approx. 21 nautical miles in clear weather."
    assert (await read(*sentence)) == (sentence, [(len(sentence), "lighthouse")])


@given(st.lists(st.text("aB. \n:1。é|#-", max_size=20), max_size=30))
async def test_no_letter_is_lost_or_moved(bits: list[str]) -> None:
    assert (await read(*bits))[0] == "".join(bits)


async def test_without_passages_everything_passes_as_it_is() -> None:
    given_out = [piece async for piece in cited(pieces_of("a ", "", "b"), ())]
    assert given_out == [piece async for piece in pieces_of("a ", "", "b")]


async def test_what_never_ends_is_no_sentence_and_is_let_through() -> None:
    long = "the lamp turns once in twelve seconds and " * 400
    text, found = await read(*(long[at : at + 9] for at in range(0, len(long), 9)))
    assert text == long
    assert len(found) <= 1, "but for what is left at the end"
