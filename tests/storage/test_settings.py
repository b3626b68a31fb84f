"""Preferences: any JSON value by name."""

from pathlib import Path

import pytest

from chatapp.storage.profile import open_disk


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "é\ud800", [1, [2]], {"a": {"b": None}}])
async def test_a_value_is_there_after_the_next_start(profile: Path, value: object) -> None:
    async with open_disk(profile, window=True) as disk:
        await disk.settings.set("name", "before")
        await disk.settings.set("name", value)
    async with open_disk(profile, window=True) as disk:
        assert await disk.settings.get("name") == value
        assert await disk.settings.get("other") is None
