"""What goes along with a question asked in a terminal: --file, --attach and --detail as enclosures."""

from dataclasses import replace
from pathlib import Path

from chatapp.ask.arguments import AskOptions, WrongUsage
from chatapp.conversation.inputs import Enclosure
from chatapp.services.application import Application
from chatapp.services.enclosures import Look, enclosed, linked


async def along(application: Application, options: AskOptions) -> list[Enclosure]:
    """In the order given, those of --file first. Raises WrongUsage, UseCaseFailure."""
    files = [await _file(application, path, options.show is not None) for path in options.files]
    attached = [await _attached(application, text) for text in options.attached]
    return [replace(enclosure, detail=options.detail) for enclosure in (*files, *attached)]


async def _file(application: Application, path: Path, is_shown: bool) -> Enclosure:
    if not is_shown:
        return enclosed(path)
    look = await application.enclosures.unsearched(enclosed(path))
    if look.kind == "document":
        raise WrongUsage(
            "--file is uploaded before it can be searched; name an existing store with --store, or send the file "
            "whole with --attach."
        )
    return _by_its_way(look)


async def _attached(application: Application, text: str) -> Enclosure:
    if "://" in text:
        try:
            return linked(text)
        except ValueError as problem:
            raise WrongUsage(f"--attach {text} is not an address.") from problem
    return _by_its_way(await application.enclosures.unsearched(enclosed(Path(text))))


def _by_its_way(look: Look) -> Enclosure:
    return replace(look.enclosure, how=look.how)
