"""Text that is being written, as what a screen reader says of it: by the sentence, and never a line of code.

Pure: text in any pieces goes in, what is to be said comes out. A code block, or a formula on lines of its own, is named
once; of a table its delimiters are left out, of a link its address.
"""

import re
from typing import Final

_SENTENCE: Final = re.compile(r"[.!?][ \t]|[。！？]")
_FENCE: Final = re.compile(r"\s{0,3}(?P<fence>`{3,}|~{3,}|\$\$|\\\[)[ \t]*(?P<language>[\w+#.-]*)")
_MAY_BE_FENCE: Final = re.compile(r"\s{0,3}(`{1,3}$|`{3}|~|\$|\\)|\s{0,3}$")
_CLOSING: Final = {"$$": "$$", "\\[": "\\]"}
_LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_MARKS: Final = re.compile(r"\*\*|`+|^#{1,6} |^> ?|^\|?[-:| ]{3,}\|?$\n?", re.MULTILINE)


def plain(text: str) -> str:
    """Markdown without the signs that are not worth reading out."""
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()


class Speech:
    """What has come of one answer and is not said yet."""

    def __init__(self) -> None:
        self._unsaid = ""
        self._starts_line = True
        self._closing = ""
        """What ends the block that is not read out; empty outside of one."""

    def feed(self, text: str) -> str:
        """More text; the sentences that are whole by now, or nothing."""
        self._unsaid += text
        said = ""
        while "\n" in self._unsaid:
            line, _, self._unsaid = self._unsaid.partition("\n")
            said += self._line(line) + "\n"
            self._starts_line = True
        return plain(said + self._sentences())

    def rest(self) -> str:
        """What is left at the end."""
        rest, self._unsaid = self._unsaid, ""
        return plain(self._line(rest))

    def _line(self, line: str) -> str:
        if self._closing:
            if self._closes(line):
                self._closing = ""
            return ""
        opening = _FENCE.match(line) if self._starts_line else None
        return line if opening is None else self._open(opening, line[opening.end("fence") :])

    def _closes(self, line: str) -> bool:
        bare = line.strip()
        if self._closing in _CLOSING.values():
            return bare.endswith(self._closing)
        return bare.startswith(self._closing) and not bare.strip(self._closing[0])

    def _open(self, opening: "re.Match[str]", after: str) -> str:
        fence, language = opening["fence"], opening["language"]
        if fence in _CLOSING:
            self._closing = "" if after.rstrip().endswith(_CLOSING[fence]) else _CLOSING[fence]
            return "Formula."
        self._closing = fence
        return f"Code block{' in ' + language if language else ''}."

    def _sentences(self) -> str:
        """Of the line that is being written."""
        if self._closing or (self._starts_line and _MAY_BE_FENCE.match(self._unsaid)):
            return ""
        ends = [found.end() for found in _SENTENCE.finditer(self._unsaid)]
        if not ends:
            return ""
        said, self._unsaid = self._unsaid[: ends[-1]], self._unsaid[ends[-1] :]
        self._starts_line = False
        return said
