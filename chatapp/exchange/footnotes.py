"""One answer as Markdown with a footnote for each source, as GitHub, Pandoc and Obsidian read them."""

from collections.abc import Sequence
from functools import partial

from chatapp.conversation.answer import Answer
from chatapp.exchange.markdown import closed, described
from chatapp.exchange.sources import Source, marked_texts, writable

_OWN = "[^"
"""An answer that has footnotes of its own keeps their names."""


def render(answer: Answer, found: Sequence[Source]) -> str:
    """The answer's texts, and under them the sources that its markers point to."""
    prefix = "source-" if _OWN in answer.text else ""
    texts = [closed(text) for text in marked_texts(answer, partial(_marker, prefix))]
    notes = "\n".join(f"[^{prefix}{source.number}]: {described(source)}" for source in found)
    return writable("\n\n".join([*texts, notes] if notes else texts) + "\n")


def _marker(prefix: str, numbers: tuple[int, ...]) -> str:
    return "".join(f"[^{prefix}{number}]" for number in numbers)
