"""The colours of code: runs of text with the role each plays. pygments is imported with the first block."""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Role = Literal["keyword", "string", "number", "comment", "name", "builtin", "operator", "inserted", "deleted"]

LARGEST: Final = (
    24_000  # characters; a longer block stays in one colour, so that no frame waits for its lexer
)

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


@lru_cache(maxsize=64)
def runs(language: str, text: str) -> tuple[tuple[int, int, Role], ...]:
    """Coloured ranges of `text` as (start, length, role), in code points; none for a language unknown here."""
    lexer = None if len(text) > LARGEST else _lexer(language)
    if lexer is None:
        return ()
    found: list[tuple[int, int, Role]] = []
    for start, kind, value in lexer.get_tokens_unprocessed(text):
        role = _role(str(kind))
        if role and value.strip():
            found.append((start, len(value), role))
    return tuple(found)


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
