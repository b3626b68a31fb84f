"""One life of the real window, in a process of its own: types a question, sends it, and waits to be killed.

Run as `python -m tests.faults.window_life PROFILE [QUESTION]`. Without a question it only says "ready" on stdout
once the conversation is on screen.
"""

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from chatapp.desktop.app import main
from chatapp.options import Options

LOOK_MS = 20


def send_when_ready(question: str | None) -> None:
    """Looks for the composer until it has the focus and can send."""
    timer = QTimer(QApplication.instance())
    timer.setInterval(LOOK_MS)

    def look() -> None:
        editor = QApplication.focusWidget()
        if not isinstance(editor, QPlainTextEdit) or editor.objectName() != "message":
            return
        send = editor.window().findChild(QPushButton, "send")
        if send is None or not send.isVisible():
            return  # the answer that the last kill cut is still being brought back
        timer.stop()
        print("ready", flush=True)
        if question is not None:
            QTest.keyClicks(editor, question)
            QTest.keyClick(editor, Qt.Key.Key_Return)

    timer.timeout.connect(look)
    timer.start()


if __name__ == "__main__":
    asked = sys.argv[2] if len(sys.argv) > 2 else None
    sys.exit(main(Options(Path(sys.argv[1])), lambda: send_when_ready(asked)))
