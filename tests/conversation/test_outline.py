"""The tree in short: every turn once, no two lines in one place, an order that can be relied on."""

from math import log2

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.outline import outline

Links = list[tuple[str, str | None]]


def linked(steps: list[int]) -> Links:
    """Each turn follows the one so many before it; what lies before all is a first one, or follows what is gone."""
    places = [at - step for at, step in enumerate(steps)]
    return [
        (str(at), str(place) if place >= 0 else (None, "gone")[at % 2]) for at, place in enumerate(places)
    ]


TREES = st.lists(st.sampled_from((1, 1, 1, 1, 2, 3, 5, 9, 40)), max_size=50).map(linked)


@settings(max_examples=150)
@given(TREES)
def test_every_turn_has_one_place_and_stretches_end_where_ways_part(links: Links) -> None:
    made = outline(links)
    turns = [turn for row in made.rows for turn in row.turns]
    assert sorted(turns) == sorted(turn for turn, _ in links)
    parents = dict(links)
    for at, row in enumerate(made.rows):
        assert len(row.branches) != 1
        assert row.turns or at == 0
        for before, turn in zip(row.turns, row.turns[1:], strict=False):
            assert parents[turn] == before
        for branch in row.branches:
            above = parents[made.rows[branch].turns[0]]
            assert (above if above in parents else "") == (row.last or "")


@settings(max_examples=150)
@given(TREES)
def test_rows_and_lanes_never_meet(links: Links) -> None:
    made = outline(links)
    for at, row in enumerate(made.rows):
        below = range(at + 1, row.end)
        assert all(made.rows[under].lane >= row.lane for under in below)
        if row.branches:
            straight = max(row.branches)
            assert made.is_straight(straight)
            assert all(made.rows[under].lane > row.lane for under in range(at + 1, straight))
            assert {made.rows[other].lane for other in row.branches if other != straight} <= {row.lane + 1}
            assert made.rows[straight].end == row.end
        assert row.below == sum(len(made.rows[under].turns) for under in below)
    most = max((row.lane for row in made.rows), default=0)
    assert most <= log2(max(1, len(links)))


@settings(max_examples=150)
@given(TREES)
def test_branches_keep_their_order_and_the_heaviest_goes_on_last(links: Links) -> None:
    made = outline(links)
    order = {turn: at for at, (turn, _) in enumerate(links)}
    for row in made.rows:
        firsts = [order[made.rows[branch].turns[0]] for branch in row.branches]
        assert firsts == sorted(firsts)
        straight = max(row.branches, default=-1)
        others = [branch for branch in row.branches if branch != straight]
        assert others == sorted(others)
        weights = {branch: len(made.rows[branch].turns) + made.rows[branch].below for branch in row.branches}
        assert all(weights[branch] <= weights[straight] for branch in others)


@settings(max_examples=100)
@given(TREES, st.sets(st.integers(0, 49).map(str), max_size=8))
def test_a_fold_hides_what_is_below_and_nothing_else(links: Links, folded: set[str]) -> None:
    made = outline(links)
    shown = made.shown(folded)
    for at in range(len(made.rows)):
        hidden = any(made.rows[above].last in folded for above in made.way(at)[:-1])
        assert (at in shown) is not hidden


def test_a_way_leads_from_the_first_row_to_a_turn() -> None:
    made = outline([("a", None), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "d")])
    assert [row.turns for row in made.rows] == [("a", "b"), ("c",), ("d", "e")]
    assert made.way(made.row_of("d")) == (0, 2)
    assert made.siblings(2) == (1, 2)
    assert made.row_of("nowhere") == -1
    assert made.side_forks(()) == {"b"}


def test_a_conversation_with_several_beginnings_has_a_row_above_them() -> None:
    made = outline([("a", None), ("b", None)])
    assert [row.turns for row in made.rows] == [(), ("a",), ("b",)]
    assert outline([]).shown(()) == ()


def test_a_long_chain_is_one_row_and_deep_forks_stay_in_few_lanes() -> None:
    assert len(outline([(str(at), str(at - 1) if at else None) for at in range(5000)])) == 1
    links: Links = [("0", None)]
    for at in range(300):
        links += [(f"side{at}", str(at)), (str(at + 1), str(at))]
    made = outline(links)
    assert len(made) == 601
    assert {row.lane for row in made.rows} == {0, 1}
