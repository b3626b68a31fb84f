"""Third-party servers, really run, and a profile of ours that talks to one of them as the window does."""

from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.house import House
from tests.servers.fleet import LITELLM_KEY, Fleet, NotThere


@dataclass(frozen=True, slots=True)
class RealServer:
    """A server as a user would set it up. `program` is its folder in ../shared/servers.

    `keeps` says whether it keeps responses, so that a turn can refer to one by id; `scripted` whether the backend
    answers that repeats what it was asked and counts the questions it saw."""

    name: str
    program: str
    model: str
    keeps: bool = False
    scripted: bool = False
    key: str = ""


SERVERS = (
    RealServer("llama-server", "llama-server", "smollm2-135m"),
    RealServer("llmock", "llmock", "gpt-4o"),
    RealServer("ogx", "ogx", "stub/stub-chat", keeps=True, scripted=True),
    RealServer("litellm", "litellm", "bridge-stub", scripted=True, key=LITELLM_KEY),
    RealServer("litellm-llama", "litellm", "native-llama", key=LITELLM_KEY),
    RealServer("litellm-ogx", "litellm", "native-ogx-stub", keeps=True, scripted=True, key=LITELLM_KEY),
)


@dataclass(kw_only=True)
class RealHouse(House):
    """An open profile whose conversations talk to a real server."""

    server: RealServer


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """All servers that the chosen tests want are begun at once: the slow ones start behind the quick ones' tests."""
    fleet = Fleet(tmp_path_factory.mktemp("servers"))
    wanted = dict.fromkeys(real.program for item in request.session.items if (real := _server_of(item)))
    try:
        for program in wanted:
            try:
                fleet.begin(program)
            except NotThere:
                continue  # the tests that want it are skipped, and say why
        yield fleet
    finally:
        fleet.stop()


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def real(request: pytest.FixtureRequest) -> RealServer:
    server: RealServer = request.param
    return server


@pytest.fixture
async def house(real: RealServer, fleet: Fleet, profile: Path) -> AsyncIterator[RealHouse]:
    try:
        address = fleet.base_url(real.program)
    except NotThere as problem:
        pytest.skip(str(problem))
    connection = Connection(
        real.name, real.name, address, "session" if real.key else "none", default_model=real.model
    )
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection, real.key or None)
        yield RealHouse(app=app, profile=profile, connection=connection, server=real)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its server had to say."""
    report = yield
    fleet = getattr(item, "funcargs", {}).get("fleet")
    real = _server_of(item)
    if report.failed and fleet is not None and real is not None:
        report.sections.append((f"log of {real.program}", fleet.log(real.program)))
    return report


def _server_of(item: pytest.Item) -> RealServer | None:
    call = getattr(item, "callspec", None)
    found = call.params.get("real") if call else None
    return found if isinstance(found, RealServer) else None
