"""The ten probes: what is asked of a server, and what its answer means. `probing` makes them one after the other."""

import random
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.findings import PROBES, Finding, Outcome
from chatapp.conversation.models import only_embeds
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.turn import AnswerFold, answer_from_response
from chatapp.protocol.events import DeltaEvent
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.known_servers import Quirks
from chatapp.services.ports import NOT_THERE, Connection, ResponsesServer, ServerFailure, VectorStoresServer
from chatapp.services.use_case import failure_of

CAP = 256
"""Output tokens an answer may take: room to think a little, and no long wait for a slow computer."""
ANSWERS = "answers of this test"
LONGEST_WORDS = 160
"""Characters of a server's own words, or of an answer, that are shown."""
WORDS = ("heliotrope", "marzipan", "quicksilver", "tamarind", "windlass", "zeppelin")
REMEMBER = (
    "This is a test of memory, please take part in it. Remember this word for the next question: {word}. "
    "Do not explain it and do not ask anything back. Answer with nothing but OK."
)
RECALL = "Which word was it? Answer with that word."
"""Shorter than REMEMBER, so that only a server that adds the turn before counts more input."""
NAME = "chatapp test"
"""What a store and a file are called while the test runs."""
PING: JsonObject = {
    "type": "function",
    "name": "ping",
    "description": "Call this when you are asked to ping.",
    "parameters": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    "strict": False,
}
REFUSED = (400, 422, *NOT_THERE)
NO_CHAT = (
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "image",
    "moderation",
    "audio",
    "realtime",
    "transcri",
    "rerank",
)
"""Parts of names of models that do not chat."""


@dataclass(frozen=True, slots=True)
class Made:
    """Something that a probe left on the server, and what removes it."""

    what: str
    remove: Callable[[], Awaitable[None]]


class Untried(Exception):
    """A probe that has nothing to look at; the words say why."""


@dataclass(slots=True)
class Visit:
    """One test of one server: its clients, what the probes so far brought, and in `made` what is to be removed."""

    connection: Connection
    has_key: bool
    quirks: Quirks
    client: ResponsesServer
    stores: VectorStoresServer
    sample: Path | None
    word: str = field(default_factory=lambda: random.choice(WORDS))
    models: list[str] = field(default_factory=list)
    refused: ServerFailure | None = None
    first: Answer | ServerFailure | None = None
    made: dict[str, Made] = field(default_factory=dict)

    @property
    def model(self) -> str:
        chatting = (name for name in self.models if not any(part in name.lower() for part in NO_CHAT))
        return self.connection.default_model or next(chatting, "")

    def request(self, text: str, **more: object) -> JsonObject:
        request: JsonObject = {"input": [user_message(text)], "max_output_tokens": CAP, **more}
        for name, value in self.quirks.always_send:
            request.setdefault(name, value)
        return {"model": self.model, **request} if self.model else request

    async def ask(self, text: str, **more: object) -> Answer:
        """Raises ServerFailure."""
        answer = answer_from_response(await self.client.create(self.request(text, **more)))
        self.note(answer)
        return answer

    def note(self, answer: Answer) -> None:
        if answer.response_id:
            self.made[answer.response_id] = Made(ANSWERS, partial(self.client.delete, answer.response_id))

    async def first_answer(self) -> Answer | ServerFailure:
        """The answer that several probes look at, asked for once."""
        if self.first is None:
            try:
                self.first = await self.ask(REMEMBER.format(word=self.word))
            except ServerFailure as problem:
                self.first = problem
        return self.first


Seen = tuple[Outcome, str]
Probe = Callable[[Visit], Awaitable[Seen]]


async def finding_of(probe: str, visit: Visit) -> Finding:
    """What a probe finds; a refusal nobody expected is a finding too."""
    try:
        outcome, text = await TABLE[probe](visit)
    except ServerFailure as problem:
        outcome, text = _refused(problem)
    except Untried as reason:
        outcome, text = untried(str(reason))
    return Finding(probe, outcome, text)


