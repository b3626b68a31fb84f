"""Several of a list of values, each a box to tick; values beyond the list can be taken out again."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, cut, words_for
from chatapp.desktop.widgets import ElidedCheck, column, named
from chatapp.protocol.json_types import Json

WORDS = {
    "file_search_call.results": "Passages that were found",
    "web_search_call.results": "Results of web searches",
    "web_search_call.action.sources": "Sources of web searches",
    "message.input_image.image_url": "Addresses of sent images",
    "computer_call_output.output.image_url": "Addresses of screenshots",
    "code_interpreter_call.outputs": "Outputs of code that ran",
    "reasoning.encrypted_content": "Sealed reasoning",
    "message.output_text.logprobs": "Probabilities of tokens",
}


class Checks(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._value: list[str] = []
        self._list = column(gap=0)
        self._boxes: dict[str, QCheckBox] = {}
        for choice in parameter.choices:
            self._box(choice)
        self.setLayout(self._list)
        named(self, parameter.label)

    def show_value(self, value: Json) -> None:
        self._value = list(value or [])
        for name in self._value:
            if name not in self._boxes:
                self._box(name)
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in self._value)

    def fields(self) -> list[QWidget]:
        return list(self._boxes.values())

    def words_for(self, value: Json) -> str:
        if not isinstance(value, list) or not value:
            return words_for(value)
        return cut(", ".join(WORDS.get(name, str(name)).lower() for name in value))

    def _box(self, name: str) -> None:
        box = ElidedCheck(WORDS.get(name, name))
        box.setToolTip(name)
        box.setAccessibleName(f"{self.parameter.label}: {WORDS.get(name, name)}")
        box.setObjectName(f"include-{name}")
        box.clicked.connect(lambda checked: self._ticked(name, checked))
        self._boxes[name] = box
        self._list.addWidget(box)

    def _ticked(self, name: str, checked: bool) -> None:
        rest = [kept for kept in self._value if kept != name]
        self.edited.emit([*rest, name] if checked else rest or None)
