"""Columns that a PDF sets line by line across the page are read one after the other; tables stay as they are."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.documents.columns import column_order
from chatapp.documents.pdf import read
from chatapp.documents.places import locate
from tests.documents.files import Sheet, line, pdf
from tests.documents.test_pdf import enclosed, letters

LEFT = (
    "The grain barges left the upper quay",
    "before dawn, and by noon the clerk had",
    "counted seventy two sacks of barley",
    "against the ledger of the harbour.",
)
RIGHT = (
    "A second account, kept by the widow",
    "of the former warden, gives only sixty",
    "nine sacks and blames the missing three",
    "on mice that lived below the deck.",
)
HEAD = ("Annals of the harbour from the year of the flood to the present day, volume two",)
NARROW = (
    ("the barges left at", "dawn and the old", "clerk counted more", "sacks than before"),
    ("in the other hall", "a widow kept her", "books with a small", "pencil that she had"),
    ("nobody asked about", "the mice that lived", "there and ate what", "was left by men who"),
)
BROKEN = (
    ("all of the many old air-", "planes of this long", "registry count in the", "north and south of it"),
    ("and the harbour mas-", "ter of the upper quay", "was asked to write a", "report of the matters"),
)
TABLE = (
    ("Year", "1901", "1902", "1903"),
    ("Sacks", "72", "69", "75"),
    ("Warden", "O. Finch", "P. Maas", "I. Roy"),
)


def across(*columns: Sequence[str], drop: float = 0, top: float = 700, size: float = 10) -> bytes:
    """The columns row by row, each a little lower than the one before by `drop`."""
    places = (50, 320) if len(columns) == 2 else (40, 220, 400)
    return b"".join(
        line(text, x, top - 15 * row - drop * at, size)
        for row, texts in enumerate(zip(*columns, strict=True))
        for at, (x, text) in enumerate(zip(places, texts, strict=True))
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (across(LEFT, RIGHT), "\n".join(LEFT + RIGHT)),
        (across(LEFT, RIGHT, drop=4), "\n".join(LEFT + RIGHT)),
        (line(HEAD[0], 50, 730, 12) + across(LEFT, RIGHT), "\n".join(HEAD + LEFT + RIGHT)),
        (across(LEFT, RIGHT) + line(HEAD[0], 50, 620, 12), "\n".join(LEFT + RIGHT + HEAD)),
        (across(*NARROW, size=9), "\n".join(sum(NARROW, ()))),
        (across(*BROKEN), "\n".join(sum(BROKEN, ())).replace("-\n", "\xad")),
        (across(*TABLE), "\n".join(map(" ".join, zip(*TABLE, strict=True)))),
    ],
    ids=["two", "uneven", "under a head", "over a line", "three", "broken words", "table"],
)
def test_columns_are_read_one_after_the_other(tmp_path: Path, content: bytes, text: str) -> None:
    assert read(pdf(tmp_path / "a.pdf", [Sheet(content)])).text == text


@pytest.mark.parametrize("column", [LEFT, RIGHT])
def test_boxes_cover_the_lines_of_one_column_and_nothing_else(
    tmp_path: Path, column: tuple[str, ...]
) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line(HEAD[0], 50, 730, 12) + across(LEFT, RIGHT))])
    place = locate(path, " ".join(column))
    assert place is not None
    assert place.found == 1.0
    assert len(place.boxes) == len(column)
    assert letters(enclosed(path, 1, place.boxes)) == letters("".join(column))


CELLS = st.sampled_from(["abc def ghi", "one two thr-", "ab ab ab ab", "soft bro ken\xad", "a", ""])


@settings(max_examples=200)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=4, max_size=9), st.integers(0, 20))
def test_no_character_is_lost_or_said_twice(rows: list[list[str]], wide: int) -> None:
    """Each character is 6 points wide, each row 12 high; cells begin below each other, or run into the next."""
    text, rooms = "", []
    for number, row in enumerate(rows):
        said = " ".join(row) + "\n"
        starts = [sum(map(len, row[:at])) + at for at in range(len(row))]
        for at, character in enumerate(said):
            cell = max((cell for cell, start in enumerate(starts) if start <= at), default=0)
            left = 6.0 * (cell * (12 + wide) + at - starts[cell])
            rooms.append((left, -12.0 * number - 10, left + 6, -12.0 * number))
            text += character
    ordered = column_order(text, rooms.__getitem__)
    seen = [at for at, character in ordered if not character.isspace()]
    if ordered:
        assert sorted(seen) == [at for at, character in enumerate(text) if not character.isspace()]
        assert all(character in (text[at], "\n", "\xad") for at, character in ordered)
