"""Texts like those models write, for the property tests of this folder."""

from hypothesis import strategies as st

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
]

lines = st.lists(st.sampled_from(LINES), max_size=25)
texts = st.builds(
    lambda parts, ending, newline: newline.join(parts) + ending,
    lines,
    st.sampled_from(["", "\n", "*", "`", "|"]),
    st.sampled_from(["\n", "\n", "\n", "\n", "\r\n"]),
)
wild = st.text(alphabet=st.sampled_from(list("ab \n\t*_`~[]()<>!#-+|:>1.)\\\r&;\"'")), max_size=120)


def cut(text: str, sizes: list[int]) -> list[str]:
    """`text` in pieces of the given sizes, round and round."""
    pieces, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)] if sizes else 4
        pieces.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return pieces
