"""Joins the use cases to the network and the disk: the only file that knows both. Window and terminal call it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from chatapp.connections.local_command import LocalCommands
from chatapp.connections.remote_images import WebPictures
from chatapp.connections.servers import NetworkServers
from chatapp.conversation.changes import Notice, ServerChanged, ServerState
from chatapp.documents.helper_process import DocumentReader
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import Json
from chatapp.resource_files import resource
from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.answer_export import AnswerExport
from chatapp.services.application import Application
from chatapp.services.attachments import Attachments
from chatapp.services.branches import Branches
from chatapp.services.calls import Calls
from chatapp.services.chain_marks import ChainMarks
from chatapp.services.chains import Chains
from chatapp.services.commands import Commands
from chatapp.services.conversations import Conversations
from chatapp.services.counting import Counting
from chatapp.services.defaults import OwnDefaults
from chatapp.services.edit_drafts import EditDraftKeeping
from chatapp.services.enclosures import Enclosures
from chatapp.services.exchanging import Exchanging
from chatapp.services.experiments import Experiments
from chatapp.services.feed import Feed
from chatapp.services.file_attributes import FileAttributes
from chatapp.services.heads import Heads
from chatapp.services.learnt import Learnt
from chatapp.services.library import Library
from chatapp.services.missing_originals import MissingOriginals
from chatapp.services.outgoing import Outgoing
from chatapp.services.ports import Settings, StorageFailure
from chatapp.services.preferences import LOOKS_NEARBY, Preferences, preference
from chatapp.services.presets import Presets
from chatapp.services.prices import Prices
from chatapp.services.probing import Probing
from chatapp.services.purging import Purging
from chatapp.services.records import Records
from chatapp.services.remote_images import RemoteImages
from chatapp.services.removals import Removals
from chatapp.services.replay_log import ReplayLog
from chatapp.services.replaying import Replaying
from chatapp.services.result_drafts import ResultDrafts
from chatapp.services.running import RunningTurns
from chatapp.services.searched_files import SearchedFiles
from chatapp.services.servers_view import ServersView
from chatapp.services.sources import Sources
from chatapp.services.store_copying import StoreCopying
from chatapp.services.store_search import StoreSearch
from chatapp.services.supporting import Supporting
from chatapp.services.surroundings import Surroundings
from chatapp.services.tool_secrets import ToolSecrets
from chatapp.services.turns import Turns
from chatapp.services.uploads import Carriers
from chatapp.services.use_case import UseCaseFailure
from chatapp.storage.folders import WalkedFolders
from chatapp.storage.profile import Disk, open_disk

ENGINE_FOLDER = "engine"
"""The engine's own data, inside the profile."""


class WallClock:
    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@asynccontextmanager
async def open_profile(directory: Path, feed: Feed, window: bool = True) -> AsyncIterator[Application]:
    """Everything on one profile, on the running loop; `window` claims the profile for this one window.

    The engine, the network and the key store start when they are first needed. At the end running answers are
    stopped and saved, then the engine is stopped, then the disk is closed. Raises UseCaseFailure when the profile
    cannot be opened.
    """
    async with AsyncExitStack() as stack:
        try:
            disk = await stack.enter_async_context(open_disk(directory, window))
        except StorageFailure as problem:
            raise UseCaseFailure(problem.failure) from problem
        network = NetworkServers(
            disk.secrets,
            directory / ENGINE_FOLDER,
            partial(_tell_engine, feed),
            partial(_tell_wait, feed),
            engine_options=partial(_engine_options, disk.settings),
        )
        stack.push_async_callback(network.aclose)
        documents = DocumentReader()
        stack.push_async_callback(documents.aclose)
        application = _assemble(disk, network, documents, feed)
        stack.push_async_callback(application.turns.aclose)
        stack.push_async_callback(application.experiments.aclose)
        stack.push_async_callback(application.replaying.aclose)
        stack.push_async_callback(application.library.aclose)
        stack.push_async_callback(application.copying.aclose)
        stack.push_async_callback(application.removals.aclose)
        stack.push_async_callback(application.commands.aclose)
        yield application


