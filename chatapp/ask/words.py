"""Failures in the words of a terminal: there is nothing to click here, and nothing is kept in a field."""

from collections.abc import Mapping
from textwrap import shorten

from chatapp.ask.console import one_line
from chatapp.conversation.failures import Failure, describe

LONGEST_DETAILS = 160
"""Characters of the server's own words."""
OF_THE_WINDOW = (
    "Nothing was sent and your text is kept.",
    "Your question is kept, and what had arrived too.",
    "Your question is kept.",
    "Your text is kept.",
)
"""Sentences about the message field."""
AGAIN = "Ask again."
HALF = "What was printed is not complete. Ask again."

ADVICE: Mapping[str, str] = {
    "no_key": "Put the key into an environment variable and name it with --key-env.",
    "wrong_key": "Check the key that --key-env names.",
    "forbidden": "The key may not do this. Choose another --model or another key.",
    "unknown_model": "Choose another --model.",
    "not_found": "Check --server, --store and --parent.",
    "stale_parent": "Check --parent, or ask without it.",
    "rate_limit": "Wait a little, then ask again.",
    "quota": "Add credit at the provider, or choose another --server.",
    "too_long": "Try --set truncation=auto, or ask without --parent.",
    "bad_parameter": "Change its --set, or leave it out.",
    "bad_request": "",
    "no_images": "Choose another --model, or leave the image out.",
    "no_files": "Choose another --model or --server, or leave the file out.",
    "bad_image": "Save the image as PNG or JPEG, perhaps smaller, and ask again.",
    "server_error": f"The fault is on its side. {AGAIN}",
    "unreachable": "Check that it runs, its address, and the network.",
    "tls": "Check the address, or install its certificate authority.",
    "proxy": "Check the proxy of the environment, or the one set for the server.",
    "ca_file": "Choose another certificate file in the server's settings.",
    "insecure": "A key is not sent over plain http to another computer. Use an https address.",
    "timeout": f"Nothing came for too long. {AGAIN}",
    "cut": HALF,
    "unanswered": AGAIN,
    "lost": HALF,
    "interrupted": HALF,
    "malformed": HALF,
    "oversized": HALF,
    "error": HALF,
    "failed": AGAIN,
    "filtered": "Change the wording.",
    "engine": AGAIN,
}
"""What helps, by the kind of failure; other kinds have words of their own that fit here too."""
TITLES: Mapping[str, str] = {"stale_parent": "The server does not have the answer that --parent names"}


def told(failure: Failure) -> str:
    """Title, what to do, and the server's own words in brackets: one line."""
    of_the_table = failure.kind in ADVICE and failure.title == describe(failure.kind).title
    title = TITLES.get(failure.kind, failure.title) if of_the_table else failure.title
    text = ADVICE[failure.kind] if of_the_table else _without_the_window(failure.text)
    if failure.kind == "incomplete" and failure.details in ("max_output_tokens", "length"):
        text = "Raise the cap with --set max_output_tokens=N, or leave it out."
    details = shorten(failure.details, LONGEST_DETAILS, placeholder=" …")
    if not details and len(one_line(failure.details)) > 0:
        details = f"{one_line(failure.details)[:LONGEST_DETAILS]} …"
    return one_line(f"{title}. {text} {f'({details})' if details and details not in text else ''}")


def _without_the_window(text: str) -> str:
    for sentence in OF_THE_WINDOW:
        text = text.replace(sentence, "")
    return text
