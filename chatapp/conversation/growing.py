"""Items and parts while they are written: the state that `turn` folds events into, and their values at any moment."""

from collections.abc import Mapping, Sequence

from chatapp.conversation.answer import Logprob, OutputItem, Part, PartKind
from chatapp.conversation.items import Family, arguments_of, parts_of
from chatapp.conversation.leaks import PIECES, CleanText, Cut, annotations
from chatapp.conversation.results import Sources
from chatapp.protocol.json_types import JsonObject, text_of


class PlainText:
    """Text that grows as it comes. All of it is joined only when somebody looks."""

    cuts: Sequence[Cut] = ()

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        self._joined = ["".join((*self._joined, *self._pieces))]
        self._pieces.clear()
        return self._joined[0]

    def feed(self, delta: str) -> str | None:
        self._pieces.append(delta)
        if len(self._pieces) >= PIECES:
            self._joined.append("".join(self._pieces))
            self._pieces.clear()
        return delta

    def close(self) -> None:
        """Nothing is held back here."""


class GrowingPart:
    """`index` is the server's, None where it sends none."""

    def __init__(self, index: int | None, kind: PartKind, sources: Sources) -> None:
        self.index = index
        self.kind = kind
        self.logprobs: list[Logprob] = []
        self._notes: list[JsonObject] = []
        self._sources = sources
        self._text = self._empty()

    def _empty(self) -> PlainText | CleanText:
        return CleanText(self._sources) if self.kind == "output_text" else PlainText()

    @property
    def text(self) -> str:
        return self._text.text

    def grow(self, delta: str) -> str | None:
        """Takes more text; returns what that appended, None where it changed what had been seen before."""
        return self._text.feed(delta)

    def take(self, whole: Part) -> bool:
        """Takes what the server says the part is, less what it leaves out; whether anything changed."""
        before = self.snapshot()
        if whole.text:
            self._text = self._empty()
            self._text.feed(whole.text)
            self._text.close()
        if whole.annotations:
            self._sources.name(*whole.annotations)
            self._notes = list(whole.annotations)
        if whole.logprobs:
            self.logprobs = list(whole.logprobs)
        return self.snapshot() != before

    def note(self, annotation: JsonObject) -> bool:
        """Adds an annotation of the text as it came; whether it is new."""
        if annotation in self._notes:
            return False
        self._sources.name(annotation)
        self._notes.append(annotation)
        return True

    def snapshot(self) -> Part:
        text, cuts = self.text, self._text.cuts
        notes = annotations(self._notes, cuts, self._sources) if cuts else tuple(self._notes)
        return Part(self.kind, text, notes, tuple(self.logprobs))


class GrowingItem:
    """`implied` means that no event announced it: something that belongs to it came first."""

    def __init__(
        self, family: Family, item_id: str | None, output_index: int | None, sources: Sources
    ) -> None:
        self.family = family
        self.id = item_id
        self.output_index = output_index
        self.type: str = "" if family == "call" else family
        self.implied = True
        self.done = False
        self.parts: list[GrowingPart] = []
        self.arguments = PlainText()
        self.stage = "in_progress"
        self.raw: JsonObject = {}
        self._sources = sources

    def take(self, item: JsonObject, done: bool) -> None:
        """Takes the item as the server describes it, less what it leaves out of what was streamed."""
        self._sources.add(item)
        self.implied = False
        self.type = text_of(item.get("type")) or self.type or "unknown"
        self.done = self.done or done
        self.raw = item
        self.stage = text_of(item.get("status")) or ("completed" if done else self.stage)
        arguments = arguments_of(item)
        if arguments is not None:
            self.set_arguments(arguments)
        parts = parts_of(item)
        if any(part.text for part in parts):
            streamed = {(part.kind, part.text): part for part in self.parts}
            self.parts = [self._whole(place, part, streamed) for place, part in enumerate(parts)]

    def _whole(
        self, place: int, whole: Part, streamed: Mapping[tuple[PartKind, str], GrowingPart]
    ) -> GrowingPart:
        """A part of the whole item: the streamed one if its text is the same, for what only the stream said of it."""
        made = GrowingPart(place, whole.kind, self._sources)
        made.take(whole)
        known = streamed.get((made.kind, made.text), made)
        known.take(whole)
        return known

    def set_arguments(self, text: str) -> None:
        self.arguments = PlainText()
        self.arguments.feed(text)

    def known(self, kind: PartKind, index: int | None) -> int | None:
        """The place of the part with this index (the newest of its kind where there is no index), if there is one."""
        for place in range(len(self.parts) - 1, -1, -1):
            part = self.parts[place]
            if part.kind == kind and (index is None or part.index == index):
                return place
        return None

    def part(self, kind: PartKind, index: int | None) -> int:
        """The same, made if missing."""
        place = self.known(kind, index)
        if place is None:
            self.parts.append(GrowingPart(index, kind, self._sources))
            return len(self.parts) - 1
        return place

    def growing(self, kind: PartKind, index: int | None) -> int:
        """Where a delta goes. Some servers count the index up with every delta, so one that was never announced
        belongs to the newest part of its kind."""
        place = self.known(kind, index)
        newest = self.known(kind, None) if place is None else place
        return self.part(kind, index) if newest is None else newest

    def repeats(self, whole: Part) -> bool:
        """Whether a text of an index that was never announced is the end of one that stands here already."""
        text = CleanText(self._sources, whole.text).text if whole.kind == "output_text" else whole.text
        return bool(text) and any(part.kind == whole.kind and part.text.endswith(text) for part in self.parts)

    def snapshot(self) -> OutputItem:
        return OutputItem(
            type=self.type or "unknown",
            id=self.id,
            parts=tuple(part.snapshot() for part in self.parts),
            arguments=self.arguments.text,
            stage=self.stage,
            raw=self.raw,
        )
