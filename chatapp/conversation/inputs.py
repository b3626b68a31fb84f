"""Files, images and addresses that go along with a question: in which ways, how large, and as which parts of it.

`references` next door stands for their bytes until a request leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from chatapp.conversation.references import Reference, read_reference
from chatapp.documents.model import UnreadableDocument
from chatapp.protocol.json_types import Json, JsonObject, objects_of, text_of

How = Literal["search", "data", "upload", "url"]
"""How a file reaches the model: through a search in a vector store, inside the request, by the id of an upload, or by
an address that the server fetches itself."""
Kind = Literal["image", "document"]
Detail = Literal["auto", "low", "high", "original"]
"""How closely a model looks at an image; "original" only by models that say so."""
DETAILS: tuple[Detail, ...] = get_args(Detail)

MB = 1_000_000
LONGEST_ADDRESS = 200
"""Characters of an address that name what was left out."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """What is to go along with a question: a file of this computer by its `path`, a kept original by its `sha256`, or
    an address by its `url`. `how` is None for the usual way. `kind` counts for an address only: of a file, its
    content says it."""

    filename: str
    path: str = ""
    sha256: str = ""
    url: str = ""
    how: How | None = None
    detail: Detail = "auto"
    kind: Kind = "document"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes: of one file inside a request, of all in it together, of one that is uploaded. `purpose` is that of the
    upload, `ways` those in which a file can go, the usual one first."""

    inside: int
    together: int
    uploaded: int
    purpose: str
    ways: tuple[How, ...]


LIMITS: Mapping[Kind, Limits] = {
    "image": Limits(20 * MB, 512 * MB, 512 * MB, "vision", ("data", "upload")),
    "document": Limits(50 * MB, 50 * MB, 512 * MB, "user_data", ("search", "data", "upload")),
}
"""What api.openai.com takes; other servers take less and say so. The guides name 512 MB for all images of a request
and 50 MB for its files, one or all; 20 MB for one image is what they named until 2025 and what most others take."""
MOST_IMAGES = 1500
"""Images in one request."""
LONGEST_SIDE = 65_535
"""Pixels: what the API takes, and what a JPEG can be."""
MOST_PIXELS = 178_956_970
"""Beyond it Pillow, with which most servers open images, takes one for a bomb."""


def parts_along(items: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """The parts of a question that are no words: images and files."""
    content = [part for item in items for part in objects_of(item.get("content"))]
    return tuple(part for part in content if part.get("type") in ("input_image", "input_file"))


def size_words(size: int) -> str:
    """ "3.1 MB", or "2.0 kB" below a megabyte."""
    return f"{size / MB:,.1f} MB" if size >= MB else f"{size / 1000:.1f} kB"


def in_words(items: Sequence[JsonObject], kinds: Sequence[str]) -> tuple[JsonObject, ...]:
    """The same items with a word in the place of each part of these kinds: for a model that takes none."""
    return tuple(
        {**item, "content": [_in_words(part, kinds) for part in item["content"]]}
        if isinstance(item.get("content"), list)
        else item
        for item in items
    )


def _in_words(part: Json, kinds: Sequence[str]) -> Json:
    if not isinstance(part, dict) or part.get("type") not in kinds:
        return part
    references = (read_reference(part.get(field)) for field in ("image_url", "file_data", "file_id"))
    names = [reference.filename for reference in references if reference is not None]
    name = next(iter(names), "") or text_of(part.get("image_url") or part.get("file_url"))[:LONGEST_ADDRESS]
    what = "an image" if part.get("type") == "input_image" else "a file"
    return {"type": "input_text", "text": f"[Here was {what} that is left out: {name or 'without a name'}]"}


def usual_way(kind: Kind, size: int, has_stores: bool) -> How:
    """How a file of `size` bytes goes where the user has not said it."""
    limits = LIMITS[kind]
    if has_stores and "search" in limits.ways:
        return "search"
    return "data" if size <= limits.inside else "upload"


def check_size(kind: Kind, how: How, size: int) -> None:
    """Raises UnreadableDocument("too_large") where a file has more bytes than can go that way."""
    limits = LIMITS[kind]
    most = limits.inside if how == "data" else limits.uploaded
    if size <= most:
        return
    helps = "Upload it instead." if how == "data" and size <= limits.uploaded else _SMALLER[kind]
    raise UnreadableDocument(
        "too_large", f"It has {size / MB:,.1f} MB; {_WAYS[how]} takes at most {most // MB} MB. {helps}"
    )


def check_pixels(width: int, height: int) -> None:
    """Raises UnreadableDocument("too_large") for an image that no server would unpack."""
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise UnreadableDocument(
            "too_large",
            f"It measures {width:,} × {height:,} pixels, more than servers open. {_SMALLER['image']}",
        )


def check_together(sizes: Mapping[Kind, int], images: int) -> None:
    """Raises UnreadableDocument("too_large") where what goes inside one request is too much of it together: bytes by
    kind, and the number of images."""
    for kind, size in sizes.items():
        if size > LIMITS[kind].together:
            most = LIMITS[kind].together // MB
            raise UnreadableDocument(
                "too_large",
                f"Together they have {size / MB:,.1f} MB; one request takes at most {most} MB. Upload some of them.",
            )
    if images > MOST_IMAGES:
        raise UnreadableDocument("too_large", f"One question takes at most {MOST_IMAGES:,} images.")


_WAYS: Mapping[How, str] = {"data": "one request", "upload": "an upload", "search": "an upload"}
_SMALLER: Mapping[Kind, str] = {
    "image": "Make it smaller and attach that.",
    "document": "Split it, or attach only the part you need.",
}


def image_part(source: Reference | str, detail: Detail) -> JsonObject:
    """`source` is what stands for a kept image, or an address."""
    if isinstance(source, str):
        return {"type": "input_image", "image_url": source, "detail": detail}
    field = "image_url" if source.place == "data" else "file_id"
    return {"type": "input_image", field: source.written(), "detail": detail}


def file_part(source: Reference | str) -> JsonObject:
    """The same for a document. Its name goes with its bytes: servers tell by it what it is."""
    if isinstance(source, str):
        return {"type": "input_file", "file_url": source}
    if source.place == "id":
        return {"type": "input_file", "file_id": source.written()}
    return {"type": "input_file", "filename": source.filename, "file_data": source.written()}
