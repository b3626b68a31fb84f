"""Markers that leak into the text: what is cut, what is left alone, and that pieces make no difference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.leaks import CleanText, annotations, position
from chatapp.conversation.results import Sources

UUID = "29a7a198-9b91-4005-b721-397ea2ccc413"
FILE = "file-e9e261f2f6b04457baf3b0a5a83ad60e"
RESULTS = {
    "type": "file_search_call",
    "results": [
        {"file_id": UUID, "filename": UUID, "attributes": {"file_id": FILE, "filename": "marmalade.md"}}
    ],
}
SOURCES = Sources([RESULTS])
CITE = "\ue200cite\ue202turn0search0\ue202turn0search1\ue201"

CUT = {
    "the Assistants' form, before a full stop": ("It is so 【4:0†source】.", "It is so."),
    "with a file's name": ("So【12:3†a b.pdf】【4:1†source】, then", "So, then"),
    "the browser's form of open models": ("So【6†L9-L11】", "So"),
    "private-use characters": (f"Supported. {CITE}\n\nMore", "Supported.\n\nMore"),
    "a search of files": ("So \ue200filecite\ue202turn0file0\ue202L1-L2\ue201!", "So!"),
    "a link keeps its label": (
        "See \ue200url\ue202the docs\ue202https://a.example\ue201 now",
        "See the docs now",
    ),
    "a name keeps its words": ('In \ue200entity\ue202["city","Paris","France"]\ue201.', "In Paris."),
    "an id that was found": (f"In 1937 <|{UUID}|>. Then", "In 1937. Then"),
    "what is plainly a file's id": ("In 1937 <|file-Cn3MSNn72ENTiiq11Qda4A|>.", "In 1937."),
    "a file's name that was found": ("In 1937 <|marmalade.md|>.", "In 1937."),
    "two with a space between": (f"So <|{UUID}|> <|{FILE}|>.", "So."),
    "at the very beginning": ("【1:0†source】Yes", "Yes"),
    "private-use characters in code too": (f"`a`\n```\nx {CITE}\n```", "`a`\n```\nx\n```"),
    "after code has ended": ("`a` 【4:0†source】\n```\nx\n```\ny【4:0†source】", "`a`\n```\nx\n```\ny"),
    "after a backtick that was never closed, on the next line": ("a ` b\nc【4:0†source】", "a ` b\nc"),
}


@pytest.mark.parametrize("case", CUT)
def test_markers_are_cut(case: str) -> None:
    raw, expected = CUT[case]
    assert CleanText(SOURCES, raw).text == expected


LEFT = {
    "special tokens": "<|im_start|>user<|im_end|><|file_sep|><|endoftext|>",
    "operators of F#": "let f = g <| h x |> k <||> m",
    "an id nobody knows": "<|00000000-9b91-4005-b721-397ea2ccc413|>",
    "brackets of East Asian text": "これは【重要】です【4】【4:0】",
    "tags": "a <b>bold</b> word, 1 < 2 and <",
    "a marker without an end": "So 【4:0†source and more",
    "an open marker at the end of a line": f"So <|{UUID}\n|>",
    "in a fence": "```\nprint('【4:0†source】')\n```",
    "in a fence of a list, in a quote": "> - ~~~~\n>   【4:0†source】\n>   ~~~\n>   【4:0†source】",
    "in code of a line": f"The form `【4:0†source】` and ``a ` <|{UUID}|>``.",
    "private-use characters alone": "\ue200 \ue201\ue202 \ue200cite",
    "a very long one": "<|" + "x" * 300 + "|>",
}


@pytest.mark.parametrize("case", LEFT)
def test_what_only_looks_like_a_marker_is_left(case: str) -> None:
    clean = CleanText(SOURCES, LEFT[case])
    assert clean.text == LEFT[case]
    assert not clean.cuts


PIECES = st.sampled_from(
    [
        " ", " ", "a", "b c", "\n", "`", "``", "```", "~~~", "> ", "- ", "<", "<|", "|>", "|", ">", UUID, FILE, "name",
        "【", "】", "†", "4", ":", "source", "\ue200", "\ue201", "\ue202", "cite", "filecite", "turn0file0", "é🍕",
        "【4:0†source】", CITE, f"<|{UUID}|>", f" <|{FILE}|>", "\ue200url\ue202a b\ue202c\ue201", "x" * 150,
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join), st.data())
def test_pieces_make_no_difference(raw: str, data: st.DataObject) -> None:
    """The text, the cuts and what is reported to have grown are the same for any deltas, looked at or not."""
    whole = CleanText(SOURCES, raw)
    parts, shown = CleanText(SOURCES), ""
    rest = raw
    while rest:
        size = data.draw(st.integers(1, max(1, min(len(rest), 9))), label="size")
        grown = parts.feed(rest[:size])
        rest = rest[size:]
        if grown is None or data.draw(st.booleans(), label="looked at"):
            shown = parts.text
        else:
            shown += grown
            assert parts.text.startswith(shown)
    parts.close()
    assert parts.text == whole.text
    assert parts.cuts == whole.cuts


def test_a_space_that_comes_with_its_marker_is_never_told() -> None:
    clean = CleanText(SOURCES)
    told = [clean.feed(delta) for delta in ("In 1937", " <|", UUID, "|>", ". Then", " <", "b>")]
    assert told == ["In 1937", "", "", "", ". Then", "", " <b>"]
    assert clean.text == "In 1937. Then <b>"


@given(st.lists(PIECES, max_size=25).map("".join))
def test_what_was_cut_and_what_is_left_make_up_the_whole(raw: str) -> None:
    clean = CleanText(SOURCES, raw)
    text, left, at = clean.text, "", 0
    for cut in clean.cuts:
        left += raw[at : cut.start]
        assert len(left) == cut.at
        at = cut.end
    assert left + raw[at:] == text
    kept = [index for index in range(len(raw)) if not any(cut.start <= index < cut.end for cut in clean.cuts)]
    assert [position(clean.cuts, index) for index in kept] == list(range(len(text)))
    assert position(clean.cuts, len(raw)) == len(text)


def test_what_is_held_back_is_bounded_and_never_lost() -> None:
    clean = CleanText(SOURCES)
    text = "So 【4:0†" + "x" * 1_000
    grown = [clean.feed(letter) or "" for letter in text]
    held = max(len(text[:at]) - len("".join(grown[:at])) for at in range(len(text)))
    assert held < 500
    assert clean.text == "".join(grown) == text


@pytest.mark.parametrize(
    "suspect", ["<|", "【4:0†", "\ue200", "<|a|>", CITE, "`【4:0†source】", f"<|{UUID}|> "]
)
def test_a_long_text_of_suspects_is_read_in_any_pieces(suspect: str) -> None:
    """Without a clock: were its cost quadratic, this would not end."""
    whole, pieces = CleanText(SOURCES, suspect * 50_000), CleanText(SOURCES)
    for _ in range(10_000):
        pieces.feed(suspect * 5)
    pieces.close()
    assert pieces.text == whole.text
    assert pieces.cuts == whole.cuts


def note(index: int, file_id: str = FILE) -> dict[str, Any]:
    return {"type": "file_citation", "file_id": file_id, "filename": "marmalade.md", "index": index}


def test_offsets_follow_the_cuts() -> None:
    raw = f"Ünï🍕【4:0†source】. Then {CITE}, end."
    clean = CleanText((), raw)
    assert clean.text == "Ünï🍕. Then, end."
    link = {
        "type": "url_citation",
        "url": "u",
        "start_index": raw.index("\ue200"),
        "end_index": raw.index(", end"),
    }
    file, web = annotations([note(4), link], clean.cuts, Sources())
    assert file == note(4)
    assert (web["start_index"], web["end_index"]) == (10, 10)
    assert annotations([note(raw.index("end"))], clean.cuts, Sources()) == (note(clean.text.index("end")),)


def test_offsets_that_were_counted_without_the_markers_stay() -> None:
    """Each stands where its own marker was: so the server had cut the markers before it counted."""
    clean = CleanText(SOURCES, f"One <|{UUID}|>. Two <|{FILE}|>.")
    given = [note(3, UUID), note(8, FILE)]
    assert annotations(given, clean.cuts, SOURCES) == tuple(given)


def test_a_marker_becomes_a_citation_only_where_its_file_is_certain() -> None:
    two = Sources([{"type": "file_search_call", "results": [{"file_id": "a"}, {"file_id": "b"}]}])
    for sources, raw, expected in (
        (SOURCES, f"So <|{UUID}|>.", [note(2)]),
        (SOURCES, "So【4:0†source】.", [note(2)]),
        (SOURCES, "So \ue200filecite\ue202turn0file3\ue201.", [note(2)]),
        (SOURCES, f"So {CITE}.", []),
        (SOURCES, "So【6†L9-L11】.", []),
        (two, "So【4:0†source】.", []),
        (two, "So <|a|>.", [{**note(2, "a"), "filename": ""}]),
        (Sources(), "So <|file-Cn3MSNn72ENTiiq11Qda4A|>.", []),
    ):
        assert list(annotations([], CleanText(sources, raw).cuts, sources)) == expected, raw


def test_a_marker_with_its_annotation_is_cited_once() -> None:
    raw = f"So <|{UUID}|>."
    for index in (2, 3, len(raw) - 1):
        assert len(annotations([note(index, UUID)], CleanText(SOURCES, raw).cuts, SOURCES)) == 1, index
