"""What happens between the first and the last event of an answer: searches, and the generator's pieces written down.

A generator that searches by itself is asked again after each search, with what was found; for any other the question
is searched for beforehand. What the request demands (a call, no second call, a cap on tokens) is held here, whatever
the generator does.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from chatapp.engine.attachments import InputFile, read_attached
from chatapp.engine.context import Engine
from chatapp.engine.fitting import with_passages_that_fit
from chatapp.engine.generation.port import (
    Ability,
    CallPiece,
    CitationPiece,
    CutPiece,
    GenerationFailed,
    Generator,
    Message,
    Prompt,
    Search,
    SearchPiece,
    SummaryPiece,
    ThoughtPiece,
    Turn,
    UsagePiece,
    Wishes,
)
from chatapp.engine.ids import new_id
from chatapp.engine.json_answers import misfit
from chatapp.engine.metering import Meter
from chatapp.engine.retrieval.ephemeral import search_attached
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query, query_of
from chatapp.engine.search import StoreSearch, best_first, place_fields
from chatapp.engine.writing import OutputWriter, Written
from chatapp.protocol.json_types import JsonObject

MOST_PASSAGES = 20
"""Passages given to the generator from all searches together."""
MOST_SEARCHES = 8
"""Times a generator may ask for a search in one answer."""
EARLIER_QUESTIONS = 2
"""Questions before this one whose terms help to find passages."""
NO_CALL = "The model '{model}' called no tool although the request requires it. Ask again, or leave tool_choice out."
NO_SUCH_CALL = "The model '{model}' called '{name}', which the request does not let it call. Ask again."
NO_SEARCH = "The model '{model}' asked for a search that the request does not let it make. Ask again."
MISFIT = "The model '{model}' did not keep to the format that was asked for: {why}. Ask again, or choose another model."


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be answered, how, and by whom. `turns` ends with the question; `files` came with it.

    `must_search`: a generator that searches by itself has to. `most_calls` caps the searches of the answer.
    """

    generator: Generator
    instructions: str | None
    turns: tuple[Turn, ...]
    wishes: Wishes
    searches: tuple[StoreSearch, ...] = ()
    must_search: bool = False
    most_calls: int | None = None
    files: tuple[InputFile, ...] = ()

    def can(self, ability: Ability) -> bool:
        return ability in self.generator.abilities

    def prompt(self) -> Prompt:
        """The prompt before anything is searched."""
        return Prompt(self.instructions, self.turns, question_of(self.turns), wishes=self.wishes)


