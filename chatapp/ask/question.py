"""The terminal's way in: one question, its answer streamed to stdout, its sources after it.

The use cases are those of the window, on the same profile. `arguments` reads the command line, `printing` says
what was found; `assembly` opens the profile.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from chatapp.ask import calls
from chatapp.ask.along import along
from chatapp.ask.arguments import AskOptions, WrongUsage, read_options
from chatapp.ask.console import OutputLost, StandardOutput, complain, give_up_output, prepare
from chatapp.ask.printing import Printer, as_curl, as_json, as_python, sources_of
from chatapp.ask.progress import Progress
from chatapp.ask.servers import chosen
from chatapp.ask.words import told
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import Change
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.parameters import search_field
from chatapp.conversation.structured import verdict_on
from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import JsonObject, objects_of, text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.application import Application, Once, UseCaseFailure
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection

LEARN_S = 2.0
"""How long a server that is new here may take to show that it keeps what it said, which the next question builds on."""
COMPLETED, USAGE, INCOMPLETE, FAILED, NOT_REACHED, INTERRUPTED = 0, 2, 3, 4, 5, 130
NOT_REACHED_KINDS = frozenset({
    "unreachable", "tls", "proxy", "ca_file", "timeout", "cut", "unanswered", "lost", "malformed", "oversized",
    "insecure", "engine", "interrupted",
})  # fmt: skip
"""Failures that say the server was not reached, or that its stream broke."""
PARENT_UNKNOWN = (
    "This profile does not have the response that --parent names, so its calls are not known. "
    "Send the outputs as items with --set input=[…]."
)
USAGE_KINDS = frozenset(
    {
        "empty",
        "not_whole",
        "unknown_server",
        "unknown_preset",
        "invalid_parameter",
        "invalid_address",
        "already_open",
        "unwritable",
        "newer",
        "conversation_deleted",
    }
)
"""Failures that another command line avoids; those of a file the user named belong to them."""


def main(argv: Sequence[str]) -> int:
    """Runs `chatapp ask` with these arguments. Returns its exit code: see SURFACE in the manual."""
    prepare()
    try:
        return _run(argv)
    except WrongUsage as problem:
        return _complain(str(problem), USAGE)
    except UseCaseFailure as problem:
        return _complain(told(problem.failure), _code_of(problem.failure))
    except OutputLost as problem:
        give_up_output()
        return _complain(f"The output cannot be written: {problem}. An answer is kept all the same.", FAILED)
    except KeyboardInterrupt:
        return _complain("Stopped. What had arrived is kept in the profile.", INTERRUPTED)
    except BrokenPipeError:
        give_up_output()
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    code = asyncio.run(_ask(read_options(argv)))
    StandardOutput().flush()
    return code


async def _ask(options: AskOptions) -> int:
    from chatapp.assembly import open_profile
    from chatapp.options import default_profile

    feed = Feed()
    async with open_profile(options.profile or default_profile(), feed, window=False) as application:
        connection = await _connection(application, options)
        if options.show is not None:
            return await _show_request(application, options, connection)
        return await _answer(application, options, connection)


async def _answer(application: Application, options: AskOptions, connection: Connection) -> int:
    printer, progress = Printer(StandardOutput(), quiet=options.json), Progress(sys.stderr)
    async with _followed(application.feed, (progress.take, printer.take)):
        try:
            turn = await application.turns.wait(await _sent(application, options, connection))
        finally:
            progress.clear()
    sources = await sources_of(application.sources, turn)
    note = [turn.note] if turn.note else []
    idle = _idle(options.parameters, turn.request)
    warnings = [*printer.warnings, *note, *calls.waiting(turn), *_misfit(turn), *idle]
    if options.json:
        as_json(StandardOutput(), turn, sources, warnings)
    else:
        printer.end(turn, sources)
    code = _end(turn, warnings if not options.json else [])
    StandardOutput().flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(LEARN_S):
            await application.turns.settled()
    return code


async def _sent(application: Application, options: AskOptions, connection: Connection) -> str:
    """The turn's id. Where none was begun, no conversation is left behind that was made for it."""
    head, parent, once = await _conversation(application, options, connection)
    files = await along(application, options)
    try:
        if options.results:
            return await _answered(application, options, head, parent, once, files)
        return await application.turns.send(head.id, options.question, files, parent, once)
    except BaseException:
        if parent is None:
            await _discard(application, head)
        raise


async def _answered(
    application: Application,
    options: AskOptions,
    head: Conversation,
    parent: str | None,
    once: Once,
    files: Sequence[Enclosure],
) -> str:
    """The turn that brings results, with the question where there is one."""
    if parent is None:
        raise WrongUsage(PARENT_UNKNOWN)
    turn = await application.turns.wait(parent)
    alone = not options.question.strip() and not files
    given = calls.results(turn, options.results, all_needed=alone)
    if alone:
        return await application.turns.answer_calls(turn.id, [one for one in given if one is not None], once)
    await application.calls.keep(head.id, turn.id, given)
    return await application.turns.send(head.id, options.question, files, parent, once)


async def _discard(application: Application, head: Conversation) -> None:
    try:
        await application.conversations.discard(head.id)
    except UseCaseFailure:
        # Why nothing was sent is what counts; the conversation is out of sight and removed later.
        await application.conversations.delete(head.id)


def _misfit(turn: Turn) -> list[str]:
    """What is to be said of an answer that is not the JSON that was asked for."""
    verdict = verdict_on(turn.request, turn.answer)
    return [verdict.words] if verdict is not None and verdict.fits is not True else []


