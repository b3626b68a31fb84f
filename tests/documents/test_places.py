"""From a quote to its page, line and boxes."""

from pathlib import Path

import pytest

from chatapp.documents.model import SURE, Place
from chatapp.documents.pdf import Pdf, read
from chatapp.documents.places import locate
from chatapp.documents.shelf import MAX_OPEN, Shelf
from tests.documents.files import Sheet, docx, line, mapped_pdf, pdf, pptx
from tests.documents.test_pdf import enclosed, letters

AIRPLANES = "The FAA estimates that this proposed AD affects 73 airplanes of U.S. registry."


def located(path: Path, quote: str, filename: str | None = None, page: int | None = None) -> Place:
    place = locate(path, quote, filename, page)
    assert place is not None
    return place


def test_a_sentence_of_a_real_rule(shared: Path) -> None:
    path = shared / "corpus" / "federal-register-2020-17221.pdf"
    place = located(path, AIRPLANES)
    assert (place.page, place.line, place.found) == (5, None, 1.0)
    assert place.quote == "The FAA estimates that this proposed \nAD affects 73 airplanes of U.S. registry."
    assert len(place.boxes) == 2
    assert letters(enclosed(path, 5, place.boxes)) == letters(AIRPLANES)
    assert all(0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1 for box in place.boxes)


def test_a_quote_retyped_with_a_slip_is_still_shown(shared: Path) -> None:
    path = shared / "corpus" / "federal-register-2020-17221.pdf"
    place = located(path, AIRPLANES.replace("estimates", "believes").replace("-", ""))
    assert place.page == 5
    assert SURE <= place.found < 1
    assert "73airplanes" in letters(enclosed(path, 5, place.boxes))


def test_words_that_are_not_there_are_not_shown(shared: Path) -> None:
    path = shared / "corpus" / "federal-register-2020-17221.pdf"
    place = locate(path, "Zebras graze quietly beneath ancient baobabs while elephants drink")
    assert place is None or place.found < SURE
    assert locate(path, "zzzz qqqq") is None


def test_the_page_asked_for_comes_first(tmp_path: Path) -> None:
    sheets = [
        Sheet(line(text, 50, 700)) for text in ("the same words", "other", "the same words", "the same words")
    ]
    path = pdf(tmp_path / "a.pdf", sheets)
    assert [located(path, "the same words", page=page).page for page in (None, 1, 3, 4)] == [1, 1, 3, 4]
    assert located(path, "the  same  words", page=2).page == 1
    assert located(path, "the same words", page=99).page == 1


def test_a_quote_over_two_pages_is_boxed_where_most_of_it_stands(tmp_path: Path) -> None:
    path = pdf(
        tmp_path / "a.pdf", [Sheet(line("It begins", 50, 60)), Sheet(line("and goes on to its end", 50, 700))]
    )
    place = located(path, "begins and goes on to its end")
    assert (place.page, place.found) == (2, 1.0)
    assert enclosed(path, 2, place.boxes).strip() == "and goes on to its end"


@pytest.mark.parametrize("before", [5, 30])
def test_a_running_head_within_a_quote_is_not_boxed(tmp_path: Path, before: int) -> None:
    """Most of the quote stands before the page break, or after it."""
    said = [f"word{at}" for at in range(35)]
    sheets = []
    for head, words in ((17, ["Opening.", *said[:before]]), (18, [*said[before:], "Closing."])):
        lines = [" ".join(words[at : at + 6]) for at in range(0, len(words), 6)]
        text = b"".join(line(one, 50, 700 - 15 * row) for row, one in enumerate(lines))
        sheets.append(Sheet(line("Annals of the harbour", 50, 760) + text + line(f"Page {head}", 280, 40)))
    place = located(pdf(tmp_path / "a.pdf", sheets), " ".join(said))
    assert (place.page, place.found) == (1 if before > 15 else 2, 1.0)
    here = said[:before] if place.page == 1 else said[before:]
    assert letters(enclosed(tmp_path / "a.pdf", place.page or 0, place.boxes)) == "".join(here)


def test_a_ligature_is_boxed_as_the_letters_it_stands_for(tmp_path: Path) -> None:
    place = located(mapped_pdf(tmp_path / "a.pdf", "an oﬃce ﬁeld"), "office field")
    assert (place.found, place.quote, len(place.boxes)) == (1.0, "office field", 1)


def test_a_known_page_is_found_without_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the words on it, or by those that run over to its neighbour."""
    pages = ["One is here", "Two begins", "and ends on three", "Four is last"]
    path = pdf(tmp_path / "a.pdf", [Sheet(line(text, 50, 700)) for text in pages])
    for quote, page, found in (
        ("Two begins", 2, 2),
        ("Two begins and ends on three", 2, 3),
        ("Four is", 3, 4),
    ):
        whole = locate(path, quote)
        with monkeypatch.context() as patched:
            patched.delattr(Pdf, "document")
            place = located(path, quote, page=page)
        assert (place, place.page) == (whole, found)


def test_the_offset_in_a_pdf_counts_from_its_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line(text, 50, 700)) for text in ("First page", "The second page")])
    place = located(path, "second")
    assert read(path).page_text(2)[place.offset :][: place.length] == "second"


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.docx"])
def test_files_without_pages_have_lines(tmp_path: Path, name: str) -> None:
    path = tmp_path / "original"
    if name == "a.docx":
        docx(path, "<w:p><w:r><w:t>Title</w:t></w:r></w:p><w:p><w:r><w:t>73 airplanes</w:t></w:r></w:p>")
    elif name == "a.html":
        path.write_text("<body><div>Title<div>73 airplanes", "utf-8")
    else:
        path.write_text("Title\n73 airplanes\n", "utf-8")
    place = located(path, "73 airplanes", name)
    assert (place.page, place.line, place.boxes, place.quote) == (None, 2, (), "73 airplanes")


def test_slides_have_pages_and_lines_but_no_boxes(tmp_path: Path) -> None:
    place = located(pptx(tmp_path / "a.pptx", ["One", "73 airplanes"]), "73 airplanes")
    assert (place.page, place.boxes) == (2, ())


def test_a_shelf_keeps_what_it_read_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("first", "utf-8")
    with Shelf() as shelf:
        kept = shelf.document(path)
        assert shelf.document(path) is kept
        path.write_text("second words", "utf-8")
        assert shelf.document(path).text == "second words"


def test_a_shelf_closes_what_it_puts_away(tmp_path: Path) -> None:
    paths = [pdf(tmp_path / f"{n}.pdf", [Sheet(line("words", 9, 9))]) for n in range(MAX_OPEN + 1)]
    with Shelf() as shelf:
        first = shelf.pdf(paths[0])
        assert shelf.pdf(paths[0]) is first
        for path in paths[1:]:
            assert shelf.pdf(path).render(1, 10).width == 10
        assert shelf.pdf(paths[0]) is not first
