"""Lines that stand for themselves, and what a question expects of its answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.engine.generation.expected import expected_by
from chatapp.engine.generation.lines import apart
from chatapp.engine.retrieval.sentences import sentences

PROSE = (
    "The harbour master may close the basin at any time when the\n"
    "water stands higher than the mark on the northern wall and a\n"
    "ship that lies there must leave it within an hour of the call.\n"
)
COLUMN = (
    "Die Kolonien brauchen im Winter\nwenigstens achtzehn Kilogramm\nHonig oder so viel wie sie im\n"
    "Herbst noch trocknen können.\n"
)
TABLE = "Route Sailings Vehicles\nKelda Sound 4,812 211,087\nOuter Skerries 1,096 15,340\nNight freight — 38,716\n"
ENTRIES = "Directory Description\nMisc Miscellaneous data\nColor Management of colours\n"


def pieces(text: str) -> list[str]:
    return [text[begin:end] for begin, end in apart(text, sentences(text))]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (PROSE, [PROSE.rstrip()]),
        (COLUMN, [COLUMN.rstrip()]),
        (PROSE + TABLE, [PROSE.rstrip(), *TABLE.splitlines()]),
        (PROSE + ENTRIES, [PROSE.rstrip(), *ENTRIES.splitlines()]),
        (
            "Short. And then it\nruns on to another line.\n",
            ["Short.", "And then it\nruns on to another line."],
        ),
    ],
)
def test_lines_are_told_apart_where_they_end_early(text: str, lines: list[str]) -> None:
    assert pieces(text) == lines


@given(st.text(st.sampled_from("aB1 .,-–:\n"), max_size=120))
def test_nothing_is_lost_or_told_twice(text: str) -> None:
    spans = sentences(text)
    parts = apart(text, spans)
    assert all(begin < end for begin, end in parts)
    assert "".join("".join(text[slice(*one)].split()) for one in parts) == "".join(
        "".join(text[slice(*one)].split()) for one in spans
    )


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("How many hives are there?", "There are nine of them.", "There are some."),
        ("When does it close?", "It closes on 3 May.", "It closes."),
        ("Who measured it?", "It was Ilka Ferenc.", "It was measured."),
        ("What does it cost?", "It is €37.5 a day.", "It is 37 miles away."),
        ("What is the highest voltage?", "Supply 3.6 V", "HX40 meter"),
    ],
)
def test_an_answer_is_known_by_how_it_is_written(question: str, answer: str, other: str) -> None:
    assert any(written.search(answer) for written in expected_by(question))
    assert not any(written.search(other) for written in expected_by(question))
