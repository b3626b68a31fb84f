"""What fills the window when the profile cannot be opened: what happened, what it means, what to do."""

import re
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from chatapp.conversation.failures import Failure
from chatapp.desktop.theme import GAP_12, GAP_24
from chatapp.desktop.widgets import button, column, label, named, row

WIDTH = 480
OPTION = re.compile(r"(?<!\S)--\w[\w-]*")
WORD_JOINER = "\u2060"


class ProblemPage(QWidget):
    def __init__(self, failure: Failure, close: Callable[[], object]) -> None:
        super().__init__()
        self.failure = failure
        named(self, "Problem")
        self.setProperty("kind", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = label(failure.title, "heading", wrap=True)
        text = label(unbroken(failure.text), "secondary", wrap=True)
        details = label(unbroken(failure.details), "caption", wrap=True)
        for words in (title, text, details):
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        details.setVisible(bool(failure.details))
        self.close_button = button("Close this window", close, "primary")
        inside = column(title, text, details, row(self.close_button, 1), gap=GAP_12)
        body = QWidget()
        body.setLayout(inside)
        body.setMaximumWidth(WIDTH)
        line = row(1, body, 1)
        line.setStretch(1, 8)
        whole = column(1, line, 2)
        whole.setContentsMargins(GAP_24, GAP_24, GAP_24, GAP_24)
        self.setLayout(whole)


def unbroken(text: str) -> str:
    """Options of the command line stay on one line: a line may break after every hyphen else."""
    return OPTION.sub(lambda found: found.group().replace("-", f"-{WORD_JOINER}"), text)
