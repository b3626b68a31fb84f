"""Files added to a library: they wait their turn, stop, go on, are sent once, and outlive the program."""

import json
import os
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import FilesChanged, LibraryFile, QueueHeld, QueuePaused
from chatapp.services.feed import Feed
from chatapp.services.library import PAUSED
from chatapp.services.outages import MOST_TRIES
from tests.kit.gated_server import Gate, Reply, Request, json_reply
from tests.services.conftest import House, refused

ENDED = ("completed", "failed", "cancelled")


def written(folder: Path, count: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{number:02}.txt" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"Lighthouse number {number} has {number * 7} steps.\n")
    return paths


def known(house: House, store_id: str) -> dict[str, LibraryFile]:
    """The newest word about each file of a store."""
    told = [change for change in house.listen() if isinstance(change, FilesChanged)]
    files = next((change.files for change in reversed(told) if change.store_id == store_id), ())
    return {file.filename: file for file in files}


async def all_ended(house: House, store_id: str, count: int) -> dict[str, LibraryFile]:
    def ended() -> bool:
        files = known(house, store_id).values()
        return len(files) == count and all(file.stage in ENDED for file in files)

    await house.until(ended)
    return known(house, store_id)


async def test_what_waits_stays_while_paused_and_goes_on(house: House, tmp_path: Path) -> None:
    library = house.app.library
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    await library.pause(True)
    await library.add("engine", store_id, written(tmp_path, 5))
    assert {file.stage for file in known(house, store_id).values()} == {"waiting"}
    key = known(house, store_id)["01.txt"].key
    await library.cancel([key])
    assert known(house, store_id)["01.txt"].stage == "cancelled"
    await library.pause(False)
    files = await all_ended(house, store_id, 5)
    assert Counter(file.stage for file in files.values()) == {"completed": 4, "cancelled": 1}
    await library.forget([key])
    assert "01.txt" not in known(house, store_id)
    assert [change.paused for change in house.listen() if isinstance(change, QueuePaused)] == [True, False]


async def test_all_are_cancelled_and_all_tried_again(house: House, tmp_path: Path) -> None:
    library = house.app.library
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    paths = written(tmp_path, 4)
    paths[3].unlink()
    await library.pause(True)
    await library.add("engine", store_id, paths[:2])
    await library.cancel_all("engine", store_id)
    assert {file.stage for file in known(house, store_id).values()} == {"cancelled"}
    await library.pause(False)
    await library.add("engine", store_id, paths[2:])
    await house.until(lambda: known(house, store_id)["03.txt"].stage == "failed")
    paths[3].write_text("Here after all.")
    await library.retry_all("engine", store_id)
    files = await all_ended(house, store_id, 4)
    assert Counter(file.stage for file in files.values()) == {"completed": 2, "cancelled": 2}


async def test_the_same_content_is_sent_once(house: House, tmp_path: Path) -> None:
    library = house.app.library
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    (first,) = written(tmp_path, 1)
    copy, again = tmp_path / "copy.txt", tmp_path / "again" / first.name
    again.parent.mkdir()
    for path in (copy, again):
        path.write_bytes(first.read_bytes())
    await library.add("engine", store_id, [first, copy])
    files = await all_ended(house, store_id, 2)
    assert {files[name].note for name in (first.name, copy.name)} <= {
        "", "already there as “00.txt”", "already there as “copy.txt”"
    }  # fmt: skip
    assert [file.note for file in files.values()].count("") == 1, "one of them was sent"
    other = (await library.create_store("engine", "Port"))["id"]
    await library.add("engine", other, [again])
    assert (await all_ended(house, other, 1))[first.name].note in ("the server had it, not sent again", "")
    assert len(await library.files("engine", store_id)) == 1


async def test_a_program_that_ends_goes_on_at_its_next_start(house: House, tmp_path: Path) -> None:
    """What had arrived is not sent twice, what failed is told again, and a pause holds."""
    library, paths = house.app.library, written(tmp_path, 6)
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    await library.set_chunking("engine", store_id, STATIC)
    paths[0].unlink()
    await library.add("engine", store_id, paths[:3])
    await all_ended(house, store_id, 3)
    house.server.always("POST", "/v1/files", refused(413, "It is too large."))
    await library.add("gated", "vs_1", [paths[1]])
    assert (await all_ended(house, "vs_1", 1))["01.txt"].final
    await library.pause(True)
    await library.add("engine", store_id, paths[1:])
    await library.aclose()
    async with open_profile(house.profile, Feed(), window=False) as app:
        again = House(app=app, profile=house.profile, connection=house.connection, server=house.server)
        await app.library.go_on()
        files = known(again, store_id)
        assert again.notices() == [f"{PAUSED} 5."]
        assert "moved or deleted" in (files["00.txt"].reason or "")
        large = known(again, "vs_1")["01.txt"]
        assert ("It is too large." in (large.reason or ""), large.final) == (True, True)
        assert {files[path.name].stage for path in paths[1:]} == {"waiting"}
        await app.library.pause(False)
        await house_ended(again, store_id, len(paths))
        listed = await app.library.files("engine", store_id)
        completed = [file for file in listed if file.stage == "completed"]
        assert sorted(file.filename for file in completed) == [path.name for path in paths[1:]]
        assert all(file.chunking == STATIC for file in completed)
        assert all(file.usage for file in completed)
        assert {file.filename for file in await resumed(house.profile)} == {"00.txt", "01.txt"}


STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 0}}


