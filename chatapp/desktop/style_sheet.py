"""Qt's style sheet for a palette. Widgets say what they are with the dynamic property "kind"; the kinds stand here."""

from string import Template

from chatapp.desktop.theme import CAPTION_TEXT, CARD_RADIUS, CODE_TEXT, CONTROL_RADIUS, HEADING_TEXT, Palette
from chatapp.resource_files import resource


def style_sheet(palette: Palette, scale: float = 1.0) -> str:
    """The whole sheet; text sizes follow the user's `scale`."""
    sizes = {"caption": CAPTION_TEXT, "code": CODE_TEXT, "title": HEADING_TEXT[2], "heading": HEADING_TEXT[0]}
    colours = {name: getattr(palette, name) for name in _ROLES}
    return _SHEET.substitute(
        colours,
        **{name: f"{round(size * scale)}px" for name, size in sizes.items()},
        radius=f"{CONTROL_RADIUS}px",
        card=f"{CARD_RADIUS}px",
        line=f"{palette.border_width}px",
        ring="2px",
        hover=palette.selection if palette.name == "high-contrast" else palette.sunken,
        arrow=resource("icons", f"arrow-{palette.name}.svg").as_posix(),
        tick=resource("icons", f"tick-{palette.name}.svg").as_posix(),
    )


_ROLES = (
    "window", "surface", "sunken", "border", "text", "secondary", "accent", "on_accent", "question", "marker",
    "marker_text", "success", "warning", "danger", "selection",
)  # fmt: skip

