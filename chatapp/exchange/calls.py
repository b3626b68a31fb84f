"""Calls and what came of them, for a reader: both renderers write them as names with a text each."""

from chatapp.conversation.calls import NOT_RUN, PendingCall, Result, given_results, pending_calls
from chatapp.conversation.tree import Turn

Named = tuple[str, str]
"""A function's name, and the text of its arguments or its result."""


def calls_of(turn: Turn) -> tuple[Named, ...]:
    """What the answer asked for, with the arguments as they came."""
    return tuple((call.name, call.arguments) for call in pending_calls(turn.answer))


def results_of(turn: Turn, before: Turn | None) -> tuple[Named, ...]:
    """What the turn brought of the calls of the turn before it."""
    given = given_results(before.answer if before is not None else None, turn.input)
    return tuple((call.name, _told(call, result)) for call, result in given)


def _told(call: PendingCall, result: Result) -> str:
    if call.kind != "approval":
        return result.text if result.done else NOT_RUN
    return f"{'Approved' if result.done else 'Declined'}. {result.text}".strip()
