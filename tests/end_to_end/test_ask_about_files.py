"""The whole way, in one command, with an empty home and no network: a file, a question, an answer, its source."""

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pypdfium2
import pytest

from chatapp.assembly import open_profile
from chatapp.documents.model import Document
from chatapp.documents.reading import read
from chatapp.services.feed import Feed

TIME_LIMIT_S = 120
QUESTION = "How many airplanes of U.S. registry does the proposed AD affect?"
PARAGRAPHS = (
    "The harbour of Vessby was dredged in 1911 and again in 1968.",
    "Pilotage is compulsory for tankers.",
    "The lighthouse keeper of Vessby is called Ottilie Brandt, and she has lived there since 1994.",
    "Ships longer than 90 metres need two tugs.",
)
KEEPER = "Who is the lighthouse keeper of Vessby?"


def ask(home: Path, *arguments: str) -> dict[str, Any]:
    """Runs `chatapp ask --json` with an empty home directory. Any use of a proxy or the key store would show."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment = {
        **kept,
        "HOME": str(home),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "chatapp", "ask", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=TIME_LIMIT_S)
    assert (done.returncode, done.stderr) == (0, "")
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def in_boxes(path: Path, page_number: int, boxes: list[dict[str, float]]) -> str:
    """The text that pdfium finds inside the boxes, read independently of our own code."""
    with pypdfium2.PdfDocument(path) as pdf:
        page = pdf[page_number - 1]
        width, height = page.get_size()
        text = page.get_textpage()
        return " ".join(
            text.get_text_bounded(
                left=box["left"] * width,
                bottom=(1 - box["bottom"]) * height,
                right=box["right"] * width,
                top=(1 - box["top"]) * height,
            )
            for box in boxes
        )


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_pdf_is_cited_with_page_boxes_and_verbatim_quote(tmp_path: Path, shared: Path) -> None:
    path = shared / "corpus" / "federal-register-2020-17221.pdf"
    value = ask(tmp_path, QUESTION, "--file", str(path))
    assert "73" in value["text"]
    assert value["status"] == "completed"
    assert value["response"]["id"]
    first = value["citations"][0]
    assert (first["number"], first["filename"], first["page"]) == (1, path.name, 5)
    assert "73 airplanes of U.S. registry" in words(first["quote"])
    page = read(path).page_text(5)
    assert first["quote"] in page
    assert first["boxes"]
    assert all(
        0 <= box["left"] < box["right"] <= 1 and 0 <= box["top"] < box["bottom"] <= 1
        for box in first["boxes"]
    )
    assert "73 airplanes of U.S. registry" in words(in_boxes(path, 5, first["boxes"]))
    assert first["line"] is None
    assert 0 <= first["score"] <= 1
    assert 0 < first["index"] <= len(value["text"])
    assert value["warnings"] == []


def write_plain(path: Path) -> None:
    path.write_text("\n\n".join(PARAGRAPHS) + "\n")


def write_markdown(path: Path) -> None:
    path.write_text("# Vessby\n\n" + "\n\n".join(PARAGRAPHS) + "\n")


def write_html(path: Path) -> None:
    body = "".join(f"<p>{escape(text)}</p>" for text in PARAGRAPHS)
    path.write_text(f"<!doctype html><html><head><title>Vessby</title></head><body>{body}</body></html>")


def write_docx(path: Path) -> None:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in PARAGRAPHS)
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<?xml version="1.0"?><Types xmlns="{types}">'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        archive.writestr(
            "word/document.xml",
            f'<?xml version="1.0"?><w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        )


WRITERS = {
    "notes.txt": write_plain,
    "notes.md": write_markdown,
    "notes.html": write_html,
    "notes.docx": write_docx,
}


def line_of(document: Document, words_of_it: str) -> int:
    return document.line_at(document.text.index(words_of_it))


@pytest.mark.parametrize("name", WRITERS)
def test_other_files_are_cited_with_their_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    value = ask(tmp_path, KEEPER, "--file", str(path))
    assert "Ottilie Brandt" in value["text"]
    first = value["citations"][0]
    assert (first["number"], first["filename"], first["page"], first["boxes"]) == (1, name, None, None)
    document = read(path)
    assert "Ottilie Brandt" in first["quote"]
    assert first["quote"] in document.text
    assert first["line"] == line_of(document, first["quote"])
    assert value["warnings"] == []


def test_a_second_question_finds_the_file_by_its_store_and_follows_by_id(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    write_plain(path)
    profile = str(tmp_path / "profile")
    first = ask(tmp_path, KEEPER, "--file", str(path), "--profile", profile)
    path.unlink()
    parent = first["response"]["id"]
    second = ask(
        tmp_path,
        "How many tugs do long ships need?",
        "--parent",
        parent,
        "--store",
        KEEPER,
        "--profile",
        profile,
    )
    assert "two tugs" in second["text"]
    assert second["previous_response_id"] == parent
    assert second["response"]["previous_response_id"] == parent
    assert second["citations"][0]["quote"] in "\n\n".join(PARAGRAPHS)


def test_two_files_at_once_and_the_right_one_is_cited(tmp_path: Path) -> None:
    (tmp_path / "tides.txt").write_text("The tide at Vessby turns at 04:12 on the day of the regatta.\n")
    write_plain(tmp_path / "notes.txt")
    files = ["--file", str(tmp_path / "notes.txt"), "--file", str(tmp_path / "tides.txt")]
    value = ask(tmp_path, "When does the tide turn on the day of the regatta?", *files)
    assert "04:12" in value["text"]
    assert value["citations"][0]["filename"] == "tides.txt"


async def test_ask_works_beside_an_open_window_on_its_engine(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    write_plain(path)
    profile = tmp_path / "profile"
    async with open_profile(profile, Feed()) as window:
        await window.servers.start_engine()
        value = await asyncio.to_thread(ask, tmp_path, KEEPER, "--file", str(path), "--profile", str(profile))
        assert "Ottilie Brandt" in value["text"]
        await window.turns.recover()
        (conversation,) = await window.conversations.list()
        _, (turn,) = await window.conversations.open(conversation.id)
        assert turn.answer.response == value["response"]
