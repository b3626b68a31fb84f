"""One HTML page: formatted as models mean it, harmless whatever they wrote."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.tree import Turn
from chatapp.exchange import markdown
from chatapp.exchange.html import render
from tests.exchange.test_markdown import TEXT, cited, note
from tests.storage import samples


def answered(text: str) -> Turn:
    return samples.completed(samples.question(), text)


def article(text: str) -> str:
    """What the page makes of an answer."""
    page = render(samples.head(), [answered(text)])
    return page.split("<h2>m-1</h2>")[1].split("</article>")[0].replace("\n", "")


DIALECT = {
    "a list after a paragraph": ("Look:\n- a\n- b", "<p>Look:</p><ul><li>a</li><li>b</li></ul>"),
    "two-space nesting": (
        "- a\n  - b\n    - c\n- d",
        "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>",
    ),
    "four-space nesting": ("- a\n    - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
    "numbers with brackets": ("1) a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
    "a fence": (
        "```py\nif a < b:\n    c\n```",
        '<pre><code class="language-py">if a &lt; b:    c</code></pre>',
    ),
    "a fence in an item": (
        "1. a\n   ```\n   x\n     y\n   ```\n2. b",
        "<ol><li><p>a</p><pre><code>x  y</code></pre></li><li><p>b</p></li></ol>",
    ),
    "an open fence": ("```\n# no heading", "<pre><code># no heading</code></pre>"),
    "a table after a paragraph": (
        "T:\n| a | b |\n|---|:-:|\n| 1 | 2 |",
        "<p>T:</p><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
    ),
    "struck through": ("~~x~~ `~~y~~`", "<p><del>x</del> <code>~~y~~</code></p>"),
    "emphasis": ("**a** *b* `c`", "<p><strong>a</strong> <em>b</em> <code>c</code></p>"),
    "a tag as a word": ("Use <div> here", "<p>Use &lt;div&gt; here</p>"),
    "a picture": (
        "![map](https://a.example/m.png)",
        '<p><a href="https://a.example/m.png" rel="noopener noreferrer">map</a></p>',
    ),
    "text after a list": ("- a\n\nb", "<ul><li>a</li></ul><p>b</p>"),
    "a rule": ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
}


@pytest.mark.parametrize("case", DIALECT)
def test_markdown_as_models_write_it(case: str) -> None:
    text, html = DIALECT[case]
    assert article(text) == html


def test_markers_lead_to_numbered_sources() -> None:
    page = render(samples.head(), [cited(TEXT, note(TEXT.index(" (see")))])
    assert 'airplanes<sup><a href="#source-1-1" rel="noopener noreferrer">1</a></sup> (see' in page
    assert '<li id="source-1-1" value="1">a_b.pdf, page 5: “FAA: this' in page


def test_a_marker_within_code_stays_a_marker() -> None:
    text = "```\nx = 73\n```"
    page = render(samples.head(), [cited(text, note(text.index("73") + 2))])
    assert 'x = 73<sup><a href="#source-1-1"' in page


class Inventory(HTMLParser):
    """Every tag and attribute a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)


DANGEROUS_TAGS = {
    "script",
    "iframe",
    "img",
    "object",
    "embed",
    "form",
    "input",
    "svg",
    "link",
    "base",
    "video",
}
EVIL = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "<img src=x onerror=alert(1)>",
    '![x](x" onerror="alert(1))',
    "[x](data:text/html,<script>alert(1)</script>)",
    '<a href="file:///etc/passwd">x</a>',
    '``` "><script>alert(1)</script>\nx\n```',
    "[a]: javascript:alert(1)\n\n[a]",
    '<https://a.example/" onmouseover=alert(1)>',
    "\x02wzxhzdk:0\x03 \ue0000\ue001 \ue0020-1\ue003",
    "| a |\n|---|\n| <b onclick=x> |",
]


def check_harmless(page: str) -> None:
    found = Inventory()
    found.feed(page.split("<body>")[1])
    assert not found.tags & DANGEROUS_TAGS
    for name, value in found.attributes:
        assert not name.startswith("on")
        if name in ("href", "src"):
            assert (value or "").startswith(("http://", "https://", "mailto:", "#source-")), value


@pytest.mark.parametrize("text", EVIL)
@pytest.mark.parametrize("where", ["answer", "question", "title", "marked"])
def test_nothing_a_model_writes_can_run_or_fetch(text: str, where: str) -> None:
    title = text if where == "title" else "T"
    turn = samples.question(text=text) if where == "question" else answered(text)
    if where == "marked":
        turn = cited(text, *(note(index, f"f{index}", text) for index in range(len(text) + 1)))
    check_harmless(render(samples.head(title=title), [turn]))


def test_half_a_surrogate_pair_does_not_stop_an_export() -> None:
    turn = samples.completed(samples.question(text="a\ud800"), "b\udfff")
    for page in (
        render(samples.head(title="c\ud800"), [turn]),
        markdown.render(samples.head(title="c\ud800"), [turn]),
    ):
        assert page.encode().count("\ufffd".encode()) >= 3


@settings(max_examples=80, deadline=None)
@given(
    text=st.one_of(
        samples.texts, st.text(alphabet="<>\"'[]()!`~*_#|-+ \n:/=aj1\ue000\ue001\ue002", max_size=60)
    ),
    index=st.integers(0, 60),
)
def test_any_text_gives_a_harmless_page(text: str, index: int) -> None:
    check_harmless(render(samples.head(title=text), [cited(text, note(index, "f1", text))]))


def test_the_page_needs_nothing_else() -> None:
    page = render(samples.head(title="<b>"), [answered("x")])
    assert "default-src 'none'" in page
    assert "<title>&lt;b&gt;</title>" in page
    assert "<link" not in page
    assert "@import" not in page


@pytest.mark.parametrize("text", ["[" * 8_000, "[a](" * 4_000, "![" * 8_000, "[" * 4_000 + "]" * 4_000])
def test_no_text_takes_for_ever(text: str) -> None:
    """8,000 brackets take python-markdown 14 s; the bound leaves room for a slow machine."""
    start = time.perf_counter()
    render(samples.head(), [answered(text)])
    assert time.perf_counter() - start < 3
