"""The words for what goes along with a question: how it goes, and what is known of it. Pure."""

from collections.abc import Mapping

from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Detail, How, Kind, size_words
from chatapp.services.enclosures import Look

HOW_WORDS: Mapping[How, str] = {
    "search": "searched",
    "data": "sent whole",
    "upload": "uploaded",
    "url": "a link",
}
HOW_ICONS: Mapping[How, str] = {"search": "search", "data": "file", "upload": "upload", "url": "link"}
MENU_WORDS: Mapping[How, str] = {
    "search": "Search in it",
    "data": "Send it whole",
    "upload": "Upload it, send its id",
}
ABOUT: Mapping[How, str] = {
    "search": "Indexed on the server; only passages that fit the question reach the model.",
    "data": "The model gets all of it, inside the request.",
    "upload": "Uploaded to the server first; the model gets all of it.",
    "url": "The server fetches it itself; nothing is read on this computer.",
}
KIND_WORDS: Mapping[Kind, str] = {"image": "It is an image", "document": "It is a document"}
DETAIL_WORDS: Mapping[Detail, str] = {
    "auto": "As the model likes",
    "low": "Low, costs little",
    "high": "High",
    "original": "Original size",
}


NOT_SHOWN = "It cannot be shown here; a server may still take it."
NO_SEARCH = Failure(
    "no_vector_stores",
    "This server cannot search in files",
    "It offers no vector stores. Send the file whole, or choose another server.",
)


def facts(look: Look) -> str:
    """Size, measures and way of a file, a line each."""
    picture = look.type.picture if look.type is not None else None
    size = size_words(look.size)
    measures = f"{picture.width:,} × {picture.height:,} pixels" if picture else ""
    moves = "It moves; models see its first picture only." if picture and picture.moving else ""
    known = " · ".join(fact for fact in (size if look.path else look.enclosure.url, measures) if fact)
    return "\n".join(line for line in (known, ABOUT[look.how], moves) if line)
