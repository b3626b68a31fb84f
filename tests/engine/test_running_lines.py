"""Running heads and page numbers of a PDF are in none of its chunks, whatever else comes again is."""

import pytest

from chatapp.documents.model import Document
from chatapp.documents.paging import paged
from chatapp.engine.retrieval.chunking import Chunking, chunks_of

BODIES = ("The lamp turns once.", "It is trimmed at dusk.", "Oil is kept below.", "The stair has no lift.")


def document(*pages: str, media_type: str = "application/pdf") -> Document:
    return paged(media_type, pages, None)


def chunks(whole: Document) -> list[str]:
    return [chunk.text for chunk in chunks_of(whole, Chunking())]


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("Chapter 3: The lamp {n}\n", ""),
        ("{n} The lighthouse\n", ""),
        ("LAMP(1) Manual LAMP(1)\n\n", "\nMay 2020 {n}"),
        ("", "\n{n}"),
        ("", "\nprinted for the keeper\n- {n} -"),
        ("Page {n}\n", ""),
        ("The lamp {n} / 123\n", ""),
        ("", "\nPage {n} of 60"),
        ("The lamp\nRev 2.1\n{n}\nHarbour Office\n", ""),
        ("What {n} lamps say\n{n}\nHarbour Office\n", ""),
    ],
)
def test_what_is_printed_on_every_page_is_left_out(head: str, foot: str) -> None:
    pages = [head.format(n=at) + body + foot.format(n=at) for at, body in enumerate(BODIES, 41)]
    assert chunks(document(*pages)) == list(BODIES)


def test_a_head_may_differ_on_left_and_right_pages() -> None:
    pages = [f"{'The lamp' if at % 2 else 'Keeper'}\n{BODIES[at % 4]}" for at in range(6)]
    assert chunks(document(*pages)) == [BODIES[at % 4] for at in range(6)]


@pytest.mark.parametrize(
    "pages",
    [
        ("Lamps\nOne.", "Lamps\nTwo.", "Stairs\nThree."),
        ("One.\nIt ends.", "Two.", "Three.", "Four.\nIt ends.", "Five.", "Six.", "Seven.\nIt ends."),
        ("1871\nOne.", "Two.", "Three."),
    ],
)
def test_what_comes_again_by_chance_stays(pages: tuple[str, ...]) -> None:
    assert "\n".join(chunks(document(*pages))) == "\n".join(pages)


def test_slides_keep_their_titles_and_offsets_stay_true() -> None:
    pages = [f"Budget\n{body}" for body in BODIES]
    assert chunks(document(*pages, media_type="application/vnd.ms-powerpoint")) == pages
    whole = document(*pages)
    assert all(whole.text[one.offset :].startswith(one.text) for one in chunks_of(whole, Chunking()))


def test_a_page_of_nothing_else_stays() -> None:
    pages = [f"Keeper\n{at}" for at in range(3)]
    assert chunks(document(*pages, "Keeper\nThe lamp.")) == [*pages, "The lamp."]


def test_a_long_line_is_text_whatever_it_is_made_of() -> None:
    dots = "." * 30_000
    assert "".join(chunks(document(*(f"{dots}\n{body}" for body in BODIES)))).count(".") >= 4 * 30_000
