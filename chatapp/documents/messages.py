"""What passes between `limited_process` and a limited program: frames, and the values of `helper_process` in them.

A frame is two unsigned 32-bit numbers in network byte order, the lengths of a header and a body; then the
header, a JSON object; then the body, which is a document's text in UTF-8, a page's pixels or the
boxes of its characters, else empty.
"""

import json
import struct
from array import array
from dataclasses import asdict
from typing import IO, Any

from chatapp.documents.model import Box, Document, Page, PageImage, PageText, Place, UnreadableDocument

Header = dict[str, Any]
Frame = tuple[Header, bytes]

_LENGTHS = struct.Struct("!II")


def write_frame(stream: IO[bytes], header: Header, body: bytes = b"") -> None:
    """Sends one frame. Raises OSError where the other side is gone."""
    encoded = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(body)) + encoded)
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Receives one frame; None where the stream ends, even within one."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_length, body_length = _LENGTHS.unpack(lengths)
    encoded = stream.read(header_length)
    body = stream.read(body_length)
    if len(encoded) < header_length or len(body) < body_length:
        return None
    return json.loads(encoded), body


def from_document(document: Document) -> Frame:
    """A document as an answer."""
    pages = [[page.number, page.offset, page.length] for page in document.pages]
    header = {"media_type": document.media_type, "title": document.title, "pages": pages}
    return {"document": header}, document.text.encode()


def from_place(place: Place | None) -> Frame:
    """A place, or none, as an answer."""
    return {"place": place and asdict(place)}, b""


def from_image(image: PageImage) -> Frame:
    """A drawn page as an answer."""
    header = {name: getattr(image, name) for name in ("page", "width", "height", "page_count")}
    return {"image": header}, image.rgb


def from_page_text(page: PageText) -> Frame:
    """The text of a page as an answer; its boxes are the body."""
    sides = array("f", (side for box in page.boxes for side in (box.left, box.top, box.right, box.bottom)))
    return {"page_text": {"page": page.page, "text": page.text}}, sides.tobytes()


def from_error(error: UnreadableDocument) -> Frame:
    """A refusal as an answer."""
    return {"error": {"code": error.code, "message": error.message}}, b""


def to_document(header: Header, body: bytes) -> Document:
    """The document in an answer. Raises UnreadableDocument where it is a refusal."""
    value = answered(header, "document")
    pages = tuple(Page(*page) for page in value["pages"])
    return Document(value["media_type"], body.decode(), pages, value["title"])


def to_place(header: Header, body: bytes) -> Place | None:
    """The place in an answer. Raises UnreadableDocument where it is a refusal."""
    value = answered(header, "place")
    if value is None:
        return None
    return Place(**{**value, "boxes": tuple(Box(**box) for box in value["boxes"])})


def to_image(header: Header, body: bytes) -> PageImage:
    """The drawn page in an answer. Raises UnreadableDocument where it is a refusal."""
    return PageImage(**answered(header, "image"), rgb=body)


def to_page_text(header: Header, body: bytes) -> PageText:
    """The text of a page in an answer. Raises UnreadableDocument where it is a refusal."""
    value = answered(header, "page_text")
    sides = iter(array("f", body))
    boxes = tuple(Box(*box) for box in zip(sides, sides, sides, sides, strict=True))
    return PageText(value["page"], value["text"], boxes)


def answered(header: Header, name: str) -> Any:
    """What an answer holds under a name. Raises UnreadableDocument where it is a refusal."""
    if "error" in header:
        raise UnreadableDocument(header["error"]["code"], header["error"]["message"])
    return header[name]
