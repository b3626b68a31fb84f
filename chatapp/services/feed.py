"""The one way in which anything changes on screen: a queue of changes from the worker thread to its reader."""

from collections import deque
from collections.abc import Callable

from chatapp.conversation.changes import Change, FilesChanged, TextGrew


class Feed:
    """Written by the worker loop, drained by one reader on another thread.

    `wake` is called on the writer's thread for the first change after a drain; the reader then drains at once, or at
    its frame rate while something streams. Deque appends and pops are atomic; the order of the two steps in `put`
    and in `drain` is what keeps a change from lying there unannounced.
    """

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._queue: deque[Change] = deque()
        self._drained = True
        self.wake = wake

    def put(self, change: Change) -> None:
        self._queue.append(change)
        if self._drained:
            self._drained = False
            self.wake()

    def drain(self) -> list[Change]:
        """Everything waiting, in order, growth of the same part merged into one change; of the files of a store only
        the newest word, which comes last."""
        self._drained = True
        merged: list[Change] = []
        grown: list[str] = []
        files: dict[tuple[str, str], Change] = {}
        while self._queue:
            change = self._queue.popleft()
            if isinstance(change, FilesChanged):
                files[change.server, change.store_id] = change
                continue
            last = merged[-1] if merged else None
            if isinstance(change, TextGrew) and isinstance(last, TextGrew) and _same_part(last, change):
                grown.append(change.text)
                continue
            _close(merged, grown)
            merged.append(change)
        _close(merged, grown)
        return [*merged, *files.values()]


def _same_part(one: TextGrew, two: TextGrew) -> bool:
    return (one.turn_id, one.item, one.part) == (two.turn_id, two.item, two.part)


def _close(merged: list[Change], grown: list[str]) -> None:
    """Gives the last change the text that grew after it."""
    if not grown:
        return
    last = merged.pop()
    assert isinstance(last, TextGrew)
    text = last.text + "".join(grown)
    merged.append(TextGrew(last.conversation_id, last.turn_id, last.item, last.part, text))
    grown.clear()
