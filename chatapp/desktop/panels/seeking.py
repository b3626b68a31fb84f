"""From a citation to its original: the kept one, else the server's, else one that the user chooses."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from chatapp.conversation.citations import Citation
from chatapp.conversation.failures import Failure
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.original import OriginalView
from chatapp.desktop.panels.original_words import Offer
from chatapp.services.missing_originals import Absent
from chatapp.services.ports import Original
from chatapp.services.sources import Location

OPENING = "Opening the original…"
SLOW_MS = 150
"""What was on screen stays that long; then it is said that another original is on its way."""
FETCHING = "Fetching the original from the server…"
UNCERTAIN = "The place is not certain, so only the passage is shown."


@dataclass(frozen=True, slots=True)
class Wish:
    """A citation to open. `is_current` says whether somebody still waits, `found` is told of a place that is sure."""

    server: str
    citation: Citation
    is_current: Callable[[], bool]
    found: Callable[[Location], object]


class Seeking:
    """What is not found is told in the view, with what can be done."""

    def __init__(self, parent: QWidget, errands: Errands, view: OriginalView) -> None:
        self._parent, self._errands, self._view = parent, errands, view
        self._wish: Wish | None = None
        self._slow = QTimer(parent, interval=SLOW_MS, singleShot=True)
        self._slow.timeout.connect(self._tell_to_wait)

    def seek(self, wish: Wish) -> None:
        self._wish = wish
        self._slow.start()
        self._errands.run(
            lambda app: app.sources.locate(wish.server, wish.citation),
            lambda location: self._located(wish, location),
            lambda failure: self._refused(wish, failure),
        )

    def _tell_to_wait(self) -> None:
        if self._wish is not None and self._wish.is_current():
            self._view.say(OPENING, closing=False)

    def _located(self, wish: Wish, location: Location) -> None:
        if not wish.is_current():
            return
        self._slow.stop()
        if location.original is not None and location.place is not None:
            wish.found(location)
        elif wish.citation.file_id:
            self._fetch(wish, location)
        else:
            self._tell(wish, location)

    def _fetch(self, wish: Wish, location: Location, asked: bool = False) -> None:
        def fetched(result: Original | Absent) -> None:
            if not wish.is_current():
                return
            if isinstance(result, Absent):
                self._tell(wish, location, result)
            elif location.original is not None and location.original.sha256 == result.sha256:
                self._tell(wish, location)
            else:
                self.seek(wish)

        if location.original is None:
            self._view.say(FETCHING, closing=False, passage=_passage(wish))
        self._errands.run(
            lambda app: app.missing.fetch(wish.server, wish.citation, asked),
            fetched,
            lambda failure: self._refused(wish, failure),
        )

    def _tell(self, wish: Wish, location: Location, absent: Absent | None = None) -> None:
        """The passage where its place is not certain; the original is offered without a box."""
        original, passage = location.original, wish.citation.passage
        page = passage.page if passage is not None else None
        reason = location.reason or UNCERTAIN
        offers: list[Offer] = []
        if original is not None:
            offers.append(
                Offer(
                    "Open the original",
                    lambda: self._view.show_place(original, None, page, note=location.reason or ""),
                )
            )
        elif absent is not None:
            reason = absent.reason
            words = "Fetch it" if absent.is_offered else "Try again"
            offers.append(Offer(words, lambda: self._fetch(wish, location, asked=True)))
        offers.append(Offer("Choose the file…", lambda: self._choose(wish)))
        self._view.say(reason, passage=_passage(wish), offers=offers)

    def _choose(self, wish: Wish) -> None:
        dialog = QFileDialog(self._parent, f"Choose {wish.citation.filename or 'the cited file'}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda chosen: self.give(wish, Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def give(self, wish: Wish, path: Path) -> None:
        """Takes a file for the cited one."""

        def given(location: Location) -> None:
            if not wish.is_current():
                return
            if location.original is not None and location.place is not None:
                wish.found(location)
            else:
                self._tell(wish, location)

        self._view.say("Reading the file…", closing=False)
        self._errands.run(
            lambda app: app.missing.give(wish.server, wish.citation, path),
            given,
            lambda failure: self._refused(wish, failure),
        )

    def _refused(self, wish: Wish, failure: Failure) -> None:
        if wish.is_current():
            self._slow.stop()
            offers = [Offer("Choose the file…", lambda: self._choose(wish))]
            self._view.say(f"{failure.title}. {failure.text}", passage=_passage(wish), offers=offers)


def _passage(wish: Wish) -> str:
    return wish.citation.passage.text if wish.citation.passage is not None else ""
