"""The page of one answer: nothing in it but itself, the boxes where they belong."""

import base64
import zlib
from html.parser import HTMLParser

from chatapp.documents.model import Box, PageImage
from chatapp.exchange import answer_page
from chatapp.exchange.answer_page import Excerpt, PagePicture, Unseen
from chatapp.exchange.png import png
from chatapp.exchange.sources import sources
from tests.exchange.test_footnotes import cited
from tests.storage import samples

GREY = PageImage(5, 4, 2, 18, bytes([9, 9, 9] * 8))
COLOUR = PageImage(5, 4, 2, 18, bytes(range(24)))
PICTURE = PagePicture(
    "a_b.pdf", 5, 18, 4, 2, png(COLOUR), ((1, (Box(0.1, 0.25, 0.6, 0.5), Box(0.1, 0.5, 0.2, 0.75))),)
)
HOSTILE = "<script src=https://evil.example></script>\"'><img src=//evil.example>"


class Elements(HTMLParser):
    """Every element with its attributes, and the text between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(*exhibits: answer_page.Exhibit, question: str = "How many?") -> Elements:
    turn = samples.question(text=question, answer=cited())
    return Elements(answer_page.render(turn, sources(turn.answer), exhibits))


def pixels(data: bytes) -> tuple[int, bytes]:
    """The kind of a PNG and its rows without their filter bytes; every chunk's sum is checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        chunks[body[:4]], at = body[4:], at + 12 + length
    width, kind = int.from_bytes(chunks[b"IHDR"][:4], "big"), chunks[b"IHDR"][9]
    row = 1 + width * (3 if kind == 2 else 1)
    rows = zlib.decompress(chunks[b"IDAT"])
    assert not any(rows[start] for start in range(0, len(rows), row))
    return kind, b"".join(rows[start + 1 : start + row] for start in range(0, len(rows), row))


def test_a_picture_keeps_every_pixel() -> None:
    assert pixels(png(COLOUR)) == (2, COLOUR.rgb)
    assert pixels(png(GREY)) == (0, bytes([9] * 8))


def test_the_page_of_a_pdf_is_shown_with_the_passage_boxed() -> None:
    found = page(PICTURE)
    (image,) = found.named("img")
    assert image["alt"] == "Page 5 of a_b.pdf"
    assert base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,")) == PICTURE.png
    boxes = [entry["style"] for entry in found.named("div") if entry["class"] == "box"]
    assert boxes == [
        "left: 10.000%; top: 25.000%; width: 50.000%; height: 25.000%",
        "left: 10.000%; top: 50.000%; width: 10.000%; height: 25.000%",
    ]
    assert "a_b.pdf, page 5 of 18" in found.text


def test_the_number_stands_before_a_line_and_not_within_it() -> None:
    """Also where the line runs from right to left, so that its first box is on the right."""
    line = (Box(0.5, 0.2, 0.9, 0.3), Box(0.3, 0.2, 0.45, 0.3))
    picture = PagePicture("a.pdf", 1, 1, 4, 2, png(GREY), ((1, (*line, Box(0.1, 0.4, 0.9, 0.5))),))
    elements = page(picture).elements
    (numbered,) = [at for at, (_, attributes) in enumerate(elements) if attributes.get("class") == "number"]
    assert str(elements[numbered - 1][1]["style"]).startswith("left: 30.000%")


def test_a_text_is_shown_around_its_quote_and_a_place_that_is_not_known_is_said() -> None:
    found = page(Excerpt(2, "before ", "It opened in 1937.", " after"), Unseen(1, "It is not here."))
    assert "before It opened in 1937. after" in found.text
    assert len(found.named("mark")) == 1
    assert "It is not here." in found.text


def test_it_needs_and_runs_nothing_whatever_the_names_are() -> None:
    picture = PagePicture(HOSTILE, 1, 1, 4, 2, png(GREY), ((1, (Box(0, 0, 1, 1),)),))
    found = page(picture, Excerpt(2, HOSTILE, HOSTILE, HOSTILE), Unseen(2, HOSTILE), question=HOSTILE)
    assert {tag for tag, _ in found.elements}.isdisjoint(
        {"script", "link", "iframe", "object", "base", "form"}
    )
    for tag, attributes in found.elements:
        assert not any(name.startswith("on") for name in attributes), attributes
        assert "src" not in attributes or (
            tag == "img" and str(attributes["src"]).startswith("data:image/png;")
        )
    (policy,) = [entry["content"] for entry in found.named("meta") if "http-equiv" in entry]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert HOSTILE in found.text


def test_every_link_inside_leads_somewhere() -> None:
    found = page(PICTURE, Unseen(2, "Gone."))
    inside = {entry["href"] for entry in found.named("a") if str(entry["href"]).startswith("#")}
    known = {f"#{attributes['id']}" for _, attributes in found.elements if "id" in attributes}
    assert inside <= known
    assert len(inside) == 2
