"""Answers that were to be JSON, in the transcript: a tree once they are whole, code while they are written, and a line
that says whether they are what was asked for. Pure."""

from collections.abc import Iterator
from typing import Final

from chatapp.conversation.answer import Part, Status
from chatapp.conversation.json_text import JsonFault
from chatapp.conversation.structured import Verdict, answered_json, answered_text, asked_format
from chatapp.conversation.tree import Turn
from chatapp.desktop.transcript.messages import Item, RefusalItem, StructuredItem, TextItem, VerdictItem
from chatapp.protocol.json_types import Json, text_of

BEGINNINGS: Final = ("{", "[")
CODE: Final = "````````json\n"
"""What JSON that is not whole stands after: more backticks than a model writes."""


def present_text(turn: Turn, part: Part, marks: tuple[tuple[int, int], ...]) -> Item:
    """A text of an answer with its citation `marks`, (code point, number). One that has only begun may be JSON."""
    if part.kind == "refusal":
        return RefusalItem(part.text)
    wanted = asked_format(turn.request)
    begun = part.text.lstrip()
    if wanted is None or (begun and not begun.startswith(BEGINNINGS)):
        return TextItem(part.text, marks)
    if turn.answer.status.ended and _value(part.text) is not None:
        return StructuredItem(part.text, text_of(wanted.get("name")) or "JSON")
    return TextItem(CODE + part.text, tuple((at + len(CODE), number) for at, number in marks))


def present_verdict(turn: Turn, verdict: Verdict | None) -> Iterator[VerdictItem]:
    """The line under the answer. Without a verdict it asks for one."""
    wanted, text = asked_format(turn.request), answered_text(turn.answer)
    if wanted is None or text is None or turn.answer.status is not Status.COMPLETED:
        return
    if wanted.get("type") == "json_schema" or not isinstance(_value(text), dict):
        yield VerdictItem() if verdict is None else VerdictItem(verdict.words, verdict.fits)


def _value(text: str) -> Json:
    """The JSON of a text; None where it is none."""
    try:
        return answered_json(text)
    except JsonFault:
        return None
