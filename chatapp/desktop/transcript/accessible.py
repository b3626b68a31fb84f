"""What a screen reader is told: a list of messages, each with its blocks, their links and citations.

Nodes are made when asked for and kept until their message goes, because Qt holds their ids: one is always taken
out of Qt's registry before it is dropped. Answers about geometry use what is known and lay nothing out. The text
of a block is handed out through one hidden editor's own interface, refilled with the block asked for. Nothing
is sent while nobody listens.
"""

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QAccessibleEvent,
    QAccessibleInterface,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit

from chatapp.desktop.accessible import NOTHING, OrNone, Press, ViewNode, ViewReader, ViewRoot, drop, pointer
from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.folds import fold_text
from chatapp.desktop.transcript.messages import Message, PictureItem, Question
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import source_of
from chatapp.desktop.transcript.speech import Speech, plain

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

Role = QAccessible.Role
Event = QAccessible.Event
Kind = QAccessible.InterfaceType
Politeness = QAccessible.AnnouncementPoliteness

MOST_INSIDE: Final = 4_000  # nodes inside messages, before those of forgotten ones are dropped
MOST_TOLD: Final = 40  # messages that come or go at once, told one by one; beyond, the list is another
LONGEST_NAME: Final = 20_000  # characters of a message in its name

Path = tuple[int, ...]


class _Press(Press):
    """The one action of a link, a marker, a button: press it."""

    def __init__(self, node: "_Node") -> None:
        super().__init__()
        self._node = node

    def actionNames(self) -> list[str]:
        return [self.pressAction(), self.setFocusAction()]

    def doAction(self, actionName: str) -> None:  # noqa: N803
        self._node.act(press=actionName == self.pressAction())


class _Root(ViewRoot):
    """The list."""

    view: "TranscriptView"

    def childCount(self) -> int:
        return len(self.view.column)

    def child(self, index: int) -> OrNone:
        entries = self.view.column.entries
        return self.view.reader.node(entries[index]) if 0 <= index < len(entries) else None

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:
        return arg__1.entry.index if isinstance(arg__1, _Node) and not arg__1.path else -1

    def childAt(self, x: int, y: int) -> OrNone:
        found = self.view.strip_at(self.view.viewport().mapFromGlobal(QPoint(x, y)))
        return self.view.reader.node(found[0]) if found else None

    def role(self) -> QAccessible.Role:
        return Role.List

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = 1
        state.focused = int(self.view.hasFocus() and not len(self.view.column))
        return state


