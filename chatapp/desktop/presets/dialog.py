"""All presets, each compared with what is set now: apply, rename, replace, share, delete. Stays open beside the window,
and follows what is changed there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QDialog, QLayout, QListWidget, QListWidgetItem, QWidget

from chatapp.conversation.failures import Failure
from chatapp.conversation.presets import Preset, alike, differences
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import in_force_now
from chatapp.desktop.presets.table import Comparison, summary
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import OneLine, button, column, holding, label, named, row

TITLE = "Presets"
SIZE, LEAST = QSize(760, 460), QSize(420, 380)
NARROW = 620
"""Below that width the list stands over what is compared."""
LIST_WIDTH, LIST_HEIGHT = 220, 132
UNBOUND = 16_777_215
"""Qt's own word for no greatest size."""
NONE = (
    "There is no preset yet. Set parameters in the panel, then save them here under a name. A preset can be applied to "
    "every conversation and shared as a file."
)
KEY = Qt.ItemDataRole.UserRole


class PresetsDialog(QDialog):
    """Signals carry the preset; `save_asked` and `import_asked` want a new one."""

    applied = Signal(object)
    renaming = Signal(object)
    replaced = Signal(object)
    sharing = Signal(object)
    deleted = Signal(object)
    save_asked = Signal()
    import_asked = Signal()

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        named(self, TITLE)
        self._desk = desk
        self._build()
        for changed in (desk.opened, desk.head_changed, desk.path_changed, desk.servers_changed):
            changed.connect(self._compare)
        desk.defaults_changed.connect(self._compare)
        desk.presets_changed.connect(self._fill)
        self._fill()
        self.resize(SIZE)

    @property
    def current(self) -> Preset | None:
        item = self.list.currentItem()
        wanted = item.data(KEY) if item is not None else None
        return next((preset for preset in self._desk.presets if preset.id == wanted), None)

    def say(self, failure: Failure) -> None:
        """What did not happen, until something else is done."""
        self.problem.setText(f"{failure.title}. {failure.text}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 and Delete, as in every list."""
        if self.list.hasFocus() and event.key() == Qt.Key.Key_F2:
            self._tell(self.renaming)
        elif self.list.hasFocus() and event.key() == Qt.Key.Key_Delete:
            self._tell(self.deleted)
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._compare()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        self._parts.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._side.setMaximumWidth(UNBOUND if narrow else LIST_WIDTH)
        self.list.setMaximumHeight(LIST_HEIGHT if narrow else UNBOUND)

    def _build(self) -> None:
        self.list = named(QListWidget(), "All presets")
        self.list.setProperty("kind", "boxed")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(lambda _row: self._compare())
        self.list.itemActivated.connect(lambda _item: self._tell(self.applied))
        self.save = button("Save as new…", self.save_asked.emit, name="Save as a new preset")
        self.bring_in = button("Import…", self.import_asked.emit, name="Import presets")
        self._side = holding(column(self.list, row(self.save, self.bring_in, gap=GAP_8), gap=GAP_8))
        self._title = OneLine(kind="title")
        self._about = label(kind="secondary", wrap=True)
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = Comparison()
        self.rename = button("Rename…", lambda: self._tell(self.renaming), "quiet", "Rename the preset")
        self.replace = button(
            "Overwrite",
            lambda: self._tell(self.replaced),
            "quiet",
            "Overwrite the preset with what is set now",
        )
        self.share = button(
            "Save as file…", lambda: self._tell(self.sharing), "quiet", "Save the preset as a file"
        )
        self.delete = button("Delete", lambda: self._tell(self.deleted), "quiet", "Delete the preset")
        self._acts = holding(row(self.rename, self.replace, self.share, self.delete, 1, gap=0))
        seen = column(self._title, self._about, self.table, self._acts, gap=GAP_8)
        seen.setStretch(2, 1)
        self.apply = button("Apply", lambda: self._tell(self.applied), "primary", "Apply the preset")
        self.apply.setDefault(True)
        self._parts = row(self._side, holding(seen), gap=GAP_16)
        self._parts.setStretch(1, 1)
        self.problem = label(kind="danger", wrap=True)
        foot = row(self.problem, button("Close", self.reject), self.apply, gap=GAP_12)
        foot.setStretch(0, 1)
        whole = column(self._parts, foot, gap=GAP_16, edge=GAP_16)
        whole.setStretch(0, 1)
        whole.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setLayout(whole)
        self.setMinimumSize(LEAST)

    def _fill(self) -> None:
        """The one that was chosen stays chosen; a new one is chosen; after a deletion the one in its place is."""
        known = {self.list.item(at).data(KEY) for at in range(self.list.count())}
        chosen, at = self.current, self.list.currentRow()
        new = [preset.id for preset in self._desk.presets if preset.id not in known]
        wanted = new[0] if known and len(new) == 1 else chosen.id if chosen is not None else ""
        self.list.clear()
        for preset in self._desk.presets:
            item = QListWidgetItem(preset.name)
            item.setToolTip(preset.name)
            item.setData(KEY, preset.id)
            self.list.addItem(item)
        ids = [preset.id for preset in self._desk.presets]
        self.list.setCurrentRow(ids.index(wanted) if wanted in ids else min(max(at, 0), len(ids) - 1))
        self._compare()

    def _compare(self) -> None:
        """Nothing while nobody looks."""
        if not self.isVisible():
            return
        preset, head = self.current, self._desk.head
        self.problem.clear()
        for part in (self.table, self._acts, self._title):
            part.setVisible(preset is not None)
        if preset is None or head is None:
            self._about.setText(NONE)
            self.apply.setEnabled(False)
            return
        now = in_force_now(self._desk, head).parameters
        changes = differences(preset.parameters, now)
        self._title.setText(preset.name)
        self._title.setToolTip(preset.name)
        self._about.setText(summary(changes))
        self.table.compare(changes, alike(preset.parameters, now))
        self.apply.setEnabled(bool(changes))
        self.replace.setEnabled(bool(changes))

    def _tell(self, signal: SignalInstance) -> None:
        if self.current is not None:
            signal.emit(self.current)
