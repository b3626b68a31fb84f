"""Annotations of several servers meet search results in one model."""

import json
import random
import re
from collections import Counter
from typing import Any

import pytest

from chatapp.conversation import citations
from chatapp.conversation.answer import Answer
from chatapp.conversation.citations import cite, line_of, passages
from chatapp.conversation.turn import answer_from_response
from tests.conversation.test_turn import fold
from tests.kit.recordings import Recording, openai_recordings, server_recordings, streams

PASSAGE = (
    "Costs of Compliance\nThe FAA estimates that this proposed AD affects 73 airplanes of\n"
    "U.S. registry. The agency estimates the following costs. Nothing else is known."
)


def answer(
    text: str, annotations: list[dict[str, Any]], results: list[dict[str, Any]] | None = None
) -> Answer:
    search = {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": results}
    part = {"type": "output_text", "text": text, "annotations": annotations}
    message = {"type": "message", "id": "m", "content": [part]}
    return answer_from_response({"id": "r", "status": "completed", "output": [search, message]})


def file_citation(index: Any, file_id: str = "file-1") -> dict[str, Any]:
    return {"type": "file_citation", "file_id": file_id, "filename": "faa.pdf", "index": index}


def result(text: str, score: Any = 0.8, file_id: str = "file-1", **more: Any) -> dict[str, Any]:
    return {"file_id": file_id, "filename": "faa.pdf", "score": score, "text": text, "attributes": {}, **more}


def test_the_quote_is_the_sentence_of_the_passage_that_the_words_came_from() -> None:
    text = "It affects 73 airplanes of U.S. registry."
    (citation,) = cite(
        answer(text, [file_citation(len(text) - 1)], [result("Other words."), result(PASSAGE, 0.7)])
    )
    assert citation.quote == "The FAA estimates that this proposed AD affects 73 airplanes of\nU.S. registry."
    assert citation.quote in PASSAGE
    assert citation.passage is not None
    assert (citation.passage.rank, citation.passage.score) == (2, 0.7)
    assert (citation.number, citation.index) == (1, len(text) - 1)


def test_words_quoted_from_a_table_lead_to_their_own_row() -> None:
    table = "| Keys | What |\n|---|---|\n| Ctrl+R | regenerate the last answer |\n| Ctrl+E | edit the last question |"
    passage = f"**Regenerate** asks the same question again, and the last answer stays.\n\n{table}\n"
    text = "> Ctrl+R | regenerate the last answer\n\n> Edit the last question with Ctrl+E"
    notes = [file_citation(text.index("\n")), file_citation(len(text))]
    first, second = cite(answer(text, notes, [result(passage)]))
    assert first.quote == "Ctrl+R | regenerate the last answer"
    assert second.quote == "| Ctrl+E | edit the last question |"


def test_a_word_that_a_line_broke_is_quoted_whole() -> None:
    text = "A strip of perforated zinc keeps them out."
    (citation,) = cite(
        answer(text, [file_citation(41)], [result("A strip of per\xadforated zinc keeps them out.")])
    )
    assert citation.quote == text


def test_each_marker_speaks_for_the_words_since_the_one_before() -> None:
    text = "Alpha beats beta. Gamma beats delta."
    found = [result("Alpha beats beta."), result("Gamma beats delta.")]
    first, second = cite(answer(text, [file_citation(16), file_citation(35)], found))
    assert (first.quote, second.quote) == ("Alpha beats beta.", "Gamma beats delta.")
    assert (first.number, second.number) == (1, 2)


def test_the_same_quote_keeps_its_number() -> None:
    text = "Alpha beats beta.\n\nAlpha beats beta."
    citations = cite(answer(text, [file_citation(17), file_citation(36)], [result("Alpha beats beta.")]))
    assert [citation.number for citation in citations] == [1, 1]


def test_without_results_the_answers_own_sentence_is_looked_for() -> None:
    (citation,) = cite(answer("First. It affects 73 airplanes.", [file_citation(30)]))
    assert citation.quote == "It affects 73 airplanes"
    assert citation.passage is None


@pytest.mark.parametrize("index", [10_000, None, "x", -4, True])
def test_an_index_out_of_reach_is_clamped_to_the_end(index: Any) -> None:
    (citation,) = cite(answer("Four words stand here.", [file_citation(index)]))
    assert citation.index == len("Four words stand here.")


def test_offsets_are_code_points() -> None:
    text = "🛩️ seven. Next."
    (citation,) = cite(answer(text, [file_citation(text.index(" Next"))]))
    assert text[: citation.index].endswith("seven.")


def test_a_web_citation_stands_at_the_end_of_its_span() -> None:
    note = {
        "type": "url_citation",
        "url": "https://a.example",
        "title": "A",
        "start_index": 0,
        "end_index": 4,
    }
    (citation,) = cite(answer("Fact and more.", [note]))
    assert (citation.url, citation.filename, citation.index) == ("https://a.example", "A", 4)


def span(kind: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"type": kind, "start_index": start, "end_index": end, **more}


SAID = "🛩️ So 73 it is. Then more."
WEB = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 14}
SHAPES: dict[str, tuple[list[Any], list[tuple[str, str | None, int]]]] = {
    "openai": ([file_citation(13)], [("file-1", None, 13)]),
    "several at one place": (
        [file_citation(13, "a"), file_citation(13, "b")],
        [("a", None, 13), ("b", None, 13)],
    ),
    "one a file at the end": (
        [file_citation(len(SAID), "a"), file_citation(None, "b")],
        [
            ("a", None, len(SAID)),
            ("b", None, len(SAID)),
        ],
    ),
    "beyond the end": ([file_citation(999)], [("file-1", None, len(SAID))]),
    "backwards": ([file_citation(25, "b"), file_citation(13, "a")], [("a", None, 13), ("b", None, 25)]),
    "web": ([{"type": "url_citation", **WEB}], [("", "https://a.example", 14)]),
    "web, one level deeper": (
        [{"type": "url_citation", "url_citation": WEB}],
        [("", "https://a.example", 14)],
    ),
    "file, one level deeper": (
        [{"type": "file_citation", "file_citation": {"file_id": "a"}, "start_index": 9, "end_index": 13}],
        [("a", None, 13)],
    ),
    "made": ([span("container_file_citation", 3, 8, file_id="c", container_id="k")], [("c", None, 8)]),
    "nothing known": (
        [{"type": "file_citation"}, {"type": "new"}, {}, "x", None],
        [("", None, len(SAID))],
    ),
}


