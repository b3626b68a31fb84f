"""Conversations with many branches, as turns: for looking at the tree, measuring it and testing it."""

import random
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.storage import conversations

HEAD: Final = "forest"
ASKED: Final = (
    "What would the wiring change cost for the whole fleet?",
    "And for the newer airplanes only?",
    "Which of these costs are under warranty?",
    "Put that into a table, please, with a column for the hours and one for the parts of each action.",
    "How sure are you?",
)
SAID: Final = "The change affects **73 airplanes** of U.S. registry and takes up to 79 work-hours for each. "
ENDS: Final = (Status.FAILED, Status.STOPPED, Status.INCOMPLETE, Status.CUT)


def turn(
    key: str,
    parent: str | None,
    at: int = 0,
    text: str = "",
    status: Status = Status.COMPLETED,
    said: str = "",
    **asked: Any,
) -> Turn:
    """One that was asked `at` seconds after the first; its answer has some 1,500 characters."""
    words = said or SAID * 15
    raw: JsonObject = {
        "type": "message",
        "id": f"m-{key}",
        "content": [{"type": "output_text", "text": words}],
    }
    message = OutputItem("message", raw["id"], (Part("output_text", words),), stage="completed", raw=raw)
    request = {"model": "gpt-5.6", "input": [], **asked}
    usage = {"input_tokens": 90, "output_tokens": 60}
    response = {"id": f"resp_{key}", "model": "gpt-5.6", "output": [raw], "usage": usage}
    answer = Answer(status, f"resp_{key}", "gpt-5.6", (message,), usage, response=response)
    began = 1_790_000_000.0 + at
    return Turn(
        key,
        HEAD,
        parent,
        began,
        "engine",
        text or ASKED[at % len(ASKED)],
        (),
        request,
        answer,
        finished_at=began + 4,
    )


def forest(turns: int, forks: int, seed: int = 3) -> list[Turn]:
    """So many turns with so many places where ways part: most go on from where the last one was, some regenerate, some
    ask otherwise, some vary the temperature. A few answers did not end well."""
    chance = random.Random(seed)
    made = [turn("t0", None)]
    apart: set[str] = set()
    has_child: set[str] = set()
    for at in range(1, turns):
        left = turns - at
        before = made[-1].id
        if len(apart) < forks and chance.random() < 1.15 * (forks - len(apart)) / left:
            free = [one.id for one in made[-200:] if one.id in has_child and one.id not in apart]
            before = chance.choice(free) if free else before
            apart |= {before} if free else set()
        has_child.add(before)
        status = chance.choice(ENDS) if chance.random() < 0.03 else Status.COMPLETED
        more: dict[str, Any] = {"temperature": round(chance.random(), 1)} if chance.random() < 0.4 else {}
        made.append(turn(f"t{at}", before, at, status=status, **more))
    return made


def fan(values: int, samples: int) -> list[Turn]:
    """A sweep: one question under so many temperatures, some samples of each."""
    made = [turn("t0", None)]
    for at in range(values * samples):
        heat: dict[str, Any] = {"temperature": round(at // samples * 1.4 / max(1, values - 1), 2)}
        made.append(turn(f"s{at}", "t0", 1, **heat))
    return made


def chain(turns: int) -> list[Turn]:
    return [turn(f"t{at}", f"t{at - 1}" if at else None, at) for at in range(turns)]


def put(made: Sequence[Turn], leaf: str, connection: sqlite3.Connection) -> None:
    """Writes them into a profile's database, as one conversation."""
    head = Conversation(HEAD, "A conversation with many branches", 1.0, 2.0, current_turn_id=leaf)
    for each in made:
        begun = replace(each, answer=Answer(), finished_at=None)
        conversations._begin(connection, head, begun, None)
        conversations._finish(connection, each, None)
