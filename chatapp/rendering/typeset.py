"""A formula in TeX as outlines that can be filled in any colour, at any size.

ziamath sets the type. It is not made for what strangers write: its time doubles with every level of nesting, and
what it does not know it sets as letters. So what is too deep, too long or not understood is refused here, and whoever
calls this does so in a process that can be ended (`__main__`).
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element

if TYPE_CHECKING:
    from ziamath.zmath import Math

UNITS: Final = 100.0
"""Units of a drawing to the em."""
LONGEST: Final = 2_000  # characters of TeX
DEEPEST: Final = 8  # groups within groups
HEAVIEST: Final = 12_000  # characters, each counted twice as often as those a level higher
LARGEST: Final = 400 * UNITS  # a drawing's width and height
MOST_CELLS: Final = 400

_DEEPER: Final = re.compile(r"\\left\b|\\begin\b|(?<!\\)\{|(?P<back>\\right\b|\\end\b|(?<!\\)\})")
_REFUSED: Final = re.compile(
    r"\\(?:(?:re)?newcommand|def|let|includegraphics|input|include|href|url|html\w*|hspace|vspace|rule|kern|raise"
    r"|lower|write|read|open\w*|special|catcode|csname)\b"
)
"""Commands that define others, load something, lead somewhere or claim room without end."""
_TAG: Final = re.compile(r"\\tag\*?\{([^{}]*)\}")
_WORDS: Final = re.compile(r"\\(?:text(?:rm|bf|it|normal)?|mbox)\{[^{}]*\}")
"""What goes through to MathML letter by letter."""
_SET_ASIDE: Final = re.compile(r"\\(?:label|nonumber|notag)\b(?:\{[^{}]*\})?")
_ENVIRONMENTS: Final = {
    "equation": "",
    "equation*": "",
    "displaymath": "",
    "gather": "matrix",
    "gather*": "matrix",
    "gathered": "matrix",
    "smallmatrix": "matrix",
}
"""What is set as another one, or as if it were not there."""
_KNOWN: Final = {"align", "align*", "aligned", "array", "cases", "split", "substack"} | {
    f"{kind}matrix{star}" for kind in ("", "p", "b", "B", "v", "V") for star in ("", "*")
}
_BEGIN_END: Final = re.compile(r"\\(begin|end)\{([^{}]*)\}")
_ESCAPED: Final = re.compile(r"\\([%_$#])")
_COMMAND: Final = re.compile(r"\\(?:[A-Za-z]+|.)?|linebreak")
"""What is left where a command was not understood."""


class Unreadable(ValueError):
    """The formula cannot be drawn; the message says why, in words for the reader."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line of a width along an outline."""

    outline: str
    width: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Outlines of M, L, Q and Z with their numbers, the baseline at 0 and y downwards, `UNITS` to the em.

    It reaches from `left` to `left + width`, `ascent` above the baseline and `descent` below.
    """

    left: float
    width: float
    ascent: float
    descent: float
    filled: str
    strokes: tuple[Stroke, ...] = ()


def typeset(tex: str, display: bool) -> Drawing:
    """Raises Unreadable for what is not understood or too large."""
    _check(tex)
    formula = _set(_prepared(tex), display)
    box = formula.node.bbox
    left, right, low, high = box.xmin, box.xmax, box.ymin, box.ymax
    if not (0 < right - left <= LARGEST and 0 < high - low <= LARGEST):
        raise Unreadable("It is empty or too large to be drawn.")
    elements = list(formula.svgxml())
    filled = " ".join(outline for element in elements for outline in _filled(element))
    strokes = tuple(stroke for element in elements for stroke in _stroked(element))
    return Drawing(round(left, 1), round(right - left, 1), round(high, 1), round(-low, 1), filled, strokes)


def _check(tex: str) -> None:
    refused = _REFUSED.search(tex)
    if refused:
        raise Unreadable(f"The command {refused.group()} is not followed.")
    if len(tex) > LONGEST or tex.count("&") + tex.count("\\\\") > MOST_CELLS:
        raise Unreadable("It is too long to be drawn.")
    depth = weight = last = 0
    for found in _DEEPER.finditer(tex):
        weight += (found.start() - last) << depth
        last = found.start()
        depth = max(depth - 1, 0) if found.group("back") else depth + 1
        if depth > DEEPEST or weight > HEAVIEST:
            raise Unreadable("It is nested too deeply to be drawn.")


def _prepared(tex: str) -> str:
    """`tex` in the words that ziamath knows: no labels, an equation's number in brackets behind it."""
    for found in _BEGIN_END.finditer(tex):
        if found.group(2) not in _KNOWN and found.group(2) not in _ENVIRONMENTS:
            raise Unreadable(f"The environment {found.group(2)} is not known.")
    tex = _SET_ASIDE.sub("", tex)
    tex = _WORDS.sub(lambda found: escape(found.group().replace("\\&", "&"), quote=False), tex)
    tex = _TAG.sub(r"\\qquad (\\text{\1})", tex)
    return _BEGIN_END.sub(_environment, tex)


def _environment(found: re.Match[str]) -> str:
    name = _ENVIRONMENTS.get(found.group(2), found.group(2))
    return f"\\{found.group(1)}{{{name}}}" if name else ""


def _set(tex: str, display: bool) -> "Math":
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from ziamath.config import config
            from ziamath.tex import tex2mml
            from ziamath.zmath import Math

            config.svg2 = False
            config.precision = 1
            mathml = _ESCAPED.sub(r"\1", tex2mml(tex, inline=not display))
            unknown = _COMMAND.search(mathml)
            if unknown is None:
                return Math(mathml, size=UNITS)
    except Exception as problem:
        raise Unreadable("It is not complete, or not TeX.") from problem
    raise Unreadable(f"Something in it is not known: {unknown.group()}")


def _filled(element: Element) -> Iterator[str]:
    if element.get("stroke") is None:
        yield _outline(element)


def _stroked(element: Element) -> Iterator[Stroke]:
    if element.get("stroke") is not None:
        yield Stroke(_outline(element), float(element.get("stroke-width") or 1))


def _outline(element: Element) -> str:
    if element.tag == "path":
        return element.get("d", "").strip()
    if element.tag != "rect":
        raise Unreadable("It holds something that cannot be drawn.")
    x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
    return f"M {x} {y} L {x + width} {y} L {x + width} {y + height} L {x} {y + height} Z"
