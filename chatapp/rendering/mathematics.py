"""Where mathematics stands in a text: `$…$` and `\\(…\\)` in a line, `$$…$$` and `\\[…\\]` on their own.

Two rules for the parser. `formula` finds them in prose, before the backslash of `\\(` is taken for an escape.
`display` keeps the lines of a formula together that would otherwise begin a list or a heading: from a line that
opens one to the line that closes it, but never over a blank line, which TeX forbids as well. So complete lines
decide it, and a stream may rely on that.

A dollar is far more often money or a variable than mathematics, so `$…$` has to look the part (`_is_formula`).
"""

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from chatapp.rendering import markers

LONGEST: Final = 4_000  # characters between the delimiters; what is longer is text
LONGEST_IN_DOLLARS: Final = 1_000  # likewise between single ones

CLOSING: Final = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_BRACKETS: Final = {"\\(": ("(", ")"), "\\[": ("[", "]")}
_OPENS_LINE: Final = re.compile(r"\$\$(?!\$)|\\\[")
_DOLLARS: Final = re.compile(r"\$+")
_ESCAPED: Final = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_ORDINAL: Final = re.compile(r"(?:th|st|nd|rd|s)\b")
_AMOUNT: Final = re.compile(
    r"[\d.,]*\d[\d.,]*(?:\s?[kKmMbB]n?)?[+%]?[)\]]*[,;:]?(?:\s+[A-Za-z]{2,}|\s*[–—/-]\s*$)"
)
"""How money goes on: a number, then a word or a dash."""
_VARIABLE: Final = re.compile(r"\{?[A-Za-z_]\w*\}?[/:=.]")
"""What stands between two dollars of a shell's `$HOME/$USER`."""


def enable(md: MarkdownIt) -> None:
    """Teach a parser both rules."""
    md.inline.ruler.before("escape", "formula", formula)
    md.block.ruler.before(
        "fence", "display", display, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def formula(state: StateInline, silent: bool) -> bool:
    """A token `formula`: its content is the TeX, its markup the delimiter that opened it."""
    opening = _opening(state.src, state.pos)
    if opening is None:
        return _whole_run(state, silent)
    begin = state.pos + len(opening)
    end = _closing(state, opening, begin)
    if end is None or not _is_formula(state.src, state.pos, begin, end, opening):
        return _unclosed(state, opening, begin, end, silent)
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup = state.src[begin:end], opening
    state.pos = end + len(CLOSING[opening])
    return True


def _opening(source: str, at: int) -> str | None:
    if source[at] == "\\":
        return source[at : at + 2] if source[at : at + 2] in CLOSING else None
    run = _DOLLARS.match(source, at)
    return run.group() if run and len(run.group()) < 3 else None


def _whole_run(state: StateInline, silent: bool) -> bool:
    """Three dollars and more are text, all of them at once."""
    run = _DOLLARS.match(state.src, state.pos)
    return bool(run) and _text(state, run.group(), silent) if run else False


def _text(state: StateInline, text: str, silent: bool) -> bool:
    if not silent:
        state.pending += text
    state.pos += len(text)
    return True


def _closing(state: StateInline, opening: str, begin: int) -> int | None:
    """Where the closing delimiter stands; the search that failed once is not made again."""
    hopeless: dict[str, int] = state.env.setdefault("unclosed", {})
    known = hopeless.get(opening)
    if known is not None and state.env.get("unclosed_in") is state.src and begin >= known:
        return None
    if state.env.get("unclosed_in") is not state.src:
        hopeless.clear()
        state.env["unclosed_in"] = state.src
    closing, at = CLOSING[opening], begin
    while (at := state.src.find(closing, at)) >= 0:
        if at >= state.posMax or not _ESCAPED.search(state.src, begin, at):
            break
        at += 1
    if at < 0:
        hopeless[opening] = begin
        return None
    return at if at < state.posMax else None


def _is_formula(source: str, start: int, begin: int, end: int, opening: str) -> bool:
    tex = markers.strip(source[begin:end])
    if not tex.strip() or len(tex) > LONGEST:
        return False
    following = markers.strip(source[end + len(CLOSING[opening]) : end + 40])
    if opening == "\\[":
        return following[:1] not in ("(", "[", ":")  # the brackets of a link, escaped
    if opening == "$":
        return _is_between_dollars(markers.strip(source[max(start - 8, 0) : start])[-1:], tex, following)
    return True


def _is_between_dollars(before: str, tex: str, following: str) -> bool:
    """Whether it is mathematics and not money, a variable, or the end of a pattern."""
    if before.isalnum() or before in ("$", "\\", "_") or "`" in tex or len(tex) > LONGEST_IN_DOLLARS:
        return False
    if tex[0].isspace() or tex[-1].isspace() or following[:1].isdigit() or following[:1] in ("$", "_"):
        return False
    if following[:1].isalpha() and not _ORDINAL.match(following):
        return False
    return not (_AMOUNT.match(tex) or _VARIABLE.fullmatch(tex))


def _unclosed(state: StateInline, opening: str, begin: int, end: int | None, silent: bool) -> bool:
    """The delimiter alone is text: `\\(` keeps its backslash while its formula is written, an escape stays one."""
    if opening in _BRACKETS:
        left, right = _BRACKETS[opening]
        rest = state.src[begin : state.posMax]
        if end is not None or not rest.strip() or rest.count(right) > rest.count(left):
            return False
    return _text(state, opening, silent)


def display(state: StateBlock, start: int, last: int, silent: bool) -> bool:
    """A paragraph that ends with the line on which its formula closes."""
    if state.is_code_block(start):
        return False
    opening = _OPENS_LINE.match(state.src, state.bMarks[start] + state.tShift[start], state.eMarks[start])
    if opening is None:
        return False
    closing = CLOSING[opening.group()]
    first = state.src[opening.end() : state.eMarks[start]]
    if closing in first and first.partition(closing)[2].strip():
        return False
    if silent:
        return True
    end = start if closing in first else _last_line(state, start, last, closing)
    _paragraph(state, start, end + 1)
    return True


def _last_line(state: StateBlock, start: int, last: int, closing: str) -> int:
    """The line that closes what `start` opened, or the last before a blank one."""
    line = start + 1
    while line < last and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if closing in state.src[state.bMarks[line] : state.eMarks[line]]:
            return line
        line += 1
    return line - 1


def _paragraph(state: StateBlock, start: int, end: int) -> None:
    content = state.getLines(start, end, state.blkIndent, False).strip()
    state.line = end
    token = state.push("paragraph_open", "p", 1)
    token.map = [start, end]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = content, [start, end], []
    state.push("paragraph_close", "p", -1)
