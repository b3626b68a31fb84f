"""What a picture is, told from its bytes: real ones, ones of other kinds, cut ones and changed ones."""

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.documents.input_types import input_type
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.pictures import Picture, check_complete, foreign_picture, picture_of
from tests.kit.pictures import JPEG, LOSSLESS_WEBP, WEBP, gif, moving_webp, png, png_head

ROOT = Path(__file__).parents[2]

PICTURES = {
    "png": (png(), Picture("image/png", 5, 3)),
    "huge png": (png_head(60_000, 60_000), Picture("image/png", 60_000, 60_000)),
    "jpeg": (JPEG, Picture("image/jpeg", 5, 3)),
    "webp": (WEBP, Picture("image/webp", 5, 3)),
    "lossless webp": (LOSSLESS_WEBP, Picture("image/webp", 5, 3)),
    "moving webp": (moving_webp(640, 480), Picture("image/webp", 640, 480, moving=True)),
    "gif": (gif(), Picture("image/gif", 1, 1)),
    "moving gif": (gif(frames=3, width=20, height=10), Picture("image/gif", 20, 10, moving=True)),
}
WHOLE = {"png": png(), "jpeg": JPEG, "webp": WEBP, "lossless webp": LOSSLESS_WEBP, "gif": gif(frames=2)}


def read_whole(data: bytes) -> Picture | None:
    """What a reader of all of it finds."""
    picture = picture_of(data)
    if picture is not None:
        check_complete(data, picture.media_type)
    return picture


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_tells_its_size(name: str) -> None:
    data, expected = PICTURES[name]
    assert picture_of(data) == expected


def test_a_real_screenshot() -> None:
    data = (ROOT / "docs" / "pictures" / "transcript-light-100.png").read_bytes()
    picture = read_whole(data)
    assert picture is not None
    assert picture.width > picture.height > 500


def test_a_jpeg_with_segments_before_its_size() -> None:
    profile = b"\xff\xe2" + struct.pack(">H", 65_535) + bytes(65_533)
    data = JPEG[:2] + profile * 5 + b"\xff" + JPEG[2:]
    assert picture_of(data) == Picture("image/jpeg", 5, 3)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture_is_complete(name: str) -> None:
    picture = read_whole(WHOLE[name])
    assert picture is not None
    assert read_whole(WHOLE[name] + b"appended by a camera") == picture


@pytest.mark.parametrize("name", WHOLE)
def test_every_cut_picture_is_incomplete(name: str) -> None:
    data = WHOLE[name]
    for length in range(12, len(data)):
        with pytest.raises(UnreadableDocument) as problem:
            read_whole(data[:length])
        assert problem.value.code == "damaged"


@given(at=st.integers(8, len(png()) - 1), flip=st.integers(1, 255))
def test_a_png_that_was_changed_is_noticed(at: int, flip: int) -> None:
    data = bytearray(png())
    data[at] ^= flip
    with pytest.raises(UnreadableDocument):
        read_whole(bytes(data))


@given(
    data=st.sampled_from(sorted(WHOLE.values())),
    changes=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=8),
    length=st.integers(0, 700),
)
def test_nothing_but_unreadable_comes_of_mutated_bytes(
    data: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    mutated = bytearray(data[:length])
    for at, value in changes:
        if at < len(mutated):
            mutated[at] = value
    with suppress(UnreadableDocument):
        picture = read_whole(bytes(mutated))
        assert picture is None or (picture.width > 0 and picture.height > 0)


@given(st.binary(max_size=64))
def test_any_bytes_are_of_some_kind_or_refused(data: bytes) -> None:
    with suppress(UnreadableDocument):
        assert input_type(data, "any").media_type


FOREIGN = {
    "HEIC": b"\0\0\0\x18ftypheic",
    "AVIF": b"\0\0\0\x18ftypavif",
    "TIFF": b"II*\0\x08\0\0\0",
    "BMP": b"BM" + struct.pack("<IHHII", 70, 0, 0, 54, 40),
    "ICO": b"\0\0\1\0\1\0",
    "Photoshop": b"8BPS\0\1",
    "SVG": b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_pictures_are_refused_by_name(name: str) -> None:
    assert foreign_picture(FOREIGN[name]) == name
    with pytest.raises(UnreadableDocument) as problem:
        input_type(FOREIGN[name], "picture.png")
    assert problem.value.code == "unsupported"
    assert name in problem.value.message
    assert "PNG" in problem.value.message


DOCUMENTS = [
    (b"%PDF-1.7\n", "report.txt", "application/pdf"),
    (b"PK\x03\x04\x14\0\0\0", "a.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"\xd0\xcf\x11\xe0", "old.doc", "application/msword"),
    (b"{\\rtf1 Hello}", "letter.rtf", "application/rtf"),
    (b"a,b\n1,2\n", "table.csv", "text/csv"),
    (b"BMW builds cars.", "cars.txt", "text/plain"),
    (b"<!doctype html><svg></svg>", "page.html", "text/html"),
    (b"print(1)\n", "no-suffix", "text/plain"),
]


@pytest.mark.parametrize(("head", "name", "media_type"), DOCUMENTS)
def test_a_document_has_the_type_of_its_name(head: bytes, name: str, media_type: str) -> None:
    found = input_type(head, name)
    assert (found.media_type, found.picture) == (media_type, None)


@pytest.mark.parametrize(
    ("head", "code"),
    [(b"", "empty"), (b"ID3\3", "unsupported"), (b"\x7fELF\2", "unsupported"), (b"a\0b", "unsupported")],
)
def test_what_no_server_reads_is_refused(head: bytes, code: str) -> None:
    with pytest.raises(UnreadableDocument) as problem:
        input_type(head, "thing.bin")
    assert problem.value.code == code


def test_a_picture_is_told_by_its_content_not_its_name() -> None:
    assert input_type(png(), "report.pdf").picture == Picture("image/png", 5, 3)
