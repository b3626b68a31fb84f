"""PDF text, the boxes of its characters, and its pages drawn; on made and on real documents."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from chatapp.documents import pdf_characters
from chatapp.documents.hyphens import settled
from chatapp.documents.model import Box, UnreadableDocument
from chatapp.documents.pdf import MAX_PIXELS, Pdf, boxes, read, render
from tests.documents.files import Sheet, line, mapped_pdf, pdf, picture_pdf

CORPUS = [
    "federal-register-2020-17221.pdf",
    "multicolumn.pdf",
    "google-doc-document.pdf",
    "scotus-transcript-p1.pdf",
    "la-precinct-bulletin-2014-p1.pdf",
]


def enclosed(path: Path, page: int, places: tuple[Box, ...]) -> str:
    """What PDFium finds within these boxes on a page without rotation or crop."""
    document = pypdfium2.PdfDocument(path)
    opened = document[page - 1]
    characters = opened.get_textpage()
    width, height = opened.get_size()
    found = [
        characters.get_text_bounded(
            box.left * width, (1 - box.bottom) * height, box.right * width, (1 - box.top) * height
        )
        for box in places
    ]
    document.close()
    return "".join(found)


def letters(text: str) -> str:
    """The text without what a reading may add or drop at a line's end."""
    return re.sub(r"[\s\x02\ufffe\xad-]+", "", text)


def ink(path: Path, box: Box, width: int = 600) -> tuple[int, int]:
    """How many dark pixels of the first page lie within the box, and how many on the whole page."""
    image = render(path, 1, width)
    dark = [index for index in range(image.width * image.height) if image.rgb[index * 3] < 128]
    within = [
        index
        for index in dark
        if box.left * image.width - 1 <= index % image.width <= box.right * image.width + 1
        and box.top * image.height - 1 <= index // image.width <= box.bottom * image.height + 1
    ]
    return len(within), len(dark)


def test_text_pages_and_title(tmp_path: Path) -> None:
    path = pdf(
        tmp_path / "a.pdf", [Sheet(line("First page", 50, 700)), Sheet(line("Second", 50, 700))], "Name"
    )
    document = read(path)
    assert document.text == "First page\nSecond"
    assert [(page.number, page.offset, page.length) for page in document.pages] == [(1, 0, 10), (2, 11, 6)]
    assert document.page_text(2) == "Second"
    assert [document.page_at(offset) for offset in (0, 10, 11, 99)] == [1, 1, 2, 2]
    assert (document.title, document.media_type) == ("Name", "application/pdf")


def test_lines_end_in_newlines_and_broken_words_are_marked(tmp_path: Path) -> None:
    content = line("the air-", 50, 700) + line("planes of U.S.", 50, 685) + line("registry", 50, 670)
    assert read(pdf(tmp_path / "a.pdf", [Sheet(content)])).text == "the air\xadplanes of U.S.\nregistry"


@pytest.mark.parametrize(
    ("read_as", "meant"),
    [
        ("per\xadforated zinc", "per\xadforated zinc"),
        ("FAA\xadapproved", "FAA-approved"),
        ("Baden\xadBaden", "Baden-Baden"),
        ("a work-hour and a work\xadhour", "a work-hour and a work-hour"),
        ("W12\xad140 and A\xad9", "W12-140 and A-9"),
        ("con\xadsti\xadtution", "con\xadsti\xadtution"),
        ("", ""),
    ],
)
def test_a_hyphen_stays_where_it_belongs_to_the_word(read_as: str, meant: str) -> None:
    assert settled(read_as) == meant


def test_signs_of_tex_fonts_are_read_as_what_they_show(tmp_path: Path) -> None:
    path = pdf(
        tmp_path / "a.pdf", [Sheet(line("\x10a signi\x1ccant e\x1bect\x11 \x15 for o\x1ece use", 50, 700))]
    )
    assert read(path).text == "“a signi\ufb01cant e\ufb00ect” – for o\ufb03ce use"


def test_one_box_a_line_in_fractions_from_the_top(tmp_path: Path) -> None:
    content = line("one line", 60, 700, 20) + line("and another", 60, 600, 20)
    path = pdf(tmp_path / "a.pdf", [Sheet(content)])
    first, second = boxes(path, 1, 0, len("one line\nand another"))
    assert first.left == pytest.approx(0.1, abs=0.005)
    assert first.top < 1 - 700 / 800 < first.bottom < second.top < 1 - 600 / 800 < second.bottom
    assert first.bottom - first.top == pytest.approx(20 / 800, rel=0.3)


