"""The row under an original: pages, size, search, and what else can be done with it."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QIntValidator
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QWidget

from chatapp.desktop.panels.page_view import Fit
from chatapp.desktop.widgets import FollowsTextSize, Icons, button, menu_button, named, restyle, row

FITS = (
    ("Fit the passage", "0", Fit.PASSAGE),
    ("Fit the width", "W", Fit.WIDTH),
    ("Fit the page", "P", Fit.PAGE),
)
DIGITS = "0000"


class OriginalTools(QWidget):
    """`page_asked` carries a page's number, `zoomed` steps; the others say what was pressed."""

    page_asked = Signal(int)
    zoomed = Signal(int)
    fit_asked = Signal(object)
    search_asked = Signal()
    copy_asked = Signal()
    viewer_asked = Signal()
    folder_asked = Signal()
    enlarge_asked = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._page, self._count = 1, 1

        def tool(name: str, drawing: str, act: Callable[[], object]) -> QPushButton:
            return icons.put(button("", act, "icon", name, name), drawing)

        self.previous = tool("Previous page", "chevron-left", lambda: self.page_asked.emit(self._page - 1))
        self.next = tool("Next page", "chevron-right", lambda: self.page_asked.emit(self._page + 1))
        self.field = self._page_field()
        self.smaller = tool("Zoom out", "minus", lambda: self.zoomed.emit(-1))
        self.larger = tool("Zoom in", "plus", lambda: self.zoomed.emit(1))
        self.search = tool("Find in the original", "search", self.search_asked.emit)
        self.enlarge = tool("More or less room for the original", "panel-right", self.enlarge_asked.emit)
        self.more = self._menu_button(icons)
        self.setLayout(
            row(
                self.previous,
                self.field,
                self.next,
                1,
                self.smaller,
                self.larger,
                self.search,
                self.enlarge,
                self.more,
                gap=0,
            )
        )
        self.hide()

    def show_pages(self, page: int, count: int, unit: str, is_drawn: bool) -> None:
        """Where one is among the pages, slides or whatever `unit` says; `is_drawn`: they have a size to choose."""
        self._page, self._count = page, count
        for tool, name in ((self.previous, f"Previous {unit}"), (self.next, f"Next {unit}")):
            tool.setAccessibleName(name)
            tool.setToolTip(name)
            tool.setVisible(count > 1)
        self.previous.setEnabled(page > 1)
        self.next.setEnabled(page < count)
        self.field.setVisible(count > 1)
        self.field.setAccessibleName(f"{unit.capitalize()} of {count}")
        self.field.setToolTip(f"Go to a {unit}, 1 to {count}")
        if not self.field.hasFocus() or self.field.text() in ("", str(page)):
            self.field.setText(str(page))
        for tool in (self.smaller, self.larger):
            tool.setVisible(is_drawn)
        for action in self._fits:
            action.setVisible(is_drawn)
        self.show()

    def _fit(self, fit: Fit) -> None:
        self.fit_asked.emit(fit)

    def _page_field(self) -> QLineEdit:
        field = named(QLineEdit(), "Page")
        field.setProperty("kind", "number")
        field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        field.setValidator(QIntValidator(0, 99_999, field))
        field.returnPressed.connect(self._go)
        field.editingFinished.connect(lambda: field.setText(str(self._page)))
        FollowsTextSize(
            field, lambda: field.setFixedWidth(field.fontMetrics().horizontalAdvance(DIGITS) + 16)
        )
        return field

    def _go(self) -> None:
        """A number beyond the last page is the last page."""
        wanted = int(self.field.text() or self._page)
        restyle(self.field, invalid=False)
        self.page_asked.emit(min(max(wanted, 1), self._count))

    def _menu_button(self, icons: Icons) -> QPushButton:
        menu = QMenu()
        # Not made by addAction: PySide may forget an action that Qt made, and nothing is shown without these.
        self._fits = [QAction(f"{words}\t{key}", menu) for words, key, _ in FITS]
        for action, (_, _, fit) in zip(self._fits, FITS, strict=True):
            action.triggered.connect(partial(self._fit, fit))
        menu.addActions(self._fits)
        menu.addSeparator()
        menu.addAction("Copy what is selected", self.copy_asked.emit)
        menu.addAction("Open in the system viewer", self.viewer_asked.emit)
        menu.addAction("Show in folder", self.folder_asked.emit)
        result = icons.put(menu_button("", menu, "icon", "More for this original"), "more")
        result.setToolTip("More for this original")
        return result
