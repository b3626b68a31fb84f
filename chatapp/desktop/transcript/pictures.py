"""The pictures of a transcript: sizes from their first bytes, pixels made on a thread once they are seen, few kept.

What a server calls a picture may be damaged, of a strange format, or unfold to more than memory holds. Such a one has
no size, and whoever paints it says so; its data can be saved all the same.
"""

import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Thread
from typing import Final, TypeVar

from PySide6.QtCore import QBuffer, QByteArray, QObject, QSize, QTimer, Signal
from PySide6.QtGui import QImage, QImageIOHandler, QImageReader, QPixmap

from chatapp.desktop.thumbnails import thumbnail

FORMATS: Final = ("png", "jpeg", "webp", "gif", "bmp")
"""Of Qt's readers, those for pictures that come from servers; SVG is a program, not a picture."""
MOST_PIXELS: Final = 32_000_000
KEPT_BYTES: Final = 48 << 20
KEPT_SIZES: Final = 512
MOST_WANTED: Final = 16
"""Pictures waiting for the thread; who scrolled by so many does not look at the first of them any more."""
HEAD: Final = 64 << 10
"""Bytes in which nearly every picture says how large it is. Base64 of them is cut at a multiple of four letters."""
LOOK_MS: Final = 16
NOT_SHOWN: Final = "This picture cannot be shown: it is damaged, too large or of an unknown format."

T = TypeVar("T")
Key = tuple[int, int]
Wanted = tuple[Hashable, int, int]
Make = Callable[[], QImage]


class Pictures(QObject):
    """`changed` when a picture that was asked for is there."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._sizes: OrderedDict[Key, QSize] = OrderedDict()
        self._kept: OrderedDict[Wanted, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[Wanted, Make] = OrderedDict()
        self._making: Wanted | None = None
        self._made: list[QImage] = []
        self._thread: Thread | None = None
        self._clock = QTimer(self, interval=LOOK_MS)
        self._clock.timeout.connect(self._look)

    def size(self, data: str) -> QSize:
        """The size of a picture in its own pixels; empty for one that is not shown."""
        key = _key(data)
        if key not in self._sizes:
            self._sizes[key] = size_of(data)
            if len(self._sizes) > KEPT_SIZES:
                self._sizes.popitem(last=False)
        return self._sizes[key]

    def pixmap(self, data: str, size: QSize, ratio: float) -> QPixmap | None:
        """The picture at `size` logical pixels. None while it is made; null where its data are damaged."""
        pixels = QSize(round(size.width() * ratio), round(size.height() * ratio))
        return self._made_once(_key(data), pixels, ratio, lambda: image_of(data, pixels))

    def thumbnail(self, path: Path, media_type: str, size: QSize, ratio: float) -> QPixmap | None:
        """The same for the middle of a picture in a file, filling `size`."""
        pixels = QSize(round(size.width() * ratio), round(size.height() * ratio))
        make: Make = lambda: thumbnail(path, media_type, pixels) or QImage()  # noqa: E731
        return self._made_once(path, pixels, ratio, make)

    def _made_once(self, key: Hashable, pixels: QSize, ratio: float, make: Make) -> QPixmap | None:
        wanted = (key, pixels.width(), pixels.height())
        found = self._kept.get(wanted)
        if found is not None:
            self._kept.move_to_end(wanted)
            found.setDevicePixelRatio(ratio)
            return found
        if wanted != self._making:
            self._wanted[wanted] = make
            self._wanted.move_to_end(wanted)
            if len(self._wanted) > MOST_WANTED:
                self._wanted.popitem(last=False)
            self._begin()
        return None

    def _begin(self) -> None:
        """The newest wish first: that is what is looked at."""
        if self._thread is not None or not self._wanted:
            return
        self._making, make = self._wanted.popitem()
        made = self._made = []
        self._thread = Thread(target=lambda: made.append(make()), name="picture")
        self._thread.start()
        self._clock.start()

    def _look(self) -> None:
        """Whether the thread is done. Asking it is safer than being told on the way out."""
        if self._thread is None or self._thread.is_alive():
            return
        self._thread = None
        self._clock.stop()
        if self._making is not None:
            self._keep(self._making, self._made[0] if self._made else QImage())
        self._making = None
        self.changed.emit()
        self._begin()

    def _keep(self, wanted: Wanted, image: QImage) -> None:
        self._kept[wanted] = QPixmap.fromImage(image)
        while len(self._kept) > 1 and sum(map(_weight, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)


def size_of(data: str) -> QSize:
    """The size of a picture given as base64, the right way up; empty for one that is not shown."""
    head = _read(bytes_of(data[: HEAD // 3 * 4]), _size)
    return head if head is not None else _read(bytes_of(data), _size) or QSize()


def image_of(data: str, size: QSize | None = None) -> QImage:
    """The picture scaled to a size in device pixels, or as it is; null for one that is not shown or damaged."""

    def decode(reader: QImageReader) -> QImage:
        whole = _size(reader)
        if whole is None or whole.isEmpty():
            return QImage()
        if size is not None:
            reader.setScaledSize(size.transposed() if _lies_on_its_side(reader) else size)
        return reader.read()

    return _read(bytes_of(data), decode)


def bytes_of(data: str) -> bytes:
    """The bytes behind base64, as many as there are."""
    try:
        return base64.b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return b""


def ending_of(data: bytes) -> str:
    """The ending of a file of this picture's format: "png", "jpeg"…; "bin" for one Qt does not know."""
    return _read(data, _format) or "bin"


def _read(data: bytes, use: Callable[[QImageReader], T]) -> T:
    """What `use` makes of a reader of these bytes."""
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    result = use(reader)
    # Whichever of the two goes first, the reader must not look at the buffer any more.
    reader.setDevice(None)  # type: ignore[arg-type]
    return result


def _format(reader: QImageReader) -> str:
    return bytes(reader.format().data()).decode()


def _size(reader: QImageReader) -> QSize | None:
    """None where the bytes do not say; empty for a picture that is not shown."""
    if _format(reader) not in FORMATS:
        return QSize()
    size = reader.size()
    if not size.isValid():
        return None
    if size.isEmpty() or size.width() * size.height() > MOST_PIXELS:
        return QSize()
    return size.transposed() if _lies_on_its_side(reader) else size


def _lies_on_its_side(reader: QImageReader) -> bool:
    return bool(reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90)


def _key(data: str) -> Key:
    return hash(data), len(data)


def _weight(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
