"""What the databases in this folder hold, and how the newest was made: `python -m tests.storage.shapes.make`.

Run it once for a new shape, before its release; a database that is there already is not made again.
"""

import asyncio
import gzip
import tempfile
from dataclasses import replace
from pathlib import Path

from chatapp.conversation.costs import Cost
from chatapp.conversation.time_line import Moment
from chatapp.conversation.tree import Attachment, Deletion
from chatapp.protocol.json_types import JsonObject
from chatapp.storage import migrations
from chatapp.storage.conversations import SqliteConversations
from chatapp.storage.database import DATABASE, Database
from chatapp.storage.deletions import SqliteDeletions
from chatapp.storage.settings import SqliteSettings
from tests.storage import samples

HEAD = samples.head(
    "c1",
    "Grüßworte grussworte",
    pinned=True,
    draft="not yet…",
    parameters={"temperature": 0.5},
    current_turn_id="t3",
)
ANSWERED = samples.completed(
    samples.question("t1", attachments=(Attachment("a.pdf", 7, "ab" * 32, "file_1"),), note="replayed"),
    "There are 73 airplanes.",
)
BROKEN = samples.cut(samples.question("t2", "And then?", parent_id="t1"), "Half an ans")
RUNNING = replace(samples.question("t3", "What now?", parent_id="t1"), note=None)
EVENTS: list[JsonObject] = [
    {"type": "response.created", "sequence_number": 0},
    {"type": "x", "delta": "é 日"},
]

DELETED = samples.completed(samples.question("t4", "Which airplanes?", parent_id="t1"), "The red airplanes.")
BELOW = samples.completed(samples.question("t5", "Why?", parent_id="t4"), "They fly.")
DELETION = Deletion("d1", "c1", "t4", 7.0, "t5", DELETED.text, 2)
"""A branch that was deleted, in databases of shape 7 and later; the conversation has a favourite there."""

COST = Cost(0.0123, dated="2026-11-25", standard=True, without=("web_search",))
"""What ANSWERED cost, in databases of shape 8 and later."""

LINE = (Moment("(sent)", 2), Moment("response.created", 90, 0, None, 300), Moment("x", 95, None, 1, 4))
"""When everything came, in databases of shape 6 and later."""


def shape(number: int) -> Path:
    return Path(__file__).with_name(f"{number}.sqlite3.gz")


async def _fill(folder: Path) -> None:
    await (database := Database(folder)).open()
    store = SqliteConversations(database)
    for turn in (ANSWERED, BROKEN):
        await store.begin_turn(HEAD, replace(turn, answer=samples.question().answer))
        await store.finish_turn(replace(turn, cost=COST if turn is ANSWERED else None), LINE)
    for turn in (DELETED, BELOW):
        await store.begin_turn(HEAD, replace(turn, answer=samples.question().answer))
        await store.finish_turn(turn, LINE)
    await SqliteDeletions(database).delete(replace(HEAD, favourites=("t2",)), DELETION)
    head = (await store.conversations())[0]
    await store.begin_turn(head, RUNNING)
    await store.journal(RUNNING.id, EVENTS[:1], LINE[:2])
    await store.journal(RUNNING.id, EVENTS[1:], LINE[2:])
    await SqliteSettings(database).set("theme", {"dark": True})
    await database.close()


def main() -> None:
    target = shape(migrations.NEWEST)
    if target.exists():
        raise SystemExit(f"{target.name} is there already")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fill(Path(folder)))
        target.write_bytes(gzip.compress((Path(folder) / DATABASE).read_bytes(), mtime=0))


if __name__ == "__main__":
    main()
