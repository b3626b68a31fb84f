"""What a conversation cost, in words: the total of the turns on screen, and of how many it is known. Pure."""

from collections.abc import Callable, Sequence

from chatapp.conversation.costs import Cost, money, together
from chatapp.conversation.tree import Turn
from chatapp.desktop.turn_details import day_words

NOT_KNOWN = "What this conversation cost is not known."


def spending_words(path: Sequence[Turn], cost_of: Callable[[Turn], Cost | None]) -> str:
    """ "These 12 turns cost $0.12, by prices of 25 November 2026. Of 1 of them it is not known." """
    ended = [turn for turn in path if turn.answer.status.ended]
    costs = [cost for turn in ended if (cost := cost_of(turn)) is not None]
    if not costs:
        return NOT_KNOWN if ended else ""
    if all(cost.free for cost in costs):
        said = "No charge for these turns."
    else:
        totals = together(cost for cost in costs if not cost.free)
        amounts = " and ".join(money(cost.amount, cost.currency) for cost in totals.values())
        day = day_words(min(filter(None, (cost.dated for cost in totals.values())), default=""))
        standard = ", some of it at standard price" if any(cost.standard for cost in totals.values()) else ""
        said = f"These turns cost {amounts}{standard}" + (f", by prices of {day}." if day else ".")
    missing = len(ended) - len(costs)
    return f"{said} Of {missing} of {len(ended)} it is not known." if missing else said
