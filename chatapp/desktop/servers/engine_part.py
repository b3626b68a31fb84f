"""What the settings say of the built-in engine, and the one thing that is chosen of it."""

from PySide6.QtWidgets import QCheckBox, QWidget

from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_4, GAP_12
from chatapp.desktop.widgets import column, label, named, while_there
from chatapp.services.preferences import LOOKS_NEARBY

ABOUT = (
    "The built-in engine runs on this computer. It searches your libraries and answers with the closest passages, "
    "word for word. It needs no key and no network."
)
SWITCH = "List the models of LM Studio, Ollama and llama-server"
ABOUT_SWITCH = (
    "The engine looks for these programs on this computer only, and asks them for nothing but their models until you "
    "choose one. A change counts from the next start of chatapp."
)


class EnginePart(QWidget):
    def __init__(self, errands: Errands) -> None:
        super().__init__()
        self._errands = errands
        self.switch = named(QCheckBox(SWITCH), SWITCH)
        self.switch.setEnabled(False)
        self.switch.clicked.connect(self._choose)
        switch = column(self.switch, label(ABOUT_SWITCH, "caption", wrap=True), gap=GAP_4)
        self.setLayout(column(label(ABOUT, "secondary", wrap=True), switch, gap=GAP_12))

    def read(self) -> None:
        """Shows what was chosen."""
        self._errands.run(
            lambda app: app.preferences.get(LOOKS_NEARBY, True),
            then=while_there(self, self._show),
        )

    def _show(self, looks: bool) -> None:
        self.switch.setChecked(looks)
        self.switch.setEnabled(True)

    def _choose(self, looks: bool) -> None:
        self._errands.run(lambda app: app.preferences.set(LOOKS_NEARBY, looks))
