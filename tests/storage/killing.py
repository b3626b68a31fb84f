"""Kills a real writer at random moments and looks at what it left. `test_kill` and `tests.faults` use it.

What was acknowledged must be there, whole; of what was not, at most the one step that was under way.
"""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from chatapp.conversation.tree import Turn
from chatapp.storage.conversations import SqliteConversations
from chatapp.storage.database import Database
from tests.storage import kill_writer
from tests.storage.kill_writer import TURNS_IN_CONVERSATION

ROOT = Path(__file__).parents[2]
LONGEST_LIFE_S = 0.25


@dataclass
class Ledger:
    """What the writers of one profile have acknowledged, over all their lives."""

    kills: int = 0
    begun: int = 0
    """Numbers below this are begun and acknowledged."""
    maybe_begun: set[int] = field(default_factory=set)
    batches: dict[int, int] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    cut_short: set[int] = field(default_factory=set)
    """The numbers at which a life ended: of these one step more than acknowledged may be there."""
    purging: set[int] = field(default_factory=set)
    purged: set[int] = field(default_factory=set)
    commits: int = 0

    def read(self, lines: Iterable[str]) -> None:
        for line in lines:
            word, *numbers = line.split()
            self._read(word, [int(number) for number in numbers])
            self.commits += word not in ("ready", "purging")

    def _read(self, word: str, numbers: list[int]) -> None:
        match word:
            case "begun":
                self.begun = numbers[0] + 1
            case "journalled":
                self.batches[numbers[0]] = numbers[1]
            case "finished":
                self.finished.add(numbers[0])
            case "purging":
                self.purging.add(numbers[0])
            case "purged":
                self.purged.add(numbers[0])


def live_and_die(profile: Path, ledger: Ledger, dice: random.Random) -> None:
    """One writer, killed after a random time; what it said is entered into the ledger."""
    first = max([ledger.begun, *(number + 1 for number in ledger.maybe_begun)])
    command = [
        sys.executable,
        "-m",
        "tests.storage.kill_writer",
        str(profile),
        str(first),
        str(dice.random())[2:],
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", "the writer did not start"
        time.sleep(dice.uniform(0, LONGEST_LIFE_S))
        child.kill()
        ledger.read(child.stdout.read().splitlines())
    ledger.kills += 1
    ledger.begun = max(ledger.begun, first)
    ledger.cut_short.add(ledger.begun - 1)
    ledger.maybe_begun.add(ledger.begun)


def judge(profile: Path, ledger: Ledger) -> list[str]:
    """Everything that is wrong with the profile; nothing if nothing was lost."""
    return asyncio.run(_judge(profile, ledger))


async def _judge(profile: Path, ledger: Ledger) -> list[str]:
    await (database := Database(profile)).open()
    try:
        wrong = await database.damage()
        await database.run(
            lambda connection: connection.execute("INSERT INTO words(words) VALUES ('integrity-check')")
        )
        store = SqliteConversations(database)
        for home in range((ledger.begun - 1) // TURNS_IN_CONVERSATION + 1):
            wrong += [f"c{home}: {problem}" for problem in await _judge_conversation(store, ledger, home)]
        return wrong
    finally:
        await database.close()


async def _judge_conversation(store: SqliteConversations, ledger: Ledger, home: int) -> list[str]:
    turns = {turn.id: turn for turn in await store.turns(f"c{home}")}
    if home in ledger.purged:
        return ["is still there"] if turns or await store.conversation(f"c{home}") else []
    if home in ledger.purging:
        return []
    first = home * TURNS_IN_CONVERSATION
    wrong = []
    for number in range(first, min(first + TURNS_IN_CONVERSATION, ledger.begun)):
        found = turns.get(f"t{number}")
        if found is not None:
            wrong += [f"t{number} {problem}" for problem in await _judge_turn(store, ledger, number, found)]
        elif number not in ledger.maybe_begun:
            wrong.append(f"t{number} is lost")
    return wrong


async def _judge_turn(store: SqliteConversations, ledger: Ledger, number: int, found: Turn) -> list[str]:
    last = number in ledger.cut_short or number in ledger.maybe_begun
    events = await store.journalled(found.id)
    if found == kill_writer.finished(number):
        early = number not in ledger.finished and not last
        return ["ended unasked"] if early else ["keeps a journal"] if events else await _search(store, number)
    if number in ledger.finished or found != kill_writer.begun(number):
        return ["is not what was written"]
    least = ledger.batches.get(number, 0)
    allowed = [_events(number, count) for count in (least, least + last)]
    return [] if events in allowed else [f"has {len(events)} events, {least} batches were acknowledged"]


async def _search(store: SqliteConversations, number: int) -> list[str]:
    hits = await store.search(f"word{number}x")
    return [] if [hit.turn_id for hit in hits] == [f"t{number}"] else ["is not found by its words"]


def _events(number: int, batches: int) -> list[dict[str, object]]:
    return [event for at in range(batches) for event in kill_writer.batch(number, at)]
