"""What is sent instead when a server refuses a turn, and what is learnt from it. Pure: `services` sends and remembers.

Six things are mended, each only as often as it can help: a parent that the server does not have, a form of replay
that it does not take, images or files of earlier questions that its model does not take, a stream that it does not
offer, parameters that it refuses, a form of message that it does not know.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatapp.conversation.calls import answers_in
from chatapp.conversation.failures import describe
from chatapp.conversation.inputs import parts_along
from chatapp.conversation.refusals import REFUSING, Refusal, refusals_in
from chatapp.conversation.replay import Replay
from chatapp.conversation.request_builder import Built
from chatapp.conversation.sending import Asked, Way, build, words_for
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import JsonObject, objects_of, text_of

FORGOTTEN = "previous_response_forgotten"
"""Our own code, for a server that accepted a parent and answered without it."""
VAGUE = ("bad_request", "error", "failed", "not_found", "server_error")
"""Kinds of failures that do not tell whether the parent is what failed."""
REBUILT = "The server no longer had the earlier answers, so the whole conversation was sent again from this computer."
NOT_KEPT = (
    "The server does not remember earlier answers, so the whole conversation was sent from this computer."
)
REPLAYED_OTHERWISE = "The server did not take the model's earlier reasoning, so it was sent without it."
WORDS_ONLY = "The server did not take earlier calls of tools, so only what was said was sent."
NOT_STREAMED = (
    "The server does not stream what it writes in the background, so this answer comes in one piece."
)
LEFT_OUT = {
    "input_image": "This model takes no images, so those of earlier questions were left out.",
    "input_file": "This model takes no files, so those of earlier questions were left out.",
}
UNHEARD = (
    "The server seems to have answered without the earlier turns. They are sent along from now on: ask again to have "
    "this question answered with them."
)

NAMED_IN_VAIN = "The server seems to have answered without the earlier answer that Previous response names."


@dataclass(frozen=True, slots=True)
class Repair:
    """The next way to send, and what the reader is told. What was learnt of the server, where it was: whether it
    `chains` at all, which `replay` it takes, which `refusals` its model has, whether it wants messages `plain`. `lost`
    is a parent it did not have."""

    way: Way
    note: str
    chains: bool | None = None
    replay: Replay | None = None
    refusals: tuple[Refusal, ...] = ()
    plain: bool = False
    lost: str | None = None


def repaired(asked: Asked, way: Way, built: Built, error: ApiError, status: int | None) -> Repair | None:
    """The repair for a refusal, by status (None inside a stream) and words; None where there is none."""
    repair = (
        _sent_whole(way, built, error, status)
        or _replayed_otherwise(asked, way, built, error, status)
        or _without_earlier_files(asked, way, error, status)
        or _in_one_piece(way, built, error, status)
        or _without_parameters(way, built, error, status)
        or _said_plainly(way, built, error, status)
    )
    return repair if repair and build(asked, repair.way).request != built.request else None


def may_hide_a_lost_parent(built: Built, error: ApiError, status: int | None) -> bool:
    """Whether a failure that has no repair may be for want of the parent: LiteLLM does not pass on what ogx says."""
    return built.parent is not None and _kind(error, status) in VAGUE


def forgot(built: Built, response: JsonObject, ended: bool) -> bool:
    """Whether a response says that it does not follow the parent it was given. One that has begun may still say so;
    one that ended without a word of it does not. Another id than was asked for is the same parent: LiteLLM has names
    of its own for the responses of the server behind it."""
    if built.parent is None:
        return False
    if "previous_response_id" in response:
        return not response["previous_response_id"]
    return ended


def ignored(built: Built, response: JsonObject) -> bool:
    """Whether a response that ended does not follow the parent that the user named. Nothing can stand in for that."""
    return (
        built.linked is None
        and bool(built.request.get("previous_response_id"))
        and not response.get("previous_response_id")
    )


_NO_CHAINS = re.compile(
    r"not (?:support|permitted|allowed|implemented)|unsupported|unrecogni|unknown (?:field|parameter|name|arg)|extra"
    r"|zero data",
    re.IGNORECASE,
)
_LOST = re.compile(r"previous_response|tool output found|duplicate item", re.IGNORECASE)
_OTHER_THINGS = re.compile(r"\bmodel\b|vector|\bfile", re.IGNORECASE)
_SEAL = re.compile(r"(?<!reasoning\.)encrypted", re.IGNORECASE)
_REASONING = re.compile(
    rf"{_SEAL.pattern}|\brs_|reasoning['\"`]? item|type:? ['\"`]?reasoning|\bsummary|required following|duplicate item",
    re.IGNORECASE,
)
_CALLS = re.compile(r"item type|input item|call_id|(?:function|tool)_call|item of type", re.IGNORECASE)
_CONTENT = re.compile(
    r"output_text|annotations|(?:part|content) type|content part|validation error|valid (?:string|input)"
    r"|Invalid input|Invalid Responses API request|invalid_payload",
    re.IGNORECASE,
)
_WHOLE_ITEM = re.compile(r"input(?:\[\d{1,6}\](?:\.content.*)?)?")
_STREAM_AND_BACKGROUND = re.compile(
    r"\bstream.*\bbackground|\bbackground.*\bstream", re.IGNORECASE | re.DOTALL
)
_PLACE = re.compile(r"input\[(\d{1,6})\]")


def _sent_whole(way: Way, built: Built, error: ApiError, status: int | None) -> Repair | None:
    """Some say so by code, some by 404, llama-server only in words."""
    if built.parent is None or not _is_about_parent(built.parent, error, status):
        return None
    whole = replace(way, chained=False)
    never = error.code == FORGOTTEN or _NO_CHAINS.search(error.message) is not None
    return Repair(whole, NOT_KEPT if never else REBUILT, chains=False if never else None, lost=built.parent)


def _is_about_parent(parent: str, error: ApiError, status: int | None) -> bool:
    if error.code == FORGOTTEN:
        return True
    kind = _kind(error, status)
    if kind == "stale_parent" or (kind == "not_found" and not _OTHER_THINGS.search(error.message)):
        return True
    said = f"{error.message} {error.code or ''} {error.param or ''}"
    return kind in ("bad_request", "bad_parameter", "error", "failed") and bool(
        _LOST.search(said) or parent in said
    )


def _kind(error: ApiError, status: int | None) -> str:
    return describe("error" if status is None else "refused", error, status).kind


def _replayed_otherwise(
    asked: Asked, way: Way, built: Built, error: ApiError, status: int | None
) -> Repair | None:
    if status not in (400, 404, 422, None) or not (error.param or "input").startswith("input"):
        return None
    said = f"{error.message} {error.code or ''} {error.param or ''}"
    items = objects_of(built.request.get("input"))
    kinds = {text_of(item.get("type")) for item in items}
    named = _at(items, said)
    at = named.get("type") if named is not None else None
    if "reasoning" in kinds and (at == "reasoning" or (at is None and _REASONING.search(said))):
        return _with_less_reasoning(way, sealed=bool(_SEAL.search(said)))
    calls = kinds - {"message", "reasoning"}
    if calls and not answers_in(asked.input) and (at in calls or (at is None and _CALLS.search(said))):
        return Repair(replace(way, replay=Replay.WORDS), WORDS_ONLY, replay=Replay.WORDS)
    return None


def _with_less_reasoning(way: Way, sealed: bool) -> Repair:
    """A seal that the server cannot open any more says nothing of how it takes others."""
    bare = way.replay is Replay.WITH_IDS and not sealed
    replay = Replay.WITHOUT_IDS if bare else Replay.WITHOUT_REASONING
    note = "" if bare else REPLAYED_OTHERWISE
    return Repair(replace(way, replay=replay), note, replay=None if sealed else replay)


def _without_earlier_files(asked: Asked, way: Way, error: ApiError, status: int | None) -> Repair | None:
    """What comes with this question is not left out: it would be another question."""
    kind = {"no_images": "input_image", "no_files": "input_file"}.get(_kind(error, status))
    if kind is None or any(part.get("type") == kind for part in parts_along(asked.input)):
        return None
    return Repair(replace(way, without=(*way.without, kind)), LEFT_OUT[kind])


def _said_plainly(way: Way, built: Built, error: ApiError, status: int | None) -> Repair | None:
    """Where a message of the model may be what the server does not understand."""
    items = objects_of(built.request.get("input"))
    said = f"{error.message} {error.code or ''} {error.param or ''}"
    about = _WHOLE_ITEM.fullmatch(error.param or "") or _CONTENT.search(said)
    if way.plain or status not in (400, 422, None) or not about or _kind(error, status) == "too_long":
        return None
    at = _at(items, said)
    if at is not None and at.get("role") != "assistant":
        return None
    return Repair(replace(way, plain=True), "", plain=True)


def _at(items: Sequence[JsonObject], said: str) -> JsonObject | None:
    """The item of the input that a server names by its place."""
    place = _PLACE.search(said)
    return items[int(place[1])] if place and int(place[1]) < len(items) else None


def _in_one_piece(way: Way, built: Built, error: ApiError, status: int | None) -> Repair | None:
    """ogx runs answers in the background, but not with a stream."""
    streams = built.request.get("background") is True and built.request.get("stream") is not False
    if not streams or status not in (*REFUSING, None) or not _STREAM_AND_BACKGROUND.search(error.message):
        return None
    return Repair(replace(way, always=(*way.always, ("stream", False))), NOT_STREAMED)


def _without_parameters(way: Way, built: Built, error: ApiError, status: int | None) -> Repair | None:
    refused = refusals_in(error, status, built.request)
    if not refused:
        return None
    said = words_for(refused, text_of(built.request.get("model")))
    return Repair(replace(way, refusals=(*way.refusals, *refused)), said, refusals=refused)
