"""When a refused request is sent again: the rule of the official SDK. Pure; `http` waits and sends.

Status 408, 409, 429 and every 5xx, at most twice, unless the server says otherwise with `x-should-retry`;
never where waiting cannot help. Only refusals come here, so no byte of an answer has been shown.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from chatapp.services.ports import ServerFailure

RETRIED_STATUS = frozenset({408, 409, 429})
NO_USE_WAITING = frozenset({"insufficient_quota", "credit_balance_exhausted"})
"""Codes (or types) of a 429 that means an empty account."""
FIRST_WAIT_S = 0.5
LONGEST_OWN_WAIT_S = 8.0
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class RetryRule:
    """`longest_wait_s`: a server that asks for more is not waited for. `jitter` gives a number in 0–1."""

    attempts: int = 2
    longest_wait_s: float = 120.0
    jitter: Callable[[], float] = random.random

    def wait_s(self, failure: ServerFailure, headers: Mapping[str, str], retried: int) -> float | None:
        """Seconds to wait before sending again, after `retried` retries; None to give up."""
        if retried >= self.attempts or not _is_worth_it(failure, headers):
            return None
        asked = failure.retry_after
        if asked is not None:
            return asked if asked <= self.longest_wait_s else None
        backoff = min(FIRST_WAIT_S * 2.0**retried, LONGEST_OWN_WAIT_S)
        return backoff * (1 - JITTER * self.jitter())


SDK_RULE = RetryRule()


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date.

    `now` is seconds since the epoch. None when neither is there or readable.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    """A finite number of at least 0; header text such as "nan" is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _is_worth_it(failure: ServerFailure, headers: Mapping[str, str]) -> bool:
    if failure.status is None or NO_USE_WAITING & {failure.error.code, failure.error.type}:
        return False
    said = headers.get("x-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return failure.status in RETRIED_STATUS or failure.status >= 500
