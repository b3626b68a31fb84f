"""The page of the settings for prices: the table, whose rows can be added, changed, removed, taken in and given out."""

import json
from pathlib import Path
from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTableView,
    QWidget,
)

from chatapp.conversation.failures import Failure
from chatapp.conversation.prices import Price, table_json
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.prices.form import PriceDialog
from chatapp.desktop.prices.table import PriceRows
from chatapp.desktop.theme import GAP_8, GAP_16, GAP_24, ROW_HEIGHT
from chatapp.desktop.widgets import (
    Icons,
    button,
    column,
    label,
    menu_button,
    named,
    restyle,
    row,
    while_there,
)
from chatapp.services.counting import runs_here
from chatapp.services.prices import places_of
from chatapp.services.whole_file import write_whole

ABOUT: Final = (
    "Prices are for a million tokens. A row stands for a model and its dated snapshots at one server. Where no row "
    "fits, only tokens are shown. Answers keep what they cost when they ended."
)
LARGEST: Final = 5_000_000
"""Bytes of a price table that are read."""


class PricesPage(QWidget):
    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        self._desk, self._errands = desk, errands
        self.rows = PriceRows()
        self.search = named(QLineEdit(), "Find a model")
        self.search.setPlaceholderText("Find a model")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.rows.find)
        self.view = self._view()
        self.add = icons.put(button("Add a price", lambda: self._open(None)), "plus")
        self.change = button("Change…", self._change, name="Change the price")
        self.remove = button("Remove", self._remove, name="Remove the price")
        self.servers = QMenu(self)
        self.free = menu_button("No charge", self.servers, name="Servers that make no charge")
        self.more = menu_button("More", self._more_menu(), name="More for prices")
        self.said = label(kind="caption", wrap=True)
        self._lay()
        self.rows.modelReset.connect(lambda: self._choose(None))
        self.view.selectionModel().currentChanged.connect(lambda *_: self._follow())
        desk.prices_changed.connect(self._show)
        desk.servers_changed.connect(self._fill_free)
        self._show()
        self._fill_free()

    @property
    def chosen(self) -> Price | None:
        at = self.view.currentIndex().row()
        return self.rows.shown[at] if 0 <= at < len(self.rows.shown) else None

    def write(self, path: Path) -> None:
        """Writes the whole table to a file."""
        prices = self._desk.prices.table.prices if self._desk.prices is not None else ()
        text = json.dumps(table_json(prices), ensure_ascii=False, indent=1)
        try:
            write_whole(path, text.encode())
        except OSError as problem:
            self._say(f"{path.name} was not written: {problem.strerror or problem}.", "danger")
        else:
            self._say(f"{path.name} was written with {len(prices)} rows.")

    def take_in(self, path: Path) -> None:
        """Adds the rows of a file."""
        try:
            if path.stat().st_size > LARGEST:
                self._say(
                    f"{path.name} is too large for a price table. The prices stay as they are.", "danger"
                )
                return
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            self._say(f"{path.name} was not read: {problem}. The prices stay as they are.", "danger")
            return
        self._errands.run(
            lambda app: app.prices.take_in(text),
            then=while_there(self, lambda count: self._say(f"{count} rows were taken from {path.name}.")),
            otherwise=while_there(self, self._refused),
        )

    def _view(self) -> QTableView:
        view = named(QTableView(), "Prices")
        view.setProperty("kind", "plain")
        view.setModel(self.rows)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 4)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setStretchLastSection(True)
        head.setMinimumSectionSize(56)
        view.activated.connect(lambda _index: self._change())
        return view

    def _lay(self) -> None:
        foot = row(self.add, self.change, self.remove, 1, self.free, self.more, gap=GAP_8)
        layout = column(
            label(ABOUT, "secondary", wrap=True), self.search, self.view, self.said, foot, gap=GAP_8
        )
        layout.setStretch(2, 1)
        layout.setContentsMargins(GAP_24, GAP_16, GAP_24, GAP_8)
        self.setLayout(layout)

    def _more_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Import rows…", self._choose_to_read)
        menu.addAction("Export the table…", self._choose_to_write)
        menu.addSeparator()
        self._reset = QAction(
            "Reset to shipped prices", menu
        )  # not by addAction: PySide may forget what Qt made
        self._reset.triggered.connect(lambda: self._back_to_shipped())
        menu.addAction(self._reset)
        return menu

    def _show(self) -> None:
        prices = self._desk.prices
        if prices is None:
            return
        key = self.chosen.key if self.chosen is not None else None
        self.rows.show_prices(prices.table.prices, prices.own)
        self._choose(key)
        self._reset.setEnabled(prices.changed)
        self._fill_free()

    def _choose(self, key: tuple[str, str] | None) -> None:
        """The row with this key, else the first."""
        at = next((at for at, price in enumerate(self.rows.shown) if price.key == key), 0)
        self.view.setCurrentIndex(self.rows.index(at, 0))
        self._follow()

    def _follow(self) -> None:
        price = self.chosen
        self.change.setEnabled(price is not None)
        self.remove.setEnabled(price is not None)
        if price is None:
            self._say("")
        else:
            self._say(f"{price.model}: {price.source}{f', {price.dated}' if price.dated else ''}.")

    def _open(self, price: Price | None) -> None:
        known = dict.fromkeys(
            place for connection in self._desk.connections for place in places_of(connection)
        )
        dialog = PriceDialog(self, self._errands, list(known), price)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _change(self) -> None:
        if self.chosen is not None:
            self._open(self.chosen)

    def _remove(self) -> None:
        price = self.chosen
        if price is not None:
            self._errands.run(lambda app: app.prices.remove(price.key))

    def _back_to_shipped(self) -> None:
        self._errands.run(
            lambda app: app.prices.reset(),
            then=while_there(self, lambda _none: self._say("The prices are as they were shipped.")),
        )

    def _fill_free(self) -> None:
        """The servers of this computer, each to be marked as one that costs nothing."""
        self.servers.clear()
        own = self._desk.prices.own if self._desk.prices is not None else frozenset()
        here = [each for each in self._desk.connections if runs_here(each) and each.base_url]
        for connection in here:
            entry = self.servers.addAction(connection.name.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked((connection.id, "*") in own)
            entry.triggered.connect(lambda free, server=connection.id: self._make_free(server, free))
        self.free.setVisible(bool(here))

    def _make_free(self, server: str, free: bool) -> None:
        row = Price("*", server, 0, 0, 0, 0, source="Marked by you as making no charge")
        if free:
            self._errands.run(lambda app: app.prices.put(row))
        else:
            self._errands.run(lambda app: app.prices.remove(row.key))

    def _choose_to_read(self) -> None:
        dialog = QFileDialog(self, "Import prices", filter="Price tables (*.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.take_in(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose_to_write(self) -> None:
        dialog = QFileDialog(self, "Export prices")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile("prices.json")
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _refused(self, failure: Failure) -> None:
        self._say(f"{failure.title}. {failure.text}", "danger")

    def _say(self, words: str, kind: str = "caption") -> None:
        restyle(self.said, kind=kind)
        self.said.setText(words)
