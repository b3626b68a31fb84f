"""An engine with a generator for tests: it does what the last message tells it to, line by line, always the same.

`python -m tests.engine.echo --data DIR` is `chatapp engine` with three more models: `echo` can do everything, `plain`
calls functions but neither counts nor searches by itself, `small` reads 60 words at most. A message's lines:

    say WORDS          think WORDS         sum WORDS (a part of a summary)        refuse WORDS
    call NAME {JSON}   search WORDS        cut REASON        fail MESSAGE         wait SECONDS        break

Any other message is answered by "You said: " and its words; a function that has to be called is called, and a
schema's smallest example is given. A word is a token.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatapp.engine.generation.port import (
    Ability,
    Call,
    CallOutput,
    CallPiece,
    CitationPiece,
    CutPiece,
    GenerationFailed,
    Message,
    Piece,
    Prompt,
    RefusalPiece,
    Search,
    SearchPiece,
    SummaryPiece,
    TextPiece,
    Thought,
    ThoughtPiece,
    Turn,
    UsagePiece,
)
from chatapp.engine.generation.sources import BuiltIn
from chatapp.engine.server import main

EXAMPLES: dict[str, Any] = {
    "string": "x",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "array": [],
    "null": None,
}


@dataclass(frozen=True, slots=True)
class Echo:
    """See the module."""

    id: str
    abilities: frozenset[Ability]
    context_tokens: int | None = None
    owner: str = "tests"

    async def count_tokens(self, prompt: Prompt) -> int:
        return len(f"{prompt.instructions or ''} {' '.join(map(words_of, prompt.turns))}".split())

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        written = thought = 0
        async for piece in paced(self._pieces(prompt)):
            words = len(getattr(piece, "text", getattr(piece, "arguments", "")).split())
            cap = prompt.wishes.max_tokens
            if Ability.COUNTS in self.abilities and cap is not None and written + words > cap:
                yield CutPiece("max_output_tokens")
                break
            written += words
            thought += words if isinstance(piece, ThoughtPiece) else 0
            yield piece
        if Ability.COUNTS in self.abilities:
            yield UsagePiece(await self.count_tokens(prompt), written, thought)

    def _pieces(self, prompt: Prompt) -> Iterator["Piece | float"]:
        questions = [turn for turn in prompt.turns if isinstance(turn, Message) and turn.role == "user"]
        message = questions[-1] if questions else Message("user", ("",))
        searches = [turn for turn in prompt.turns if isinstance(turn, Search)]
        wishes = prompt.wishes
        if wishes.format:
            yield TextPiece(json.dumps(example(wishes.format.schema or {"type": "object"})))
        elif wishes.must_call and "call " not in message.text:
            function = wishes.functions[0]
            yield CallPiece("call_must", function.name, json.dumps(example(function.parameters)))
        elif outputs := [turn.text for turn in prompt.turns[-1:] if isinstance(turn, CallOutput)]:
            yield from each_word("It gave: " + outputs[0], TextPiece)
        else:
            lines = message.text.splitlines()
            if searches:
                asked = [at for at, line in enumerate(lines) if line.startswith("search ")]
                lines = lines[asked[len(searches) - 1] + 1 :] if len(asked) >= len(searches) else []
                yield from found(searches[-1])
            for number, line in enumerate(lines):
                yield from obeyed(line, number)


def obeyed(line: str, number: int) -> Iterator["Piece | float"]:
    verb, _, rest = line.partition(" ")
    match verb:
        case "say":
            yield from each_word(rest, TextPiece)
        case "think":
            yield from each_word(rest, ThoughtPiece)
        case "sum":
            yield from each_word(rest, lambda word: SummaryPiece(word, number))
        case "refuse":
            yield from each_word(rest, RefusalPiece)
        case "call":
            name, _, arguments = rest.partition(" ")
            for start in range(0, max(1, len(arguments)), 4):
                yield CallPiece(f"call_{number}", name, arguments[start : start + 4])
        case "search":
            yield SearchPiece(tuple(rest.split("|")))
        case "cut":
            yield CutPiece("content_filter" if rest == "content_filter" else "max_output_tokens")
        case "break":
            raise ZeroDivisionError(rest)
        case "fail":
            raise GenerationFailed(rest, "rate_limit_exceeded")
        case "wait":
            yield float(rest)
        case _:
            yield from each_word(f"You said: {line}", TextPiece)


def found(search: Search) -> Iterator[Piece]:
    for passage in search.passages[:1]:
        yield from each_word("Found: " + " ".join(passage.chunk.text.split()[:5]), TextPiece)
        yield CitationPiece(passage.file_id, passage.filename)


def each_word(text: str, piece: Callable[[str], Piece]) -> Iterator[Piece]:
    for number, word in enumerate(text.split()):
        yield piece(f" {word}" if number else word)


async def paced(steps: Iterator["Piece | float"]) -> AsyncGenerator[Piece, None]:
    for step in steps:
        if isinstance(step, float):
            await asyncio.sleep(step)
        else:
            yield step


def example(schema: Mapping[str, Any]) -> Any:
    """The smallest value of a simple schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: example(schema["properties"][name]) for name in schema.get("required", ())}
    return EXAMPLES.get(schema.get("type", ""), {})


def words_of(turn: Turn) -> str:
    match turn:
        case Message(role=role) | CallOutput(call_id=role):
            return f"{role} {turn.text}"
        case Thought(text=text):
            return text
        case Call(name=name, arguments=arguments):
            return f"{name} {arguments}"
        case Search(queries=queries):
            return " ".join(queries)


MODELS = (
    Echo("echo", frozenset(Ability)),
    Echo("plain", frozenset({Ability.FUNCTIONS})),
    Echo("small", frozenset(Ability) - {Ability.SEARCHES}, context_tokens=60),
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], [BuiltIn(*MODELS)]))
