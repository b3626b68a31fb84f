"""A path through a conversation as one HTML page that needs nothing else and runs nothing. The only importer of
markdown; what it makes of the texts is sanitised as the last step. `normalise` prepares the texts, `sources` marks
them."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from xml.etree.ElementTree import Element

import nh3
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import SimpleTagInlineProcessor
from markdown.treeprocessors import Treeprocessor

from chatapp.conversation.answer import Answer
from chatapp.conversation.tree import Conversation, Turn
from chatapp.exchange.calls import calls_of, results_of
from chatapp.exchange.normalise import CLOSE_PLACE, OPEN_PLACE, Code, clean, normalise
from chatapp.exchange.sources import (
    Source,
    author,
    marked_texts,
    moment,
    one_line,
    remarks,
    sources,
    writable,
)

MOST_OPEN = 200
"""With more brackets open at once python-markdown takes seconds; a text that has them is shown as it stands."""

_TAGS = {
    *(
        "article",
        "header",
        "section",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "blockquote",
        "pre",
        "hr",
        "br",
    ),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("a", "code", "del", "em", "strong", "sub", "sup"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "code": {"class"},
    "li": {"id", "value"},
    "ol": {"start"},
    "p": {"class"},
    "section": {"class"},
    "td": {"align"},
    "th": {"align"},
}
_SCHEMES = {"http", "https", "mailto"}
_ADDRESS = re.compile(r"https?://|mailto:|#source-", re.IGNORECASE)
"""What a link may lead to. Anything relative would lead to a file beside the page."""

_MARK_OPEN, _MARK_CLOSE = "\ue002", "\ue003"
_MARK = re.compile(f"{_MARK_OPEN}(\\d+)-([\\d,]+){_MARK_CLOSE}")
_CODE_ALONE = re.compile(f"<p>{OPEN_PLACE}(\\d+){CLOSE_PLACE}</p>")
_BRACKETS = re.compile(r"\n[ ]*\n|\]\(|[\[\])]")
_CODE = re.compile(f"{OPEN_PLACE}(\\d+){CLOSE_PLACE}")

_PAGE = """<!DOCTYPE html>
<html lang="mul">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --quiet: #777; }}
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h1, h2, h3, h4, h5, h6, p, li, td, th, figcaption, .question, .excerpt {{ unicode-bidi: plaintext; }}
sup {{ unicode-bidi: isolate; }}
section {{ margin: 1.5rem 0; }}
.question {{ border-left: 3px solid #4a7bd0; padding-left: 1rem; white-space: pre-wrap; }}
.remark, .when {{ color: var(--quiet); font-size: .9rem; }}
pre {{ overflow-x: auto; padding: .8rem; border: 1px solid var(--line); border-radius: 6px; }}
code {{ font-family: ui-monospace, monospace; font-size: .92em; }}
table {{ border-collapse: collapse; }} td, th {{ border: 1px solid var(--line); padding: .3rem .6rem; }}
.sources {{ border-top: 1px solid var(--line); font-size: .9rem; }}
{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def render(conversation: Conversation, path: Sequence[Turn]) -> str:
    """The whole page: questions as they were typed, answers formatted, sources numbered and linked."""
    converter = _converter()
    parts = [f"<header><h1>{escape(conversation.title)}</h1>"]
    parts.append(f'<p class="when">{moment(conversation.created_at)}</p></header>')
    for place, (before, turn) in enumerate(zip((None, *path), path, strict=False), 1):
        parts.append("\n".join(_turn(converter, turn, place, before)))
    return page(conversation.title, _safe("\n".join(parts)))


def fragment(answer: Answer, found: Sequence[Source]) -> str:
    """One answer with its sources under it, to be put into a page or on the clipboard. Each source has the id
    "source-1-NUMBER"."""
    parts = [*_texts(_converter(), answer, 1), *_sources(found, 1)]
    return _safe("\n".join(parts))


def page(title: str, body: str, style: str = "", may_load: str = "") -> str:
    """A whole page around a body that is safe. `may_load` adds to the policy that allows nothing but the styles."""
    policy = f"default-src 'none'; style-src 'unsafe-inline'{may_load}"
    return _PAGE.format(title=writable(escape(one_line(title))), body=body, style=style, policy=policy)


def _safe(body: str) -> str:
    return nh3.clean(
        writable(body),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        attribute_filter=_kept_attribute,
        link_rel="noopener noreferrer",
    )


def _kept_attribute(tag: str, name: str, value: str) -> str | None:
    return None if name == "href" and not _ADDRESS.match(value) else value


def _turn(converter: Markdown, turn: Turn, place: int, before: Turn | None) -> Iterator[str]:
    yield "<article>"
    results = results_of(turn, before)
    for name, text in results:
        yield f"<h2>Result of {escape(name)}</h2><pre>{escape(text)}</pre>"
    if turn.text or not results:
        yield f'<h2>You</h2><section class="question">{escape(turn.text)}</section>'
    if turn.attachments:
        yield f'<p class="remark">Attached: {escape(", ".join(file.filename for file in turn.attachments))}</p>'
    yield f"<h2>{escape(author(turn))}</h2>"
    yield from _texts(converter, turn.answer, place)
    for name, text in calls_of(turn):
        yield f'<p class="remark">Called {escape(name)} with:</p><pre>{escape(text)}</pre>'
    for remark in remarks(turn):
        yield f'<p class="remark">{escape(remark)}</p>'
    yield from _sources(sources(turn.answer), place)
    yield "</article>"


def _texts(converter: Markdown, answer: Answer, place: int) -> Iterator[str]:
    for text in marked_texts(answer, partial(_marker, place)):
        yield _MARK.sub(_marker_links, _formatted(converter, text))


def _formatted(converter: Markdown, text: str) -> str:
    """HTML of one text, its marks still in it. Not yet safe."""
    cleaned = clean(text)
    if _open_brackets(cleaned) > MOST_OPEN:
        return f"<pre>{escape(cleaned)}</pre>"
    normal = normalise(cleaned)
    converter.reset()
    html = converter.convert(normal.text)

    def code(match: re.Match[str]) -> str:
        return _code_block(normal.codes[int(match[1])])

    return _CODE.sub(code, _CODE_ALONE.sub(code, html))


def _open_brackets(text: str) -> int:
    """The most brackets of links that are open at once in any paragraph."""
    most = square = round_ = 0
    for sign in _BRACKETS.findall(text):
        if sign == "[":
            square += 1
        elif sign == ")":
            round_ = max(0, round_ - 1)
        elif sign.startswith("]"):
            square, round_ = max(0, square - 1), round_ + (sign == "](")
        else:
            square = round_ = 0
        most = max(most, square, round_)
    return most


def _code_block(code: Code) -> str:
    language = f' class="language-{escape(code.language)}"' if code.language else ""
    return f"<pre><code{language}>{escape(code.text)}</code></pre>"


def _marker(place: int, numbers: tuple[int, ...]) -> str:
    return f"{_MARK_OPEN}{place}-{','.join(map(str, numbers))}{_MARK_CLOSE}"


def _marker_links(match: re.Match[str]) -> str:
    links = (f'<a href="#source-{match[1]}-{number}">{number}</a>' for number in match[2].split(","))
    return f"<sup>{' '.join(links)}</sup>"


def _sources(found: Sequence[Source], place: int) -> Iterator[str]:
    if not found:
        return
    yield '<section class="sources"><ol>'
    for source in found:
        name = (
            f'<a href="{escape(source.url)}">{escape(source.name)}</a>' if source.url else escape(source.name)
        )
        where = f", {source.place}" if source.place else ""
        quote = f": “{escape(source.quote)}”" if source.quote else ""
        yield f'<li id="source-{place}-{source.number}" value="{source.number}">{name}{where}{quote}</li>'
    yield "</ol></section>"


def _converter() -> Markdown:
    """Reads no raw HTML (a model that writes of <div> means the word) and fetches no pictures."""
    converter = Markdown(extensions=["tables", "sane_lists", _Dialect()], output_format="html")
    converter.preprocessors.deregister("html_block")
    converter.inlinePatterns.deregister("html")
    return converter


class _Dialect(Extension):
    """Strike-through, and pictures as links to them."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(SimpleTagInlineProcessor(r"(~~)(.+?)~~", "del"), "del", 65)
        md.treeprocessors.register(_PicturesAsLinks(md), "pictures", 5)


class _PicturesAsLinks(Treeprocessor):
    def run(self, root: Element) -> None:
        for picture in list(root.iter("img")):
            address, words = picture.get("src", ""), picture.get("alt") or picture.get("src", "")
            picture.tag, picture.text = "a", words
            picture.attrib.clear()
            picture.set("href", address)
