"""Rows of a form: a name at the left, level with its field, and as wide in every form as in the next."""

from functools import partial

from PySide6.QtWidgets import QFormLayout, QLabel, QLayout, QWidget

from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import FollowsTextSize, label

LONGEST = "Silent for at most"
"""The longest name of a field."""
LEVEL = 32
"""The height of a control."""


def fields(*rows: tuple[str | QLabel, QWidget | QLayout]) -> QFormLayout:
    """A form without edges. A row without a name is a remark about the one above."""
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setSpacing(GAP_8)
    for name, field in rows:
        form.addRow(field_label(name) if isinstance(name, str) else name, field)
    return form


def field_label(name: str) -> QLabel:
    shown = label(name)
    FollowsTextSize(shown, partial(_fit, shown, LEVEL if name else 0))
    return shown


def _fit(shown: QLabel, level: int) -> None:
    shown.setMinimumSize(shown.fontMetrics().horizontalAdvance(LONGEST) + GAP_8, level)
