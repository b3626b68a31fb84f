"""Recorded traffic of ../shared/recordings, as the bodies that were on the wire. Its README says where it is from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.kit.shared import shared_folder

FOLDER = shared_folder() / "recordings"
"""Absent on other machines, and then there are no recordings."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One exchange. `name` is "file#entry" or the server's file name; `request` None where it was not JSON; the names
    of `headers` are in small letters."""

    name: str
    method: str
    path: str
    request: Any
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def payloads(self) -> list[Any]:
        """The JSON of every data line, read line by line and not with the parser under test."""
        lines = self.body.decode().split("\n")
        texts = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        return [json.loads(text) for text in texts if text != "[DONE]"]


def openai_recordings() -> Iterator[Recording]:
    """Every exchange with api.openai.com, in the order of the files' names."""
    for file in sorted((FOLDER / "openai").glob("*/*.json")):
        for number, entry in enumerate(json.loads(file.read_text("utf-8-sig"))["Entries"]):
            yield Recording(
                f"{file.stem}#{number}",
                entry["RequestMethod"],
                entry["RequestUri"].removeprefix("https://api.openai.com"),
                entry.get("RequestBody"),
                entry["StatusCode"],
                _headers(entry.get("ResponseHeaders") or {}),
                _body(entry.get("ResponseBody")),
            )


def server_recordings() -> Iterator[Recording]:
    """Every exchange with the servers run on loopback that got an HTTP answer."""
    for file in sorted((FOLDER / "servers").glob("*.sse")):
        meta = json.loads(file.with_suffix(".meta.json").read_text())
        if meta["status"] is None:
            continue
        request = json.loads(file.with_suffix(".json").read_text())
        headers = _headers(meta["headers"])
        yield Recording(
            file.stem, "POST", "/v1/responses", request, meta["status"], headers, file.read_bytes()
        )


def streams() -> list[Recording]:
    """All recorded event streams, OpenAI's first; empty where there are no recordings."""
    return [recording for recording in (*openai_recordings(), *server_recordings()) if recording.is_stream]


def _headers(values: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): text if isinstance(text, str) else ", ".join(text) for name, text in values.items()}


def _body(value: Any) -> bytes:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value).encode()
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
