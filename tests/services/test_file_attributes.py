"""Attributes changed for many files at once: what was changed is taken back, also where the server refused some."""

import pytest

from chatapp.conversation.changes import Notice
from chatapp.services.application import UseCaseFailure
from chatapp.services.store_listing import AT_ONCE
from tests.kit.gated_server import Reply, Request, json_reply
from tests.services.conftest import House, refused

COUNT = 2 * AT_ONCE


def serve(house: House, refuses: str = "") -> None:
    """A store of so many files; one of which the server gives no attributes."""
    entries = [
        {
            "id": f"file_{number:02}",
            "filename": f"{number:02}.txt",
            "status": "completed",
            "attributes": {"n": number},
        }
        for number in range(COUNT)
    ]

    def change(request: Request) -> Reply:
        file_id = request.path.rpartition("/")[2]
        return refused(400, "Too many.") if file_id == refuses else json_reply({"id": file_id})

    house.server.always("GET", "/v1/vector_stores/vs_1/files", json_reply({"data": entries}))
    house.server.always("POST", "/v1/vector_stores/vs_1/files/*", change)


def attributes(house: House) -> list[object]:
    return [file.attributes for file in house.app.library.known("gated", "vs_1").values()]


async def test_a_change_of_many_is_taken_back(house: House) -> None:
    serve(house)
    files = await house.app.library.files("gated", "vs_1")
    name = await house.app.attributes.change("gated", "vs_1", {file.key: {"year": 2026} for file in files})
    assert attributes(house) == [{"year": 2026}] * COUNT
    notices = [change for change in house.listen() if isinstance(change, Notice)]
    assert (notices[-1].text, notices[-1].undo) == (f"Attributes of {COUNT} files were changed.", name)
    await house.app.attributes.take_back(name)
    assert attributes(house) == [{"n": number} for number in range(COUNT)]


async def test_what_was_changed_before_a_refusal_is_taken_back_too(house: House) -> None:
    serve(house, refuses="file_00")
    files = await house.app.library.files("gated", "vs_1")
    with pytest.raises(UseCaseFailure):
        await house.app.attributes.change("gated", "vs_1", {file.key: {} for file in files})
    assert attributes(house)[0] == {"n": 0}
    assert attributes(house)[1:] == [{}] * (AT_ONCE - 1) + [{"n": number} for number in range(AT_ONCE, COUNT)]
    name = next(change.undo for change in reversed(house.listen()) if isinstance(change, Notice))
    assert name is not None
    await house.app.attributes.take_back(name)
    assert attributes(house) == [{"n": number} for number in range(COUNT)]
