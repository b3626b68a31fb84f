"""The window that `hostile` watches: shows every hostile document and says how many there were."""

import os
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.view import TranscriptView
from tests.faults.hostile_documents import documents

PATIENCE_S = 60.0


def live(canary: str, file: str) -> int:
    """Returns how many documents were shown."""
    application = QApplication([])
    view = TranscriptView()
    view.resize(860, 640)
    view.show()
    texts = dict(documents(canary, file))
    view.set_messages([Answer(name, "", (TextItem(text),)) for name, text in texts.items()])
    for entry in view.column.entries:
        view.scroll_to(entry.key)
        QTest.mouseMove(view.viewport(), QPoint(300, 60))
        view.grab()
        application.processEvents()
    end = time.monotonic() + PATIENCE_S
    while view.formulas.is_busy and time.monotonic() < end:
        application.processEvents()
        time.sleep(0.01)
    view.select_all()
    view.copy()
    return len(texts)


if __name__ == "__main__":
    # The file's name comes in pieces, so that it stands in the trace only where somebody opens it.
    print(f"{live(sys.argv[1], '/' + '/'.join(sys.argv[2].split('+')))} documents were shown")