_SHEET = Template("""
QMainWindow, QDialog, QWidget[kind="window"] { background: $window; }
QWidget[kind="surface"] { background: $surface; }
QToolTip { background: $surface; color: $text; border: $line solid $border; padding: 4px 6px; }
QLabel { background: transparent; }
QLabel[kind="caption"] { color: $secondary; font-size: $caption; }
QLabel[kind="secondary"] { color: $secondary; }
QLabel[kind="success"] { color: $success; font-size: $caption; }
QLabel[kind="danger"] { color: $danger; font-size: $caption; }
QLabel[kind="warning"] { color: $warning; font-size: $caption; }
QLabel[kind="title"] { font-size: $title; font-weight: 600; }
QLabel[kind="heading"] { font-size: $heading; font-weight: 600; }
QLabel[kind="strong"] { font-weight: 600; }
QLabel[kind="changed"] { color: $accent; }

QPushButton, QToolButton {
    background: $surface; color: $text; border: $line solid $border; border-radius: $radius;
    padding: 0 12px; min-height: 30px;
}
QToolButton { padding: 0 8px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $selection; }
QPushButton:disabled, QToolButton:disabled { color: $secondary; background: $window; }
QPushButton:focus, QToolButton:focus { border: $ring solid $accent; padding: 0 11px; min-height: 28px; }
QToolButton:focus { padding: 0 7px; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: none; width: 0; }

QPushButton[kind="primary"] {
    background: $accent; color: $on_accent; border: $line solid $accent; font-weight: 600; text-align: center;
}
QPushButton[kind="primary"]:hover { border-color: $text; }
QPushButton[kind="primary"]:focus { border: $ring solid $text; }
QPushButton[kind="primary"]:disabled { background: $sunken; color: $secondary; border-color: $border; }

QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
    background: transparent; color: $secondary; border: $line solid transparent; text-align: left; padding: 0 8px;
}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover { background: $hover; color: $text; }
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border: $ring solid $accent; padding: 0 7px; }
QPushButton[kind="icon"], QToolButton[kind="icon"] {
    background: transparent; border: $line solid transparent; padding: 0; min-height: 26px; min-width: 26px;
}
QPushButton[kind="icon"]:hover, QToolButton[kind="icon"]:hover { background: $hover; }
QPushButton[kind="icon"]:focus, QToolButton[kind="icon"]:focus {
    border: $ring solid $accent; padding: 0; min-height: 24px; min-width: 24px;
}
QPushButton[kind="link"] {
    background: transparent; border: $line solid transparent; color: $accent; padding: 0 4px; text-align: left;
}
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: $ring solid $accent; padding: 0 3px; }

QPushButton[kind="small-link"] {
    background: transparent; border: $line solid transparent; color: $accent; padding: 0 4px; min-height: 24px;
    font-size: $caption; text-align: right;
}
QPushButton[kind="link"]:disabled, QPushButton[kind="small-link"]:disabled { color: $secondary; }
QPushButton[kind="small-link"]:hover { text-decoration: underline; }
QPushButton[kind="small-link"]:focus { border: $ring solid $accent; padding: 0 3px; min-height: 22px; }

QPushButton[kind="outlook"] {
    background: transparent; border: $line solid transparent; color: $secondary; padding: 0 4px; min-height: 20px;
    font-size: $caption; text-align: left;
}
QPushButton[kind="outlook"]:hover { color: $text; }
QPushButton[kind="outlook"]:focus { border: $ring solid $accent; padding: 0 3px; min-height: 18px; }
QPushButton[kind="outlook"][full="true"] { color: $warning; }
QPushButton[kind="chip"], QToolButton[kind="chip"] {
    background: transparent; color: $secondary; border: $line solid $border; border-radius: 13px;
    padding: 0 10px; min-height: 24px; font-size: $caption;
}
QPushButton[kind="chip"]:hover, QToolButton[kind="chip"]:hover { background: $hover; color: $text; }
QPushButton[kind="chip"]:focus, QToolButton[kind="chip"]:focus {
    border: $ring solid $accent; padding: 0 9px; min-height: 22px;
}

QPushButton[kind="chip"]:checked { background: $marker; color: $marker_text; border-color: $marker_text; }

QFrame[kind="attachment"] { background: $sunken; border: $line solid $border; border-radius: 15px; }
QFrame[kind="attachment"][problem="true"] { border-color: $danger; }
QPushButton[kind="attachment"], QPushButton[kind="cross"] {
    background: transparent; color: $text; border: $line solid transparent; border-radius: 14px;
    padding: 0 4px 0 8px; min-height: 26px; font-size: $caption; text-align: left;
}
QPushButton[kind="cross"] { padding: 0 7px 0 5px; }
QPushButton[kind="attachment"]:hover, QPushButton[kind="cross"]:hover { background: $hover; }
QPushButton[kind="attachment"]:focus { border: $ring solid $accent; padding: 0 3px 0 7px; min-height: 24px; }
QPushButton[kind="cross"]:focus { border: $ring solid $accent; padding: 0 6px 0 4px; min-height: 24px; }

QPushButton[kind="segment"] {
    border: none; border-radius: 0; background: transparent; padding: 0 2px; min-height: 28px; font-size: $caption;
}
QPushButton[kind="segment"]:hover { background: $hover; }
QPushButton[kind="segment"]:checked { background: $accent; color: $on_accent; font-weight: 600; }
QPushButton[kind="segment"]:focus { border: $ring solid $accent; min-height: 24px; }
QPushButton[kind="segment"]:checked:focus { border: $ring solid $text; }
QFrame[kind="segments"] { background: $surface; border: $line solid $border; border-radius: $radius; }

QPushButton[kind="group"] {
    background: transparent; color: $secondary; border: $line solid transparent; padding: 0 4px 0 0; min-height: 26px;
    font-size: $caption; text-align: left;
}
QPushButton[kind="group"]:hover { color: $text; }
QPushButton[kind="group"]:focus { border: $ring solid $accent; padding: 0 3px 0 0; min-height: 24px; }

QPushButton[kind="tab"] {
    background: transparent; color: $secondary; border: $line solid transparent; border-radius: $radius;
    padding: 0 6px; min-height: 28px;
}
QPushButton[kind="tab"]:hover { color: $text; }
QPushButton[kind="tab"]:checked { background: $surface; color: $text; border-color: $border; font-weight: 600; }
QPushButton[kind="tab"]:focus { border: $ring solid $accent; padding: 0 5px; min-height: 26px; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $surface; color: $text; border: $line solid $border; border-radius: $radius; padding: 0 9px;
    selection-background-color: $selection; selection-color: $text; placeholder-text-color: $secondary;
}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: 30px; }
QPlainTextEdit, QTextEdit { padding: 5px 6px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
    border: $ring solid $accent; padding: 0 8px;
}
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { min-height: 28px; }
QPlainTextEdit:focus, QTextEdit:focus { padding: 4px 5px; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QSpinBox[invalid="true"] { border-color: $danger; }
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QComboBox:disabled {
    color: $secondary; background: $window;
}
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit { border: none; background: transparent; padding: 0 8px; min-height: 0; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: url("$arrow"); width: 12px; height: 12px; }
QComboBox QLineEdit { border: none; padding: 0; min-height: 26px; background: transparent; }
QComboBox QAbstractItemView {
    background: $surface; border: $line solid $border; padding: 4px; outline: none;
    selection-background-color: $selection; selection-color: $text;
}
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; border-radius: 4px; }

QPlainTextEdit[kind="json"] { font-size: $code; }
QPlainTextEdit[kind="message"], QPlainTextEdit[kind="message"]:focus {
    background: transparent; border: none; padding: 0; font-size: $title;
}
QLineEdit QToolButton, QLineEdit QToolButton:hover, QLineEdit QToolButton:focus {
    background: transparent; border: none; padding: 0; min-height: 0;
}
QLineEdit[kind="number"] { padding: 0 6px; }
QLineEdit[kind="number"]:focus { padding: 0 5px; }
QFrame[kind="composer"] { background: $surface; border: $line solid $border; border-radius: $card; }
QFrame[kind="composer"][active="true"] { border: $ring solid $accent; }

QFrame[kind="card"] { background: $surface; border: $line solid $border; border-radius: $card; }
QFrame[kind="card"]:focus, QFrame[kind="card"][current="true"] { border: $ring solid $accent; }
QFrame[kind="drop"] { background: transparent; border: $line dashed $secondary; border-radius: $card; }
QFrame[kind="drop"][over="true"] { border: $ring dashed $accent; background: $question; }
QFrame[kind="bar"] { background: $surface; border: none; border-bottom: $line solid $border; }
QFrame[kind="side-bar"] { background: $window; border: none; border-bottom: $line solid $border; }
QFrame[kind="notice"] { background: $surface; border: $line solid $border; border-radius: $card; }
QFrame[kind="notice"][severity="warning"] { border-left: 4px solid $warning; }
QFrame[kind="notice"][severity="danger"] { border-left: 4px solid $danger; }
QFrame[kind="popup"] { background: $surface; border: $line solid $secondary; border-radius: $card; }
QFrame[kind="rule"] { background: $border; border: none; }

QSlider { min-height: 28px; background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider[unset="true"]::sub-page:horizontal { background: $border; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $accent; border: 1px solid $accent;
}
QSlider[unset="true"]::handle:horizontal { background: $surface; border: 1px solid $secondary; }
QSlider::handle:horizontal:focus { border: $ring solid $text; width: 12px; height: 12px; }

QCheckBox, QRadioButton { spacing: 8px; min-height: 28px; border: $ring solid transparent; border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border: $ring solid $accent; }
QCheckBox::indicator {
    width: 16px; height: 16px; border: $line solid $secondary; border-radius: 4px; background: $surface;
}
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:disabled { border-color: $border; }
QRadioButton::indicator {
    width: 16px; height: 16px; border: $line solid $secondary; border-radius: 9px; background: $surface;
}
QRadioButton::indicator:checked { border: 5px solid $accent; width: 8px; height: 8px; }

QListView, QTreeView, QTableView, QScrollArea { background: transparent; border: none; outline: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollArea[kind="page"] { background: $sunken; border: $line solid $border; }
QScrollArea[kind="page"]:focus { border: $ring solid $accent; }
QWidget[drawer="left"] { background: $window; border-right: $line solid $border; }
QWidget[drawer="right"] { background: $window; border-left: $line solid $border; }
QListView[kind="boxed"], QTreeView, QTableView {
    background: $surface; border: $line solid $border; border-radius: $radius;
}
QListView[kind="boxed"]:focus, QTreeView:focus, QTableView:focus { border: $ring solid $accent; }
QListView[kind="boxed"]::item { min-height: 32px; padding: 0 8px; border-radius: 4px; }
QListView[kind="boxed"]::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $selection; color: $text;
}
QTreeView::item { min-height: 22px; }
QTableView[kind="cards"] { border: $ring solid transparent; }
QTableView[kind="cards"]:focus { border: $ring solid $accent; }
QTableView[kind="plain"]::item { padding: 0 3px; }
QHeaderView::section {
    background: $surface; color: $secondary; border: none; border-bottom: $line solid $border; padding: 4px 6px;
    font-size: $caption;
}
QTableView[kind="cards"] QHeaderView { background: $surface; }
QTableView[kind="cards"] QHeaderView::section:vertical { border: none; }
QTableCornerButton::section { background: $surface; border: none; border-bottom: $line solid $border; }
QMenu { background: $surface; border: $line solid $border; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 10px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $secondary; }
QMenu::separator { height: 1px; background: $border; margin: 4px 6px; }
QMenu::icon { padding-left: 6px; }

QSplitter::handle { background: $border; }
QSplitter::handle:vertical, QSplitter[kind="bare"]::handle { background: transparent; }
QSplitter::handle:hover { background: $accent; }
QStatusBar, QWidget[kind="status"] { background: $window; border-top: $line solid $border; }
QProgressBar { background: $sunken; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar::handle:vertical { background: $border; border-radius: 3px; min-height: 32px; margin: 2px 3px; }
QScrollBar::handle:vertical:hover { background: $secondary; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle:horizontal { background: $border; border-radius: 3px; min-width: 32px; margin: 3px 2px; }
QScrollBar::handle:horizontal:hover { background: $secondary; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")
