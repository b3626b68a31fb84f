"""Everything that was recorded, played to the use cases byte for byte, cut anywhere: the same outcome each time.

Each recording is a server of its own, with the status and the headers it had. What was recorded of other endpoints is
played as the answer to a question too: a server may answer anything.
"""

import asyncio
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.tree import Turn
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer, Reply, error_reply
from tests.kit.recordings import Recording, openai_recordings, server_recordings

__all__ = ["gated_server"]

AT_ONCE = 8
OF_ITS_CONNECTION = ("connection", "content-length", "transfer-encoding", "keep-alive")
FINAL = ("response.completed", "response.incomplete", "response.failed")
LEAKED = re.compile(r" ?<\|[\w-]+\|>")
"""Markers of ogx, which are no part of the text."""


def groups() -> dict[str, list[Recording]]:
    """By the file of OpenAI's or by the server, so that a failure names little."""
    found: dict[str, list[Recording]] = {}
    for recording in openai_recordings():
        found.setdefault(f"openai {recording.name[:1].lower()}", []).append(recording)
    for recording in server_recordings():
        found.setdefault(recording.name.partition("-")[0], []).append(recording)
    return found


GROUPS = groups()


@pytest.mark.skipif(not GROUPS, reason="needs the recordings beside the repository")
@pytest.mark.parametrize("group", GROUPS)
async def test_recordings_end_as_they_ended(profile: Path, gated_server: GatedServer, group: str) -> None:
    turns = asyncio.Semaphore(AT_ONCE)
    async with open_profile(profile, Feed()) as app:

        async def play(number: int, recording: Recording) -> str:
            async with turns:
                turn = await answered(app, gated_server, f"/{number}", recording)
            problems = list(wrong(recording, turn))
            (kept,) = (await app.conversations.open(turn.conversation_id))[1]
            return "; ".join([*problems, *([] if kept == turn else ["it is kept otherwise"])])

        outcomes = await asyncio.gather(*(play(*numbered) for numbered in enumerate(GROUPS[group])))
    names = [recording.name for recording in GROUPS[group]]
    assert {name: outcome for name, outcome in zip(names, outcomes, strict=True) if outcome} == {}


async def answered(app: Application, server: GatedServer, prefix: str, recording: Recording) -> Turn:
    headers = {name: text for name, text in recording.headers.items() if name not in OF_ITS_CONNECTION}
    steps = pieces(random.Random(recording.name), recording.body)
    server.always("POST", f"{prefix}/responses", Reply(recording.status, headers, steps, "chunked"))
    server.always("GET", f"{prefix}/responses/*", error_reply(404, "Responses are not kept here."))
    await app.preferences.put_connection(
        Connection(prefix[1:], recording.name, server.origin + prefix, default_model="recorded")
    )
    conversation = await app.conversations.create(prefix[1:], {})
    return await app.turns.wait(await app.turns.send(conversation.id, "What was it?"))


def pieces(dice: random.Random, body: bytes) -> list[bytes]:
    """The body as a network may cut it: from single bytes to all at once."""
    longest = dice.choice([1, 20, 300, 5000]) if len(body) < 4000 else dice.choice([300, 5000, 100_000])
    cut, found = 0, []
    while cut < len(body):
        length = dice.randint(1, longest)
        found.append(body[cut : cut + length])
        cut += length
    return found


def wrong(recording: Recording, turn: Turn) -> Iterable[str]:
    """What is not as it must be, whatever was recorded."""
    answer = turn.answer
    if not answer.status.ended:
        yield "it has not ended"
    if answer.status is not Status.COMPLETED and answer.status is not Status.STOPPED:
        yield from _badly_told(turn)
    if recording.status >= 300 and answer.status is not Status.ERROR:
        yield f"status {recording.status} ended as {answer.status}"
    payloads = _payloads(recording)
    final = next((entry for entry in payloads if entry.get("type") in FINAL), None)
    if final is not None and answer.status != final["type"].rpartition(".")[2]:
        yield f"{final['type']} ended as {answer.status}"
    if final is None and recording.is_stream and answer.status is Status.COMPLETED:
        yield "it has no end, and counts as completed"
    if answer.text != (expected := _text(payloads, final)):
        yield f"the text is {answer.text!r} and not {expected!r}"


def _badly_told(turn: Turn) -> Iterable[str]:
    failure = turn.answer.failure
    if failure is None:
        yield f"{turn.answer.status} without a word"
        return
    if not failure.title or re.search(r"[{}<>\[\]_]", failure.title + failure.text):
        yield f"not in plain words: {failure.title!r} {failure.text!r}"
    if not failure.remedies:
        yield f"nothing can be done about {failure.title!r}"


def _payloads(recording: Recording) -> Sequence[dict[str, Any]]:
    """The events up to the first line that is no JSON; a response in one piece counts as its last event."""
    if not recording.is_stream:
        body = json.loads(recording.body or b"null")
        if isinstance(body, dict) and body.get("object") == "response" and "status" in body:
            return [{"type": f"response.{body['status']}", "response": body}]
        return []
    found = []
    for line in recording.body.decode().split("\n"):
        text = line.removeprefix("data:").strip() if line.startswith("data:") else ""
        if text and text != "[DONE]":
            try:
                found.append(json.loads(text))
            except ValueError:
                break
    return found


def _text(payloads: Sequence[dict[str, Any]], final: dict[str, Any] | None) -> str:
    """What the last response says, else what was streamed."""
    if final is not None and final["response"].get("output"):
        messages = [item for item in final["response"]["output"] if item["type"] == "message"]
        parts = [part for message in messages for part in message["content"]]
        text = "".join(part["text"] for part in parts if part["type"] == "output_text")
    else:
        deltas = [entry for entry in payloads if entry.get("type") == "response.output_text.delta"]
        text = "".join(delta["delta"] for delta in deltas)
    return LEAKED.sub("", text)
