"""Model servers on this machine: found where they run, listed under their names, asked for nothing but their models."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chatapp.engine.generation.nearby import AGAIN_S, Nearby
from chatapp.engine.generation.port import Ability
from chatapp.engine.generation.sources import Generators
from chatapp.engine.generation.upstream import REMEMBERED_S
from tests.kit.gated_server import GatedServer, Reply, Request, Stall, error_reply, json_reply, stream_reply


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def listing(owner: str, *ids: str) -> Reply:
    return json_reply({"data": [{"id": one, "owned_by": owner} for one in ids]})


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "nearby.json"


@asynccontextmanager
async def looking(memory: Path, **ports: int) -> AsyncIterator[tuple[Nearby, Clock]]:
    clock = Clock()
    nearby = Nearby(memory, ports, clock)
    try:
        yield nearby, clock
    finally:
        await nearby.aclose()


async def listed(nearby: Nearby) -> list[str]:
    return [generator.id for generator in await nearby.generators()]


async def test_models_stand_under_the_name_of_their_server(
    gated_server: GatedServer, memory: Path, dead_port: int
) -> None:
    gated_server.always("GET", "/v1/models", listing("library", "llama3:8b", "nomic-embed-text", "x:vision"))
    gated_server.always("POST", "/api/show", shown)
    async with looking(memory, ollama=gated_server.port, lmstudio=dead_port) as (nearby, _):
        generators = {one.id: one for one in await nearby.generators()}
    assert list(generators) == ["ollama/llama3:8b", "ollama/x:vision"]
    assert Ability.SEARCHES in generators["ollama/llama3:8b"].abilities
    assert Ability.SEARCHES not in generators["ollama/x:vision"].abilities
    assert not any(b"messages" in request.body for request in gated_server.requests)


def shown(request: Request) -> Reply:
    can = {"llama3:8b": ["completion", "tools"], "x:vision": ["completion", "vision"]}
    return json_reply({"capabilities": can.get(request.json["model"], ["embedding"])})


async def test_lm_studio_tells_what_its_models_can(gated_server: GatedServer, memory: Path) -> None:
    gated_server.always("GET", "/v1/models", listing("organization_owner", "a", "b", "c"))
    told: list[dict[str, Any]] = [
        {"id": "a", "type": "llm", "capabilities": ["tool_use"], "loaded_context_length": 4096},
        {"id": "b", "type": "embeddings"},
    ]
    gated_server.always("GET", "/api/v0/models", json_reply({"data": told}))
    async with looking(memory, lmstudio=gated_server.port) as (nearby, _):
        generators = await nearby.generators()
    assert [one.id for one in generators] == ["lmstudio/a", "lmstudio/c"]
    assert [one.context_tokens for one in generators] == [4096, None]


async def test_what_it_was_told_holds_for_a_while(gated_server: GatedServer, memory: Path) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    async with looking(memory, x=gated_server.port) as (nearby, clock):
        assert await listed(nearby) == ["x/a"] == await listed(nearby)
        assert len(gated_server.requests) == 1
        gated_server.always("GET", "/v1/models", error_reply(500, "no"))
        clock.seconds = REMEMBERED_S
        assert await listed(nearby) == ["x/a"]
        gated_server.always("GET", "/v1/models", listing("them", "a", "b"))
        clock.seconds = 2 * REMEMBERED_S
        assert await listed(nearby) == ["x/a", "x/b"]


async def test_one_that_starts_later_is_found_after_a_while(
    gated_server: GatedServer, memory: Path, dead_port: int
) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    ports = {"x": dead_port}
    clock = Clock()
    nearby = Nearby(memory, ports, clock)
    assert await listed(nearby) == []
    ports["x"] = gated_server.port
    assert await listed(nearby) == []
    clock.seconds = AGAIN_S
    assert await listed(nearby) == ["x/a"]
    ports["x"] = dead_port
    clock.seconds = 2 * AGAIN_S
    assert await listed(nearby) == []
    await nearby.aclose()


async def test_a_model_that_is_asked_for_is_looked_for_at_once(
    gated_server: GatedServer, memory: Path, dead_port: int
) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    ports = {"x": dead_port}
    nearby = Nearby(memory, ports, Clock())
    generators = Generators([nearby])
    assert await generators.find("x/a") is None
    ports["x"] = gated_server.port
    assert await generators.find("x/a") is not None
    gated_server.always("GET", "/v1/models", listing("them", "a", "b"))
    assert await generators.find("x/b") is not None
    await generators.aclose()


async def test_what_was_seen_is_known_to_the_next_engine_until_it_looks_itself(
    gated_server: GatedServer, memory: Path
) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    async with looking(memory, x=gated_server.port) as (nearby, _):
        assert await listed(nearby) == ["x/a"]
    assert len(gated_server.requests) == 1
    gated_server.always("GET", "/v1/models", listing("them", "b"))
    async with looking(memory, x=gated_server.port) as (nearby, clock):
        assert await listed(nearby) == ["x/a"]
        assert len(gated_server.requests) == 1
        clock.seconds = AGAIN_S
        assert await listed(nearby) == ["x/b"]


async def test_who_no_longer_listens_is_not_listed_from_memory(
    gated_server: GatedServer, memory: Path, dead_port: int
) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    async with looking(memory, x=gated_server.port) as (nearby, _):
        assert await listed(nearby) == ["x/a"]
    async with looking(memory, x=dead_port) as (nearby, _):
        assert await listed(nearby) == []


DAMAGED = ["", "[", "[1]", '{"x": 1}', '{"x": [{"name": "a"}]}', '{"y": [{"id": "a"}]}']


@pytest.fixture
def damaged_memory(request: pytest.FixtureRequest, memory: Path) -> Path:
    memory.write_text(request.param)
    return memory


def first_kept(memory: Path) -> Any:
    return json.loads(memory.read_text())["x"][0]["id"]


@pytest.mark.parametrize("damaged_memory", DAMAGED, indirect=True)
async def test_a_memory_that_cannot_be_read_is_none(gated_server: GatedServer, damaged_memory: Path) -> None:
    gated_server.always("GET", "/v1/models", listing("them", "a"))
    async with looking(damaged_memory, x=gated_server.port) as (nearby, _):
        assert await listed(nearby) == ["x/a"]
    assert first_kept(damaged_memory) == "a"


@pytest.mark.parametrize(
    "reply",
    [Reply(404, {"content-type": "text/html"}, [b"<html>"]), Reply(200, {}, [b"<html>"]), json_reply([1]),
     json_reply({"data": [1, {"id": 3}, {}]}), stream_reply(Stall())],
    ids=["404", "html", "list", "odd", "silent"],
)  # fmt: skip
async def test_what_listens_there_may_be_anything(
    gated_server: GatedServer, memory: Path, reply: Reply
) -> None:
    gated_server.always("GET", "/v1/models", reply)
    async with looking(memory, x=gated_server.port) as (nearby, _):
        assert await listed(nearby) == []