def test_boxes_of_tight_lines_hold_no_letters_of_their_neighbours(tmp_path: Path) -> None:
    texts = ("gypsy quay", "tall bill", "jumpy")
    content = b"".join(line(text, 60, 700 - 13 * at) for at, text in enumerate(texts))
    path = pdf(tmp_path / "a.pdf", [Sheet(content)])
    text = read(path).text
    for one in texts:
        assert letters(enclosed(path, 1, boxes(path, 1, text.index(one), len(one)))) == letters(one)


def test_columns_have_boxes_of_their_own(tmp_path: Path) -> None:
    content = line("left column", 50, 700) + line("right column", 350, 700)
    path = pdf(tmp_path / "a.pdf", [Sheet(content)])
    text = read(path).text
    left, right = boxes(path, 1, 0, len(text))
    assert left.right < 0.5 < right.left


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (50, 100, 550, 760)])
@pytest.mark.parametrize("turned", [False, True])
def test_boxes_hold_the_ink_however_the_page_is_turned_and_cropped(
    tmp_path: Path, rotation: int, crop: tuple[int, int, int, int] | None, turned: bool
) -> None:
    sheet = Sheet(line("HELLO", 200, 300, 40, turned), crop=crop, rotation=rotation)
    path = pdf(tmp_path / "a.pdf", [sheet])
    (box,) = boxes(path, 1, 0, 5)
    within, everywhere = ink(path, box)
    assert within == everywhere > 200
    assert (box.right - box.left) * (box.bottom - box.top) < 0.1


def test_boxes_of_part_of_a_line_leave_the_rest_out(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("alpha beta gamma", 50, 700))])
    assert enclosed(path, 1, boxes(path, 1, 6, 4)).strip() == "beta"


def test_blanks_and_empty_spans_have_no_box(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("a b", 50, 700))])
    assert boxes(path, 1, 1, 1) == boxes(path, 1, 0, 0) == boxes(path, 1, 50, 10) == ()


@pytest.mark.parametrize("name", CORPUS)
def test_boxes_enclose_exactly_the_words(shared: Path, name: str) -> None:
    path = shared / "corpus" / name
    chance = random.Random(name)
    document = read(path)
    for page in document.pages:
        words = list(re.finditer(r"\S+", document.page_text(page.number)))
        for _ in range(8):
            first = chance.randrange(len(words))
            last = words[min(len(words) - 1, first + chance.randrange(25))]
            start, end = words[first].start(), last.end()
            asked = document.page_text(page.number)[start:end]
            found = boxes(path, page.number, start, end - start)
            assert letters(enclosed(path, page.number, found)) == letters(asked)
            assert len(found) <= len(asked.split())


def test_every_character_lies_in_the_box_of_its_words(shared: Path) -> None:
    path = shared / "corpus" / CORPUS[0]
    with Pdf(path) as opened:
        page = opened.characters(2)
        assert page.text == opened.page_text(2) == opened.document().page_text(2)
        assert len(page.boxes) == len(page.text)
        start = page.text.index("airplanes")
        (whole,) = opened.boxes(2, start, len("airplanes"))
    own = page.boxes[start : start + len("airplanes")]
    assert [box.left for box in own] == sorted(box.left for box in own)
    for box in own:
        across, down = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        assert whole.left <= across <= whole.right
        assert whole.top <= down <= whole.bottom


def test_text_is_what_pdfium_gives(shared: Path) -> None:
    path = shared / "corpus" / CORPUS[0]
    ours = read(path)
    for page, theirs in zip(ours.pages, pdfium_texts(path), strict=True):
        said = ours.page_text(page.number).replace("\xad", "-")
        assert said == re.sub("[\x02\ufffe]", "-", theirs.replace("\r\n", "\n"))


def pdfium_texts(path: Path) -> Iterator[str]:
    document = pypdfium2.PdfDocument(path)
    for page in document:
        yield page.get_textpage().get_text_range()
    document.close()


def test_right_to_left_text_has_a_box(shared: Path) -> None:
    path = shared / "corpus" / "habibi.pdf"
    text = read(path).text
    assert text.count("حَبيبي") == 2
    (box,) = boxes(path, 1, text.index("habibi"), 6)
    assert enclosed(path, 1, (box,)).strip().startswith("habibi")
    assert boxes(path, 1, text.index("حَبيبي"), 6)


