"""The zip around docx, pptx, xlsx, odt and epub, read under a limit on the bytes unpacked, and the text in its XML.

Nothing is unpacked to disk. Element trees are not built: a `Grammar` says which elements hold text and which
end a line, and the text is gathered while the XML streams through.
"""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from xml.etree import ElementTree

from chatapp.documents.limits import MAX_UNPACKED_BYTES, MIB
from chatapp.documents.model import UnreadableDocument

_ENCRYPTED_FLAG = 0x1
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)
"""What zipfile raises over the bytes of a damaged file."""

_CORE_TITLE = "{http://purl.org/dc/elements/1.1/}title"


class Archive:
    """An open zip; all `read` calls together unpack at most `limit` bytes. A context manager."""

    def __init__(self, path: Path, limit: int = MAX_UNPACKED_BYTES) -> None:
        """Raises UnreadableDocument('damaged'), OSError."""
        try:
            self._zip = zipfile.ZipFile(path)
        except _ZIP_ERRORS as error:
            raise damaged() from error
        self._limit = self._left = limit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises UnreadableDocument: 'damaged', 'encrypted', 'too_large'."""
        try:
            member = self._zip.getinfo(name)
            if member.flag_bits & _ENCRYPTED_FLAG:
                raise encrypted()
            with self._zip.open(member) as stream:
                data = stream.read(self._left + 1)
        except (KeyError, *_ZIP_ERRORS) as error:
            raise damaged() from error
        if len(data) > self._left:
            raise UnreadableDocument(
                "too_large",
                f"This document unpacks to more than {self._limit / MIB:,.0f} MB. "
                "Save it without pictures, or add only the part you need.",
            )
        self._left -= len(data)
        return data

    def tree(self, name: str) -> ElementTree.Element:
        """A small XML member as a tree. Raises UnreadableDocument."""
        root: ElementTree.Element = parsed(self.read(name))
        return root

    def title(self, name: str = "docProps/core.xml") -> str | None:
        """The title in the archive's metadata, if it has one."""
        if name not in self:
            return None
        title = self.tree(name).findtext(f".//{_CORE_TITLE}")
        return title.strip() or None if title else None


class End(Enum):
    """What follows an element, and what just before it gives way: a cell's last line end, a row's last tab."""

    LINE = ("\n", None)
    CELL = ("\t", "\n")
    ROW = ("\n", "\t")


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which elements of an XML language hold text. Keys and members are qualified names, `{namespace}name`."""

    text: frozenset[str]
    """Character data counts within these."""
    inserts: Mapping[str, str] = field(default_factory=dict)
    """What these stand for."""
    ends: Mapping[str, End] = field(default_factory=dict)
    """Which of these ends a line, a cell or a row."""
    skipped: frozenset[str] = frozenset()
    """Nothing within these counts."""


def xml_text(data: bytes, grammar: Grammar) -> str:
    """The text of an XML member. Raises UnreadableDocument('damaged')."""
    text: str = parsed(data, _Gatherer(grammar))
    return text


class _Gatherer:
    """A target for ElementTree's parser that keeps only the text."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._parts: list[str] = []
        self._text_depth = 0
        self._skip_depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._skip_depth += tag in self._grammar.skipped
        self._text_depth += tag in self._grammar.text
        if not self._skip_depth and tag in self._grammar.inserts:
            self._parts.append(self._grammar.inserts[tag])

    def data(self, text: str) -> None:
        if self._text_depth and not self._skip_depth:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        if not self._skip_depth and tag in self._grammar.ends:
            end, replaced = self._grammar.ends[tag].value
            if self._parts and self._parts[-1] == replaced:
                self._parts.pop()
            self._parts.append(end)
        self._skip_depth -= tag in self._grammar.skipped
        self._text_depth -= tag in self._grammar.text

    def close(self) -> str:
        return "".join(self._parts)


class Target(Protocol):
    """What is told of XML as it streams through, and makes something of it."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...
    def data(self, text: str) -> None: ...
    def end(self, tag: str) -> None: ...
    def close(self) -> Any: ...


def parsed(data: bytes, target: Target | None = None) -> Any:
    """What the target makes of an XML member, or a tree where there is none. Own entities are refused: none is honest.

    Raises UnreadableDocument('damaged').
    """
    # Without zeros UTF-16 looks like ASCII here.
    if b"<!ENTITY" in data.replace(b"\0", b""):
        raise damaged()
    parser = ElementTree.XMLParser(target=target)
    try:
        parser.feed(data)
        return parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise damaged() from error


def local_name(tag: str) -> str:
    """The name of a tag without its namespace."""
    return tag.rpartition("}")[2]


def damaged() -> UnreadableDocument:
    """The error for an archive or XML that cannot be read to its end."""
    return UnreadableDocument(
        "damaged",
        "This document is damaged and cannot be opened. Save or download it again, then add the new copy.",
    )


def encrypted() -> UnreadableDocument:
    """The error for an archive behind a password or a book behind copy protection."""
    return UnreadableDocument(
        "encrypted",
        "This document is protected and cannot be opened. Save a copy without protection and add that.",
    )
