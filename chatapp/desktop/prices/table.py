"""The rows of the price table as the settings list them."""

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from chatapp.conversation.costs import MONEY
from chatapp.conversation.prices import Price

Index = QModelIndex | QPersistentModelIndex
OWN, SHIPPED = "yours", "shipped"


def figure(value: float | None, currency: str) -> str:
    """ "$1.25", "" where there is none."""
    return "" if value is None else f"{MONEY.get(currency, f'{currency} ')}{value:,.6g}"


def _window(price: Price) -> str:
    return "" if price.window is None else f"{price.window:,}"


COLUMNS: Final[tuple[tuple[str, Callable[[Price], str]], ...]] = (
    ("Model", lambda price: price.model),
    ("Server", lambda price: price.server or "any"),
    ("Input", lambda price: figure(price.input, price.currency)),
    ("Cached", lambda price: figure(price.cached, price.currency)),
    ("Output", lambda price: figure(price.output, price.currency)),
    ("Window", _window),
    ("As of", lambda price: price.dated),
)
"""Heads, and what stands under each; whose row it is comes after them."""
RIGHT: Final = ("Input", "Cached", "Output", "Window")


class PriceRows(QAbstractTableModel):
    """Shows the rows whose model or server has the words in it."""

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[Price, ...] = ()
        self._own: frozenset[tuple[str, str]] = frozenset()
        self._words = ""
        self.shown: list[Price] = []

    def show_prices(self, prices: tuple[Price, ...], own: frozenset[tuple[str, str]]) -> None:
        self._all, self._own = prices, own
        self._filter()

    def find(self, words: str) -> None:
        self._words = words.casefold().strip()
        self._filter()

    def is_own(self, price: Price) -> bool:
        return price.key in self._own

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS) + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        heads = [*(head for head, _ in COLUMNS), "Whose"]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(heads[section])
        return heads[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        price, at = self.shown[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and at < len(COLUMNS):
            return _alignment(COLUMNS[at][0])
        if role == Qt.ItemDataRole.ToolTipRole:
            return price.source
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if at == len(COLUMNS):
            return OWN if self.is_own(price) else SHIPPED
        return COLUMNS[at][1](price)

    def _filter(self) -> None:
        self.beginResetModel()
        self.shown = [
            price for price in self._all if self._words in f"{price.model} {price.server}".casefold()
        ]
        self.endResetModel()


def _alignment(head: str) -> int:
    side = Qt.AlignmentFlag.AlignRight if head in RIGHT else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
