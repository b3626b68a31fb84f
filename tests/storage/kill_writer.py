"""The process that is killed: writes turns for ever and says what was acknowledged. `killing` starts and judges it.

`python -m tests.storage.kill_writer PROFILE FIRST SEED`. Every value follows from its number, so that the judge knows
what to expect. A line on stdout is written after the store has returned, never before.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.storage.profile import open_disk
from tests.storage import samples

TURNS_IN_CONVERSATION = 8
PURGE_BEHIND = 3
MOST_BATCHES = 6


def conversation(number: int) -> Conversation:
    return samples.head(f"c{number}", f"Conversation {number}")


def begun(number: int) -> Turn:
    home = number // TURNS_IN_CONVERSATION
    return samples.question(
        f"t{number}", f"question {number} " + "q" * (number * 37 % 3000), conversation_id=f"c{home}"
    )


def finished(number: int) -> Turn:
    said = f"word{number}x " + "answer " * (number * 53 % 900)
    return samples.completed(begun(number), said, f"resp_{number}")


def batch(number: int, at: int) -> list[JsonObject]:
    """The events of one journal write: some small, some near the size at which a batch is cut."""
    size = (number * 31 + at * 17) % 5
    return [{"sequence_number": at, "n": number, "delta": "d" * (size * 4000)} for _ in range(size + 1)]


def leaves_unfinished(number: int) -> bool:
    return number % 11 == 7


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def write(profile: Path, first: int, dice: random.Random) -> None:
    async with open_disk(profile, window=True) as disk:
        store, number = disk.conversations, first
        say("ready")
        while True:
            turn = begun(number)
            await store.begin_turn(conversation(number // TURNS_IN_CONVERSATION), turn)
            say("begun", number)
            for at in range(dice.randint(0, MOST_BATCHES)):
                await store.journal(turn.id, batch(number, at))
                say("journalled", number, at + 1)
            if not leaves_unfinished(number):
                await store.finish_turn(finished(number))
                say("finished", number)
            number += 1
            old = number // TURNS_IN_CONVERSATION - PURGE_BEHIND
            if number % TURNS_IN_CONVERSATION == 0 and old >= 0 and old % 2:
                say("purging", old)
                await store.purge(f"c{old}")
                say("purged", old)


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))))
