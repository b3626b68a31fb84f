"""Messages for the tests of this folder."""

from chatapp.desktop.transcript.messages import (
    Answer,
    Message,
    Notice,
    Question,
    ReasoningItem,
    SearchItem,
    TextItem,
)

TEXT = """The AD affects **73 airplanes of U.S. registry**. See [the rule](https://example.org/rule).

| Action | Cost |
|---|--:|
| Wiring | $10,505 |
| Sensor | $3,400 |

- first
- second

```python
print(73)
```

The end.
"""
AFTER_REGISTRY = TEXT.index(" See")


def question(number: int = 1, text: str = "How many airplanes are affected?") -> Question:
    return Question(f"q{number}", text)


def answer(number: int = 1, text: str = TEXT, **changes: object) -> Answer:
    markers = ((AFTER_REGISTRY, 1),) if text == TEXT else ()
    items = (ReasoningItem("Counting.", 2.0), SearchItem(("airplanes",), 8, 2), TextItem(text, markers))
    return Answer(f"a{number}", "gpt-5.6 · 4.2 s", items, **changes)  # type: ignore[arg-type]


def conversation(turns: int, paragraphs: int = 6) -> list[Message]:
    """Turns with answers of about a screen each."""
    body = "\n\n".join(f"Paragraph {at} " + "with words that go on " * 12 for at in range(paragraphs))
    return [
        message
        for turn in range(turns)
        for message in (question(turn, f"Question {turn}"), answer(turn, f"Answer {turn}. {body}"))
    ]


CUT = Notice(
    "danger",
    "The connection was cut",
    "What had arrived is kept.",
    "ReadError: peer closed",
    (("continue", "Continue"), ("retry", "Retry")),
)
