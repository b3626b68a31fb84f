"""The line under a parameter that is set: where its value comes from, and a menu that makes it a default or takes one
away."""

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.defaults import Setting
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import OneLine, button, row

FROM_HERE = "From this conversation"
WITHHELD = "Not sent here"


class OriginLine(QWidget):
    """`asked` carries the place on the screen where the menu is to open."""

    asked = Signal(QPoint)

    def __init__(self, parameter: str) -> None:
        super().__init__()
        self._words = OneLine(kind="caption")
        self.menu_button = button(
            "Default…",
            self._ask,
            "small-link",
            f"Default of {parameter.lower()}",
            "Make it a default, or take one away",
        )
        line = row(self._words, self.menu_button, gap=GAP_8)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.hide()

    def say(self, words: str, has_menu: bool) -> None:
        """Nothing to say hides the line."""
        self._words.setText(words)
        self._words.setToolTip(words)
        self.menu_button.setVisible(has_menu)
        self.setVisible(bool(words))

    @property
    def words(self) -> str:
        return self._words.text()

    def _ask(self) -> None:
        self.asked.emit(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))


def origin_words(setting: Setting | None, model: str, server: str, beneath: str) -> str:
    """Where a value comes from. `beneath` is the default it stands before, in words."""
    if setting is None:
        return ""
    if setting.level != "conversation":
        return f"Default for {model} on {server}" if setting.level == "model" else f"Default for {server}"
    words = WITHHELD if setting.value is None else FROM_HERE
    return words if setting.beneath is None else f"{words} (default: {beneath})"
