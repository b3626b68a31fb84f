"""Rate limits of headers, in words."""

import pytest

from chatapp.conversation.limits import words_for


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, ()),
        ({"x-request-id": "req_1"}, ()),
        ({"x-ratelimit-remaining-requests": "58"}, ("requests left 58",)),
        (
            {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "58"},
            ("requests left 58 of 60",),
        ),
        (
            {
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": "149000",
                "x-ratelimit-reset-tokens": "6ms",
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "60",
                "x-ratelimit-reset-requests": "0s",
            },
            ("requests left 60 of 60", "tokens left 149,000 of 150,000, all back in 6ms"),
        ),
        ({"x-ratelimit-remaining-tokens": "many"}, ("tokens left many",)),
        ({"x-ratelimit-limit-tokens": "9"}, ()),
    ],
)
def test_limits_are_told_as_far_as_they_are_known(headers: dict[str, str], words: tuple[str, ...]) -> None:
    assert words_for(headers.items()) == words
