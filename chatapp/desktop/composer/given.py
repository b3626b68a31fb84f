"""What a paste or a drop gives: files of this computer, a picture that is in no file, addresses, or words."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QDateTime, QMimeData
from PySide6.QtGui import QImage

from chatapp.conversation.inputs import Enclosure
from chatapp.services.enclosures import IMAGE_ENDINGS, enclosed, linked

FILE_ENDINGS = (".pdf", ".csv", ".docx", ".md", ".pptx", ".txt", ".xlsx")


@dataclass(frozen=True, slots=True)
class Given:
    """At most one of `files` and `picture` has something in it; neither does where words are given."""

    files: tuple[Enclosure, ...] = ()
    picture: QImage | None = None

    def __bool__(self) -> bool:
        return bool(self.files) or self.picture is not None


def given(source: QMimeData, dropped: bool) -> Given:
    """What is to be attached. An address that is pasted stays words; one that is dropped and names a file is attached.

    Programs for tables and texts give a picture of what was copied beside the words: there the words count.
    """
    files = tuple(enclosed(path) for path in local_files(source))
    if files:
        return Given(files)
    image = source.imageData() if source.hasImage() and not _has_words(source) else None
    if isinstance(image, QImage) and not image.isNull():
        return Given(picture=image)
    if dropped:
        links = [linked(url.toString()) for url in source.urls() if url.scheme() in ("http", "https")]
        return Given(tuple(link for link in links if names_a_file(link.url)))
    return Given()


def local_files(source: QMimeData) -> list[Path]:
    """The files on this computer that a drop or the clipboard names."""
    return [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]


def chosen(names: Iterable[str]) -> tuple[Enclosure, ...]:
    """Files of this computer, given with their whole paths."""
    return tuple(enclosed(Path(name)) for name in names)


def names_a_file(address: str) -> bool:
    return urlsplit(address).path.lower().endswith((*IMAGE_ENDINGS, *FILE_ENDINGS))


def is_address(text: str) -> bool:
    """Whether a text is one address on the web and nothing else."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, text.strip()))
    )


def picture_name(dropped: bool) -> str:
    """ "Pasted image 14.02.33.png": what is in no file gets a name from the clock."""
    time = QDateTime.currentDateTime().toString("HH.mm.ss")
    return f"{'Dropped' if dropped else 'Pasted'} image {time}.png"


def _has_words(source: QMimeData) -> bool:
    """Beside a picture alone, browsers give its address."""
    text = source.text().strip()
    return bool(text) and not is_address(text)
