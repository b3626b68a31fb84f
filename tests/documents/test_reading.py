"""Every file type read, and every kind of bad file refused with the right code and a plain sentence."""

import gzip
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.documents import limits
from chatapp.documents.file_types import READERS, XLSX
from chatapp.documents.model import Document, UnreadableDocument
from chatapp.documents.reading import read
from tests.documents import files


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_every_type_has_a_reader(tmp_path: Path) -> None:
    for module in set(READERS.values()):
        assert (Path(limits.__file__).parent / f"{module}.py").is_file()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße, 73 €\n".encode(), "Grüße, 73 €\n"),
        ("Grüße\n".encode("utf-8-sig"), "Grüße\n"),
        ("Grüße, 漢字\n".encode("utf-16"), "Grüße, 漢字\n"),
        (b"\xfe\xff" + "Grüße\n".encode("utf-16-be"), "Grüße\n"),
        ("Grüße\n".encode("utf-32"), "Grüße\n"),
        ("Grüße\n".encode("latin-1"), "Grüße\n"),
        ("73 € – “ja”\n".encode("cp1252"), "73 € – “ja”\n"),
        (b"caf\xe9 \x81\n", "café \x81\n"),
        (b"one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
    ],
)
def test_text_in_many_encodings(tmp_path: Path, content: bytes, text: str) -> None:
    document = read(saved(tmp_path / "a.txt", content))
    assert document == Document("text/plain", text)


SENTENCES = {
    "cp1251 koi8_r cp866 iso8859_5 utf-16-le": "Маяк был построен в 1871 году. Он стоит у моря.",
    "cp1253 iso8859_7": "Ο φάρος χτίστηκε το 1871 και έχει ύψος τριάντα οκτώ μέτρα.",
    "cp1255": "המגדלור נבנה בשנת 1871 וגובהו שלושים ושמונה מטרים.",
    "cp1256": "تم بناء المنارة في عام 1871 ويبلغ ارتفاعها ثمانية وثلاثين مترا.",
    "cp874": "ประภาคารสร้างขึ้นในปี 1871 และสูงสามสิบแปดเมตรเหนือระดับน้ำทะเล",
    "cp932 euc_jp": "灯台は1871年に建てられ、高さは海面から38メートルです。",
    "cp949 euc_kr": "등대는 1871년에 세워졌으며 높이는 해수면 위 38미터이다.",
    "gb18030 gbk": "灯塔建于1871年，高出海面三十八米。每年四月至九月对外开放。",
    "big5": "燈塔建於1871年，高出海面三十八公尺。每年四月至九月對外開放。",
    "cp1252 utf-16-le utf-16-be": "Der Leuchtturm, 1871 gebaut: Größe über Höhe, Öl, äußerst süß.",
    "latin-1": "El faro se construyó en 1871. ¿Más allá, niño, país, canción, corazón, años?",
    "iso8859_15": "Le phare a été bâti en 1871 à côté de la forêt; çà et là.",
}
ENCODED = [(encoding, text) for names, text in SENTENCES.items() for encoding in names.split()]


@pytest.mark.parametrize(("encoding", "text"), ENCODED, ids=[encoding for encoding, _ in ENCODED])
def test_an_encoding_that_is_not_said_is_found(tmp_path: Path, encoding: str, text: str) -> None:
    for whole in (f"{text}\n", f"Title: 1\n\n{text}\n" * 3, f"{text}\n" * 3000):
        assert read(saved(tmp_path / "a.txt", whole.encode(encoding))).text == whole


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("A.PY", "text/x-python"),
        ("data.json", "application/json"),
        ("no-suffix", "text/plain"),
        ("a.unknown", "text/plain"),
    ],
)
def test_media_type_by_suffix(tmp_path: Path, name: str, media_type: str) -> None:
    path = saved(tmp_path / "0c1f", b"# Title here\n\nx = 1\n")
    document = read(path, name)
    assert document.media_type == media_type
    assert document.title == ("Title here" if name == "a.md" else None)
    assert document.pages == ()
    assert document.page_at(3) is None


