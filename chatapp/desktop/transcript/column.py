"""The messages one under another: which lies where, and how tall they are together.

Offsets are prefix sums, summed up again only from the first entry whose height changed.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate, islice
from typing import Final

from chatapp.desktop.transcript.entry import Entry, Guess
from chatapp.desktop.transcript.layout import Typesetter
from chatapp.desktop.transcript.messages import Later, Message

KEPT: Final = 60  # entries that stay read and laid out
END: Final = 24  # pixels of rest under the last message


class Column:
    def __init__(self, setter: Typesetter) -> None:
        self.setter = setter
        self.entries: list[Entry] = []
        self.width = 0
        self._by_key: dict[str, Entry] = {}
        self._offsets: list[int] = [0]
        self._fresh: OrderedDict[str, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, key: str) -> Entry | None:
        return self._by_key.get(key)

    def append(self, message: Message) -> Entry:
        self.extend([message])
        return self.entries[-1]

    def extend(self, messages: Sequence[Message | Later]) -> None:
        count, guess = len(self.entries), Guess.at(self.setter, self.width)
        for message in messages:
            self._add(message, guess)
        self.changed(count)

    def _add(self, message: Message | Later, guess: Guess) -> None:
        entry = Entry(message, len(self.entries))
        entry.guess(guess)
        self.entries.append(entry)
        self._by_key[message.key] = entry

    def rename(self, key: str, new: str) -> None:
        """An entry is known by another key from now on."""
        entry = self._by_key.pop(key)
        self._by_key[new] = entry
        self._fresh.pop(key, None)

    def truncate(self, count: int) -> list[Entry]:
        """Take the entries from number `count` on out of the column."""
        gone = self.entries[count:]
        del self.entries[count:]
        for entry in gone:
            self._by_key.pop(entry.key, None)
            self._fresh.pop(entry.key, None)
        self.changed(count)
        return gone

    def resize(self, width: int) -> None:
        """Another width: every height is a guess again but those already known for it, and those of messages at hand,
        which are cut anew when they are seen."""
        if width == self.width:
            return
        self.width = width
        guess = Guess.at(self.setter, width)
        for entry in self.entries:
            if entry.strips is None:
                entry.guess(guess)
        self.changed(0)

    def restyle(self, setter: Typesetter, width: int) -> None:
        self.setter, self.width = setter, width
        guess = Guess.at(setter, width)
        for entry in self.entries:
            entry.restyle()
            entry.guess(guess)
            if entry.strips is not None:
                entry.realise(setter, -1)
                entry.realise(setter, width)
        self.changed(0)

    def changed(self, index: int) -> None:
        """The height of the entry number `index`, or what follows it, is another."""
        del self._offsets[index + 1 :]

    def top(self, index: int) -> int:
        self._sum_up(index)
        return self._offsets[index]

    @property
    def height(self) -> int:
        self._sum_up(len(self.entries))
        return self._offsets[-1] + self.setter.look.px(END)

    def _sum_up(self, index: int) -> None:
        known = len(self._offsets) - 1
        if index > known:
            heights = (entry.height for entry in self.entries[known:index])
            self._offsets += islice(accumulate(heights, initial=self._offsets[-1]), 1, None)

    def at(self, y: int) -> int:
        """The number of the entry at a height, the nearest one outside; -1 when there is none."""
        self._sum_up(len(self.entries))
        return min(max(bisect_right(self._offsets, y) - 1, 0), len(self.entries) - 1)

    def read(self, entry: Entry, patient: bool = False) -> None:
        """Have an entry's strips at hand, at the present width; `patient`: of long texts those read so far."""
        before = entry.height
        entry.realise(self.setter, self.width, patient)
        if not patient and entry.unread:
            entry.read_on(self.setter)
        if entry.height != before:
            self.changed(entry.index)
        self._fresh[entry.key] = entry
        self._fresh.move_to_end(entry.key)

    def relay(self) -> bool:
        """Forget the layout of strips that waited for a formula. True if there were any."""
        return sum(entry.forget_pending() for entry in self._fresh.values()) > 0

    def trim(self) -> None:
        """Forget the entries longest unseen."""
        while len(self._fresh) > KEPT:
            _, entry = self._fresh.popitem(last=False)
            entry.forget()

    def lay(self, entry: Entry, at: int) -> bool:
        """Lay a strip out, of an entry that may have been forgotten. True if that changed the height of its entry."""
        before = entry.height
        if entry.strips is None:
            self.read(entry)
        entry.laid(at, self.setter)
        if entry.height != before:
            self.changed(entry.index)
        return entry.height != before
