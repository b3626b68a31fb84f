"""What can be done with an answer and its sources: copied with footnotes, or saved as a page or a bibliography."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from chatapp.conversation.changes import Notice
from chatapp.conversation.citations import cite
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.transcript.taking import name_of
from chatapp.services.answer_export import Footnoted
from chatapp.services.application import Application, UseCaseFailure
from chatapp.services.whole_file import write_whole

Made = Callable[[Application, Turn], Awaitable[str]]

_FILES: dict[str, tuple[str, str, Made]] = {
    "save_page": ("Save the answer with its pages", "html", lambda app, turn: app.answers.page(turn)),
    "save_csl": ("Save citations", "csl.json", lambda app, turn: app.answers.references([turn], "csl")),
    "save_bibtex": ("Save citations", "bib", lambda app, turn: app.answers.references([turn], "bibtex")),
}
"""The title of the dialog, the ending of the file, and what is written."""
NO_SOURCES = "This answer cites nothing, so there is nothing to save."
COPIED = "The answer was copied with footnotes."


class SourceActions:
    """`parent` is a widget of the window that asks for files."""

    def __init__(self, desk: Desk, errands: Errands, parent: QWidget) -> None:
        self._desk, self._errands, self._parent = desk, errands, parent
        self.handlers: dict[str, Callable[[Turn], object]] = {
            "footnotes_markdown": partial(self._copy, _markdown),
            "footnotes_html": partial(self._copy, _html),
            **{name: partial(self._save, name) for name in _FILES},
        }

    def _copy(self, made: Callable[[Footnoted], QMimeData], turn: Turn) -> None:
        def copied(answer: Footnoted) -> None:
            QGuiApplication.clipboard().setMimeData(made(answer))
            self._desk.noticed.emit(Notice(COPIED))

        self._errands.run(lambda app: app.answers.footnoted(turn), copied)

    def _save(self, name: str, turn: Turn) -> None:
        if name != "save_page" and not cite(turn.answer):
            self._desk.noticed.emit(Notice(NO_SOURCES))
            return
        title, ending, _ = _FILES[name]
        dialog = QFileDialog(self._parent.window(), title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(f"{name_of(turn.text, 'answer')}.{ending}")
        dialog.fileSelected.connect(lambda chosen: self._write(name, turn, Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _write(self, name: str, turn: Turn, path: Path) -> None:
        make = _FILES[name][2]

        async def written(app: Application) -> None:
            text = await make(app, turn)
            try:
                await asyncio.to_thread(write_whole, path, text.encode())
            except OSError as problem:
                raise UseCaseFailure(_not_written(path, problem)) from problem

        self._errands.run(written, lambda _done: self._desk.noticed.emit(Notice(f"Saved as {path.name}.")))


def _markdown(answer: Footnoted) -> QMimeData:
    data = QMimeData()
    data.setText(answer.markdown)
    data.setData("text/markdown", answer.markdown.encode())
    return data


def _html(answer: Footnoted) -> QMimeData:
    """Formatted where the clipboard goes into a document, and as it is written where it goes into an editor."""
    data = QMimeData()
    data.setHtml(answer.html)
    data.setText(answer.html)
    return data


def _not_written(path: Path, problem: OSError) -> Failure:
    text = f"{path}: {problem.strerror or problem}. The answer is still here; choose another place."
    return Failure("not_written", "The file was not saved", text)
