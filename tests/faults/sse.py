"""Cuts streams at every byte and mutates them: each is folded and shown, nothing is raised, one of five ends comes.

`python -m tests.faults sse [cuts] [mutations]` is the full form; the suite runs a short one
(tests/connections/test_mutations.py). What a stream folds to goes on to all that is made of an answer: the message
of the transcript, the row on the disk and back, the request that repeats it; and the changes that were told on the
way must add up to it.
"""

import random
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from chatapp.connections.event_stream import EventStream, is_end
from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.changes import ItemChanged, TextGrew
from chatapp.conversation.request_builder import build_request
from chatapp.conversation.tree import Tree, Turn
from chatapp.conversation.turn import AnswerFold
from chatapp.desktop.growth import changed, grown
from chatapp.desktop.transcript_model import present_answer
from chatapp.protocol.events import Event
from chatapp.services.ports import ServerFailure
from chatapp.storage.rows import turn_of, turn_row
from tests.faults.mutations import mutated
from tests.kit.events import error_stream, file_search_stream, incomplete_stream, reasoning_stream, sse_bytes
from tests.kit.everything import everything_stream
from tests.kit.recordings import streams

CUT_RECORDINGS = ("StreamingResponses#0", "FileSearchCallStreaming#2", "llamaserver-plain")
SMALL = 12_000
"""Bytes of the largest recording that is mutated: many small ones find more than few large ones."""
MUTATIONS = 100_000
MEMORY_MB = 64
HELD_BACK = 500
"""Letters at most that may wait to be told because a marker may begin with them."""
ENDS = ("completed", "incomplete", "failed", "error", "cut")
BROKEN = ("cut", "malformed", "oversized")
"""Kinds of failure of a stream that was broken off: it counts as cut."""
END_OF = {
    Status.COMPLETED: "completed",
    Status.INCOMPLETE: "incomplete",
    Status.STOPPED: "incomplete",
    Status.FAILED: "failed",
    Status.ERROR: "error",
}


def drive(chunks: Iterable[bytes]) -> tuple[str, Answer, int]:
    """Reads and folds a stream as the client does: its end, what it folded to, and how many events it had.
    Raises what must not be raised."""
    stream, fold, count, told = EventStream(), AnswerFold("conversation", "turn"), 0, Answer()
    try:
        for event in _events(stream, chunks):
            count += 1
            for change in fold.apply(event):
                told = changed(told, change) if isinstance(change, ItemChanged) else told
                told = grown(told, change) if isinstance(change, TextGrew) else told
            assert fold.ended == is_end(event)
            if fold.ended:
                break
    except ServerFailure as failure:
        if failure.kind not in BROKEN:
            raise
    answer = fold.answer
    if not answer.status.ended:
        _adds_up(told, answer)
    return END_OF.get(answer.status, "cut"), answer, count


def _events(stream: EventStream, chunks: Iterable[bytes]) -> Iterator[Event]:
    for chunk in chunks:
        yield from stream.feed(chunk)
    last = stream.close()
    if last is not None:
        yield last


def _adds_up(told: Answer, answer: Answer) -> None:
    """What was told is what was folded. At the end only are told: letters that are held back, probabilities, and
    citations that follow from results which came after the text."""
    assert [item.type for item in told.items] == [item.type for item in answer.items]
    for one, two in zip(told.items, answer.items, strict=True):
        assert (one.arguments, one.raw, one.stage) == (two.arguments, two.raw, two.stage)
        assert [part.kind for part in one.parts] == [part.kind for part in two.parts]
        for part, whole in zip(one.parts, two.parts, strict=True):
            assert whole.text.startswith(part.text), (part.text, whole.text)
            assert len(whole.text) - len(part.text) < HELD_BACK


def make_use_of(answer: Answer) -> None:
    """Everything that is made of an answer. Raises what must not be raised."""
    turn = Turn("turn", "conversation", None, 1000.0, "server", "Why?", (), {"model": "m"}, answer)
    present_answer(Tree([turn]), turn)
    row = turn_row(turn)
    assert turn_row(turn_of(row)) == row
    build_request([turn], [], {}, "server", False)


def cut_everywhere(body: bytes, step: int = 1) -> Counter[str]:
    """The ends of `body` cut after every `step`-th byte. Only cuts in its last frame may be anything but a cut."""
    whole_end, whole, count = drive([body])
    last_frame = body.rstrip(b"\n").rfind(b"\n\n")
    ends: Counter[str] = Counter()
    for length in range(0, len(body), step):
        end, answer, seen = drive([body[:length]])
        assert seen <= count, length
        assert whole.text.startswith(answer.text), length
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
        *[everything_stream()] * 8,
    ]
    recorded = [stream.body for stream in streams() if len(stream.body) <= SMALL]
    return [*map(sse_bytes, built), *recorded]


def in_pieces(dice: random.Random, body: bytes) -> Iterator[bytes]:
    """The body in chunks as a network may cut them, inside characters too."""
    size = dice.choice([1, 7, 61, 1024, 1 << 16]) if len(body) < 100_000 else 1 << 16
    return (body[start : start + size] for start in range(0, len(body), size))


def mutate_many(count: int, seed: int = 0) -> Counter[str]:
    """The ends of `count` mutated streams. A failure names the number that repeats it."""
    bodies, ends = sources(), Counter[str]()
    for number in range(seed, seed + count):
        dice = random.Random(number)
        body = mutated(dice, dice.choice(bodies))
        try:
            end, answer, _ = drive(in_pieces(dice, body))
            make_use_of(answer)
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
            print(f"{name}: cut at each of {len(body)} bytes: {dict(cut_everywhere(body))}", flush=True)
    if "mutations" in wanted:
        print(f"{MUTATIONS} mutated streams: {dict(mutate_many(MUTATIONS))}")
    grown_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
    print(f"{time.monotonic() - started:.0f} s, memory grew by {grown_mb:.0f} MB at most")
    return 0 if grown_mb < MEMORY_MB else 1
