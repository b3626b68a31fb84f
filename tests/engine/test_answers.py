"""Extractive answers: verbatim quotes with true citations, from every kind of file, and honest about finding none."""

import base64
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.documents.files import epub
from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import RunningEngine, annotations_of, quotes_of, text_of

HTML = f"""<html><head><title>Skerry Point</title><script>var tower = 'not 99 metres';</script></head>
<body>{"".join(f"<p>{line}</p>" for line in LIGHTHOUSE.splitlines() if line)}</body></html>"""

QUESTIONS = [
    ("How high above the water does the tower stand?", "38 metres"),
    ("Who built the tower?", "Agnes Harrow"),
    ("How far does the light reach?", "21 nautical miles"),
    ("What does admission cost?", "4.50 euros"),
    ("How many steps does the stair have?", "163 steps"),
    ("When can I visit?", "April to September"),
    ("Is there a spare lamp?", "kept in the cellar"),
]


def docx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{types}"><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
        )
    return made.getvalue()


FILES = {
    "guide.md": LIGHTHOUSE.encode(),
    "guide.txt": LIGHTHOUSE.encode("utf-16"),
    "guide.html": HTML.encode(),
    "guide.docx": docx(LIGHTHOUSE),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_quoted_and_cited(engine: RunningEngine, name: str) -> None:
    store = engine.store((name, FILES[name]))
    assert engine.call("GET", f"/vector_stores/{store}/files")["data"][0]["last_error"] is None
    for question, wanted in QUESTIONS:
        response = engine.ask(question, store)
        assert text_of(response).startswith("Closest passages")
        quotes = quotes_of(response)
        assert wanted in quotes[0], question
        assert {one["filename"] for one in annotations_of(response)} == {name}
        for quote in quotes:
            assert quote in " ".join(LIGHTHOUSE.split()) or name in ("guide.html", "guide.docx")


def test_a_chapter_is_not_called_a_page(engine: RunningEngine, tmp_path: Path) -> None:
    book = epub(tmp_path / "book.epub", ["<p>The ship came.</p>", f"<p>{LIGHTHOUSE}</p>"], "Lights")
    store = engine.store((book.name, book.read_bytes()))
    assert "— book.epub, chapter 2" in text_of(engine.ask(QUESTIONS[0][0], store))


def test_a_question_about_a_real_rule_is_answered_from_its_page(engine: RunningEngine, shared: Path) -> None:
    name = "federal-register-2020-17221.pdf"
    store = engine.store((name, (shared / "corpus" / name).read_bytes()))
    question = "How many airplanes of U.S. registry does the proposed AD affect?"
    response = engine.ask(question, store, include=["file_search_call.results"])
    assert "affects 73 airplanes" in quotes_of(response)[0]
    assert text_of(response).index("page 5") < 500
    holding = [
        one
        for one in response["output"][0]["results"]
        if "affects 73 airplanes" in " ".join(one["text"].split())
    ]
    assert {one["page"] for one in holding} == {5}


def test_a_file_inside_the_message_is_searched(engine: RunningEngine) -> None:
    data = "data:text/plain;base64," + base64.b64encode(LIGHTHOUSE.encode()).decode()
    file_id = engine.upload("by-id.md", LIGHTHOUSE.encode(), "user_data")
    for part, name in (
        ({"file_data": data, "filename": "inside.md"}, "inside.md"),
        ({"file_id": file_id}, "by-id.md"),
    ):
        content = [{"type": "input_text", "text": "Who built the tower?"}, {"type": "input_file", **part}]
        response = engine.ask([{"role": "user", "content": content}])
        assert [item["type"] for item in response["output"]] == ["message"]
        assert "Agnes Harrow" in quotes_of(response)[0]
        assert annotations_of(response)[0]["filename"] == name
        followed = engine.ask("How many steps are there?", previous_response_id=response["id"])
        assert "163 steps" in quotes_of(followed)[0]
    assert list((engine.folder / "incoming").iterdir()) == []


def test_a_file_in_the_message_that_cannot_be_read_fails_the_response(engine: RunningEngine) -> None:
    part = {"type": "input_file", "filename": "x.pdf", "file_data": base64.b64encode(b"%PDF-1.7 no").decode()}
    found = engine.stream([{"role": "user", "content": [{"type": "input_text", "text": "What?"}, part]}])
    assert [event["type"] for event in found][-2:] == ["error", "response.failed"]
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    response = found[-1]["response"]
    assert response["status"] == "failed"
    assert response["error"]["message"] == found[-2]["error"]["message"]
    assert engine.call("GET", f"/responses/{response['id']}") == response


def test_it_says_so_when_nothing_matches(engine: RunningEngine, guide: str) -> None:
    response = engine.ask("xylophone quartet", guide)
    assert text_of(response).startswith("Closest passages: none.")
    assert annotations_of(response) == []


def test_it_says_so_while_files_are_still_being_indexed(engine: RunningEngine) -> None:
    large = "\n".join(f"Paragraph {number} of the heron." for number in range(60_000)).encode()
    store = engine.call("POST", "/vector_stores", json={"file_ids": [engine.upload("large.txt", large)]})[
        "id"
    ]
    assert "1 file is still being indexed" in text_of(engine.ask("heron", store))
    engine.indexed(store)
    assert quotes_of(engine.ask("heron", store))


def test_an_empty_store_is_searched_and_found_empty(engine: RunningEngine) -> None:
    store = engine.call("POST", "/vector_stores", json={})["id"]
    assert text_of(engine.ask("anything", store)).startswith("Closest passages: none.")


def test_an_index_counts_code_points(engine: RunningEngine) -> None:
    text = "🗼 The tower 👩‍🚀 sees 12 stars. Ünïcödé follows. And a third sentence ends it."
    store = engine.store(("🗼.txt", text.encode()))
    response = engine.ask("How many stars does the tower see?", store)
    assert quotes_of(response)[0] in text
    assert quotes_of(response)[0].startswith("🗼")


def test_the_same_words_in_two_files_are_quoted_once(engine: RunningEngine) -> None:
    text = b"The otter sleeps on its back. It holds hands."
    store = engine.store(("one.txt", text), ("two.txt", text))
    assert len(quotes_of(engine.ask("How does the otter sleep?", store))) == 1


def test_a_heading_leads_to_its_sentence_and_is_not_quoted(engine: RunningEngine) -> None:
    text = (
        "# Ferries\n\nThe boat leaves at nine. It returns at noon.\n\n"
        "- Bring a coat.\n\n## Dogs\n\nThey travel free.\n\n"
        "| Cargo | Price |\n|---|---|\n| bicycle | two euros |\n| trunk | nothing |\n"
    )
    store = engine.store(("trip.md", text.encode()))
    assert quotes_of(engine.ask("What about ferries?", store)) == [
        "The boat leaves at nine. It returns at noon."
    ]
    assert quotes_of(engine.ask("And a coat?", store)) == ["Bring a coat."]
    assert quotes_of(engine.ask("Which rules for dogs?", store)) == ["They travel free."]
    assert quotes_of(engine.ask("And a bicycle?", store)) == ["bicycle | two euros"]


def test_a_file_name_of_two_lines_stays_within_the_quote(engine: RunningEngine) -> None:
    store = engine.store(("two\nlines.md", b"The bridge was painted blue in 1903."))
    response = engine.ask("When was the bridge painted?", store)
    assert annotations_of(response)[0]["filename"] == "two\nlines.md"
    assert text_of(response).endswith("> \u2014 two lines.md, line 1")
