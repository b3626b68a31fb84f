"""Which program: the window, or one of the words below. A side is imported only once it is chosen."""

import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from chatapp import __version__

Painted = Callable[[], object]


def main(argv: Sequence[str] | None = None, painted: Painted = lambda: None) -> int:
    """Runs what the command line asks for and returns the exit code. `painted` is called after a window's first
    picture."""
    words = list(sys.argv[1:] if argv is None else argv)
    run = _PROGRAMS.get(words[0]) if words else None
    return run(words[1:]) if run else _desktop(words, painted)


def _ask(argv: Sequence[str]) -> int:
    from chatapp.ask.question import main

    return main(argv)


def _engine(argv: Sequence[str]) -> int:
    from chatapp.engine.server import main

    return main(argv)


def _export(argv: Sequence[str]) -> int:
    from chatapp.ask.files import export

    return export(argv)


def _import(argv: Sequence[str]) -> int:
    from chatapp.ask.files import bring_in

    return bring_in(argv)


def _version(argv: Sequence[str]) -> int:
    print(f"chatapp {__version__}")
    return 0


_PROGRAMS: dict[str, Callable[[Sequence[str]], int]] = {
    "ask": _ask,
    "engine": _engine,
    "export": _export,
    "import": _import,
    "--version": _version,
}


def _desktop(argv: Sequence[str], painted: Painted) -> int:
    import argparse

    parser = argparse.ArgumentParser(
        prog="chatapp",
        description="A chat window for every server that speaks the Responses API. Also: chatapp ask, chatapp engine, "
        "chatapp export, chatapp import; each of them explains itself with --help.",
        allow_abbrev=False,
    )
    profile = parser.add_mutually_exclusive_group()
    profile.add_argument("--profile", type=Path, metavar="DIR", help="the profile's directory")
    profile.add_argument("--temp-profile", action="store_true", help="an empty profile, removed at the end")
    parser.add_argument("--server", metavar="NAME", help="the server to begin with")
    parser.add_argument("--debug", action="store_true", help="write a log to stderr")
    parser.add_argument("--version", action="version", version=f"chatapp {__version__}")
    given = parser.parse_args(argv)
    if given.temp_profile:
        return _in_temporary_profile(given.server, given.debug, painted)
    return _window(given.profile, False, given.server, given.debug, painted)


def _in_temporary_profile(server: str | None, debug: bool, painted: Painted) -> int:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="chatapp-", ignore_cleanup_errors=True) as folder:
        return _window(Path(folder), True, server, debug, painted)


def _window(profile: Path | None, temporary: bool, server: str | None, debug: bool, painted: Painted) -> int:
    """What is made up to the first picture stays to the end: to search it for garbage again and again would take a
    tenth of the time until then."""
    gc.disable()
    from chatapp.desktop.app import main
    from chatapp.options import Options, default_profile

    def settled() -> None:
        gc.freeze()
        gc.enable()
        painted()

    try:
        return main(Options(profile or default_profile(), temporary, server, debug), settled)
    finally:
        gc.enable()


if __name__ == "__main__":
    sys.exit(main())
