"""The one configuration of the parser: CommonMark with GFM, no HTML, bounded depth.

`parse` is the full pass over a whole text; `stream` uses the same functions on parts of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from chatapp.rendering import addresses, footnotes, markers, mathematics
from chatapp.rendering.blocks import Block, Reader, raw
from chatapp.rendering.definitions import Definitions
from chatapp.rendering.sanitize import safe_href

DEEPEST: Final = 24  # containers within containers; what lies deeper is shown as it stands
LONGEST_INLINE: Final = 20_000  # characters of one paragraph; beyond, it is shown without markup
MOST_DELIMITERS: Final = 1_500  # likewise: the parser's cost grows with their square
MOST_BRACKETS: Final = 700  # of these the dearest: each is looked at once for every one around it

_NEWLINE = re.compile(r"\r\n?|\n")


class _Inline(addresses.AddressedInline):
    """Looks through marker characters when it decides whether a delimiter opens or closes emphasis."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N803
        source, character = self.src, self.src[start]
        end = start
        while end < self.posMax and source[end] == character:
            end += 1
        before = start - 1
        while before >= 0 and markers.SENTINEL.match(source[before]):
            before -= 1
        after = end
        while after < self.posMax and markers.SENTINEL.match(source[after]):
            after += 1
        last = source[before] if before >= 0 else " "
        following = source[after] if after < self.posMax else " "
        left, right = _flanking(last, following)
        can_open = left and (canSplitWord or not right or _punctuation(last))
        can_close = right and (canSplitWord or not left or _punctuation(following))
        return Scanned(can_open, can_close, end - start)


def _flanking(last: str, following: str) -> tuple[bool, bool]:
    last_space, next_space = isWhiteSpace(ord(last)), isWhiteSpace(ord(following))
    last_mark, next_mark = _punctuation(last), _punctuation(following)
    left = not next_space and (not next_mark or last_space or last_mark)
    right = not last_space and (not last_mark or next_space or next_mark)
    return left, right


def _punctuation(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)


class _Prose(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        crowded = sum(map(src.count, "[*_`<~")) > MOST_DELIMITERS or src.count("[") > MOST_BRACKETS
        if crowded or len(src) > LONGEST_INLINE:
            tokens.append(Token("text", "", 0, content=src.replace("\n", " ")))
            return tokens
        state = _Inline(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"maxNesting": DEEPEST})
    rules = md.get_active_rules()
    md.inline = _Prose()
    md.inline.ruler.enableOnly(rules["inline"])
    md.inline.ruler2.enableOnly(rules["inline2"])
    md.enable(["table", "strikethrough"])
    md.inline.ruler.at("text", addresses.text)
    md.inline.ruler.before("text", "address", addresses.link)
    md.inline.ruler.before("link", "note_sign", footnotes.sign)
    md.block.ruler.before("reference", "note", footnotes.note, {"alt": footnotes.ENDS})
    mathematics.enable(md)
    plain_normal = md.normalizeLink
    md.normalizeLink = lambda url: plain_normal(markers.strip(url))  # type: ignore[method-assign]
    md.validateLink = lambda url: safe_href(markers.strip(url)) is not None  # type: ignore[method-assign]
    return md


_MARKDOWN: Final = _parser()


@dataclass(frozen=True, slots=True)
class Group:
    """One top-level block before its prose is read: its tokens, and its first and last line (half-open)."""

    tokens: tuple[Token, ...]
    first: int
    last: int

    @property
    def skeleton(self) -> tuple[str, ...]:
        return tuple(token.type for token in self.tokens)

    @property
    def too_deep(self) -> bool:
        return any(token.level >= DEEPEST - 1 for token in self.tokens)

    @property
    def last_part(self) -> int | None:
        """The line on which the last item of a list, the last row of a table begins, if another precedes it."""
        kind = self.tokens[0].type
        if kind == "table_open":
            return self.last - 1 if self.last - self.first > 4 else None
        if not kind.endswith("list_open"):
            return None
        items = [token for token in self.tokens if token.type == "list_item_open" and token.level == 1]
        return items[-1].map[0] if len(items) > 1 and items[-1].map else None


class Source:
    """A text ready for the block phase, and where each of its lines begins.

    Lines are counted from the start of `prefix`, lines that only lend their meaning (a table's header), so
    that an offset into `text` may be negative for them.
    """

    def __init__(self, text: str, prefix: str = "") -> None:
        self.text = text
        self._prefix = _NEWLINE.sub("\n", prefix)
        self._lent = self._prefix.count("\n")
        self._starts = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]

    @property
    def normal(self) -> str:
        """As the parser wants it: line feeds only, no NUL."""
        return self._prefix + _NEWLINE.sub("\n", self.text).replace("\0", "\ufffd")

    def offset(self, line: int) -> int:
        """Where a line begins in `text`; the end of the text for a line beyond it."""
        line = max(line - self._lent, 0)
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def lines(self, first: int, last: int) -> str:
        return self.text[self.offset(first) : self.offset(last)]

    def blank(self, line: int) -> bool:
        return not self.lines(line, line + 1).strip()

    def until(self, line: int | None) -> "Source":
        """The text before a line; all of it for None."""
        return self if line is None else Source(self.text[: self.offset(line)], self._prefix)


def groups(source: Source, definitions: Definitions) -> list[Group]:
    """The block phase: top-level groups in order. Definitions found are added to `definitions`."""
    tokens: list[Token] = []
    _MARKDOWN.block.parse(source.normal, _MARKDOWN, definitions.env, tokens)
    return _grouped(tokens)


def _grouped(tokens: Sequence[Token]) -> list[Group]:
    found: list[Group] = []
    begin = 0
    for at, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            lines = tokens[begin].map or [0, 0]
            found.append(Group(tuple(tokens[begin : at + 1]), lines[0], lines[1]))
            begin = at + 1
    return found


def read(group: Group, source: Source, definitions: Definitions) -> Block:
    """The prose phase of one group: a finished block."""
    if group.too_deep:
        return raw(source.lines(group.first, group.last))
    for token in group.tokens:
        if token.type == "inline":
            token.children = []
            _MARKDOWN.inline.parse(token.content, _MARKDOWN, definitions.env, token.children)
    return Reader(group.tokens).blocks()[0]


def parse(text: str, placed: Sequence[tuple[int, int]] = ()) -> tuple[Block, ...]:
    """The blocks of a whole text; `placed` are its citation markers as (code-point index, number)."""
    definitions = Definitions()
    source = Source(markers.place(markers.neutral(text), placed))
    found = groups(source, definitions)
    return tuple(read(group, source, definitions) for group in found)
