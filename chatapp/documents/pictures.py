"""What a picture is: its format, its size in pixels, whether it moves and whether it is all there.

Told from its bytes alone, by the marks of the format; nothing is decoded, so a picture that would unpack to more than
the memory holds is measured like any other. Formats: W3C PNG, ITU T.81, GIF89a, Google's WebP container.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chatapp.documents.model import UnreadableDocument

PNG, JPEG, GIF, WEBP = "image/png", "image/jpeg", "image/gif", "image/webp"

HEAD_BYTES = 1 << 20
"""So much of a file tells what picture it is. Profiles and previews stand before the size in a JPEG: 64 KiB each."""

_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
_JPEG_SCAN = 0xDA
_SVG_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>]*>|\s)*<svg[\s>/]", re.DOTALL)
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True, slots=True)
class Picture:
    """`moving` is known of a GIF or WebP; of one that is not there to its end, as far as it goes."""

    media_type: str
    width: int
    height: int
    moving: bool = False


def picture_of(data: bytes) -> Picture | None:
    """The picture that begins with `data`: all of it, or its first HEAD_BYTES. None for anything but PNG, JPEG, GIF
    and WebP. Raises UnreadableDocument("damaged") for one whose head makes no sense."""
    for opening, read in _READERS.items():
        if opening.match(data):
            try:
                picture = read(data)
            except (struct.error, IndexError):
                raise _damaged("It breaks off before its size is told.") from None
            if not (picture.width and picture.height):
                raise _damaged("It says that it has no size.")
            return picture
    return None


def check_complete(data: bytes, media_type: str) -> None:
    """Raises UnreadableDocument("damaged") where a picture, given whole, lacks its end or was changed on the way."""
    try:
        is_complete = _COMPLETE[media_type](data)
    except (struct.error, IndexError):
        is_complete = False
    if not is_complete:
        raise _damaged("A part of it is missing or was changed.")


def foreign_picture(head: bytes) -> str | None:
    """The name of a picture format that is none of the four, such as "TIFF"."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and head[14:18] in _BMP_SIZES:
        return "BMP"
    if _SVG_ROOT.match(head.removeprefix(b"\xef\xbb\xbf")[:4096]):
        return "SVG"
    return next((name for opening, name in _FOREIGN.items() if head.startswith(opening)), None)


_BMP_SIZES = frozenset(struct.pack("<I", size) for size in _BMP_HEADERS)
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "HEIC"),
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
}
_FOREIGN = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\1\0": "ICO",
    b"8BPS": "Photoshop",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}


def _damaged(how: str) -> UnreadableDocument:
    return UnreadableDocument("damaged", f"This picture is damaged. {how} Save or download it again.")


def _png(data: bytes) -> Picture:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if (length, kind) != (13, b"IHDR"):
        raise _damaged("Its first part is not the one that tells its size.")
    return Picture(PNG, width, height)


def _png_is_complete(data: bytes) -> bool:
    """All chunks up to the last, each with the sum it says it has."""
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        (promised,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(memoryview(data)[at + 4 : end]) != promised:
            return False
        if kind == b"IEND":
            return True
        at = end + 4


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """(marker, where its payload begins) up to the first scan. Raises struct.error where the data ends before."""
    at = 2
    while True:
        while (mark := struct.unpack_from(">BB", data, at)) == (0xFF, 0xFF):
            at += 1
        if mark[0] != 0xFF:
            raise _damaged("Its parts do not follow each other.")
        yield mark[1], at + 4
        if mark[1] in _JPEG_ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + length


def _jpeg(data: bytes) -> Picture:
    for marker, at in _jpeg_segments(data):
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 1)
            return Picture(JPEG, width, height)
        if marker == _JPEG_SCAN:
            break
    raise _damaged("It does not tell its size.")


def _jpeg_is_complete(data: bytes) -> bool:
    """Whether the mark of its end comes after its first scan: within one, those two bytes cannot stand."""
    scan = next(at for marker, at in _jpeg_segments(data) if marker == _JPEG_SCAN)
    return data.find(b"\xff\xd9", scan) > 0


def _gif(data: bytes) -> Picture:
    width, height = struct.unpack_from("<HH", data, 6)
    frames, _ = _gif_walk(data)
    return Picture(GIF, width, height, moving=frames > 1)


def _gif_walk(data: bytes) -> tuple[int, bool]:
    """How many pictures it has, and whether its end was reached."""
    frames = 0
    try:
        at = 13 + _colours(data[10])
        while data[at] != 0x3B:
            if data[at] == 0x2C:
                frames += 1
                at += 10 + _colours(data[at + 9]) + 1
            elif data[at] == 0x21:
                at += 2
            else:
                return frames, False
            while size := data[at]:
                at += 1 + size
            at += 1
    except IndexError:
        return frames, False
    return frames, True


def _colours(flags: int) -> int:
    """Bytes of the table of colours that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: bytes) -> Picture:
    kind = data[12:16]
    if kind == b"VP8X":
        flags = data[20]
        width, height = (int.from_bytes(struct.unpack_from("3s", data, at)[0], "little") for at in (24, 27))
        return Picture(WEBP, width + 1, height + 1, moving=bool(flags & 2))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Picture(WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return Picture(WEBP, width & 0x3FFF, height & 0x3FFF)
    raise _damaged("Its first part is not the one that tells its size.")


def _webp_is_complete(data: bytes) -> bool:
    (length,) = struct.unpack_from("<I", data, 4)
    return bool(length + 8 <= len(data))


_READERS: Mapping[re.Pattern[bytes], Callable[[bytes], Picture]] = {
    re.compile(rb"\x89PNG\r\n\x1a\n"): _png,
    re.compile(rb"\xff\xd8\xff"): _jpeg,
    re.compile(rb"GIF8[79]a"): _gif,
    re.compile(rb"RIFF....WEBP", re.DOTALL): _webp,
}
_COMPLETE: Mapping[str, Callable[[bytes], bool]] = {
    PNG: _png_is_complete,
    JPEG: _jpeg_is_complete,
    GIF: lambda data: _gif_walk(data)[1],
    WEBP: _webp_is_complete,
}
