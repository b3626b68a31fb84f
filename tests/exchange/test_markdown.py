"""Markdown for people: questions, answers, numbered sources."""

from dataclasses import replace

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.tree import Attachment, Turn
from chatapp.exchange.markdown import open_fence, render
from chatapp.protocol.json_types import JsonObject
from tests.storage import samples

TEXT = "The AD affects 73 airplanes (see the table). It costs $1,000."


def note(index: int, file_id: str = "f1", filename: str = "a_b.pdf") -> JsonObject:
    return {"type": "file_citation", "index": index, "file_id": file_id, "filename": filename}


def cited(text: str = TEXT, *notes: JsonObject) -> Turn:
    results = [
        {
            "file_id": "f1",
            "filename": "a_b.pdf",
            "text": "FAA: this affects 73 airplanes of this type.",
            "page": 5,
        }
    ]
    search = OutputItem("file_search_call", "fs_1", raw={"type": "file_search_call", "results": results})
    answer = Answer(Status.COMPLETED, "r1", "gpt-x", (search, samples.message(text, annotations=notes)))
    return samples.question(text="How many?", answer=answer)


def test_a_path_reads_as_a_talk_with_sources() -> None:
    index = TEXT.index(" (see")
    turn = cited(TEXT, note(index), note(len(TEXT), "f2", "other.md"))
    link = Attachment("paper.pdf", 0, "", how="url", url="https://example.org/paper.pdf")
    turn = replace(turn, attachments=(Attachment("a_b.pdf", 12, "00", "f1"), link))
    assert render(samples.head(title="On *fuel*\ntanks"), [turn]) == (
        "# On \\*fuel\\* tanks\n\n1970-01-01 00:00 UTC\n\n## You\n\nHow many?\n\n"
        "- Attached: a\\_b.pdf (12 bytes)\n- Attached: paper.pdf <https://example.org/paper.pdf>\n\n## gpt-x\n\n"
        "The AD affects 73 airplanes\\[1\\] (see the table). It costs $1,000.\\[2\\]\n\n"
        "Sources:\n\n"
        "1. a\\_b.pdf, page 5: “FAA: this affects 73 airplanes of this type.”\n"
        "2. other.md: “It costs $1,000.”\n"
    )


def test_markers_at_one_place_stand_together() -> None:
    text = "73 airplanes."
    turn = cited(text, note(len(text)), note(len(text), "f2", "other.md"), note(len(text)))
    assert "73 airplanes.\\[1, 2\\]\n" in render(samples.head(), [turn])


def test_an_answer_without_sources_has_no_list() -> None:
    assert "Sources" not in render(samples.head(), [samples.completed(samples.question(), "Yes.")])


def test_only_the_given_path_is_written() -> None:
    one, two = (samples.completed(samples.question(f"t{n}", f"ask {n}"), f"said {n}") for n in (1, 2))
    text = render(samples.head(), [two])
    assert "ask 2" in text
    assert "ask 1" not in text
    assert one.text not in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(Status.STOPPED), "Stopped by the reader."),
        (Answer(Status.CUT), "The answer was cut off."),
        (Answer(Status.IN_PROGRESS), "Still being answered."),
        (
            Answer(Status.INCOMPLETE, incomplete_reason="max_output_tokens"),
            "Incomplete: max\\_output\\_tokens.",
        ),
        (samples.cut(samples.question(), "x").answer, "Cut off. Try again."),
    ],
)
def test_how_an_answer_ended_is_said(answer: Answer, words: str) -> None:
    assert f"*{words}*" in render(samples.head(), [samples.question(answer=answer)])


def test_an_open_fence_does_not_swallow_what_follows() -> None:
    text = render(
        samples.head(), [samples.completed(samples.question(text="```\nx"), "~~~~py\na = 1\n~~~\n")]
    )
    assert "```\nx\n```\n\n## m-1" in text
    assert text.endswith("~~~~py\na = 1\n~~~\n~~~~\n")


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("a", ""),
        ("```\na\n```", ""),
        ("```\na", "```"),
        ("`` ` ``", ""),
        ("> ~~~\n> x", "~~~"),
        ("```a`b", ""),
    ],
)
def test_fences(text: str, fence: str) -> None:
    assert open_fence(text) == fence


def test_a_refusal_is_shown_and_reasoning_is_not() -> None:
    refusal = OutputItem("message", "m", (Part("refusal", "I will not."),))
    thought = OutputItem("reasoning", "r", (Part("summary_text", "Hmm."),))
    text = render(
        samples.head(), [samples.question(answer=Answer(Status.COMPLETED, items=(thought, refusal)))]
    )
    assert "I will not." in text
    assert "Hmm." not in text


def test_a_web_source_is_a_link_that_cannot_break_out() -> None:
    url = "https://a.example/x>y z"
    web = {"type": "url_citation", "start_index": 0, "end_index": 3, "url": url, "title": "A [page]"}
    text = render(samples.head(), [cited("Yes.", web)])
    assert "1. [A \\[page\\]](<https://a.example/x%3Ey%20z>)" in text
