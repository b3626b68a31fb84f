"""What was made last is kept, up to a limit."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chatapp.services.recent import Recent


class Maker:
    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, value: str) -> Callable[[], Awaitable[str]]:
        async def make() -> str:
            await asyncio.sleep(0)
            self.made.append(value)
            return value

        return make


async def test_a_value_is_made_once_also_when_two_ask_at_the_same_moment() -> None:
    recent, maker = Recent[str](9), Maker()
    assert await asyncio.gather(*(recent.get(1, maker("a")) for _ in range(3))) == ["a"] * 3
    assert maker.made == ["a"]


async def test_those_used_longest_ago_go_first() -> None:
    recent, maker = Recent[str](4, len), Maker()
    for key in ("aa", "bb", "aa", "cc", "aa", "bb"):
        assert await recent.get(key, maker(key)) == key
    assert maker.made == ["aa", "bb", "cc", "bb"]


async def test_what_is_heavier_than_all_is_given_and_not_kept() -> None:
    recent, maker = Recent[str](4, len), Maker()
    assert await recent.get(1, maker("a")) == "a"
    assert await recent.get(2, maker("too heavy")) == "too heavy"
    assert await recent.get(2, maker("too heavy")) == "too heavy"
    assert maker.made.count("too heavy") == 2


async def test_a_failure_is_passed_on_and_not_kept() -> None:
    recent, maker = Recent[str](4), Maker()

    async def fail() -> str:
        raise OSError("not now")

    with pytest.raises(OSError, match="not now"):
        await recent.get(1, fail)
    assert await recent.get(1, maker("now")) == "now"