def test_lines_are_counted_from_one(tmp_path: Path) -> None:
    document = read(saved(tmp_path / "a.txt", b"one\ntwo\n\nfour"))
    assert [document.line_at(offset) for offset in (0, 3, 4, 8, 9, 12)] == [1, 1, 2, 3, 4, 4]
    with pytest.raises(KeyError):
        document.page_text(1)


def test_html_reads_as_it_is_seen(tmp_path: Path) -> None:
    page = """<!DOCTYPE html><html><head><title> A  page </title><style>p{}</style></head><body>
      <h1>Head<b>ing</b></h1><p>73&nbsp;airplanes
         of <i>U.S.</i> registry.</p>tail<br>next
      <script>var hidden = 1</script><template>hidden</template>
      <table><tr><th>Kind</th><th>Count</th></tr><tr><td>a</td><td>1</td></tr></table>
      <ul><li>first</li><li>second</li></ul><pre>  keep
    this</pre></body></html>"""
    document = read(saved(tmp_path / "a.html", page.encode()))
    assert document.title == "A page"
    assert document.text == (
        "Heading\n\n73\u00a0airplanes of U.S. registry.\n\ntail\nnext\n\n"
        "Kind\tCount\na\t1\n\nfirst\nsecond\n\n  keep\n    this\n"
    )


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<meta charset=iso-8859-5><p>\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"),
        ("<p>Grüße".encode(), "Grüße"),
        (b'<meta http-equiv=x content="text/html; charset=nonsense"><p>caf\xe9', "café"),
        ("<p>漢字".encode("utf-16"), "漢字"),
    ],
)
def test_html_encodings(tmp_path: Path, content: bytes, word: str) -> None:
    assert read(saved(tmp_path / "a.htm", content)).text.strip() == word


def test_html_is_known_without_its_suffix_but_source_stays_source(tmp_path: Path) -> None:
    page = b"\n <html><body><p>Hello</p></body></html>"
    assert read(saved(tmp_path / "page", page)).media_type == "text/html"
    assert read(saved(tmp_path / "page.txt", page)).text.startswith("\n <html>")


def test_html_nested_deep(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.html", b"<div>" * 15_000 + b"deep" + b"</div>" * 15_000)
    assert read(path).text.strip() == "deep"


def test_docx(tmp_path: Path) -> None:
    body = (
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>73 air</w:t></w:r><w:r><w:t>planes</w:t><w:tab/>"
        "<w:t>of U.S.</w:t><w:br/><w:t>co</w:t><w:noBreakHyphen/><w:t>op</w:t></w:r></w:p>"
        "<w:p><w:del><w:r><w:delText>struck</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc>"
        "<w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><mc:AlternateContent><mc:Choice><w:r><w:t>once</w:t></w:r></mc:Choice>"
        "<mc:Fallback><w:r><w:t>once</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
    )
    note = "<w:footnote><w:p><w:r><w:t>a note</w:t></w:r></w:p></w:footnote>"
    document = read(files.docx(tmp_path / "a.docx", body, "Costs", footnotes=note))
    assert document.text == "73 airplanes\tof U.S.\nco-op\n\na\t\tc\nonce\na note\n"
    assert document.title == "Costs"
    assert document.pages == ()


def test_pptx_slides_are_pages_in_the_order_shown(tmp_path: Path) -> None:
    document = read(files.pptx(tmp_path / "a.pptx", ["First slide", "Second slide", "Third slide"]))
    assert [document.page_text(number) for number in (1, 2, 3)] == [
        "First slide\n",
        "Second slide\n",
        "Third slide\n",
    ]
    assert document.page_at(document.text.index("Second")) == 2


def test_xlsx_sheets_are_pages_of_rows(tmp_path: Path) -> None:
    strings = "<si><t>Herring</t></si><si><r><t>Two </t></r><r><t>parts</t></r><rPh><t>hint</t></rPh></si>"
    fish = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Loch\nFyne</t></is></c></row>'
        '<row r="2"><c r="B2"><f>A1*2</f><v>0.10000000000000001</v></c><c r="C2" t="b"><v>1</v></c></row>'
        '<row r="9"><c r="A9"><f>1/0</f></c></row><row r="10"><c r="XFD10" t="str"><v>far</v></c></row>'
    )
    path = files.xlsx(
        tmp_path / "a.xlsx",
        {"Fish &amp; more": fish, "Empty": "", "Last": '<row><c t="s"><v>1</v></c><c><v>7</v></c></row>'},
        strings,
    )
    document = read(path)
    assert document.media_type == XLSX
    assert [document.page_text(page.number) for page in document.pages] == [
        "Fish & more\nHerring\t\tLoch Fyne\n\t0.1\tTRUE\n" + "\t" * 15 + "far\n",
        "",
        "Last\nTwo parts\t7\n",
    ]


