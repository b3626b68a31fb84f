"""A conversation with all its turns and sweeps as one JSON text, and back: nothing is lost on the way.

The field names are those of the values in `conversation`; VERSION counts up when one of them changes its meaning.
"""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chatapp.conversation.experiments import Experiment, Plan
from chatapp.conversation.time_line import TimeLine, pack, unpack
from chatapp.conversation.tree import Conversation, Turn
from chatapp.exchange.file_json import Unreadable, parsed
from chatapp.exchange.values import WrongValue, from_json, to_json, tuple_from_json
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of

FORMAT = "chatapp conversation"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """`lines` are time lines by the turn's id."""

    conversation: Conversation
    turns: tuple[Turn, ...]
    lines: Mapping[str, TimeLine] = field(default_factory=dict)
    sweeps: tuple[Experiment, ...] = ()


class InvalidBundle(ValueError):
    """The message is a plain sentence: what is wrong with the text, and where."""


def dump(
    conversation: Conversation,
    turns: Sequence[Turn],
    lines: Mapping[str, TimeLine] | None = None,
    sweeps: Sequence[Experiment] = (),
) -> str:
    """JSON with the characters themselves; escaped only where there are some that UTF-8 cannot hold. `lines` are time
    lines by the turn's id."""
    value = {
        "format": FORMAT,
        "version": VERSION,
        "conversation": to_json(conversation),
        "turns": [to_json(turn) for turn in turns],
        "time_lines": {key: b64encode(pack(line)).decode() for key, line in (lines or {}).items()},
        "sweeps": [_sweep_json(sweep) for sweep in sweeps],
    }
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, indent=1) + "\n"
    return text


def load(text: str) -> Bundle:
    """What `dump` was given. Time lines and sweeps that are broken are left out: they are no part of what was said, and
    a sweep's answers are turns like any other. Raises InvalidBundle."""
    value = _envelope(text)
    try:
        conversation = from_json(Conversation, value.get("conversation"), "conversation")
        turns = tuple_from_json(Turn, value.get("turns"), "turns")
    except WrongValue as problem:
        raise InvalidBundle(f"This file is not a complete conversation: {problem}") from problem
    _check_tree(conversation, turns)
    lines = {key: _time_line(packed) for key, packed in object_of(value.get("time_lines")).items()}
    sweeps = map(_sweep, objects_of(value.get("sweeps")))
    return Bundle(conversation, turns, lines, tuple(sweep for sweep in sweeps if sweep is not None))


def _sweep_json(sweep: Experiment) -> Json:
    turns = {str(place): turn_id for place, turn_id in sweep.turns.items()}
    return {"id": sweep.id, "created_at": sweep.created_at, "plan": to_json(sweep.plan), "turns": turns}


def _sweep(kept: JsonObject) -> Experiment | None:
    try:
        plan = from_json(Plan, kept.get("plan"), "plan")
        turns = {int(place): text_of(turn_id) for place, turn_id in object_of(kept.get("turns")).items()}
        created_at = from_json(float, kept.get("created_at"), "created_at")
    except ValueError:
        return None
    return Experiment(text_of(kept.get("id")), created_at, plan, turns)


def _time_line(value: Json) -> TimeLine:
    try:
        return unpack(b64decode(text_of(value), validate=True))
    except (ValueError, binascii.Error):
        return ()


def _envelope(text: str) -> JsonObject:
    value = _parsed(text)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InvalidBundle("This file is JSON, but not a conversation exported by chatapp.")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidBundle("This conversation does not say which version of the format it has.")
    if version > VERSION:
        raise InvalidBundle(
            f"This conversation has version {version} of the format; this program knows up to version {VERSION}. "
            "Update the program."
        )
    return value


def _parsed(text: str) -> Json:
    try:
        return parsed(text)
    except Unreadable as problem:
        raise InvalidBundle(str(problem)) from problem


def _check_tree(conversation: Conversation, turns: Sequence[Turn]) -> None:
    """Every turn belongs to the conversation, has an id of its own, and comes after its parent."""
    seen: set[str] = set()
    for turn in turns:
        if turn.conversation_id != conversation.id:
            raise InvalidBundle(f"Turn {turn.id} belongs to another conversation.")
        if turn.id in seen:
            raise InvalidBundle(f"Turn {turn.id} is there twice.")
        if turn.parent_id is not None and turn.parent_id not in seen:
            raise InvalidBundle(f"The turn before turn {turn.id} is missing.")
        seen.add(turn.id)
    if conversation.current_turn_id is not None and conversation.current_turn_id not in seen:
        raise InvalidBundle("The turn that was on screen is missing.")
