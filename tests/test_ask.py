"""`chatapp ask` as a script sees it: a real process, its output, its exit code, one line on stderr."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.services.feed import Feed
from tests.kit.events import (
    StreamBuilder,
    failed_stream,
    file_citation,
    file_search_stream,
    incomplete_stream,
    sse_bytes,
    text_stream,
)
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer, HangUp, Reply, Stall, error_reply, json_reply, stream_reply

__all__ = ["gated_server"]

KEY = "sk-very-secret-0123456789"
TIME_LIMIT_S = 60


@dataclass(frozen=True)
class Terminal:
    """Runs `chatapp ask` on an empty profile, asking the scripted server."""

    profile: Path
    server: GatedServer

    def command(self, *arguments: str) -> list[str]:
        where = ["--profile", str(self.profile), "--server", self.server.base_url]
        return [sys.executable, "-m", "chatapp", "ask", *arguments, *where]

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.command(*arguments))

    def says(self, *events: Sequence[dict[str, object]]) -> None:
        """The streams that the server answers with, in turn."""
        self.server.script("POST", "/v1/responses", *(stream_reply(sse_bytes(one)) for one in events))

    @property
    def posted(self) -> list[dict[str, object]]:
        return [request.json for request in self.server.requests if request.path == "/v1/responses"]


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CHATAPP_TEST_KEY": KEY}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TIME_LIMIT_S)


@pytest.fixture
def terminal(profile: Path, gated_server: GatedServer) -> Terminal:
    gated_server.always("GET", "/v1/models", json_reply({"data": [{"id": "test-model"}]}))
    gated_server.always("GET", "/v1/responses/*", error_reply(404, "not kept", x_should_retry="false"))
    return Terminal(profile, gated_server)


def test_the_answer_is_streamed_and_its_sources_follow(terminal: Terminal) -> None:
    passage = {"file_id": "file_a", "filename": "harbour.pdf", "score": 0.875, "text": "Two tugs are needed."}
    builder = StreamBuilder().begin().file_search(["tugs"], [{**passage, "attributes": {}}])
    citation = file_citation("file_a", "harbour.pdf", len("Two tugs are needed"))
    terminal.says(builder.message("Two tugs ", "are needed", ".", annotations=[citation]).end())
    done = terminal.ask("How many tugs?")
    assert done.stdout == "Two tugs are needed[1].\n\nSources\n[1] harbour.pdf, score 0.88\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_the_text_comes_as_it_is_written(terminal: Terminal) -> None:
    events = text_stream("One ", "two.")
    terminal.server.script("POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), Stall()))
    with subprocess.Popen(
        terminal.command("Count."), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(4) == b"One "
        process.send_signal(signal.SIGINT)
        rest, complaint = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 130
    assert complaint.decode().startswith("chatapp ask: Stopped.")
    assert complaint.count(b"\n") == 1
    assert rest.strip() == b""


def test_leaked_markers_are_not_printed_and_nothing_is_printed_twice(terminal: Terminal) -> None:
    """Also where the blank that goes with a marker was printed before the marker came."""
    deltas = ("Two tugs ", "【4:0†sou", "rce】", ". Slow", " 【4:1†source】", " ones", ".")
    terminal.says(text_stream(*deltas))
    done = terminal.ask("How many tugs?")
    assert done.stdout.split() == ["Two", "tugs", ".", "Slow", "ones."]
    assert done.returncode == 0


def test_json_is_one_object_with_everything(terminal: Terminal) -> None:
    citation = file_citation("file_a", "harbour.pdf", 3)
    events = file_search_stream("Yes.", annotations=[citation])
    terminal.says(events)
    done = terminal.ask("Is it open?", "--json")
    value = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert value["response"] == events[-1]["response"]
    assert (value["text"], value["status"]) == ("Yes.", "completed")
    assert value["usage"]["total_tokens"] == 18
    assert value["previous_response_id"] is None
    assert value["cost"] is None, "there is no price for this model"
    (entry,) = value["citations"]
    assert entry == {
        "number": 1,
        "file_id": "file_a",
        "filename": "harbour.pdf",
        "index": 3,
        "page": None,
        "boxes": None,
        "line": None,
        "quote": "Yes",
        "score": None,
    }
    assert any("harbour.pdf" in warning for warning in value["warnings"]), "the original is not here"


ENDS: dict[str, tuple[Callable[[], Reply], int, str]] = {
    "completed": (lambda: stream_reply(sse_bytes(text_stream("Yes."))), 0, ""),
    "incomplete": (lambda: stream_reply(sse_bytes(incomplete_stream("Once"))), 3, "cap"),
    "failed": (lambda: stream_reply(sse_bytes(failed_stream("Once"))), 4, "The server failed"),
    "wrong key": (lambda: error_reply(401, "Incorrect API key.", "invalid_api_key"), 4, "key"),
    "unknown model": (lambda: error_reply(404, "No such model.", "model_not_found"), 4, "model"),
    "cut": (lambda: stream_reply(sse_bytes(text_stream("Once", "more")[:5]), HangUp()), 5, "not complete"),
    "no end": (lambda: stream_reply(sse_bytes(text_stream("Once", "more")[:5])), 5, "not complete"),
}


@pytest.mark.parametrize("name", ENDS)
def test_each_end_has_its_exit_code_and_one_line(terminal: Terminal, name: str) -> None:
    reply, code, words = ENDS[name]
    terminal.server.script("POST", "/v1/responses", reply())
    done = terminal.ask("Tell me.")
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == (1 if code else 0)


def test_a_server_that_is_not_there(profile: Path, dead_port: int) -> None:
    address = f"http://127.0.0.1:{dead_port}/v1"
    done = run(
        [sys.executable, "-m", "chatapp", "ask", "Hello?", "--server", address, "--profile", str(profile)]
    )
    assert done.returncode == 5
    assert "cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1


WRONG = {
    "no question": [],
    "blank question": [" "],
    "unknown option": ["Q?", "--colour"],
    "setting without a value": ["Q?", "--set", "temperature"],
    "setting out of range": ["Q?", "--set", "temperature=9"],
    "setting below a row": ["Q?", "--set", 'reasoning={"effort":7}'],
    "settings that cannot go together": ["Q?", "--set", "conversation=c", "--set", "previous_response_id=r"],
    "settings that contradict": ["Q?", "--set", 'background_options={"completion_window":"2h"}'],
    "tool without a name": ["Q?", "--set", 'tools=[{"type":"function"}]', "--curl"],
    "two outputs": ["Q?", "--json", "--curl"],
    "unknown server": ["Q?", "--server", "nobody"],
    "server without a name": ["Q?", "--server", ""],
    "setting too deep to be read": ["Q?", "--set", "x=" + "[" * 100_000],
    "setting too deep to be sent": ["Q?", "--set", "x=" + "[" * 500 + "]" * 500],
    "setting that is not a number": ["Q?", "--set", "x=NaN"],
    "setting beyond all numbers": ["Q?", "--set", "x=[1e999]", "--curl"],
    "key instead of its variable": ["Q?", "--key-env", "sk-1;id"],
    "key variable that is not set": ["Q?", "--key-env", "CHATAPP_NO_SUCH_KEY"],
    "missing file": ["Q?", "--file", "/nowhere/at/all.pdf"],
    "directory": ["Q?", "--file", "/tmp"],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_usage_is_told_in_one_line_and_sends_nothing(terminal: Terminal, name: str) -> None:
    arguments = WRONG[name]
    server = (
        [] if "--server" in arguments or "--file" in arguments else ["--server", terminal.server.base_url]
    )
    command = [
        sys.executable,
        "-m",
        "chatapp",
        "ask",
        *arguments,
        "--profile",
        str(terminal.profile),
        *server,
    ]
    done = run(command)
    assert done.returncode == 2
    assert done.stderr.startswith("chatapp ask: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert terminal.posted == []


def test_every_setting_is_in_the_request(terminal: Terminal) -> None:
    terminal.says(text_stream("Yes."))
    terminal.ask(
        "Well?", "--model", "some-model", "--instructions", "Be brief.", "--parent", "resp_before",
        "--set", "reasoning.effort=low", "--set", "temperature=0.2", "--set", 'metadata={"a":"b"}',
        "--set", "top_logprobs=3", "--set", "safety_identifier=me", "--set", "reasoning.summary=auto",
    )  # fmt: skip
    (request,) = terminal.posted
    assert request == {
        "model": "some-model",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Well?"}]}],
        "instructions": "Be brief.",
        "previous_response_id": "resp_before",
        "reasoning": {"effort": "low", "summary": "auto"},
        "temperature": 0.2,
        "metadata": {"a": "b"},
        "top_logprobs": 3,
        "include": ["message.output_text.logprobs"],
        "safety_identifier": "me",
        "stream": True,
    }


def test_a_parent_in_the_profile_is_followed_in_its_conversation(terminal: Terminal) -> None:
    """A server that keeps nothing gets the whole conversation."""
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two."))
    terminal.ask("First?")
    done = terminal.ask("Second?", "--parent", "resp_a", "--json")
    assert json.loads(done.stdout)["text"] == "Two."
    texts = [item["content"][0]["text"] for item in terminal.posted[1]["input"]]  # type: ignore[attr-defined]
    assert texts == ["First?", "One.", "Second?"]


def test_a_parent_is_followed_by_its_id_where_the_server_keeps_answers(terminal: Terminal) -> None:
    terminal.server.always("GET", "/v1/responses/resp_a", json_reply({"id": "resp_a", "object": "response"}))
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two.", response_id="resp_b"))
    terminal.ask("First?")
    terminal.ask("Second?", "--parent", "resp_a")
    assert terminal.posted[1]["previous_response_id"] == "resp_a"


def test_a_parent_from_elsewhere_is_followed_once(terminal: Terminal) -> None:
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two."))
    terminal.ask("First?", "--parent", "resp_of_another_program")
    terminal.ask("Second?", "--parent", "resp_a")
    assert terminal.posted[0]["previous_response_id"] == "resp_of_another_program"
    assert "previous_response_id" not in terminal.posted[1]


def test_the_users_own_conversation_keeps_its_parameters_and_its_draft(terminal: Terminal) -> None:
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two."))
    terminal.ask("First?", "--instructions", "Be brief.", "--set", "temperature=0.5")
    database = sqlite3.connect(terminal.profile / "chatapp.sqlite3")
    with closing(database), database:
        database.execute("UPDATE conversations SET draft = 'Not sent yet'")
    terminal.ask("Second?", "--parent", "resp_a", "--set", "temperature=1.5")
    assert (terminal.posted[1]["instructions"], terminal.posted[1]["temperature"]) == ("Be brief.", 1.5)
    with closing(sqlite3.connect(terminal.profile / "chatapp.sqlite3")) as database:
        ((parameters, draft),) = database.execute("SELECT parameters, draft FROM conversations")
    assert json.loads(parameters) == {"instructions": "Be brief.", "temperature": 0.5}
    assert draft == "Not sent yet"


def test_the_key_is_sent_and_never_written(terminal: Terminal) -> None:
    terminal.says(text_stream("Yes."))
    done = terminal.ask("Well?", "--key-env", "CHATAPP_TEST_KEY", "--json")
    assert terminal.server.requests[-2].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.stdout + done.stderr
    written = [
        path for path in terminal.profile.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()
    ]
    assert written == []


@pytest.mark.parametrize("address", ["http://user:{key}@{host}/v1", "http://{host}/v1?api_key={key}"])
def test_a_key_in_an_address_is_wrong_usage_and_written_nowhere(terminal: Terminal, address: str) -> None:
    host = terminal.server.base_url.removeprefix("http://").removesuffix("/v1")
    command = [sys.executable, "-m", "chatapp", "ask", "Q?", "--profile", str(terminal.profile), "--server"]
    done = run([*command, address.format(key=KEY, host=host)])
    assert (done.returncode, done.stderr.count("\n"), terminal.posted) == (2, 1, [])
    assert "address" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert all(
        KEY.encode() not in path.read_bytes() for path in terminal.profile.rglob("*") if path.is_file()
    )


def test_a_server_is_known_by_where_it_is(terminal: Terminal) -> None:
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two."))
    terminal.ask("First?")
    command = [sys.executable, "-m", "chatapp", "ask", "Second?", "--profile", str(terminal.profile)]
    done = run([*command, "--server", f"{terminal.server.base_url}/?api-version=1", "--parent", "resp_a"])
    assert done.returncode == 0, done.stderr
    texts = [item["content"][0]["text"] for item in terminal.posted[1]["input"]]  # type: ignore[attr-defined]
    assert texts == ["First?", "One.", "Second?"]


@pytest.mark.parametrize("option", ["--curl", "--python"])
def test_the_printed_request_is_not_sent_but_works(terminal: Terminal, option: str) -> None:
    shown = terminal.ask("How's the 'weather'?", option, "--model", "m", "--key-env", "CHATAPP_TEST_KEY")
    assert (shown.returncode, shown.stderr, terminal.server.requests) == (0, "", [])
    assert KEY not in shown.stdout
    if option == "--curl" and shutil.which("curl") is None:
        pytest.skip("needs the curl program")
    terminal.says(text_stream("Sunny."))
    done = run(["sh", "-c", shown.stdout] if option == "--curl" else [sys.executable, "-c", shown.stdout])
    assert done.returncode == 0, done.stderr
    assert "Sunny." in done.stdout
    (request,) = terminal.server.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["input"][0]["content"][0]["text"] == "How's the 'weather'?"


def test_the_printed_programs_send_what_ask_sends(terminal: Terminal, tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"größe": {"type": "string", "pattern": "^['\"]+$"}}}
    arguments = [
        "It's “so”:\n\t$(id) 🙂 " + "x" * 120_000, "--model", "m", "--key-env", "CHATAPP_TEST_KEY",
        "--set", f"text.format={json.dumps({'type': 'json_schema', 'name': 'x', 'schema': schema})}",
        "--set", f"tools={json.dumps([{'type': 'function', 'name': 'f', 'parameters': schema}])}",
        "--set", "tool_choice=required", "--set", "vector_stores=[\"vs_1\"]", "--set", "top_logprobs=2",
    ]  # fmt: skip
    terminal.says(*(text_stream("Sunny.") for _ in range(3)))
    assert terminal.ask(*arguments).returncode == 0
    for option, program in (("--python", sys.executable), ("--curl", "sh")):
        if option == "--curl" and shutil.which("curl") is None:
            continue
        shown = terminal.ask(*arguments, option)
        assert (shown.returncode, shown.stderr) == (0, "")
        (tmp_path / "program").write_text(shown.stdout)
        done = run([program, str(tmp_path / "program")])
        assert (done.returncode, "Sunny." in done.stdout) == (0, True), done.stderr
    bodies = [request.body for request in terminal.server.requests if request.path == "/v1/responses"]
    assert len(set(bodies)) == 1
    assert len(bodies) >= 2


def test_input_takes_the_place_of_the_question_once(terminal: Terminal) -> None:
    items = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Well?"}]
    terminal.says(text_stream("One.", response_id="resp_a"), text_stream("Two."), text_stream("Three."))
    terminal.ask("A title", "--set", f"input={json.dumps(items)}")
    terminal.ask("And now?", "--parent", "resp_a")
    terminal.ask("A title", "--set", "input=Just words")
    sent = terminal.posted
    assert sent[0]["input"] == items
    roles = [item.get("role") for item in sent[1]["input"]]  # type: ignore[attr-defined]
    assert roles == ["developer", "user", "assistant", "user"]
    assert sent[2]["input"] == "Just words"


def test_a_parent_has_two_names(terminal: Terminal) -> None:
    terminal.says(text_stream("One."))
    terminal.ask("Q?", "--set", "previous_response_id=resp_x")
    assert terminal.posted[0]["previous_response_id"] == "resp_x"
    for wrong in (["--parent", "resp_a", "--set", "previous_response_id=resp_b"],
                  ["--parent", "resp_a", "--set", "conversation=conv_1"]):  # fmt: skip
        done = terminal.ask("Q?", *wrong)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_an_answer_that_is_not_what_was_asked_for_is_a_warning(terminal: Terminal) -> None:
    schema = {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}
    format = json.dumps({"type": "json_schema", "name": "x", "schema": schema})
    terminal.says(*(text_stream(text) for text in ('{"price": "1"}', '{"price": "1"}', '{"price": 1}')))
    done = terminal.ask("Q?", "--set", f"text.format={format}", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["warnings"] == ["Does not match the schema: $.price is not a number."]
    done = terminal.ask("Q?", "--set", f"text.format={format}")
    assert (done.returncode, done.stdout) == (0, '{"price": "1"}\n')
    assert done.stderr == "chatapp ask: Does not match the schema: $.price is not a number.\n"
    done = terminal.ask("Q?", "--set", f"text.format={format}", "--json")
    assert json.loads(done.stdout)["warnings"] == []


def test_settings_of_a_search_that_is_not_there_are_told(terminal: Terminal) -> None:
    terminal.says(text_stream("Yes."))
    done = terminal.ask("Q?", "--set", "max_num_results=5", "--json")
    assert json.loads(done.stdout)["warnings"] == [
        "Not sent: max_num_results. There is no file search; name a library with --store."
    ]
    shown = terminal.ask("Q?", "--set", "vector_stores=[\"vs_1\"]", "--set", "file_search.max_num_results=5",
                         "--python", "--model", "m")  # fmt: skip
    assert shown.stderr == ""
    assert "'max_num_results': 5" in shown.stdout


def test_an_answer_in_one_piece(terminal: Terminal) -> None:
    answer = text_stream("All at once.")[-1]["response"]
    terminal.server.script("POST", "/v1/responses", json_reply(answer))
    done = terminal.ask("Q?", "--set", "stream=false")
    assert (done.returncode, done.stdout) == (0, "All at once.\n")
    assert terminal.posted[0]["stream"] is False


def test_a_base_urls_query_stays_a_query(terminal: Terminal) -> None:
    server = f"{terminal.server.base_url}/?api-version=$(id)&x=a b"
    command = [sys.executable, "-m", "chatapp", "ask", "Q?", "--profile", str(terminal.profile)]
    for option, shell in (("--curl", ["sh", "-c"]), ("--python", [sys.executable, "-c"])):
        shown = run([*command, option, "--model", "m", "--server", server.replace(" b", "b")])
        if option == "--curl" and shutil.which("curl") is None:
            continue
        terminal.says(text_stream("Sunny."))
        done = run([*shell, shown.stdout])
        assert done.returncode == 0, done.stderr
        request = terminal.server.requests[-1]
        assert (request.path, request.query["api-version"]) == ("/v1/responses", ["$(id)"])


def test_an_output_that_takes_nothing_is_told_in_one_line(terminal: Terminal) -> None:
    for option in ((), ("--json",), ("--curl", "--model", "m")):
        terminal.says(text_stream("One ", "two."))
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                terminal.command("Count.", *option),
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=TIME_LIMIT_S,
            )
        assert (done.returncode, done.stderr.count("\n")) == (4, 1), done.stderr
        assert "No space left" in done.stderr


def test_a_narrow_encoding_loses_characters_and_not_the_answer(terminal: Terminal) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for option in ((), ("--json",)):
        terminal.says(text_stream("Grüße 🙂."))
        command = terminal.command("Wie heißt das?", *option)
        done = subprocess.run(command, capture_output=True, env=environment, timeout=TIME_LIMIT_S)
        assert (done.returncode, done.stderr) == (0, b"")
        if option:
            assert json.loads(done.stdout)["text"] == "Grüße 🙂."
        else:
            assert done.stdout == b"Gr??e ?.\n"


def test_an_argument_that_is_no_text_is_no_trouble(terminal: Terminal, tmp_path: Path) -> None:
    terminal.says(text_stream("Yes."))
    command = [*(os.fsencode(word) for word in terminal.command("--model", "m")), b"Caf\xe9?"]
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, capture_output=True, env=strict, timeout=TIME_LIMIT_S)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Yes.\n", b"")
    shown = subprocess.run([*command, b"--curl"], capture_output=True, env=strict, timeout=TIME_LIMIT_S)
    assert (shown.returncode, shown.stderr) == (0, b"")


def test_a_wait_is_told_while_it_lasts(terminal: Terminal) -> None:
    busy = error_reply(429, "Slow down.", "rate_limit_exceeded", retry_after="1")
    terminal.server.script("POST", "/v1/responses", busy, stream_reply(sse_bytes(text_stream("Yes."))))
    done = terminal.ask("Well?")
    assert (done.returncode, done.stdout) == (0, "Yes.\n")
    assert done.stderr == "chatapp ask: Slow down. Sending again in 1 s.\n"


def test_a_parent_nobody_knows_is_told_as_such(terminal: Terminal) -> None:
    gone = error_reply(400, "Previous response with id 'nope' not found.", "previous_response_not_found")
    terminal.server.script("POST", "/v1/responses", gone)
    done = terminal.ask("Well?", "--parent", "nope")
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "--parent" in done.stderr
    assert "kept" not in done.stderr
    assert "nope" in done.stderr


def conversations(profile: Path) -> int:
    with closing(sqlite3.connect(profile / "chatapp.sqlite3")) as database:
        ((count,),) = database.execute("SELECT count(*) FROM conversations")
    return int(count)


def test_a_server_that_is_lost_during_an_upload_is_not_reached(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "facts.txt").write_text("The lighthouse is 31 metres tall.")
    terminal.server.always("GET", "/v1/vector_stores", json_reply({"data": []}))
    terminal.server.always("POST", "/v1/vector_stores", json_reply({"id": "vs_1"}))
    terminal.server.always("GET", "/v1/vector_stores/vs_1/files", json_reply({"data": []}))
    terminal.server.always("POST", "/v1/files", Reply(200, {}, [HangUp()], framing="chunked"))
    done = terminal.ask("How tall?", "--file", str(tmp_path / "facts.txt"))
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert "facts.txt could not be attached" in done.stderr
    assert "your text is kept" not in done.stderr
    assert conversations(terminal.profile) == 0, "no turn was begun"


def test_files_on_their_way_are_shown_to_a_person(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "facts.txt").write_text("The lighthouse is 31 metres tall.\n")
    command = [sys.executable, "-m", "chatapp", "ask", "How tall is it?", "--profile", str(terminal.profile)]
    try:
        main, side = os.openpty()
    except OSError as problem:
        pytest.skip(f"needs a pseudo-terminal: {problem}")
    with os.fdopen(main, "rb", buffering=0) as seen:
        done = subprocess.run(
            [*command, "--file", str(tmp_path / "facts.txt")],
            stdout=subprocess.PIPE,
            stderr=side,
            timeout=TIME_LIMIT_S,
        )
        os.close(side)
        shown = seen.read(4096).decode()
    assert done.returncode == 0
    assert b"31 metres" in done.stdout
    assert "Indexing facts.txt" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_store_is_found_by_its_name(terminal: Terminal) -> None:
    stores = {"data": [{"id": "vs_7", "name": "Harbour"}], "has_more": False}
    terminal.server.always("GET", "/v1/vector_stores", json_reply(stores))
    terminal.says(text_stream("Yes."))
    assert terminal.ask("Well?", "--store", "Harbour", "--set", "max_num_results=3").returncode == 0
    (request,) = terminal.posted
    assert request["tools"] == [{"type": "file_search", "vector_store_ids": ["vs_7"], "max_num_results": 3}]
    assert request["include"] == ["file_search_call.results"]
    done = terminal.ask("Well?", "--store", "Port")
    assert done.returncode == 2
    assert "Harbour" in done.stderr


def test_a_reader_that_leaves_does_not_make_a_mess(terminal: Terminal) -> None:
    terminal.says(text_stream(*(f"word{number} " for number in range(50_000))))
    with subprocess.Popen(
        terminal.command("Go on."), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        process.wait(TIME_LIMIT_S)
        complaint = process.stderr.read()
    assert b"Traceback" not in complaint


def test_a_profile_cannot_be_made_there(tmp_path: Path, gated_server: GatedServer) -> None:
    (tmp_path / "file").write_text("in the way")
    where = ["--profile", str(tmp_path / "file" / "x"), "--server", gated_server.base_url]
    done = run([sys.executable, "-m", "chatapp", "ask", "Q?", *where])
    assert done.returncode == 2
    assert "cannot be used" in done.stderr


def test_what_was_asked_can_be_exported_and_imported(terminal: Terminal, tmp_path: Path) -> None:
    terminal.says(text_stream("It is **open**."))
    terminal.ask("Is the harbour open?")
    program = [sys.executable, "-m", "chatapp"]
    for ending, words in (
        ("md", "It is **open**."),
        ("html", "<strong>open</strong>"),
        ("json", "It is **open**."),
        ("bib", ""),
        ("csl.json", "[]"),
    ):
        file = tmp_path / f"harbour.{ending}"
        where = ["--to", str(file), "--profile", str(terminal.profile)]
        done = run([*program, "export", "Is the harbour open?", *where])
        assert done.returncode == 0, done.stderr
        assert words in file.read_text()
    other = str(tmp_path / "other")
    assert run([*program, "import", str(tmp_path / "harbour.json"), "--profile", other]).returncode == 0
    again = ["--to", str(tmp_path / "again.json"), "--profile", other]
    assert run([*program, "export", "is the harbour open?", *again]).returncode == 0
    assert (tmp_path / "again.json").read_text() == (tmp_path / "harbour.json").read_text()
    assert run([*program, "import", str(tmp_path / "harbour.md"), "--profile", other]).returncode == 4
    assert run([*program, "export", "nothing", *again]).returncode == 4


def test_an_export_is_written_whole_and_names_its_target(terminal: Terminal, tmp_path: Path) -> None:
    terminal.says(text_stream("Yes."))
    terminal.ask("Well?")
    file = tmp_path / "kept.md"
    file.write_text("before")
    where = ["--profile", str(terminal.profile), "--to"]
    export = [sys.executable, "-m", "chatapp", "export", "Well?", *where]
    done = run([*export, str(tmp_path / "nowhere" / "file.md")])
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert str(tmp_path / "nowhere" / "file.md") in done.stderr
    assert ".part" not in done.stderr
    link = tmp_path / "link.md"
    link.symlink_to(file)
    assert run([*export, str(link)]).returncode == 0
    assert link.is_symlink()
    assert "Yes." in file.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.md", "link.md", "profile"]


CRAMPED = """
import resource, signal, sys
from pathlib import Path
from chatapp.services.whole_file import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_whole(Path(sys.argv[1]), b"x" * 8192)
except OSError as problem:
    print(problem.filename)
