"""What the use cases need of this computer: its programs and its clock."""

from typing import Protocol

from chatapp.conversation.commands import CommandEnd, CommandLine


class CommandRunner(Protocol):
    """Programs of this computer, run for the user's functions. No shell, no secrets, nothing left behind."""

    async def run(self, line: CommandLine) -> CommandEnd:
        """Returns once it and all it started are gone. Cancelling ends it. Raises CommandNotStarted."""
        ...


class CommandNotStarted(Exception):
    """There is no such program or folder, or it may not be run; the message says which."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None: ...