def _assemble(disk: Disk, network: NetworkServers, documents: DocumentReader, feed: Feed) -> Application:
    clock = WallClock()
    book = AddressBook(disk.settings)
    tool_secrets = ToolSecrets(disk.secrets, feed)
    outgoing = Outgoing(disk.originals, network, tool_secrets)
    servers = ServersView(network, book, feed, outgoing)
    heads = Heads(disk.conversations, feed)
    running = RunningTurns(feed)
    carriers = Carriers(servers, book, disk.originals, clock)
    library = Library(carriers, disk.settings, disk.uploads, WalkedFolders(), feed, guide_files)
    enclosures = Enclosures(disk.originals, servers, book, disk.settings, outgoing)
    searched = SearchedFiles(library, servers, book, disk.settings)
    attachments = Attachments(enclosures, searched, documents, disk.originals, book, outgoing, feed)
    purging = Purging(disk.conversations, disk.deletions, disk.settings, disk.originals, servers)
    drafts = ResultDrafts(disk.settings)
    calls = Calls(disk.conversations, running, drafts)
    learnt = Learnt(disk.settings, book, feed, clock)
    defaults = OwnDefaults(disk.settings, book, servers, feed)
    prices = Prices(disk.settings, book, feed, shipped_prices)
    marks = ChainMarks(disk.settings, feed, clock)
    around = Surroundings(
        disk.conversations,
        servers,
        book,
        learnt,
        defaults,
        disk.secrets,
        feed,
        clock,
        tool_secrets,
        prices,
        marks,
    )
    sources = Sources(disk.originals, documents)
    turns = Turns(around, heads, attachments, running, drafts)
    conversations = Conversations(
        disk.conversations, heads, disk.settings, running, purging, feed, clock, tool_secrets, defaults
    )
    branches = Branches(
        disk.conversations, disk.deletions, heads, running, purging, drafts, marks, feed, clock
    )
    return Application(
        turns=turns,
        branches=branches,
        chains=Chains(around, disk.deletions, heads, turns),
        calls=calls,
        commands=Commands(disk.settings, calls, LocalCommands()),
        conversations=conversations,
        edits=EditDraftKeeping(disk.settings),
        enclosures=enclosures,
        library=library,
        attributes=FileAttributes(library, feed),
        copying=StoreCopying(library, carriers, disk.settings, feed),
        searching=StoreSearch(servers, book),
        removals=Removals(library, conversations, feed, clock),
        supporting=Supporting(network),
        sources=sources,
        missing=MissingOriginals(carriers, sources),
        preferences=Preferences(disk.settings, book, disk.secrets, servers, defaults),
        prices=prices,
        counting=Counting(around, disk.settings),
        probing=Probing(servers, book, disk.secrets, feed, clock, guide_files),
        servers=servers,
        learnt=learnt,
        defaults=defaults,
        presets=Presets(disk.settings, conversations, heads, defaults, tool_secrets, feed),
        exchanging=Exchanging(disk.conversations, disk.experiments, heads, running, tool_secrets, feed),
        answers=AnswerExport(sources),
        experiments=Experiments(
            disk.experiments,
            disk.conversations,
            turns,
            heads,
            attachments,
            defaults,
            tool_secrets,
            disk.settings,
            feed,
            clock,
        ),
        images=RemoteImages(WebPictures()),
        records=Records(book, enclosures),
        replaying=Replaying(disk.conversations, ReplayLog(disk.settings), turns, heads, defaults, feed),
        feed=feed,
    )


def guide_files() -> list[Path]:
    """The user guide, which is also the first library."""
    return sorted(resource("guide").glob("*.md"))


def shipped_prices() -> Json:
    """The price table as it is shipped."""
    return json.loads(resource("prices.json").read_text("utf-8"))


async def _engine_options(settings: Settings) -> Sequence[str]:
    """How the user wants the engine; what cannot be read is not allowed."""
    try:
        looks = await preference(settings, LOOKS_NEARBY, True)
    except StorageFailure:
        looks = False
    return () if looks else ("--no-nearby",)


def _tell_engine(feed: Feed, state: ServerState, text: str) -> None:
    feed.put(ServerChanged(ENGINE.id, state, text))


def _tell_wait(feed: Feed, connection_id: str, seconds: float, error: ApiError) -> None:
    when = f"in {seconds:.0f} s" if seconds >= 1 else "at once"
    feed.put(Notice(f"{error.message.rstrip('. ')}. The request is sent again {when}."))