"""
"""Writes more than it may: a limit on the size of files stands for a full disk."""


def test_an_export_that_does_not_fit_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    file = tmp_path / "kept.md"
    file.write_text("before")
    done = run([sys.executable, "-c", CRAMPED, str(file)])
    assert (done.stdout.strip(), done.stderr) == (str(file), "")
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_is_too_large_is_not_imported(profile: Path, tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(129 << 20)
    command = [sys.executable, "-m", "chatapp", "import", str(tmp_path / "large.json")]
    done = run([*command, "--profile", str(profile)])
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "128 MB" in done.stderr


def test_the_version_is_printed() -> None:
    from chatapp import __version__

    assert run([sys.executable, "-m", "chatapp", "--version"]).stdout == f"chatapp {__version__}\n"


CALLS = (
    StreamBuilder("resp_calls")
    .begin()
    .function_call("get_weather", '{"city": "Oslo"}')
    .function_call("get_time", "{}")
    .end()
)


def outputs(terminal: Terminal) -> list[object]:
    items = terminal.posted[-1]["input"]
    assert isinstance(items, list)
    return [(item["call_id"], item["output"]) for item in items if item["type"] == "function_call_output"]


def test_calls_that_wait_are_told_and_answered_by_their_ids(terminal: Terminal) -> None:
    terminal.says(CALLS, text_stream("4 °C at noon."))
    asked = terminal.ask("Weather and time?", "--set", 'tools=[{"type": "function", "name": "get_weather"}]')
    assert asked.returncode == 0
    first, second = asked.stderr.splitlines()
    assert 'get_weather with {"city": "Oslo"}' in first
    assert first.endswith("--parent resp_calls --result call_1=TEXT")
    assert second.endswith("--parent resp_calls --result call_2=TEXT")
    done = terminal.ask("--parent", "resp_calls", "--result", "call_2=12=00", "--result", "call_1=4 °C")
    assert (done.returncode, done.stdout.strip()) == (0, "4 °C at noon.")
    assert outputs(terminal) == [("call_1", "4 °C"), ("call_2", "12=00")]
    assert terminal.posted[-1]["tools"] == [{"type": "function", "name": "get_weather"}]


def test_a_question_goes_along_with_the_results_there_are(terminal: Terminal) -> None:
    terminal.says(CALLS, text_stream("Noon."))
    terminal.ask("Weather and time?")
    done = terminal.ask("Only the time.", "--parent", "resp_calls", "--result", "call_2=12:00")
    assert (done.returncode, done.stdout.strip()) == (0, "Noon.")
    assert outputs(terminal) == [("call_1", "The user did not run this."), ("call_2", "12:00")]


def test_waiting_calls_are_warnings_of_the_json(terminal: Terminal) -> None:
    terminal.says(CALLS)
    printed = json.loads(terminal.ask("Weather?", "--json").stdout)
    assert printed["status"] == "completed"
    assert [item["name"] for item in printed["response"]["output"]] == ["get_weather", "get_time"]
    assert len(printed["warnings"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--result", "call_1=x"], "--parent"),
        (["--parent", "resp_calls", "--result", "call_1"], "CALL_ID=TEXT"),
        (["--parent", "resp_calls", "--result", "call_1=x"], "call_2 has no result"),
        (["--parent", "resp_calls", "--result", "call_9=x"], "Waiting: call_1, call_2"),
        (["--parent", "resp_other", "--result", "call_1=x"], "does not have the response"),
        (["--parent", "resp_calls", "--result", "call_1=x", "--curl"], "--curl"),
    ],
)
def test_results_that_do_not_fit_are_wrong_usage(terminal: Terminal, arguments: list[str], says: str) -> None:
    terminal.says(CALLS)
    terminal.ask("Weather?")
    done = terminal.ask(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(terminal.posted) == 1


def test_an_approval_is_answered_yes_or_no(terminal: Terminal) -> None:
    item = {
        "type": "mcp_approval_request",
        "id": "mcpr_1",
        "server_label": "dice",
        "name": "roll",
        "arguments": "{}",
    }
    builder = StreamBuilder("resp_ask").begin()
    builder.output.append(item)
    terminal.says(builder.end(), text_stream("Then not."))
    asked = terminal.ask("Roll the dice.")
    assert "The MCP server dice asks to run roll" in asked.stderr
    assert terminal.ask("--parent", "resp_ask", "--result", "mcpr_1=perhaps").returncode == 2
    assert terminal.ask("--parent", "resp_ask", "--result", "mcpr_1=no: not today").returncode == 0
    items = terminal.posted[-1]["input"]
    assert isinstance(items, list)
    assert items[-1] == {
        "type": "mcp_approval_response",
        "approval_request_id": "mcpr_1",
        "approve": False,
        "reason": "not today",
    }


def test_a_preset_is_asked_with_and_what_is_typed_counts_before_it(terminal: Terminal) -> None:
    async def save() -> None:
        async with open_profile(terminal.profile, Feed()) as app:
            made = await app.conversations.create(
                parameters={"temperature": 0.2, "top_p": 0.5, "model": "mine"}
            )
            await app.presets.save("Brief answers", made.id)
            await app.conversations.discard(made.id)

    asyncio.run(save())
    terminal.says(text_stream("Yes."))
    done = terminal.ask("Well?", "--preset", "brief ANSWERS", "--set", "top_p=1")
    assert (done.returncode, done.stdout) == (0, "Yes.\n")
    sent = terminal.posted[-1]
    assert (sent["temperature"], sent["top_p"], sent["model"]) == (0.2, 1, "mine")
    unknown = terminal.ask("Well?", "--preset", "Long")
    assert unknown.returncode == 2
    assert "There is no preset “Long”" in unknown.stderr
    assert "Brief answers" in unknown.stderr
    assert len(terminal.posted) == 1
