"""A conversation's automatic title: the first words of its first question."""

LIMIT = 48
"""Characters; what a row of the conversation list can show."""


def title_for(text: str) -> str:
    """The first sentence or line of `text`, cut at a word, never longer than LIMIT; "" for blank text."""
    words = " ".join(text.split())
    for end in ("? ", ". ", "! ", "。", "？"):
        head, found, _ = words.partition(end)
        if found and len(head) >= 8:
            words = head + (end.strip() if end[0] in "?？" else "")
            break
    if len(words) <= LIMIT:
        return words
    head = words[: LIMIT - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > LIMIT // 2 else head).rstrip(" ,;:") + "…"
