"""The icon set: bundled line drawings, coloured by the palette; Qt's own reader draws them at the size asked for."""

from functools import lru_cache

from PySide6.QtCore import QBuffer, QByteArray, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QImageReader, QPixmap

from chatapp.desktop.theme import ICON
from chatapp.resource_files import resource


def icon(name: str, colour: str, size: int = ICON, disabled: str | None = None) -> QIcon:
    """The drawing `name` in one colour, in another when its control is disabled. Raises FileNotFoundError."""
    result = QIcon()
    scale = QGuiApplication.primaryScreen().devicePixelRatio()
    result.addPixmap(pixmap(name, colour, size, scale), QIcon.Mode.Normal)
    if disabled is not None and disabled != colour:
        result.addPixmap(pixmap(name, disabled, size, scale), QIcon.Mode.Disabled)
    return result


def pixmap(name: str, colour: str, size: int = ICON, scale: float = 1) -> QPixmap:
    """`size` logical pixels square, for a screen of `scale` device pixels a logical one."""
    drawing = _drawing(name).replace("currentColor", colour)
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
