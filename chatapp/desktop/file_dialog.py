"""What went along with a question, opened: the picture, the document, or the address in the browser."""

import asyncio
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QStackedWidget, QWidget

from chatapp.conversation.tree import Attachment
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.links import open_link, show_in_folder
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.original import OriginalView
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.thumbnails import fitted
from chatapp.desktop.widgets import Icons, button, column, label, named, row
from chatapp.services.application import Application
from chatapp.services.ports import Original

FIRST_SIZE = QSize(760, 620)
LARGEST = QSize(3200, 3200)
"""Pixels of a picture that is looked at: more than most screens have."""
NOT_SHOWN = "This picture cannot be shown: it is damaged or too large. Its file is kept all the same."


class FileDialog(QDialog):
    """One window for all files, one at a time; Esc closes it."""

    def __init__(self, parent: QWidget, errands: Errands, look: Appearance, icons: Icons) -> None:
        super().__init__(parent)
        named(self, "Attachment")
        self._errands = errands
        self._original: Original | None = None
        self.picture = PictureView()
        self.document = OriginalView(errands, look, icons)
        self.document.enlarge_asked.connect(self._enlarge)
        self._stack = QStackedWidget()
        for view in (self.picture, self.document):
            self._stack.addWidget(view)
        self._folder = icons.put(button("Show in folder", self._show_folder, "quiet"), "folder")
        layout = column(
            self._stack,
            row(self._folder, 1, button("Close", self.accept), gap=GAP_8),
            gap=GAP_12,
            edge=GAP_12,
        )
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.resize(FIRST_SIZE.boundedTo(parent.size()))

    def show_file(self, attachment: Attachment) -> None:
        """Opens the kept original; an address goes to the browser."""
        if attachment.url:
            open_link(self.window(), attachment.url)
            return
        self._errands.run(
            lambda app: app.sources.original(attachment.sha256),
            lambda kept: self._show(replace(kept, filename=attachment.filename), attachment.media_type),
        )

    def _show(self, original: Original, media_type: str) -> None:
        self._original = original
        is_picture = media_type.startswith("image/")
        self.setWindowTitle(original.filename)
        self._stack.setCurrentWidget(self.picture if is_picture else self.document)
        self._folder.setVisible(is_picture)
        if is_picture:
            self._decode(original, media_type)
        else:
            self.document.show_place(original, None)
        self.open()

    def _decode(self, original: Original, media_type: str) -> None:
        async def decoded(app: Application) -> QImage | None:
            return await asyncio.to_thread(fitted, original.path, media_type, LARGEST)

        def shown(image: QImage | None) -> None:
            if self._original is original:
                self.picture.show_image(image)

        self.picture.wait(original.filename)
        self._errands.run(decoded, shown)

    def _show_folder(self) -> None:
        if self._original is not None:
            show_in_folder(self._original.path, self)

    def _enlarge(self) -> None:
        self.showNormal() if self.isMaximized() else self.showMaximized()


class PictureView(QWidget):
    """A picture as large as there is room for, never larger than it is."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        self._said = label("", "secondary", wrap=True)
        self._said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setLayout(column(1, self._said, 1))

    def wait(self, name: str) -> None:
        """Nothing is shown until the picture of that name is there."""
        named(self, f"Image {name}")
        self.image = QImage()
        self._said.setText("")
        self.update()

    def show_image(self, image: QImage | None) -> None:
        self.image = image or QImage()
        self._said.setText(NOT_SHOWN if self.image.isNull() else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.image.isNull():
            return
        size = self.image.size().toSizeF() / self.devicePixelRatioF()
        if size.width() > self.width() or size.height() > self.height():
            size.scale(self.width(), self.height(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(QPointF(), size)
        place.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self.image)