def untried(reason: str) -> Seen:
    return "undecided", f"Not tried, because {reason}."


async def _reached(visit: Visit) -> Seen:
    try:
        names = (text_of(model.get("id")) for model in await visit.client.models())
        visit.models = [name for name in names if name and not only_embeds(name)]
    except ServerFailure as problem:
        if problem.kind != "refused":
            raise
        visit.refused = problem
    secure = visit.connection.base_url.startswith("https:")
    return "passed", "It answers, over a secure connection." if secure else "It answers."


async def _key(visit: Visit) -> Seen:
    """Some list their models to everybody, so that only an answer tells."""
    first = await visit.first_answer()
    for problem in (first, visit.refused):
        if isinstance(problem, ServerFailure) and problem.status in (401, 403):
            return (
                "failed",
                "It does not accept the key." if visit.has_key else "It wants a key, and none is set.",
            )
    if isinstance(first, ServerFailure) and visit.refused:
        return "undecided", f"It refuses every request. {_short(first.error.message)}"
    return "passed", "It accepts the key." if visit.has_key else "It needs no key."


async def _models(visit: Visit) -> Seen:
    if visit.refused is not None:
        outcome, text = _refused(visit.refused)
        return outcome, f"{text} Name a default model." if outcome == "not_offered" else text
    if not visit.models:
        return "undecided", "Its list is empty. It may still be loading a model."
    shown = ", ".join(visit.models[:3])
    more = f" and {len(visit.models) - 3} more" if len(visit.models) > 3 else ""
    return "passed", f"{shown}{more}."


async def _answers(visit: Visit) -> Seen:
    answer = await visit.first_answer()
    if isinstance(answer, ServerFailure):
        raise answer
    if answer.status is Status.FAILED:
        reason = answer.failure.details if answer.failure else ""
        return "failed", f"The answer failed. {_short(reason)}".strip()
    if not answer.status.ended:
        return "undecided", f"The answer is still {answer.status.value.replace('_', ' ')}."
    said = f"“{_short(answer.text)}”" if answer.text else "an answer without text"
    return "passed", f"{answer.model or visit.model or 'The model'} gave {said}."


async def _streams(visit: Visit) -> Seen:
    fold, pieces = AnswerFold("", ""), 0
    request = visit.request("Count from one to five.", stream=True)
    try:
        async with aclosing(visit.client.stream(request)) as events:
            async for event in events:
                fold.apply(event)
                pieces += isinstance(event, DeltaEvent)
    finally:
        visit.note(fold.answer)
    if fold.answer.status in (Status.FAILED, Status.ERROR):
        reason = fold.answer.failure.details if fold.answer.failure else ""
        return "failed", f"The streamed answer failed. {_short(reason)}".strip()
    if not pieces:
        return "not_offered", "It answers in one piece."
    return "passed", f"The answer came in {pieces} pieces." if pieces > 1 else "The answer came as a stream."


async def _usage(visit: Visit) -> Seen:
    used = _tokens(await _first_or_raise(visit))
    if used is None:
        return "not_offered", "It does not say how many tokens an answer took."
    return "passed", f"{used[0]} tokens in, {used[1]} out."


async def _keeps(visit: Visit) -> Seen:
    """LiteLLM gives an answer another id each time it is asked for."""
    answer = await _first_or_raise(visit)
    if not answer.response_id:
        return "not_offered", "Its answers have no id."
    try:
        again = await visit.client.retrieve(answer.response_id)
    except ServerFailure as problem:
        if problem.status in REFUSED:
            return "not_offered", "It does not have an answer any more once it was given."
        raise
    shown = answer_from_response(again)
    if shown.response_id != answer.response_id and (not shown.text or shown.text != answer.text):
        return "failed", "It shows another answer than the one that was asked for."
    return "passed", "It still has an answer after it was given."


