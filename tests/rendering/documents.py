"""Texts like those models write, for the property tests of this folder."""

from hypothesis import strategies as st

from chatapp.rendering.stream import BlockStream

LINES = [
    "",
    "",
    "Plain words and more words.",
    "Some **bold** and *soft* and `code` and ~~gone~~.",
    "A [link](https://example.org/a_b) and [late] and [early][ref].",
    "[ref]: https://example.org/early 'Title'",
    "[late]: https://example.org/late",
    "# Heading",
    "Setext",
    "===",
    "---",
    "- item",
    "  continued",
    "  - nested",
    "    more",
    "* other",
    "1. first",
    "2. second",
    "10) tenth",
    "-",
    "- [ ] task",
    "- [x] done",
    "> quote",
    "> - listed",
    ">",
    "```python",
    "```",
    "~~~",
    "  ```",
    "- ```",
    "    indented",
    "\tx = 1",
    "| a | b |",
    "|---|:-:|",
    "| 1 | **2** |",
    "| only |",
    "<div>",
    "</div>",
    "text <br> text",
    "***",
    "日本語のテキスト",
    "e\u0301 \U0001f600 \u202eabc",
    "\\*not\\* &amp; &#35;",
    "line with two spaces  ",
    "https://example.org/x?y=(z).",
    "www.example.org/a_b* and me@example.org",
    "A claim[^1] and another[^long-label].",
    "[^1]: The note",
    "[^long-label]: Another",
    "    more of it",
    "Then $x_1 * y_1$ of $5 and $10, \\(a*b*c\\).",
    "$$",
    "\\[",
    "\\]",
    "+ \\frac{1}{2} \\\\",
    "$$ x $$",
    "- $$",
    "> \\[",
]

GFM = [
    "| a | b |\n| - | -: |\n| x | `y\\|z` |\n| **only** |\n| too | many | cells |\n> quote\n",
    "| a |\n| - | - |\nno table\n",
    "Words\n| a | b |\n|:-:|---|\nplain row\n\nend\n",
    "| a | b |\n|---|---|\n",
    "- [ ] open\n- [x] done\n  - [X] inside\n- [ ]no task\n1. [x] numbered\n",
    "~~gone~~ ~one~ ~~~three~~~ a~~b~~c\n",
    "~~not\n\nover paragraphs~~\n",
    "www.example.org www.example.org/a.b. (www.example.org/(x)) www.example.org/?q=a&hl; www.a.b<c\n",
    "http://a.org https://b.org/?q=(x)). http://localhost:8000/x **https://a.org/x_y** `https://a.org`\n",
    "foo@bar.baz hello+xyz@mail.example a.b-c_d@a.b- mailto:a@b.example. http://user@host.org/\n",
    "[https://a.org](https://b.org) <https://c.org> ![www.d.org](https://e.org)\n",
    "See[^1] and[^note] and[^none].\n\n[^1]: One.\n[^note]: Two\n    lines.\n\n    - and a list\n\nAfter[^1].\n",
    "[^a]:\n    Late.\n\n[^a]: Again.\n[b]: https://example.org\n\n[b] [^a] [^A]\n",
    "> In a quote[^q].\n[^q]: Ends it.\n\n- [^l]: in an item\n- x[^l]\n",
]
"""One text and more for each thing GitHub adds."""

lines = st.lists(st.sampled_from(LINES), max_size=25)
texts = st.builds(
    lambda parts, ending, newline: newline.join(parts) + ending,
    lines,
    st.sampled_from(["", "\n", "*", "`", "|"]),
    st.sampled_from(["\n", "\n", "\n", "\n", "\r\n"]),
)
wild = st.text(alphabet=st.sampled_from(list("ab \n\t*_`~[]()<>!#-+|:>1.)\\\r&;\"'$$$")), max_size=120)


def cut(text: str, sizes: list[int]) -> list[str]:
    """`text` in pieces of the given sizes, round and round."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)] if sizes else 4
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


def streamed(text: str, lengths: list[int], look: bool = True) -> BlockStream:
    """`text` fed in pieces, looked at after each as a window does, and finished."""
    stream = BlockStream()
    for piece in cut(text, lengths):
        stream.feed(piece)
        if look:
            stream.open()
    stream.finish()
    return stream
