"""The short form of tests/faults/llmock.py: refusals with a pause, and streams that end, break off, stall or garble."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.conversation.answer import Status
from tests.faults import llmock
from tests.servers.fleet import Fleet, NotThere

QUESTIONS = 50


@pytest.fixture
def own_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Apart from the servers of the other tests: this one is made to misbehave."""
    fleet = Fleet(tmp_path)
    yield fleet
    fleet.stop()


@pytest.mark.usefixtures("fleet")  # so that the slow servers start meanwhile
def test_llmock_finds_nothing_to_blame(own_fleet: Fleet) -> None:
    try:
        campaign = llmock.run(own_fleet, QUESTIONS)
    except NotThere as problem:
        pytest.skip(str(problem))
    assert list(campaign.problems()) == []
    assert len(campaign.turns) == QUESTIONS
    assert campaign.verdict["faults_injected"] > 0
    answered = [attempts[-1].answer.status is Status.COMPLETED for attempts in campaign.turns]
    assert sum(answered) > QUESTIONS * 0.9, "patience ends seldom"
