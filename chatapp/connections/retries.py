"""When a refused request is sent again: the rule of the official SDK, run by tenacity. `http` sends.

Status 408, 409, 429 and every 5xx, at most twice, unless the server says otherwise with `x-should-retry`;
never where waiting cannot help. Also a connection that broke while it was made: nothing was sent on it. Neither has
shown a byte of an answer.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential

from chatapp.protocol.errors import ApiError, pause_s
from chatapp.services.ports import ServerFailure, Told

RETRIED_STATUS = frozenset({408, 409, 429})
NO_USE_WAITING = frozenset({"insufficient_quota", "credit_balance_exhausted"})
"""Codes (or types) of a 429 that means an empty account."""
FIRST_WAIT_S = 0.5
LONGEST_OWN_WAIT_S = 8.0
JITTER = 0.25
_backoff = wait_exponential(FIRST_WAIT_S, LONGEST_OWN_WAIT_S)


class NotSent(ServerFailure):
    """The connection was dropped while it was made, as servers do that are about to restart: nothing was sent."""


@dataclass(frozen=True, slots=True)
class RetryRule:
    """`longest_wait_s`: a server that asks for more is not waited for. `jitter` gives a number in 0–1."""

    attempts: int = 2
    longest_wait_s: float = 120.0
    jitter: Callable[[], float] = random.random

    def retrying(self, sleep: Callable[[float], Awaitable[None]], told: Told) -> AsyncRetrying:
        """Runs one call: `await rule.retrying(…)(send)`. Raises what the last attempt raised."""

        def tell(state: RetryCallState) -> None:
            told.waiting(state.upcoming_sleep, _failure(state).error, state.attempt_number)

        return AsyncRetrying(
            sleep=sleep,
            retry=retry_if_exception(is_worth_it),
            wait=self._wait_s,
            stop=self._is_over,
            before_sleep=tell,
            reraise=True,
        )

    def _wait_s(self, state: RetryCallState) -> float:
        asked = _failure(state).retry_after
        return _backoff(state) * (1 - JITTER * self.jitter()) if asked is None else asked

    def _is_over(self, state: RetryCallState) -> bool:
        return state.attempt_number > self.attempts or state.upcoming_sleep > self.longest_wait_s


SDK_RULE = RetryRule()


def is_worth_it(problem: BaseException) -> bool:
    """Whether sending the same again may help, and harms nobody."""
    if isinstance(problem, NotSent):
        return True
    if not isinstance(problem, ServerFailure) or problem.status is None:
        return False
    if not may_pass(problem.error):
        return False
    said = dict(problem.error.headers).get("x-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return problem.status in RETRIED_STATUS or problem.status >= 500


def may_pass(error: ApiError) -> bool:
    """Whether waiting can help at all."""
    return not NO_USE_WAITING & {error.code, error.type}


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date.

    `now` is seconds since the epoch. None when neither is there or readable.
    """
    seconds = pause_s(headers)
    text = headers.get("retry-after")
    if seconds is not None or text is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _failure(state: RetryCallState) -> ServerFailure:
    """What the attempt raised; tenacity asks for waits after a failure that `is_worth_it` only."""
    problem = state.outcome.exception() if state.outcome else None
    assert isinstance(problem, ServerFailure)
    return problem
