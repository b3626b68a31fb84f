"""Icons: of the size asked for, and drawn whatever other threads do."""

from pathlib import Path
from threading import Event, Thread

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from chatapp.desktop.icons import pixmap
from chatapp.desktop.thumbnails import thumbnail
from tests.kit.pictures import png


def solid(image: QImage, x: int, y: int) -> bool:
    return image.pixelColor(x, y).alpha() == 255


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("size", "scale", "pixels"), [(18, 1, 18), (14, 1.25, 18), (18, 1.5, 27), (20, 2, 40)]
)
def test_the_size_of_an_icon(size: int, scale: float, pixels: int) -> None:
    drawn = pixmap("image", "#3350C8", size, scale)
    assert (drawn.size(), drawn.devicePixelRatio()) == (QSize(pixels, pixels), scale)
    image = drawn.toImage()
    colours = {
        image.pixelColor(x, y).name() for x in range(pixels) for y in range(pixels) if solid(image, x, y)
    }
    assert colours == {"#3350c8"}


@pytest.mark.usefixtures("qapp")
def test_icons_are_drawn_while_a_thread_decodes_pictures(tmp_path: Path) -> None:
    """All of Qt's readers share one lock; the two threads must not hold it and the interpreter across each other."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(png(40, 30))
    enough = Event()

    def decode() -> None:
        while not enough.is_set():
            assert thumbnail(photo, "image/png", QSize(20, 20)) is not None

    thread = Thread(target=decode)
    thread.start()
    try:
        drawn = [pixmap("image", "#3350C8") for _ in range(1000)]
    finally:
        enough.set()
        thread.join()
    assert not any(image.isNull() for image in drawn)
