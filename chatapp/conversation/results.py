"""What a file search found, whatever the server: the results of an item, and which file each of them names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chatapp.protocol.json_types import JsonObject, object_of, objects_of, text_of

RESULTS: Final = ("results", "search_results")
"""Fields of a file_search_call. LiteLLM has the second."""


@dataclass(frozen=True, slots=True)
class FileName:
    """A file as a result names it. `others` are further names that annotations and markers may call it by."""

    file_id: str
    filename: str
    others: frozenset[str]


def annotation_of(note: JsonObject) -> JsonObject:
    """An annotation with its facts beside its type. Chat completions, and gateways that pass them on, have them one
    level deeper: {"type": "url_citation", "url_citation": {"url": …}}."""
    return {**object_of(note.get(text_of(note.get("type")))), **note}


def results_of(item: JsonObject) -> list[JsonObject]:
    """The results of a file_search_call."""
    if item.get("type") != "file_search_call":
        return []
    return next((found for name in RESULTS if (found := objects_of(item.get(name)))), [])


def file_of(result: JsonObject) -> FileName:
    """ogx puts the id of an internal document in `file_id` and `filename`, and the real ones in the attributes."""
    attributes = object_of(result.get("attributes"))
    ids = [text_of(attributes.get("file_id")), text_of(result.get("file_id"))]
    names = [text_of(attributes.get("filename")), text_of(result.get("filename"))]
    known = frozenset((*ids, *names, text_of(attributes.get("document_id")))) - {""}
    return FileName(ids[0] or ids[1], names[0] or names[1], known)


class Sources:
    """The files that the searches of an answer found, under all their names. Grows while results arrive."""

    def __init__(self, items: Iterable[JsonObject] = ()) -> None:
        self._files: dict[str, dict[str, str]] = {}
        for item in items:
            self.add(item)

    def add(self, item: JsonObject) -> None:
        """Takes the files of an output item, if it is a search."""
        for result in results_of(item):
            file = file_of(result)
            for name in file.others:
                self._files.setdefault(name, {})[file.file_id] = file.filename

    def name(self, *notes: JsonObject) -> None:
        """Takes the files that annotations name, unless a search found them before."""
        for note in notes:
            file_id = text_of(note.get("file_id"))
            if file_id and file_id not in self._files:
                self._files[file_id] = {file_id: text_of(note.get("filename"))}

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def find(self, name: str) -> tuple[str, str] | None:
        """(file id, filename) of the one file of that name; None where there is none, or more than one."""
        files = self._files.get(name, {})
        return next(iter(files.items())) if len(files) == 1 else None

    def only(self) -> tuple[str, str] | None:
        """(file id, filename) of the one file that was found at all."""
        files = {pair for named in self._files.values() for pair in named.items()}
        return next(iter(files)) if len({file_id for file_id, _ in files}) == 1 else None
