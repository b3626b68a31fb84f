"""Sentences of an answer, and how far their wording is found in the passages."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer
from chatapp.conversation.sentences import sentences
from chatapp.conversation.support import OTHER_LANGUAGE, judge, passage_of, support_of
from chatapp.conversation.turn import answer_from_response
from chatapp.conversation.wording import clean, language_of, number, words
from tests.kit.support_sentences import labelled, outcome

PASSAGE = (
    "The mill has 12 wheels. It was built by Anna Berg in 1874, and it is not open to the public in winter."
)


def answer(text: str, *texts: str) -> Answer:
    results: list[dict[str, Any]] = [
        {"file_id": f"f{at}", "filename": "a.txt", "score": 0.5, "text": one} for at, one in enumerate(texts)
    ]
    search = {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": results}
    message = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": text}]}
    return answer_from_response({"id": "r", "status": "completed", "output": [search, message]})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two!  Three?\nFour", ["One.", "Two!", "Three?", "Four"]),
        (
            "It is by Dr. A. Berg of the U.S. navy. It floats.",
            ["It is by Dr. A. Berg of the U.S. navy.", "It floats."],
        ),
        ("A line\nthat goes on. And\nmore", ["A line\nthat goes on.", "And\nmore"]),
        ("# A heading\n\nText.\n\n---\n", ["Text."]),
        ("- One thing\n- [x] Done\n  1. Deep. Deeper", ["Deep."]),
        ("> Quoted text.\n> More of it.", ["Quoted text.", "More of it."]),
        ("A table.\n\n| a | b |\n|---|:-:|\n| One. | Two. |\n\n$$\nx\n$$", ["A table."]),
        ("Before.\n```py\nx = 1. Y\n```\nAfter.", ["Before.", "After."]),
        ("Said.[1] And “so.” Then **bold.** End", ["Said.[1]", "And “so.”", "Then **bold.**", "End"]),
        ("富士山は高い。海は広い！そう", ["富士山は高い。", "海は広い！", "そう"]),
        ("गंगा बहती है। वह लंबी है।", ["गंगा बहती है।", "वह लंबी है।"]),
        ("هل هو كذلك؟ نعم.", ["هل هو كذلك؟", "نعم."]),
        ("At 3.5 km… and so on. 12 of them.", ["At 3.5 km… and so on.", "12 of them."]),
        ("", []),
        ("...\n\n***\n", []),
    ],
)
def test_sentences_of_markdown(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == found


@given(st.text(st.sampled_from("ab .!?\n#>-|`*1。\r\u2028")))
@settings(max_examples=300)
def test_sentences_stand_in_order_and_none_is_empty(text: str) -> None:
    spans = sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize("piece", [".", "؟", "!)", "](x", "- ", "a. ", "https://", "[1]"])
def test_long_runs_of_one_thing_are_read_in_one_go(piece: str) -> None:
    text = piece * 30_000 + "x."
    assert sentences(text)[-1][1] == len(text)
    assert len(clean(text)) <= len(text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1,937", "1937"), ("1.937", "1937"), ("1’937", "1937"), ("2.50", "2.5"), ("2,5", "2.5"), ("007", "7"),
        ("0", "0"), ("0.58", "0.58"), ("1,937.50", "1937.5"), ("1.937,50", "1937.5"),
    ],
)  # fmt: skip
def test_numbers_have_one_form(written: str, read: str) -> None:
    assert number(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("airplanes affected", "airplane affects"), ("Kosten geschätzt", "Kosten geschätzte"), ("73%", "73 percent"),
        ("forty eggs", "40 eggs"), ("القاهرة", "قاهرة"), ("café", "cafe"), ("озеро", "озера"), ("ﬁeld", "field"),
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert [word.key for word in words(clean(one), None)] == [word.key for word in words(clean(other), None)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The mill is in the valley.", "en"), ("Die Mühle steht nicht im Tal.", "de"), ("12 34", None),
        ("Le moulin est dans la vallée.", "fr"), ("富士山は高い。", "ja"), ("地铁一号线", "zh"), ("نهر النيل", "ar"),
    ],
)  # fmt: skip
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("The mill has 12 wheels.", "supported"),
        ("The mill has twelve wheels.", "supported"),
        ("The mill has 13 wheels.", "unsupported"),
        ("Anna Berg built it in 1874.", "supported"),
        ("Anna Lund built it in 1874.", "weak"),
        ("It is open to the public in winter.", "unsupported"),
        ("It is not open to the public in winter.", "supported"),
        ("Bread costs little there.", "unsupported"),
        ("What do its wheels drive?", None),
        ("Its wheels are these:", None),
        ("Yes.", None),
        ("It has $12$ wheels, and so had the mill.", None),
        ("It has 12 wheels for $5 or $6.", "unsupported"),
        ("— mill-history.txt, line 12", None),
    ],
)
def test_a_sentence_is_judged_by_what_of_it_is_found(sentence: str, verdict: str | None) -> None:
    judged = judge(sentence, ["Another text.", PASSAGE])
    assert (judged.verdict if judged is not None else None) == verdict


NOTICE = (
    "It does not matter how. Include ‘‘Docket No. \nFAA–2020–0686; Product Identifier \n2019–NM–035–AD’’ at the "
    "beginning of \nyour comments. Never wait for 3.5 answers of ours. It is not so that all airplanes need wiring."
)


@pytest.mark.parametrize(
    ("sentence", "verdict"),
    [
        ("Include “Docket No. FAA–2020–0686; Product Identifier 2019–NM–035–AD” at the beginning of your comments.",
         "supported"),
        ("Include Docket No. FAA–2020–0686 and Product Identifier 2019–NM–035–AD in your comments.", "supported"),
        ("Never wait for 3.5 answers of ours.", "supported"),
        ("5 answers of ours.", "unsupported"),
        ("All airplanes need wiring.", "unsupported"),
    ],
)  # fmt: skip
def test_what_a_passage_says_word_for_word_is_supported(sentence: str, verdict: str) -> None:
    judged = judge(sentence, ["Other text.", NOTICE])
    assert judged is not None
    assert judged.verdict == verdict


def test_the_labelled_sentences_are_told_apart_as_well_as_was_measured() -> None:
    every = labelled()
    assert len(every) >= 300
    told = outcome(every)
    assert (told.right_marks >= 162, told.wrong_marks <= 45, told.missed <= 8, told.exact >= 226) == (
        True,
    ) * 4, told
    easy = outcome(one for one in every if one.kind != "reworded")
    assert (easy.wrong_marks <= 4, easy.exact >= 223) == (True, True), easy


@given(st.text(max_size=80), st.lists(st.text(max_size=120), min_size=1, max_size=3))
@settings(max_examples=200)
def test_any_text_is_judged(sentence: str, texts: list[str]) -> None:
    judged = judge(sentence, texts)
    if judged is not None:
        assert 0 <= judged.score <= 1.0001
        assert judged.passage is None or 0 <= judged.passage < len(texts)


@given(st.sampled_from([one for one in labelled() if one.kind == "verbatim"]))
def test_the_words_of_a_passage_are_supported_wherever_it_stands(one: Any) -> None:
    for texts in ([*one.passages, "Other text."], ["Other text.", *one.passages]):
        judged = judge(one.text, texts)
        assert judged is not None
        assert judged.verdict == "supported"


def test_an_answer_knows_its_claims_and_their_places() -> None:
    first, second = "The mill built by Anna Berg has 12 wheels.", "Cats of the village like to sleep there."
    text = f"Yes. Is it old? The mill turns.\n\n- {first}\n- 12 wheels of the mill by Anna Berg\n- {second}"
    told = answer(text, "Nothing here.", "", PASSAGE)
    support = support_of(told)
    assert support is not None
    assert [text[claim.start : claim.end] for claim in support.claims] == [
        first, second,
    ]  # fmt: skip
    assert (support.count("supported"), support.count("unsupported")) == (1, 1)
    passage = passage_of(told, support.claims[0].judged)
    assert passage is not None
    assert (passage.rank, passage.text) == (3, PASSAGE)


def test_nothing_is_judged_without_passages_or_in_another_language() -> None:
    assert support_of(answer("The mill has 12 wheels.")) is None
    foreign = support_of(answer("Die Mühle hat zwölf Räder, und sie ist alt.", PASSAGE))
    assert foreign is not None
    assert (foreign.claims, foreign.reason) == ((), OTHER_LANGUAGE)