@pytest.mark.parametrize(
    ("value", "style", "book", "shown"),
    [
        ("45986", 0, "", "45986"),
        ("45986", 1, "", "2025-11-25"),
        ("45986.604166666664", 1, "", "2025-11-25 14:30"),
        ("0.604178240740741", 1, "", "14:30:01"),
        ("45986", 2, "", "2025-11-25"),
        ("1.5", 3, "", "1.5"),
        ("45986", 4, "", "45986"),
        ("44524", 1, '<workbookPr date1904="1"/>', "2025-11-25"),
        ("1E+99", 1, "", "1e+99"),
        ("nan", 1, "", "nan"),
        ("x", 1, "", "x"),
    ],
)
def test_xlsx_days_are_shown_as_days(tmp_path: Path, value: str, style: int, book: str, shown: str) -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="[$-409]d\\ mmm yyyy"/>'
        '<numFmt numFmtId="165" formatCode="[h]:mm"/>'
        '<numFmt numFmtId="166" formatCode="0.0 &quot;days&quot;;[Red]0"/></numFmts><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs>'
    )
    rows = f'<row><c s="{style}"><v>{value}</v></c></row>'
    assert read(files.xlsx(tmp_path / "a.xlsx", {"S": rows}, "", styles, book)).text == f"S\n{shown}\n"


def test_a_spreadsheet_that_repeats_a_long_string_is_refused(tmp_path: Path) -> None:
    rows = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"
    path = files.xlsx(tmp_path / "a.xlsx", {"S": rows}, f"<si><t>{'x' * 2**20}</t></si>")
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert refusal.value.code == "too_large"


def test_epub_chapters_are_pages(tmp_path: Path) -> None:
    document = read(files.epub(tmp_path / "a.epub", ["<h1>One</h1><p>Call me</p>", "<p>Two</p>"], "A Book"))
    assert [document.page_text(number) for number in (1, 2)] == ["One\n\nCall me\n", "Two\n"]
    assert document.title == "A Book"


def test_epub_with_only_its_fonts_enciphered_is_read(tmp_path: Path) -> None:
    path = files.epub(tmp_path / "a.epub", ["<p>One</p>"], "A Book", encryption="OEBPS/font.otf")
    assert read(path).page_text(1) == "One\n"


def test_odt(tmp_path: Path) -> None:
    body = (
        "<text:h>Heading</text:h><text:p>two<text:s/>words<text:tab/>and <text:span>more</text:span></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>"
        "<table:table-cell/><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row></table:table>"
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
    )
    assert read(files.odt(tmp_path / "a.odt", body)).text == "Heading\ntwo words\tand more\na\t\tc\n"


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def bomb(path: Path) -> Path:
    """A document of 100 kB that unpacks to 100 MB."""
    return files.docx(path, "<w:p><w:r><w:t>" + "spam " * 20_000_000 + "</w:t></w:r></w:p>")


LAUGHS = (
    '<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE l [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    + "]><l>&l9;</l>"
)


def laughs(path: Path) -> Path:
    return files.archive(path, {"word/document.xml": LAUGHS.format(encoding="utf-8")})


