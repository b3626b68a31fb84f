"""Originals that are not here: fetched from their server where it allows, or chosen by the user and checked."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.conversation.citations import Citation, Passage
from chatapp.services import missing_originals
from chatapp.services.missing_originals import DIFFERS, Absent
from chatapp.services.ports import Original
from tests.kit.gated_server import Reply, error_reply, json_reply
from tests.services.conftest import House

TEXT = "The lighthouse keeper counts 417 herons every winter."
PASSAGE = Passage("f1", "herons.txt", TEXT, 0.9, 1)
CITATION = Citation(1, 0, 0, 0, "f1", "herons.txt", "counts 417 herons", PASSAGE)


def serve(house: House, size: int, content: Reply) -> None:
    named = {"id": "f1", "filename": "herons.txt", "bytes": size}
    house.server.always("GET", "/v1/files/f1", json_reply(named))
    house.server.always("GET", "/v1/files/f1/content", content)


def asked(house: House) -> int:
    return sum(request.path.startswith("/v1/files/") for request in house.server.requests)


async def test_a_small_one_is_fetched_and_kept(house: House) -> None:
    serve(house, len(TEXT), Reply(200, {}, [TEXT.encode()]))
    fetched = await house.app.missing.fetch("gated", CITATION)
    assert isinstance(fetched, Original)
    before = asked(house)
    assert await house.app.missing.fetch("gated", CITATION) == fetched
    assert asked(house) == before
    assert (await house.app.sources.locate("gated", CITATION)).place is not None


@pytest.mark.parametrize(
    "damage", [b"Quarterly earnings rose in Bolivia over the year", b"\xff\x00\xfe" * 18]
)
async def test_one_that_was_damaged_since_is_fetched_again(house: House, damage: bytes) -> None:
    serve(house, len(TEXT), Reply(200, {}, [TEXT.encode()]))
    fetched = await house.app.missing.fetch("gated", CITATION)
    assert isinstance(fetched, Original)
    fetched.path.chmod(0o600)
    fetched.path.write_bytes(damage)
    damaged = await house.app.sources.locate("gated", CITATION)
    assert (damaged.original, damaged.place) == (None, None)
    assert await house.app.missing.fetch("gated", CITATION) == fetched
    assert (await house.app.sources.locate("gated", CITATION)).place is not None


async def test_a_large_one_is_offered_and_fetched_when_asked_for(house: House) -> None:
    serve(house, missing_originals.FETCHED_UNASKED + 1, Reply(200, {}, [TEXT.encode()]))
    offered = await house.app.missing.fetch("gated", CITATION)
    assert isinstance(offered, Absent)
    assert offered.is_offered
    assert "20 MB" in offered.reason
    assert isinstance(await house.app.missing.fetch("gated", CITATION, asked=True), Original)


async def test_what_a_server_keeps_to_itself_is_asked_for_once(house: House) -> None:
    serve(house, 9, error_reply(400, "Not allowed to download files of purpose: assistants"))
    refused = await house.app.missing.fetch("gated", CITATION)
    assert isinstance(refused, Absent)
    assert "herons.txt is not on this computer" in refused.reason
    before = asked(house)
    assert await house.app.missing.fetch("gated", CITATION) == refused
    assert asked(house) == before
    await house.app.missing.fetch("gated", CITATION, asked=True)
    assert asked(house) > before


async def test_a_file_that_its_server_has_deleted_is_told_as_that(house: House) -> None:
    house.server.always("GET", "/v1/files/f1", error_reply(404, "No such File object: f1"))
    absent = await house.app.missing.fetch("gated", CITATION)
    assert isinstance(absent, Absent)
    assert absent.reason.endswith("The server does not have it any more.")


async def test_a_chosen_file_is_checked_by_its_text(house: House, tmp_path: Path) -> None:
    house.server.always("GET", "/v1/files/f1", json_reply({"id": "f1", "bytes": len(TEXT)}))
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("Quarterly earnings rose in Bolivia.")
    location = await house.app.missing.give("gated", CITATION, wrong)
    assert (location.place, location.reason) == (None, DIFFERS)
    assert location.original is not None
    right = tmp_path / "right.txt"
    right.write_text(TEXT)
    location = await house.app.missing.give("gated", CITATION, right)
    assert location.reason is None
    assert (await house.app.sources.locate("gated", CITATION)) == location
    renamed = replace(CITATION, filename="")
    assert (await house.app.sources.locate("gated", renamed)).original is not None, "its size is the server's"
