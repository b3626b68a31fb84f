"""One engine for the tests that only talk to it; tests that end or starve an engine start their own."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.engine.process import RunningEngine, engine_on
from tests.kit.fixtures import gated_server

__all__ = ["gated_server"]


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with engine_on(tmp_path_factory.mktemp("engine") / "data") as running:
        yield running
    assert running.process.returncode == 0


@pytest.fixture(scope="package")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """An engine with the generators of `echo`."""
    with engine_on(tmp_path_factory.mktemp("echo") / "data", module="tests.engine.echo") as running:
        yield running
    assert running.process.returncode == 0


@pytest.fixture(scope="package")
def guide(engine: RunningEngine) -> str:
    """A vector store with one small document of our own."""
    return engine.store(("lighthouse.md", LIGHTHOUSE.encode()))


LIGHTHOUSE = """# The lighthouse at Skerry Point

The tower was built in 1871 by Agnes Harrow. It stands 38 metres above the high water mark.

## The lamp

The lamp turns once in twelve seconds. Its light reaches 21 nautical miles in clear weather.
A spare lamp is kept in the cellar.

## Visits

Visitors are admitted from April to September. Admission costs 4.50 euros; children pay nothing.
The stair has 163 steps and no lift.
"""


@pytest.fixture(scope="package")
def sdk(echo: RunningEngine) -> Iterator[OpenAI]:
    """The official SDK on an engine that can do everything, refusing whatever is not as its types say."""
    with OpenAI(
        base_url=echo.base_url, api_key=echo.token, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client
