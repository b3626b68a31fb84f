"""Addresses that stand in a text without any markup: GitHub's extended autolinks.

`find` says where they are; `link` and `text` are the parser's rules that use it, so that a star or an underscore
within an address is part of it. Where an address ends in other scripts' punctuation it ends there.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it.rules_inline.state_inline import StateInline

from chatapp.rendering.sanitize import safe_href

_ENDS: Final = (
    r"\s<>\"`\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # spaces, quotes, what is unseen
    r"\u3000-\u3003\u3008-\u3011\u3014-\u301f\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"  # 。，「」（）
    r"\U000f0000-\U000ffffd"  # citation markers
)
_URL = re.compile(rf"(?<![A-Za-z0-9])(?:https?://|(?<![./@\w-])www\.)[^{_ENDS}]+", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:https?://)?([^/?#:@]*)", re.IGNORECASE)
_MAIL = re.compile(
    r"(?<![A-Za-z0-9._+-])(?:mailto:)?[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&[A-Za-z0-9]+;$")
_TRAILING: Final = "?!.,:;*_~'\"“”’…"


@dataclass(frozen=True, slots=True)
class Address:
    """A half-open range of a text, and where it leads."""

    start: int
    end: int
    href: str


def find(text: str) -> list[Address]:
    """The addresses of `text` in order, none within another, without the sentence's punctuation."""
    if "://" not in text and "@" not in text and "www." not in text.lower():
        return []
    found: list[Address] = []
    for address in sorted((*_urls(text), *_mailboxes(text)), key=lambda address: address.start):
        if not found or address.start >= found[-1].end:
            found.append(address)
    return found


def _urls(text: str) -> Iterator[Address]:
    for match in _URL.finditer(text):
        start, end = match.span()
        end = _without_trailing(text, start, end)
        written = text[start:end]
        bare = written[:4].lower() == "www."
        href = f"http://{written}" if bare else written
        if _has_domain(written, bare) and safe_href(href):
            yield Address(start, end, href)


def _has_domain(address: str, dotted: bool) -> bool:
    """Whether a name follows that may be a host's: no underscore in its last two parts."""
    found = _DOMAIN.match(address)
    parts = found.group(1).split(".") if found else [""]
    return bool(parts[0]) and "_" not in "".join(parts[-2:]) and (not dotted or bool(parts[-1]))


def _mailboxes(text: str) -> Iterator[Address]:
    for match in _MAIL.finditer(text) if "@" in text else ():
        if match.group()[-1] not in "-_" and text[match.end() : match.end() + 1] not in ("@", "-", "_"):
            written = match.group()
            href = written if written[:7].lower() == "mailto:" else f"mailto:{written}"
            yield Address(match.start(), match.end(), href)


def _without_trailing(text: str, start: int, end: int) -> int:
    end = _balanced(text, start, end)
    surplus = text.count(")", start, end) - text.count("(", start, end)
    while end > start:
        if text[end - 1] == ")" and surplus > 0:
            surplus -= 1
        elif text[end - 1] == ";" and (entity := _ENTITY.search(text, max(start, end - 34), end)):
            end = entity.start() + 1
        elif text[end - 1] not in _TRAILING:
            break
        end -= 1
    return end


def _balanced(text: str, start: int, end: int) -> int:
    """Where the first bracket closes that was not opened since `start`: it belongs to the markup around."""
    depth = 0
    for at in range(start, end) if "]" in text[start:end] else ():
        depth += (text[at] == "[") - (text[at] == "]")
        if depth < 0:
            return at
    return end


class AddressedInline(StateInline):
    """The state of the prose phase of one text; knows where addresses stand in it."""

    _addresses: list[Address] | None = None

    def after(self, position: int) -> Address | None:
        """The first address that begins after a position."""
        if self._addresses is None:
            self._addresses = find(self.src)
        at = bisect_right(self._addresses, position, key=lambda address: address.start)
        return self._addresses[at] if at < len(self._addresses) else None


def text(state: StateInline, silent: bool) -> bool:
    """The parser's rule for plain text: up to the next character that may mean something, or the next address."""
    stop = state.md.inline.terminator_re.search(state.src, state.pos)
    end = min(stop.start() if stop else state.posMax, state.posMax)
    following = _after(state, state.pos)
    if following is not None:
        end = min(end, following.start)
    if end <= state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : end])
    state.pos = end
    return True


def link(state: StateInline, silent: bool) -> bool:
    """The parser's rule for an address; in the words of a link it is text."""
    found = _after(state, state.pos - 1)
    if found is None or found.start != state.pos or found.end > state.posMax or state.linkLevel:
        return False
    if not silent:
        href = state.md.normalizeLink(found.href)
        if not state.md.validateLink(href):
            return False
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = state.src[found.start : found.end]
        state.push("link_close", "a", -1)
    state.pos = found.end
    return True


def _after(state: StateInline, position: int) -> Address | None:
    assert isinstance(state, AddressedInline)
    return state.after(position)
