"""What the use cases need of the user's files: found, kept, on their way to libraries, read."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chatapp.documents.model import Document, PageImage, PageText, Place
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Original:
    """A kept original. `path` is inside the profile and never written again."""

    sha256: str
    filename: str
    bytes: int
    path: Path


class Originals(Protocol):
    """Files kept by SHA-256, and which server knows them under which file id."""

    async def keep(self, path: Path, filename: str, progress: Callable[[int], None]) -> Original:
        """Copies and hashes in one pass; the same content is kept once. Raises OSError, StorageFailure."""
        ...

    async def fetch(self, write: Callable[[Path], Awaitable[None]], filename: str) -> Original:
        """Keeps what `write` puts at the path it is given. Raises what `write` and `keep` raise."""
        ...

    async def copy_under_name(self, original: Original) -> Path:
        """A copy for other programs, under the file's own name. Raises StorageFailure."""
        ...

    async def is_whole(self, original: Original) -> bool:
        """Whether the kept file still is what its hash says."""
        ...

    async def by_hash(self, sha256: str) -> Original | None: ...
    async def link(self, server: str, file_id: str, sha256: str, filename: str) -> None: ...
    async def by_file_id(self, server: str, file_id: str) -> Original | None: ...
    async def by_filename(self, filename: str) -> list[Original]:
        """All originals kept under this name, the newest first: some servers know a file by its name only."""
        ...

    async def file_id_for(self, server: str, sha256: str, filename: str) -> str | None: ...
    async def file_ids(self, server: str, sha256: str) -> list[str]:
        """All ids under which the server knows this content, by whatever name; the one linked last first."""
        ...

    async def unlink(self, server: str, file_id: str) -> None:
        """The server has the file no more."""
        ...

    async def remove_unused(self, content: Collection[str]) -> None:
        """Removes those of these hashes that no turn has attached, no draft holds and no server knows. Raises
        StorageFailure."""
        ...


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """What was given and what was found in folders, with its size in bytes where there is one. `ignored` counts what
    was left out, by the reason."""

    files: tuple[tuple[Path, int | None], ...]
    ignored: Mapping[str, int]

    @property
    def words(self) -> str:
        """ "Left out: 3 hidden, 2 of a kind no library reads (.png)." """
        return f"Left out: {', '.join(f'{count} {why}' for why, count in self.ignored.items())}."


class Folders(Protocol):
    async def files_in(self, paths: Sequence[Path]) -> FolderFiles:
        """Files as they are given, folders with all that is in them. Raises no OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Queued:
    """A file that is to arrive in a library, as it was asked for.

    `chunking` is a chunking_strategy, the server's own where it is None. `reason` says why it did not arrive, where
    it was tried, `final` that it will be refused again, as it is; `sha256` is its kept original's then, or empty.
    """

    key: str
    server: str
    store_id: str
    path: Path
    filename: str
    chunking: JsonObject | None = None
    sha256: str = ""
    reason: str | None = None
    final: bool = False


class UploadQueue(Protocol):
    """Files on their way to libraries, in the order in which they came. Raises StorageFailure."""

    async def all(self) -> list[Queued]: ...
    async def put(self, entries: Sequence[Queued]) -> None:
        """Adds entries, or writes `sha256`, `reason` and `final` of known ones again."""
        ...

    async def drop(self, keys: Collection[str]) -> None:
        """They arrived, or nobody wants them any more."""
        ...


class Documents(Protocol):
    """Reading originals in the limited helper process. Raises documents.model.UnreadableDocument."""

    async def keep_ready(self, kept: bool) -> None:
        """Whether the process runs before it is asked, and stays."""
        ...

    async def read(self, path: Path, filename: str | None = None) -> Document: ...
    async def locate(
        self, path: Path, quote: str, filename: str | None = None, page: int | None = None
    ) -> Place | None: ...
    async def render(self, path: Path, page: int, width: int) -> PageImage: ...
    async def page_text(self, path: Path, page: int) -> PageText: ...
    async def aclose(self) -> None: ...