async def house_ended(house: House, store_id: str, count: int) -> None:
    await all_ended(house, store_id, count)


async def resumed(profile: Path) -> list[LibraryFile]:
    """What another start would go on with."""
    async with open_profile(profile, Feed(), window=False) as app:
        await app.library.go_on()
        told = [change for change in app.feed.drain() if isinstance(change, FilesChanged)]
    return [file for change in told for file in change.files]


@pytest.mark.parametrize("batches", [True, False])
async def test_files_that_wait_together_enter_the_store_together(
    house: House, tmp_path: Path, batches: bool
) -> None:
    """The first attach waits at a gate until the others stand behind it."""
    gate = Gate()
    uploaded: list[str] = []
    single: list[str] = []
    batch: list[str] = []

    def upload(request: Request) -> Reply:
        uploaded.append(f"file_{len(uploaded)}")
        return json_reply({"id": uploaded[-1], "filename": "x"})

    def attach(request: Request) -> Reply:
        single.append(request.json["file_id"])
        body = json.dumps({"id": single[-1], "status": "completed"}).encode()
        steps: list[bytes | Gate] = [gate, body] if len(single) == 1 else [body]
        return Reply(200, {"content-type": "application/json"}, steps, framing="chunked")

    def together(request: Request) -> Reply:
        if not batches:
            return refused(404, "There are no batches here.")
        batch.extend(request.json["file_ids"])
        return json_reply({"id": "vsfb_1", "status": "in_progress"})

    house.server.always("POST", "/v1/files", upload)
    house.server.always("POST", "/v1/vector_stores/vs_1/files", attach)
    house.server.always("POST", "/v1/vector_stores/vs_1/file_batches", together)
    house.server.always(
        "GET", "/v1/vector_stores/vs_1/files/*", json_reply({"id": "file", "status": "completed"})
    )
    await house.app.library.add("gated", "vs_1", written(tmp_path, 6))
    await gate.reached()
    await house.until(lambda: [f.stage for f in known(house, "vs_1").values()].count("indexing") == 6)
    gate.open()
    files = await all_ended(house, "vs_1", 6)
    assert {file.stage for file in files.values()} == {"completed"}
    assert sorted(single + batch) == sorted(uploaded), "each once"
    assert len(single) == (1 if batches else 6)