@pytest.mark.parametrize("route", ["response.output_text.annotation.added", "output_item.done", "completed"])
@pytest.mark.parametrize("shape", SHAPES)
def test_annotations_of_every_shape_are_placed_however_late_they_come(shape: str, route: str) -> None:
    notes, expected = SHAPES[shape]
    bare: list[Any] = []
    texts = [{"type": "output_text", "text": SAID, "annotations": some} for some in (bare, notes)]
    empty, whole = ({"type": "message", "id": "m", "content": [text]} for text in texts)
    events: list[Any] = [{"type": "response.output_text.delta", "item_id": "m", "delta": SAID}]
    if "added" in route:
        events += [
            {"type": route, "item_id": "m", "annotation": note} for note in notes if isinstance(note, dict)
        ]
    events.append({"type": "response.output_item.done", "item": whole if "item" in route else empty})
    output = [whole if route == "completed" else empty]
    events.append(
        {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": output}}
    )
    found = cite(fold(events)[0])
    assert [(mark.file_id, mark.url, mark.index) for mark in found] == expected


def test_a_web_citation_quotes_the_words_before_its_link() -> None:
    link = "([a](https://a.example))"
    text = f"One fact. Another fact. {link} And more."
    start = text.index(link)
    (citation,) = cite(
        answer(text, [span("url_citation", start, start + len(link), url="https://a.example")])
    )
    assert (citation.quote, citation.index) == ("Another fact.", start + len(link))


def test_a_file_that_was_made_stands_behind_its_link_or_at_the_end_and_quotes_nothing() -> None:
    text = "See [the plot](sandbox:/plot.png) here."
    link = span("container_file_citation", 15, 32, file_id="c1", filename="plot.png")
    nowhere = span("container_file_citation", 0, 0, file_id="c2", filename="log.txt")
    path = {"type": "file_path", "file_id": "c3", "index": 4}
    found = cite(answer(text, [nowhere, link, path]))
    assert [(mark.filename, mark.index, mark.quote, mark.made) for mark in found] == [
        ("", 4, "", True),
        ("plot.png", 32, "", True),
        ("log.txt", len(text), "", True),
    ]


def test_a_marker_with_no_words_of_its_own_speaks_for_its_paragraph() -> None:
    """ogx puts what it cannot place at the very end, behind the last marker."""
    text = "Alpha beats beta."
    first, second = cite(answer(text, [file_citation(16), file_citation(17)], [result(text)]))
    assert first.quote == second.quote == "Alpha beats beta."


def test_an_annotation_may_call_its_file_by_any_of_its_names() -> None:
    inner = {"file_id": "f", "filename": "a.md", "document_id": "doc-8"}
    found = [result("Alpha beats beta.", file_id="doc-7", attributes=inner)]
    for name in ("f", "doc-7", "doc-8"):
        (citation,) = cite(answer("Alpha beats beta.", [file_citation(16, name)], found))
        assert citation.passage is not None, name
        assert citation.file_id == "f"


def test_ogx_results_carry_the_real_file_in_their_attributes() -> None:
    odd = {
        "file_id": "doc-7",
        "filename": "doc-7",
        "text": "x",
        "attributes": {"file_id": "f", "filename": "a.md"},
    }
    (passage,) = passages(answer("", [], [odd]))
    assert (passage.file_id, passage.filename, passage.score) == ("f", "a.md", None)


def test_one_citation_a_file_at_the_end_speaks_for_the_paragraph_that_file_stands_behind() -> None:
    """As LiteLLM cites, and names its results."""
    text = "Alpha beats beta.\n\nGamma beats delta by far.\n\nNothing else is known.\n"
    notes = [file_citation(len(text), file_id) for file_id in ("a", "b")]
    search = {
        "type": "file_search_call",
        "search_results": [result("Alpha beats beta.", 0.9, "a"), result("Gamma beats delta.", 0.8, "b")],
    }
    message = {
        "type": "message",
        "content": [{"type": "output_text", "text": text, "annotations": notes}],
    }
    first, second = cite(answer_from_response({"status": "completed", "output": [search, message]}))
    assert (first.quote, second.quote) == ("Alpha beats beta.", "Gamma beats delta.")
    assert (first.index, second.index) == (len(text), len(text))


FOODS = [("Travis's favorite food is pizza", "test_favorite_foods.txt", None)]
MARMALADE = [
    ("Marmalade Station opened in 1937", "marmalade.md", 1),
    ("Marmalade Station opened in 1937. It has four platforms", "harbour.txt", 2),
    ("Marmalade Station opened in 1937. It has four platforms.", "marmalade.md", 1),
]
RECORDED = {
    "FileSearch#2": FOODS,
    "FileSearchCallStreaming#2": FOODS,
    "ogx-filesearch": MARMALADE,
    "ogx-filesearch-2": MARMALADE,
    "ogx-filesearch-noinclude": MARMALADE,
    "ogx-filesearch-badvs": [],
}
"""For each recorded answer to a search: the text before each marker, the file, and the rank of the passage."""


@pytest.mark.skipif(not streams(), reason="needs the recordings beside the repository")
def test_recorded_searches_show_the_right_file_at_the_right_place() -> None:
    recorded = {
        recording.name: recording
        for recording in (*openai_recordings(), *server_recordings())
        if b'"file_search_call"' in recording.body and recording.path.endswith("/responses")
    }
    found = {}
    for name, recording in recorded.items():
        folded = fold(recording.payloads)[0] if recording.is_stream else from_body(recording)
        marks = [
            (folded.text[: mark.index], mark.filename, mark.passage and mark.passage.rank)
            for mark in cite(folded)
        ]
        if folded.items:
            found[name] = marks
    assert found == RECORDED


def from_body(recording: Recording) -> Answer:
    return answer_from_response(json.loads(recording.body))


def test_a_long_passage_yields_a_quote_no_longer_than_its_claim_asks_for() -> None:
    (citation,) = cite(answer("a b c.", [file_citation(5)], [result("a. " * 2_000)]))
    assert len(citation.quote) < 30


def test_the_pruned_search_finds_what_a_search_of_every_passage_finds() -> None:
    dice = random.Random(1)
    words = [f"w{number}" for number in range(40)]
    texts = [
        " ".join(". ".join(" ".join(dice.choices(words, k=6)) for _ in range(8)).split()) for _ in range(12)
    ]
    claim = " ".join(dice.choices(words, k=9))
    (together,) = cite(answer(claim, [file_citation(len(claim))], [result(text) for text in texts]))
    alone = [cite(answer(claim, [file_citation(len(claim))], [result(text)]))[0] for text in texts]
    assert together.quote in {one.quote for one in alone}
    assert together.passage is not None
    assert agreement(claim, together.quote) == max(agreement(claim, one.quote) for one in alone)


def test_many_markers_of_the_same_words_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[object] = []
    closest = citations._closest_span

    def counted(wanted: Counter[str], passage: Any) -> tuple[float, str]:
        compared.append(passage)
        return closest(wanted, passage)

    monkeypatch.setattr(citations, "_closest_span", counted)
    paragraphs = [f"Paragraph {at} tells of the quay {at * 7} and of its wardens." for at in range(20)]
    found = [result(f"Wardens of quay {at * 7} tell nothing in row {at}.") for at in range(20)]
    text = "\n\n".join(paragraphs)
    assert len(cite(answer(text, [file_citation(len(text))] * 500, found))) == 500
    assert len(compared) <= 400
    assert cite(answer(text, [file_citation(len(text))] * 501, found))
    assert len(compared) <= 400


def agreement(claim: str, quote: str) -> float:
    one, two = Counter(claim.split()), Counter(re.findall(r"\w+", quote))
    return round(2 * (one & two).total() / (one.total() + two.total()), 9)


def test_a_quote_has_its_own_line_within_a_passage() -> None:
    passage = "First.\nSecond.\nThe third."
    assert line_of("The third.", passage, 10) == 12
    assert line_of("First.", passage, 10) == 10
    assert line_of("Nowhere.", passage, 10) == 10
