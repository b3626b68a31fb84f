"""Two texts word by word: what joins again is the texts, what is alike is found, and hostile texts end."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.comparison import Piece, compare, likeness, side_by_side

WORDS = st.lists(
    st.sampled_from(["a", "the", " ", "\n", "cat", "sat", ",", "漢", "é", "."]), max_size=40
).map("".join)


def written(pieces: tuple[Piece, ...], without: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != without)


@settings(max_examples=300)
@given(st.one_of(WORDS, st.text(max_size=60)), st.one_of(WORDS, st.text(max_size=60)))
def test_the_pieces_are_the_two_texts(first: str, second: str) -> None:
    pieces = compare(first, second)
    assert written(pieces, "added") == first
    assert written(pieces, "removed") == second
    assert all(piece.text for piece in pieces)
    assert all(one.kind != two.kind for one, two in pairwise(pieces))
    assert (first == second) == all(piece.kind == "same" for piece in pieces)


@settings(max_examples=200)
@given(WORDS, WORDS)
def test_rows_hold_all_lines_in_order(first: str, second: str) -> None:
    rows = side_by_side(compare(first, second))
    for side, text in ((0, first), (1, second)):
        lines = ["".join(piece.text for piece in row[side]) for row in rows]
        assert "\n".join(lines).rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("first", "second", "pieces"),
    [
        ("", "", []),
        ("The same.", "The same.", [("same", "The same.")]),
        ("", "New.", [("added", "New.")]),
        (
            "A big dog barks.",
            "A small dog barks.",
            [("same", "A "), ("removed", "big"), ("added", "small"), ("same", " dog barks.")],
        ),
        (
            "One. Three.",
            "One. Two. Three.",
            [("same", "One. "), ("added", "Two. "), ("same", "Three.")],
        ),
        ("東京は大きい", "京都は大きい", None),
        # One blank in common is no reason to cut a replaced sentence in two.
        (
            "entirely different",
            "nothing alike",
            [("removed", "entirely different"), ("added", "nothing alike")],
        ),
    ],
)
def test_what_changed_is_named(first: str, second: str, pieces: list[tuple[str, str]] | None) -> None:
    found = [(piece.kind, piece.text) for piece in compare(first, second)]
    assert found == pieces if pieces is not None else ("same", "は大きい") in found


def test_a_moved_paragraph_leaves_the_rest_alike() -> None:
    paragraphs = [f"Paragraph {number} speaks of matter {number * 7} at length." for number in range(40)]
    moved = [*paragraphs[5:], *paragraphs[:5]]
    assert likeness(compare("\n\n".join(paragraphs), "\n\n".join(moved))) > 0.8


def test_rows_begin_at_the_same_line() -> None:
    rows = side_by_side(compare("Title\none\nend", "Title\ntwo\nmore\nend"))
    assert [row[0][0].text for row in rows] == ["Title", "one", "end"]
    assert [row[1][0].text for row in rows] == ["Title", "two\nmore", "end"]


def test_likeness_is_a_share() -> None:
    assert likeness(compare("", "")) == 1.0
    assert likeness(compare("abc", "xyz")) == 0.0
    assert 0.5 < likeness(compare("one two three four", "one two three five")) < 1.0


def _random_words(seed: int, count: int, of: int) -> str:
    chance = random.Random(seed)
    return " ".join(f"w{chance.randrange(of)}" for _ in range(count))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_random_words(1, 40_000, 30), _random_words(2, 40_000, 30)),
        (_random_words(3, 40_000, 10**6), _random_words(4, 40_000, 10**6)),
        ("a " * 60_000, "b " * 60_000),
        ("a " * 60_000, "a" * 60_000),
        ("x y " * 30_000, "y x " * 30_000),
    ],
    ids=["few words", "many words", "repeated", "one word", "swapped"],
)
def test_long_texts_with_little_in_common_end(first: str, second: str) -> None:
    pieces = compare(first, second)
    assert written(pieces, "added") == first
    assert written(pieces, "removed") == second
