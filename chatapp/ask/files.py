"""`chatapp export` and `chatapp import`: a conversation to a file and back. `services/exchanging` makes the text."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from chatapp.ask.console import OutputLost, StandardOutput, complain, give_up_output, prepare
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Conversation, Tree
from chatapp.services.answer_export import REFERENCES
from chatapp.services.application import Application, UseCaseFailure
from chatapp.services.exchanging import FORMATS
from chatapp.services.feed import Feed
from chatapp.services.whole_file import write_whole

USAGE, FAILED = 2, 4
_KINDS = (*REFERENCES, *FORMATS)
"""Endings of what can be written, the longer before the shorter; of the first ones only what the answers cite."""
LARGEST_IMPORT = 128 << 20
"""Bytes. A conversation of ten thousand turns has some 50 MB."""


def export(argv: Sequence[str]) -> int:
    """Writes one conversation to a file. Returns 0, 2 for wrong usage, 4 where it could not be done."""
    parser = argparse.ArgumentParser(prog="chatapp export", description="Writes a conversation to a file.")
    parser.add_argument("conversation", metavar="CONVERSATION", help="its title or its id")
    endings = ",".join(_KINDS)
    parser.add_argument(
        "--to", required=True, type=Path, metavar=f"FILE.{{{endings}}}", help="the file to write"
    )
    given = _parsed(parser, argv)
    if _kind(given.to) is None:
        return complain("export", f"{given.to} must end with one of: {', '.join(_KINDS)}.", USAGE)
    return _told("export", lambda: _export(given.profile, given.conversation, given.to))


def bring_in(argv: Sequence[str]) -> int:
    """Adds a conversation from a file that `export` wrote as json."""
    parser = argparse.ArgumentParser(prog="chatapp import", description="Adds a conversation from a file.")
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=f"a .json file written by chatapp export, of at most {LARGEST_IMPORT >> 20} MB",
    )
    given = _parsed(parser, argv)
    return _told("import", lambda: _import(given.profile, given.file))


def _export(profile: Path | None, name: str, target: Path) -> str:
    title, text = asyncio.run(_exported(profile, name, _kind(target) or ""))
    write_whole(target, text.encode("utf-8", "replace"))
    return f"“{title}” is in {target}."


async def _exported(profile: Path | None, name: str, kind: str) -> tuple[str, str]:
    async with _opened(profile) as application:
        head = await application.exchanging.find(name)
        if kind not in REFERENCES:
            return head.title, await application.exchanging.export(head.id, kind)
        head, turns = await application.conversations.open(head.id)
        path = Tree(turns).path(head.current_turn_id)
        return head.title, await application.answers.references(path, REFERENCES[kind])


def _kind(target: Path) -> str | None:
    """What a file holds, by the end of its name; None for no kind that can be written."""
    return next((kind for kind in _KINDS if target.name.endswith(f".{kind}")), None)


def _import(profile: Path | None, source: Path) -> str:
    head = asyncio.run(_imported(profile, _read(source)))
    return f"“{head.title}” is in the profile, as {head.id}."


def _read(source: Path) -> str:
    """Raises OSError, and UseCaseFailure for a file larger than LARGEST_IMPORT. Reads no more than that."""
    with source.open("rb") as file:
        content = file.read(LARGEST_IMPORT + 1)
    if len(content) > LARGEST_IMPORT:
        limit = f"It has more than {LARGEST_IMPORT >> 20} MB. Nothing was changed."
        raise UseCaseFailure(Failure("invalid_bundle", f"{source} is too large to be imported", limit))
    return content.decode("utf-8", "replace")


async def _imported(profile: Path | None, text: str) -> Conversation:
    async with _opened(profile) as application:
        return await application.exchanging.bring_in(text)


def _opened(profile: Path | None) -> AbstractAsyncContextManager[Application]:
    from chatapp.assembly import open_profile
    from chatapp.options import default_profile

    return open_profile(profile or default_profile(), Feed(), window=False)


def _parsed(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the profile's directory")
    return parser.parse_args(argv)


def _told(program: str, work: Callable[[], str]) -> int:
    """Prints what was done, or in one line why it was not."""
    prepare()
    try:
        out = StandardOutput()
        out.write(f"{work()}\n")
        out.flush()
    except UseCaseFailure as problem:
        return complain(program, f"{problem.failure.title}. {problem.failure.text}", FAILED)
    except (OutputLost, BrokenPipeError) as problem:
        give_up_output()
        return complain(program, f"It is done, but the output cannot be written: {problem}.", FAILED)
    except OSError as problem:
        return complain(program, f"{problem.filename}: {problem.strerror}. Choose another file.", FAILED)
    return 0
