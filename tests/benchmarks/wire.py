"""Bytes of a stream to a folded answer, against the official SDK's `create(stream=True)` on the same bytes.

The stream is OpenAI's recorded one with reasoning summaries, its text deltas repeated 20 times: 25,788 events.
Where the recordings are absent a built stream of the same length stands in. Neither side has a socket.

Memory is what Python allocated at the worst moment of folding, less the body: for this stream, and for one of four
times as many events. What grows between the two is the text, so the figure of bytes stands beside it.
"""

import importlib.util
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator

from chatapp.connections.event_stream import EventStream
from chatapp.conversation.turn import AnswerFold
from tests.kit.events import sse_bytes, text_stream
from tests.kit.recordings import streams

RECORDING = "StreamingResponsesWithReasoningSummary#0"
REPEATED = "event: response.output_text.delta"
TIMES = 20
EVENTS = 25_788
LONGER = 4
CHUNK = 16_384
"""Bytes a chunk, as they come out of a socket when the server is faster than the reader."""
ROUNDS = 5
BASELINE_ROUNDS = 2


def body(longer: int = 1) -> bytes:
    """The stream under test, with `longer` times as many deltas."""
    recorded = next((recording for recording in streams() if recording.name == RECORDING), None)
    if recorded is None:
        return sse_bytes(text_stream(*["word "] * (EVENTS * longer)))
    frames = [frame + "\n\n" for frame in recorded.body.decode().split("\n\n") if frame]
    times = TIMES * longer
    return "".join(frame * (times if frame.startswith(REPEATED) else 1) for frame in frames).encode()


def chunks(data: bytes) -> Iterator[bytes]:
    return (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))


def fold(data: bytes) -> int:
    """Our path; the number of events folded."""
    stream, answer, count = EventStream(), AnswerFold("conversation", "turn"), 0
    for chunk in chunks(data):
        for event in stream.feed(chunk):
            answer.apply(event)
            count += 1
    assert answer.ended
    return count


def fold_with_sdk(data: bytes) -> int:
    """The SDK's path: typed events, and their text joined."""
    import httpx2
    import openai

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=chunks(data))

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        sdk = openai.OpenAI(api_key="none", base_url="http://localhost/v1", http_client=client)
        texts, count = [], 0
        for event in sdk.responses.create(model="any", input="any", stream=True):
            count += 1
            if event.type == "response.output_text.delta":
                texts.append(event.delta)
        assert texts
    return count


def rate(work: Callable[[bytes], int], data: bytes, rounds: int) -> float:
    """Events a second: the median of `rounds`, after one that warms up."""
    work(data)
    figures = []
    for _ in range(rounds):
        started = time.perf_counter()
        count = work(data)
        figures.append(count / (time.perf_counter() - started))
    return statistics.median(figures)


def peak_mb(data: bytes) -> float:
    """The most that was allocated at once while `data` was folded."""
    tracemalloc.start()
    try:
        fold(data)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def run() -> dict[str, float]:
    """The figures, with units in their names; those of the SDK only where it is installed."""
    data = body()
    figures: dict[str, float] = {"events": fold(data), "events_per_s": round(rate(fold, data, ROUNDS))}
    figures["body_mb"], figures["peak_mb"] = round(len(data) / 1e6, 1), round(peak_mb(data), 2)
    longer = body(LONGER)
    figures["body_mb_longer"], figures["peak_mb_longer"] = (
        round(len(longer) / 1e6, 1),
        round(peak_mb(longer), 2),
    )
    if importlib.util.find_spec("openai") and importlib.util.find_spec("httpx2"):
        baseline = rate(fold_with_sdk, data, BASELINE_ROUNDS)
        figures["baseline_sdk_events_per_s"] = round(baseline)
        figures["ratio_sdk"] = round(figures["events_per_s"] / baseline, 1)
    return figures


def main() -> None:
    figures = run()
    print(
        f"{figures['events']:,.0f} events, {figures['events_per_s']:,.0f} a second from bytes to folded answer"
    )
    print(
        f"at most {figures['peak_mb']} MB for a body of {figures['body_mb']} MB, "
        f"{figures['peak_mb_longer']} MB for one of {figures['body_mb_longer']} MB"
    )
    if "ratio_sdk" in figures:
        baseline, ratio = figures["baseline_sdk_events_per_s"], figures["ratio_sdk"]
        print(f"the official SDK: {baseline:,.0f} a second; ratio {ratio}")
    else:
        print("the official SDK is not installed, so there is no baseline")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
