"""A row of the parameters panel: label with its dot, the control, a reset, and lines that say where the value comes
from, explain, or refuse."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGraphicsOpacityEffect, QWidget

from chatapp.conversation.defaults import Setting
from chatapp.conversation.parameters import (
    InvalidParameter,
    Parameter,
    agrees,
    in_force,
    range_words,
    validate,
)
from chatapp.conversation.tree import Turn
from chatapp.desktop.controls.control import Control
from chatapp.desktop.controls.kinds import control_for
from chatapp.desktop.panels.origin_line import OriginLine
from chatapp.desktop.panels.refusal_line import RefusalLine
from chatapp.desktop.widgets import FollowsTextSize, Icons, button, column, label, restyle, row
from chatapp.protocol.json_types import Json

WIDEST_LABEL = "Service tier ab"
"""Longer labels break onto a second line."""
RESET_WIDTH = 34
DOT_WIDTH = 16
GAP = 6
DOT, HOLLOW = "●", "○"
"""What is set in this conversation, and what is so by a default of the user's."""
NOT_HERE, BACK = "Do not send this parameter", "Back to the default"
DIMMED = 0.55
"""The opacity of a row whose parameter is refused."""
SETTLED_MS = 200
"""How long the focus rests before the help follows it: what a click is aimed at does not move under it."""


class ParameterRow(QWidget):
    """`edited` carries the parameter's name and its checked value; None for "nothing of its own", or where a default
    lies beneath it, `withheld` for "not sent"."""

    edited = Signal(str, object)
    withheld = Signal(str)
    tried = Signal(str)
    """The parameter is to be sent again although it was refused."""

    def __init__(self, parameter: Parameter, icons: Icons) -> None:
        super().__init__()
        self.parameter = parameter
        self.control = control_for(parameter)
        self.control.edited.connect(self._check)
        self._value: Json = None
        self._setting: Setting | None = None
        self._problem = ""
        self._in_force = ""
        self._refused = ""
        """The whole of a refusal, for which its line may have no room."""
        self._is_news = False
        self._settling = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settling.timeout.connect(self._explain)
        self._build(icons)
        self._watch()
        self.control.refilled.connect(self._watch)

    def show_setting(self, setting: Setting | None, turn: Turn | None) -> None:
        """What is set for the conversation, and the turn whose echo says what was in force. What was refused
        stays in its field, with the reason, until the value itself is another."""
        value = setting.value if setting is not None else None
        self._setting = setting
        self._in_force, self._is_news = echoed(self.control, value, turn)
        if not self._problem or value != self._value:
            self._problem = ""
            self._value = value
            self.control.mark(False)
            self.control.show_value(value)
        self._show_state()

    def show_origin(self, words: str, has_menu: bool) -> None:
        """Where the value comes from; "" for one that is the server's own."""
        self.origin.say(words, has_menu)
        self.control.entrance().setAccessibleDescription(words)

    def show_refusal(self, words: str, learnt: str = "") -> None:
        """Dims the row where its model refuses the parameter, or usually does, and says so in a line; "" where it
        does not. It can be set all the same, and sent again where `learnt` says how the refusal is known."""
        self._refused = f"{words.rstrip('.')}. {learnt}" if learnt else ""
        self._refusal.say(words, learnt)
        for part in (self._head, self.control):
            dim(part, bool(words))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._settling.start()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _watch(self) -> None:
        for field in self.control.fields():
            field.installEventFilter(self)

    def _build(self, icons: Icons) -> None:
        parameter = self.parameter
        self._label = label(parameter.label)
        self._label.setToolTip(explained(parameter))
        fields = self.control.fields()
        self._label.setBuddy(fields[0] if len(fields) == 1 else self.control)
        self._dot = label(DOT)
        self._dot.setStyleSheet("font-size: 9px;")
        self._dot.setProperty("kind", "changed")
        reset = button("", self._reset, "icon", f"Reset {parameter.label.lower()}", NOT_HERE)
        self._reset_button = icons.put(reset, "reset", size=16)
        for shown_when_set in (self._dot, reset):
            policy = shown_when_set.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            shown_when_set.setSizePolicy(policy)
        self._note = label(kind="caption", wrap=True)
        self._note.hide()
        self._title = row(self._label, self._dot, 1, reset, gap=GAP)
        self._head = QWidget()
        self._head.setLayout(self._title)
        self._line = row(self._head, self.control, gap=GAP)
        self._refusal = RefusalLine(parameter.label)
        self._refusal.tried.connect(lambda: self.tried.emit(parameter.name))
        self.origin = OriginLine(parameter.label)
        self.setLayout(column(self._line, self._refusal, self.origin, self._note, gap=2))
        FollowsTextSize(self, self._arrange)

    def _arrange(self) -> None:
        """The label beside its control, or over it where both do not fit."""
        room = self.width()
        beside = head_width(self)
        stacked = self.control.wide or beside + GAP + self.control.least_width() > room
        head = room if stacked else beside
        words = self._label.fontMetrics().horizontalAdvance(self.parameter.label)
        long = words > head - DOT_WIDTH - RESET_WIDTH - 2 * GAP
        self._label.setWordWrap(long)
        policy = self._label.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Ignored if long else policy.Policy.Preferred)
        self._label.setSizePolicy(policy)
        self._title.setStretch(0, 1000 if long else 0)
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self._line.setDirection(direction)
        self._line.setSpacing(2 if stacked else GAP)
        self._line.setStretch(1, 0 if stacked else 1)
        self._head.setFixedWidth(head)

    def _reset(self) -> None:
        self._problem = ""
        self.edited.emit(self.parameter.name, None)

    def _check(self, value: Json) -> None:
        try:
            checked = None if value is None else validate(self.parameter.name, value)
        except InvalidParameter as problem:
            place = self.parameter.label if problem.path == self.parameter.name else problem.path
            self._problem = f"{place} {problem.need}."
            self.control.mark(True)
            self._show_state()
            return
        self._problem = ""
        self.control.mark(False)
        self._show_state()
        if checked is None and self._default() is not None:
            self.withheld.emit(self.parameter.name)
        else:
            self.edited.emit(self.parameter.name, checked)

    def _default(self) -> Json:
        """The user's own default beneath what the conversation says."""
        if self._setting is None:
            return None
        return self._setting.beneath if self._setting.level == "conversation" else self._setting.value

    def _show_state(self) -> None:
        is_own = self._setting is not None and self._setting.level == "conversation"
        self._dot.setText(DOT if is_own else HOLLOW)
        self._dot.setAccessibleName(f"{self.parameter.label} is {'set' if is_own else 'a default'}")
        self._dot.setVisible(self._setting is not None)
        self._reset_button.setVisible(is_own)
        self._reset_button.setToolTip(NOT_HERE if self._default() is None else BACK)
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._settling.start()
        else:
            self._explain()

    def _explain(self) -> None:
        """The line under the control. It comes and goes only while no click is on its way: it moves what is below."""
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._settling.start()
            return
        words = self._words(any(field.hasFocus() for field in self.control.fields()))
        restyle(self._note, kind="danger" if self._problem else "caption")
        self._note.setText(words)
        self._note.setVisible(bool(words))

    def _words(self, focused: bool) -> str:
        if self._problem:
            return f"{self._problem} It was not taken over."
        if not focused:
            return self._in_force if self._is_news else ""
        echo = f" {self._in_force[0].upper()}{self._in_force[1:]}." if self._in_force else ""
        refused = f" {self._refused}" if self._refused else ""
        return f"{explained(self.parameter)}{echo}{refused}"


