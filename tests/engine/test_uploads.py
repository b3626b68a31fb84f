"""Uploads in parts: joined as told, refused where they are not what was announced, nothing left behind."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatapp.engine.upload_shelf import LARGEST_UPLOAD
from tests.engine.process import Json, RunningEngine, engine_on

ANNOUNCED: Json = {"bytes": 6, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"}


@pytest.fixture(autouse=True)
def _nothing_is_left(engine: RunningEngine) -> Iterator[None]:
    yield
    assert list((engine.folder / "incoming").iterdir()) == []


def begun(engine: RunningEngine, **fields: Any) -> str:
    return str(engine.call("POST", "/uploads", json=ANNOUNCED | fields)["id"])


def part(engine: RunningEngine, upload: str, data: bytes) -> str:
    return str(engine.call("POST", f"/uploads/{upload}/parts", files={"data": ("blob", data)})["id"])


def parts_on_disk(engine: RunningEngine) -> set[str]:
    return {path.name for path in (engine.folder / "parts").iterdir()}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"bytes": None}, "bytes"),
        ({"bytes": 0}, "bytes"),
        ({"bytes": LARGEST_UPLOAD + 1}, "bytes"),
        ({"filename": None}, "filename"),
        ({"mime_type": 1}, "mime_type"),
        ({"purpose": "fun"}, "purpose"),
        ({"expires_after": {"anchor": "created_at", "seconds": 9}}, "expires_after.seconds"),
        ({"other": 1}, "other"),
    ],
)
def test_a_wrong_upload_is_refused(engine: RunningEngine, fields: Json, param: str) -> None:
    assert engine.refused("POST", "/uploads", 400, json=ANNOUNCED | fields)["param"] == param


def test_its_file_name_becomes_no_path(engine: RunningEngine) -> None:
    made = engine.call("POST", "/uploads", json=ANNOUNCED | {"filename": "../../etc/passwd"})
    assert made["filename"] == "passwd"


def test_parts_that_are_not_what_was_announced_are_refused(engine: RunningEngine) -> None:
    upload, other = begun(engine), begun(engine)
    first, foreign = part(engine, upload, b"abc"), part(engine, other, b"abc")
    path = f"/uploads/{upload}/complete"
    for part_ids, param in (
        ([], "part_ids"),
        ([first], "part_ids"),
        ([first, first], "part_ids"),
        ([first, foreign], "part_ids[1]"),
        ([first, "../" + first], "part_ids[1]"),
    ):
        assert engine.refused("POST", path, 400, json={"part_ids": part_ids})["param"] == param
    too_much = {"files": {"data": ("blob", b"defg")}}
    assert engine.refused("POST", f"/uploads/{upload}/parts", 400, **too_much)["param"] == "data"
    assert (
        engine.refused("POST", f"/uploads/{upload}/parts", 400, files={"file": ("x", b"d")})["param"]
        == "data"
    )
    second = part(engine, upload, b"def")
    wrong = {"part_ids": [first, second], "md5": "0" * 32}
    assert engine.refused("POST", path, 400, json=wrong)["param"] == "md5"
    assert engine.call("POST", path, json={"part_ids": [first, second]})["file"]["bytes"] == 6
    assert {first, second}.isdisjoint(parts_on_disk(engine))
    assert foreign in parts_on_disk(engine)


def test_what_is_over_takes_no_more(engine: RunningEngine) -> None:
    done, cancelled = begun(engine, bytes=3), begun(engine)
    only = part(engine, done, b"abc")
    engine.call("POST", f"/uploads/{done}/complete", json={"part_ids": [only]})
    left = part(engine, cancelled, b"abc")
    assert engine.call("POST", f"/uploads/{cancelled}/cancel")["status"] == "cancelled"
    assert left not in parts_on_disk(engine)
    for upload in (done, cancelled, "upload_none"):
        form: Json = {"files": {"data": ("blob", b"abc")}}
        assert engine.refused("POST", f"/uploads/{upload}/parts", 404, **form)["param"] == "upload_id"
        assert engine.refused("POST", f"/uploads/{upload}/complete", 404, json={"part_ids": [only]})
        assert engine.refused("POST", f"/uploads/{upload}/cancel", 404)


def test_parts_outlive_a_kill_and_expire(tmp_path: Path) -> None:
    folder, data = tmp_path / "data", os.urandom(6)
    with engine_on(folder) as engine:
        upload, old = begun(engine), begun(engine)
        first, stale = part(engine, upload, data[:3]), part(engine, old, b"abc")
        engine.process.kill()
        engine.process.wait()
    (folder / "parts" / "part_without_a_row").write_bytes(b"orphan")
    with closing(sqlite3.connect(folder / "engine.sqlite3")) as database, database:
        database.execute("UPDATE upload SET expires_at = 1 WHERE id = ?", (old,))
    with engine_on(folder) as engine:
        assert parts_on_disk(engine) == {first}
        assert stale != first
        second = part(engine, upload, data[3:])
        file = engine.call("POST", f"/uploads/{upload}/complete", json={"part_ids": [first, second]})["file"]
        assert engine.client.get(f"/files/{file['id']}/content").content == data
        assert parts_on_disk(engine) == set()
