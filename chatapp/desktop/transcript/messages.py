"""What the transcript shows, as values. Whoever feeds the view makes these from what the services tell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Severity = Literal["info", "warning", "danger"]

MORE: Final = "more"
"""Opens the menu of the message."""
QUESTION_ACTIONS: Final[Mapping[str, str]] = {"edit": "Edit", "copy": "Copy"}
ANSWER_ACTIONS: Final[Mapping[str, str]] = {
    "copy": "Copy",
    "regenerate": "Regenerate",
    "edit": "Edit",
    "fork": "Fork here",
    "inspect": "Inspect",
    MORE: "More actions",
}
FURTHER_ACTIONS: Final[Mapping[str, str]] = {
    "compare": "Compare with…",
    "replay": "Replay from here with the settings of now",
    "repeat": "Ask twice and compare byte by byte",
}
"""What can be done with an answer too, from its menu alone."""
DELETE: Final = {"delete": "Delete from here on"}
"""In the menu of a message only: the turn goes with all below it, and can be brought back."""
SERVER_ACTIONS: Final[Mapping[str, str]] = {
    "check_there": "Check on the server",
    "leave_chain": "Ask on without the server's chain",
    "delete_there": "Delete there…",
}
"""What can be done about what the server holds of an answer, and of all below it."""
FAVOURITE: Final = {False: "Mark as favourite", True: "Not a favourite any more"}
"""What the menu of an answer calls it, by whether it is one."""
SOURCE_ACTIONS: Final[Mapping[str, str]] = {
    "footnotes_markdown": "Copy with footnotes as Markdown",
    "footnotes_html": "Copy with footnotes as HTML",
    "save_page": "Save with its pages as HTML",
    "save_csl": "Save citations as CSL-JSON",
    "save_bibtex": "Save citations as BibTeX",
}
"""What can be done with an answer that cites something."""
VARY: Final = {"vary": "Vary from here…"}
"""In the menu of a message only."""


@dataclass(frozen=True, slots=True)
class TextItem:
    """Markdown; `markers` are (code-point index in `text`, citation number)."""

    text: str
    markers: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReasoningItem:
    """`seconds` is None while the model is still at it, or when nobody knows."""

    summary: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class SearchItem:
    """`found` is None until the search is done, `cited` until the answer is. `results` has a line for each."""

    queries: tuple[str, ...]
    found: int | None = None
    cited: int | None = 0
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detail:
    """Something that an open fold shows: words, Markdown, text as it came, or code with its language."""

    text: str
    kind: Literal["words", "markdown", "raw", "code"] = "words"
    language: str = ""


@dataclass(frozen=True, slots=True)
class ToolItem:
    """What a tool was used for, in a line, and what stands behind it."""

    title: str
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class PictureItem:
    """A picture as base64; `alt` says what it is to those who cannot see it."""

    data: str
    alt: str


@dataclass(frozen=True, slots=True)
class CallItem:
    """A call that the user's side answers. It stands open while it is `waiting` for that; `stage` says how far it is:
    being written, made, or asking for consent."""

    name: str
    arguments: str
    stage: Literal["writing", "made", "asking"] = "made"
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class RefusalItem:
    text: str


@dataclass(frozen=True, slots=True)
class StructuredItem:
    """A text that is JSON, whole and valid, shown as a tree under a `title`."""

    text: str
    title: str


@dataclass(frozen=True, slots=True)
class VerdictItem:
    """Whether the answer is what was asked for. Without words: nobody has looked yet."""

    words: str = ""
    fits: bool | None = None


@dataclass(frozen=True, slots=True)
class UnknownItem:
    """An item this version does not know, with its JSON."""

    type: str
    json: str


@dataclass(frozen=True, slots=True)
class ResultItem:
    """What the user's side made of a call. Not `done`: it was not run, or declined."""

    name: str
    output: str
    done: bool = True


Item = (
    TextItem
    | ReasoningItem
    | SearchItem
    | ToolItem
    | CallItem
    | PictureItem
    | RefusalItem
    | StructuredItem
    | VerdictItem
    | UnknownItem
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What went wrong or is missing; the first of `actions`, (id, label), is the main one."""

    severity: Severity
    title: str
    text: str
    details: str = ""
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """What went along with a question. `about` says how it was sent, with a drawing; `picture` is where an image of
    that media type is kept."""

    name: str
    about: str = ""
    drawing: str = "file"
    picture: Path | None = None
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the user's side says: words, or `results` of the calls before, or both."""

    key: str
    text: str
    attachments: tuple[File, ...] = ()
    time: str = ""
    results: tuple[ResultItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """`siblings` is (index from 1, count). `note` is a quiet line under the text: what was done differently. `footer`
    is a quiet word beside the actions, seen with them."""

    key: str
    header: str = ""
    items: tuple[Item, ...] = ()
    notice: Notice | None = None
    siblings: tuple[int, int] = (1, 1)
    streaming: bool = False
    footer: str = ""
    note: str = ""
    details: str = ""
    """What the header leaves out, in lines; seen when one points at it or walks to it."""
    favourite: bool = False
    """Whether the path to it is marked; the header says so."""


Message = Question | Answer


@dataclass(frozen=True, slots=True)
class Later:
    """A message that is made once someone looks at it, and what is known of it until then. `size` is its characters
    and its lines."""

    key: str
    kind: type[Question] | type[Answer]
    size: tuple[int, int]
    make: Callable[[], Message]
