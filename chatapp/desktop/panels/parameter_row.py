"""A row of the parameters panel: label with its dot, the control, a reset, and one line that explains or refuses."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.parameters import InvalidParameter, Parameter, in_force, validate
from chatapp.conversation.tree import Turn
from chatapp.desktop.panels.controls import NOT_SENT, control_for
from chatapp.desktop.widgets import FollowsTextSize, Icons, button, column, label, restyle, row
from chatapp.protocol.json_types import Json

WIDEST_LABEL = "Service tier ab"
"""Longer labels break onto a second line."""
RESET_WIDTH = 34
DOT_WIDTH = 16
DOT = "●"


class ParameterRow(QWidget):
    """`edited` carries the parameter's name and its checked value, None for "not sent"."""

    edited = Signal(str, object)

    def __init__(self, parameter: Parameter, icons: Icons) -> None:
        super().__init__()
        self.parameter = parameter
        self.control = control_for(parameter)
        self.control.edited.connect(self._check)
        self._value: Json = None
        self._problem = ""
        self._in_force = ""
        self._build(icons)
        for field in self.control.fields():
            field.installEventFilter(self)

    def show_value(self, value: Json, turn: Turn | None) -> None:
        """The value set in the conversation, and the turn whose echo says what was in force. What was refused
        stays in its field, with the reason, until the value itself is another."""
        self._in_force = echoed(self.parameter.name, turn)
        if not self._problem or value != self._value:
            self._problem = ""
            self._value = value
            self.control.mark(False)
            self.control.show_value(value)
        self._show_state()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._note.setVisible(self._words(event.type() == QEvent.Type.FocusIn) != "")
            self._note.setText(self._words(event.type() == QEvent.Type.FocusIn))
        return super().eventFilter(watched, event)

    def _build(self, icons: Icons) -> None:
        parameter = self.parameter
        room = label_width(self) - DOT_WIDTH
        long = not self.control.wide and self.fontMetrics().horizontalAdvance(parameter.label) > room
        self._label = label(parameter.label, wrap=long)
        self._label.setToolTip(parameter.explanation)
        self._dot = label(DOT)
        self._dot.setStyleSheet("font-size: 9px;")
        self._dot.setProperty("kind", "changed")
        self._dot.setAccessibleName(f"{parameter.label} is set")
        reset = button(
            "", self._reset, "icon", f"Reset {parameter.label.lower()}", "Do not send this parameter"
        )
        self._reset_button = icons.put(reset, "reset", size=16)
        for shown_when_set in (self._dot, reset):
            policy = shown_when_set.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            shown_when_set.setSizePolicy(policy)
        self._note = label(kind="caption", wrap=True)
        self._note.hide()
        if self.control.wide:
            head = row(self._label, self._dot, 1, reset, gap=6)
            self.setLayout(column(head, self.control, self._note, gap=2))
        else:
            title = row(self._label, self._dot, 1, gap=6)
            if long:
                title.setStretch(0, 1000)
            left = QWidget()
            left.setLayout(title)
            FollowsTextSize(left, lambda: left.setFixedWidth(label_width(left)))
            line = row(left, self.control, reset, gap=6)
            line.setStretch(1, 1)
            self.setLayout(column(line, self._note, gap=2))

    def _reset(self) -> None:
        self._problem = ""
        self.edited.emit(self.parameter.name, None)

    def _check(self, value: Json) -> None:
        try:
            checked = None if value is None else validate(self.parameter.name, value)
        except InvalidParameter as problem:
            self._problem = str(problem)
            self.control.mark(True)
            self._show_state()
            return
        self._problem = ""
        self.control.mark(False)
        self._show_state()
        self.edited.emit(self.parameter.name, checked)

    def _show_state(self) -> None:
        is_set = self._value is not None
        self._dot.setVisible(is_set)
        self._reset_button.setVisible(is_set)
        focused = any(field.hasFocus() for field in self.control.fields())
        words = self._words(focused)
        restyle(self._note, kind="danger" if self._problem else "caption")
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def _words(self, focused: bool) -> str:
        if self._problem:
            return f"{self._problem} It was not taken over."
        echo = self._in_force if self._value is not None or focused or self._differs() else ""
        if not focused:
            return echo
        default = f" Default: {self.parameter.default}." if self.parameter.default else ""
        return f"{self.parameter.explanation}{default}{f' {echo[0].upper()}{echo[1:]}.' if echo else ''}"

    def _differs(self) -> bool:
        """Whether what the server used is worth a look though nothing is set: the last turn asked for something."""
        return bool(self._in_force) and not self._in_force.startswith(f"asked {NOT_SENT}")


def label_width(widget: QWidget) -> int:
    """How wide the column of labels is at the widget's text size."""
    return widget.fontMetrics().horizontalAdvance(WIDEST_LABEL) + DOT_WIDTH


def echoed(name: str, turn: Turn | None) -> str:
    """ "asked x · in force y" for the turn on screen; "" where the server said nothing of it."""
    response = turn.answer.response if turn is not None else None
    if turn is None or response is None:
        return ""
    asked, used = in_force(turn.request, name), in_force(response, name)
    if asked is None and used is None:
        return ""
    return f"asked {_words_for(asked)} · in force {_words_for(used) if used is not None else 'not said'}"


def _words_for(value: Json) -> str:
    if value is None:
        return NOT_SENT
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return f"{len(value)} chosen"
    if isinstance(value, dict):
        return f"{len(value)} pairs"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
