"""A file of a library: its name, how far it is, why it failed, and what can be done with it."""

from collections.abc import Callable

from PySide6.QtWidgets import QProgressBar, QWidget

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import Icons, OneLine, button, column, label, named, restyle, row

STAGES = {
    "waiting": "waiting", "hashing": "reading", "uploading": "uploading", "indexing": "indexing",
    "completed": "ready", "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip
ON_ITS_WAY = ("waiting", "hashing", "uploading", "indexing")


class FileRow(QWidget):
    """`act` is called with the name of the action ("cancel", "retry", "remove") and the file."""

    def __init__(self, file: LibraryFile, act: Callable[[str, LibraryFile], None], icons: Icons) -> None:
        super().__init__()
        self._file = file
        self._name = OneLine()
        self._stage = label(kind="caption")
        self._reason = label(kind="danger", wrap=True)
        self._bar = named(QProgressBar(), "Progress")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 100)
        self._cancel = icons.put(
            button("", lambda: act("cancel", self._file), "icon", "Cancel"), "close", size=16
        )
        self._retry = icons.put(
            button("", lambda: act("retry", self._file), "icon", "Retry"), "regenerate", size=16
        )
        self._remove = icons.put(
            button("", lambda: act("remove", self._file), "icon", "Remove"), "delete", size=16
        )
        head = row(self._name, self._stage, self._cancel, self._retry, self._remove, gap=GAP_4)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._bar, self._reason, gap=2))
        self.show_file(file)

    def show_file(self, file: LibraryFile) -> None:
        self._file = file
        self._name.setText(file.filename)
        self._name.setToolTip(file.filename)
        self._stage.setText(stage_words(file))
        self._reason.setText(file.reason or "")
        self._reason.setVisible(bool(file.reason) and file.stage == "failed")
        restyle(self._stage, kind="danger" if file.stage == "failed" else "caption")
        moving = file.stage in ON_ITS_WAY
        self._bar.setVisible(moving)
        self._bar.setValue(round(file.progress * 100))
        self._cancel.setVisible(moving)
        self._retry.setVisible(file.stage in ("failed", "cancelled") and not is_refused(file))
        self._remove.setVisible(file.stage == "completed" or is_refused(file))
        for tool, verb in ((self._cancel, "Cancel"), (self._retry, "Retry"), (self._remove, "Remove")):
            tool.setAccessibleName(f"{verb} {file.filename}")
            tool.setToolTip(verb)
        self.setAccessibleName(f"{file.filename}, {stage_words(file)}")


def is_refused(file: LibraryFile) -> bool:
    """Whether the server has the file and will not index it: the same file again is refused again."""
    return file.stage == "failed" and file.file_id is not None


def stage_words(file: LibraryFile) -> str:
    """ "uploading 40 %", or the size once it is there."""
    if file.stage == "completed":
        return size_words(file.bytes) if file.bytes is not None else "ready"
    words = STAGES[file.stage]
    return f"{words} {file.progress:.0%}" if 0 < file.progress < 1 else words


def size_words(count: float) -> str:
    """ "1.5 kB": two digits are enough to know a file by."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "bytes" and count < 10 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
