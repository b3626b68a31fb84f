"""Taking a picture out of the transcript: to the clipboard, or into a file of the reader's choice."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from chatapp.desktop.transcript.messages import PictureItem
from chatapp.desktop.transcript.pictures import NOT_SHOWN, bytes_of, ending_of, image_of

LONGEST_NAME: Final = 60


def copy_picture(parent: QWidget, picture: PictureItem) -> bool:
    """Puts the whole picture on the clipboard; says so where it cannot be read."""
    image = image_of(picture.data)
    if image.isNull():
        _say(parent, "The image was not copied", f"{NOT_SHOWN} You can save it.")
        return False
    QGuiApplication.clipboard().setImage(image)
    return True


def save_picture(parent: QWidget, picture: PictureItem) -> None:
    """Asks for a file and writes the bytes there as the server sent them."""
    data = bytes_of(picture.data)
    dialog = QFileDialog(parent, "Save image")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(f"{name_of(picture.alt)}.{ending_of(data)}")
    dialog.fileSelected.connect(lambda name: write(parent, Path(name), data))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def name_of(words: str, otherwise: str = "image") -> str:
    """A file's name from what is in it: letters, digits and single blanks."""
    plain = "".join(sign if sign.isalnum() else " " for sign in words)
    return " ".join(plain.split())[:LONGEST_NAME].strip() or otherwise


def write(parent: QWidget, path: Path, data: bytes) -> None:
    """Writes the file; says so where that is not possible."""
    try:
        path.write_bytes(data)
    except OSError as problem:
        text = f"{path}: {problem.strerror or problem}. It is still in the answer."
        _say(parent, "The image was not saved", text)


def _say(parent: QWidget, title: str, text: str) -> None:
    box = QMessageBox(QMessageBox.Icon.Warning, "chatapp", title, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
