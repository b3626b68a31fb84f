"""What is said of an answer while it is being written."""

import random

import pytest

from chatapp.desktop.transcript.speech import Speech, plain

SAID = [
    ("One thing. Another one.", "One thing. Another one."),
    ("**Bold** and `code` with [a link](https://example.org/long/path).", "Bold and code with a link."),
    ("# Title\n\nText.", "Title Text."),
    ("So:\n```python\nprint(1)\nx = 2. \n```\nDone.", "So: Code block in python. Done."),
    ("~~~\n```\nstill code\n~~~\nAfter.", "Code block. After."),
    ("````md\n```\ninner\n```\n````\nAfter.", "Code block in md. After."),
    ("```\nnever closed. At all", "Code block."),
    ("$$\n\\frac{a}{b}\n$$\nAfter.", "Formula. After."),
    ("\\[ x = 1 \\]\nAfter.", "Formula. After."),
    ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b | | 1 | 2 |"),
    ("これは文です。次の文。", "これは文です。 次の文。"),
    ("", ""),
]


def spoken(text: str, sizes: random.Random | None) -> list[str]:
    speech, at, said = Speech(), 0, []
    while at < len(text):
        step = sizes.randrange(1, 6) if sizes else 1
        said.append(speech.feed(text[at : at + step]))
        at += step
    return [words for words in [*said, speech.rest()] if words]


@pytest.mark.parametrize(("text", "wanted"), SAID)
def test_the_same_whatever_the_pieces(text: str, wanted: str) -> None:
    for seed in (None, 1, 2, 3):
        said = spoken(text, random.Random(seed) if seed else None)
        assert " ".join(" ".join(said).split()) == wanted


def test_by_the_sentence_as_it_comes() -> None:
    speech = Speech()
    assert [speech.feed(piece) for piece in ("The first", " one. And", " then", "!\n", "End")] == [
        "", "The first one.", "", "And then!", "",
    ]  # fmt: skip
    assert speech.rest() == "End"


def test_marks_of_a_whole_message() -> None:
    assert plain("> **Note** ![a cat](https://x/y.png)") == "Note a cat"
