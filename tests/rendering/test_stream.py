"""An answer read while it is written equals the answer read whole, at a cost that follows the new text only."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.rendering.blocks import Code, List, Note, Paragraph, Quote, Rule, Table, count_markers
from chatapp.rendering.grammar import parse
from chatapp.rendering.inline import Link, NoteSign, Text
from chatapp.rendering.reading import plain_blocks
from chatapp.rendering.stream import BlockStream
from tests.rendering.documents import cut, streamed, texts, wild
from tests.rendering.hostile import HOSTILE

ENDLESS = 1500  # lines
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(texts, wild), lengths=sizes)
def test_in_pieces_equals_whole(text: str, lengths: list[int]) -> None:
    stream = streamed(text, lengths)
    assert stream.blocks == parse(text)
    assert stream.source == text


@settings(max_examples=200, deadline=None)
@given(text=texts, lengths=sizes)
def test_segments_share_out_the_source(text: str, lengths: list[int]) -> None:
    stream = streamed(text, lengths, look=False)
    ends = [segment.end for segment in stream.closed]
    assert [segment.start for segment in stream.closed[1:]] == ends[:-1]
    assert not ends or (stream.closed[0].start == 0 and ends[-1] == len(text))


@settings(max_examples=200, deadline=None)
@given(text=texts.filter(lambda text: "]:" not in text), lengths=sizes)
def test_a_closed_block_never_changes(text: str, lengths: list[int]) -> None:
    stream = BlockStream()
    seen: list[object] = []
    for piece in cut(text, lengths):
        stream.feed(piece)
        assert [segment.block for segment in stream.closed[: len(seen)]] == seen
        seen = [segment.block for segment in stream.closed]
    stream.finish()
    assert [segment.block for segment in stream.closed[: len(seen)]] == seen
    assert stream.revision == 0


@settings(max_examples=150, deadline=None)
@given(text=texts)
def test_what_is_open_reads_like_the_whole(text: str) -> None:
    """At the end of a complete line, closed and open blocks together are the full parse of the text so far."""
    text = text + "\nend of it.\n" if "]:" not in text else "none.\n"
    stream = BlockStream()
    for line in text.splitlines(keepends=True):
        stream.feed(line)
    assert stream.blocks == parse(text)


def test_an_undecided_last_line_is_held_back() -> None:
    stream = BlockStream("Here it is:\n-")
    assert list(stream.blocks) == [Paragraph((Text("Here it is:"),))]
    stream.feed(" item")
    assert isinstance(stream.blocks[1], List)


def test_a_late_footnote_reaches_back() -> None:
    text = "A claim[^1].\n\nMore.\n\n[^1]: Its source,\n    at length.\n\nThe end.\n"
    stream = BlockStream()
    for piece in cut(text, [5]):
        stream.feed(piece)
    assert stream.blocks[0] == Paragraph((Text("A claim[^1]."),))
    stream.finish()
    assert stream.blocks == parse(text)
    assert stream.blocks[0] == Paragraph((Text("A claim"), NoteSign("1"), Text(".")))
    assert stream.blocks[2] == Note("1", (Paragraph((Text("Its source, at length."),)),))
    assert stream.revision == 1


def test_many_late_definitions_reach_back_in_steps() -> None:
    text = "".join(f"see [d{at}]\n\n" for at in range(20)) + "".join(
        f"[d{at}]: https://a.org\n" for at in range(20)
    )
    stream = BlockStream()
    for piece in cut(text, [9]):
        stream.feed(piece)
    assert [stream.finish(8) for _ in range(3)] == [False, False, True]
    assert stream.blocks == parse(text)
    assert stream.revision == 19


def test_a_footnote_may_stand_anywhere_and_without_reference() -> None:
    lone, quote, note, end = parse("[^x]: - alone\n\n> A quote[^y].\n[^y]: of it\n\n[^z]\n")
    assert isinstance(lone, Note)
    assert isinstance(lone.blocks[0], List)
    assert isinstance(quote, Quote)
    assert note == Note("y", (Paragraph((Text("of it"),)),))
    assert end == Paragraph((Text("[^z]"),))


def test_definitions_alone_are_read_once() -> None:
    """And a citation that stands among them is not lost."""
    text = "".join(f"[d{number}]: https://example.org/{number}\n" for number in range(3000))
    stream = BlockStream("", ((20, 1),))
    for piece in cut(text + "\n[d5]\n", [400]):
        stream.feed(piece)
        stream.open()
    assert stream.characters_read < 6 * len(text)
    stream.finish()
    (paragraph,) = stream.blocks
    assert isinstance(paragraph, Paragraph)
    assert isinstance(paragraph.pieces[0], Link)
    assert count_markers(paragraph) == 1


def test_a_late_definition_reaches_back() -> None:
    text = "See [there].\n\nMore.\n\n[there]: https://example.org/\n"
    stream = streamed(text, [5])
    assert stream.blocks == parse(text)
    assert stream.revision == 1


@pytest.mark.parametrize(
    ("name", "line", "count"),
    [
        ("fence", "value = compute(value)\n", 1000),
        ("list", "- an item of some length\n", 500),
        ("table", "| one | two |\n", 500),
        ("paragraphs", "Some words of prose.\n\n", 500),
    ],
)
def test_cost_follows_the_new_text(name: str, line: str, count: int) -> None:
    """However long the open block is, the parser reads a bounded multiple of what was fed."""
    opening = {"fence": "```python\n", "table": "| a | b |\n|---|---|\n"}.get(name, "")
    stream = BlockStream(opening)
    for _ in range(count):
        stream.feed(line)
        stream.open()
    assert stream.characters_read < 12 * count * len(line)
    assert stream.blocks


@pytest.mark.parametrize(
    "line", ["> quoted words that go on\n", "words that go on and on\n", "    indented = 1\n"]
)
def test_one_endless_block_is_read_ever_more_rarely(line: str) -> None:
    stream = BlockStream()
    for _ in range(ENDLESS):
        stream.feed(line)
        stream.open()
    stream.finish()
    fed = ENDLESS * len(line)
    assert stream.characters_read < 60 * fed  # read at every look it would be ENDLESS / 2 times
    assert stream.blocks == parse(line * ENDLESS)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_keeps_every_character(name: str) -> None:
    """Bounded by counting: the parser sees each character a fixed number of times, and none is lost."""
    text = HOSTILE[name][:50_000]
    stream = BlockStream()
    for at in range(0, len(text), 4096):
        stream.feed(text[at : at + 4096])
        stream.open()
    stream.finish()
    assert stream.characters_read < 40 * len(text)
    said = re.sub(r"^```\w+$|^\[d\d+\]: \S*$|^\[d\d+$", "", text, flags=re.MULTILINE)
    letters = "".join(character for character in said if character.isalnum())
    assert letters == "".join(character for character in plain_blocks(stream.blocks) if character.isalnum())


@settings(max_examples=200, deadline=None)
@given(text=texts, lengths=sizes, places=st.lists(st.integers(0, 400), max_size=4), late=st.booleans())
def test_every_marker_is_shown_once_and_breaks_nothing(
    text: str, lengths: list[int], places: list[int], late: bool
) -> None:
    placed = tuple((min(place, len(text)), number) for number, place in enumerate(places, 1))
    stream = BlockStream("", () if late else placed)
    for piece in cut(text, lengths):
        stream.feed(piece)
        stream.open()
    stream.finish()
    for index, number in placed if late else ():
        stream.mark(index, number)
    bare = parse(text)
    if not bare:
        return
    assert sum(map(count_markers, stream.blocks)) == len(placed)
    for block, unmarked in zip(stream.blocks, bare, strict=True):
        assert type(block) is type(unmarked) or isinstance(unmarked, Rule)  # a rule has no room for a marker


def test_a_marker_stands_at_its_character() -> None:
    text = "Affects **73 airplanes of U.S. registry**. The rest.\n\n| a | b |\n|---|---|\n| up | $85 |\n"
    stream = BlockStream(text, ((text.index(" The"), 1), (text.index("$85 |") + 5, 2)))
    stream.finish()
    first, table = stream.blocks
    assert isinstance(first, Paragraph)
    assert [type(piece).__name__ for piece in first.pieces] == ["Text", "Strong", "Text", "Marker", "Text"]
    assert isinstance(table, Table)
    assert count_markers(table) == 1
    assert len(table.rows[0]) == 2


def test_a_marker_after_closed_emphasis_leaves_it_closed() -> None:
    text = "It says **73 airplanes.** More."
    stream = BlockStream(text, ((text.index(" More"), 1),))
    stream.finish()
    assert [type(piece).__name__ for piece in stream.blocks[0].pieces] == ["Text", "Strong", "Marker", "Text"]  # type: ignore[union-attr]


def test_a_marker_inside_code_stands_at_its_end() -> None:
    text = "```python\nprint(73)\n```\n"
    for index in range(len(text)):
        stream = BlockStream(text, ((index, 1),))
        stream.finish()
        assert stream.blocks == (Code("python", "print(73)", (1,)),)


def test_marker_characters_in_the_text_itself_are_not_markers() -> None:
    stream = BlockStream("a\U000f0001b")
    stream.finish()
    assert stream.blocks == (Paragraph((Text("a\ufffdb"),)),)


def test_a_marker_right_after_a_fence_waits_for_what_follows() -> None:
    text = "```\n```\nWords."
    stream = BlockStream("", ((8, 1),))
    for character in text:
        stream.feed(character)
    stream.finish()
    assert [count_markers(block) for block in stream.blocks] == [0, 1]
    alone = BlockStream("```\n```\n", ((8, 1),))
    alone.finish()
    assert [count_markers(block) for block in alone.blocks] == [1]