def test_words_from_right_to_left_are_in_reading_order() -> None:
    """As a browser prints them: each word is a text of its own, and PDFium turns some of them round."""
    path = Path(__file__).with_name("right-to-left.pdf")
    text = read(path).text
    assert text.startswith("المكتبة الوطنية\nتأسست المكتبة الوطنية في عام 1926 وتضم")
    assert "ولا يسمح بالتصوير داخل" in text
    assert "הספרייה העירונית בחיפה נוסדה בשנת 1937" in text
    (box,) = boxes(path, 1, text.index("تأسست"), len("تأسست المكتبة"))
    (second,) = boxes(path, 1, text.index("تأسست") + len("تأسست "), len("المكتبة"))
    assert box.left == second.left
    assert second.right < box.right


def test_characters_beyond_the_bmp_are_kept_and_boxed(tmp_path: Path) -> None:
    path = mapped_pdf(tmp_path / "a.pdf", "a𝑥b😀c")
    assert read(path).text == "a𝑥b😀c"
    edges = [box for offset in range(5) for box in boxes(path, 1, offset, 1)]
    assert [round(box.left, 3) for box in edges] == sorted({round(box.left, 3) for box in edges})
    assert len(edges) == 5


@pytest.mark.parametrize("said", ["plain", "a\x00b\ufffec", "a\ufffe", "x\x93y𝑥", "\ufeffa", "a\ud800b"])
def test_a_page_is_read_alike_at_once_and_one_by_one(tmp_path: Path, said: str) -> None:
    same_text_twice(mapped_pdf(tmp_path / "a.pdf", said))


@pytest.mark.parametrize("name", CORPUS)
def test_a_real_page_is_read_alike_at_once_and_one_by_one(shared: Path, name: str) -> None:
    assert same_text_twice(shared / "corpus" / name)


def same_text_twice(path: Path) -> int:
    """How many pages were read at once, each of them as character by character."""
    document, count = pypdfium2.PdfDocument(path), 0
    for page in document:
        characters = page.get_textpage()
        at_once = pdf_characters._at_once(characters)
        assert at_once is None or at_once == pdf_characters._one_by_one(characters)
        count += at_once is not None
    document.close()
    return count


def test_malformed_file_that_still_has_text(shared: Path) -> None:
    assert read(shared / "corpus" / "malformed-from-issue-932.pdf").text == "2021 3 31"


def test_render_is_exactly_as_wide_as_asked(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("x", 9, 9)), Sheet(b"1 0 0 rg 0 0 600 800 re f")])
    for width in (1, 333, 700, 1401):
        image = render(path, 2, width)
        assert (image.width, image.page, image.page_count) == (width, 2, 2)
        assert len(image.rgb) == image.width * image.height * 3
        assert image.rgb[:3] == b"\xff\x00\x00"


def test_a_very_long_page_is_drawn_narrower(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("x", 2, 2), width=10, height=14_000)])
    image = render(path, 1, 4000)
    assert image.width < 4000
    assert image.width * image.height <= MAX_PIXELS * 1.01


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("x", 9, 9))])
    for number in (0, 2, -1):
        with pytest.raises(UnreadableDocument, match=f"no page {number}") as refusal:
            render(path, number, 100)
        assert refusal.value.code == "missing"


def test_a_scan_has_no_text_but_can_be_drawn(tmp_path: Path) -> None:
    path = picture_pdf(tmp_path / "scan.pdf")
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.code == "no_text"
    assert render(path, 1, 50).width == 50


def test_encrypted(shared: Path) -> None:
    with pytest.raises(UnreadableDocument) as refusal:
        read(shared / "corpus" / "password-example.pdf")
    assert refusal.value.code == "encrypted"


@pytest.mark.parametrize("keep", [9, 60, 400])
def test_a_file_cut_off_is_damaged_or_read(tmp_path: Path, keep: int) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("some words", 50, 700))])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.code in ("damaged", "no_text")


def test_an_open_pdf_gives_its_file_back(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", [Sheet(line("some words", 50, 700))])
    with Pdf(path) as opened:
        assert opened.document().text == "some words"
        assert opened.boxes(1, 0, 4) == boxes(path, 1, 0, 4)
    path.unlink()
