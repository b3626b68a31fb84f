"""The icon set: bundled line drawings, coloured by the palette; Qt's own reader draws them at the size asked for."""

from functools import lru_cache

from PySide6.QtCore import QBuffer, QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QImageReader, QPixmap

from chatapp.desktop.theme import ICON, Palette
from chatapp.resource_files import resource

DISABLED_OPACITY = "0.4"
SCALES = (1, 2)


def icon(name: str, colour: str, size: int = ICON) -> QIcon:
    """The drawing `name` in one colour, dimmed when its control is disabled. Raises FileNotFoundError."""
    result = QIcon()
    for scale in SCALES:
        result.addPixmap(pixmap(name, colour, size, scale), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, colour, size, scale, DISABLED_OPACITY), QIcon.Mode.Disabled)
    return result


def themed(name: str, palette: Palette) -> QIcon:
    """The drawing in the colour of secondary text: what a quiet button shows."""
    return icon(name, palette.secondary)


def pixmap(name: str, colour: str, size: int = ICON, scale: float = 1, opacity: str = "1") -> QPixmap:
    """`size` logical pixels square, for a screen of `scale` device pixels a logical one."""
    drawing = _drawing(name).replace("currentColor", colour).replace("<svg ", f'<svg opacity="{opacity}" ', 1)
    buffer = QBuffer()
    buffer.setData(QByteArray(drawing.encode()))
    reader = QImageReader(buffer, QByteArray(b"svg"))
    reader.setScaledSize(QSize(round(size * scale), round(size * scale)))
    image = QPixmap.fromImage(reader.read(), Qt.ImageConversionFlag.AutoColor)
    image.setDevicePixelRatio(scale)
    return image


def application_icon() -> QIcon:
    return QIcon(str(resource("icons", "chatapp.svg")))


@lru_cache
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")
