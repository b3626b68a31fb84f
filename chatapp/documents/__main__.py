"""The helper program: reads files, finds quotes in them and draws pages for `helper_process`."""

from functools import partial
from pathlib import Path

from chatapp.documents.limited_program import answer_requests
from chatapp.documents.messages import Frame, Header, from_document, from_image, from_page_text, from_place
from chatapp.documents.shelf import Shelf


def main() -> None:
    """Answers until stdin closes, or until memory ran out."""
    with Shelf() as shelf:
        answers = {name: partial(answer, shelf) for name, answer in _ANSWERS.items()}
        answer_requests(answers, "Reading", shelf.close)


def _wake(shelf: Shelf, request: Header, _: bytes) -> Frame:
    import chatapp.documents.pdf  # noqa: F401

    return {}, b""


def _read(shelf: Shelf, request: Header, _: bytes) -> Frame:
    return from_document(shelf.document(Path(request["path"]), request["filename"]))


def _locate(shelf: Shelf, request: Header, _: bytes) -> Frame:
    from chatapp.documents.places import locate

    path, quote = Path(request["path"]), request["quote"]
    return from_place(locate(path, quote, request["filename"], request["page"], shelf))


def _render(shelf: Shelf, request: Header, _: bytes) -> Frame:
    return from_image(shelf.pdf(Path(request["path"])).render(request["page"], request["width"]))


def _page_text(shelf: Shelf, request: Header, _: bytes) -> Frame:
    return from_page_text(shelf.pdf(Path(request["path"])).characters(request["page"]))


_ANSWERS = {"wake": _wake, "read": _read, "locate": _locate, "render": _render, "page_text": _page_text}


if __name__ == "__main__":
    main()
