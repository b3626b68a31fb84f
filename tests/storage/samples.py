"""Conversations and turns for tests: some by hand, any at all by hypothesis. Also used by tests/exchange."""

import re
from dataclasses import replace
from typing import Any, get_args

from hypothesis import strategies as st

from chatapp.conversation.answer import Answer, Logprob, OutputItem, Part, PartKind, Status, UnknownEvents
from chatapp.conversation.costs import Cost
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.inputs import DETAILS, Enclosure, How, Kind
from chatapp.conversation.tree import Attachment, Conversation, Turn
from chatapp.protocol.json_types import JsonObject


def head(conversation_id: str = "c1", title: str = "A talk", **fields: Any) -> Conversation:
    return replace(Conversation(conversation_id, title, 1.0, 2.0), **fields)


def question(turn_id: str = "t1", text: str = "How many?", **fields: Any) -> Turn:
    """A turn that has just begun."""
    items = ({"role": "user", "content": text},)
    begun = Turn(turn_id, "c1", None, 3.0, "engine", text, items, {"model": "m", "input": text})
    return replace(begun, **fields)


def message(text: str, item_id: str = "msg_1", annotations: tuple[JsonObject, ...] = ()) -> OutputItem:
    """A message as the reducer leaves it: its raw object says the same as its parts."""
    content = {"type": "output_text", "text": text, "annotations": list(annotations)}
    raw = {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": [content]}
    return OutputItem("message", item_id, (Part("output_text", text, annotations),), "", "completed", raw)


def completed(turn: Turn, text: str, response_id: str = "resp_1") -> Turn:
    """The turn answered by one message, with the final response."""
    item = message(text)
    usage = {"input_tokens": 1, "output_tokens": 2}
    response = {
        "id": response_id,
        "status": "completed",
        "output": [item.raw],
        "usage": usage,
        "model": "m-1",
    }
    answer = Answer(Status.COMPLETED, response_id, "m-1", (item,), usage, response=response, last_sequence=9)
    return replace(turn, answer=answer, first_token_at=3.5, finished_at=4.0)


def cut(turn: Turn, text: str) -> Turn:
    """The turn with half an answer and no final response."""
    failure = Failure("cut", "Cut off", "Try again.", "EOF", (Remedy.CONTINUE, Remedy.RETRY), 1.5)
    item = OutputItem("message", None, (Part("output_text", text),))
    return replace(
        turn, answer=Answer(Status.CUT, "resp_cut", None, (item,), failure=failure), finished_at=4.0
    )


_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
texts = st.one_of(st.text(), st.text(st.characters(categories=["L", "Cs", "Cc", "So"]))).filter(
    lambda text: not _PAIR.search(text)
)
"""Any text that JSON can bring: also lone halves of surrogate pairs, but no two side by side."""

times = st.floats(0, 1e11)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)

part_kinds: st.SearchStrategy[PartKind] = st.sampled_from(
    ("output_text", "refusal", "reasoning_text", "summary_text", "command", "output")
)
logprobs = st.recursive(
    st.builds(Logprob, texts, times),
    lambda inner: st.builds(Logprob, texts, times, st.lists(inner, max_size=2).map(tuple)),
    max_leaves=3,
)
parts = st.builds(
    Part,
    part_kinds,
    texts,
    st.lists(json_objects, max_size=2).map(tuple),
    st.lists(logprobs, max_size=2).map(tuple),
)
probabilities = st.fixed_dictionaries(
    {"token": texts, "logprob": json_values}, optional={"top_logprobs": json_values}
)
part_objects = st.fixed_dictionaries(
    {"type": st.one_of(part_kinds, texts)},
    optional={
        "text": json_values,
        "refusal": texts,
        "annotations": st.lists(json_values, max_size=2),
        "logprobs": st.lists(probabilities, max_size=2),
    },
)
raw_items = st.one_of(
    json_objects,
    st.fixed_dictionaries(
        {"type": st.just("message")},
        optional={
            "content": st.lists(part_objects, max_size=3),
            "summary": st.lists(part_objects, max_size=2),
        },
    ),
)
items = st.one_of(
    st.builds(message, texts, texts, st.lists(json_objects, max_size=2).map(tuple)),
    st.builds(
        OutputItem, texts, st.none() | texts, st.lists(parts, max_size=3).map(tuple), texts, texts, raw_items
    ),
)
failures = st.builds(
    Failure,
    texts,
    texts,
    texts,
    texts,
    st.lists(st.sampled_from(Remedy), max_size=3).map(tuple),
    st.none() | times,
)


costs = st.builds(
    Cost,
    st.floats(0, 1e6),
    texts.filter(bool),
    texts,
    st.booleans(),
    st.booleans(),
    st.lists(texts, max_size=2).map(tuple),
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer; often one whose response repeats its items, or items that are nearly the same."""
    found = draw(st.lists(items, max_size=3).map(tuple))
    output = [draw(st.one_of(st.just(item.raw), json_values, raw_items)) for item in found]
    repeated = draw(json_objects) | {"output": draw(st.one_of(st.just(output), json_values))}
    return Answer(
        status=draw(st.sampled_from(Status)),
        response_id=draw(st.none() | texts),
        model=draw(st.none() | texts),
        items=found,
        usage=draw(st.none() | json_objects),
        incomplete_reason=draw(st.none() | texts),
        failure=draw(st.none() | failures),
        response=draw(st.one_of(st.none(), json_objects, st.just(repeated))),
        last_sequence=draw(st.none() | st.integers(0, 2**40)),
        unknown=draw(
            st.lists(st.builds(UnknownEvents, texts, st.integers(1, 2**40), json_objects), max_size=2).map(
                tuple
            )
        ),
    )


ways = st.sampled_from(get_args(How))
attachments = st.builds(
    Attachment, texts, st.integers(0, 2**60), texts, st.none() | texts, ways, texts, texts
)
enclosures = st.builds(
    Enclosure,
    texts,
    texts,
    texts,
    texts,
    st.none() | ways,
    st.sampled_from(DETAILS),
    st.sampled_from(get_args(Kind)),
)
turns = st.builds(
    Turn,
    id=texts,
    conversation_id=st.just("c1"),
    parent_id=st.none() | texts,
    created_at=times,
    server=texts,
    text=texts,
    input=st.lists(json_objects, max_size=2).map(tuple),
    request=json_objects,
    answer=answers(),
    attachments=st.lists(attachments, max_size=2).map(tuple),
    first_token_at=st.none() | times,
    finished_at=st.none() | times,
    note=st.none() | texts,
    cost=st.none() | costs,
)
conversations = st.builds(
    Conversation,
    id=texts,
    title=texts,
    created_at=times,
    updated_at=times,
    automatic_title=st.booleans(),
    pinned=st.booleans(),
    server=texts,
    parameters=json_objects,
    current_turn_id=st.none() | texts,
    draft=texts,
    enclosures=st.lists(enclosures, max_size=2).map(tuple),
    deleted_at=st.none() | times,
    favourites=st.lists(texts, max_size=2).map(tuple),
)
