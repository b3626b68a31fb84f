"""Siblings, paths and leaves; and titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.titles import LIMIT, title_for
from chatapp.conversation.tree import Tree, Turn, leaf_below


def turn(turn_id: str, parent: str | None) -> Turn:
    return Turn(turn_id, "c", parent, 0.0, "engine", turn_id, (), {})


FORKED = Tree([turn("a", None), turn("b", "a"), turn("c", "b"), turn("b2", "a"), turn("a2", None)])


def ids(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.id for turn in turns]


def test_siblings_share_a_parent_in_the_order_they_were_made() -> None:
    assert ids(FORKED.siblings("b2")) == ["b", "b2"]
    assert ids(FORKED.siblings("a")) == ["a", "a2"]


def test_a_path_runs_from_the_first_turn() -> None:
    assert ids(FORKED.path("c")) == ["a", "b", "c"]
    assert FORKED.path("unknown") == FORKED.path(None) == ()


def test_the_leaf_below_is_the_newest_branch() -> None:
    assert FORKED.leaf_below("a") == "b2"
    assert FORKED.leaf_below("b") == "c"


def test_putting_a_turn_again_replaces_it() -> None:
    tree = Tree([turn("a", None), turn("a", None)])
    assert len(tree) == 1
    assert ids(tree.children(None)) == ["a"]


def test_below_are_all_that_follow_parents_first() -> None:
    assert ids(FORKED.below("a")) == ["a", "b", "b2", "c"]
    assert ids(FORKED.below("c")) == ["c"]


@pytest.mark.parametrize(("gone", "leaf"), [("c", "b"), ("b", "b2"), ("b2", "c"), ("a", "a2"), ("a2", "b2")])
def test_beside_what_goes_is_the_nearest_leaf(gone: str, leaf: str) -> None:
    assert FORKED.leaf_beside(gone) == leaf


def test_beside_an_only_turn_is_nothing() -> None:
    assert Tree([turn("a", None), turn("b", "a")]).leaf_beside("a") is None


@given(st.lists(st.integers(min_value=0, max_value=20), max_size=30))
def test_every_turn_lies_on_the_path_to_its_leaf(parents: list[int]) -> None:
    turns = [turn("0", None)]
    for number, parent in enumerate(parents, 1):
        turns.append(turn(str(number), str(parent % number)))
    tree, links = Tree(turns), [(one.id, one.parent_id) for one in turns]
    for one in turns:
        leaf = tree.leaf_below(one.id)
        assert one in tree.path(leaf)
        assert tree.children(leaf) == ()
        assert leaf_below(links, one.id) == leaf
    assert leaf_below(links, "unknown") is None
    assert tree.ends == sum(not tree.children(one.id) for one in turns)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("  two\n words ", "two words"),
        ("How many airplanes? I need it today.", "How many airplanes?"),
        ("Explain this. Then more.", "Explain this"),
        ("v1. 2 is out", "v1. 2 is out"),
        ("word " * 30, "word " * 8 + "word…"),
        ("x" * 100, "x" * (LIMIT - 1) + "…"),
        ("Hi! What is this thing? Tell me.", "Hi! What is this thing?"),
        (
            "How many airplanes of U.S. registry are there? And why",
            "How many airplanes of U.S. registry are there?",
        ),
        ("これは本当に何ですか？もう一つ。", "これは本当に何ですか？"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert title_for(text) == title


@given(st.text())
def test_a_title_is_one_short_line(text: str) -> None:
    title = title_for(text)
    assert len(title) <= LIMIT
    assert "\n" not in title