def explained(parameter: Parameter) -> str:
    """What a parameter does, what values it takes, and what holds where it is not sent."""
    default = f"Server's default: {parameter.default}." if parameter.default else ""
    return " ".join(filter(None, (parameter.explanation, range_words(parameter), default)))


def dim(widget: QWidget, dimmed: bool) -> None:
    effect = widget.graphicsEffect()
    if effect is not None:
        effect.setEnabled(dimmed)
    elif dimmed:
        widget.setGraphicsEffect(QGraphicsOpacityEffect(widget, opacity=DIMMED))


def label_width(widget: QWidget) -> int:
    """How wide the column of labels is at the widget's text size."""
    return widget.fontMetrics().horizontalAdvance(WIDEST_LABEL) + DOT_WIDTH


def head_width(widget: QWidget) -> int:
    """How wide labels, dots and resets are together: where the controls beside them begin."""
    return label_width(widget) + RESET_WIDTH


def echoed(control: Control, value: Json, turn: Turn | None) -> tuple[str, bool]:
    """What is worth saying of what the server used in the turn on screen, and whether it is news: it used another
    value than was asked for, or nothing is set here any more though that turn asked for something. Of what a server
    does not tell it is said what was asked."""
    response = turn.answer.response if turn is not None else None
    if turn is None or response is None:
        return "", False
    name = control.parameter.name
    asked, used = in_force(turn.request, name), in_force(response, name)
    asked = None if asked == [] else asked
    if asked is None and used == []:
        return "", False
    if used is None:
        is_news = asked is not None and value is None
        return (f"last answer was asked with {control.words_for(asked)}", True) if is_news else ("", False)
    if value is not None and agrees(asked, used):
        return "", False
    if value is None or asked is None:
        return f"last answer used {control.words_for(used)}", value is None and asked is not None
    return f"asked {control.words_for(asked)} · in force {control.words_for(used)}", True
