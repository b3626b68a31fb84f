"""Web pages: what a reader sees, a line per block, cells parted by tabs; scripts and styles left out."""

import codecs
import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from chatapp.documents.model import Document
from chatapp.documents.text import contents, decode


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_BLOCKS = _tags(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol optgroup option p pre search "
    "section select summary table tbody tfoot thead tr ul"
)
_PARAGRAPHS = _tags("blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul")
_CELLS = frozenset({"td", "th"})
_SKIPPED = _tags("head iframe noframes noscript object script style template")
_VERBATIM = frozenset({"pre", "textarea", "listing"})

_BLANKS = re.compile(r"[ \t\n\r\f]+")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_CHARSET_WITHIN = 4096


def read(path: Path, media_type: str) -> Document:
    """The text of an HTML file. Raises UnreadableDocument, OSError."""
    data = contents(path)
    text, title = text_of(decode(data, _declared_encoding(data)))
    return Document(media_type, text, title=title)


def text_of(html: str) -> tuple[str, str | None]:
    """The visible text of a page, and its title if it has one."""
    parser = LexborHTMLParser(html)
    title = parser.css_first("head > title")
    lines = _Lines()
    if parser.body is not None:
        _walk(parser.body, lines)
    return lines.text(), (_BLANKS.sub(" ", title.text()).strip() or None) if title else None


def _declared_encoding(data: bytes) -> str | None:
    declared = _CHARSET.search(data, 0, _CHARSET_WITHIN)
    if declared is None:
        return None
    name = declared.group(1).decode("ascii", "replace")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


class _Lines:
    """Text laid into lines as a browser would: blanks collapsed, none at a line's ends."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._breaks = 2
        self._is_blank_due = False

    def write(self, text: str) -> None:
        """Running text."""
        for index, word in enumerate(_BLANKS.split(text)):
            self._is_blank_due = self._is_blank_due or index > 0
            if word:
                self._put(word)

    def write_verbatim(self, text: str) -> None:
        """Text whose blanks and line ends count."""
        if text:
            self._put(text)

    def tab(self) -> None:
        """The end of a table's cell."""
        if not self._breaks:
            self._parts.append("\t")
        self._is_blank_due = False

    def end_line(self, breaks: int = 1) -> None:
        """At least so many line ends; 2 leave an empty line."""
        if self._parts and self._parts[-1] == "\t":
            self._parts.pop()
        self._parts.append("\n" * (breaks - self._breaks))
        self._breaks = max(breaks, self._breaks)
        self._is_blank_due = False

    def break_line(self) -> None:
        """One more line end, whatever came before."""
        self._parts.append("\n")
        self._breaks += 1
        self._is_blank_due = False

    def text(self) -> str:
        """All lines."""
        return "".join(self._parts).strip() + "\n"

    def _put(self, text: str) -> None:
        if self._is_blank_due and not self._breaks and self._parts[-1] != "\t":
            self._parts.append(" ")
        self._parts.append(text)
        self._breaks = 0
        self._is_blank_due = False


def _walk(root: LexborNode, lines: _Lines) -> None:
    """Goes through the tree without recursion: a hostile page nests as deep as it is long."""
    node: LexborNode | None = root
    depth = verbatim = 0
    while node is not None:
        tag = node.tag or ""
        _enter(node, tag, lines, verbatim > 0)
        verbatim += tag in _VERBATIM
        child = None if tag in _SKIPPED else node.child
        if child is not None:
            node, depth = child, depth + 1
            continue
        while node is not None:
            tag = node.tag or ""
            verbatim -= tag in _VERBATIM
            _leave(tag, lines)
            # Nodes are not compared with the root: their == compares all that is within them.
            if depth == 0:
                return
            if node.next is not None:
                node = node.next
                break
            node, depth = node.parent, depth - 1


def _enter(node: LexborNode, tag: str, lines: _Lines, verbatim: bool) -> None:
    if tag == "-text":
        text = node.text_content or ""
        lines.write_verbatim(text) if verbatim else lines.write(text)
    elif tag == "br":
        lines.break_line()
    elif tag in _BLOCKS:
        lines.end_line(2 if tag in _PARAGRAPHS else 1)


def _leave(tag: str, lines: _Lines) -> None:
    if tag in _CELLS:
        lines.tab()
    elif tag in _BLOCKS:
        lines.end_line(2 if tag in _PARAGRAPHS else 1)
