"""Makes the files the documents room is tried on: PDFs drawn by hand, office files zipped by hand."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


@dataclass(frozen=True)
class Sheet:
    """One page: its content stream and geometry in points. `crop` is left, bottom, right, top."""

    content: bytes
    width: int = 600
    height: int = 800
    crop: tuple[int, int, int, int] | None = None
    rotation: int = 0


def line(text: str, x: float, y: float, size: float = 12, turned: bool = False) -> bytes:
    """A content stream that sets one line with its baseline at (x, y), running upward if `turned`."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
    matrix = b"0 1 -1 0" if turned else b"1 0 0 1"
    return b"BT /F %g Tf %s %g %g Tm (%s) Tj ET\n" % (size, matrix, x, y, escaped)


def pdf(path: Path, sheets: Sequence[Sheet], title: str | None = None) -> Path:
    """Writes a PDF of these pages."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", _FONT]
    kids = []
    for sheet in sheets:
        objects.append(_stream(sheet.content))
        crop = b"/CropBox[%d %d %d %d]" % sheet.crop if sheet.crop else b""
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]%s/Rotate %d/Contents %d 0 R" % (
            sheet.width,
            sheet.height,
            crop,
            sheet.rotation,
            len(objects),
        )
        objects.append(page + b"/Resources<</Font<</F 3 0 R>>>>>>")
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    info = b""
    if title is not None:
        objects.append(b"<</Title(%s)>>" % title.encode("ascii"))
        info = b"/Info %d 0 R" % len(objects)
    path.write_bytes(_assembled(objects, info))
    return path


def picture_pdf(path: Path) -> Path:
    """Writes a PDF whose page is a grey picture, as a scanner makes them."""
    image = b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        _stream(b"300 0 0 300 0 0 cm /I Do"),
        _stream(bytes(range(64)), image),
    ]
    path.write_bytes(_assembled(objects))
    return path


def _packed_often(data: bytes, times: int) -> bytes:
    """zlib's form of `data` repeated, packed once: a block that was flushed in full stands for itself anywhere."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block, end = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH), packer.flush()
    check = 1
    for _ in range(times):
        check = zlib.adler32(data, check)
    return b"\x78\xda" + block * times + end + check.to_bytes(4, "big")


def greedy_pdf(path: Path) -> Path:
    """Writes a PDF of 3 MB whose one page unpacks to 1.3 GB of drawing: more than a helper may take."""
    packed = _packed_often(b"BT (a) Tj ET " * 100_000, 1000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        _stream(packed, b"/Filter/FlateDecode"),
        _FONT,
    ]
    path.write_bytes(_assembled(objects))
    return path


def mapped_pdf(path: Path, characters: str) -> Path:
    """Writes a PDF that shows one glyph for each character and says by a ToUnicode map which one it means."""
    entries = "".join(
        f"<{code:02X}> <{character.encode('utf-16-be', 'surrogatepass').hex()}>\n"
        for code, character in enumerate(characters, 65)
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap /CMapName /M def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n{len(characters)} beginbfchar\n{entries}endbfchar\n"
        "endcmap end"
    )
    glyphs = "".join(map(chr, range(65, 65 + len(characters))))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        _stream(line(glyphs, 50, 700)),
        _FONT[:-2] + b"/ToUnicode 6 0 R>>",
        _stream(cmap.encode()),
    ]
    path.write_bytes(_assembled(objects))
    return path


def slow_pdf(path: Path) -> Path:
    """Writes a small PDF that takes many seconds to read: a page set in 400,000 pieces, none over another."""
    piece = b"BT /F 1 Tf 1 0 0 1 %d %.2f Tm (some words of text) Tj ET\n"
    content = b"".join(piece % (n % 40 * 15, n / 500) for n in range(400_000))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        _stream(zlib.compress(content), b"/Filter/FlateDecode"),
        _FONT,
    ]
    path.write_bytes(_assembled(objects))
    return path


def archive(path: Path, members: dict[str, str]) -> Path:
    """Writes a zip of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def docx(path: Path, body: str, title: str | None = None, **others: str) -> Path:
    """Writes a Word document; `body` is what stands within w:body, `others` further parts by their base name."""
    namespaces = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )
    members = {"word/document.xml": f"<w:document {namespaces}><w:body>{body}</w:body></w:document>"}
    for name, content in others.items():
        members[f"word/{name}.xml"] = f"<w:{name} {namespaces}>{content}</w:{name}>"
    if title is not None:
        members["docProps/core.xml"] = (
            f'<c:p xmlns:c="urn:c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></c:p>'
        )
    return archive(path, members)


def pptx(path: Path, slides: Sequence[str]) -> Path:
    """Writes slides, stored under numbers that run against the order they are shown in."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    numbered = [(len(slides) - index, text) for index, text in enumerate(slides)]
    shown = "".join(f'<p:sldId r:id="r{number}"/>' for number, _ in numbered)
    members = {
        "ppt/presentation.xml": (
            '<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
            f'xmlns:r="{relations}"><p:sldIdLst>{shown}</p:sldIdLst></p:presentation>'
        ),
        "ppt/_rels/presentation.xml.rels": "<Relationships>{}</Relationships>".format(
            "".join(
                f'<Relationship Id="r{number}" Target="slides/slide{number}.xml"/>' for number, _ in numbered
            )
        ),
    }
    for number, text in numbered:
        members[f"ppt/slides/slide{number}.xml"] = (
            '<s xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p></s>"
        )
    return archive(path, members)


def xlsx(path: Path, sheets: dict[str, str], strings: str = "", styles: str = "", book: str = "") -> Path:
    """Writes a spreadsheet; a sheet's value is what stands within sheetData, the others within their root elements."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(f'<sheet name="{name}" r:id="r{at}"/>' for at, name in enumerate(sheets))
    targets = "".join(
        f'<Relationship Id="r{at}" Target="worksheets/sheet{at}.xml"/>' for at in range(len(sheets))
    )
    members = {
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{relations}">{book}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{targets}</Relationships>",
        "xl/sharedStrings.xml": f"<sst {main}>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
    }
    for at, rows in enumerate(sheets.values()):
        members[f"xl/worksheets/sheet{at}.xml"] = (
            f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>"
        )
    return archive(path, members)


def epub(path: Path, chapters: Sequence[str], title: str, encryption: str | None = None) -> Path:
    """Writes a book; `encryption` names a member said to be enciphered."""
    items = "".join(f'<item id="c{n}" href="text/c%20{n}.xhtml"/>' for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": (
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
        ),
        "OEBPS/book.opf": (
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<metadata><dc:title>{title}</dc:title></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
        ),
    }
    for number, chapter in enumerate(chapters):
        members[f"OEBPS/text/c {number}.xhtml"] = f"<html><body>{chapter}</body></html>"
    if encryption is not None:
        members["META-INF/encryption.xml"] = (
            f'<e xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:CipherReference URI="{encryption}"/></e>'
        )
    return archive(path, members)


def odt(path: Path, body: str) -> Path:
    """Writes an OpenDocument text; `body` is what stands within office:text."""
    name = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:d xmlns:office="{name}office:1.0" xmlns:text="{name}text:1.0" xmlns:table="{name}table:1.0">'
        f"{body}</office:d>"
    )
    return archive(path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def _stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def _assembled(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)
