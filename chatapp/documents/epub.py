"""Books: each chapter of the reading order a page."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from chatapp.documents.archive import Archive, damaged, encrypted
from chatapp.documents.html import text_of
from chatapp.documents.model import Document
from chatapp.documents.paging import paged
from chatapp.documents.text import decode

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_ROOTFILE = ".//{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_OPF = "{http://www.idpf.org/2007/opf}"
_CIPHERED = ".//{http://www.w3.org/2001/04/xmlenc#}CipherReference"


def read(path: Path, media_type: str) -> Document:
    """The text of an .epub file. Raises UnreadableDocument, OSError."""
    with Archive(path) as archive:
        rootfile = archive.tree(_CONTAINER).find(_ROOTFILE)
        if rootfile is None:
            raise damaged()
        package = rootfile.get("full-path", "")
        texts = (text_of(decode(archive.read(chapter)))[0] for chapter in _chapters(archive, package))
        return paged(media_type, texts, archive.title(package))


def _chapters(archive: Archive, package: str) -> Iterator[str]:
    """The members that hold the chapters, in reading order. Raises UnreadableDocument('encrypted')."""
    tree = archive.tree(package)
    hrefs = {item.get("id"): item.get("href", "") for item in tree.iter(f"{_OPF}item")}
    ciphered = _ciphered(archive)
    for entry in tree.iter(f"{_OPF}itemref"):
        href = unquote(hrefs.get(entry.get("idref"), ""))
        member = posixpath.normpath(posixpath.join(posixpath.dirname(package), href))
        if member in ciphered:
            raise encrypted()
        yield member


def _ciphered(archive: Archive) -> set[str]:
    """The members under copy protection; fonts alone are often listed and do no harm."""
    if _ENCRYPTION not in archive:
        return set()
    return {unquote(reference.get("URI", "")) for reference in archive.tree(_ENCRYPTION).iterfind(_CIPHERED)}
