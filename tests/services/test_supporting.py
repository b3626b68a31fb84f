"""Support by meaning, with the built-in engine and its real model: what it finds that words do not, and what never."""

import sys
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.support import Support, support_of
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from tests.conversation.test_support import answer
from tests.kit.models import BESIDE, folders_of
from tests.kit.support_sentences import labelled

NEEDS = pytest.mark.skipif(not folders_of("onnxruntime"), reason="the extra `semantic` is not installed")


def turns() -> list[tuple[Turn, Support]]:
    """Every labelled sentence as an answer of its own."""
    answers = [answer(one.text, *one.passages) for one in labelled()]
    every = (Turn(str(at), "c", None, 0, "engine", "", (), {}, one) for at, one in enumerate(answers))
    return [
        (turn, support)
        for turn in every
        if (support := support_of(turn.answer)) is not None and support.claims
    ]


@NEEDS
async def test_paraphrases_are_found_and_near_misses_are_not(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(BESIDE))
    monkeypatch.setattr(sys, "path", [*sys.path, str(BESIDE)])
    labels = {one.text: one.label for one in labelled()}
    raised: list[tuple[str, str]] = []
    async with open_profile(profile, Feed()) as app:
        for turn, support in turns():
            found = await app.supporting.by_meaning(turn, support)
            before, after = support.claims[0].judged, found.claims[0].judged
            if after.verdict != before.verdict:
                raised.append((labels[found.claims[0].text], after.verdict))
    assert raised.count(("unsupported", "supported")) == 0
    assert raised.count(("weak", "supported")) == 0
    assert raised.count(("supported", "supported")) >= 3
    assert raised.count(("supported", "weak")) >= 7


async def test_without_the_extra_nothing_is_started_and_words_stay(profile: Path) -> None:
    if folders_of("onnxruntime") and any(str(BESIDE) == one for one in sys.path):
        pytest.skip("the extra is in this environment")
    async with open_profile(profile, Feed()) as app:
        turn, support = turns()[0]
        assert await app.supporting.by_meaning(turn, support) is support
    assert not (profile / "engine" / "engine.sqlite3").exists()
