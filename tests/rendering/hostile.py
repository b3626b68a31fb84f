"""Documents that mean to hold a reader up, or that a model in a loop writes. Each is all of its kind."""

from typing import Final

HOSTILE: Final = {
    "brackets": "[" * 8000,
    "pictures": "![" * 4000,
    "quotes": "> " * 3000 + "deep",
    "quotes without spaces": ">" * 3000 + " deep",
    "deep lists": "\n".join("  " * depth + "- x" for depth in range(300)),
    "lists in a line": "- " * 3000 + "x",
    "line": "x" * 1_000_000,
    "words": "word " * 200_000,
    "emphasis": "*a " * 50_000,
    "backticks": "`" * 100_000,
    "code spans": "a`" * 50_000,
    "tags": "<a " * 20_000,
    "entities": "&amp;" * 20_000,
    "links": "[a](https://example.org) " * 3000,
    "addresses": "https://example.org/" * 10_000,
    "columns": "| " * 200 + "|\n" + "|-" * 200 + "|\n" + ("| x " * 200 + "|\n") * 10,
    "rows": "| a | b |\n|---|---|\n" + "| one | two |\n" * 5000,
    "cell": "| a |\n|---|\n| " + "word " * 20_000 + "|\n",
    "code": "```python\n" + "x = 1\n" * 20_000 + "```\n",
    "code line": "```json\n" + '{"a": 1}, ' * 50_000 + "\n```\n",
    "open fence": "```\n" + "line of text\n" * 10_000,
    "indented": "    x = 1\n" * 10_000,
    "html": "<div>\n" + "x\n" * 10_000,
    "item": "- " + "word word\n  " * 4000,
    "quote": "> word word\n" * 4000,
    "items": "- item\n" * 5000,
    "loose items": "- item\n\n" * 3000,
    "definitions": "".join(f"[d{at}]: https://example.org/{at}\n" for at in range(10_000)) + "\nsee [d5]\n",
    "late definitions": "".join(
        f"see [d{at}]\n\n[d{at}]: https://example.org/{at}\n\n" for at in range(2000)
    ),
    "footnotes": "".join(f"see[^{at}]\n\n" for at in range(1000))
    + "".join(f"[^{at}]: Note.\n" for at in range(1000)),
}
