"""PDF: the text of each page in PDFium's reading order, the box of every character, and the page drawn.

The text is PDFium's, word for word, but for four things: "\\r\\n" becomes "\\n", a hyphen at a line's end (which PDFium
marks and joins to the next line) becomes "-" or a soft hyphen (see `hyphens`), words from right to left are in reading
order, and characters without a code point are left out.
PDFium is not thread-safe: every call into it is made under one lock. Nobody else imports pypdfium2.
"""

import ctypes
import math
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import pypdfium2
import pypdfium2.raw as pdfium

from chatapp.documents.hyphens import SOFT, settled
from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.line_boxes import Extent, extent, runs
from chatapp.documents.model import Box, Document, PageImage, PageText, UnreadableDocument
from chatapp.documents.paging import paged

MEDIA_TYPE = "application/pdf"

MAX_PIXELS = 36_000_000
"""The largest picture `render` makes: 108 MB. A longer page comes out narrower than asked."""

_GRID = 1_000_000
"""PDFium maps a page to whole device units; a million a side makes them fine enough for fractions."""

_LINE_EDGE = 0.1
"""Of the height of a font, above and below its letters."""

_HYPHENS = (0x02, 0xFFFE)
_UNMAPPED = frozenset({0x00, 0x02, 0x03, 0x93, 0x94, 0x96, 0x97, 0x98, 0xFFFE})
"""Values that PDFium itself leaves out of a page's text: glyphs it could not map to a character."""

_RIGHT_TO_LEFT = re.compile(
    "(?:(?![\u0600-\u060f\u061b-\u061f\u0660-\u066d\u06d4\u06f0-\u06f9])[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])+"
)
"""Letters of Hebrew, Arabic, Syriac and others, with their forms and marks; no digits, which go the other way."""
_LIGATURES = ("\u0644\u0627", "\u0644\u0622", "\u0644\u0623", "\u0644\u0625")
"""Lam and alef: two letters of one glyph, so that their boxes do not tell their order."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_pdfium_lock = RLock()


class Pdf:
    """An open PDF. A context manager; safe to use from several threads, one call at a time."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableDocument: 'missing', 'encrypted' or 'damaged'."""
        with _pdfium_lock:
            self._file = _open(path)
            try:
                self._page_count = len(self._file)
                if self._file.get_formtype() != pdfium.FORMTYPE_NONE:
                    self._file.init_forms()
            except pypdfium2.PdfiumError as error:
                self._file.close()
                raise damaged() from error
        if self._page_count == 0:
            self.close()
            raise damaged()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file back; further calls are errors."""
        with _pdfium_lock:
            self._file.close()

    def document(self) -> Document:
        """The whole text. Raises UnreadableDocument: 'no_text', 'damaged' or 'too_large'."""
        texts = list(self._page_texts())
        if all(text is None for text in texts):
            raise damaged()
        if not any(text and text.strip() for text in texts):
            raise UnreadableDocument(
                "no_text",
                "This PDF holds pictures of pages but no text, as a scan does. "
                "Text recognition (OCR) is not built in: run it elsewhere and add the result.",
            )
        return paged(MEDIA_TYPE, (text or "" for text in texts), self._title())

    @property
    def page_count(self) -> int:
        return self._page_count

    def page_text(self, page: int) -> str:
        """The text of one page, "" for one that PDFium cannot load: as in `document`."""
        return self._text(page - 1) or ""

    def characters(self, page: int) -> PageText:
        """The text of one page with the box of each character. Raises UnreadableDocument."""
        with _pdfium_lock, closing(self._page(page)) as opened, closing(opened.get_textpage()) as characters:
            text, indexes = _characters(characters)
            boxes = (_displayed(opened, _around(characters, index)) for index in indexes)
            return PageText(page, text, tuple(boxes))

    def boxes(self, page: int, offset: int, length: int) -> tuple[Box, ...]:
        """One box per line and column for `length` characters from `offset` in the text of `page`."""
        with _pdfium_lock, closing(self._page(page)) as opened, closing(opened.get_textpage()) as characters:
            _, indexes = _characters(characters)
            glyphs = _glyphs(characters, indexes[max(0, offset) : max(0, offset + length)])
            return tuple(_displayed(opened, run) for run in runs(glyphs))

    def render(self, page: int, width: int) -> PageImage:
        """The page drawn `width` pixels wide, or narrower where it would be over MAX_PIXELS.

        Raises UnreadableDocument: 'missing' for a page that is not there, 'damaged'.
        """
        with _pdfium_lock, closing(self._page(page)) as opened:
            page_width, page_height = opened.get_size()
            if page_width <= 0 or page_height <= 0:
                raise damaged()
            allowed = math.isqrt(int(MAX_PIXELS * page_width / page_height))
            # The bitmap's size is rounded up; a hair less than `width` makes it come out exact.
            scale = (max(1, min(width, allowed)) - 0.001) / page_width
            with closing(opened.render(scale=scale, rev_byteorder=True)) as bitmap:
                return PageImage(page, bitmap.width, bitmap.height, self._page_count, _rows(bitmap))

    def _page_texts(self) -> Iterator[str | None]:
        """The text of each page, None for one that PDFium cannot load: the others may still be of use."""
        length = 0
        for index in range(self._page_count):
            text = self._text(index)
            yield text
            length += len(text or "")
            if length > MAX_TEXT_BYTES:
                raise too_much_text()

    def _text(self, index: int) -> str | None:
        try:
            with (
                _pdfium_lock,
                closing(self._file[index]) as page,
                closing(page.get_textpage()) as characters,
            ):
                return _characters(characters)[0]
        except pypdfium2.PdfiumError:
            return None

    def _page(self, number: int) -> Any:
        if not 1 <= number <= self._page_count:
            raise UnreadableDocument(
                "missing", f"This document has no page {number}; its last page is {self._page_count}."
            )
        try:
            return self._file[number - 1]
        except pypdfium2.PdfiumError as error:
            raise damaged() from error

    def _title(self) -> str | None:
        with _pdfium_lock:
            title: str = self._file.get_metadata_value("Title")
        return title.strip("\0 \t\r\n") or None


def read(path: Path, media_type: str = MEDIA_TYPE) -> Document:
    """The text of a PDF. Raises UnreadableDocument."""
    with Pdf(path) as pdf:
        return pdf.document()


def boxes(path: Path, page: int, offset_in_page: int, length: int) -> tuple[Box, ...]:
    """The boxes of a span of one page's text. Raises UnreadableDocument."""
    with Pdf(path) as pdf:
        return pdf.boxes(page, offset_in_page, length)


