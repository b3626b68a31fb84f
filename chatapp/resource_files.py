"""Where the files of resources/ are: icons, palettes, translations, the user guide. Any room may import this one."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# A wheel and a frozen folder carry the resources inside the package, a checkout beside it.
_FOLDERS = (_PACKAGE / "resources", _PACKAGE.parent / "resources")


def resource(*parts: str) -> Path:
    """The path of a file or folder under resources/, e.g. resource("guide", "index.md").

    Raises FileNotFoundError when it is not there, which means that this installation is incomplete.
    """
    for folder in _FOLDERS:
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(
        f"chatapp's own file {'/'.join(('resources', *parts))} is missing; install chatapp again"
    )
