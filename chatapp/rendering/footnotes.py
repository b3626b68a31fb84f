"""Footnotes as GitHub has them: `[^label]` in the text, `[^label]: …` and what is indented under it.

Both keep the label they were written with, and a note stands where it was written. So no number depends on what is
yet to come, and nothing moves when an answer is complete.
"""

import re
from typing import Final

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline.state_inline import StateInline

from chatapp.rendering import markers

ENDS: Final = ["paragraph", "reference", "blockquote"]  # what a note may directly follow
INDENT: Final = 4  # columns by which the further lines of a note are indented

_SIGN = re.compile(r"\[\^([^\]\[\s]+)\]")
_NOTE = re.compile(r"\[\^([^\]\[\s]+)\]:[ \t]*")


def _key(label: str) -> str:
    return normalizeReference(markers.strip(label))


def note(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """The parser's rule for a note: a container, like the item of a list."""
    begin = state.bMarks[first] + state.tShift[first]
    found = None if state.is_code_block(first) else _NOTE.match(state.src, begin, state.eMarks[first])
    if found is None or silent:
        return found is not None
    label = markers.strip(found.group(1))
    state.env["notes"].setdefault(_key(label), {"map": [first, first + 1]})
    token = state.push("note_open", "", 1)
    token.content = label
    token.map = lines = [first, 0]
    _inside(state, first, end, found.end())
    lines[1] = state.line
    state.push("note_close", "", -1)
    return True


def _inside(state: StateBlock, first: int, end: int, content: int) -> None:
    """Parse what belongs to a note: from `content` on, and the lines that are indented."""
    kept = state.bMarks[first], state.tShift[first], state.sCount[first], state.tight, state.parentType
    state.blkIndent += INDENT
    state.bMarks[first], state.tShift[first], state.sCount[first] = content, 0, state.blkIndent
    state.parentType = "note"
    state.md.block.tokenize(state, first, end)
    state.blkIndent -= INDENT
    state.bMarks[first], state.tShift[first], state.sCount[first], state.tight, state.parentType = kept


def sign(state: StateInline, silent: bool) -> bool:
    """The parser's rule for a reference; without a note of that label it is text."""
    found = _SIGN.match(state.src, state.pos, state.posMax)
    if found is None or _key(found.group(1)) not in state.env.get("notes", {}):
        return False
    if not silent:
        state.push("note_sign", "", 0).content = markers.strip(found.group(1))
    state.pos = found.end()
    return True
