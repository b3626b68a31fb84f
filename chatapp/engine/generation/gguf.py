"""What the head of a GGUF file says of its model, read without loading it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (little endian; versions 2 and 3).
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Numbers, by the format's code of their type."""
_STRING, _ARRAY = 8, 9
_LONGEST_TEXT = 1 << 24
_MOST_ENTRIES = 1 << 16


class NoModel(ValueError):
    """The file is no GGUF, or damaged. The message says which."""


@dataclass(frozen=True, slots=True)
class ModelHead:
    """`context` in tokens, as the model was trained; 0 where the file does not say. `template` words its chats."""

    context: int
    template: str


def model_head(path: Path) -> ModelHead:
    """The head of a file. Raises OSError, NoModel."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise NoModel(f"{path.name} is no GGUF file")
        try:
            return _head(file)
        except (struct.error, ValueError, MemoryError, OverflowError, RecursionError) as error:
            raise NoModel(f"{path.name} is damaged") from error


def _head(file: BinaryIO) -> ModelHead:
    _, _, count = _unpacked(file, "<IQQ")
    context, template = 0, ""
    for _ in range(min(count, _MOST_ENTRIES)):
        name = _text(file)
        value = _value(file, *_unpacked(file, "<I"))
        if name.endswith(".context_length") and isinstance(value, int):
            context = value
        elif name == "tokenizer.chat_template" and isinstance(value, str):
            template = value
    return ModelHead(context, template)


def _value(file: BinaryIO, kind: int) -> object:
    """A value; arrays are passed over."""
    if kind == _STRING:
        return _text(file)
    if kind == _ARRAY:
        inner, count = _unpacked(file, "<IQ")
        if inner in _SIZES:
            file.seek(struct.calcsize(_SIZES[inner]) * count, 1)
            return None
        for _ in range(count):
            _pass_over(file, inner)
        return None
    return _unpacked(file, f"<{_known(kind)}")[0]


def _pass_over(file: BinaryIO, kind: int) -> None:
    if kind == _STRING:
        (length,) = _unpacked(file, "<Q")
        file.seek(length, 1)
    else:
        _value(file, kind)


def _text(file: BinaryIO) -> str:
    (length,) = _unpacked(file, "<Q")
    if length > _LONGEST_TEXT:
        raise struct.error("a text is too long")
    return file.read(length).decode()


def _known(kind: int) -> str:
    if kind not in _SIZES:
        raise struct.error("an unknown type")
    return _SIZES[kind]


def _unpacked(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
