"""Secrets of tools: sent, and nowhere else: not in the parameters, the request, the export, or a program."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.experiments import Axis
from chatapp.conversation.tool_secrets import SCHEME
from chatapp.services.tool_secrets import NOT_KEPT
from tests.kit.events import response_object, sse_bytes, text_stream
from tests.kit.gated_server import error_reply, json_reply, stream_reply
from tests.services.conftest import House, answer, posted

SECRET, TOKEN, PASSWORD = "mcp-very-secret-0123456789", "token-0123456789", "me:pass-0123456789"
TOOL: dict[str, Any] = {
    "type": "mcp",
    "server_label": "files",
    "server_url": f"https://{PASSWORD}@example.org/mcp?version=2&exampleApiKey={TOKEN}",
    "authorization": SECRET,
    "headers": {"X-Api-Token": TOKEN, "X-Auth": TOKEN, "X-Title": "mine"},
}
SECRETS = (SECRET, TOKEN, PASSWORD)


def on_disk(profile: Path) -> bytes:
    """All that is written in a profile: the database, what it has not merged yet, the log."""
    return b"".join(file.read_bytes() for file in profile.rglob("*") if file.is_file())


async def asked(house: House) -> tuple[str, str]:
    conversation = await house.app.conversations.create("gated")
    await house.app.conversations.set_parameter(conversation.id, "tools", [TOOL])
    # A server that echoes the secrets it was given.
    echoing = stream_reply(sse_bytes(text_stream("Yes.", tools=[TOOL])))
    house.server.script("POST", "/v1/responses", echoing)
    turn_id = await house.app.turns.send(conversation.id, "How many?")
    await house.app.turns.wait(turn_id)
    return conversation.id, turn_id


async def test_the_server_gets_the_secret_and_nobody_else(house: House, profile: Path) -> None:
    conversation, turn_id = await asked(house)
    assert posted(house)[0]["tools"] == [TOOL]
    turn = await house.app.turns.wait(turn_id)
    (tool,) = turn.request["tools"]
    assert tool["authorization"].startswith(SCHEME)
    assert tool["server_url"].startswith(f"https://{SCHEME}")
    assert "@example.org/mcp?version=2&exampleApiKey=" in tool["server_url"]
    assert tool["headers"]["X-Title"] == "mine"
    assert turn.answer.response is not None
    assert turn.answer.response["tools"][0]["authorization"] == NOT_KEPT
    head, _ = await house.app.conversations.open(conversation)
    exported = await house.app.exchanging.export(conversation, "json")
    programs = [
        await house.app.records.program(turn, kind) for kind in ("cURL", "Python with the OpenAI SDK")
    ]
    assert "<secret of files>" in programs[0]
    written = await asyncio.to_thread(on_disk, profile)
    for secret in SECRETS:
        assert not any(secret in text for text in (str(head.parameters), exported, *programs))
        assert secret.encode() not in written


FAILED = {"code": "tool_error", "message": f"files refused Bearer {SECRET} of {PASSWORD}, {TOKEN}."}
REPEATING = {
    "refused": error_reply(400, FAILED["message"], x_should_retry="false"),
    "failed": stream_reply(sse_bytes([{"type": "error", **FAILED}])),
    "failed in the end": stream_reply(
        sse_bytes(
            [
                {"type": "response.created", "response": response_object(status="in_progress")},
                {"type": "response.failed", "response": response_object(status="failed", error=FAILED)},
            ]
        )
    ),
    "not streamed": json_reply(response_object(status="failed", error=FAILED)),
}


@pytest.mark.parametrize("how", REPEATING)
async def test_what_a_server_says_of_a_secret_is_kept_without_it(
    house: House, profile: Path, how: str
) -> None:
    conversation = await house.app.conversations.create("gated")
    await house.app.conversations.set_parameter(conversation.id, "tools", [TOOL])
    house.server.always("POST", "/v1/responses", REPEATING[how])
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, "How many?"))
    assert posted(house)[0]["tools"] == [TOOL]
    assert turn.answer.failure is not None
    assert "[key]" in f"{turn.answer.failure.text} {turn.answer.failure.details}"
    written = await asyncio.to_thread(on_disk, profile)
    assert not [secret for secret in SECRETS if secret in str(turn) or secret.encode() in written]


async def test_it_goes_along_again_with_the_next_question(house: House) -> None:
    conversation, turn_id = await asked(house)
    house.server.script("POST", "/v1/responses", answer("Again.", response_id="resp_2"))
    await house.app.turns.wait(await house.app.turns.regenerate(turn_id))
    assert [body["tools"] for body in posted(house)] == [[TOOL], [TOOL]]
    head, _ = await house.app.conversations.open(conversation)
    (kept,) = head.parameters["tools"]
    edited = {**kept, "server_label": "renamed"}
    await house.app.conversations.set_parameter(conversation, "tools", [edited])
    house.server.script("POST", "/v1/responses", answer("Third.", response_id="resp_3"))
    await house.app.turns.wait(await house.app.turns.send(conversation, "And?"))
    assert posted(house)[-1]["tools"] == [{**TOOL, "server_label": "renamed"}]


async def test_a_sweep_and_a_file_that_somebody_wrote_bring_none_to_the_disk(
    house: House, profile: Path
) -> None:
    conversation = await house.app.conversations.create("gated")
    house.server.always("POST", "/v1/responses", answer("Yes."))
    await house.app.turns.wait(await house.app.turns.send(conversation.id, "How many?"))
    plan = await house.app.experiments.plan_for(conversation.id, "How many?")
    swept = replace(plan, parameters={"tools": [TOOL]}, axes=(Axis("tools", ([TOOL], [])),))
    await house.app.experiments.start(swept)
    await house.app.experiments.settled()
    assert [TOOL] in [body.get("tools") for body in posted(house)]
    value = json.loads(await house.app.exchanging.export(conversation.id, "json"))
    text = json.dumps(value)
    assert not [secret for secret in SECRETS if secret in text]
    value["conversation"]["parameters"]["tools"] = [TOOL]
    for turn in value["turns"]:
        turn["request"]["tools"] = turn["answer"]["response"]["tools"] = [TOOL]
    value["sweeps"][0]["plan"] |= {
        "parameters": {"tools": [TOOL]},
        "axes": [{"name": "tools", "values": [[TOOL]]}],
    }
    house.server.requests.clear()
    copy = await house.app.exchanging.bring_in(json.dumps(value))
    await house.app.turns.wait(await house.app.turns.send(copy.id, "And now?"))
    assert posted(house)[0]["tools"] == [TOOL]
    written = await asyncio.to_thread(on_disk, profile)
    assert not [secret for secret in SECRETS if secret.encode() in written]


@pytest.mark.parametrize("reference", [f"{SCHEME}unheard-of"])
async def test_a_secret_that_is_not_known_here_is_told_and_nothing_is_sent(
    house: House, reference: str
) -> None:
    conversation = await house.app.conversations.create("gated")
    tool = {**TOOL, "authorization": reference}
    await house.app.conversations.set_parameter(conversation.id, "tools", [tool])
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, "How many?"))
    assert turn.answer.status is Status.ERROR
    assert turn.answer.failure is not None
    assert "not known here" in turn.answer.failure.title
    assert posted(house) == []