async def _continues(visit: Visit) -> Seen:
    """The word of the first question has to come back, or its tokens have to be counted: an id that is taken, even
    echoed, proves nothing."""
    first = await _first_or_raise(visit)
    if not first.response_id:
        return "not_offered", "Its answers have no id."
    try:
        second = await visit.ask(RECALL, previous_response_id=first.response_id)
    except ServerFailure as problem:
        if problem.status in REFUSED:
            return "not_offered", f"It refuses previous_response_id. {_short(problem.error.message)}"
        raise
    if visit.word in second.text.lower():
        return "passed", "Asked for a word of the turn before, it knew it."
    before, after = _tokens(first), _tokens(second)
    if before and after:
        if after[0] > before[0]:
            return "passed", "It counts the turn before as input."
        return (
            "failed",
            "It takes the id of an answer but forgets it, so chatapp sends the whole conversation.",
        )
    if second.text:
        return "failed", "It takes the id of an answer but did not know the word of the turn before."
    return "undecided", "It takes the id of an answer; nothing shows whether it remembers."


async def _tools(visit: Visit) -> Seen:
    await _first_or_raise(visit)
    try:
        answer = await visit.ask("Please ping: call the function.", tools=[PING])
    except ServerFailure as problem:
        if problem.status in REFUSED:
            return "not_offered", f"It refuses them. {_short(problem.error.message)}"
        raise
    if any(item.type == "function_call" for item in answer.items):
        return "passed", "The model called a function."
    return "passed", "It takes functions. The model did not call the one it was asked to call."


async def _stores(visit: Visit) -> Seen:
    """Nothing of the user's is sent."""
    try:
        store = text_of((await visit.stores.create_store(NAME)).get("id"))
    except ServerFailure as problem:
        if problem.status in REFUSED:
            return "not_offered", "It has no vector stores."
        raise
    if not store:
        return "failed", "It made a vector store without an id."
    visit.made[store] = Made("a vector store", partial(visit.stores.delete_store, store))
    if visit.sample is None:
        return "passed", "A vector store could be made."
    sent = await visit.stores.upload(visit.sample, f"{NAME}{visit.sample.suffix}", lambda _bytes: None)
    file = text_of(sent.get("id"))
    if not file:
        return "failed", "It took a file and gave it no id."
    visit.made[file] = Made("a file", partial(visit.stores.delete_file, file))
    await visit.stores.attach(store, file, {})
    return "passed", "A file could be put into a vector store."


async def remove_all(visit: Visit, keeps: bool) -> list[str]:
    """Removes what the probes made; says what could not be. What the server never had needs no removing."""
    left = list[str]()
    while visit.made:
        _, made = visit.made.popitem()
        try:
            await made.remove()
        except ServerFailure as problem:
            if made.what != ANSWERS or keeps or problem.status not in REFUSED:
                left.append(made.what)
    return list(dict.fromkeys(left))


async def _first_or_raise(visit: Visit) -> Answer:
    first = await visit.first_answer()
    if isinstance(first, ServerFailure):
        raise Untried("no answer came")
    return first


def _tokens(answer: Answer) -> tuple[int, int] | None:
    """Input and output tokens, where they are counted at all."""
    usage = answer.usage or {}
    used = usage.get("input_tokens"), usage.get("output_tokens")
    if not all(isinstance(count, int) for count in used) or not any(used):
        return None
    return int(used[0] or 0), int(used[1] or 0)


def _refused(problem: ServerFailure) -> Seen:
    if problem.status in NOT_THERE:
        return "not_offered", f"It does not offer this. {_short(problem.error.message)}"
    return "failed", f"{failure_of(problem).title}. {_short(problem.error.message)}"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_WORDS else f"{line[:LONGEST_WORDS].rstrip()}…"


TABLE: dict[str, Probe] = {
    "reached": _reached,
    "key": _key,
    "models": _models,
    "answers": _answers,
    "streams": _streams,
    "usage": _usage,
    "keeps": _keeps,
    "continues": _continues,
    "tools": _tools,
    "stores": _stores,
}
assert TABLE.keys() == PROBES.keys()
