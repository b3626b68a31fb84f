"""A path through a conversation as one Markdown text, each answer followed by its numbered sources."""

import re
from collections.abc import Iterator, Sequence

from chatapp.conversation.tree import Attachment, Conversation, Turn
from chatapp.exchange.calls import calls_of, results_of
from chatapp.exchange.sources import (
    Source,
    author,
    marked_texts,
    moment,
    one_line,
    remarks,
    sources,
    writable,
)


def render(conversation: Conversation, path: Sequence[Turn]) -> str:
    """The turns of `path` in order. Questions and answers keep the Markdown they were written in."""
    head = [f"# {_escaped(one_line(conversation.title))}", moment(conversation.created_at)]
    pairs = zip((None, *path), path, strict=False)
    blocks = [*head, *(block for before, turn in pairs for block in _blocks(turn, before))]
    return writable("\n\n".join(block for block in blocks if block) + "\n")


def _attached(file: Attachment) -> str:
    """An address stands for itself: it has no size here."""
    about = f"<{one_line(file.url)}>" if file.url else f"({file.bytes} bytes)"
    return f"- Attached: {_escaped(one_line(file.filename))} {about}"


def _blocks(turn: Turn, before: Turn | None) -> Iterator[str]:
    results = results_of(turn, before)
    for name, text in results:
        yield f"## Result of {_escaped(one_line(name))}\n\n{_fenced(text)}"
    if turn.text or not results:
        yield f"## You\n\n{closed(turn.text)}"
    yield "\n".join(map(_attached, turn.attachments))
    yield f"## {_escaped(one_line(author(turn)))}"
    yield from (closed(text) for text in marked_texts(turn.answer, _marker))
    for name, text in calls_of(turn):
        yield f"*Called {_escaped(one_line(name))} with:*\n\n{_fenced(text)}"
    yield from (f"*{_escaped(one_line(remark))}*" for remark in remarks(turn))
    found = sources(turn.answer)
    if found:
        yield "Sources:\n\n" + "\n".join(map(_source, found))


def _marker(numbers: tuple[int, ...]) -> str:
    """Escaped, because what follows may be a parenthesis and would make a link of it."""
    return f"\\[{', '.join(map(str, numbers))}\\]"


def _source(source: Source) -> str:
    return f"{source.number}. {described(source)}"


def described(source: Source) -> str:
    """The source's name, its place and the quoted words, on one line."""
    name = _escaped(source.name)
    shown = f"[{name}](<{_address(source.url)}>)" if source.url else name
    place = f", {source.place}" if source.place else ""
    quote = f": “{_escaped(source.quote)}”" if source.quote else ""
    return f"{shown}{place}{quote}"


def closed(text: str) -> str:
    """With an end to a fence that the text leaves open, so that it does not swallow what follows."""
    fence = open_fence(text)
    return f"{text.rstrip()}\n{fence}" if fence else text.strip("\n")


def open_fence(text: str) -> str:
    """The run of ` or ~ that would close the code fence still open at the end of `text`; empty for none."""
    fence = ""
    for line in text.splitlines():
        stripped = line.lstrip(" \t>")
        mark = stripped[:1]
        run = stripped[: len(stripped) - len(stripped.lstrip(mark))] if mark in ("`", "~") else ""
        if fence and run.startswith(fence) and not stripped[len(run) :].strip():
            fence = ""
        elif not fence and len(run) >= 3 and not (mark == "`" and "`" in stripped[len(run) :]):
            fence = run
    return fence


def _fenced(text: str) -> str:
    """A text that is no Markdown, in a fence it cannot close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _escaped(text: str) -> str:
    """Plain words that Markdown would otherwise read as its own signs."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|~" else sign for sign in text)


def _address(url: str) -> str:
    """For <…>: no sign that would end it."""
    return "".join(f"%{ord(sign):02X}" if sign in "<>\\ \r\n" else sign for sign in url)
