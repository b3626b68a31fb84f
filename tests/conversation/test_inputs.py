"""In which ways files go along, how large they may be, and what stands in a request in the place of their bytes."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp.conversation.inputs import (
    LIMITS,
    LONGEST_SIDE,
    MB,
    How,
    Kind,
    check_pixels,
    check_size,
    check_together,
    file_part,
    image_part,
    size_words,
    usual_way,
)
from chatapp.conversation.references import Reference, filled_in, read_reference, references_in
from chatapp.documents.model import UnreadableDocument

PHOTO = Reference("ab" * 32, "image/png", 1234, "a photo & more.png")
PDF = Reference("cd" * 32, "application/pdf", 99, "übersicht.pdf", "id", "user_data")


@pytest.mark.parametrize(
    ("kind", "size", "has_stores", "how"),
    [
        ("image", 1, True, "data"),
        ("image", 20 * MB, False, "data"),
        ("image", 20 * MB + 1, True, "upload"),
        ("document", 1, True, "search"),
        ("document", 500 * MB, True, "search"),
        ("document", 1, False, "data"),
        ("document", 51 * MB, False, "upload"),
    ],
)
def test_the_usual_way(kind: Kind, size: int, has_stores: bool, how: How) -> None:
    assert usual_way(kind, size, has_stores) == how


@pytest.mark.parametrize(
    ("kind", "how", "most", "words"),
    [
        ("image", "data", 20, "Upload it instead"),
        ("image", "upload", 512, "smaller"),
        ("document", "data", 50, "Upload it instead"),
        ("document", "upload", 512, "Split it"),
        ("document", "search", 512, "Split it"),
    ],
)
def test_one_byte_too_many_is_refused_with_what_helps(kind: Kind, how: How, most: int, words: str) -> None:
    check_size(kind, how, most * MB)
    with pytest.raises(UnreadableDocument) as problem:
        check_size(kind, how, most * MB + 1)
    assert problem.value.code == "too_large"
    assert words in problem.value.message
    assert f"at most {most} MB" in problem.value.message


def test_more_than_an_upload_is_never_told_to_be_uploaded() -> None:
    with pytest.raises(UnreadableDocument) as problem:
        check_size("image", "data", 600 * MB)
    assert "Upload" not in problem.value.message


@pytest.mark.parametrize(
    ("width", "height"), [(LONGEST_SIDE + 1, 1), (1, LONGEST_SIDE + 1), (60_000, 60_000)]
)
def test_an_image_of_too_many_pixels(width: int, height: int) -> None:
    with pytest.raises(UnreadableDocument) as problem:
        check_pixels(width, height)
    assert problem.value.code == "too_large"


def test_a_large_photo_is_not_too_large() -> None:
    check_pixels(12_000, 9_000)


def test_sizes_in_words() -> None:
    assert [size_words(size) for size in (1, 999_999, MB, 1_234_567_890)] == [
        "0.0 kB",
        "1000.0 kB",
        "1.0 MB",
        "1,234.6 MB",
    ]


def test_what_goes_together() -> None:
    check_together({"document": 50 * MB, "image": 512 * MB}, 1500)
    with pytest.raises(UnreadableDocument, match="have 51"):
        check_together({"document": 51 * MB}, 0)
    with pytest.raises(UnreadableDocument, match="1,500"):
        check_together({}, 1501)


def test_every_way_has_its_limits() -> None:
    assert {kind: limits.ways[0] for kind, limits in LIMITS.items()} == {
        "image": "data",
        "document": "search",
    }


references = st.builds(
    Reference,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.text(min_size=1),
    st.integers(0, 1 << 40),
    st.text(st.characters(exclude_categories=()), min_size=1),
    st.sampled_from(["data", "id"]),
    st.sampled_from(["", "vision", "user_data"]),
)


@given(references)
def test_a_reference_reads_as_it_was_written(reference: Reference) -> None:
    assert read_reference(json.loads(json.dumps(reference.written()))) == reference


@given(st.none() | st.text() | st.text().map(lambda rest: f"chatapp-original:{rest}"))
@example(f"chatapp-original:0?bytes={'9' * 5000}")
def test_any_text_is_a_reference_or_not(text: str | None) -> None:
    read = read_reference(text)
    assert read is None or read_reference(read.written()) == read


def request() -> dict[str, object]:
    parts = [
        {"type": "input_text", "text": PHOTO.written()},
        image_part(PHOTO, "high"),
        file_part(PDF),
        image_part("https://example.org/a.png", "auto"),
        file_part("https://example.org/a.pdf"),
    ]
    output = {"type": "function_call_output", "call_id": "c", "output": [image_part(PHOTO, "auto")]}
    return {"model": "m", "input": [{"type": "message", "role": "user", "content": parts}, output]}


def test_parts_are_those_of_the_wire() -> None:
    assert image_part(PDF, "low") == {"type": "input_image", "file_id": PDF.written(), "detail": "low"}
    assert file_part(PHOTO) == {
        "type": "input_file",
        "filename": "a photo & more.png",
        "file_data": PHOTO.written(),
    }
    assert file_part("https://e.org/x") == {"type": "input_file", "file_url": "https://e.org/x"}


def test_references_are_filled_in_where_the_wire_has_files_and_nowhere_else() -> None:
    given_request = request()
    before = json.dumps(given_request)
    assert references_in(given_request) == [PHOTO, PDF, PHOTO]
    sent = filled_in(given_request, {PHOTO: "data:image/png;base64,AA==", PDF: "file-1"})
    content = sent["input"][0]["content"]
    assert content[0]["text"] == PHOTO.written()
    assert content[1] == {
        "type": "input_image",
        "image_url": "data:image/png;base64,AA==",
        "detail": "high",
    }
    assert content[2] == {"type": "input_file", "file_id": "file-1"}
    assert content[3]["image_url"] == "https://example.org/a.png"
    assert sent["input"][1]["output"][0]["image_url"] == "data:image/png;base64,AA=="
    assert json.dumps(given_request) == before


@pytest.mark.parametrize("value", ["text", None, [], ["text", 1], [{"type": "message", "content": "text"}]])
def test_an_input_without_references_stays_as_it_is(value: object) -> None:
    assert references_in({"input": value}) == []
    assert filled_in({"input": value}, {PHOTO: "x"}) == {"input": value}
