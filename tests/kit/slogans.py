"""A scripted server that answers one question in many ways: the hotter the request, the more its answers differ.

With chaos a share of the requests fails, in every way in which servers fail.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable

from tests.kit.events import StreamBuilder, sse_bytes
from tests.kit.gated_server import (
    GatedServer,
    HangUp,
    Pause,
    Reply,
    Request,
    error_reply,
    json_reply,
    stream_reply,
)

MODEL = "test-model"
QUESTION = "Write a slogan for a bakery that opens at five."
COMMON = "Fresh bread, every dawn."
OTHERS = (
    "Baked while you sleep.",
    "The morning, still warm.",
    "Dawn has a crust.",
    "We knead you to wake up.",
    "Warm before the sun is.",
    "Five o'clock never smelled better.",
    "The first light of the street is our oven.",
    "Good mornings rise here.",
)
EFFORTS = {"low": 0, "medium": 1, "high": 2}


class Slogans:
    """`pause` is how long each part of an answer takes, in seconds; `chaos` the share of requests that fail."""

    def __init__(self, pause: float = 0.0, chaos: float = 0.0, seed: int = 1) -> None:
        self._pause, self._chaos = pause, chaos
        self._dice, self._seed = random.Random(seed), seed
        self._counts: Counter[tuple[float, int]] = Counter()
        self._lock = threading.Lock()
        self.asked = 0

    def install(self, server: GatedServer) -> None:
        """Makes the server answer so, and all else that a window asks of it."""
        empty = json_reply({"object": "list", "data": [], "has_more": False})
        server.always("GET", "/v1/vector_stores*", empty)
        server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
        server.always("GET", "/v1/models", json_reply({"object": "list", "data": [{"id": MODEL}]}))
        server.always("POST", "/v1/responses", self._answer)

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.asked += 1
            number = self.asked
            if self._dice.random() < self._chaos:
                return self._dice.choice(FAILURES)()
        body = request.json
        heat = float(body.get("temperature", 1.0))
        effort = EFFORTS.get(str((body.get("reasoning") or {}).get("effort")), 0)
        text = self._slogan(heat, effort)
        usage = {"input_tokens": 24, "output_tokens": len(text) // 4 + 40 * effort, "total_tokens": 0}
        half = len(text) // 2
        builder = StreamBuilder(f"resp_{number}", model=MODEL).begin()
        events = builder.message(text[:half], text[half:]).end(usage=usage)
        wait = self._pause * (1 + effort)
        return stream_reply(Pause(wait), sse_bytes(events[:4]), Pause(wait / 2), sse_bytes(events[4:]))

    def _slogan(self, heat: float, effort: int) -> str:
        """The n-th answer to a setting is the same in every run, whatever else is asked meanwhile."""
        with self._lock:
            self._counts[heat, effort] += 1
            dice = random.Random(f"{self._seed} {heat} {effort} {self._counts[heat, effort]}")
        sentences = [COMMON if dice.random() > heat / 3 else dice.choice(OTHERS)]
        sentences += dice.sample(OTHERS[: 2 + round(3 * heat)], k=round(heat * 1.5 + dice.random() / 2))
        return " ".join(sentences)


def _refused(status: int, message: str, code: str) -> Callable[[], Reply]:
    return lambda: error_reply(status, message, code, x_should_retry="false")


def _broken_off() -> Reply:
    events = StreamBuilder("resp_cut", model=MODEL).begin().message("Half an ").end()
    return stream_reply(sse_bytes(events[:4]), HangUp())


def _failed() -> Reply:
    builder = StreamBuilder("resp_failed", model=MODEL).begin()
    error = {"code": "server_error", "message": "The model broke."}
    return stream_reply(sse_bytes(builder.end("failed", error=error)))


FAILURES: tuple[Callable[[], Reply], ...] = (
    _refused(500, "The server had an error.", "server_error"),
    _refused(429, "Rate limit reached.", "rate_limit_exceeded"),
    _refused(400, "This model refuses that.", "invalid_value"),
    _broken_off,
    _failed,
)
