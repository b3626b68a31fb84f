"""What an answer's search would have found with other settings, at once and without a model; and asking again so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.citations import Passage, passages
from chatapp.conversation.failures import Failure
from chatapp.conversation.searching import Search, SearchSettings, searches
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.compared_list import ComparedList
from chatapp.desktop.panels.folded import Folded
from chatapp.desktop.panels.search_form import SearchForm
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import CalmChoice, Icons, button, column, holding, label, named, row, spoken
from chatapp.protocol.json_types import JsonObject

TITLE: Final = "What if the search had been otherwise"
ABOUT: Final = (
    "Searches the library again, with no model. Change something to see what enters and what leaves."
)


class WhatIf(QWidget):
    """`asked` carries the turn's id and the parameters to ask again with; `chosen` a passage to be seen."""

    asked = Signal(str, object)
    chosen = Signal(object)

    def __init__(self, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        self._errands = errands
        self._turn: Turn | None = None
        self._searches: tuple[Search, ...] = ()
        self._before: Sequence[Passage] | None = None
        """What the search returned; None where the server did not say."""
        self._task: asyncio.Task[object] | None = None
        self.which = CalmChoice("Search")
        self.which.activated.connect(self._show_search)
        self._query = named(label(kind="caption", wrap=True), "Query of the search")
        self.form = SearchForm()
        self.form.changed.connect(self._changed)
        self.found = ComparedList(appearance)
        self.found.chosen.connect(self.chosen)
        self.once_more = button("Search again", self._changed, "link")
        self.again = button("Ask again with these", self._ask)
        self.reset = button("Reset", self._reset, "link", "Reset the search settings")
        inside = column(
            label(ABOUT, "secondary", wrap=True),
            spoken(self.which, "Search"),
            self.which,
            self._query,
            self.found.words,
            row(self.once_more, 1),
            self.form,
            row(self.again, self.reset, 1, gap=GAP_8),
            self.found,
            gap=GAP_12,
        )
        self.setLayout(column(Folded(TITLE, holding(inside), icons)))
        self.hide()

    def show_turn(self, turn: Turn | None) -> None:
        """Follows the turn in front; the same turn again keeps what was tried."""
        ended = turn is not None and turn.answer.status.ended
        found = tuple(search for search in searches(turn) if search.queries and search.stores) if turn else ()
        self.setVisible(ended and bool(found))
        if (
            turn is not None
            and self._turn is not None
            and turn.id == self._turn.id
            and found == self._searches
        ):
            self._turn = turn
            return
        self._turn, self._searches = turn, found
        self.which.clear()
        self.which.addItems([", ".join(search.queries) for search in found])
        self.which.setVisible(len(found) > 1)
        if found:
            self._show_search(0)
        else:
            self._stop()

    def _show_search(self, at: int) -> None:
        assert self._turn is not None
        search = self._searches[at]
        self._stop()
        found = passages(self._turn.answer)[search.first - 1 : search.last]
        self._before = found if search.told else None
        self._query.setText("Query: " + " · ".join(search.queries))
        self._reset()

    def _reset(self) -> None:
        search = self._search
        self._stop()
        self.form.show_settings(search.settings)
        self.again.setEnabled(False)
        self.reset.hide()
        if self._before is not None:
            self.found.show_passages(self._before, None, search.settings.score_threshold)
        else:
            self.found.say("The server did not say which passages this search returned.")

    @property
    def _search(self) -> Search:
        return self._searches[max(0, self.which.currentIndex())]

    def _changed(self) -> None:
        turn, settings = self._turn, self.form.settings
        if turn is None or not self._searches:
            return
        search = self._search
        changed = settings != search.settings
        self.again.setEnabled(changed)
        self.reset.setVisible(changed)
        self._stop()
        self.found.words.setText("Searching…")

        def show(after: tuple[Passage, ...]) -> None:
            self.found.show_passages(after, self._before, settings.score_threshold)

        def refused(failure: Failure) -> None:
            self.found.say(f"{failure.title}. {failure.text}")
            self.once_more.show()

        self._task = self._errands.run(
            lambda app: app.searching.find(turn.server, search.stores, search.queries, settings),
            show,
            refused,
        )

    def _stop(self) -> None:
        self.once_more.hide()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _ask(self) -> None:
        if self._turn is not None:
            self.asked.emit(self._turn.id, parameters_for(self._search, self.form.settings))


def parameters_for(search: Search, settings: SearchSettings) -> JsonObject:
    """What a turn is asked with that searches the same stores otherwise."""
    return {"vector_stores": list(search.stores), **settings.parameters()}
