"""Small pictures of large ones: decoded at the size they are shown in, on any thread, within bounds of memory."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from chatapp.documents.pictures import GIF, JPEG, PNG, WEBP

MOST_MB = 128
"""Memory that decoding one picture may take. Only a JPEG is decoded at the size asked for, the others whole."""
PIXEL_BYTES = 4
FORMATS = {PNG: b"png", JPEG: b"jpeg", GIF: b"gif", WEBP: b"webp"}
"""Qt's reader by media type: no other is tried, whatever a file says it is."""


def thumbnail(path: Path, media_type: str, size: QSize) -> QImage | None:
    """The picture filling `size` (device pixels), its middle kept; None where it cannot be decoded."""
    image = _scaled(path, media_type, size, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    return None if image is None else image.copy(_middle(image.size(), size))


def fitted(path: Path, media_type: str, size: QSize) -> QImage | None:
    """The whole picture, made smaller where it is larger than `size`; None where it cannot be decoded."""
    return _scaled(path, media_type, size, Qt.AspectRatioMode.KeepAspectRatio, shrink_only=True)


def png_of(image: QImage) -> bytes:
    """A picture that is in no file, as one."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(content.data())


def _scaled(
    path: Path, media_type: str, size: QSize, mode: Qt.AspectRatioMode, shrink_only: bool = False
) -> QImage | None:
    QImageReader.setAllocationLimit(MOST_MB)
    reader = QImageReader(str(path), QByteArray(FORMATS.get(media_type, FORMATS[PNG])))
    reader.setAutoTransform(True)
    whole = reader.size()
    if not whole.isValid() or (media_type != JPEG and _weight(whole) > MOST_MB << 20):
        return None
    wanted = size.transposed() if _is_turned(reader) else size
    if not (shrink_only and whole.boundedTo(wanted) == whole):
        reader.setScaledSize(whole.scaled(wanted, mode))
    image = reader.read()
    return None if image.isNull() else image


def _weight(size: QSize) -> int:
    return size.width() * size.height() * PIXEL_BYTES


def _is_turned(reader: QImageReader) -> bool:
    """Whether the camera was held upright, so that width and height change places once it is decoded."""
    turned = reader.transformation().value & 4  # QImageIOHandler.Transformation.TransformationRotate90
    return bool(turned)


def _middle(of: QSize, size: QSize) -> QRect:
    left, top = (of.width() - size.width()) // 2, (of.height() - size.height()) // 2
    return QRect(max(left, 0), max(top, 0), min(size.width(), of.width()), min(size.height(), of.height()))
