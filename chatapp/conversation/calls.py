"""The calls at which an answer stops until the user says what came of them, and the items that say it.

A function or custom tool wants its output, an MCP server the user's consent. Every call of an answer is answered in
one input: servers refuse a follow-up that leaves one out.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chatapp.conversation.answer import Answer, OutputItem, Status
from chatapp.protocol.json_types import Json, JsonObject, is_deeper_than, text_of

CallKind = Literal["function", "custom", "approval"]

NOT_RUN: Final = "The user did not run this."
"""The output of a call that was passed over."""

DEEPEST: Final = 100
TOO_DEEP: Final = f"It is nested more than {DEEPEST} levels deep."

_KINDS: Mapping[str, CallKind] = {
    "function_call": "function",
    "custom_tool_call": "custom",
    "mcp_approval_request": "approval",
}
_ANSWERS: Mapping[str, str] = {
    "function_call_output": "call_id",
    "custom_tool_call_output": "call_id",
    "mcp_approval_response": "approval_request_id",
}
"""Items that answer a call, and the field that names it."""


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call without an answer. `call_id` is what the answer refers to, `arguments` the text the model wrote: JSON for
    a function, as a rule. `namespace` is the function's, or the label of the MCP server that wants to be used."""

    call_id: str
    name: str
    arguments: str
    kind: CallKind = "function"
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What the user says of a call: its output, or for an approval the reason. Not `done`: passed over, declined."""

    text: str = ""
    done: bool = True


def pending_calls(answer: Answer) -> tuple[PendingCall, ...]:
    """Calls that are whole and have no answer, in order. The same call sent twice is one.

    An answer that ended early keeps its whole calls; one that broke off, failed or was stopped asks for nothing.
    """
    if answer.status not in (Status.COMPLETED, Status.INCOMPLETE):
        return ()
    answered = {name for item in answer.items for name in _names_answered(item)}
    calls = [_call(item) for item in answer.items if item.type in _KINDS and item.stage == "completed"]
    return tuple(call for call in dict.fromkeys(calls) if call.call_id and call.call_id not in answered)


def answers(calls: Sequence[PendingCall], results: Sequence[Result]) -> tuple[JsonObject, ...]:
    """The input items for one result a call, in the calls' order. Raises ValueError for another number of them."""
    return tuple(_ITEMS[call.kind](call, result) for call, result in zip(calls, results, strict=True))


def answers_in(items: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Those of a turn's input items that answer calls."""
    return tuple(item for item in items if text_of(item.get("type")) in _ANSWERS)


def id_answered(item: JsonObject) -> str:
    """The call that an item of `answers_in` answers."""
    return text_of(item.get(_ANSWERS[text_of(item.get("type"))]))


def results_in(calls: Sequence[PendingCall], items: Iterable[JsonObject]) -> tuple[Result | None, ...]:
    """What input items say of each call; None where they say nothing. Calls that share an id are told by order."""
    left = list(answers_in(items))
    return tuple(_taken(call, left) for call in calls)


def given_results(
    asking: Answer | None, items: Iterable[JsonObject]
) -> tuple[tuple[PendingCall, Result], ...]:
    """What a turn's input says of calls, and of which. Where the answer that asked is not known, an id is the name."""
    known = {call.call_id: call for call in pending_calls(asking)} if asking is not None else {}
    given = [(id_answered(item), item) for item in answers_in(items)]
    return tuple((known.get(name) or _unknown(name, item), _result(item)) for name, item in given)


def parsed(arguments: str) -> Json:
    """What the text of a call's arguments holds. Raises ValueError where it is not JSON, or nested deeper than anybody
    reads."""
    try:
        value = json.loads(arguments)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if is_deeper_than(value, DEEPEST):
        raise ValueError(TOO_DEEP)
    return value


def only_answers(items: Sequence[JsonObject]) -> bool:
    """Whether a turn's input is nothing but results, with no words of the user's beside them."""
    return bool(items) and len(answers_in(items)) == len(items)


def answered_calls(items: Iterable[JsonObject]) -> list[JsonObject]:
    """Items to be sent again, less what servers refuse: a call that none of them answers, and the same call twice."""
    sent = list(items)
    answered = {id_answered(item) for item in answers_in(sent)}
    kept: list[JsonObject] = []
    for item in sent:
        name = _name_of_call(item)
        if name is None or (name in answered and item not in kept):
            kept.append(item)
    return kept


def without_force(tool_choice: Json) -> Json:
    """The choice for a turn that brings results: one that forces a call would have it called for ever."""
    if isinstance(tool_choice, dict) and tool_choice.get("type") == "allowed_tools":
        return {**tool_choice, "mode": "auto"}
    return tool_choice if tool_choice in (None, "none") else "auto"


def _call(item: OutputItem) -> PendingCall:
    raw = item.raw
    kind = _KINDS[item.type]
    own = text_of(raw.get("id")) or item.id or ""
    return PendingCall(
        call_id=own if kind == "approval" else text_of(raw.get("call_id")) or own,
        name=text_of(raw.get("name")),
        arguments=item.arguments,
        kind=kind,
        namespace=text_of(raw.get("server_label" if kind == "approval" else "namespace")),
    )


def _name_of_call(item: JsonObject) -> str | None:
    kind = _KINDS.get(text_of(item.get("type")))
    return None if kind is None else text_of(item.get("id" if kind == "approval" else "call_id"))


def _names_answered(item: OutputItem) -> Iterable[str]:
    """Servers that run tools of their own put the outputs beside the calls."""
    field = "approval_request_id" if item.type == "mcp_call" else _ANSWERS.get(item.type)
    name = text_of(item.raw.get(field)) if field else ""
    return (name,) if name else ()


def _function(call: PendingCall, result: Result) -> JsonObject:
    return {"type": "function_call_output", "call_id": call.call_id, "output": _output(result)}


def _custom(call: PendingCall, result: Result) -> JsonObject:
    return {"type": "custom_tool_call_output", "call_id": call.call_id, "output": _output(result)}


def _approval(call: PendingCall, result: Result) -> JsonObject:
    reason = {"reason": result.text} if result.text else {}
    return {
        "type": "mcp_approval_response",
        "approval_request_id": call.call_id,
        "approve": result.done,
        **reason,
    }


def _output(result: Result) -> str:
    return result.text if result.done else NOT_RUN


_ITEMS: Mapping[CallKind, Callable[[PendingCall, Result], JsonObject]] = {
    "function": _function,
    "custom": _custom,
    "approval": _approval,
}


def _unknown(name: str, item: JsonObject) -> PendingCall:
    return PendingCall(name, name, "", "approval" if "approve" in item else "function")


def _taken(call: PendingCall, left: list[JsonObject]) -> Result | None:
    for place, item in enumerate(left):
        if id_answered(item) == call.call_id:
            return _result(left.pop(place))
    return None


def _result(item: JsonObject) -> Result:
    if "approve" in item:
        return Result(text_of(item.get("reason")), item["approve"] is True)
    output = item.get("output")
    return Result("", False) if output == NOT_RUN else Result(_words(output))


def _words(output: Json) -> str:
    """An output is text, or a list of parts of which those with text are read."""
    parts = output if isinstance(output, list) else [{"text": output}]
    return "\n".join(text_of(part.get("text")) for part in parts if isinstance(part, dict))
