"""How long a text is, in tokens, where no model is there to say."""

BYTES_PER_TOKEN = 4
"""UTF-8 bytes a token: within about a tenth of the common tokenizers on English prose, and sane for CJK
(three bytes a character, so three quarters of a token)."""


def estimate_tokens(text: str) -> int:
    """Tokens in `text`, estimated as its UTF-8 length over BYTES_PER_TOKEN, rounded up."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)
