"""The vector stores of the server, to tick."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, cut, words_for
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import ElidedCheck, OneLine, button, clear, column, label, named, row
from chatapp.protocol.json_types import Json

STORE_GONE = "A library that is gone"
STORE_NOT_READ = "A library whose name is not read yet"


class Stores(Control):
    """The server's vector stores to tick. `set_stores` says which there are; one that is chosen but not there any
    more can only be taken out."""

    wide = True
    library_asked = Signal()
    _shown: tuple[dict[str, str], tuple[str, ...]] | None = None

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._names: dict[str, str] | None = None
        self._value: list[str] = []
        self._boxes: dict[str, QCheckBox] = {}
        self._removes: list[QPushButton] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._open = button("Open the library", self.library_asked.emit, "link")
        inside = column(self._list, row(self._open, 1), gap=0)
        self.setLayout(inside)
        named(self, parameter.label)
        self._fill()

    def set_stores(self, names: dict[str, str] | None) -> None:
        """Vector store ids and their names, None while the server has not told."""
        if names != self._names:
            self._names = names
            self._fill()

    def show_value(self, value: Json) -> None:
        before, self._value = self._value, list(value or [])
        if set(before) != set(self._value):
            self._fill()
        for store, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(store in self._value)

    def words_for(self, value: Json) -> str:
        if not isinstance(value, list) or not value:
            return words_for(value)
        return cut(", ".join(self._name(str(store)) for store in value))

    def fields(self) -> list[QWidget]:
        return [*self._boxes.values(), *self._removes, self._open]

    def _name(self, store: str) -> str:
        return STORE_NOT_READ if self._names is None else self._names.get(store, STORE_GONE)

    def _fill(self) -> None:
        """One line a store. The lines stay as they are where they would say the same: one of them may be pressed."""
        names = self._names or {}
        unnamed = [store for store in self._value if store not in names]
        gone = unnamed if self._names is not None else []
        wanted = names | {store: STORE_NOT_READ for store in unnamed if store not in gone}
        shown = (wanted, tuple(gone))
        if shown == self._shown:
            return
        self._shown = shown
        clear(self._list)
        self._boxes = {store: self._box(store, name) for store, name in wanted.items()}
        self._removes = []
        for box in self._boxes.values():
            self._list.addWidget(box)
        for store in gone:
            self._list.addLayout(self._gone_line(store))
        if not wanted and not gone:
            self._list.addWidget(label("No libraries on this server yet.", "caption", wrap=True))
        for store, box in self._boxes.items():
            box.setChecked(store in self._value)
        self.refilled.emit()

    def _box(self, store: str, name: str) -> QCheckBox:
        box = ElidedCheck(name)
        box.setAccessibleName(f"Search {name}")
        box.setObjectName(f"store-{store}")
        box.clicked.connect(lambda checked: self._ticked(store, checked))
        return box

    def _gone_line(self, store: str) -> QHBoxLayout:
        words = OneLine(STORE_GONE, "secondary")
        words.setToolTip(f"The server does not have it any more. Its id was {store}.")
        remove = button(
            "Remove", partial(self._ticked, store, False), "link", "Remove the library that is gone"
        )
        self._removes.append(remove)
        line = row(words, remove, gap=GAP_4)
        line.setStretch(0, 1)
        return line

    def _ticked(self, store: str, checked: bool) -> None:
        rest = [kept for kept in self._value if kept != store]
        chosen = [*rest, store] if checked else rest
        self.edited.emit(chosen or None)
