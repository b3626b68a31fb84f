"""Sources as BibTeX, in UTF-8: letters beyond ASCII stay as they are, what TeX reads as a sign becomes a command."""

import re
from collections.abc import Iterator, Sequence

from chatapp.exchange.reference_keys import keys
from chatapp.exchange.sources import Source, writable

_COMMANDS = {
    "\\": "{\\textbackslash}",
    "{": "{\\textbraceleft}",
    "}": "{\\textbraceright}",
    "~": "{\\textasciitilde}",
    "^": "{\\textasciicircum}",
    "<": "{\\textless}",
    ">": "{\\textgreater}",
    "|": "{\\textbar}",
    '"': "{\\textquotedbl}",
    **{sign: f"\\{sign}" for sign in "%&#$_"},
}
"""Braces as commands, because BibTeX counts \\{ as a brace."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


def render(found: Sequence[Source]) -> str:
    """An entry for each source: its file or address, its page or line, and the quoted words as its annotation."""
    entries = (_entry(source, key) for source, key in zip(found, keys(found), strict=True))
    return writable("\n".join(entries))


def _entry(source: Source, key: str) -> str:
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _fields(source))
    return f"@misc{{{key},\n{fields}}}\n"


def _fields(source: Source) -> Iterator[tuple[str, str]]:
    """The title is in braces of its own, so that no style puts a file's name in small letters."""
    yield "title", f"{{{escaped(source.name)}}}"
    if source.is_on_page:
        yield "pages", str(source.page)
    elif source.place:
        yield "note", escaped(source.place)
    if source.url:
        yield "url", _address(source.url)
    if source.quote:
        yield "annote", escaped(source.quote)


def escaped(text: str) -> str:
    """As TeX sets it: no sign in it means anything but itself."""
    return "".join(_COMMANDS.get(sign, sign) for sign in _CONTROLS.sub(" ", text))


def _address(url: str) -> str:
    """For \\url: no sign that would end the field."""
    return "".join(f"%{ord(sign):02X}" if sign in "{}\\ \r\n\t" else sign for sign in url)
