"""Ways to spoil the bytes of a stream. Each is given dice and a body, and returns another body; `sse` throws them."""

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

from chatapp.protocol.events import KNOWN_TYPES
from chatapp.protocol.sse import LIMIT

Mutation = Callable[[random.Random, bytes], bytes]

GIANTS = 0.002
"""The share of streams with something giant in them: they are slow."""


def mutated(dice: random.Random, body: bytes) -> bytes:
    """One to four mutations of `body`, and now and then something giant in the midst of it."""
    for _ in range(dice.randint(1, 4)):
        if body:
            body = dice.choice(MUTATORS)(dice, body)
    return _with_giant(dice, body) if dice.random() < GIANTS else body


def _on_frames(change: Callable[[random.Random, list[bytes]], None]) -> Mutation:
    def mutate(dice: random.Random, body: bytes) -> bytes:
        frames = body.split(b"\n\n")
        change(dice, frames)
        return b"\n\n".join(frames)

    return mutate


def _on_value(make: Callable[[random.Random], Any]) -> Mutation:
    """Replaces one value, anywhere inside one event's JSON."""

    def mutate(dice: random.Random, body: bytes) -> bytes:
        frames = body.split(b"\n\n")
        place = dice.randrange(len(frames))
        head, mark, data = frames[place].rpartition(b"data: ")
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return body
        _replace_one(dice, value, make(dice))
        frames[place] = (
            head + mark + json.dumps(value, ensure_ascii=dice.random() < 0.5).encode(errors="replace")
        )
        return b"\n\n".join(frames)

    return mutate


def _replace_one(dice: random.Random, value: Any, new: Any) -> None:
    while isinstance(value, dict | list) and value:
        key = dice.choice(list(value)) if isinstance(value, dict) else dice.randrange(len(value))
        inner = value[key]
        if not isinstance(inner, dict | list) or not inner or dice.random() < 0.4:
            value[key] = new
            return
        value = inner


def _swap(dice: random.Random, frames: list[bytes]) -> None:
    one, two = dice.randrange(len(frames)), dice.randrange(len(frames))
    frames[one], frames[two] = frames[two], frames[one]


def _repeat(dice: random.Random, frames: list[bytes]) -> None:
    frames.insert(dice.randrange(len(frames)), dice.choice(frames))


def _repeat_the_rest(dice: random.Random, frames: list[bytes]) -> None:
    """As after a connection that was made again: everything from some event on comes twice."""
    frames += frames[dice.randrange(len(frames)) :]


def _drop(dice: random.Random, frames: list[bytes]) -> None:
    del frames[dice.randrange(len(frames))]


def _forget(dice: random.Random, body: bytes) -> bytes:
    """No event has one of the keys by which things are found."""
    names = (b"item_id", b"output_index", b"content_index", b"summary_index", b"id", b"type", b"status")
    return body.replace(b'"' + dice.choice(names) + b'"', b'"x"')


def _retype(dice: random.Random, body: bytes) -> bytes:
    """Gives one event the type of another kind."""
    types = re.findall(rb'"type": ?"(response\.[a-z_.]+)"', body)
    if not types:
        return body
    new = dice.choice(sorted(KNOWN_TYPES)).encode()
    return body.replace(dice.choice(types), new, 2)


def _flip(dice: random.Random, body: bytes) -> bytes:
    place = dice.randrange(len(body))
    return body[:place] + bytes([dice.randrange(256)]) + body[place + 1 :]


def _break_character(dice: random.Random, body: bytes) -> bytes:
    """Takes a byte out of a character of several, where there is one."""
    places = [place for place, byte in enumerate(body) if byte >= 0x80] if len(body) < 100_000 else []
    place = dice.choice(places) if places else dice.randrange(len(body))
    return body[:place] + body[place + 1 :]


def _cut(dice: random.Random, body: bytes) -> bytes:
    return body[: dice.randrange(len(body))]


def _cut_out(dice: random.Random, body: bytes) -> bytes:
    start = dice.randrange(len(body))
    return body[:start] + body[start + dice.randrange(1, 200) :]


def _insert(piece: Callable[[random.Random], bytes]) -> Mutation:
    def mutate(dice: random.Random, body: bytes) -> bytes:
        place = dice.randrange(len(body))
        return body[:place] + piece(dice) + body[place:]

    return mutate


def _with_giant(dice: random.Random, body: bytes) -> bytes:
    """A line of some hundred kB, of some MB, or longer than is held; some of them good JSON. Thrown last, so that
    the memory it takes is not that of further mutations."""
    size = dice.choice([300_000, 300_000, 300_000, 1_500_000, 1_500_000, LIMIT + 1])
    letters = dice.choice([b"g", b"<|", "【4:0†".encode(), b"\\ud83c"])
    filling = letters * (size // len(letters))
    event = b'data: {"type":"response.%s","delta":"%s"}' % (dice.choice(_DELTAS), filling)
    line = dice.choice([b"data: " + filling, b": " + filling, b"event: " + filling, event, event])
    place = dice.randrange(len(body) + 1)
    return b"".join((body[:place], b"\n\n", line, b"\n\n", body[place:]))


def _deep(dice: random.Random) -> Any:
    value: Any = 0
    for _ in range(dice.choice([5, 90, 200, 900])):
        value = [value] if dice.random() < 0.5 else {"response": value}
    return value


_DELTAS = (
    b"output_text.delta",
    b"reasoning_summary_text.delta",
    b"function_call_arguments.delta",
    b"acme.delta",
)
_VALUES: Sequence[Any] = (
    None,
    True,
    -1,
    2**63,
    1e308,
    "",
    "\ud800",
    "\x00",
    "é🍕",
    "【4:0†source】 <|file-1|> \ue200cite\ue202a\ue201",
    "completed",
    [],
    {},
    [None],
    {"type": 7},
    {"id": []},
)
_NASTY = (
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xf0\x9f",
    b"data: [DONE]\n\n",
    b"data: " + b"[" * 5000,
)
MUTATORS: Sequence[Mutation] = (
    _on_frames(_swap),
    _on_frames(random.Random.shuffle),
    _on_frames(_repeat),
    _on_frames(_repeat_the_rest),
    _on_frames(_drop),
    _on_value(lambda dice: dice.choice(_VALUES)),
    _on_value(lambda dice: dice.choice(_VALUES)),
    _on_value(_deep),
    _forget,
    _retype,
    _flip,
    _break_character,
    _cut,
    _cut_out,
    _insert(lambda dice: dice.choice(_NASTY)),
    _insert(lambda dice: b"\n: comment " + b"c" * dice.randrange(50) + b"\n"),
    lambda dice, body: body.replace(b"\n", dice.choice([b"\r", b"\r\n"])),
    lambda dice, body: b"\xef\xbb\xbf" + body,
    lambda dice, body: body.replace(b"event: ", b"event:").replace(b"data: ", b"data:"),
)
