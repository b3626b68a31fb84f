"""When everything of an answer came: each event with its number, its kind, its time and its size.

An event's words are in the answer; here stands only when they came. Packed, an event takes about two bytes.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Final, NamedTuple

from chatapp.protocol.json_types import index_of

VERSION: Final = 1
MOST_UNPACKED: Final = 64 << 20
"""Bytes of JSON that a packed time line may hold: more than any answer needs."""
LONGEST_TYPE: Final = 80
"""Characters kept of an event's type."""
SENT, WAITS, LOST, FETCHED = "(sent)", "(waits)", "(connection lost)", "(fetched whole)"
"""What is not an event of the server's, in brackets: the request left, it is to be sent again, the stream broke off,
and the answer was fetched as its server keeps it."""
DELTA: Final = ".delta"


class Moment(NamedTuple):
    """`at` is in milliseconds since the question was asked. `sequence` and `item` are the server's
    sequence_number and output_index, None where it sends none. `size`: characters of the text a delta adds, of the
    JSON of any other event."""

    type: str
    at: int
    sequence: int | None = None
    item: int | None = None
    size: int = 0


TimeLine = tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Events of one type and item that came one after another. Times in milliseconds; `first` and `last` are the
    sequence numbers of the ends."""

    type: str
    item: int | None
    count: int
    begins: int
    ends: int
    first: int | None
    last: int | None
    size: int


def runs(line: Sequence[Moment]) -> tuple[Run, ...]:
    """The line with deltas that follow one another as one; every other event stands alone."""
    numbered = enumerate(line)
    found: list[Run] = []
    for _, group in groupby(
        numbered, lambda pair: (pair[1].type, pair[1].item, None if pair[1].type.endswith(DELTA) else pair[0])
    ):
        moments = [moment for _, moment in group]
        head, tail = moments[0], moments[-1]
        size = sum(moment.size for moment in moments)
        found.append(
            Run(head.type, head.item, len(moments), head.at, tail.at, head.sequence, tail.sequence, size)
        )
    return tuple(found)


def first_token(line: Sequence[Moment]) -> int | None:
    """Milliseconds from the last sending of the request to the first delta after it; None where none came."""
    sent = 0
    for moment in line:
        if moment.type == SENT:
            sent = moment.at
        elif moment.type.endswith(DELTA):
            return moment.at - sent
    return None


def longest_gap(line: Sequence[Moment]) -> tuple[int, int] | None:
    """Where nothing came for longest after the first delta: from and until, in milliseconds. None before two came."""
    start = next((place for place, moment in enumerate(line) if moment.type.endswith(DELTA)), len(line))
    gaps = [(one.at, two.at) for one, two in pairwise(line[start:])]
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=None)


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the picture: what belongs to an output item, or (`item` None) to the response as a whole. `at` are
    the times of its events in milliseconds, in order."""

    item: int | None
    at: tuple[int, ...]


def lanes(line: Sequence[Moment]) -> tuple[Lane, ...]:
    """The response first, then the items in their order."""
    times: dict[int | None, list[int]] = {None: []}
    for moment in line:
        times.setdefault(moment.item, []).append(moment.at)
    items = sorted(item for item in times if item is not None)
    return tuple(Lane(item, tuple(times[item])) for item in (None, *items) if times[item])


def pack(line: Iterable[Moment]) -> bytes:
    """Columns of small numbers, which zlib likes; times and sequence numbers as the step from the one before."""
    moments = tuple(line)
    names = list(dict.fromkeys(moment.type for moment in moments))
    places = {name: place for place, name in enumerate(names)}
    sequences = [-1 if moment.sequence is None else moment.sequence for moment in moments]
    columns = [
        [places[moment.type] for moment in moments],
        _steps([moment.at for moment in moments]),
        _steps(sequences),
        [-1 if moment.item is None else moment.item for moment in moments],
        [moment.size for moment in moments],
    ]
    text = json.dumps({"version": VERSION, "types": names, "columns": columns}, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpack(packed: bytes) -> TimeLine:
    """What `pack` was given. Raises ValueError for anything else."""
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(packed, MOST_UNPACKED)
        if not reader.eof:
            raise ValueError("This is not a whole time line.")
        value = json.loads(text)
        types, (kinds, at, sequences, items, sizes) = value["types"], value["columns"]
        rows = zip(kinds, accumulate(at), accumulate(sequences), items, sizes, strict=True)
        return tuple(
            Moment(str(types[kind]), int(when), index_of(number), index_of(item), int(size))
            for kind, when, number, item, size in rows
        )
    except (zlib.error, KeyError, TypeError, IndexError, OverflowError, RecursionError) as problem:
        raise ValueError("This is not a time line.") from problem


def _steps(numbers: Sequence[int]) -> list[int]:
    return [number - before for before, number in pairwise((0, *numbers))]
