"""Presets to share: written to a file that the user chooses, read from one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure
from chatapp.conversation.presets import Preset
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.transcript.taking import name_of
from chatapp.services.use_case import UseCaseFailure
from chatapp.services.whole_file import write_whole

if TYPE_CHECKING:
    from chatapp.services.application import Application

ENDING = "json"
FILTER = "Presets (*.json)"
LARGEST = 16_000_000
"""Bytes of a file that is read at all."""


class PresetFiles:
    """`refused` is told why a file was not written or read."""

    def __init__(
        self, parent: QWidget, desk: Desk, errands: Errands, refused: Callable[[Failure], object]
    ) -> None:
        self._parent, self._desk, self._errands, self._refused = parent, desk, errands, refused

    def save(self, preset: Preset) -> None:
        dialog = QFileDialog(self._parent, "Save the preset", "", FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ENDING)
        dialog.selectFile(f"{name_of(preset.name, 'preset')}.{ENDING}")
        dialog.fileSelected.connect(lambda name: self.write(preset, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self) -> None:
        dialog = QFileDialog(self._parent, "Import presets", "", FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.read)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(self, preset: Preset, path: Path) -> None:
        async def written(app: Application) -> None:
            text = await app.presets.export(preset.id)
            try:
                await asyncio.to_thread(write_whole, path, text.encode("utf-8", "replace"))
            except OSError as problem:
                words = f"{path}: {problem.strerror or problem}. The preset is still here."
                raise UseCaseFailure(Failure("not_written", "The preset was not saved", words)) from problem

        told = Notice(f"Saved as {path.name}.")
        self._errands.run(written, lambda _done: self._desk.noticed.emit(told), self._refused)

    def read(self, names: list[str]) -> None:
        for name in names:
            self._read(Path(name))

    def _read(self, path: Path) -> None:
        async def read(app: Application) -> Preset:
            try:
                text = await asyncio.to_thread(_text, path)
            except (OSError, ValueError) as problem:
                why = problem.strerror if isinstance(problem, OSError) else str(problem)
                words = f"{path.name}: {why or problem}. Nothing was changed."
                raise UseCaseFailure(Failure("not_read", "This file cannot be imported", words)) from problem
            return await app.presets.bring_in(text)

        told = "The preset “{}” was imported. Apply it to use it."
        self._errands.run(
            read, lambda preset: self._desk.noticed.emit(Notice(told.format(preset.name))), self._refused
        )


def _text(path: Path) -> str:
    """Raises OSError, or ValueError for what is no text or far too large."""
    if path.stat().st_size > LARGEST:
        raise ValueError("it is too large for a preset")
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ValueError("it is not text in UTF-8") from problem
