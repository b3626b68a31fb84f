"""The colours of code: runs of text with the role each plays. pygments is imported with the first block.

A `Colouring` reads its block in steps, as far as someone looks, so that no block holds anyone up; what grows is read
again from a line not far above its end.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Role = Literal["keyword", "string", "number", "comment", "name", "builtin", "operator", "inserted", "deleted"]

LARGEST: Final = 200_000  # characters of a block that are coloured; what follows stays in one colour
LARGEST_MIXED: Final = 8_000  # likewise where a language stands within another: such lexers read all at once
REREAD: Final = 600  # characters of a growing block that are read again at every look
PROOF: Final = 200  # as many of them show whether a line can be read without what is above it
PATIENCE: Final = (
    8  # where no such line is found, a long text is read again when grown by one part in so many
)

Run = tuple[int, int, Role | None]
"""(start, length, role), in code points."""

_ROLES: Final[tuple[tuple[str, Role], ...]] = (
    ("Token.Comment", "comment"),
    ("Token.Keyword.Constant", "number"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Number", "number"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"),
    ("Token.Name.Tag", "keyword"),
    ("Token.Name.Attribute", "name"),
    ("Token.Name.Decorator", "name"),
    ("Token.Name.Builtin", "builtin"),
    ("Token.Generic.Inserted", "inserted"),
    ("Token.Generic.Deleted", "deleted"),
    ("Token.Generic.Heading", "keyword"),
    ("Token.Operator", "operator"),
)
_PLAIN: Final = frozenset({"", "text", "txt", "plain", "plaintext", "output", "none"})


class Colouring:
    """The colours of one block, whose text may still grow. `revision` counts how often what was known was given up."""

    def __init__(self, language: str, text: str = "") -> None:
        self.known = 0
        """Up to here the runs are known."""
        self.revision = 0
        self._text = text
        self._lexer = _lexer(language)
        self._starts: list[int] = []
        self._runs: list[Run] = []
        self._tokens: Iterator[Run] | None = None
        self._from = 0
        self._covered = 0
        self._at = 0
        self._replaced = 0
        self._ahead: list[Run] = []
        """What was read again so far, until it reaches what was known before."""
        self._finished = False

    @property
    def text(self) -> str:
        return self._text

    @property
    def end(self) -> int:
        """Up to here there will be colours."""
        if self._lexer is None:
            return 0
        return min(len(self._text), LARGEST_MIXED if _reads_all_at_once(self._lexer) else LARGEST)

    def feed(self, text: str) -> None:
        """More of the block."""
        self._text += text

    def finish(self) -> None:
        """No more will come: what was read in parts is read once more as a whole, in its turn."""
        self._finished = True
        if self._from:
            self._from = self.known = self._covered = 0
            self._starts, self._runs, self._tokens = [], [], None
            self.revision += 1

    def advance(self, characters: int) -> bool:
        """Read on by about so many characters; False if there is nothing to read for now."""
        begun = False
        while characters > 0 and self.known < self.end:
            if self._tokens is None and not self._begin():
                return begun
            assert self._tokens is not None
            begun = True
            run = next(self._tokens, None)
            if run is None:
                self._tokens = None
                self._reach(self._covered)
                continue
            characters -= max(run[0] + run[1] - self._at, 1)
            if run[2]:
                self._ahead.append(run)
            self._reach(run[0] + run[1])
        return begun

    def _reach(self, end: int) -> None:
        """The present reading has come so far; what it found takes the place of what was known."""
        self._at = end
        if end < self.known:
            return
        keep = bisect_left(self._starts, self._replaced)
        del self._starts[keep:], self._runs[keep:]
        self._starts += [run[0] for run in self._ahead]
        self._runs += self._ahead
        self._ahead = []
        self.known = self._replaced = end

    def runs(self, start: int, end: int) -> list[Run]:
        """The known runs that reach into a range."""
        low = max(bisect_right(self._starts, start) - 1, 0)
        return [run for run in self._runs[low : bisect_left(self._starts, end)] if run[0] + run[1] > start]

    def _begin(self) -> bool:
        """Begin to read, or to read again what has grown. False if that can wait."""
        if self._covered - self._from > REREAD and not self._finished:
            self._move_on()
            region = self._covered - self._from
            if region > 4 * REREAD and self.end - self._covered < region // PATIENCE:
                return False
        self._at = self._replaced = self._from
        self._covered, self._ahead = self.end, []
        self._tokens = self._read(self._from, self._covered)
        return True

    def _move_on(self) -> None:
        """Read from a later line from now on, if reading there gives what is known already."""
        line = self._text.rfind("\n", self._from, self._covered - PROOF) + 1
        if line <= self._from:
            return
        proof = min(line + PROOF, self._text.rfind("\n", 0, self._covered) + 1)
        alone = [run for run in self._read(line, proof) if run[2]]
        if alone and alone == [run for run in self.runs(line, proof) if run[0] >= line]:
            self._from = line

    def _read(self, start: int, end: int) -> Iterator[Run]:
        """Every token between two places as a run; those of no role too, so that reading can pause after each.

        Lexers that go by lines know a line by its end, which the last one need not have.
        """
        assert self._lexer is not None
        for at, kind, value in self._lexer.get_tokens_unprocessed(f"{self._text[start:end]}\n"):
            length = min(len(value), end - start - at)
            if length > 0:
                yield start + at, length, (_role(str(kind)) if value.strip() else None)


def _reads_all_at_once(lexer: "Lexer") -> bool:
    from pygments.lexer import DelegatingLexer

    return isinstance(lexer, DelegatingLexer)


@lru_cache(maxsize=64)
def _lexer(language: str) -> "Lexer | None":
    if language.lower() in _PLAIN:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=256)
def _role(kind: str) -> Role | None:
    return next((role for prefix, role in _ROLES if kind.startswith(prefix)), None)
