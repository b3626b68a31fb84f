"""Function calls of a model whose template knows none: its sampling is held to the JSON of a call.

Where a call is not demanded the model writes freely first; as soon as its answer begins as a call it is asked again,
held to one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chatapp.engine.generation.port import (
    Call,
    CallOutput,
    CallPiece,
    Function,
    JsonFormat,
    Message,
    Piece,
    Prompt,
    TextPiece,
    ThoughtPiece,
    Turn,
    Wishes,
)
from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import JsonObject, object_of, text_of

_FUNCTIONS = """You can call functions. To call one, answer with nothing but JSON of this form:
{{"name": "the function's name", "arguments": {{}}}}
{must}The functions are:
{functions}"""
_BEGINNING = '{"name":'
_GAVE = "The function gave:"
_MUST = "Call one of them now. "


def asking_for_calls(prompt: Prompt) -> Prompt:
    """The prompt with its functions in words; where one must be called the answer is held to a call's JSON."""
    wishes = prompt.wishes
    told = [
        json.dumps(
            {"name": one.name, "description": one.description, "parameters": one.parameters},
            ensure_ascii=False,
        )
        for one in wishes.functions
    ]
    words = _FUNCTIONS.format(must=_MUST if wishes.must_call else "", functions="\n".join(told))
    instructions = f"{prompt.instructions}\n\n{words}" if prompt.instructions else words
    return replace(prompt, instructions=instructions, wishes=_held(wishes))


def in_words(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns with earlier calls as the model writes them, and what they gave as something it is told."""
    return tuple(_in_words(turn) for turn in turns)


def _in_words(turn: Turn) -> Turn:
    match turn:
        case Call(name=name, arguments=arguments):
            return Message("assistant", (f'{{"name": {json.dumps(name)}, "arguments": {arguments}}}',))
        case CallOutput(content=content):
            return Message("user", (_GAVE, *content))
    return turn


def _held(wishes: Wishes) -> Wishes:
    if not wishes.must_call:
        return replace(wishes, functions=())
    form = JsonFormat(_schema(wishes.functions), "call", strict=True)
    return replace(wishes, functions=(), must_call=False, format=form)


def _schema(functions: Sequence[Function]) -> JsonObject:
    """What a call of one of the functions looks like. Shared definitions have to stand at the top."""
    shared: JsonObject = {}
    calls = []
    for function in functions:
        parameters = dict(function.parameters) or {"type": "object"}
        for name in ("$defs", "definitions"):
            shared.setdefault(name, {}).update(object_of(parameters.pop(name, {})))
        calls.append(
            {
                "type": "object",
                "properties": {"name": {"const": function.name}, "arguments": parameters},
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        )
    return {"anyOf": calls} | {name: kept for name, kept in shared.items() if kept}


def begins_as_call(text: str) -> bool | None:
    """Whether an answer that begins like this is a call; None while that is open."""
    bare = "".join(text.split())
    if _BEGINNING.startswith(bare):
        return None
    return bare.startswith(_BEGINNING)


def as_call(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces of an answer that was held to a call: its thoughts, the call for its text, and how it ended."""
    yield from (piece for piece in pieces if isinstance(piece, ThoughtPiece))
    yield from _call_in(text_in(pieces))
    yield from (piece for piece in pieces if not isinstance(piece, ThoughtPiece | TextPiece))


def _call_in(text: str) -> Iterator[Piece]:
    """The call that stands in a text as JSON; what is none (it was cut, say) is left out."""
    try:
        call = object_of(json.loads(text))
    except ValueError:
        return
    if name := text_of(call.get("name")):
        yield CallPiece(
            new_id("call"), name, json.dumps(object_of(call.get("arguments")), ensure_ascii=False)
        )


def text_in(pieces: Sequence[Piece]) -> str:
    """The text of pieces, put together."""
    return "".join(piece.text for piece in pieces if isinstance(piece, TextPiece))
