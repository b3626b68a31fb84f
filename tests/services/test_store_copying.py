"""Copying a library: from the built-in engine to a second one, which is a server like any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import FilesChanged, Notice, StoreCopied
from chatapp.services.address_book import ENGINE
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from chatapp.services.store_copying import CLOSED, CUT, STOPPED
from tests.engine.process import Json, RunningEngine, engine_on
from tests.kit.gated_server import Gate, GatedServer, Reply, Request, json_reply
from tests.services.conftest import House, refused

CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}


@pytest.fixture
def target(tmp_path: Path) -> Iterator[RunningEngine]:
    with engine_on(tmp_path / "target") as running:
        yield running


def second(engine: RunningEngine) -> Connection:
    return Connection("second", "Second", engine.base_url, "session")


async def told(house: House, count: int = 1) -> StoreCopied:
    """How it ended, the `count`th time it did."""

    def ends() -> list[StoreCopied]:
        changes = [change for change in house.listen() if isinstance(change, StoreCopied)]
        return [change for change in changes if not change.copying]

    await house.until(lambda: len(ends()) == count, 30)
    return ends()[-1]


async def filled(house: House, tmp_path: Path, count: int) -> str:
    """A library of the built-in engine with so many files of their own content."""
    paths = [tmp_path / f"{number:02}.txt" for number in range(count)]
    for path in paths:
        path.write_text(f"The lighthouse {path.stem} has {path.stem} steps.")
    store_id = str((await house.app.library.create_store("engine", "Harbour"))["id"])
    arrivals = await house.app.library.add_and_wait("engine", store_id, [(path, path.name) for path in paths])
    assert {arrival.file.stage for arrival in arrivals} == {"completed"}
    return store_id


def held(target: RunningEngine) -> list[str]:
    """The names of the files in the one store of the target, in order."""
    (store,) = target.call("GET", "/vector_stores")["data"]
    files: list[Json] = target.call("GET", f"/vector_stores/{store['id']}/files?limit=100")["data"]
    assert {file["status"] for file in files} == {"completed"}
    return sorted(target.call("GET", f"/files/{file['id']}")["filename"] for file in files)


async def test_a_library_arrives_as_it_is(house: House, target: RunningEngine, tmp_path: Path) -> None:
    """With name, metadata, expiry, attributes and chunking, a file that another program uploaded, and without the
    one that the target cannot read."""
    (tmp_path / "facts.txt").write_text("The lighthouse is 31 metres tall.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n\x93\x8c")
    client = house.app.servers.vector_stores(ENGINE)
    expiry = {"anchor": "last_active_at", "days": 9}
    store = await client.create_store(
        "Harbour", settings={"metadata": {"for": "all"}, "expires_after": expiry}
    )
    ids = [
        (await client.upload(tmp_path / name, name, lambda sent: None))["id"]
        for name in ("facts.txt", "broken.pdf")
    ]
    await client.attach(store["id"], ids[0], {"year": 1874}, CHUNKING)
    await client.attach(store["id"], ids[1], {})
    await house.app.preferences.put_connection(second(target), target.token)

    await house.app.copying.start("engine", store["id"], "second")
    ended = await told(house)

    assert (ended.copied, ended.total, ended.reason) == (1, 2, "")
    (missing,) = ended.missing
    assert missing.filename == "broken.pdf"
    assert "damaged" in missing.reason
    (copy,) = target.call("GET", "/vector_stores")["data"]
    assert (copy["name"], copy["metadata"], copy["expires_after"]) == ("Harbour", {"for": "all"}, expiry)
    files = target.call("GET", f"/vector_stores/{copy['id']}/files?filter=completed")["data"]
    assert [(file["attributes"], file["chunking_strategy"]) for file in files] == [({"year": 1874}, CHUNKING)]
    content = target.client.get(f"/files/{files[0]['id']}/content")
    assert content.text == "The lighthouse is 31 metres tall."
    assert len(await client.store_files(store["id"])) == 2, "the source keeps all it has"
    notices = [change for change in house.listen() if isinstance(change, Notice)]
    assert [(notice.severity, "1 of its 2 files" in notice.text) for notice in notices] == [("warning", True)]


async def test_a_copy_that_was_cut_goes_on_without_doubles(house: House, tmp_path: Path) -> None:
    """The target is killed on the way and begun again; the second attempt brings only what is not there."""
    store_id = await filled(house, tmp_path, 12)
    with engine_on(tmp_path / "target") as first:
        await house.app.preferences.put_connection(second(first), first.token)
        await house.app.copying.start("engine", store_id, "second")
        await house.until(
            lambda: any(isinstance(change, StoreCopied) and change.copied >= 3 for change in house.listen())
        )
        first.process.kill()
        cut = await told(house)
        assert cut.reason == "The server cannot be reached (Second)."
        assert 3 <= cut.copied < 12
    with engine_on(tmp_path / "target") as again:
        await house.app.preferences.put_connection(second(again), again.token)
        await house.app.copying.start("engine", store_id, "second")
        ended = await told(house, 2)
        assert (ended.copied, ended.total, ended.missing) == (12, 12, ())
        assert held(again) == [f"{number:02}.txt" for number in range(12)]
        await house.app.copying.start("engine", store_id, "second")
        assert (await told(house, 3)).copied == 12
        assert held(again) == [f"{number:02}.txt" for number in range(12)]


async def test_a_copy_that_is_stopped_says_so_and_is_left_alone(
    house: House, target: RunningEngine, tmp_path: Path
) -> None:
    store_id = await filled(house, tmp_path, 2)
    await house.app.preferences.put_connection(second(target), target.token)
    copying = house.app.copying
    await copying.start("engine", store_id, "second")
    await copying.start("engine", store_id, "second")  # it is on its way already
    await copying.stop("engine", store_id)
    assert (await told(house)).reason == STOPPED
    await copying.leave("engine", store_id)
    house.forget()
    await copying.recall("engine")
    assert house.listen() == []
    await copying.start("engine", store_id, "second")
    assert (await told(house)).copied == 2
    assert held(target) == ["00.txt", "01.txt"]


async def test_a_copy_cut_by_closing_is_told_at_the_next_start(
    house: House, gated_server: GatedServer, tmp_path: Path, profile: Path
) -> None:
    """The target takes the first file and never says so."""
    store_id = await filled(house, tmp_path, 1)
    stores = {"data": [{"id": "vs_9"}]}
    gated_server.always("GET", "/v1/vector_stores", json_reply(stores))
    gated_server.always("POST", "/v1/vector_stores", json_reply({"id": "vs_9"}))
    gated_server.always("GET", "/v1/vector_stores/vs_9/files", json_reply({"data": []}))
    gated_server.always("POST", "/v1/files", Reply(200, {}, [Gate(), b"{}"]))
    await house.app.copying.start("engine", store_id, "gated")
    await house.until(
        lambda: any(
            file.stage == "uploading"
            for change in house.listen()
            if isinstance(change, FilesChanged) and change.server == "gated"
            for file in change.files
        )
    )
    await house.app.copying.aclose()
    assert (await told(house)).reason == CLOSED
    async with open_profile(profile, Feed(), window=False) as app:
        await app.copying.recall("engine")
        (change,) = [change for change in app.feed.drain() if isinstance(change, StoreCopied)]
        assert (change.name, change.target, change.copying, change.reason) == (
            "Harbour",
            "gated",
            False,
            CUT,
        )
        await app.copying.recall("gated")
        assert app.feed.drain() == []


async def test_what_the_source_does_not_hand_out_is_named(house: House, gated_server: GatedServer) -> None:
    entry = {"id": "file_1", "status": "completed"}
    gated_server.always("GET", "/v1/vector_stores", json_reply({"data": [{"id": "vs_1", "name": "Far"}]}))
    gated_server.always("GET", "/v1/vector_stores/vs_1/files", json_reply({"data": [entry]}))
    gated_server.always("GET", "/v1/files/file_1", json_reply({"id": "file_1", "filename": "a.pdf"}))
    words = "Not allowed to download files of purpose: assistants."
    gated_server.always("GET", "/v1/files/file_1/content", refused(400, words))
    await house.app.copying.start("gated", "vs_1", "engine")
    (missing,) = (await told(house)).missing
    assert missing.filename == "a.pdf"
    assert words in missing.reason
    assert "Add it" in missing.reason


async def test_a_file_the_target_refuses_holds_up_no_other(
    house: House, gated_server: GatedServer, tmp_path: Path
) -> None:
    """As long as the target answers, its refusal is about the one file."""

    def upload(request: Request) -> Reply:
        return refused(413, "Too big.") if b"00.txt" in request.body else json_reply({"id": "file_9"})

    store_id = await filled(house, tmp_path, 2)
    gated_server.always("GET", "/v1/vector_stores", json_reply({"data": []}))
    gated_server.always("POST", "/v1/vector_stores", json_reply({"id": "vs_9"}))
    gated_server.always("GET", "/v1/vector_stores/vs_9/files", json_reply({"data": []}))
    gated_server.always("POST", "/v1/files", upload)
    gated_server.always(
        "POST", "/v1/vector_stores/vs_9/files", json_reply({"id": "file_9", "status": "completed"})
    )
    await house.app.copying.start("engine", store_id, "gated")
    ended = await told(house)
    assert (ended.copied, ended.total, ended.reason) == (1, 2, "")
    assert [(file.filename, "Too big." in file.reason) for file in ended.missing] == [("00.txt", True)]


async def test_a_server_without_stores_is_no_target(
    house: House, gated_server: GatedServer, tmp_path: Path
) -> None:
    store_id = await filled(house, tmp_path, 1)
    gated_server.always("GET", "/v1/vector_stores", refused(404, "Not found"))
    with pytest.raises(UseCaseFailure, match="not on its server"):
        await house.app.copying.start("engine", "vs_gone", "gated")
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.copying.start("engine", store_id, "gated")
    assert problem.value.failure.title == "That server keeps no libraries"
    assert not [change for change in house.listen() if isinstance(change, StoreCopied)]