async def test_what_a_killed_run_had_sent_is_taken_up_again(house: House, tmp_path: Path) -> None:
    """It is in no store and linked to nothing; one of another content but the same name and size stays out."""
    library, (path,) = house.app.library, written(tmp_path, 1)
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    other = tmp_path / "other" / path.name
    other.parent.mkdir()
    other.write_bytes(path.read_bytes()[::-1])
    client = library._carriers.servers.vector_stores(await library._carriers.book.get("engine"))
    await client.upload(other, path.name, lambda sent: None)
    sent = await client.upload(path, path.name, lambda sent: None)
    await library.pause(True)
    await library.add("engine", store_id, [path])
    await library.aclose()
    async with open_profile(house.profile, Feed(), window=False) as app:
        again = House(app=app, profile=house.profile, connection=house.connection, server=house.server)
        await app.library.go_on()
        await app.library.pause(False)
        files = await all_ended(again, store_id, 1)
        assert files[path.name].file_id == sent["id"]
        assert len(await client.files()) == 2


async def test_a_cancelled_copy_leaves_the_file_it_is_a_copy_of(house: House, tmp_path: Path) -> None:
    library, (first,) = house.app.library, written(tmp_path, 1)
    copy = tmp_path / "copy.txt"
    copy.write_bytes(first.read_bytes())
    indexing = json_reply({"id": "file_1", "status": "in_progress"})
    house.server.always("POST", "/v1/files", json_reply({"id": "file_1", "filename": first.name}))
    house.server.always("POST", "/v1/vector_stores/vs_1/files", indexing)
    house.server.always("GET", "/v1/vector_stores/vs_1/files/file_1", indexing)
    house.server.always("DELETE", "/v1/vector_stores/vs_1/files/file_1", json_reply({"deleted": True}))
    for path in (first, copy):
        await library.add("gated", "vs_1", [path])
        await house.until(lambda name=path.name: known(house, "vs_1")[name].stage == "indexing")  # type: ignore[misc]
    for path, deletions in ((copy, 0), (first, 1)):
        await library.cancel([known(house, "vs_1")[path.name].key])
        assert known(house, "vs_1")[path.name].stage == "cancelled"
        assert [request.method for request in house.server.requests].count("DELETE") == deletions


async def test_a_server_that_cannot_be_reached_is_waited_for(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead_port: int
) -> None:
    """What waits says why and fails not; one file tries, and the others follow once it got through."""
    monkeypatch.setattr("chatapp.services.outages.FIRST_S", 0.05)
    library = house.app.library
    address = house.connection.base_url
    await house.app.preferences.put_connection(
        replace(house.connection, base_url=f"http://127.0.0.1:{dead_port}/v1")
    )
    await library.add("gated", "vs_1", written(tmp_path, 4))
    await house.until(lambda: len([one for one in held(house) if one.until is not None]) >= 2)
    assert {one.reason for one in held(house)} == {"The server cannot be reached"}
    assert {file.stage for file in known(house, "vs_1").values()} <= {"waiting", "hashing", "uploading"}
    done = json_reply({"id": "file_1", "status": "completed"})
    house.server.always("POST", "/v1/files", json_reply({"id": "file_1", "filename": "x"}))
    house.server.always("GET", "/v1/files", json_reply({"data": []}))
    house.server.always("GET", "/v1/files/*", json_reply({"id": "file_1", "filename": "x"}))
    house.server.always("POST", "/v1/vector_stores/vs_1/files", done)
    house.server.always("GET", "/v1/vector_stores/vs_1/files/*", done)
    await house.app.preferences.put_connection(replace(house.connection, base_url=address))
    await library.try_now("gated")
    files = await all_ended(house, "vs_1", 4)
    assert {file.stage for file in files.values()} == {"completed"}
    assert held(house)[-1].reason == ""
    assert await resumed(house.profile) == [], "nothing is left in the journal"


