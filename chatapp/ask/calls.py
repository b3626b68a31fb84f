"""Function calls in a terminal: what waits is told on stderr, and --result answers it in the next command."""

from collections.abc import Mapping
from textwrap import shorten

from chatapp.ask.arguments import WrongUsage
from chatapp.ask.console import one_line
from chatapp.conversation.calls import PendingCall, Result, pending_calls
from chatapp.conversation.tree import Turn

LONGEST_ARGUMENTS = 300
YES, NO = ("yes", "approve"), ("no", "decline")


def waiting(turn: Turn) -> list[str]:
    """A sentence for each call that waits, with the options that answer it."""
    return [_told(turn, call) for call in pending_calls(turn.answer)]


def results(turn: Turn, given: Mapping[str, str], all_needed: bool) -> list[Result | None]:
    """One result a waiting call, from texts by call id. Raises WrongUsage where they do not fit; None for a call
    without a text, if not `all_needed`."""
    calls = pending_calls(turn.answer)
    known = {call.call_id for call in calls}
    strange = [call_id for call_id in given if call_id not in known]
    if strange:
        names = ", ".join(call.call_id for call in calls) or "none"
        raise WrongUsage(f"--result {strange[0]}: no such call waits there. Waiting: {names}.")
    missing = [call.call_id for call in calls if call.call_id not in given]
    if missing and all_needed:
        raise WrongUsage(
            f"{missing[0]} has no result. Give --result {missing[0]}=TEXT, or ask something: then it was not run."
        )
    return [_result(call, given[call.call_id]) if call.call_id in given else None for call in calls]


def _result(call: PendingCall, text: str) -> Result:
    if call.kind != "approval":
        return Result(text)
    word, _, reason = text.partition(":")
    if word.strip().lower() not in (*YES, *NO):
        raise WrongUsage(f"--result {call.call_id}: say yes, no, or no: REASON.")
    return Result(reason.strip(), done=word.strip().lower() in YES)


def _told(turn: Turn, call: PendingCall) -> str:
    arguments = shorten(one_line(call.arguments), LONGEST_ARGUMENTS, placeholder=" …")
    if call.kind == "approval":
        asked, answer = f"The MCP server {call.namespace} asks to run {call.name}", "yes"
    else:
        asked, answer = f"The model calls {call.name}", "TEXT"
    way = (
        f" Answer with --parent {turn.response_id} --result {call.call_id}={answer}"
        if turn.response_id
        else ""
    )
    return one_line(f"{asked} with {arguments or 'no arguments'}.{way}")
