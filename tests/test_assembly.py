"""What the user chose reaches the engine that is started."""

import json
import sys
from pathlib import Path

import pytest

from chatapp.assembly import ENGINE_FOLDER, open_profile
from chatapp.connections.engine_address import NAME
from chatapp.services.feed import Feed
from chatapp.services.preferences import LOOKS_NEARBY


def options_of_engine(profile: Path) -> list[str]:
    """What stands on the command line of the engine that runs for a profile, after its data folder."""
    folder = profile / ENGINE_FOLDER
    pid = json.loads((folder / NAME).read_text())["pid"]
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return arguments[arguments.index(str(folder)) + 1 : -1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's arguments in /proc")
async def test_the_engine_looks_for_model_servers_unless_it_was_told_not_to(tmp_path: Path) -> None:
    async with open_profile(tmp_path / "profile", Feed()) as app:
        await app.servers.start_engine()
        assert options_of_engine(tmp_path / "profile") == ["--low-priority"]
        await app.preferences.set(LOOKS_NEARBY, False)
        await app.servers.restart_engine()
        assert options_of_engine(tmp_path / "profile") == ["--low-priority", "--no-nearby"]
