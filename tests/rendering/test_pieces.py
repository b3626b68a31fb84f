"""What becomes of links, pictures, HTML and code: only safe pieces, and every word kept."""

import subprocess
import sys

import pytest

from chatapp.rendering import addresses
from chatapp.rendering.blocks import Code, Heading, List, Paragraph, Raw, Table
from chatapp.rendering.grammar import parse
from chatapp.rendering.inline import CodeSpan, Image, LineBreak, Link, Strike, Text, walk
from chatapp.rendering.reading import plain_blocks
from chatapp.rendering.sanitize import safe_href


def links(text: str) -> list[str]:
    return [
        piece.href
        for block in parse(text)
        if isinstance(block, Paragraph)
        for piece in walk(block.pieces)
        if isinstance(piece, Link)
    ]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "smb://host/share",
        "\\\\host\\share",
        "//host/path",
        "vbscript:x",
        "ms-msdt:/id",
        "ftp://host/",
        "relative/path",
        "#anchor",
        "https:",
        "https:///",
        "mailto:nobody",
        "https://e/" + "x" * 5000,
    ],
)
def test_an_address_that_may_not_be_followed_stays_text(address: str) -> None:
    assert safe_href(address) is None
    for text in (f"[words]({address})", f"[words](<{address}>)", f"<{address}>", f"![words]({address})"):
        pieces = [
            piece for block in parse(text) if isinstance(block, Paragraph) for piece in walk(block.pieces)
        ]
        assert all(not isinstance(piece, Image) for piece in pieces)
        assert all(safe_href(piece.href) for piece in pieces if isinstance(piece, Link))


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b", "\x00"])
def test_unseen_characters_in_an_address_are_refused_or_spelled_out(unseen: str) -> None:
    assert safe_href(f"https://example.org/{unseen}") is None
    assert all("%" in href for href in links(f"[a](https://example.org/{unseen})"))


def test_allowed_addresses_become_links() -> None:
    assert links("[a](https://example.org/x 'T') <mailto:a@example.org> http://example.org/y.") == [
        "https://example.org/x",
        "mailto:a@example.org",
        "http://example.org/y",
    ]


def test_a_homoglyph_host_shows_its_real_name() -> None:
    assert links("[bank](https://exаmple.org/)") == ["https://xn--exmple-4nf.org/"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.org/x_y, then", "https://a.org/x_y"),
        ("(https://a.org/x)", "https://a.org/x"),
        ("https://a.org/x(y)z", "https://a.org/x(y)z"),
        ("“https://a.org/”", "https://a.org/"),
        ("https://a.org/__init__.py*a*", "https://a.org/__init__.py*a"),
        ("**https://a.org**", "https://a.org"),
        ("[see https://a.org]", "https://a.org"),
        ("www.a.org/b.", "www.a.org/b"),
        ("https://a.org/?q=b&hl;", "https://a.org/?q=b"),
        ("参见https://a.org/b。然后", "https://a.org/b"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("write to a.b-c_d@a.b.", "a.b-c_d@a.b"),
        ("mailto:foo@bar.baz", "mailto:foo@bar.baz"),
    ],
)
def test_an_address_written_out_ends_before_the_punctuation(text: str, address: str) -> None:
    assert [text[found.start : found.end] for found in addresses.find(text)] == [address]
    assert links(text)


@pytest.mark.parametrize(
    "text",
    [
        "a.b-c_d@a.b-",
        "a.b-c_d@a.b_",
        "hello@mail+xyz.example",
        "www.",
        "awww.b.org",
        "https://a_b/",
        "ftp://a.org",
        "`https://a.org`",
        "a@b",
    ],
)
def test_what_is_no_address_stays_text(text: str) -> None:
    assert links(text) == []


def test_an_address_in_the_words_of_a_link_leads_where_the_link_does() -> None:
    assert links("[https://a.org/x](https://b.org) and <https://c.org>") == [
        "https://b.org",
        "https://c.org",
    ]


def test_a_picture_is_a_chip_with_its_address() -> None:
    (paragraph,) = parse("![a *cat*](https://example.org/cat.png)")
    assert paragraph == Paragraph((Image("https://example.org/cat.png", "a cat", ""),))


def test_html_is_text() -> None:
    assert parse("<script>alert(1)</script>\n") == (Raw("<script>alert(1)</script>"),)
    assert parse("a <b>c</b> d") == (
        Paragraph((Text("a "), Text("<b>"), Text("c"), Text("</b>"), Text(" d"))),
    )
    assert parse("a<br>b") == (Paragraph((Text("a"), LineBreak(), Text("b"))),)


def test_gfm() -> None:
    table, tasks, paragraph = parse("| a | b |\n|:-:|--:|\n| 1 |\n\n- [x] done\n- [ ] open\n\n~~gone~~ `x`")
    assert isinstance(table, Table)
    assert table.alignments == ("center", "right")
    assert table.rows == (((Text("1"),), ()),)
    assert isinstance(tasks, List)
    assert [item.checked for item in tasks.items] == [True, False]
    assert paragraph == Paragraph((Strike((Text("gone"),)), Text(" "), CodeSpan("x")))


def test_what_models_write_directly_after_a_paragraph() -> None:
    kinds = [type(block) for block in parse("Words:\n- a\n- b\n\nWords:\n| a |\n|---|\n| b |\n")]
    assert kinds == [Paragraph, List, Paragraph, Table]


def test_an_unclosed_fence_is_code_to_the_end() -> None:
    assert parse("```python\n# not a heading\n") == (Code("python", "# not a heading"),)


def test_lists_know_their_start_and_spacing() -> None:
    first, second = parse("3. a\n4. b\n\n- x\n\n- y\n")
    assert isinstance(first, List)
    assert isinstance(second, List)
    assert (first.start, first.tight) == (3, True)
    assert (second.start, second.tight) == (None, False)


def test_plain_text_of_blocks() -> None:
    text = "# T\n\n- [x] a\n  1. b\n\n> q\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert plain_blocks(parse(text)) == "T\n☑ a\n1. b\nq\na\tb\n1\t2"
    assert isinstance(parse(text)[0], Heading)


def test_nothing_is_read_from_network_or_disk() -> None:
    """Hostile documents are parsed in a fresh interpreter that stops at any attempt to open or connect."""
    script = """
import sys
import pygments.lexers, chatapp.rendering.code as code
from chatapp.rendering.grammar import parse
code.Colouring("python", "x").advance(1)
def refuse(event, args):
    if event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        raise SystemExit(f"{event} {args}")
sys.addaudithook(refuse)
for address in ("file:///etc/passwd", "https://example.org/x.png", "//host/share", "data:image/png;base64,AA=="):
    parse(f"![x]({address})\\n\\n<img src='{address}'>\\n\\n[a]: {address}\\n\\n[a]")
    parse(f"<style>@import '{address}'</style>")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