def _idle(parameters: JsonObject, request: JsonObject) -> list[str]:
    """What is to be said of settings of a file search where there is none."""
    names = [name for name in parameters if search_field(name) is not None]
    searches = any(tool.get("type") == "file_search" for tool in objects_of(request.get("tools")))
    if searches or not names:
        return []
    return [f"Not sent: {', '.join(names)}. There is no file search; name a library with --store."]


def _end(turn: Turn, warnings: Sequence[str]) -> int:
    for warning in warnings:
        _complain(warning, FAILED)
    answer = turn.answer
    if answer.status is Status.COMPLETED:
        return COMPLETED
    code = INCOMPLETE if answer.status is Status.INCOMPLETE else FAILED
    if answer.status is Status.STOPPED:
        return _complain("Stopped. What had arrived is kept in the profile.", INTERRUPTED)
    if answer.failure is None:
        return _complain(f"The answer ended as {answer.status}.", code)
    return _complain(told(answer.failure), code if code == INCOMPLETE else _code_of(answer.failure))


@asynccontextmanager
async def _followed(feed: Feed, takers: Sequence[Callable[[Change], None]]) -> AsyncIterator[None]:
    """While inside, everything the feed tells is printed as it comes."""
    waking = asyncio.Event()
    feed.wake = waking.set
    waking.set()

    def drain() -> None:
        changes: list[Change] = feed.drain()
        for change in changes:
            for take in takers:
                take(change)

    async def follow() -> None:
        while True:
            await waking.wait()
            waking.clear()
            drain()

    following = asyncio.create_task(follow(), name="printer")
    try:
        yield
    finally:
        following.cancel()
        await asyncio.wait({following})
        drain()
    if not following.cancelled() and (problem := following.exception()) is not None:
        raise problem


async def _connection(application: Application, options: AskOptions) -> Connection:
    """The server to ask, known to this process only as it is asked."""
    connection = chosen(options.server, options.key_env, await application.preferences.connections())
    await application.preferences.use_for_session(connection)
    return connection


async def _conversation(
    application: Application, options: AskOptions, connection: Connection
) -> tuple[Conversation, str | None, Once]:
    """A new conversation, or the one that holds the parent response with the turn to follow there. The user's own
    conversation keeps its parameters: those of the command line are for this question alone."""
    parameters = await _parameters(application, options, connection)
    turn = await _followed_turn(application, options, connection)
    if turn is None:
        unknown = {"previous_response_id": options.parent} if options.parent else {}
        head = await application.conversations.create(connection.id, parameters)
        return head, None, Once(parameters=unknown)
    head, _ = await application.conversations.open(turn.conversation_id)
    return head, turn.id, Once(connection.id, parameters)


async def _parameters(application: Application, options: AskOptions, connection: Connection) -> JsonObject:
    parameters = options.parameters
    if options.preset is not None:
        parameters = {**await application.presets.for_question(options.preset, connection.id), **parameters}
    if not options.stores:
        return parameters
    offered = await application.library.stores(connection.id)
    ids = [_store_id(name, offered) for name in options.stores]
    return {**parameters, "vector_stores": [*(parameters.get("vector_stores") or []), *ids]}


def _store_id(name: str, offered: Sequence[JsonObject]) -> str:
    for store in offered:
        if name in (store.get("id"), store.get("name")):
            return text_of(store.get("id"))
    names = ", ".join(text_of(store.get("name")) or text_of(store.get("id")) for store in offered)
    raise WrongUsage(f"There is no vector store called {name}. The server has: {names or 'none'}.")


async def _show_request(application: Application, options: AskOptions, connection: Connection) -> int:
    """Prints the request as a program and sends nothing."""
    files = await along(application, options)
    head = await _previewed(application, options, connection)
    if connection.id == ENGINE.id and "model" not in head.parameters:
        await application.preferences.models(ENGINE.id)
    request = await application.turns.preview(head, options.question, files)
    if "model" not in request and "prompt" not in request:
        _complain("no model was chosen; most servers need one, give it with --model.", COMPLETED)
    for warning in _idle(options.parameters, request):
        _complain(warning, COMPLETED)
    write = as_curl if options.show == "curl" else as_python
    write(StandardOutput(), connection, await application.enclosures.printed(connection.id, request))
    return COMPLETED


async def _followed_turn(
    application: Application, options: AskOptions, connection: Connection
) -> Turn | None:
    """The turn that the parent response answered, where this profile has it."""
    turn = await application.turns.answered_by(options.parent) if options.parent else None
    return turn if turn is not None and turn.server == connection.id else None


async def _previewed(application: Application, options: AskOptions, connection: Connection) -> Conversation:
    """The conversation as the question would find it; nothing of it is kept."""
    parameters = await _parameters(application, options, connection)
    turn = await _followed_turn(application, options, connection)
    if turn is None:
        unknown = {"previous_response_id": options.parent} if options.parent else {}
        return Conversation(
            "preview", "", 0.0, 0.0, server=connection.id, parameters={**parameters, **unknown}
        )
    head, _ = await application.conversations.open(turn.conversation_id)
    return replace(Once(connection.id, parameters).over(head), current_turn_id=turn.id)


def _code_of(failure: Failure) -> int:
    if failure.kind in USAGE_KINDS or failure.kind.startswith("document_"):
        return USAGE
    return NOT_REACHED if failure.kind in NOT_REACHED_KINDS else FAILED


def _complain(text: str, code: int) -> int:
    return complain("ask", text, code)
