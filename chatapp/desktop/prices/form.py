"""One row of the price table, to be written or changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QLineEdit, QWidget

from chatapp.conversation.failures import Failure
from chatapp.conversation.prices import Price, PriceFault, price_json, read_price
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, holding, label, named, row, scrolling, while_there
from chatapp.protocol.json_types import Json, JsonObject, object_of

SIZE = (460, 560)
FIELDS: Final = (
    ("model", "Model", "A name, or a pattern with *"),
    ("input", "Input", "For a million tokens"),
    ("cached", "Cached input", "As input where empty"),
    ("cache_write", "Cache writes", "As input where empty"),
    ("output", "Output", "For a million tokens, reasoning too"),
    ("currency", "Currency", "USD"),
    ("window", "Context window", "Tokens of input and output together"),
    ("most_input", "Most input", "Tokens, where that is less"),
    ("tiers.flex", "Flex tier", "Times the price, such as 0.5"),
    ("tiers.priority", "Priority tier", "Times the price, such as 2"),
    ("calls.file_search", "A file search", "For one call"),
    ("calls.web_search", "A web search", "For one call"),
)
"""Where each stands in a row's JSON, its name, and what it is."""
COUNTS: Final = ("window", "most_input")
TEXTS: Final = ("model", "currency")
ANY: Final = "Any server"
MINE: Final = "Entered by you"


class PriceDialog(QDialog):
    """`price` is the row to be changed, None for a new one. `servers` are names that rows may stand for."""

    saved = Signal()

    def __init__(
        self, parent: QWidget, errands: Errands, servers: Sequence[str], price: Price | None
    ) -> None:
        super().__init__(parent)
        words = "Change a price" if price is not None else "Add a price"
        self.setWindowTitle(words)
        named(self, words)
        self._errands, self._before = errands, price
        self.fields = {place: _field(name, hint) for place, name, hint in FIELDS}
        self.server = named(QComboBox(), "Server")
        self.server.setEditable(True)
        self.server.addItems([ANY, *servers])
        self.problem = label(kind="danger", wrap=True)
        self.problem.hide()
        self.save = button("Save", self._save, "primary")
        self.save.setDefault(True)
        self._lay()
        self._fill(price)
        self.resize(*SIZE)
        self.fields["model"].setFocus()

    def price(self) -> Price:
        """What is written. Raises PriceFault."""
        kept = price_json(self._before) if self._before is not None else {}
        written = {name: kept[name] for name in ("long",) if name in kept}
        for name in ("tiers", "calls"):
            written[name] = dict(object_of(kept.get(name)))
        for place, field in self.fields.items():
            _put(written, place, _value(place, field.text().strip(), field.accessibleName()))
        server = self.server.currentText().strip()
        found = read_price({**written, "server": "" if server == ANY else server})
        if None in (found.input, found.output) and found.window is None:
            raise PriceFault("Write the prices of input and output, or the context window at least.")
        return replace(found, dated=date.today().isoformat(), source=MINE)

    def _lay(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP_12)
        grid.setVerticalSpacing(GAP_8)
        cells: list[tuple[str, QWidget]] = [(name, self.fields[place]) for place, name, _ in FIELDS]
        cells.insert(1, ("Server", self.server))
        for at, (name, field) in enumerate(cells):
            words = label(name)
            words.setBuddy(field)
            grid.addWidget(words, at, 0)
            grid.addWidget(field, at, 1)
        grid.setColumnStretch(1, 1)
        fields = holding(column(grid, 1, gap=0))
        foot = row(1, button("Cancel", self.reject), self.save, gap=GAP_8)
        self.setLayout(column(scrolling(fields), self.problem, foot, gap=GAP_12, edge=GAP_16))

    def _fill(self, price: Price | None) -> None:
        known: JsonObject = price_json(price) if price is not None else {}
        for place, field in self.fields.items():
            value: Json = known
            for step in place.split("."):
                value = object_of(value).get(step)
            field.setText(
                "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
            )
        self.server.setCurrentText((price.server if price is not None else "") or ANY)

    def _save(self) -> None:
        try:
            price = self.price()
        except PriceFault as problem:
            self._refuse(str(problem))
            return
        before = self._before.key if self._before is not None else None
        self._errands.run(
            lambda app: app.prices.put(price, before),
            then=while_there(self, lambda _none: self._done()),
            otherwise=while_there(self, self._failed),
        )

    def _done(self) -> None:
        self.saved.emit()
        self.accept()

    def _failed(self, failure: Failure) -> None:
        self._refuse(f"{failure.title}. {failure.text}")

    def _refuse(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.show()


def _field(name: str, hint: str) -> QLineEdit:
    field = named(QLineEdit(), name)
    field.setPlaceholderText(hint)
    return field


def _put(written: JsonObject, place: str, value: Json) -> None:
    outer, _, inner = place.rpartition(".")
    (written[outer] if outer else written)[inner] = value


def _value(place: str, words: str, name: str) -> Json:
    """What is written in a field, None for nothing; a comma may stand in the place of the point. Raises PriceFault."""
    if place in TEXTS or not words:
        return words or None
    try:
        return (
            int(words.replace(",", "").replace(" ", ""))
            if place in COUNTS
            else float(words.replace(",", "."))
        )
    except ValueError as problem:
        raise PriceFault(f"“{name}” must be a number.") from problem
