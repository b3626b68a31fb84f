"""Colours of code that is read in steps: those of one reading, at a cost that follows the new text."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.rendering import code
from chatapp.rendering.code import Colouring, Run
from tests.rendering.documents import cut

PIECES = {
    "python": [
        "def f(x):\n",
        "    '''A text\n",
        "    if x for 3\n",
        "    '''\n",
        "    return 'a'  # why\n",
        "\n",
    ],
    "c": ["int main(void) {\n", "  /* one\n", "  if else\n", "  two */\n", '  printf("%d", 3);\n', "}\n"],
    "html": ["<div class='a'>\n", "<script>\n", "var x = 'if';\n", "</script>\n", "words &amp; more\n"],
    "json": ['{"a": [1, true,\n', '  "x\\n"], "b": null}\n'],
    "no such language": ["anything\n"],
}
blocks = st.sampled_from(sorted(PIECES)).flatmap(
    lambda language: st.tuples(
        st.just(language), st.lists(st.sampled_from(PIECES[language]), max_size=80).map("".join)
    )
)


def whole(language: str, text: str) -> Colouring:
    colouring = Colouring(language, text)
    colouring.advance(len(text))
    return colouring


def test_runs_cover_what_they_colour() -> None:
    text = "def f(x):\n    return 'a'  # why\n"
    roles = {text[start : start + length]: role for start, length, role in whole("python", text).runs(0, 99)}
    assert (roles["def"], roles["# why"], roles["f"]) == ("keyword", "comment", "name")
    assert whole("no such language", text).runs(0, 99) == []


def test_the_last_line_needs_no_end() -> None:
    runs = whole("diff", "- old\n+ new").runs(0, 99)
    assert runs == [(0, 5, "deleted"), (6, 5, "inserted")]


@settings(max_examples=100, deadline=None)
@given(block=blocks, sizes=st.lists(st.integers(1, 200), min_size=1, max_size=4))
def test_in_steps_equals_whole(block: tuple[str, str], sizes: list[int]) -> None:
    language, text = block
    colouring = Colouring(language)
    for piece in cut(text, sizes):
        colouring.feed(piece)
        colouring.advance(500)
    colouring.finish()
    while colouring.known < colouring.end:
        before = colouring.known
        colouring.advance(100)
        assert colouring.known > before
    assert colouring.runs(0, len(text)) == whole(language, text).runs(0, len(text))


@pytest.mark.parametrize("language", ["python", "c", "json"])
def test_what_grows_is_read_again_from_near_its_end(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    colouring, read = Colouring(language), 0
    begin = colouring._read

    def counted(start: int, end: int) -> object:
        nonlocal read
        read += end - start
        return begin(start, end)

    monkeypatch.setattr(colouring, "_read", counted)
    text = "".join(PIECES[language]) * 60
    steps = cut(text, [40])
    for piece in steps:
        colouring.feed(piece)
        colouring.advance(2000)
    assert read < 1000 * len(steps)
    assert colouring.runs(0, len(text)) == whole(language, text).runs(0, len(text))


def test_one_long_line_is_read_again_a_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was known of it stays known meanwhile."""
    colouring, tokens = Colouring("json"), 0
    begin = colouring._read

    def counted(start: int, end: int) -> Iterator[Run]:
        nonlocal tokens
        for run in begin(start, end):
            tokens += 1
            yield run

    monkeypatch.setattr(colouring, "_read", counted)
    for _ in range(60):
        colouring.feed('{"a": 1}, ' * 40)
        for _ in range(2):
            known, before = colouring.known, tokens
            colouring.advance(400)
            assert tokens - before <= 400
            assert colouring.known >= known
    while colouring.advance(400):
        pass
    assert colouring.known > 0.8 * colouring.end
    text = colouring.text
    assert colouring.runs(0, colouring.known) == whole("json", text[: colouring.known]).runs(0, len(text))


def test_a_string_that_never_ends_is_read_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    colouring, read = Colouring("python", "x = '''\n"), 0
    begin = colouring._read

    def counted(start: int, end: int) -> object:
        nonlocal read
        read += end - start
        return begin(start, end)

    monkeypatch.setattr(colouring, "_read", counted)
    for _ in range(600):
        colouring.feed("if for while not in 3\n")
        colouring.advance(2000)
    assert read < 60 * 600 * 22
    assert {role for _, _, role in colouring.runs(100, colouring.known)} == {"string"}
    assert colouring.known > 0.8 * colouring.end


def test_beyond_a_length_code_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "LARGEST", 6_000)
    text = "x = 1\n" * 1_100
    colouring = whole("python", text)
    assert colouring.known == colouring.end == 6_000
    assert colouring.runs(6_000, len(text)) == []
