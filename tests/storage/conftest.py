"""An open profile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.storage.database import Database
from chatapp.storage.profile import Disk, open_disk


@pytest.fixture
async def disk(profile: Path) -> AsyncIterator[Disk]:
    async with open_disk(profile, window=True) as opened:
        yield opened


@pytest.fixture
async def database(profile: Path) -> AsyncIterator[Database]:
    opened = Database(profile)
    await opened.open()
    yield opened
    await opened.close()
