"""What is said of a server while it is set up: where no question is at stake."""

import re

from chatapp.conversation.failures import Failure, describe

PLAIN: dict[str, str] = {
    describe(kind).title: advice
    for kind, advice in {
        "no_key": "Choose where its key comes from, and enter it.",
        "wrong_key": "Check the key.",
        "not_found": "Check the base URL: it ends with /v1 for most servers.",
        "unreachable": "Check that it runs, its base URL, and the network.",
        "timeout": "Nothing came for too long. Check that it runs, then check again.",
        "tls": "Its certificate was not accepted. Check the base URL, or choose a certificate file.",
        "insecure": "A key is not sent over plain http to another computer. Use an https address.",
        "server_error": "The fault is on its side.",
        "malformed": "What answers there does not speak the Responses API. Check the base URL.",
        "rate_limit": "Wait a little, then check again.",
        "proxy": "Check the proxy.",
        "ca_file": "Choose another certificate file.",
    }.items()
}
"""What a failed check means, by its title."""
OF_A_QUESTION = re.compile(r"\b(is|are) kept\b|\b[Rr]etry\b|had arrived")


def of_failure(failure: Failure) -> str:
    return plainly(f"{failure.title}. {failure.text}")


def plainly(text: str) -> str:
    """A failure's title and what to do about it, without what belongs to a question that was asked."""
    title, _, rest = text.partition(". ")
    if title in PLAIN:
        return f"{title}. {PLAIN[title]}"
    kept = [words for words in re.split(r"(?<=[.!?])\s+", rest) if not OF_A_QUESTION.search(words)]
    return " ".join([f"{title.rstrip('.')}.", *kept])