class Answering:
    """`events` does the work, once. Then `usage` tells what it took, and `cut` why the answer is incomplete.

    Nothing is searched before the response was `told_of`: a search would hold up its first events.
    """

    def __init__(self, engine: Engine, task: Task, writer: OutputWriter, told_of: asyncio.Event) -> None:
        self._engine = engine
        self._task = task
        self._writer = writer
        self._told_of = told_of
        self._meter = Meter(None if task.can(Ability.COUNTS) else task.wishes.max_tokens)
        self._searches = 0
        self._calls: set[str] = set()
        self.usage = UsagePiece(0, 0)
        self.cut: str | None = None

    async def events(self) -> AsyncGenerator[JsonObject, None]:
        """Every event about output items. Raises GenerationFailed, ApiError, UnreadableDocument, and the disk's."""
        task = self._task
        plain = task.prompt()
        found: list[Sequence[Passage]] = []
        if not task.can(Ability.SEARCHES):
            async for event in self._search([plain.query], found):
                yield event
        if task.files:
            found.append(await self._search_files(plain.query))
        passages = tuple(best_first(found, MOST_PASSAGES))
        prompt = replace(
            plain,
            passages=passages,
            searched=bool(found),
            unread=0 if passages else await self._unread(),
            may_search=task.can(Ability.SEARCHES) and self._may_search(),
            must_search=task.can(Ability.SEARCHES) and task.must_search,
        )
        async for event in self._answer(await with_passages_that_fit(task.generator, prompt)):
            yield event

    async def _answer(self, prompt: Prompt) -> AsyncGenerator[JsonObject, None]:
        """Ask the generator, and again after each search it asks for."""
        while True:
            asked: list[SearchPiece] = []
            async for event in self._generate(prompt, asked):
                yield event
            if not asked or self.cut:
                break
            found: list[Sequence[Passage]] = []
            async for event in self._search([query_of(text, ()) for text in asked[0].queries], found):
                yield event
            search = Search(asked[0].queries, tuple(best_first(found, MOST_PASSAGES)))
            prompt = replace(
                prompt,
                turns=(*prompt.turns, search),
                searched=True,
                may_search=self._may_search(),
                must_search=False,
                wishes=self._wishes_left(),
            )
        required = self._task.wishes.must_call or self._task.must_search
        if required and not (self._calls or self._searches or self.cut):
            raise self._fault(NO_CALL)
        await self._check_format()
        for event in self._writer.something(self._status()):
            yield event

    async def _generate(self, prompt: Prompt, asked: list[SearchPiece]) -> AsyncGenerator[JsonObject, None]:
        """One turn of the generator. A search it asks for is put into `asked`."""
        usage: UsagePiece | None = None
        before = self._meter.tokens, self._meter.thought_tokens
        async with aclosing(self._task.generator.generate(prompt)) as pieces:
            async for piece in pieces:
                match piece:
                    case UsagePiece():
                        usage = piece
                    case CutPiece(reason=reason):
                        self.cut = reason
                    case SearchPiece():
                        if not prompt.may_search:
                            raise self._fault(NO_SEARCH)
                        asked.append(piece)
                    case CallPiece() if self._is_one_too_many(piece):
                        break
                    case _ if not (self.cut or asked):
                        for event in self._written(piece):
                            yield event
                            if self._engine.delta_delay_s and "delta" in event:
                                await asyncio.sleep(self._engine.delta_delay_s)
                if self._meter.full:
                    self.cut = "max_output_tokens"
                    break
        for event in self._writer.close(self._status()):
            yield event
        self._count(usage or await self._estimate(prompt, *before))

    def _written(self, piece: Written) -> Iterator[JsonObject]:
        """The events of a piece, a word at a time where words are counted here."""
        if isinstance(piece, CitationPiece):
            yield from self._writer.write(piece)
            return
        text = piece.arguments if isinstance(piece, CallPiece) else piece.text
        thought = isinstance(piece, ThoughtPiece | SummaryPiece)
        words = self._meter.words(text, thought=thought)
        if self._task.can(Ability.COUNTS):
            words = [text] if text else []
        if isinstance(piece, CallPiece):
            for word in words or [""]:
                yield from self._writer.write(replace(piece, arguments=word))
        else:
            for word in words:
                yield from self._writer.write(replace(piece, text=word))

    def _is_one_too_many(self, piece: CallPiece) -> bool:
        """Whether a call begins here that must not be. Raises GenerationFailed where there is no such function."""
        if piece.call_id in self._calls:
            return False
        wishes = self._task.wishes
        if piece.name not in {function.name for function in wishes.functions}:
            raise self._fault(NO_SUCH_CALL, name=piece.name)
        if self._calls and not wishes.parallel_calls:
            return True
        self._calls.add(piece.call_id)
        return False

    async def _search(
        self, queries: Sequence[Query], found: list[Sequence[Passage]]
    ) -> AsyncGenerator[JsonObject, None]:
        """One item for each file_search of the request, while calls are left."""
        most = self._task.most_calls
        for wanted in self._task.searches[: None if most is None else most - self._searches]:
            self._searches += 1
            item: JsonObject = {
                "id": new_id("fs"), "type": "file_search_call", "status": "in_progress", "queries": [], "results": None,
            }  # fmt: skip
            events = self._writer.item(item)
            yield events.added()
            yield events.about("response.file_search_call.in_progress")
            yield events.about("response.file_search_call.searching")
            await self._told_of.wait()
            passages = await self._passages(wanted, queries)
            found.append(passages)
            item |= {
                "status": "completed",
                "queries": [text for query in queries for text in query.texts],
                "results": [_result(one) for one in passages],
            }
            yield events.about("response.file_search_call.completed")
            yield events.done()

    async def _passages(self, wanted: StoreSearch, queries: Sequence[Query]) -> list[Passage]:
        groups = [await self._engine.searcher.find(wanted, query) for query in queries]
        if len(groups) == 1:
            return groups[0]
        found: dict[tuple[str, int], Passage] = {}
        for passage in best_first(groups, sum(map(len, groups))):
            found.setdefault((passage.file_id, passage.chunk.offset), passage)
        return list(found.values())[: wanted.limit]

    def _may_search(self) -> bool:
        most = self._task.most_calls
        return bool(self._task.searches) and self._searches < (MOST_SEARCHES if most is None else most)

    async def _unread(self) -> int:
        stores = [store_id for wanted in self._task.searches for store_id in wanted.store_ids]
        return await self._engine.catalogue.in_progress(stores) if stores else 0

    async def _search_files(self, query: Query) -> list[Passage]:
        attached = await read_attached(self._engine, self._task.files)
        return await asyncio.to_thread(search_attached, attached, query, MOST_PASSAGES)

    def _wishes_left(self) -> Wishes:
        """The wishes after a search: it was a call, if one had to be made; of the cap one token is left at least."""
        wishes = replace(self._task.wishes, must_call=False)
        if wishes.max_tokens is None:
            return wishes
        return replace(wishes, max_tokens=max(1, wishes.max_tokens - self.usage.output))

    async def _estimate(self, prompt: Prompt, before: int, thought_before: int) -> UsagePiece:
        return UsagePiece(
            await self._task.generator.count_tokens(prompt),
            self._meter.tokens - before,
            self._meter.thought_tokens - thought_before,
        )

    def _count(self, more: UsagePiece) -> None:
        sofar = self.usage
        self.usage = UsagePiece(
            sofar.input + more.input,
            sofar.output + more.output,
            sofar.reasoning + more.reasoning,
            sofar.cached + more.cached,
        )

    async def _check_format(self) -> None:
        """Raises GenerationFailed where a complete answer is not the JSON it had to be; refusals and calls are none."""
        wanted, part = self._task.wishes.format, self._writer.last_part
        if wanted is None or self.cut or self._calls or (part and part["type"] == "refusal"):
            return
        why = await misfit(wanted, part["text"] if part else "")
        if why is not None:
            raise self._fault(MISFIT, why=why)

    def _status(self) -> str:
        return "incomplete" if self.cut else "completed"

    def _fault(self, message: str, **fields: str) -> GenerationFailed:
        return GenerationFailed(message.format(model=self._task.generator.id, **fields))


def question_of(turns: Sequence[Turn]) -> Query:
    """What the last thing the user said asks for, with the terms of what was said before it."""
    questions = [turn.text for turn in turns if isinstance(turn, Message) and turn.role == "user"]
    return query_of(questions[-1] if questions else "", questions[-2 : -2 - EARLIER_QUESTIONS : -1])


def _result(passage: Passage) -> JsonObject:
    return {
        "attributes": passage.attributes,
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "text": passage.chunk.text,
        **place_fields(passage),
    }