@pytest.mark.skipif(os.name == "nt", reason="kills a process")
async def test_an_engine_that_is_killed_gets_the_rest_once_it_is_back(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.outages.FIRST_S", 0.05)
    library = house.app.library
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    engine = engine_of(house.profile)
    await library.add("engine", store_id, written(tmp_path, 30))
    await house.until(lambda: any(file.stage == "completed" for file in known(house, store_id).values()))
    os.kill(engine, signal.SIGKILL)
    files = await all_ended(house, store_id, 30)
    assert {(file.stage, file.reason) for file in files.values()} == {("completed", None)}
    listed = await library.files("engine", store_id)
    assert len({file.filename for file in listed}) == len(listed) == 30, "each once"


def engine_of(profile: Path) -> int:
    """The process id of a profile's engine."""
    found = subprocess.run(
        ["pgrep", "-f", f"engine --data {profile}"], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[0])


async def test_a_file_at_which_its_server_breaks_off_fails_in_the_end(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.outages.FIRST_S", 0.0)
    house.server.always("POST", "/v1/files", refused(500, "The disk is on fire."))
    house.server.always("GET", "/v1/files", json_reply({"data": []}))
    await house.app.library.add("gated", "vs_1", written(tmp_path, 1))
    (file,) = (await all_ended(house, "vs_1", 1)).values()
    assert (file.stage, (file.reason or "")[:20]) == ("failed", "The disk is on fire.")
    sent = [
        request
        for request in house.server.requests
        if (request.method, request.path) == ("POST", "/v1/files")
    ]
    assert len(sent) == 1 + MOST_TRIES


async def test_a_connection_that_breaks_off_is_told_of_the_file_and_the_rest_is_sent(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.outages.FIRST_S", 0.0)
    sent = json_reply({"id": "file_1", "filename": "00.txt"})
    house.server.script("POST", "/v1/files", replace(sent, cut_wire=100))
    house.server.always("POST", "/v1/files", sent)
    house.server.always("GET", "/v1/files", json_reply({"data": []}))
    done = json_reply({"id": "file_1", "status": "completed"})
    house.server.always("POST", "/v1/vector_stores/vs_1/files", done)
    await house.app.library.add("gated", "vs_1", written(tmp_path, 1))
    (file,) = (await all_ended(house, "vs_1", 1)).values()
    assert file.stage == "completed"
    assert held(house)[0].reason == "The connection broke off"


def held(house: House) -> list[QueueHeld]:
    return [change for change in house.listen() if isinstance(change, QueueHeld)]


async def test_a_file_of_another_library_is_added_where_absence_is_told_with_400(
    house: House, tmp_path: Path
) -> None:
    """As ogx does: the content is known to the server, and this store does not have it yet."""
    (path,) = written(tmp_path, 1)
    done = json_reply({"id": "file_1", "status": "completed"})
    house.server.always("POST", "/v1/files", json_reply({"id": "file_1", "filename": path.name}))
    house.server.always("GET", "/v1/files/file_1", json_reply({"id": "file_1", "filename": path.name}))
    absent = refused(400, "File file_1 not found in vector store vs_2")
    house.server.always("GET", "/v1/vector_stores/vs_2/files/file_1", absent)
    for store_id in ("vs_1", "vs_2"):
        house.server.always("POST", f"/v1/vector_stores/{store_id}/files", done)
        await house.app.library.add("gated", store_id, [path])
        (file,) = (await all_ended(house, store_id, 1)).values()
        assert file.stage == "completed", file.reason
    assert file.note == "the server had it, not sent again"


async def test_what_was_to_go_to_a_server_that_was_removed_is_forgotten(house: House, tmp_path: Path) -> None:
    library = house.app.library
    await library.pause(True)
    await library.add("gated", "vs_1", written(tmp_path, 2))
    await house.app.preferences.remove_connection("gated")
    await library.aclose()
    assert await resumed(house.profile) == []
