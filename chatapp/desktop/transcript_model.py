"""Turns of a conversation as messages of the transcript: pure. `transcript_pane` shows what is made here."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from chatapp.conversation.answer import Answer, OutputItem, Status
from chatapp.conversation.calls import PendingCall, Result, given_results, parsed, pending_calls
from chatapp.conversation.citations import Citation, Passage, cite, passages
from chatapp.conversation.costs import Cost, cost_words
from chatapp.conversation.failures import ALSO_KEPT, Failure, Remedy
from chatapp.conversation.parameters import in_force
from chatapp.conversation.results import results_of
from chatapp.conversation.structured import Verdict
from chatapp.conversation.tree import Attachment, Tree, Turn
from chatapp.desktop.composer.words import HOW_ICONS, HOW_WORDS
from chatapp.desktop.structured_answers import present_text, present_verdict
from chatapp.desktop.transcript import messages
from chatapp.desktop.transcript.folds import results_text
from chatapp.desktop.transcript.messages import (
    CallItem,
    Item,
    Notice,
    Question,
    ReasoningItem,
    ResultItem,
    Severity,
)
from chatapp.desktop.transcript_items import probabilities, readable, tool_items
from chatapp.desktop.turn_details import details
from chatapp.protocol.json_types import JsonObject, index_of, object_of, text_of

QUESTION, ANSWER = "question-", "answer-"
NO_WORDS = "(without words)"

REMEDIES: dict[Remedy, str] = {
    Remedy.RETRY: "Retry",
    Remedy.CONTINUE: "Continue",
    Remedy.EDIT: "Edit the question",
    Remedy.RESUME: "Resume",
    Remedy.SET_KEY: "Set the key",
    Remedy.CHOOSE_MODEL: "Choose a model",
    Remedy.CHANGE_PARAMETERS: "Change parameters",
    Remedy.OPEN_SETTINGS: "Open settings",
    Remedy.RESTART_ENGINE: "Restart the engine",
    Remedy.ASK_WHOLE: "Send the turns along",
}
GO_ON = (Remedy.CONTINUE, Remedy.RETRY)
GOING_ON = (Remedy.CONTINUE, Remedy.RESUME)
"""Remedies that need a model which writes on from where it was."""
SHORT_JSON = 60
"""Characters of arguments that stay on one line."""
ENGINE = "engine"
ANOTHER_SERVER = ("choose_server", "Use another server")
CANCEL = ("stop", "Cancel")
ELSEWHERE = ("unreachable", "unknown_server")
"""Kinds of failures that another server would not have."""
ENDS: dict[Status, Failure] = {
    Status.STOPPED: Failure(
        "stopped", "This answer was stopped", "What had arrived is kept.", remedies=GO_ON
    ),
    Status.CUT: Failure("cut", "The answer broke off", "What had arrived is kept.", remedies=GO_ON),
    Status.INCOMPLETE: Failure(
        "incomplete", "The answer is incomplete", "The server ended it.", remedies=GO_ON
    ),
    Status.FAILED: Failure("failed", "The server failed", "Your question is kept.", remedies=(Remedy.RETRY,)),
    Status.ERROR: Failure(
        "error", "The server reported an error", "Your question is kept.", remedies=(Remedy.RETRY,)
    ),
}
NOTHING_CAME = Failure(
    "stopped", "This answer was stopped", "Your question is kept.", remedies=(Remedy.RETRY,)
)
SEVERITIES: dict[Status, Severity] = {
    Status.STOPPED: "info", Status.CUT: "warning", Status.INCOMPLETE: "warning", Status.FAILED: "danger",
    Status.ERROR: "danger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Presented:
    """An answer for the transcript. `places` says at which of its items a text of the answer stands:
    (item, part) → index; what is not in it cannot simply grow there."""

    message: messages.Answer
    places: dict[tuple[int, int], int]


def key_of_answer(turn_id: str) -> str:
    return f"{ANSWER}{turn_id}"


def turn_of(key: str) -> str:
    """The turn's id in the key of a message."""
    return key.removeprefix(QUESTION).removeprefix(ANSWER)


def present_question(tree: Tree, turn: Turn, originals: Mapping[str, Path] | None = None) -> Question:
    """`originals` are the kept images that are known so far, by their hashes."""
    time = datetime.fromtimestamp(turn.created_at).strftime("%H:%M")
    files = tuple(_file(attachment, originals or {}) for attachment in turn.attachments)
    text = turn.text if turn.text.strip() or not files else NO_WORDS
    return Question(f"{QUESTION}{turn.id}", text, files, time, _results(tree, turn))


def _file(attachment: Attachment, originals: Mapping[str, Path]) -> messages.File:
    picture = originals.get(attachment.sha256) if is_picture(attachment) else None
    return messages.File(
        attachment.filename,
        HOW_WORDS[attachment.how],
        HOW_ICONS[attachment.how],
        picture,
        attachment.media_type,
    )


