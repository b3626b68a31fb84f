"""What is mathematics and what only looks like it; formulas keep their source through every reading."""

import pytest

from chatapp.rendering.blocks import Code, List, Paragraph, Quote, Table
from chatapp.rendering.grammar import parse
from chatapp.rendering.inline import CodeSpan, Formula, Image, Link, Strong, walk
from chatapp.rendering.reading import plain_blocks
from chatapp.rendering.stream import BlockStream


def formulas(text: str) -> list[Formula]:
    found: list[Formula] = []

    def look(blocks: tuple[object, ...]) -> None:
        for block in blocks:
            match block:
                case Quote(inside):
                    look(inside)
                case List(_, _, items):
                    for item in items:
                        look(item.blocks)
                case Table(_, header, rows):
                    for row in (header, *rows):
                        for cell in row:
                            found.extend(piece for piece in walk(cell) if isinstance(piece, Formula))
                case Code():
                    pass
                case _:
                    pieces = getattr(block, "pieces", ())
                    found.extend(piece for piece in walk(pieces) if isinstance(piece, Formula))

    look(parse(text))
    return found


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("$x$", ["x"]),
        ("the $n$th of $k$-means, $x$.", ["n", "k", "x"]),
        ("($a+b$)", ["a+b"]),
        ("**$x$**", ["x"]),
        ("$a_1 * b_1 * c$", ["a_1 * b_1 * c"]),
        ("$5 \\times 3$", ["5 \\times 3"]),
        ("$2x + 3$ and $10$", ["2x + 3", "10"]),
        ("it costs $5 or $x$ of them", ["x"]),
        ("$\\$5$", ["\\$5"]),
        ("$a$, $b$", ["a", "b"]),
        ("“$x$”", ["x"]),
        ("\\(x^2\\)", ["x^2"]),
        ("\\( x_1 \\) and \\[ y \\]", ["x_1", "y"]),
        ("\\(f(x)\\)", ["f(x)"]),
        ("$$x$$", ["x"]),
        ("so $$x$$ it is", ["x"]),
        ("$$\nx\n+ y\n- z\n$$", ["x\n+ y\n- z"]),
        ("Words:\n\\[\na\n= b\n\\]\nMore.", ["a\n= b"]),
        ("$$x$$, and", ["x"]),
        ("$$\nx\n$$.", ["x"]),
        ("- item $x$\n  $$\n  y\n  $$", ["x", "y"]),
        ("> $$\n> y\n> $$", ["y"]),
        ("# $x$", ["x"]),
        ("| a |\n|---|\n| $x$ |", ["x"]),
        ("[$x$](https://example.org/)", ["x"]),
        ("$a$$", []),
        ("$x\ny$", ["x\ny"]),
        ("\\\\(x\\)", []),
        ("$5 and $10", []),
        ("$5", []),
        ("$", []),
        ("$$", []),
        ("$$$", []),
        ("$$$x$$$", []),
        ("$ x $", []),
        ("$x $", []),
        ("$x$5", []),
        ("$5-$10, $5–$10, $5/$10", []),
        ("$1,000.50 to $2,000", []),
        ("from $5 to 10$", []),
        ("I paid $5, then 10$", []),
        ("between $100k and 200k$", []),
        ("US$5 and US$6", []),
        ("A$AP and Joey Bada$$", []),
        ("5$ and 6$", []),
        ("5$-6$", []),
        ("$HOME/$USER", []),
        ("$PATH:$HOME and $HOME/$USER", []),
        ("set $foo=$bar", []),
        ("$foo and $bar", []),
        ("$1 and $2", []),
        ("^a$|^b$", []),
        ("${HOME}/${USER}", []),
        ("\\$5\\$", []),
        ("\\$x$", []),
        ("`$x$`", []),
        ("`\\(x\\)`", []),
        ("a `$` b `$`", []),
        ("$a `b$` c", []),
        ("```\n$$\nx\n$$\n```", []),
        ("    $$x$$", []),
        ("\\[not a link\\](https://example.org/)", []),
        ("\\[not a link](/foo)", []),
        ("\\(\\)", []),
        ("\\(x", []),
        ("$$\nx\n\ny\n$$", []),
        ("https://example.org/?a=$x&b=$y", []),
    ],
)
def test_what_is_mathematics(text: str, tex: list[str]) -> None:
    assert [formula.tex for formula in formulas(text)] == tex
    for formula in formulas(text):
        lines = formula.source.split("\n")
        assert all(line in text for line in lines)
        assert formula.display == formula.source.startswith(("$$", "\\["))


@pytest.mark.parametrize(
    "text", ["$5 and $10", "a $$$ b", "^a$|^b$", "costs $x", "$$\nx\n\ny\n$$", "\\(x^2 +"]
)
def test_what_is_not_mathematics_is_shown_as_it_stands(text: str) -> None:
    assert plain_blocks(parse(text)).split() == text.split()


def test_an_escape_stays_an_escape() -> None:
    assert (
        plain_blocks(parse("\\[not a link](/foo) and \\(so\\) but \\(so)"))
        == "[not a link](/foo) and \\(so\\) but (so)"
    )


def test_a_formula_is_read_and_copied_with_its_delimiters() -> None:
    assert plain_blocks(parse("So **$x^2$** and\n\n$$\na\n$$")) == "So $x^2$ and\n$$\na\n$$"


def test_addresses_in_a_formula_lead_nowhere() -> None:
    text = "$\\href{https://example.org/}{x}$ $$\\includegraphics{https://example.org/x.png}$$ \\(\\url{https://e.org/}\\)"
    (paragraph,) = parse(text)
    assert isinstance(paragraph, Paragraph)
    assert not any(isinstance(piece, Link | Image | CodeSpan | Strong) for piece in walk(paragraph.pieces))


@pytest.mark.parametrize(
    "opening", ["So \\(f(x) = x^2", "So $a_1 + b_1", "$$\na_1\n- b_1\n+ c_1", "\\[\n\\frac{a}"]
)
def test_a_formula_that_is_written_shows_as_source_until_it_closes(opening: str) -> None:
    stream = BlockStream(opening)
    assert plain_blocks(stream.blocks).split() == opening.split()
    closing = {"S": opening[3:5].replace("(", ")").removesuffix("a"), "$": "\n$$", "\\": "\n\\]"}[opening[0]]
    stream.feed(closing + "\n")
    assert len(formulas(stream.source)) == 1
    assert stream.blocks == parse(stream.source)


@pytest.mark.parametrize("opening", ["\\(", "\\[", "$$", "$", "$x", "\\(x $"])
def test_openings_without_end_cost_no_more_than_their_length(opening: str) -> None:
    text = (opening + " a ") * 3000
    assert len(plain_blocks(parse(text))) > len(text) // 2
