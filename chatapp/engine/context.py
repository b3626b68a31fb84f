"""What the endpoints share: one Engine, made when the process starts and found through each request."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from chatapp.engine.background import Background
from chatapp.engine.catalogue import Catalogue
from chatapp.engine.conversation_log import ConversationLog
from chatapp.engine.cutting import Cutter
from chatapp.engine.embedding_work import EmbeddingWork
from chatapp.engine.file_batch_log import FileBatchLog
from chatapp.engine.file_shelf import FileShelf
from chatapp.engine.generation.extractive import Extractive
from chatapp.engine.generation.port import Source
from chatapp.engine.generation.sources import BuiltIn, Generators
from chatapp.engine.index_folder import opened_index
from chatapp.engine.indexing import Indexer
from chatapp.engine.recovery import fail_interrupted_responses
from chatapp.engine.response_log import ResponseLog
from chatapp.engine.retrieval.embedding import is_installed
from chatapp.engine.running_work import RunningWork
from chatapp.engine.search import Searcher
from chatapp.engine.store import Database
from chatapp.engine.sweeping import swept
from chatapp.engine.upload_shelf import UploadShelf

DATABASE_NAME = "engine.sqlite3"
INDEX_NAME = "terms"


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts, each the owner of its matter. `delta_delay_s` is waited after every delta; `ends_with_done`: a
    stream ends with `[DONE]`. There is no `embedding` without the extra."""

    database: Database
    log: ResponseLog
    conversations: ConversationLog
    shelf: FileShelf
    catalogue: Catalogue
    file_batches: FileBatchLog
    uploads: UploadShelf
    indexer: Indexer
    searcher: Searcher
    embedding: EmbeddingWork | None
    cutter: Cutter
    running_work: RunningWork
    background: Background
    generators: Generators
    delta_delay_s: float
    ends_with_done: bool


@asynccontextmanager
async def running(
    folder: Path, delta_delay_s: float, sources: Sequence[Source] = (), *, ends_with_done: bool = True
) -> AsyncIterator[Engine]:
    """The engine on a data directory, with everything repaired that an earlier one left unfinished.

    `sources` of generators are asked after the one that is built in.
    """
    database = await Database.open(folder / DATABASE_NAME)
    try:
        await fail_interrupted_responses(database)
        shelf = FileShelf(database, folder)
        await shelf.tidy()
        uploads = UploadShelf(database, shelf, folder)
        await uploads.tidy()
        catalogue = Catalogue(database)
        cutter = Cutter()
        terms = await opened_index(database, folder / INDEX_NAME)
        embedding = EmbeddingWork(database) if is_installed() else None
        indexer = Indexer(database, shelf, terms, on_complete=embedding.wake if embedding else None)
        indexer.start()
        if embedding:
            embedding.start()
        running_work = RunningWork()
        generators = Generators([BuiltIn(Extractive()), *sources])
        log = ResponseLog(database)
        try:
            async with swept([shelf.sweep, uploads.sweep, catalogue.sweep, log.sweep], indexer.wake):
                yield Engine(
                    database,
                    log,
                    ConversationLog(database),
                    shelf,
                    catalogue,
                    FileBatchLog(database),
                    uploads,
                    indexer,
                    Searcher(database, terms, embedding),
                    embedding,
                    cutter,
                    running_work,
                    Background(running_work),
                    generators,
                    delta_delay_s,
                    ends_with_done,
                )
        finally:
            await running_work.end()
            await generators.aclose()
            await indexer.close()
            if embedding:
                await embedding.close()
            await cutter.aclose()
    finally:
        await database.close()


def engine_of(request: Request) -> Engine:
    """The engine that serves this request."""
    engine: Engine = request.app.state.engine
    return engine
