"""Strips written as Markdown: read again they are what they were; parts of blocks are valid blocks."""

import pytest

from chatapp.desktop.transcript.cutting import Cutter
from chatapp.desktop.transcript.runs import units
from chatapp.desktop.transcript.selection import SELECTABLE, Position
from chatapp.desktop.transcript.strips import GAP, Frame, Row, Selectable
from chatapp.desktop.transcript.writing import Part, written
from chatapp.rendering.grammar import parse
from tests.benchmarks.stream import document
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import TEXT, answer


def strips_of(text: str) -> list[Selectable]:
    cutter = Cutter(lambda words, bold: len(words))
    for block in parse(text):
        cutter.block(block, Frame(), GAP)
    return [strip for strip in cutter.strips if isinstance(strip, SELECTABLE)]


def parts_of(strips: list[Selectable]) -> list[Part]:
    header: Row | None = None
    found = []
    for strip in strips:
        if isinstance(strip, Row):
            header = strip if strip.header else header
        found.append(Part(strip, 0, units(strip.text), header if isinstance(strip, Row) else None))
    return found


SAMPLES = (
    TEXT,
    document(4_000),
    "# One\n\n### Three with `code`\n\nA **bold**, an *italic*, a ***both*** and ~~gone~~ word.",
    "1. one\n2. two\n   - in two\n   - again\n\n     with a paragraph\n3. three",
    "- [ ] to do\n- [x] done",
    "> quoted\n>\n> - in a quote\n>\n> > deeper\n\n> another",
    "- ```python\n  x = 1\n  ```\n- > quoted in an item",
    "1\\. no list\n\n\\# no heading\n\n2 * 3 * 4 and snake_case_name and `a ` b`",
    "````\n```\nfence in a fence\n```\n````",
    "| a \\| b | c |\n|:--|:-:|\n| `x` | **y** |\n| [l](https://e.org/a_(b)) | |",
    "See [**the** rule](https://example.org/x?a=1&b=2) and https://example.org.",
    "line one\nline two\\\nline three",
    "\n".join(["```", *(f"line {at}" for at in range(70)), "```"]),
    "10. ten\n11. eleven\n\n    more of eleven",
)


@pytest.mark.parametrize("text", SAMPLES)
def test_what_is_written_reads_as_it_was(text: str) -> None:
    strips = strips_of(text)
    again = written(parts_of(strips))
    assert strips_of(again) == strips, again


@pytest.mark.parametrize("text", SAMPLES)
def test_any_stretch_of_strips_reads_as_them(text: str) -> None:
    """But for the bullets and quotes that began before it."""
    strips, parts = strips_of(text), parts_of(strips_of(text))
    for low in range(len(parts)):
        for high in range(low + 1, min(low + 4, len(parts)) + 1):
            again = strips_of(written(parts[low:high]))
            words = [strip.text for strip in again if strip.text]
            wanted = [strip.text for strip in strips[low:high] if strip.text]
            header = parts[low].header
            if header is not None and header != strips[low]:
                wanted = [header.text, *wanted]
            assert words == wanted


def test_a_part_of_a_table_keeps_its_header_and_a_part_of_a_list_its_items(show: Show) -> None:
    view = show(answer(), height=900)
    entry = view.column.entries[0]
    at = {strip.text: place for place, strip in enumerate(entry.strips or ())}

    def taken(first: str, start: int, last: str, end: int) -> str:
        view.selection.anchor = Position(entry, at[first], start)
        view.selection.head = Position(entry, at[last], end)
        return view.selected_markdown()

    assert taken("Sensor\t$3,400", 2, "Sensor\t$3,400", 4) == (
        "| Action | Cost |\n| --- | ---: |\n| Sensor | $3,400 |".replace("$", "\\$")
    )
    assert taken("first", 0, "first", 5) == "- first"
    assert taken("second", 0, "print(73)", 5) == "- second\n\n```python\nprint\n```"
    prose = next(text for text in at if text.startswith("The AD"))
    assert taken(prose, 4, prose, 23) == "AD affects **73 airpl**"
    assert taken(prose, 0, "second", 6) == TEXT[: TEXT.index("\n\n```")]
