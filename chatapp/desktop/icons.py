"""The icon set: bundled line drawings, coloured by the palette; Qt's own reader draws them at the size asked for.

The reader is given the drawing as bytes. Were it given a buffer made here, it would need the interpreter while it
holds the lock that all readers share, and a thread that decodes a picture at that moment would wait for it forever.
"""

import re
from functools import lru_cache

from PySide6.QtGui import QGuiApplication, QIcon, QPixmap

from chatapp.desktop.theme import ICON
from chatapp.resource_files import resource

_SIZE = re.compile(r'width="\d+" height="\d+"')
"""What a drawing says of itself first: its own size."""


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
    side = round(size * scale)
    drawing = _SIZE.sub(f'width="{side}" height="{side}"', _drawing(name), count=1)
    image = QPixmap()
    image.loadFromData(drawing.replace("currentColor", colour).encode(), "svg")
    image.setDevicePixelRatio(scale)
    return image


def application_icon() -> QIcon:
    return QIcon(str(resource("icons", "chatapp.svg")))


@lru_cache
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")
