"""Twenty writers killed at random moments lose nothing. `python -m tests.faults storage` kills a thousand."""

import random
import shutil
import sqlite3
from copy import deepcopy
from pathlib import Path

import pytest

from chatapp.storage.database import DATABASE
from tests.storage.kill_writer import TURNS_IN_CONVERSATION
from tests.storage.killing import Ledger, judge, live_and_die

KILLS = 20


def test_nothing_acknowledged_is_lost_by_killing(profile: Path) -> None:
    ledger, dice = Ledger(), random.Random()
    for _ in range(KILLS):
        live_and_die(profile, ledger, dice)
    assert judge(profile, ledger) == []
    assert ledger.commits > KILLS
    assert ledger.finished


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger]:
    """A profile after some kills, with a purge and a turn left unfinished in it."""
    profile, ledger, dice = tmp_path_factory.mktemp("killed"), Ledger(), random.Random()
    while not (ledger.purged and _broken_off(ledger)):
        live_and_die(profile, ledger, dice)
    assert judge(profile, ledger) == []
    return profile, ledger


@pytest.mark.parametrize("loss", ["a turn", "an answer", "a batch", "a word", "a purge"])
def test_the_judge_sees_a_loss(killed: tuple[Path, Ledger], tmp_path: Path, loss: str) -> None:
    """What the test above relies on: each kind of loss, made by hand, is found."""
    profile, ledger = shutil.copytree(killed[0], tmp_path / "copy"), deepcopy(killed[1])
    number = max(ledger.finished - ledger.cut_short)
    if loss == "a purge":
        ledger.purged.add(number // TURNS_IN_CONVERSATION)
    else:
        _tamper(profile, loss, number, _broken_off(ledger)[-1])
    assert len(judge(profile, ledger)) == 1


def _broken_off(ledger: Ledger) -> list[int]:
    """Turns that were left unfinished on purpose, with something in their journals."""
    left = ledger.batches.keys() - ledger.finished - ledger.cut_short - ledger.maybe_begun
    return sorted(n for n in left if n // TURNS_IN_CONVERSATION not in ledger.purging)


def _tamper(profile: Path, loss: str, finished: int, broken_off: int) -> None:
    connection = sqlite3.connect(profile / DATABASE)
    last_batch = f"SELECT max(number) FROM journal WHERE turn_id = 't{broken_off}'"
    statements = {
        "a turn": f"DELETE FROM turns WHERE id = 't{finished}'",
        "an answer": f"UPDATE turns SET response = replace(response, 'word', 'bird') WHERE id = 't{finished}'",
        "a batch": f"DELETE FROM journal WHERE number = ({last_batch})",
        "a word": f"DELETE FROM words WHERE rowid = (SELECT number FROM turns WHERE id = 't{finished}')",
    }
    with connection:
        connection.execute(statements[loss])
    connection.close()
