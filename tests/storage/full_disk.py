"""A profile on a disk that is really full. `test_full_disk` runs it in a mount namespace of its own.

`python -m tests.storage.full_disk FOLDER`: mounts a small disk on FOLDER, fills it, and prints one JSON object of what
was seen.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from chatapp.conversation.tree import Turn
from chatapp.services.ports import StorageFailure
from chatapp.storage.conversations import SqliteConversations
from chatapp.storage.database import BALLAST
from chatapp.storage.profile import Disk, open_disk
from tests.storage import samples

DISK_BYTES = 64 << 20
TALKS = 6
TURNS = 40
TEXT = "some words of an answer " * 400


async def refused(attempt: Callable[[], Awaitable[object]]) -> str | None:
    """The kind of failure, None where there was none."""
    try:
        await attempt()
    except StorageFailure as problem:
        return problem.failure.kind
    return None


def turn(number: int) -> Turn:
    return samples.question(f"t{number}", conversation_id=f"c{number % TALKS}")


async def write_turn(disk: Disk, number: int) -> None:
    begun = turn(number)
    await disk.conversations.begin_turn(samples.head(begun.conversation_id), begun)
    await disk.conversations.finish_turn(samples.completed(begun, TEXT, f"resp_{number}"))


def fill(folder: Path) -> None:
    """Leaves no byte free."""
    with (folder / "filler").open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue


async def observe(folder: Path) -> dict[str, object]:
    seen: dict[str, object] = {}
    profile = folder / "profile"
    async with open_disk(profile, window=True) as disk:
        store = disk.conversations
        for number in range(TALKS * TURNS):
            await write_turn(disk, number)
        running = samples.question("running", conversation_id="c1")
        await store.begin_turn(samples.head("c1"), running)
        fill(folder)
        journalled = 0
        while (kind := await refused(lambda: store.journal("running", [{"text": TEXT}]))) is None:
            journalled += 1
        seen["journal"] = kind
        seen["journalled_as_acknowledged"] = len(await store.journalled("running")) == journalled
        seen["begin"] = await refused(lambda: write_turn(disk, 9_999))
        seen["original"] = await refused(
            lambda: disk.originals.keep(Path(__file__), "x", lambda copied: None)
        )
        seen["ballast_kept"] = (profile / BALLAST).exists()
        ended = samples.cut(running, TEXT)
        seen["finish"] = await refused(lambda: store.finish_turn(ended))
        seen["finished_turn_is_there"] = await store.turn("running") == ended
        fill(folder)
        seen["soft_delete"] = await refused(
            lambda: store.put_conversation(samples.head("c0", deleted_at=9.0))
        )
        fill(folder)
        seen["purge"] = await refused(lambda: store.purge("c0"))
        seen["purged"] = await store.turns("c0") == []
        seen["free_after_purge"] = shutil.disk_usage(folder).free
        await write_turn(disk, TALKS * TURNS + 1)
        seen["writes_again"] = True
        (folder / "filler").unlink()
        await write_turn(disk, TALKS * TURNS + 7)
        seen["ballast_restored"] = (profile / BALLAST).exists()
    seen.update(await _reopen(folder))
    return seen


async def _reopen(folder: Path) -> dict[str, object]:
    fill(folder)
    async with open_disk(folder / "profile", window=True) as disk:
        store = disk.conversations
        assert isinstance(store, SqliteConversations)
        expected = [
            samples.completed(turn(number), TEXT, f"resp_{number}")
            for number in range(TALKS * TURNS)
            if number % TALKS == 2
        ]
        return {
            "opens_on_a_full_disk": True,
            "all_acknowledged_is_there": await store.turns("c2") == expected,
            "damage": await store._database.damage(),
        }


def main(folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)], check=True)
    print(json.dumps(asyncio.run(observe(folder))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
