"""An answer with one change of the feed applied: pure."""

from dataclasses import replace

from chatapp.conversation.answer import Answer, OutputItem, Part
from chatapp.conversation.changes import ARGUMENTS, ItemChanged, TextGrew


def changed(answer: Answer, change: ItemChanged) -> Answer:
    """The answer with an item new or replaced. Items are told in order; a gap is filled with empty ones."""
    items = [*answer.items, *(OutputItem("unknown") for _ in range(change.item + 1 - len(answer.items)))]
    items[change.item] = change.value
    return replace(answer, items=tuple(items))


def grown(answer: Answer, change: TextGrew) -> Answer:
    """The answer with text appended to one part. The item is there: it was told before its text grew."""
    if change.item >= len(answer.items):
        return answer
    item = answer.items[change.item]
    items = list(answer.items)
    if change.part == ARGUMENTS:
        items[change.item] = replace(item, arguments=item.arguments + change.text)
        return replace(answer, items=tuple(items))
    missing = change.part + 1 - len(item.parts)
    parts = [*item.parts, *(Part("output_text", "") for _ in range(missing))]
    part = parts[change.part]
    parts[change.part] = replace(part, text=part.text + change.text)
    items[change.item] = replace(item, parts=tuple(parts))
    return replace(answer, items=tuple(items))
