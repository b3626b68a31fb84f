"""Local commands for functions: off until the user allows them, kept by the function's name, run when the user says so.

They belong to the profile. No answer and no imported conversation can bring one along.
"""

import asyncio

from chatapp.conversation.calls import pending_calls
from chatapp.conversation.commands import (
    Command,
    CommandEnd,
    CommandLine,
    InvalidCommand,
    checked,
    filled,
    function_name,
    read,
    report,
    written,
)
from chatapp.conversation.failures import Failure
from chatapp.protocol.json_types import object_of
from chatapp.services.calls import Calls
from chatapp.services.ports import CommandNotStarted, CommandRunner, Settings
from chatapp.services.use_case import UseCaseFailure, use_case

ALLOWED, COMMANDS = "commands.allowed", "commands"
"""Names of settings."""


class Commands:
    """Use cases on commands. One run is known by its turn and the place of its call among the pending ones."""

    def __init__(self, settings: Settings, calls: Calls, runner: CommandRunner) -> None:
        self._settings = settings
        self._calls = calls
        self._runner = runner
        self._lock = asyncio.Lock()
        self._running: dict[tuple[str, int], asyncio.Task[CommandEnd]] = {}

    @use_case
    async def allowed(self) -> bool:
        return await self._settings.get(ALLOWED) is True

    @use_case
    async def allow(self, allowed: bool) -> None:
        """What runs already runs on."""
        await self._settings.set(ALLOWED, allowed)

    @use_case
    async def all(self) -> dict[str, Command]:
        """Commands by the names of their functions."""
        entries = object_of(await self._settings.get(COMMANDS)).items()
        return {name: command for name, value in entries if (command := read(value)) is not None}

    @use_case
    async def put(self, function: str, command: Command | None) -> None:
        """Sets a function's command, None to have none. Raises UseCaseFailure for one that cannot be."""
        try:
            new = {} if command is None else {function: written(checked(command))}
        except InvalidCommand as problem:
            raise UseCaseFailure(_cannot(problem)) from problem
        async with self._lock:
            kept = object_of(await self._settings.get(COMMANDS))
            rest = {name: value for name, value in kept.items() if name != function}
            await self._settings.set(COMMANDS, {**rest, **new})

    @use_case
    async def prepared(self, turn_id: str, place: int) -> CommandLine:
        """What would run for a call: to be shown, and to be handed to `run` as it was shown."""
        call = pending_calls((await self._calls.turn(turn_id)).answer)[place]
        command = (await self.all()).get(function_name(call))
        if command is None or not await self.allowed():
            raise UseCaseFailure(NOT_ALLOWED)
        try:
            return filled(command, call)
        except InvalidCommand as problem:
            raise UseCaseFailure(_cannot(problem)) from problem

    @use_case
    async def run(self, turn_id: str, place: int, line: CommandLine) -> CommandEnd | None:
        """Runs what was prepared and the user has agreed to; what comes of it is the call's draft. None: stopped."""
        if (turn_id, place) in self._running:
            raise UseCaseFailure(NOT_ALLOWED)
        task = asyncio.create_task(self._run_allowed(line), name=f"command for {turn_id}")
        self._running[turn_id, place] = task
        task.add_done_callback(lambda _done: self._running.pop((turn_id, place)))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if task.cancelled():
            return None
        try:
            end = task.result()
        except CommandNotStarted as problem:
            raise UseCaseFailure(_not_started(line, problem)) from problem
        await self._calls.put(turn_id, place, report(end))
        return end

    def running(self) -> tuple[tuple[str, int], ...]:
        """Turns and places whose command has not ended."""
        return tuple(self._running)

    async def stop(self, turn_id: str, place: int) -> None:
        """Returns once it is gone."""
        task = self._running.get((turn_id, place))
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def aclose(self) -> None:
        """Stops every command."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_allowed(self, line: CommandLine) -> CommandEnd:
        if not await self.allowed():
            raise UseCaseFailure(NOT_ALLOWED)
        return await self._runner.run(line)


NOT_ALLOWED = Failure(
    "command_not_allowed",
    "This command cannot be run now",
    "Local commands are off, the function has none, or it runs already. Settings, Functions has the switch.",
)


def _cannot(problem: InvalidCommand) -> Failure:
    return Failure("invalid_command", "This command cannot be used", f"{problem} Nothing was run.")


def _not_started(line: CommandLine, problem: CommandNotStarted) -> Failure:
    return Failure(
        "command", f"“{line.argv[0]}” could not be started", f"{problem} Write the result yourself."
    )
