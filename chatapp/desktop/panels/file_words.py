"""What is said of a file of a library: how far it is, how large, why it failed."""

from chatapp.conversation.changes import LibraryFile

STAGES = {
    "waiting": "waiting", "hashing": "reading", "uploading": "uploading", "indexing": "indexing",
    "completed": "ready", "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip
ON_ITS_WAY = ("waiting", "hashing", "uploading", "indexing")


def is_moving(file: LibraryFile) -> bool:
    return file.stage in ON_ITS_WAY


def may_pass(file: LibraryFile) -> bool:
    """Whether sending it again can help: the server did not refuse what is in it."""
    return file.stage == "cancelled" or (file.stage == "failed" and not file.final)


def is_there(file: LibraryFile) -> bool:
    """Whether the server holds it in the library, read or refused."""
    return file.file_id is not None and not is_moving(file)


def stage_words(file: LibraryFile) -> str:
    """ "uploading 40 %", "failed: It is damaged.", or the size once it is there."""
    if file.stage == "completed":
        size = size_words(file.bytes) if file.bytes is not None else "ready"
        return f"{size}, {file.note}" if file.note else size
    words = STAGES[file.stage]
    if file.stage == "failed" and file.reason:
        return f"{words}: {' '.join(file.reason.split())}"
    return f"{words} {file.progress:.0%}" if 0 < file.progress < 1 else words


def spoken(file: LibraryFile) -> str:
    """What a screen reader says of a row."""
    return f"{file.filename}, {stage_words(file)}"


def files_words(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def size_words(count: float) -> str:
    """ "1.5 kB": two digits are enough to know a file by."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.1f} {unit}" if unit != "bytes" and count < 10 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
