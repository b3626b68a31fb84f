"""When everything came: packed and back, and what is read from it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.time_line import LOST, SENT, Moment, first_token, longest_gap, pack, runs, unpack

NUMBER = st.integers(0, 2**53)
MOMENTS = st.builds(
    Moment, st.text(max_size=20), NUMBER, st.none() | NUMBER, st.none() | st.integers(0, 99), NUMBER
)
DELTA = "response.output_text.delta"
LINE = (
    Moment(SENT, 3),
    Moment(SENT, 500),
    Moment("response.created", 700, 0, None, 300),
    Moment(DELTA, 900, 1, 0, 5),
    Moment(DELTA, 910, 2, 0, 4),
    Moment(DELTA, 915, 3, 1, 4),
    Moment("ping", 2000),
    Moment("ping", 2001),
    Moment(DELTA, 2002, 4, 1, 1),
    Moment(LOST, 2100),
)


@settings(max_examples=200)
@given(st.lists(MOMENTS, max_size=30))
def test_a_line_comes_back_as_it_was_packed(line: list[Moment]) -> None:
    assert unpack(pack(line)) == tuple(line)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_anything_else_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="time line"):
        unpack(packed)


def test_a_line_cut_short_is_refused() -> None:
    with pytest.raises(ValueError, match="whole"):
        unpack(pack(LINE)[:-8])


def test_twenty_thousand_deltas_cost_little() -> None:
    chance = random.Random(1)
    at = 0
    line = [
        Moment(DELTA, at := at + chance.randrange(40), number, 0, chance.randrange(1, 9))
        for number in range(20_000)
    ]
    assert len(pack(line)) < 60_000


def test_deltas_that_follow_one_another_are_one_run() -> None:
    found = [
        (run.type, run.item, run.count, run.begins, run.ends, run.first, run.last, run.size)
        for run in runs(LINE)
    ]
    assert found[3:5] == [(DELTA, 0, 2, 900, 910, 1, 2, 9), (DELTA, 1, 1, 915, 915, 3, 3, 4)]
    assert [run[0] for run in found[5:]] == ["ping", "ping", DELTA, LOST]


def test_the_first_token_counts_from_the_last_sending() -> None:
    assert first_token(LINE) == 400
    assert first_token(LINE[:3]) is None


def test_the_longest_gap_is_looked_for_after_the_first_token() -> None:
    assert longest_gap(LINE) == (915, 2000)
    assert longest_gap(LINE[:4]) is None
