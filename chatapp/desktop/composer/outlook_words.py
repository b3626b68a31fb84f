"""What a question will take, in words: one line under the message field, and the lines of the numbers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.conversation.costs import Cost, money
from chatapp.conversation.forecast import Fit, Forecast
from chatapp.conversation.prices import Price
from chatapp.desktop.turn_details import day_words


@dataclass(frozen=True, slots=True)
class Outlook:
    """`costs` are the least and the most, None where they are not known; `fit` is None where the window is not."""

    expected: Forecast
    model: str
    server: str
    price: Price | None = None
    fit: Fit | None = None
    costs: tuple[Cost, Cost | None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is no room for it in the model."""
        return self.fit is not None and not self.fit.fits


def line_words(outlook: Outlook) -> str:
    """ "About 1,240 tokens · $0.0031 to $0.012 · 1 % of the window", first what does not fit; "" where there is nothing
    to tell yet."""
    expected = outlook.expected
    if not expected.total and not expected.uncounted:
        return ""
    facts = [tokens_words(expected), _files_words(expected), cost_words(outlook)]
    facts.insert(0 if outlook.is_full else 3, window_words(outlook))
    return " · ".join(filter(None, facts))


def tokens_words(expected: Forecast) -> str:
    return f"{expected.total:,} tokens" if expected.told is not None else f"About {expected.total:,} tokens"


def _files_words(expected: Forecast) -> str:
    if not expected.uncounted:
        return ""
    return "and a file" if expected.uncounted == 1 else f"and {expected.uncounted} files"


def cost_words(outlook: Outlook) -> str:
    """ "$0.0031 to $0.012", "from $0.0031" where nobody knows how long the answer will be; "" without a price."""
    if outlook.costs is None:
        return ""
    least, most = outlook.costs
    if least.free:
        return "no charge"
    low = money(least.amount, least.currency)
    standard = " at standard price" if least.standard else ""
    if most is not None and most.amount > least.amount:
        return f"{low} to {money(most.amount, most.currency)}{standard}"
    return f"{'about' if outlook.expected.likely or most is not None else 'from'} {low}{standard}"


def window_words(outlook: Outlook) -> str:
    fit = outlook.fit
    if fit is None:
        return ""
    if not fit.fits:
        return f"Too long for {outlook.model}, which takes {fit.limit:,}"
    return f"{_percent(fit.share)} of the window" if fit.share >= 0.005 else ""


def notes(outlook: Outlook) -> Iterator[str]:
    """What is to be known of the numbers, a sentence each."""
    expected, price = outlook.expected, outlook.price
    if expected.told is not None:
        yield f"{outlook.server} counted the whole; the parts are estimated."
    else:
        yield "Estimated from the words, and from what the server counted of the turns before."
    if expected.uncounted:
        yield "Files inside the question are not counted: the server says afterwards what they took."
    if outlook.fit is not None and outlook.fit.fits:
        share = _percent(outlook.fit.share, 1)
        yield f"{outlook.model} takes {outlook.fit.limit:,} tokens in: this is {share} of them."
    if price is None or outlook.costs is None:
        yield f"There is no price for {outlook.model or 'this model'} at {outlook.server}."
        return
    if outlook.costs[0].free:
        yield "No charge is made for this server."
        return
    yield _answer_note(expected)
    yield "Cached input costs less; tools and what a search finds are charged on top."
    if outlook.costs[0].standard:
        yield "The price of this service tier is not known: shown at standard price."
    day = day_words(price.dated)
    yield f"Prices{f' of {day}' if day else ''}: {price.source or 'yours'}."


def warning(outlook: Outlook) -> str:
    """What is said where there is no room for the question, "" where there is."""
    fit, price = outlook.fit, outlook.price
    if fit is None or fit.fits or price is None:
        return ""
    room = "with the longest answer that is likely, " if outlook.expected.total <= fit.limit else ""
    return (
        f"This does not fit: {room}{outlook.model} takes {price.window or fit.limit:,} tokens in all. "
        "Begin a new conversation, or branch from an earlier turn."
    )


def _answer_note(expected: Forecast) -> str:
    likely = (
        f"as the recent ones, {expected.likely:,} tokens"
        if expected.likely is not None
        else "of no length yet"
    )
    if expected.most is None:
        return f"With an answer {likely}. Without “Max output tokens” there is no upper bound."
    return f"From an answer {likely}, to one of {expected.most:,}, the most it may have."


def _percent(share: float, digits: int = 0) -> str:
    return f"{share * 100:.{digits}f} %"