class _Node(ViewNode):
    """A message (path ()), one of its strips (path (strip,)), or something in it to press (path (strip, n))."""

    view: "TranscriptView"

    def __init__(self, view: "TranscriptView", entry: Entry, path: Path) -> None:
        super().__init__(view)
        self.entry = entry
        self.path = path
        self._press: _Press | None = None

    @property
    def _strips(self) -> list[s.Strip]:
        self.view.read(self.entry)
        return self.entry.strips or []

    @property
    def strip(self) -> s.Strip | None:
        strips = self._strips if self.path else []
        return strips[self.path[0]] if self.path and self.path[0] < len(strips) else None

    @property
    def spot(self) -> Spot | None:
        spots = self.strip.spots if self.strip and len(self.path) > 1 else ()
        return spots[self.path[1]] if len(self.path) > 1 and self.path[1] < len(spots) else None

    def isValid(self) -> bool:
        if not super().isValid() or self.view.column.get(self.entry.key) is not self.entry:
            return False
        return not self.path or self.entry.strips is None or self._stands()

    def _stands(self) -> bool:
        """Whether there is such a strip, and such a spot in it; an answer that is written again may have fewer."""
        return self.strip is not None and (len(self.path) == 1 or self.spot is not None)

    def object(self) -> OrNone:
        return None

    def interface_cast(self, arg__1: QAccessible.InterfaceType) -> Any:
        if arg__1 == Kind.ActionInterface and len(self.path) != 1:
            self._press = self._press or _Press(self)
            return pointer(self._press)
        if arg__1 == Kind.TextInterface and len(self.path) == 1 and self.strip is not None:
            return self.view.reader.text_of(self.entry, self.path[0])
        return NOTHING

    def parent(self) -> OrNone:
        reader = self.view.reader
        return reader.node(self.entry, self.path[:-1]) if self.path else reader.root

    def childCount(self) -> int:
        if not self.path:
            return len(self._strips)
        return len(self.strip.spots) if len(self.path) == 1 and self.strip else 0

    def child(self, index: int) -> OrNone:
        inside = 0 <= index < self.childCount()
        return self.view.reader.node(self.entry, (*self.path, index)) if inside else None

    def childAt(self, x: int, y: int) -> OrNone:
        children = (self.child(at) for at in range(self.childCount()))
        return next((child for child in children if child and child.rect().contains(x, y)), None)

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:
        if not isinstance(arg__1, _Node) or arg__1.entry is not self.entry or not arg__1.path:
            return -1
        return arg__1.path[-1] if arg__1.path[:-1] == self.path and arg__1.isValid() else -1

    def rect(self) -> QRect:
        view = self.view
        if not self.path or self.strip is None:
            found = view.entry_rect(self.entry)
        elif self.spot is None:
            found = view.strip_rect(self.entry, self.path[0])
        else:
            found = view.spot_rect(self.entry, self.path[0], self.spot)
        return QRect(view.viewport().mapToGlobal(found.topLeft()), found.size())

    def role(self) -> QAccessible.Role:
        if not self.path:
            return Role.ListItem
        if self.spot is not None:
            return Role.Link if self.spot.start >= 0 else Role.Button
        match self.strip:
            case s.Prose(level=level) if level:
                return Role.Heading
            case s.CodeLines():
                return Role.Section
            case s.Row():
                return Role.Row
            case s.Picture() | s.RemoteImage(picture=PictureItem()):
                return Role.Graphic
            case s.Actions():
                return Role.ToolBar
            case s.Line():
                return Role.Separator
            case _:
                return Role.Paragraph

    def state(self) -> QAccessible.State:
        view = self.view
        state = QAccessible.State()
        state.readOnly = 1
        viewport = QRect(view.viewport().mapToGlobal(QPoint(0, 0)), view.viewport().size())
        state.offscreen = int(not self.rect().intersects(viewport))
        state.busy = int(not self.path and self.entry.streaming)
        if len(self.path) == 1:
            state.multiLine = 1
            state.selectableText = 1
            return state
        state.focusable = 1
        state.linked = int(self.role() == Role.Link)
        state.focused = int(view.hasFocus() and view.reader.focus_node() is self)
        return state

    def text(self, t: QAccessible.Text) -> str:
        if t == QAccessible.Text.Description and not self.path:
            return f"message {self.entry.index + 1} of {len(self.view.column)}"
        if t != QAccessible.Text.Name:
            return ""
        if not self.path:
            return name_of(self.entry)
        if self.spot is not None:
            return self.spot.label
        match self.strip:
            case s.CodeLines(language=language):
                return f"Code block{', ' + language if language else ''}"
            case s.Caption(text=text) | s.Fold(text=text):
                return text
            case s.Files(text=text) | s.Picture(text=text) | s.RemoteImage(name=text):
                return text
            case _:
                return ""

    def act(self, press: bool) -> None:
        if not self.path:
            self.view.go(self.entry.index)
        elif self.spot is not None:
            self.view.focus_spot(self.entry, self.path[0], self.spot)
            if press:
                self.view.activate(self.entry, self.path[0], self.spot)


def name_of(entry: Entry) -> str:
    """Who says it, and what."""
    message = entry.message
    author = "You" if isinstance(message, Question) else "Assistant"
    text = plain(source_of(entry)[:LONGEST_NAME]) or _done(message)
    if not isinstance(message, Question):
        pictures = [f"Image: {item.alt}" for item in message.items if isinstance(item, PictureItem)]
        notice = [f"{message.notice.title}. {message.notice.text}"] if message.notice else []
        text = "\n".join([text, *pictures, *notice]).strip()
    return f"{author} said: {text}"


def _done(message: Message) -> str:
    """What an answer without words did: it called, searched, thought."""
    items = () if isinstance(message, Question) else message.items
    return fold_text([item for item in items if not isinstance(item, PictureItem)])[:LONGEST_NAME]


