"""Files and images that come inside a message: by id from the shelf, or as base64 in the message itself."""

import asyncio
import base64
import binascii
import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.engine.context import Engine
from chatapp.engine.errors import invalid, unsupported
from chatapp.engine.forms import plain_filename
from chatapp.engine.ids import new_id
from chatapp.engine.retrieval.ephemeral import CHUNKING, Attached
from chatapp.protocol.json_types import JsonObject

LARGEST_PICTURE = 20 * 2**20
"""Bytes of an image that is given to a model."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of a message. `data` is None for one on the shelf; else `file_id` is made from its SHA-256."""

    file_id: str
    filename: str
    data: bytes | None = None


async def input_file(engine: Engine, part: JsonObject, param: str) -> InputFile:
    """The file that an `input_file` part names. Raises ApiError 400 or 404."""
    if isinstance(part.get("file_id"), str):
        file = await engine.shelf.get(part["file_id"], f"{param}.file_id")
        return InputFile(file["id"], file["filename"])
    if isinstance(part.get("file_data"), str):
        data, identity = await asyncio.to_thread(_decoded, part["file_data"], f"{param}.file_data")
        name = part.get("filename")
        return InputFile(identity, plain_filename(name) if isinstance(name, str) else "attachment", data)
    if "file_url" in part:
        raise unsupported(
            "This server fetches nothing from the network; send the file itself.", f"{param}.file_url"
        )
    raise invalid("An 'input_file' needs 'file_id' or 'file_data'.", param, "missing_required_parameter")


async def read_attached(engine: Engine, files: Sequence[InputFile]) -> list[Attached]:
    """The files, cut. Raises UnreadableDocument."""
    return [await _read(engine, file) for file in files]


async def _read(engine: Engine, file: InputFile) -> Attached:
    if file.data is None:
        return await _cut(engine, file, engine.shelf.path(file.file_id))
    path = engine.shelf.incoming / new_id("attachment")
    try:
        await asyncio.to_thread(path.write_bytes, file.data)
        return await _cut(engine, file, path)
    finally:
        path.unlink(missing_ok=True)


async def _cut(engine: Engine, file: InputFile, path: Path) -> Attached:
    return Attached(file.file_id, file.filename, *await engine.cutter.whole(path, file.filename, CHUNKING))


def _decoded(text: str, param: str) -> tuple[bytes, str]:
    """The bytes of a `data:` URL in base64, or of base64 alone, and the id they have for their content."""
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(
            "'file_data' must be base64 or a data: URL in base64.", param, "invalid_value"
        ) from None
    return data, f"file-{hashlib.sha256(data).hexdigest()[:32]}"


async def pictures(engine: Engine, parts: Sequence[tuple[JsonObject, str]]) -> dict[str, str]:
    """The `data:` URLs of the `input_image` parts that name a file, by its id. Raises ApiError 400 or 404."""
    return {
        part["file_id"]: await _picture(engine, part["file_id"], f"{param}.file_id")
        for part, param in parts
        if part.get("image_url") is None
    }


async def _picture(engine: Engine, file_id: str, param: str) -> str:
    file = await engine.shelf.get(file_id, param)
    kind, _ = mimetypes.guess_type(file["filename"])
    if kind is None or not kind.startswith("image/"):
        raise invalid(f"The file '{file['filename']}' is not an image.", param, "invalid_image_format")
    if file["bytes"] > LARGEST_PICTURE:
        message = f"The image '{file['filename']}' is larger than {LARGEST_PICTURE >> 20} MiB."
        raise invalid(message, param, "image_file_too_large")
    data = await asyncio.to_thread(engine.shelf.path(file_id).read_bytes)
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
