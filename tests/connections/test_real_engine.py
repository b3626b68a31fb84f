"""The clients against the real engine, started as the window starts it: a file, a question, and what is kept."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.connections.servers import NetworkServers
from chatapp.protocol.events import ResponseEvent
from chatapp.services.ports import Connection, ServerFailure
from tests.connections.test_servers import Keys

ENGINE = Connection("engine", "Built-in", "")
TEXT = "The lighthouse of Varn was built in 1874. Its lamp burns whale oil. The keeper is called Ottoline.\n"


@pytest.fixture
async def servers(tmp_path: Path) -> AsyncIterator[NetworkServers]:
    network = NetworkServers(Keys(), tmp_path / "engine")
    await network.start_engine()
    yield network
    await network.aclose()


async def indexed(servers: NetworkServers, store_id: str, file_id: str) -> None:
    for _ in range(200):
        file = await servers.vector_stores(ENGINE).store_file(store_id, file_id)
        if file["status"] != "in_progress":
            assert file["status"] == "completed", file
            return
        await asyncio.sleep(0.05)
    pytest.fail("the file was not indexed in time")


@pytest.mark.parametrize("name", ['a "quoted" name.md', "two\nlines\r.md", "100%.md", "a%2Fb ü 🙂 '.md"])
async def test_a_file_keeps_its_name(servers: NetworkServers, tmp_path: Path, name: str) -> None:
    stores = servers.vector_stores(ENGINE)
    path = tmp_path / "varn.md"
    path.write_text(TEXT)
    file = await stores.upload(path, name, lambda sent: None)
    assert file["filename"] == name
    assert (await stores.file(file["id"]))["filename"] == name
    await stores.download(file["id"], tmp_path / "back.md")
    assert (tmp_path / "back.md").read_text() == TEXT


async def test_a_question_about_a_file(servers: NetworkServers, tmp_path: Path) -> None:
    responses, stores = servers.responses(ENGINE), servers.vector_stores(ENGINE)
    path = tmp_path / "varn.md"
    path.write_text(TEXT)
    file = await stores.upload(path, "varn.md", lambda sent: None)
    store = await stores.create_store("Varn")
    await stores.attach(store["id"], file["id"], {"shelf": "a"})
    await indexed(servers, store["id"], file["id"])
    assert [entry["id"] for entry in await stores.stores()] == [store["id"]]
    assert [entry["id"] for entry in await stores.store_files(store["id"])] == [file["id"]]
    body = {"query": "When was the lighthouse built?", "max_num_results": 3}
    assert (await stores.search(store["id"], body))[0]["file_id"] == file["id"]

    tool = {"type": "file_search", "vector_store_ids": [store["id"]]}
    model = (await responses.models())[0]["id"]
    request = {"model": model, "input": "When was the lighthouse built?", "tools": [tool]}
    events = [event async for event in responses.stream(request)]
    last = events[-1]
    assert isinstance(last, ResponseEvent)
    assert last.type == "response.completed"
    assert "1874" in str(last.response["output"])
    assert [event.sequence for event in events] == list(range(len(events)))

    kept = await responses.retrieve(last.response["id"])
    assert kept["output"] == last.response["output"]
    (item,) = await responses.input_items(kept["id"])
    assert item["role"] == "user"
    await stores.download(file["id"], tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == TEXT

    await responses.delete(kept["id"])
    with pytest.raises(ServerFailure) as caught:
        await responses.retrieve(kept["id"])
    assert caught.value.status == 404
    assert (await stores.update_store(store["id"], {"name": "Light"}))["name"] == "Light"
    await stores.detach(store["id"], file["id"])
    assert await stores.store_files(store["id"]) == []
    await stores.delete_store(store["id"])
    await stores.delete_file(file["id"])
    with pytest.raises(ServerFailure):
        await stores.file(file["id"])


async def test_an_unknown_parent_is_told_as_the_engine_says_it(servers: NetworkServers) -> None:
    client = servers.responses(ENGINE)
    with pytest.raises(ServerFailure) as caught:
        async for _ in client.stream({"model": "any", "input": "Hi", "previous_response_id": "resp_gone"}):
            pass
    assert caught.value.kind == "refused"
    assert caught.value.status in (400, 404)
    assert caught.value.error.message


@pytest.mark.parametrize("module", ["servers", "http", "engine_process"])
def test_nothing_is_loaded_from_the_network_library_before_the_first_request(module: str) -> None:
    program = f"import sys, chatapp.connections.{module}; print('httpx' in sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "False"
