"""POST /v1/responses/compact: a conversation made short, for a client that keeps it to go on from.

What the user and the developer said stays word for word. The rest becomes one sealed item: a summary by the model, or
where it cannot write one, the end of what the assistant said.
"""

import time
from contextlib import aclosing
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.answering import Task
from chatapp.engine.asking import only, prepared
from chatapp.engine.bodies import CLIENT_GONE, read_object
from chatapp.engine.checks import missing
from chatapp.engine.context import engine_of
from chatapp.engine.event_stream import hung_up
from chatapp.engine.fitting import fitted_turns
from chatapp.engine.generation.port import (
    Ability,
    Message,
    TextPiece,
    UsagePiece,
    Wishes,
)
from chatapp.engine.ids import new_id
from chatapp.engine.response_object import usage_of
from chatapp.engine.sealing import sealed, unsealed
from chatapp.engine.tokens import BYTES_PER_TOKEN, estimate_tokens
from chatapp.protocol.json_types import JsonObject

PARAMETERS = (
    "model", "input", "instructions", "previous_response_id", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "service_tier", "image",
)  # fmt: skip
LONGEST_SUMMARY = 1024
"""Tokens of what stands for everything that is left out."""
SUMMARIZE = Message(
    "user",
    (
        "Summarize our conversation so far, so that it can go on from your summary alone: what was asked, found and"
        " decided, names, numbers and quotes that matter, and what is still open. Write the summary only.",
    ),
)
_KEPT_ROLES = ("user", "system", "developer")


async def compact(request: Request) -> Response:
    """POST /v1/responses/compact."""
    engine = engine_of(request)
    body = only(await read_object(request), PARAMETERS)
    task, items = await prepared(engine, body)
    if not items:
        raise missing("input")
    made = await engine.running_work.until(hung_up(request.receive), _compacted(task, items))
    return JSONResponse(made) if made else Response(status_code=CLIENT_GONE)


async def _compacted(task: Task, items: list[JsonObject]) -> JsonObject:
    write = _summary if task.can(Ability.INSTRUCTIONS) else _extract
    text, usage = await write(task, items)
    kept = [item for item in items if item["type"] == "message" and item["role"] in _KEPT_ROLES]
    compaction = {"id": new_id("cmp"), "type": "compaction", "encrypted_content": sealed(text)}
    return {
        "id": new_id("resp"),
        "object": "response.compaction",
        "created_at": int(time.time()),
        "output": [*kept, compaction],
        "usage": usage_of(usage),
    }


async def _summary(task: Task, items: list[JsonObject]) -> tuple[str, UsagePiece]:
    """What the model says is to be remembered, and the tokens it took. Raises ApiError 400, GenerationFailed."""
    generator = task.generator
    prompt = replace(task.prompt(), turns=(*task.turns, SUMMARIZE), wishes=Wishes(max_tokens=LONGEST_SUMMARY))
    prompt = replace(prompt, turns=await fitted_turns(generator, prompt, drop=True))
    words: list[str] = []
    usage: UsagePiece | None = None
    async with aclosing(generator.generate(prompt)) as pieces:
        async for piece in pieces:
            if isinstance(piece, TextPiece):
                words.append(piece.text)
            elif isinstance(piece, UsagePiece):
                usage = piece
    text = "".join(words)
    return text, usage or UsagePiece(await generator.count_tokens(prompt), estimate_tokens(text))


async def _extract(task: Task, items: list[JsonObject]) -> tuple[str, UsagePiece]:
    """The end of what the assistant said and of earlier summaries, word for word."""
    said = [unsealed(item["encrypted_content"]) for item in items if item["type"] == "compaction"]
    said += [turn.text for turn in task.turns if isinstance(turn, Message) and turn.role == "assistant"]
    text = (
        "\n\n".join(filter(None, said)).encode()[-LONGEST_SUMMARY * BYTES_PER_TOKEN :].decode(errors="ignore")
    )
    return text, UsagePiece(await task.generator.count_tokens(task.prompt()), estimate_tokens(text))
