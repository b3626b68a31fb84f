"""CSL-JSON and BibTeX: what programs for bibliographies read, read back here."""

import json
import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.exchange import bibtex, csl
from chatapp.exchange.reference_keys import keys
from chatapp.exchange.sources import Source

TEXT = {"type": "string", "minLength": 1}
SHAPE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$"},
            "type": {"enum": ["document", "webpage"]},
            **dict.fromkeys(("title", "annote", "note", "URL"), TEXT),
            "page": {"type": "string", "pattern": "^[0-9]+$"},
        },
        "required": ["id", "type", "title"],
        "additionalProperties": False,
    },
}
"""What of https://resource.citationstyles.org/schema/latest/input/json/csl-data.json is used, and no more."""

NASTY = '50 % of {A} & B_c #1 costs $5 ~ x^2 \\ “ü” "q" <a|b> naïve 東京 @misc{x,'
PDF = Source(1, "Jahresbericht 100 %_final {ä}.pdf", NASTY, page=12)
SOURCES = (
    PDF,
    Source(2, "deck.pptx", "Slides", page=3, line=9),
    Source(3, "notes.md", "A line", line=12),
    Source(4, "A page", "Said", url="https://a.example/x_%7Bb%7D?c=1&d=#e"),
    Source(5, "東京.pdf", ""),
)
COMMANDS = {
    "textbackslash": "\\",
    "textbraceleft": "{",
    "textbraceright": "}",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textquotedbl": '"',
}
ENTRY = re.compile(r"@misc\{([a-z0-9-]+),\n((?:  [a-z]+ = \{.*\},\n)*)\}\n")
FIELD = re.compile(r"  ([a-z]+) = \{(.*)\},\n")


def parsed(text: str) -> dict[str, dict[str, str]]:
    """A strict reader of what BibTeX takes: entries one after the other, every value with its braces in balance."""
    found, at = {}, 0
    for entry in re.finditer(r"\n?" + ENTRY.pattern, text):
        assert entry.start() == at, text[at : entry.start()]
        at = entry.end()
        assert entry[1] not in found
        found[entry[1]] = {name: balanced(value) for name, value in FIELD.findall(entry[2])}
    assert at == len(text), text[at:]
    return found


def balanced(value: str) -> str:
    """BibTeX counts every brace, also one after a backslash."""
    depth = 0
    for sign in value:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0, value
    assert depth == 0, value
    return value


def meant(value: str) -> str:
    """What TeX sets: fails on any sign that it would take for something else."""
    text, at = "", 0
    while at < len(value):
        command = re.compile(r"\{\\([a-z]+)\}|\\([%&#$_])").match(value, at)
        if command:
            text += COMMANDS[command[1]] if command[1] else command[2]
            at = command.end()
        else:
            assert value[at] not in '\\{}%&#$_~^<>|"', value[at:]
            text, at = text + value[at], at + 1
    return text


def test_csl_has_the_shape_of_its_schema() -> None:
    items = json.loads(csl.render(SOURCES))
    jsonschema.validate(items, SHAPE)
    assert items[0] == {
        "id": "jahresbericht-100-final-a-1",
        "type": "document",
        "title": PDF.name,
        "page": "12",
        "annote": NASTY,
    }
    assert [item.get("note") for item in items[1:3]] == ["slide 3", "line 12"]
    assert (items[3]["type"], items[3]["URL"]) == ("webpage", SOURCES[3].url)
    assert items[4] == {"id": "source-5", "type": "document", "title": "東京.pdf"}


def test_bibtex_is_read_back_as_it_was() -> None:
    entries = list(parsed(bibtex.render(SOURCES)).values())
    title = entries[0]["title"]
    assert (title[0], title[-1]) == ("{", "}")
    assert meant(title[1:-1]) == PDF.name
    assert meant(entries[0]["annote"]) == NASTY
    assert entries[0]["pages"] == "12"
    assert [entry.get("note") for entry in entries[1:3]] == ["slide 3", "line 12"]
    assert entries[3]["url"] == SOURCES[3].url
    assert entries[4].keys() == {"title"}


def test_nothing_cited_is_an_empty_bibliography() -> None:
    assert json.loads(csl.render(())) == []
    assert bibtex.render(()) == ""


def test_keys_differ_where_names_do_not() -> None:
    found = [Source(1, "a.pdf", "x"), Source(2, "a.pdf", "y"), Source(3, "https://a.example/b", "z")]
    assert keys(found) == ["a-1", "a-2", "a-example-b-3"]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4))
def test_any_text_comes_through(texts: list[tuple[str, str]]) -> None:
    found = [
        Source(n, " ".join(name.split()) or "x", " ".join(quote.split()))
        for n, (name, quote) in enumerate(texts)
    ]
    jsonschema.validate(items := json.loads(csl.render(found)), SHAPE)
    assert [item["title"] for item in items] == [shown(source.name) for source in found]
    entries = parsed(bibtex.render(found)).values()
    assert [meant(entry["title"][1:-1]) for entry in entries] == [plain(source.name) for source in found]
    assert [meant(entry.get("annote", "")) for entry in entries] == [plain(source.quote) for source in found]


def shown(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


@pytest.mark.parametrize("url", ["https://a.example/{x}", "https://a.example/\\x y"])
def test_an_address_cannot_end_its_field(url: str) -> None:
    (entry,) = parsed(bibtex.render([Source(1, "A", "", url=url)])).values()
    assert not set("{}\\ ") & set(entry["url"])
