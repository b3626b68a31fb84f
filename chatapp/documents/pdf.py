"""PDF: the text of each page in PDFium's reading order, the box of every character, and the page drawn.

PDFium is not thread-safe: every call into it is made under one lock. Nobody but this and `pdf_characters` imports it.
"""

import ctypes
import math
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import pypdfium2
import pypdfium2.raw as pdfium

from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.line_boxes import runs
from chatapp.documents.model import Box, Document, PageImage, PageText, UnreadableDocument
from chatapp.documents.paging import paged
from chatapp.documents.pdf_characters import Rectangle, glyphs, read_characters, rooms

MEDIA_TYPE = "application/pdf"

MAX_PIXELS = 36_000_000
"""The largest picture `render` makes: 108 MB. A longer page comes out narrower than asked."""

_GRID = 1_000_000
"""PDFium maps a page to whole device units; a million a side makes them fine enough for fractions."""

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
            text, indexes = read_characters(characters)
            return PageText(page, text, tuple(map(_displayed(opened), rooms(characters, indexes))))

    def boxes(self, page: int, offset: int, length: int) -> tuple[Box, ...]:
        """One box per line and column for `length` characters from `offset` in the text of `page`."""
        with _pdfium_lock, closing(self._page(page)) as opened, closing(opened.get_textpage()) as characters:
            _, indexes = read_characters(characters)
            cited = glyphs(characters, indexes[max(0, offset) : max(0, offset + length)])
            return tuple(map(_displayed(opened), (run.rectangle() for run in runs(cited))))

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
                return read_characters(characters)[0]
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


def _displayed(page: Any) -> Callable[[Rectangle], Box]:
    """From a rectangle to fractions of the page as displayed: crop box and rotation applied, y downward."""
    reach = min(page.get_size())
    (x, y), (x_by_x, y_by_x), (x_by_y, y_by_y) = (
        _device(page, *at) for at in ((0, 0), (reach, 0), (0, reach))
    )
    scale = _GRID * reach
    xx, yx, xy, yy = (
        (far - near) / scale for far, near in ((x_by_x, x), (y_by_x, y), (x_by_y, x), (y_by_y, y))
    )
    x, y = x / _GRID, y / _GRID

    def box(rectangle: Rectangle) -> Box:
        left, bottom, right, top = rectangle
        across = x + xx * left + xy * bottom, x + xx * right + xy * top
        down = y + yx * left + yy * bottom, y + yx * right + yy * top
        return Box(*map(_fraction, (min(across), min(down), max(across), max(down))))

    return box


def _device(page: Any, x: float, y: float) -> tuple[float, float]:
    """A point of the page in units of the grid."""
    device_x, device_y = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, device_x, device_y)
    return device_x.value, device_y.value


def _fraction(share: float) -> float:
    return min(1.0, max(0.0, share))


def _rows(bitmap: Any) -> bytes:
    """The bitmap's pixels as RGB without the padding PDFium puts at the end of each row."""
    pixels = bytes(bitmap.buffer)
    row = bitmap.width * 3
    if bitmap.stride == row:
        return pixels
    return b"".join(
        pixels[start : start + row] for start in range(0, bitmap.height * bitmap.stride, bitmap.stride)
    )
