"""Spreadsheets: each sheet a page that begins with its name, a row a line, cells parted by tabs. Of a formula, what it
came to when the file was saved."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from chatapp.documents.archive import Archive, local_name, parsed
from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.model import Document
from chatapp.documents.paging import paged
from chatapp.documents.xlsx_numbers import Numbers, numbers_of

_BOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedStrings.xml"
_STYLES = "xl/styles.xml"
# There are two namespaces of everything, Excel's own and that of the strict standard: names are compared without.
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_WIDEST_GAP = 16
"""Tabs for empty cells in a row: what stands further apart is no table."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def read(path: Path, media_type: str) -> Document:
    """The text of an .xlsx file. Raises UnreadableDocument, OSError."""
    with Archive(path) as archive:
        book = archive.tree(_BOOK)
        strings = parsed(archive.read(_STRINGS), _Strings()) if _STRINGS in archive else []
        styles = archive.tree(_STYLES) if _STYLES in archive else None
        numbers = numbers_of(book, styles)
        return paged(media_type, _sheets(archive, book, strings, numbers), archive.title())


def _sheets(
    archive: Archive, book: ElementTree.Element, strings: Sequence[str], numbers: Numbers
) -> Iterator[str]:
    """The text of each sheet, in the order of their tabs."""
    targets = {relation.get("Id"): relation.get("Target", "") for relation in archive.tree(_RELATIONS)}
    for sheet in book.iter():
        if local_name(sheet.tag) != "sheet":
            continue
        target = targets.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION), "")
        member = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        text: str = parsed(archive.read(member), _Sheet(strings, numbers))
        yield f"{sheet.get('name', '')}\n{text}" if text else ""


class _Texts:
    """A target for ElementTree's parser that gathers the text of one cell or string after the other."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._is_text = False
        self._hints = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local_name(tag)
        self._hints += name == "rPh"
        self._is_text = name in ("t", "v") and not self._hints

    def data(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)

    def end(self, tag: str) -> None:
        self._is_text = False
        self._hints -= local_name(tag) == "rPh"

    def taken(self) -> str:
        """What was gathered since this was last called."""
        text = "".join(self._parts)
        self._parts.clear()
        return text


class _Strings(_Texts):
    """The strings that cells name by their number."""

    def __init__(self) -> None:
        super().__init__()
        self._strings: list[str] = []

    def end(self, tag: str) -> None:
        super().end(tag)
        if local_name(tag) == "si":
            self._strings.append(self.taken())

    def close(self) -> list[str]:
        return self._strings


class _Sheet(_Texts):
    """The rows of a sheet."""

    def __init__(self, strings: Sequence[str], numbers: Numbers) -> None:
        super().__init__()
        self._strings = strings
        self._numbers = numbers
        self._cell: Mapping[str, str] = {}
        self._lines: list[str] = []
        self._row: list[str] = []
        self._column = 0
        self._size = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        if local_name(tag) == "c":
            self._cell = attributes

    def end(self, tag: str) -> None:
        super().end(tag)
        name = local_name(tag)
        if name == "c":
            self._put(self._shown(self.taken()))
        elif name == "row":
            self._end_row()

    def close(self) -> str:
        return "".join(self._lines)

    def _shown(self, value: str) -> str:
        match self._cell.get("t", "n"):
            case "s":
                return self._strings[int(value)] if value else ""
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "n":
                return self._numbers.shown(value, self._cell.get("s", "0")) if value else ""
            case _:
                return value

    def _put(self, text: str) -> None:
        column = _column_of(self._cell.get("r", "")) or self._column + 1
        if not text:
            return
        gap = min(max(column - self._column, 1), _WIDEST_GAP) - (not self._row)
        self._row.append("\t" * gap + text.replace("\n", " "))
        self._column = column
        self._size += gap + len(text)
        if self._size > MAX_TEXT_BYTES:
            raise too_much_text()

    def _end_row(self) -> None:
        if self._row:
            self._lines.append("".join(self._row) + "\n")
        self._row, self._column = [], 0


def _column_of(reference: str) -> int:
    """The number of a cell's column, from 1; 0 where the reference does not say."""
    column = 0
    for letter in reference.rstrip("0123456789")[:3]:
        column = column * len(_LETTERS) + _LETTERS.find(letter.upper()) + 1
    return column
