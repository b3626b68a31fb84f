"""Figures of a sweep, reckoned again and again while its answers come."""

from collections import Counter

from chatapp.services.sweep_figures import Kept


def test_what_each_round_asks_for_is_made_once_and_forgotten_after_a_round_without_it() -> None:
    made = Counter[str]()

    def make(word: str) -> int:
        made[word] += 1
        return len(word)

    kept = Kept(make)
    for round_ in (("one", "three"), ("three", "three"), ("one",)):
        assert [kept.of(word) for word in round_] == [len(word) for word in round_]
        kept.turn_over()
    assert made == {"one": 2, "three": 1}