def is_picture(attachment: Attachment) -> bool:
    """Whether there is a kept image to be shown."""
    return bool(attachment.sha256) and attachment.media_type.startswith("image/")


def title_of(tree: Tree, turn: Turn) -> str:
    """A turn in a line: what was asked, or which results were brought."""
    return " ".join(turn.text.split()) or results_text(_results(tree, turn))


def _results(tree: Tree, turn: Turn) -> tuple[ResultItem, ...]:
    asking = tree.get(turn.parent_id)
    given = given_results(asking.answer if asking is not None else None, turn.input)
    return tuple(_result(call, result) for call, result in given)


def _result(call: PendingCall, result: Result) -> ResultItem:
    if call.kind != "approval":
        return ResultItem(call.name, result.text, result.done)
    decision = "Approved." if result.done else "Declined."
    return ResultItem(call.name, f"{decision} {result.text}".strip())


def present_answer(
    tree: Tree,
    turn: Turn,
    verdict: Verdict | None = None,
    cost: Cost | None = None,
    favourite: bool = False,
    on_server: str = "",
) -> Presented:
    """`verdict` is what was found out of an answer that was to be JSON, `cost` what it cost as far as that is known,
    `on_server` how it stands with it there."""
    answer = turn.answer
    items, places = _items(turn, verdict)
    if waits(tree, turn):
        items = tuple(replace(item, waiting=True) if isinstance(item, CallItem) else item for item in items)
    siblings = [sibling.id for sibling in tree.siblings(turn.id)] if turn.id in tree else [turn.id]
    message = messages.Answer(
        key=key_of_answer(turn.id),
        header=f"{header(turn, cost)} · favourite" if favourite else header(turn, cost),
        items=items,
        notice=notice(answer, turn.server),
        siblings=(siblings.index(turn.id) + 1, len(siblings)),
        streaming=not answer.status.ended,
        note=turn.note or "",
        details=details(turn, cost, on_server) if answer.status.ended else "",
        favourite=favourite,
    )
    return Presented(message, places)


def size_of_answer(answer: Answer) -> tuple[int, int]:
    """The characters and the lines of its texts, for who has to know how long it is before it is presented."""
    texts = [part.text for item in answer.items if item.type == "message" for part in item.parts]
    return sum(map(len, texts)), sum(text.count("\n") for text in texts)


def waits(tree: Tree, turn: Turn) -> bool:
    """Whether an answer's calls wait for results that nothing below it brings."""
    return bool(pending_calls(turn.answer)) and not tree.children(turn.id)


def header(turn: Turn, cost: Cost | None = None) -> str:
    """ "gpt-5.6 · effort medium · temperature 0.2 · 4.2 s · 1,312 tokens · $0.0123", as far as it is known; the
    temperature only where it was asked for."""
    answer = turn.answer
    asked = turn.request.get("temperature")
    effort = in_force(answer.response or turn.request, "reasoning.effort")
    if answer.status.ended and not answer.items and answer.response is None:
        model = text_of(turn.request.get("model"))
        return f"{model} · not answered" if model else "not answered"
    seconds = turn.finished_at - turn.created_at if turn.finished_at is not None else None
    tokens = total_tokens(answer.usage)
    facts = (
        answer.model or text_of(turn.request.get("model")) or "waiting for the server",
        f"effort {effort}" if isinstance(effort, str) else "",
        f"temperature {asked:g}" if isinstance(asked, int | float) else "",
        "queued on the server" if answer.status is Status.QUEUED else "",
        f"{seconds:.1f} s" if seconds is not None else "",
        f"{tokens:,} tokens" if tokens else "",
        cost_words(cost) if cost is not None and not cost.free else "",
    )
    return " · ".join(fact for fact in facts if fact)


def total_tokens(usage: JsonObject | None) -> int:
    """Input and output of an answer; 0 when the server did not say."""
    counts = object_of(usage)
    total = index_of(counts.get("total_tokens"))
    if total is not None:
        return total
    return (index_of(counts.get("input_tokens")) or 0) + (index_of(counts.get("output_tokens")) or 0)


def notice(answer: Answer, server: str = "") -> Notice | None:
    """The card under an answer that did not simply complete. `server` is the id of the connection that was asked."""
    failure = answer.failure or ENDS.get(answer.status)
    if failure is None:
        return None
    if answer.status is Status.STOPPED and not answer.items:
        failure = NOTHING_CAME
    if server == ENGINE:
        failure = of_the_engine(failure)
    actions = [(remedy.value, REMEDIES[remedy]) for remedy in failure.remedies]
    if failure.kind in ELSEWHERE:
        actions.insert(1, ANOTHER_SERVER)
    severity = SEVERITIES.get(answer.status, "danger")
    text = failure.text if answer.items else failure.text.replace(ALSO_KEPT, "")
    return Notice(severity, failure.title, text, failure.details, tuple(actions))


