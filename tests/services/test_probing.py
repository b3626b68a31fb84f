"""The test of a server, made against scripted servers of every kind over a real socket."""

import asyncio
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from chatapp.conversation.changes import ServerProbed
from chatapp.conversation.findings import PROBES, Finding, Report, read_report, report_json
from chatapp.services.ports import Connection
from chatapp.services.trial import TRIAL
from tests.kit.events import message_item, response_object, sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, Reply, Request, error_reply, json_reply, stream_reply
from tests.kit.house import House

CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "ping", "arguments": "{}"}


@dataclass
class Manner:
    """How a scripted server behaves. Every answer has an id of its own, and is kept where `keeps` says so."""

    server: GatedServer
    keeps: bool = True
    remembers: bool = True
    refuses_parent: bool = False
    streams: bool = True
    counts: bool = True
    talks: bool = True
    has_stores: bool = True
    key: str = ""

    def __post_init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.others: set[str] = set()
        self.word = ""
        server = self.server
        server.always("GET", "/v1/models", self._models)
        server.always("POST", "/v1/responses", self._answer)
        server.always("GET", "/v1/responses/*", self._retrieve)
        server.always("DELETE", "/v1/*", self._delete)
        for path, name in (
            ("/v1/vector_stores", "vs_1"),
            ("/v1/files", "file_1"),
            ("/v1/vector_stores/*", "vsf"),
        ):
            server.always("POST", path, partial(self._make, name))

    def _models(self, request: Request) -> Reply:
        return json_reply({"data": [{"id": "embed-1"}, {"id": "chat-1"}, {"id": "chat-2"}]})

    def _answer(self, request: Request) -> Reply:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return error_reply(401, "Incorrect API key provided.", "invalid_api_key")
        body: dict[str, Any] = request.json
        parent = body.get("previous_response_id")
        if parent and self.refuses_parent:
            return error_reply(400, "previous_response_id is not supported")
        asked = body["input"][0]["content"][0]["text"]
        if found := re.search(r"next question: (\w+)", asked):
            self.word = found[1]
        name = f"resp_{len(self.server.requests)}"
        if self.keeps:
            self.kept[name] = asked
        said = self.word.title() if parent and self.remembers else "OK"
        tokens = len(asked) + (1000 if parent and self.remembers else 0)
        output = [CALL] if body.get("tools") else [message_item(said)] if self.talks else []
        usage = {"input_tokens": tokens, "output_tokens": 2} if self.counts else None
        if body["stream"] and self.streams:
            return stream_reply(sse_bytes(text_stream("one ", "two", response_id=name)))
        return json_reply(response_object(name, output, previous_response_id=parent, usage=usage))

    def _retrieve(self, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        return json_reply({"id": name}) if name in self.kept else error_reply(404, "Not found.")

    def _delete(self, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        found = self.kept.pop(name, None) is not None or name in self.others
        self.others.discard(name)
        return json_reply({"deleted": True}) if found else error_reply(404, "Not found.")

    def _make(self, name: str, _request: Request) -> Reply:
        if not self.has_stores:
            return error_reply(404, "Not Found")
        if name != "vsf":
            self.others.add(name)
        return json_reply({"id": name})


def outcomes(report: Report) -> dict[str, str]:
    return {finding.probe: finding.outcome for finding in report.findings}


def words(report: Report, probe: str) -> str:
    return next(finding.text for finding in report.findings if finding.probe == probe)


ALL_WELL = dict.fromkeys(PROBES, "passed")


async def test_a_server_that_can_do_everything(house: House, gated_server: GatedServer) -> None:
    manner = Manner(gated_server)
    plain = replace(house.connection, default_model="")
    report = await house.app.probing.test(plain)
    assert outcomes(report) == ALL_WELL
    assert (report.model, report.passed, report.left) == ("chat-1", 10, "")
    assert report.keeps_responses is True
    told = [change.finding for change in house.listen() if isinstance(change, ServerProbed)]
    assert tuple(told) == report.findings
    assert (manner.kept, manner.others) == ({}, set())
    answers = [request for request in gated_server.requests if request.path == "/v1/responses"]
    assert [request.json["stream"] for request in answers] == [False, True, False, False]
    assert all(request.json["model"] == "chat-1" for request in answers)


@pytest.mark.parametrize(
    ("manner", "expected", "keeps"),
    [
        ({"keeps": False, "remembers": False}, {"keeps": "not_offered", "continues": "failed"}, False),
        ({"remembers": False}, {"continues": "failed"}, False),
        ({"remembers": False, "counts": False}, {"continues": "failed", "usage": "not_offered"}, False),
        (
            {"remembers": False, "counts": False, "talks": False},
            {"continues": "undecided", "usage": "not_offered"},
            True,
        ),
        ({"keeps": False}, {"keeps": "not_offered"}, True),
        (
            {"keeps": False, "refuses_parent": True},
            {"keeps": "not_offered", "continues": "not_offered"},
            False,
        ),
        ({"counts": False}, {"usage": "not_offered"}, True),
        ({"talks": False}, {}, True),
        ({"streams": False}, {"streams": "not_offered"}, True),
        ({"has_stores": False}, {"stores": "not_offered"}, True),
    ],
)
async def test_what_a_server_cannot_do_is_told_apart(
    house: House, gated_server: GatedServer, manner: dict[str, Any], expected: dict[str, str], keeps: bool
) -> None:
    left = Manner(gated_server, **manner)
    report = await house.app.probing.test(house.connection)
    assert outcomes(report) == ALL_WELL | expected
    assert report.keeps_responses is keeps
    assert (left.kept, left.others, report.left) == ({}, set(), "")


async def test_silent_amnesia_has_its_own_words(house: House, gated_server: GatedServer) -> None:
    Manner(gated_server, remembers=False)
    report = await house.app.probing.test(house.connection)
    assert "forgets it, so chatapp sends the whole conversation" in words(report, "continues")


async def test_a_wrong_key_ends_the_test_early(house: House, gated_server: GatedServer) -> None:
    Manner(gated_server, key="sk-right")
    report = await house.app.probing.test(house.connection, "sk-wrong")
    assert outcomes(report) == {"reached": "passed", "key": "failed"} | dict.fromkeys(
        list(PROBES)[2:], "undecided"
    )
    assert words(report, "key") == "It does not accept the key."
    assert words(report, "tools") == "Not tried, because the key was not accepted."
    bare = await house.app.probing.test(house.connection)
    assert words(bare, "key") == "It wants a key, and none is set."
    right = await house.app.probing.test(replace(house.connection, id=TRIAL), "sk-right")
    assert outcomes(right) == ALL_WELL
    assert words(right, "key") == "It accepts the key."


async def test_a_server_that_is_not_there_is_asked_nothing_more(house: House) -> None:
    gone = Connection("gone", "Gone", "http://127.0.0.1:1/v1")
    report = await house.app.probing.test(gone)
    assert outcomes(report) == {"reached": "failed"} | dict.fromkeys(list(PROBES)[1:], "undecided")
    assert "connection refused" in words(report, "reached")


async def test_a_server_without_the_responses_api(house: House, gated_server: GatedServer) -> None:
    Manner(gated_server, has_stores=False)
    gated_server.always("POST", "/v1/responses", error_reply(404, "Not Found"))
    report = await house.app.probing.test(house.connection)
    assert outcomes(report)["answers"] == outcomes(report)["streams"] == "not_offered"
    assert words(report, "usage") == "Not tried, because no answer came."
    assert report.keeps_responses is None


async def test_a_server_that_refuses_everything_is_not_said_to_lack_a_part(
    house: House, gated_server: GatedServer
) -> None:
    Manner(gated_server)
    for method, path in (("POST", "/v1/responses"), ("GET", "/v1/models")):
        gated_server.always(method, path, error_reply(400, "No connected db."))
    report = await house.app.probing.test(house.connection)
    assert words(report, "key") == "It refuses every request. No connected db."
    assert words(report, "tools") == "Not tried, because no answer came."
    assert report.keeps_responses is None


async def test_a_stopped_test_removes_what_it_made(house: House, gated_server: GatedServer) -> None:
    manner, gate = Manner(gated_server), Gate()
    gated_server.script("POST", "/v1/vector_stores/vs_1/files", Reply(200, {}, [b"{", gate], "chunked"))
    testing = asyncio.create_task(house.app.probing.test(house.connection))
    await gate.reached()
    assert manner.others == {"vs_1", "file_1"}
    testing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await testing
    gate.open()
    assert (manner.kept, manner.others) == ({}, set())


async def test_a_stopped_test_does_not_take_the_key_of_the_next_along(
    house: House, gated_server: GatedServer
) -> None:
    Manner(gated_server, key="sk-right")
    gates = [Gate(), Gate()]
    deleting = Reply(200, {"content-type": "application/json"}, [b"{", gates[1], b"}"], "chunked")
    gated_server.script("POST", "/v1/vector_stores", Reply(200, {}, [b"{", gates[0]], "chunked"))
    gated_server.script("DELETE", "/v1/responses/*", deleting)
    stopped = asyncio.create_task(house.app.probing.test(house.connection, "sk-right"))
    await gates[0].reached()
    stopped.cancel()
    await gates[1].reached()
    running = asyncio.create_task(house.app.probing.test(house.connection, "sk-right"))
    await asyncio.to_thread(gated_server.wait_requests, len(gated_server.requests) + 2)
    for gate in gates:
        gate.open()
    await asyncio.wait({stopped})
    assert outcomes(await running) == ALL_WELL


async def test_what_cannot_be_removed_is_said(house: House, gated_server: GatedServer) -> None:
    Manner(gated_server)
    gated_server.always("DELETE", "/v1/responses/*", error_reply(405, "Method Not Allowed"))
    gated_server.always("DELETE", "/v1/files/*", error_reply(403, "No."))
    report = await house.app.probing.test(house.connection)
    assert report.left == "Still on the server: a file, answers of this test."


async def test_a_report_is_remembered_until_the_server_is_changed(
    house: House, gated_server: GatedServer
) -> None:
    Manner(gated_server, remembers=False)
    probing, connection = house.app.probing, house.connection
    report = await probing.test(connection)
    assert await probing.report(connection.id) is None
    await probing.remember(connection.id, report)
    assert await probing.report(connection.id) == report
    await house.app.preferences.put_connection(replace(connection, name="Renamed"))
    assert await probing.report(connection.id) == report
    await house.app.preferences.put_connection(replace(connection, headers=(("X-Tenant", "b"),)))
    assert await probing.report(connection.id) is None


async def test_openrouter_is_spoken_to_as_it_wants(house: House, gated_server: GatedServer) -> None:
    Manner(gated_server, keeps=False, refuses_parent=True)
    await house.app.probing.test(replace(house.connection, preset="openrouter"))
    bodies = [request.json for request in gated_server.requests if request.path == "/v1/responses"]
    assert [body["store"] for body in bodies] == [False] * 4


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        3,
        {},
        {"at": "now", "findings": []},
        {"at": 1, "findings": [{"probe": "magic", "outcome": "passed"}]},
    ],
)
def test_a_damaged_report_is_none(damaged: object) -> None:
    assert read_report(damaged) is None


def test_a_report_survives_being_written() -> None:
    report = Report(
        1.5, "m", (Finding("keeps", "passed", "Yes."), Finding("tools", "undecided", "")), "A file."
    )
    assert read_report(report_json(report)) == report
