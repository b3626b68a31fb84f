"""The Inspector panel: what was sent and what came back for the turn on screen, word for word, what is another than
in the request before, and when everything came."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QMenu, QPushButton, QSplitter, QStackedWidget, QWidget

from chatapp.conversation.answer import OutputItem
from chatapp.conversation.changes import Notice
from chatapp.conversation.costs import Cost
from chatapp.conversation.inputs import size_words
from chatapp.conversation.json_difference import Difference
from chatapp.conversation.json_text import JsonFault
from chatapp.conversation.limits import REQUEST_ID, words_for
from chatapp.conversation.references import references_in
from chatapp.conversation.structured import answered_json, answered_text, asked_format
from chatapp.conversation.time_line import TimeLine
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.health import standing_of, standing_words
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.breaking import Breaking
from chatapp.desktop.panels.empty import EmptyState
from chatapp.desktop.panels.json_tree import Entry, JsonTree, in_a_line
from chatapp.desktop.panels.record_search import RecordSearch
from chatapp.desktop.panels.time_line import TimeLinePage
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.transcript.messages import SERVER_ACTIONS
from chatapp.desktop.turn_details import cost_line
from chatapp.desktop.widgets import (
    Icons,
    button,
    column,
    frame,
    holding,
    label,
    menu_button,
    named,
    row,
    while_there,
)
from chatapp.protocol.json_types import Json, JsonObject, index_of, name_of, object_of

NO_TURN = "Ask something. The exact request and the server's exact response appear here."
REQUEST, RESPONSE, CHANGES, TIMES = PAGES = ("Request", "Response", "Changes", "Time line")


class InspectorPanel(QWidget):
    """`variant_asked` carries the turn whose question and parameters are to be asked anew, `action_asked` a turn and
    what is to be done with it."""

    variant_asked = Signal(str)
    action_asked = Signal(str, str)

    def __init__(self, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        named(self, "Inspector")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._newest: str | None = None
        self._turn: Turn | None = None
        self._shown: dict[str, Turn] = {}
        """The turn that each page shows: a page is filled once it is looked at."""
        self._trees = {title: JsonTree(title) for title in PARTS}
        self._parts = {title: self._part(title, tree) for title, tree in self._trees.items()}
        self._about, self._limits, self._compared = (Breaking(kind="caption") for _ in range(3))
        self._differences = JsonTree("Differences")
        self._differences.setHeaderLabels(["Place", "Change"])
        self._times = TimeLinePage(appearance)
        self._pages = QStackedWidget()
        for page in self._made_pages():
            self._pages.addWidget(page)
        self._tabs = QButtonGroup(self)
        segments = [self._segment(name) for name in PAGES]
        self._search = RecordSearch(icons, self._searched)
        self._filled = holding(
            column(
                self._about,
                row(self._on_server(), 1),
                self._limits,
                named(frame("segments", row(*segments, gap=0, edge=1)), "What of the record is shown"),
                self._search,
                self._pages,
                row(self._copies(), 1, self._variant(), gap=GAP_8),
                gap=GAP_8,
            )
        )
        self._filled.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        self._empty = EmptyState("inspect", appearance, "Write a question", desk.opened.emit, NO_TURN)
        self._empty.action.hide()
        self.setLayout(column(self._filled, self._empty))
        for changed in (desk.opened, desk.path_changed, desk.shown_changed, desk.prices_changed):
            changed.connect(self._follow)
        desk.limits_changed.connect(self._show_limits)
        for changed in (desk.chain_changed, desk.servers_changed, desk.head_changed):
            changed.connect(self._follow_chain)

    def show_turn(self, turn_id: str) -> None:
        self._show(self._desk.tree.get(turn_id))

    def show_page(self, name: str) -> None:
        """One of `PAGES`."""
        self._pages.setCurrentIndex(PAGES.index(name))
        self._tabs.button(PAGES.index(name)).setChecked(True)
        self._fill_page()
        self._search.look()

    def showEvent(self, event: object) -> None:
        self._follow()

    @property
    def _page(self) -> str:
        return PAGES[self._pages.currentIndex()]

    def _made_pages(self) -> Sequence[QWidget]:
        answer = QSplitter(Qt.Orientation.Vertical)
        for title in PARTS:
            if title != REQUEST:
                answer.addWidget(self._parts[title])
        answer.setChildrenCollapsible(False)
        answer.setHandleWidth(GAP_12)
        changes = holding(column(self._compared, self._differences, gap=GAP_4))
        return (self._parts[REQUEST], answer, changes, self._times)

    def _segment(self, name: str) -> QPushButton:
        segment = button(name, lambda: self.show_page(name), "segment", f"Show {name.lower()}")
        segment.setCheckable(True)
        segment.setChecked(name == REQUEST)
        self._tabs.addButton(segment, PAGES.index(name))
        return segment

    def _copies(self) -> QPushButton:
        menu = QMenu()
        menu.addAction("JSON", lambda: self._copy(REQUEST))
        for kind in ("cURL", "Python", "Python with httpx", "Python with the OpenAI SDK"):
            menu.addAction(kind, lambda kind=kind: self._copy_program(kind))
        return menu_button("Copy request as…", menu, "link", "Copy request as")

    def _on_server(self) -> QPushButton:
        menu = QMenu()
        for name, words in SERVER_ACTIONS.items():
            menu.addAction(words, partial(self._act, name))
        return menu_button("On its server…", menu, "link", "What the server holds of this turn")

    def _act(self, name: str) -> None:
        if self._turn is not None:
            self.action_asked.emit(self._turn.id, name)

    def _variant(self) -> QPushButton:
        return button(
            "Open as a variant",
            self._ask_variant,
            "link",
            tip="Puts the question and its parameters into the message field and the panel, to be asked anew",
        )

    def _ask_variant(self) -> None:
        if self._turn is not None:
            self.variant_asked.emit(self._turn.id)

    def _part(self, title: str, tree: JsonTree) -> QWidget:
        copier = button(
            "",
            lambda: self._copy(title),
            "icon",
            f"Copy {title.lower()}",
            f"Copy the {title.lower()} as JSON",
        )
        self._icons.put(copier, "copy", size=16)
        return holding(column(row(label(title, "strong"), 1, copier), tree, gap=GAP_4))

    def _follow(self, *_changed: object) -> None:
        """What was chosen stays until something new is asked, or another branch is on screen."""
        if not self.isVisible():
            return
        last = self._desk.last_turn
        is_new = last is not None and last.id != self._newest
        self._newest = last.id if last is not None else None
        chosen = self._desk.tree.get(self._turn.id) if self._turn is not None and not is_new else None
        self._show(chosen if chosen in self._desk.path else last)

    def _show(self, turn: Turn | None) -> None:
        self._filled.setVisible(turn is not None)
        self._empty.setVisible(turn is None)
        if turn is None or turn is self._turn:
            return
        self._turn = turn
        self._say_about(turn)
        self._show_limits(turn.server)
        self._parts[UNKNOWN].setHidden(not turn.answer.unknown)
        self._parts[ANSWER].setHidden(_answer(turn) is None)
        self._fill_page()
        self._search.look()

    def _say_about(self, turn: Turn) -> None:
        found = standing_of(self._desk, turn)
        words = about(turn, self._desk.server_name(turn.server), self._desk.cost_of(turn))
        self._about.setText(
            "\n".join(filter(None, (words, standing_words(found) if found is not None else "")))
        )

    def _follow_chain(self) -> None:
        if self._turn is not None and self._turn.id in self._desk.tree:
            self._say_about(self._turn)

    def _fill_page(self) -> None:
        """Of a turn that goes on, only what changes with its answer is made again."""
        turn, page = self._turn, self._page
        if turn is None or self._shown.get(page) is turn:
            return
        shown, self._shown[page] = self._shown.get(page), turn
        if page == TIMES:
            self._errands.run(
                lambda app: app.turns.time_line(turn.id),
                then=while_there(self, lambda line: self._show_times(turn, line)),
            )
        elif page == RESPONSE:
            for title in (RESPONSE, ANSWER, UNKNOWN):
                self._trees[title].show_json(PARTS[title](turn))
        elif shown is not None and shown.request is turn.request:
            return
        elif page == REQUEST:
            self._trees[REQUEST].show_json(turn.request)
        else:
            self._compare(turn)

    def _show_times(self, turn: Turn, line: TimeLine) -> None:
        if self._turn is not None and self._turn.id == turn.id:
            self._times.show_line(line, [item.type for item in turn.answer.items])
            self._search.look()

    def _compare(self, turn: Turn) -> None:
        before = self._before(turn)
        self._differences.show_entries(())
        self._compared.setText("This is the first request here: there is none before it to compare with.")
        if before is not None:
            self._compared.setText("Looking…")
            self._errands.run(
                lambda app: app.records.differences(before, turn),
                then=while_there(self, lambda found: self._show_differences(turn, before, found)),
            )

    def _before(self, turn: Turn) -> Turn | None:
        """The turn above; of a first question the one that was asked in its place before."""
        siblings = self._desk.tree.siblings(turn.id)
        at = [sibling.id for sibling in siblings].index(turn.id)
        return self._desk.tree.get(turn.parent_id) or (siblings[at - 1] if at else None)

    def _show_differences(self, turn: Turn, before: Turn, found: Sequence[Difference]) -> None:
        if self._turn is None or self._turn.id != turn.id:
            return
        whose = (
            "the question before" if turn.parent_id == before.id else "what was asked in this place before"
        )
        count = f"{len(found):,} difference{'' if len(found) == 1 else 's'}" if found else "No difference"
        self._compared.setText(f"{count} from the request of {whose}.")
        self._differences.show_entries(map(_difference, found))
        self._search.look()

    def _searched(self) -> Sequence[JsonTree]:
        """The trees that are looked at."""
        trees = {
            REQUEST: [self._trees[REQUEST]],
            RESPONSE: [tree for title, tree in self._trees.items() if title != REQUEST],
            CHANGES: [self._differences],
            TIMES: [self._times.events],
        }
        return [tree for tree in trees[self._page] if not tree.isHidden() and tree.isVisibleTo(self._pages)]

    def _show_limits(self, server: str) -> None:
        """What the turn's server said of its limits last, with whichever turn that was."""
        if self._turn is None or self._turn.server != server:
            return
        told = self._desk.limits.get(server, ())
        words = [*words_for(told), *(f"request id {value}" for name, value in told if name == REQUEST_ID)]
        self._limits.setText(f"Newest of {self._desk.server_name(server)}: {' · '.join(words)}")
        self._limits.setVisible(bool(words))

    def _copy(self, title: str) -> None:
        if self._turn is not None:
            text = json.dumps(PARTS[title](self._turn), indent=2, ensure_ascii=False)
            self._put_on_clipboard(text)

    def _copy_program(self, kind: str) -> None:
        turn = self._turn
        if turn is not None:
            self._errands.run(lambda app: app.records.program(turn, kind), then=self._put_on_clipboard)

    def _put_on_clipboard(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._desk.noticed.emit(Notice("Copied."))


def about(turn: Turn, server: str, cost: Cost | None = None) -> str:
    """The server, the response id, how it ended; who really answered, how quickly and at what cost; what was done
    differently; and what is not shown."""
    pieces = [server, turn.response_id or "no response id", turn.answer.status.value.replace("_", " ")]
    lines = (" · ".join(pieces), " · ".join(_facts(turn, cost)), turn.note or "", _in_place_of(turn))
    return "\n".join(filter(None, lines))


def _facts(turn: Turn, cost: Cost | None) -> Iterator[str]:
    """What is known of the answer in numbers; nothing is said of what is not known."""
    tier = name_of((turn.answer.response or {}).get("service_tier"))
    usage = turn.answer.usage or {}
    if turn.answer.model:
        yield f"model {turn.answer.model}"
    if tier:
        yield f"tier {tier}"
    if turn.first_token_at is not None:
        yield f"first token after {turn.first_token_at - turn.created_at:.2f} s"
    if turn.finished_at is not None:
        yield f"{turn.finished_at - turn.created_at:.2f} s in all"
    for name, words in (("input_tokens", "in"), ("output_tokens", "out")):
        count = index_of(usage.get(name))
        if count is not None:
            yield f"{count:,} tokens {words}" + _of_them(usage, name)
    if cost is not None:
        words = cost_line(cost)
        yield words[:1].lower() + words[1:]


def _of_them(usage: JsonObject, name: str) -> str:
    """ " (1,024 cached)": the tokens that cost another price, or were nobody's words."""
    counts = object_of(usage.get(f"{name}_details"))
    parts = [
        f"{count:,} {words}"
        for part, words in (
            ("cached_tokens", "cached"),
            ("cache_write_tokens", "written to the cache"),
            ("reasoning_tokens", "for reasoning"),
        )
        if (count := index_of(counts.get(part)))
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _difference(found: Difference) -> Entry:
    """A line of the differences: a changed value shows both."""
    place = found.path or "the whole request"
    if found.how == "changed":
        return (
            place,
            f"{in_a_line(found.before)} → {in_a_line(found.after)}",
            {"before": found.before, "now": found.after},
        )
    value = found.after if found.how == "added" else found.before
    return place, f"{found.how}: {in_a_line(value)}", value


def _in_place_of(turn: Turn) -> str:
    """Files are named in the request and not written out: a sentence that says so."""
    references = references_in(turn.request)
    if not references:
        return ""
    size = size_words(sum(reference.bytes for reference in references))
    if len(references) == 1:
        return f"In place of a file of {size} the request names the kept original."
    return f"In place of {len(references)} files of {size} the request names the kept originals."


def _so_far(turn: Turn) -> Json:
    """What is known of an answer that has no final response object."""
    failure = turn.answer.failure
    known: dict[str, Json] = {
        "status": turn.answer.status.value,
        "output": [_received(item) for item in turn.answer.items],
    }
    return known if failure is None else known | {"failure": asdict(failure)}


def _received(item: OutputItem) -> Json:
    """The newest object the server sent of an item, and what was streamed besides."""
    streamed = {"parts": [asdict(part) for part in item.parts], "arguments": item.arguments}
    return item.raw | {"received": streamed} if item.parts or item.arguments else item.raw


def _answer(turn: Turn) -> Json:
    """What the answer holds, where JSON was asked for and it is that; None elsewhere."""
    text = answered_text(turn.answer) if asked_format(turn.request) is not None else None
    try:
        return answered_json(text) if text else None
    except JsonFault:
        return None


ANSWER, UNKNOWN = "Answer", "Unknown events"
PARTS: Mapping[str, Callable[[Turn], Json]] = {
    "Request": lambda turn: turn.request,
    "Response": lambda turn: turn.answer.response or _so_far(turn),
    ANSWER: _answer,
    UNKNOWN: lambda turn: [asdict(events) for events in turn.answer.unknown],
}
"""What is shown one under the other. The answer only where it is JSON that was asked for, events of unknown types
only where there are some."""
