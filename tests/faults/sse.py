"""Cuts streams at every byte and mutates them: only a ServerFailure may come out, and one of five ends.

`python -m tests.faults sse [cuts] [mutations]` is the full form; the suite runs a short one
(tests/connections/test_mutations.py).
"""

import json
import random
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chatapp.connections.event_stream import EventStream, is_end
from chatapp.conversation.turn import AnswerFold
from chatapp.protocol.events import KNOWN_TYPES, ErrorEvent, Event
from chatapp.services.ports import ServerFailure
from tests.kit.events import error_stream, file_search_stream, incomplete_stream, reasoning_stream, sse_bytes
from tests.kit.recordings import streams

CUT_RECORDINGS = ("StreamingResponses#0", "FileSearchCallStreaming#2", "llamaserver-plain")
SMALL = 12_000
"""Bytes of the largest recording that is mutated: many small ones find more than few large ones."""
MUTATIONS = 100_000
MEMORY_MB = 64
ENDS = ("completed", "incomplete", "failed", "error", "cut")
BROKEN = {"cut": "cut", "malformed": "cut", "oversized": "cut"}
"""Kinds of failure of a stream that was broken off, under the end they count as."""


def drive(chunks: Iterable[bytes], fold: bool = False) -> tuple[str, list[Event]]:
    """Reads a stream as the client does; its end and its events. Raises what must not be raised.

    With `fold` every event is folded into an answer too.
    """
    stream, answer, events = EventStream(), AnswerFold("conversation", "turn"), list[Event]()

    def take(event: Event) -> bool:
        events.append(event)
        if fold:
            answer.apply(event)
        return is_end(event)

    try:
        for chunk in chunks:
            for event in stream.feed(chunk):
                if take(event):
                    return end_of(event), events
        last = stream.close()
        if last is not None and take(last):
            return end_of(last), events
    except ServerFailure as failure:
        return BROKEN[failure.kind], events
    finally:
        json.dumps([event.raw for event in events], ensure_ascii=False).encode()
        _ = answer.answer
    return "cut", events


def end_of(event: Event) -> str:
    """completed, incomplete, failed, or error; a cancelled answer counts as incomplete."""
    if isinstance(event, ErrorEvent):
        return "error"
    stage = event.type.rpartition(".")[2]
    return "incomplete" if stage == "cancelled" else stage


def cut_everywhere(body: bytes, step: int = 1) -> Counter[str]:
    """The ends of `body` cut after every `step`-th byte. Only cuts in its last frame may be anything but a cut."""
    whole_end, whole = drive([body])
    last_frame = body.rstrip(b"\n").rfind(b"\n\n")
    ends: Counter[str] = Counter()
    for length in range(0, len(body), step):
        end, events = drive([body[:length]])
        assert events == whole[: len(events)], length
        assert end == "cut" or (end == whole_end and length > last_frame), (length, end)
        ends[end] += 1
    return ends


def sources() -> list[bytes]:
    """Streams to mutate: recorded ones that are small, and built ones."""
    built = [
        file_search_stream("Pizza", " is", " 🍕.", results=[{"file_id": "f", "text": "é" * 50}]),
        reasoning_stream(["First this", "then that"], "So: ", "42"),
        incomplete_stream("Half of"),
        error_stream("Nearly", nested=True),
    ]
    recorded = [stream.body for stream in streams() if len(stream.body) <= SMALL]
    return [*map(sse_bytes, built), *recorded]


Mutation = Callable[[random.Random, bytes], bytes]


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
        frames[place] = head + mark + json.dumps(value).encode()
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


def _drop(dice: random.Random, frames: list[bytes]) -> None:
    del frames[dice.randrange(len(frames))]


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


def _giant(dice: random.Random, body: bytes) -> bytes:
    """Rare, for it is slow: a line of some hundred kB or more than a MB, as data or as a comment."""
    if dice.random() > 0.02:
        return body
    line = dice.choice([b"data: ", b": ", b"event: "]) + b"g" * dice.choice([300_000, 1_500_000])
    return _insert(lambda _: b"\n" + line + b"\n")(dice, body)


def _deep(dice: random.Random) -> Any:
    value: Any = 0
    for _ in range(dice.choice([5, 90, 200, 900])):
        value = [value] if dice.random() < 0.5 else {"response": value}
    return value


VALUES: Sequence[Any] = (
    None,
    True,
    -1,
    2**63,
    1e308,
    "",
    "\ud800",
    "\x00",
    "é🍕",
    [],
    {},
    [None],
    {"type": 7},
    {"id": []},
)
NASTY = (
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
    _on_frames(_repeat),
    _on_frames(_drop),
    _on_value(lambda dice: dice.choice(VALUES)),
    _on_value(lambda dice: dice.choice(VALUES)),
    _on_value(_deep),
    _retype,
    _flip,
    _cut,
    _cut_out,
    _insert(lambda dice: dice.choice(NASTY)),
    _insert(lambda dice: b"\n: comment " + b"c" * dice.randrange(50) + b"\n"),
    _giant,
    lambda dice, body: body.replace(b"\n", dice.choice([b"\r", b"\r\n"])),
    lambda dice, body: b"\xef\xbb\xbf" + body,
    lambda dice, body: body.replace(b"event: ", b"event:").replace(b"data: ", b"data:"),
)


def mutated(dice: random.Random, body: bytes) -> bytes:
    """One to four mutations of `body`."""
    for _ in range(dice.randint(1, 4)):
        if body:
            body = dice.choice(MUTATORS)(dice, body)
    return body


def in_pieces(dice: random.Random, body: bytes) -> list[bytes]:
    """The body in chunks as a network may cut them, inside characters too."""
    size = dice.choice([1, 7, 61, 1024, 1 << 16]) if len(body) < 100_000 else 1 << 16
    return [body[start : start + size] for start in range(0, len(body), size)]


def mutate_many(count: int, seed: int = 0) -> Counter[str]:
    """The ends of `count` mutated streams. A failure names the number that repeats it."""
    bodies, ends = sources(), Counter[str]()
    for number in range(seed, seed + count):
        dice = random.Random(number)
        body = mutated(dice, dice.choice(bodies))
        try:
            end, _ = drive(in_pieces(dice, body), fold=True)
        except Exception as problem:
            raise AssertionError(f"mutated stream {number} raised {problem!r}") from problem
        assert end in ENDS, (number, end)
        ends[end] += 1
    return ends


def main(arguments: Sequence[str] = ()) -> int:
    """The full form. `arguments`: "cuts", "mutations", or nothing for both. 0 when memory stayed in bounds."""
    wanted = set(arguments) or {"cuts", "mutations"}
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.monotonic()
    if "cuts" in wanted:
        recorded = {stream.name: stream.body for stream in streams() if stream.name in CUT_RECORDINGS}
        for name, body in (recorded or {"built": sources()[0]}).items():
            print(f"{name}: cut at each of {len(body)} bytes: {dict(cut_everywhere(body))}")
    if "mutations" in wanted:
        print(f"{MUTATIONS} mutated streams: {dict(mutate_many(MUTATIONS))}")
    grown_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
    print(f"{time.monotonic() - started:.0f} s, memory grew by {grown_mb:.0f} MB at most")
    return 0 if grown_mb < MEMORY_MB else 1