def wide_laughs(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", LAUGHS.format(encoding="utf-16").encode("utf-16"))
    return path


def ciphered_zip(path: Path) -> Path:
    files.docx(path, "<w:p/>")
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    return saved(path, bytes(content))


def broken_zip(path: Path) -> Path:
    files.docx(path, "<w:p><w:r><w:t>" + "".join(map(str, range(9999))) + "</w:t></w:r></w:p>")
    content = bytearray(path.read_bytes())
    content[300:900] = b"\xaa" * 600
    return saved(path, bytes(content))


def fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def large(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(200 * limits.MIB)
    return path


def large_text(path: Path) -> Path:
    return saved(path, b"some words of text\n" * (limits.MAX_TEXT_BYTES // 19 + 1))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
Make = Callable[[Path], Path]


def bytes_of(content: bytes) -> Make:
    return lambda path: saved(path, content)


BAD: list[tuple[str, Make, str, str]] = [
    ("missing.pdf", lambda path: path, "missing", "no longer there"),
    ("folder", folder, "not_a_file", "folder"),
    ("pipe.txt", fifo, "not_a_file", "pipe"),
    ("empty.pdf", bytes_of(b""), "empty", "empty"),
    ("blank.txt", bytes_of(b" \n\t\n"), "empty", "blanks"),
    ("200mb.txt", large, "too_large", "200 MB"),
    ("200mb.pdf", large, "too_large", "200 MB"),
    ("long.txt", large_text, "too_large", "32 MB"),
    ("long.html", large_text, "too_large", "32 MB"),
    ("bomb.docx", bomb, "too_large", "unpacks"),
    ("picture.pdf", bytes_of(png()), "unsupported", "picture (PNG)"),
    ("picture.txt", bytes_of(b"\xff\xd8\xff\xe0JFIF"), "unsupported", "picture (JPEG)"),
    ("picture.webp", bytes_of(b"RIFF\x10\0\0\0WEBPVP8 "), "unsupported", "picture (WebP)"),
    ("photo.heic", bytes_of(b"\0\0\0\x18ftypheic"), "unsupported", "picture (HEIC)"),
    ("film.mp4", bytes_of(b"\0\0\0\x18ftypmp42"), "unsupported", "film"),
    ("packed.gz", bytes_of(gzip.compress(b"hello")), "unsupported", "gzip"),
    ("old.doc", bytes_of(OLE), "unsupported", ".doc"),
    ("rich.rtf", bytes_of(b"{\\rtf1 hello}"), "unsupported", "RTF"),
    ("binary.bin", bytes_of(b"abc\0def" * 99), "unsupported", "without text"),
    ("late.txt", bytes_of(b"text " * 2000 + b"\0"), "unsupported", "not text"),
    ("controls.txt", bytes_of(bytes(range(1, 32)) * 20), "unsupported", "not text"),
    ("files.zip", lambda path: files.archive(path, {"a.txt": "x"}), "unsupported", "archive"),
    ("locked.docx", bytes_of(OLE + "EncryptedPackage".encode("utf-16-le")), "encrypted", "password"),
    ("locked2.docx", ciphered_zip, "encrypted", "protected"),
    (
        "locked.epub",
        lambda path: files.epub(path, ["<p>x</p>"], "t", encryption="OEBPS/text/c%200.xhtml"),
        "encrypted",
        "protected",
    ),
    ("text.pdf", bytes_of(b"just some words"), "damaged", ".pdf"),
    ("text.docx", bytes_of(b"just some words"), "damaged", ".docx"),
    ("cut.pdf", bytes_of(b"%PDF-1.7\n1 0 obj\n<<"), "damaged", "damaged"),
    ("cut.docx", bytes_of(b"PK\x03\x04" + bytes(50)), "damaged", "damaged"),
    ("broken.docx", broken_zip, "damaged", "damaged"),
    ("xml.docx", lambda path: files.docx(path, "<w:p>"), "damaged", "damaged"),
    (
        "entities.docx",
        lambda path: files.archive(path, {"word/document.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "damaged",
        "damaged",
    ),
    ("laughs.docx", laughs, "damaged", "damaged"),
    ("wide-laughs.docx", wide_laughs, "damaged", "damaged"),
    (
        "strings.xlsx",
        lambda path: files.xlsx(path, {"S": '<row><c t="s"><v>7</v></c></row>'}),
        "damaged",
        "damaged",
    ),
    (
        "cells.xlsx",
        lambda path: files.xlsx(path, {"S": '<row><c t="s"><v>x</v></c></row>'}),
        "damaged",
        "damaged",
    ),
    ("wordless.xlsx", lambda path: files.xlsx(path, {"S": "<row/>"}), "no_text", "no text"),
    ("wordless.docx", lambda path: files.docx(path, "<w:p/>"), "no_text", "no text"),
    ("scan.pdf", files.picture_pdf, "no_text", "OCR"),
    ("wordless.html", bytes_of(b"<html><body><img src=x></body></html>"), "no_text", "no text"),
]


@pytest.mark.parametrize(("name", "make", "code", "says"), BAD, ids=[case[0] for case in BAD])
def test_bad_files_are_refused_plainly_and_soon(
    tmp_path: Path, name: str, make: Make, code: str, says: str
) -> None:
    path = make(tmp_path / name)
    started = time.perf_counter()
    with pytest.raises(UnreadableDocument) as refusal:
        read(path)
    assert time.perf_counter() - started < 5
    assert refusal.value.code == code
    assert says in refusal.value.message
    assert refusal.value.message.endswith(".")
    assert str(tmp_path) not in refusal.value.message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.txt", b"secret")
    path.chmod(0)
    with pytest.raises(UnreadableDocument, match="permission") as refusal:
        read(path)
    assert refusal.value.code == "missing"


@given(st.binary(min_size=1, max_size=600), st.sampled_from(["a.pdf", "a.txt", "a.docx", "a.html", "a"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    refused_or_read(saved(path, content))


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx", "a.epub", "a.odt", "a.pdf"])
def test_any_damage_is_read_or_refused(tmp_path: Path, name: str) -> None:
    makers: dict[str, Make] = {
        "a.docx": lambda path: files.docx(path, "<w:p><w:r><w:t>words</w:t></w:r></w:p>", "title"),
        "a.pptx": lambda path: files.pptx(path, ["one", "two"]),
        "a.xlsx": lambda path: files.xlsx(
            path, {"S": '<row><c r="B1" t="s"><v>0</v></c><c><v>1</v></c></row>'}, "<si><t>one</t></si>"
        ),
        "a.epub": lambda path: files.epub(path, ["<p>one</p>"], "title"),
        "a.odt": lambda path: files.odt(path, "<text:p>words</text:p>"),
        "a.pdf": lambda path: files.pdf(path, [files.Sheet(files.line("words", 9, 9))], "title"),
    }
    whole = makers[name](tmp_path / name).read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 150)):
        refused_or_read(saved(tmp_path / name, whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]))


def refused_or_read(path: Path) -> None:
    """Anything but text or a plain refusal fails the test."""
    try:
        text = read(path).text
    except UnreadableDocument as refusal:
        text = refusal.message
    assert text.strip()


def test_a_zip_with_too_many_bytes_in_all_is_refused(tmp_path: Path) -> None:
    slides = ["x" * 9_000_000] * 9
    with pytest.raises(UnreadableDocument) as refusal:
        read(files.pptx(tmp_path / "a.pptx", slides))
    assert refusal.value.code == "too_large"


def test_an_unknown_compression_is_refused(tmp_path: Path) -> None:
    path = files.docx(tmp_path / "a.docx", "<w:p/>")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 99
    with pytest.raises(UnreadableDocument) as refusal:
        read(saved(path, bytes(content)))
    assert refusal.value.code == "damaged"
    assert zipfile.is_zipfile(path)