class Reader(ViewReader[_Root]):
    """Holds the nodes, and tells of changes as they come."""

    def __init__(self, view: "TranscriptView") -> None:
        super().__init__(view, lambda: _Root(view))
        self._view = view
        self.announces = True
        self._nodes: dict[int, tuple[Entry, dict[Path, _Node]]] = {}
        self._made = 0
        self._sweeping = QTimer(view, singleShot=True, interval=0)
        self._sweeping.timeout.connect(self._sweep)
        self._speeches: dict[str, Speech] = {}
        self._editor: QTextEdit | None = None
        self._filled: tuple[int, int, s.Strip] | None = None
        self._text: Any = None

    @property
    def count(self) -> int:
        """How many nodes there are now."""
        return sum(len(nodes) for _, nodes in self._nodes.values())

    def node(self, entry: Entry, path: Path = ()) -> _Node:
        _, nodes = self._nodes.setdefault(id(entry), (entry, {}))
        if path not in nodes:
            nodes[path] = _Node(self._view, entry, path)
            self._made += bool(path)
            if self._made > MOST_INSIDE and not self._sweeping.isActive():
                self._sweeping.start()
        return nodes[path]

    def _sweep(self) -> None:
        """What is in messages that the column has forgotten is made again when somebody asks for it. Not done while
        Qt is being answered: it may hold what would go."""
        for entry, nodes in self._nodes.values():
            if entry.strips is None:
                _drop_all(nodes, inside=True)
        self._made = sum(len(nodes) - 1 for _, nodes in self._nodes.values())

    def focus_node(self) -> QAccessibleInterface:
        view = self._view
        if view.focused is not None:
            entry, strip, spot = view.focused
            strips = entry.strips or []
            spots = strips[strip].spots if strip < len(strips) else ()
            return self.node(entry, (strip, spots.index(spot)) if spot in spots else ())
        if 0 <= view.current < len(view.column):
            return self.node(view.column.entries[view.current])
        return self.root

    def focus(self) -> None:
        if QAccessible.isActive():
            self._send(QAccessibleEvent(self.focus_node(), Event.Focus))

    def focus_soon(self) -> None:
        """After Qt's own event for the list."""
        QTimer.singleShot(0, self._view, lambda: self.focus() if self._view.hasFocus() else None)

    def added(self, entry: Entry) -> None:
        if QAccessible.isActive():
            self._send(QAccessibleEvent(self.node(entry), Event.ObjectCreated))

    def removing(self, entries: list[Entry]) -> None:
        """These are about to go: told while they can still be asked where they were."""
        if QAccessible.isActive() and len(entries) <= MOST_TOLD:
            for entry in entries:
                self._send(QAccessibleEvent(self.node(entry), Event.ObjectDestroyed))
        for entry in entries:
            self._speeches.pop(entry.key, None)
            if id(entry) in self._nodes:
                _drop_all(self._nodes[id(entry)][1])
                del self._nodes[id(entry)]

    def replaced(self, gone: int, come: list[Entry]) -> None:
        """Another end of the conversation, or another conversation. Of many messages each would cost a node: then the
        list itself is a new one."""
        if max(gone, len(come)) <= MOST_TOLD:
            for entry in come:
                self.added(entry)
        elif self._root is not None:
            if QAccessible.isActive():
                self._send(QAccessibleEvent(self._root, Event.ObjectDestroyed))
            drop(self._root)
            self._root = None
            self.added_list()

    def added_list(self) -> None:
        if QAccessible.isActive():
            self._send(QAccessibleEvent(self.root, Event.ObjectCreated))
            self.focus_soon()

    def grew(self, entry: Entry, text: str) -> None:
        """Announce what is being written, by the sentence."""
        if QAccessible.isActive() and self.announces:
            self._say(self._speeches.setdefault(entry.key, Speech()).feed(text))

    def done(self, entry: Entry) -> None:
        """An answer has come to its end; one that failed says why at once."""
        speech = self._speeches.pop(entry.key, None)
        if not QAccessible.isActive():
            return
        self._send(QAccessibleEvent(self.node(entry), Event.NameChanged))
        notice = None if isinstance(entry.message, Question) else entry.message.notice
        failed = notice is not None and notice.severity == "danger"
        if failed or self.announces:
            end = f"{notice.title}. {notice.text}" if notice else "Answer complete."
            rest = speech.rest() if speech is not None and self.announces else ""
            self._say(f"{rest} {end}", at_once=failed)

    def announce(self, text: str) -> None:
        """Says something that happens to an answer besides its text."""
        if QAccessible.isActive() and self.announces:
            self._say(text)

    def _say(self, text: str, at_once: bool = False) -> None:
        if text.strip():
            event = QAccessibleAnnouncementEvent(self._view, text.strip())
            event.setPoliteness(Politeness.Assertive if at_once else Politeness.Polite)
            self._send(event)

    def _send(self, event: QAccessibleEvent) -> None:
        QAccessible.updateAccessibility(event)

    def text_of(self, entry: Entry, strip: int) -> Any:
        """The text interface of the hidden editor, filled with a strip."""
        held = (entry.strips or [])[strip]
        editor = self._hidden_editor()
        if self._filled is None or self._filled[:2] != (id(entry), strip) or self._filled[2] is not held:
            document = editor.document()
            document.blockSignals(True)  # or every block that is looked at is told as a text that changed
            document.clear()
            QTextCursor(document).insertText(s.read_aloud(held))
            document.blockSignals(False)
            self._filled = (id(entry), strip, held)
        editor.setGeometry(self._view.strip_rect(entry, strip))
        return self._text

    def _hidden_editor(self) -> QTextEdit:
        if self._editor is None:
            editor = QTextEdit(self._view.viewport())
            editor.hide()
            editor.setReadOnly(True)
            editor.setAcceptRichText(False)
            editor.setFrameShape(QFrame.Shape.NoFrame)
            editor.document().setUndoRedoEnabled(False)
            self._editor = editor
            interface = QAccessible.queryAccessibleInterface(editor)
            self._text = pointer(interface.textInterface())
        return self._editor


def _drop_all(nodes: dict[Path, _Node], inside: bool = False) -> None:
    """The innermost first: while a node goes, Qt asks it for its parent. `inside` leaves the message's own."""
    while paths := sorted((path for path in nodes if path or not inside), key=len, reverse=True):
        for path in paths:
            drop(nodes[path])
            del nodes[path]