def render(path: Path, page: int, width_px: int) -> PageImage:
    """One page as a picture. Raises UnreadableDocument."""
    with Pdf(path) as pdf:
        return pdf.render(page, width_px)


def damaged() -> UnreadableDocument:
    """The error for a file that claims to be a PDF but cannot be opened as one."""
    return UnreadableDocument(
        "damaged",
        "This PDF is damaged and cannot be opened. Download or export it again, then add the new copy.",
    )


def _open(path: Path) -> Any:
    try:
        return pypdfium2.PdfDocument(path)
    except FileNotFoundError as error:
        raise UnreadableDocument("missing", "This file is no longer there.") from error
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise UnreadableDocument(
                "encrypted",
                "This PDF is protected by a password. Save a copy without the password and add that.",
            ) from error
        raise damaged() from error


def _characters(characters: Any) -> tuple[str, list[int]]:
    """The text of a page and, for each of its code points, the index of PDFium's character."""
    codes: list[int] = []
    indexes: list[int] = []
    handle = characters.raw
    for index in range(characters.count_chars()):
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code in _UNMAPPED:
            if code not in _HYPHENS or pdfium.FPDFText_IsHyphen(handle, index) != 1:
                continue
            code = ord(SOFT)
        elif code == 0x0A and codes and codes[-1] == 0x0D:
            codes[-1] = code
            continue
        elif 0xDC00 <= code <= 0xDFFF and codes and 0xD800 <= codes[-1] <= 0xDBFF:
            # Where wchar_t has 16 bits PDFium hands out a character beyond the BMP in two halves.
            codes[-1] = 0x10000 + ((codes[-1] - 0xD800) << 10) + (code - 0xDC00)
            continue
        codes.append(code)
        indexes.append(index)
    text = "".join(map(chr, codes)).replace("\r", "\n")
    text = settled(text)
    if _RIGHT_TO_LEFT.search(text):
        text, indexes = _turned_back(characters, text, indexes)
    return _LONE_SURROGATE.sub("\ufffd", text), indexes


def _turned_back(characters: Any, text: str, indexes: list[int]) -> tuple[str, list[int]]:
    """With every word of a script from right to left in reading order. PDFium turns some round that were in it already:
    their letters go from left to right on the page, or all have one box, where the PDF spells them out (ActualText)."""
    order = list(range(len(text)))
    for word in _RIGHT_TO_LEFT.finditer(text):
        letters = [at for at in range(*word.span()) if text[at].isalpha()]
        if len(letters) < 2 or word[0] in _LIGATURES:
            continue
        first, last = (characters.get_charbox(indexes[letters[end]], loose=True)[0] for end in (0, -1))
        if first <= last:
            order[slice(*word.span())] = reversed(range(*word.span()))
    return "".join(text[at] for at in order), [indexes[at] for at in order]


def _glyphs(characters: Any, indexes: list[int]) -> Iterator[Extent]:
    """The extent of each visible character: as long as its ink, as high as its font but for an edge, into which letters
    of the next lines reach."""
    handle = characters.raw
    for index in indexes:
        if chr(pdfium.FPDFText_GetUnicode(handle, index)).isspace():
            continue
        upright = _upright(handle, index)
        ink = extent(characters.get_charbox(index), upright)
        font = extent(characters.get_charbox(index, loose=True), upright)
        if ink.end > ink.start or ink.high > ink.low:
            edge = _LINE_EDGE * font.height
            low, high = min(ink.low, font.low + edge), max(ink.high, font.high - edge)
            yield Extent(ink.start, low, ink.end, high, upright)


def _around(characters: Any, index: int) -> Extent:
    """The room of a character, as wide and as high as its font has it."""
    return extent(characters.get_charbox(index, loose=True), _upright(characters.raw, index))


def _upright(handle: Any, index: int) -> bool:
    """Whether the character's line runs up or down the page."""
    quarter_turns = round(float(pdfium.FPDFText_GetCharAngle(handle, index)) / (math.pi / 2))
    return quarter_turns % 2 == 1


def _displayed(page: Any, run: Extent) -> Box:
    """A run as fractions of the page as displayed: crop box and rotation applied, y downward."""
    left, bottom, right, top = run.rectangle()
    across, down = zip(_device(page, left, bottom), _device(page, right, top), strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _device(page: Any, x: float, y: float) -> tuple[float, float]:
    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, device_x, device_y)
    return _fraction(device_x.value), _fraction(device_y.value)


def _fraction(units: int) -> float:
    return min(1.0, max(0.0, units / _GRID))


def _rows(bitmap: Any) -> bytes:
    """The bitmap's pixels as RGB without the padding PDFium puts at the end of each row."""
    pixels = bytes(bitmap.buffer)
    row = bitmap.width * 3
    if bitmap.stride == row:
        return pixels
    return b"".join(
        pixels[start : start + row] for start in range(0, bitmap.height * bitmap.stride, bitmap.stride)
    )
