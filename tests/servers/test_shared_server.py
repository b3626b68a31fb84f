"""The recipe of docs/shared-server.md: ogx that keeps state and stores in PostgreSQL, and is begun again."""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import StoreCopied
from chatapp.services.address_book import ENGINE
from chatapp.services.enclosures import enclosed
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.house import House
from tests.servers.fleet import Fleet, NotThere
from tests.servers.postgres import Postgres
from tests.servers.shared_server import KEY, PASSWORD, RECIPE, SharedServer

FACTS = "Marmalade Station opened in 1937. It has four platforms.\n"
QUESTION = "When did Marmalade Station open?"
SCRIPTED = "embedding/stub-chat"
"""The script stands in for both servers of models, and is known under each by its name."""
REAL = "vllm/smollm2-135m"


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    try:
        database = Postgres()
    except NotThere as problem:
        pytest.skip(str(problem))
    database.script(RECIPE / "database.sql", password=PASSWORD)
    yield database
    database.stop()


@pytest.fixture(scope="module")
def shared(
    database: Postgres, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedServer]:
    home = tmp_path_factory.mktemp("shared")
    try:
        server = SharedServer(home, database, fleet.base_url("llama-server"), fleet.base_url("stub"))
        server.start()
    except NotThere as problem:
        pytest.skip(str(problem))
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
async def house(shared: SharedServer, profile: Path) -> AsyncIterator[House]:
    connection = Connection("shared", "Shared", shared.base_url, "session", default_model=SCRIPTED)
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection, KEY)
        yield House(app=app, profile=profile, connection=connection)


async def test_state_and_stores_outlive_the_server(
    house: House, shared: SharedServer, database: Postgres, tmp_path: Path
) -> None:
    """A question about a file, its citation, a restart: the chain and the store go on."""
    path = tmp_path / "marmalade.txt"
    path.write_text(FACTS)
    conversation = await house.conversation()
    asked = [enclosed(path, "search")]
    first = await house.app.turns.wait(await house.app.turns.send(conversation.id, QUESTION, asked))
    assert (first.answer.status, first.answer.failure) == (Status.COMPLETED, None)
    citation = (await house.app.sources.passages(first))[0]
    found = await house.app.sources.locate(first.server, citation)
    assert found.original is not None
    assert found.original.path.read_text() == FACTS
    assert found.place is not None
    assert found.place.quote == "Marmalade Station opened in 1937."

    shared.stop(signal.SIGKILL)
    shared.start()

    (store,) = await house.app.library.stores("shared")
    (file,) = await house.app.library.files("shared", store["id"])
    assert (file.filename, file.stage) == ("marmalade.txt", "completed")
    again = await house.ask(conversation, "How many platforms has it?")
    assert again.answer.text == first.answer.text, "it was searched for again"
    await house.app.conversations.set_parameter(conversation.id, "vector_stores", None)
    third = await house.ask(conversation, "history")
    assert third.request["previous_response_id"] == again.response_id
    assert third.answer.text.startswith(f"I see 3 user messages; first was: {QUESTION}")
    kept = database.rows("ogx", "SELECT id FROM responses")
    assert set(kept) == {turn.response_id for turn in (first, again, third)}


async def test_a_real_model_answers_behind_it(house: House) -> None:
    turn = await house.ask(await house.conversation(model=REAL, max_output_tokens=16), "Say hello.")
    assert turn.answer.status in (Status.COMPLETED, Status.INCOMPLETE)
    assert turn.answer.text


async def test_a_library_is_copied_to_it(house: House, tmp_path: Path) -> None:
    """From the built-in engine, searchable and with all that is known of it; once more adds nothing. Then back."""
    path = tmp_path / "tram.txt"
    path.write_text("The tram to Marmalade runs every nine minutes.")
    client, shared = (house.app.servers.vector_stores(server) for server in (ENGINE, house.connection))
    store = await client.create_store("Trams", settings={"metadata": {"for": "all"}})
    uploaded = await client.upload(path, path.name, lambda sent: None)
    chunking = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}
    await client.attach(store["id"], uploaded["id"], {"line": "9"}, chunking)
    for attempt in (1, 2):
        house.forget()
        await house.app.copying.start(ENGINE.id, store["id"], "shared")
        await house.until(lambda: bool(_ended(house)), 60)
        (ended,) = _ended(house)
        assert (ended.copied, ended.total, ended.missing, ended.reason) == (1, 1, (), ""), attempt
    (copy,) = [entry for entry in await shared.stores() if entry["name"] == "Trams"]
    assert copy["metadata"]["for"] == "all"
    (file,) = await shared.store_files(copy["id"])
    assert (file["attributes"], file["chunking_strategy"]) == ({"line": "9"}, chunking)
    (hit,) = await shared.search(copy["id"], {"query": "How often does the tram run?", "max_num_results": 3})
    assert hit["content"][0]["text"] == path.read_text()

    house.forget()
    await house.app.copying.start("shared", copy["id"], ENGINE.id)
    await house.until(lambda: bool(_ended(house)), 60)
    back = (await client.stores())[0]
    assert (back["metadata"], back["file_counts"]["completed"]) == ({"for": "all"}, 1)


def _ended(house: House) -> list[StoreCopied]:
    changes = [change for change in house.listen() if isinstance(change, StoreCopied)]
    return [change for change in changes if not change.copying]