def waiting(reason: str, seconds: float) -> Notice:
    """The card over an answer that has to wait: why, and for how long still. Cancelling keeps the question."""
    left = math.ceil(seconds)
    text = f"{reason} in {left} s." if left > 0 else f"{reason} now."
    return Notice("info", "Waiting for the server", text, actions=(CANCEL,))


def of_the_engine(failure: Failure) -> Failure:
    """The built-in engine answers from passages: it has nothing to write on from."""
    remedies = tuple(remedy for remedy in failure.remedies if remedy not in GOING_ON) or (Remedy.RETRY,)
    text = failure.text.replace("Continue it, or r", "R").replace("Continue it.", "Retry.")
    return replace(failure, remedies=remedies, text=text)


def _items(turn: Turn, verdict: Verdict | None) -> tuple[tuple[Item, ...], dict[tuple[int, int], int]]:
    citations = cite(turn.answer)
    shown: list[Item] = []
    places: dict[tuple[int, int], int] = {}
    for place, item in enumerate(turn.answer.items):
        if item.type == "message":
            for part_place, part in enumerate(item.parts):
                if part.kind == "output_text":
                    places[place, part_place] = len(shown)
                marks = [mark for mark in citations if (mark.item, mark.part) == (place, part_place)]
                shown.append(present_text(turn, part, tuple((mark.index, mark.number) for mark in marks)))
                if part.logprobs and turn.answer.status.ended:
                    shown.append(probabilities(part.logprobs))
            continue
        present = _PRESENT.get(item.type)
        shown += [present(item, turn, citations)] if present else tool_items(item, turn.answer.status.ended)
    shown += present_verdict(turn, verdict)
    return tuple(shown), places


def _reasoning(item: OutputItem, turn: Turn, citations: Sequence[Citation]) -> Item:
    thought = turn.answer.status.ended or any(other.type == "message" for other in turn.answer.items)
    seconds = turn.first_token_at - turn.created_at if thought and turn.first_token_at is not None else None
    return ReasoningItem("\n\n".join(part.text for part in item.parts if part.text), seconds)


def _search(item: OutputItem, turn: Turn, citations: Sequence[Citation]) -> Item:
    queries = item.raw.get("queries")
    results = results_of(item.raw)
    done = item.stage == "completed" or turn.answer.status.ended
    listed = bool(results) or isinstance(item.raw.get("results"), list)
    found = _found_by(item, turn)
    return messages.SearchItem(
        tuple(text for text in map(text_of, queries) if text) if isinstance(queries, list) else (),
        len(results) if done and listed else None,
        _cited(found, citations) if turn.answer.status.ended else None,
        tuple(map(_in_a_line, found)),
    )


def _found_by(item: OutputItem, turn: Turn) -> tuple[Passage, ...]:
    """The passages that one of an answer's searches returned: each search goes on counting."""
    at = next(place for place, other in enumerate(turn.answer.items) if other is item)
    before = len(passages(replace(turn.answer, items=turn.answer.items[:at])))
    upto = len(passages(replace(turn.answer, items=turn.answer.items[: at + 1])))
    return passages(turn.answer)[before:upto]


def _cited(found: Sequence[Passage], citations: Sequence[Citation]) -> int:
    """How many of the passages are cited; where none are known, how many sources are."""
    ranks = {mark.passage.rank for mark in citations if mark.passage is not None}
    if found:
        return sum(passage.rank in ranks for passage in found)
    return len({mark.number for mark in citations if mark.passage is None})


def _in_a_line(passage: Passage) -> str:
    """ "a.pdf · p. 5 · score 0.90" """
    place = f"p. {passage.page}" if passage.page is not None else ""
    place = place or (f"line {passage.line}" if passage.line is not None else "")
    score = f"score {passage.score:.2f}" if passage.score is not None else ""
    return " · ".join(fact for fact in (passage.filename or passage.file_id, place, score) if fact)


def _call(item: OutputItem, turn: Turn, citations: Sequence[Citation]) -> Item:
    name = text_of(item.raw.get("name")) or "a function"
    if item.type == "mcp_approval_request":
        return messages.CallItem(name, _pretty(readable(item.arguments)), "asking")
    written = item.stage == "completed" or turn.answer.status.ended
    return messages.CallItem(name, _pretty(readable(item.arguments)), "made" if written else "writing")


def _pretty(arguments: str) -> str:
    """JSON, on lines of its own where it is long; anything else, and what is still being written, as it is."""
    try:
        value = parsed(arguments)
    except ValueError:
        return arguments
    short = json.dumps(value, ensure_ascii=False) if value else ""
    return short if len(short) <= SHORT_JSON else json.dumps(value, indent=2, ensure_ascii=False)


_PRESENT: dict[str, Callable[[OutputItem, Turn, Sequence[Citation]], Item]] = {
    "reasoning": _reasoning,
    "function_call": _call,
    "custom_tool_call": _call,
    "mcp_approval_request": _call,
    "file_search_call": _search,
}
