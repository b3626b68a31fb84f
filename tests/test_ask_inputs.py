"""`chatapp ask` with images and files inside the question: what is sent, what is printed, what is refused."""

import base64
import shutil
import sys
from pathlib import Path

import pytest

from tests.kit.events import text_stream
from tests.kit.gated_server import error_reply
from tests.kit.pictures import png
from tests.test_ask import Terminal, gated_server, run, terminal

__all__ = ["gated_server", "terminal"]

PHOTO = png(40, 30, padding=200_000)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("Two tugs are needed.\n")
    return path


def content(terminal: Terminal, number: int = -1) -> list[dict[str, object]]:
    found: list[dict[str, object]] = terminal.posted[number]["input"][0]["content"]  # type: ignore[index]
    return found


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def test_files_and_addresses_go_whole(terminal: Terminal, photo: Path, notes: Path) -> None:
    terminal.says(text_stream("Yes."))
    done = terminal.ask(
        "What?", "--file", str(photo), "--attach", str(notes), "--attach", "https://example.org/cat.jpg",
        "--attach", "https://example.org/paper", "--detail", "low",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "Yes.\n", "")
    assert content(terminal) == [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": data_url("image/png", PHOTO), "detail": "low"},
        {
            "type": "input_file",
            "filename": "notes.txt",
            "file_data": data_url("text/plain", b"Two tugs are needed.\n"),
        },
        {"type": "input_image", "image_url": "https://example.org/cat.jpg", "detail": "low"},
        {"type": "input_file", "file_url": "https://example.org/paper"},
    ]


def test_a_document_goes_whole_where_there_is_no_search(terminal: Terminal, notes: Path) -> None:
    terminal.server.always("GET", "/v1/vector_stores", error_reply(404, "No", x_should_retry="false"))
    terminal.says(text_stream("Yes."))
    assert terminal.ask("How many tugs?", "--file", str(notes)).returncode == 0
    assert content(terminal)[1]["type"] == "input_file"


def test_printed_programs_hold_the_whole_file(
    terminal: Terminal, photo: Path, notes: Path, tmp_path: Path
) -> None:
    arguments = ["What?", "--model", "m", "--file", str(photo), "--attach", str(notes)]
    programs = {"--python": sys.executable} | ({"--curl": "sh"} if shutil.which("curl") else {})
    for option, program in programs.items():
        shown = terminal.ask(*arguments, option)
        assert (shown.returncode, shown.stderr, terminal.server.requests) == (0, "", [])
        (tmp_path / "program").write_text(shown.stdout)
        terminal.says(text_stream("Sunny."))
        done = run([program, str(tmp_path / "program")])
        assert "Sunny." in done.stdout, done.stderr
        printed = [request.body for request in terminal.server.requests]
        terminal.server.requests.clear()
        terminal.says(text_stream("Sunny."))
        terminal.ask(*arguments)
        assert [request.body for request in terminal.server.requests if request.method == "POST"] == printed
        terminal.server.requests.clear()


def test_a_printed_request_keeps_no_file(terminal: Terminal, photo: Path) -> None:
    assert terminal.ask("What?", "--model", "m", "--attach", str(photo), "--curl").returncode == 0
    assert list((terminal.profile / "originals").glob("*/*")) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--attach", "gone.png"], "gone.png could not be attached"),
        (["--attach", "ftp://example.org/a.png"], "http and https"),
        (["--attach", "https://["], "not an address"),
        (["--file", "FOLDER"], "folder"),
        (["--attach", "HEIC"], "HEIC"),
        (["--file", "NOTES", "--curl"], "--attach"),
        (["--attach", "gone.png", "--python"], "no longer there"),
        (["--detail", "closely"], "--detail"),
    ],
)
def test_wrong_usage_sends_nothing(
    terminal: Terminal, tmp_path: Path, notes: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    places = {"FOLDER": str(tmp_path), "HEIC": str(tmp_path / "photo.heic"), "NOTES": str(notes)}
    done = terminal.ask("What?", *(places.get(one, one) for one in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert terminal.server.requests == []


def test_a_model_without_eyes(terminal: Terminal, photo: Path) -> None:
    refusal = error_reply(400, "This model does not support image input.", x_should_retry="false")
    terminal.server.always("POST", "/v1/responses", refusal)
    done = terminal.ask("What?", "--file", str(photo))
    assert done.returncode == 4
    assert "This model takes no images. Choose another --model, or leave the image out." in done.stderr
