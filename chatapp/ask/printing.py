"""What `chatapp ask` prints: the answer as it grows, its numbered sources, one JSON object, or the request."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from chatapp.ask.console import Out
from chatapp.conversation.answer import Answer, OutputItem
from chatapp.conversation.changes import Change, ItemChanged, Notice, TextGrew
from chatapp.conversation.citations import Citation, cite
from chatapp.conversation.costs import cost_json
from chatapp.conversation.tree import Turn
from chatapp.documents.model import Place
from chatapp.exchange.programs import curl_program, python_program
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.services.destinations import destination, hint
from chatapp.services.ports import Connection
from chatapp.services.sources import Sources

SPOKEN = ("output_text", "refusal")
"""Kinds of parts that are printed; reasoning is not."""


@dataclass(frozen=True, slots=True)
class Source:
    """A citation and where it stands in the original, if it was found there."""

    citation: Citation
    place: Place | None
    reason: str | None

    @property
    def quote(self) -> str:
        return self.place.quote if self.place else self.citation.quote

    @property
    def page(self) -> int | None:
        return (
            self.place.page if self.place else (self.citation.passage.page if self.citation.passage else None)
        )

    @property
    def line(self) -> int | None:
        return (
            self.place.line if self.place else (self.citation.passage.line if self.citation.passage else None)
        )

    @property
    def score(self) -> float | None:
        return self.citation.passage.score if self.citation.passage else None


async def sources_of(sources: Sources, turn: Turn) -> list[Source]:
    """Every citation of a turn in reading order; one number is looked up once."""
    found: dict[int, Source] = {}
    listed: list[Source] = []
    for citation in await sources.passages(turn):
        known = found.get(citation.number)
        if known is None:
            location = await sources.locate(turn.server, citation)
            known = found[citation.number] = Source(citation, location.place, location.reason)
        listed.append(Source(citation, known.place, known.reason))
    return listed


class Printer:
    """Follows one turn on a terminal. What was printed never changes; markers follow the words they belong to."""

    def __init__(self, out: Out, quiet: bool) -> None:
        self._out = out
        self._quiet = quiet
        self._items: dict[int, OutputItem] = {}
        self._printed: dict[tuple[int, int], int] = {}
        self._marked: dict[tuple[int, int], int] = {}
        self._text: list[str] = []
        self.warnings: list[str] = []

    def take(self, change: Change) -> None:
        if isinstance(change, Notice) and change.severity != "info":
            self.warnings.append(change.text)
        elif isinstance(change, ItemChanged):
            self._item(change)
        elif isinstance(change, TextGrew) and change.part >= 0:
            self._grew(change)

    def end(self, turn: Turn, sources: Sequence[Source]) -> None:
        """The rest of the answer, if the stream left any out, and the list of sources."""
        self._rest(turn.answer)
        for line in _source_lines(sources):
            self._write(line)
        self._out.flush()

    def _item(self, change: ItemChanged) -> None:
        self._items[change.item] = change.value
        for place, part in enumerate(change.value.parts):
            key = (change.item, place)
            if part.kind in SPOKEN:
                # A blank before a citation marker that leaked may have been taken back.
                self._printed[key] = min(self._printed.get(key, 0), len(part.text))
                self._say(part.text[self._printed[key] :], key)
                self._mark(change.item, place, len(part.annotations))

    def _grew(self, change: TextGrew) -> None:
        item = self._items.get(change.item)
        if item is not None and change.part < len(item.parts) and item.parts[change.part].kind in SPOKEN:
            self._say(change.text, (change.item, change.part))

    def _say(self, text: str, key: tuple[int, int]) -> None:
        if text and not self._quiet:
            self._printed[key] = self._printed.get(key, 0) + len(text)
            self._text.append(text)
            self._write(text)
            self._out.flush()

    def _mark(self, item: int, part: int, annotations: int) -> None:
        """Numbers of the citations that came since: the servers send them where they belong."""
        before = self._marked.get((item, part), 0)
        if annotations <= before or self._quiet:
            return
        self._marked[(item, part)] = annotations
        known = Answer(items=tuple(self._items[place] for place in sorted(self._items)))
        here = [
            entry for entry in cite(known) if (sorted(self._items)[entry.item], entry.part) == (item, part)
        ]
        self._write("".join(f"[{entry.number}]" for entry in here[before:]))
        self._out.flush()

    def _rest(self, answer: Answer) -> None:
        said, whole = "".join(self._text), answer.text + answer.refusal
        rest = _unsaid(whole, said)
        self._write(f"\n\n{whole}" if rest is None else rest)
        if whole or said:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._out.write(text)


def _unsaid(whole: str, said: str) -> str | None:
    """What of a text is not said yet; None where something else was said. A blank more or less is nothing else."""
    if whole.startswith(said):
        return whole[len(said) :]
    at = 0
    for sign in said:
        if sign.isspace():
            continue
        while whole[at : at + 1].isspace():
            at += 1
        if whole[at : at + 1] != sign:
            return None
        at += 1
    return whole[at:]


def _source_lines(sources: Sequence[Source]) -> list[str]:
    first = {source.citation.number: source for source in reversed(sources)}
    if not first:
        return []
    return ["\nSources\n", *(_source_line(first[number]) for number in sorted(first))]


def _source_line(source: Source) -> str:
    place = f", page {source.page}" if source.page else f", line {source.line}" if source.line else ""
    score = f", score {source.score:.2f}" if source.score is not None else ""
    name = source.citation.filename or source.citation.url or source.citation.file_id
    return f"[{source.citation.number}] {name}{place}{score}\n"


def as_json(out: Out, turn: Turn, sources: Sequence[Source], warnings: Sequence[str]) -> None:
    """The one object of `--json`."""
    unfound = {f"[{source.citation.number}] {source.reason}": None for source in sources if source.reason}
    value = {
        "response": turn.answer.response,
        "text": turn.answer.text,
        "status": turn.answer.status.value,
        "citations": [_citation(source) for source in sources],
        "usage": turn.answer.usage,
        "cost": None if turn.cost is None else cost_json(turn.cost),
        "previous_response_id": turn.request.get("previous_response_id"),
        "warnings": [*warnings, *unfound],
    }
    out.write(_json(value, out) + "\n")
    out.flush()


def _json(value: Json, out: Out) -> str:
    """With the characters themselves; escaped where the output's encoding has no place for some."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(out.encoding)
    except UnicodeEncodeError:
        return json.dumps(value, indent=2)
    return text


def _citation(source: Source) -> JsonObject:
    boxes: Json = [asdict(box) for box in source.place.boxes] if source.place and source.place.boxes else None
    return {
        "number": source.citation.number,
        "file_id": source.citation.file_id or None,
        "filename": source.citation.filename or None,
        "index": source.citation.index,
        "page": source.page,
        "boxes": boxes,
        "line": source.line,
        "quote": source.quote or None,
        "score": source.score,
    }


def as_curl(out: Out, connection: Connection, request: JsonObject) -> None:
    """The request as a command of a POSIX shell; the key stays in its environment variable."""
    out.write(hint(connection) + curl_program(destination(connection), request, out.encoding))


def as_python(out: Out, connection: Connection, request: JsonObject) -> None:
    """The request as a program that streams the answer."""
    out.write(hint(connection) + python_program(destination(connection), request, out.encoding))
