"""An answer with footnotes: markers and notes agree, in Markdown and in HTML."""

from chatapp.conversation.answer import Answer
from chatapp.conversation.turn import answer_from_response
from chatapp.documents.model import Place
from chatapp.exchange import footnotes, html
from chatapp.exchange.sources import sources
from chatapp.protocol.json_types import JsonObject

TEXT = "It has 73 seats. It opened in 1937 [see](https://a.example)."


def result(text: str, file_id: str, filename: str, **more: object) -> JsonObject:
    return {"file_id": file_id, "filename": filename, "text": text, "score": 0.5, **more}


RESULTS = [
    result("Seats: it has 73 seats.", "f1", "a_b.pdf", page=5),
    result("History.\nIt opened in 1937.", "f2", "notes.md", line=10),
]


def answer(text: str, *marks: tuple[int, str]) -> Answer:
    """Markers of files at indexes of the text."""
    notes = [{"type": "file_citation", "index": index, "file_id": file} for index, file in marks]
    part = {"type": "output_text", "text": text, "annotations": notes}
    search = {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": RESULTS}
    message = {"type": "message", "id": "m", "content": [part]}
    return answer_from_response({"id": "r", "status": "completed", "output": [search, message]})


def cited(text: str = TEXT) -> Answer:
    return answer(text, (text.index(" It"), "f1"), (text.index(" [see"), "f2"))


def markdown(given: Answer) -> str:
    return footnotes.render(given, sources(given))


def test_each_marker_has_its_note() -> None:
    assert markdown(cited()) == (
        "It has 73 seats.[^1] It opened in 1937[^2] [see](https://a.example).\n\n"
        "[^1]: a\\_b.pdf, page 5: “Seats: it has 73 seats.”\n"
        "[^2]: notes.md, line 11: “It opened in 1937.”\n"
    )


def test_an_answer_without_sources_is_only_its_text() -> None:
    assert markdown(answer("Yes.")) == "Yes.\n"


def test_an_answers_own_footnotes_keep_their_names() -> None:
    text = "It has 73 seats. It is long[^1].\n\n[^1]: Very."
    assert "73 seats.[^source-1] It" in markdown(answer(text, (16, "f1")))


def test_a_marker_after_a_fence_does_not_open_it_again() -> None:
    text = "```\nseats = 73\n```\n\nThat is all."
    end = text.index("\n\nThat")
    given = answer(text, (end, "f1"))
    assert "\n```\n\n[^1]\n\n\nThat is all." in markdown(given)
    page = html.fragment(given, sources(given))
    assert "<p>That is all.</p>" in page
    assert page.index("</pre>") < page.index("<sup>") < page.index("That is all.")


def test_a_marker_stands_behind_the_link_whose_address_it_is_about() -> None:
    text = "See [the plot](sandbox:/plot.png) here."
    given = answer(text, (text.index(") here"), "f1"))
    assert "[the plot](sandbox:/plot.png)[^1] here." in markdown(given)
    both = answer(text, (text.index(") here"), "f1"), (text.index(" here"), "f2"))
    assert "[the plot](sandbox:/plot.png)[^1][^2] here." in markdown(both)


def test_what_was_found_in_the_original_goes_before_what_the_server_said() -> None:
    place = Place(7, None, 0, 4, (), 1.0, "It has")
    found = sources(cited(), {1: place})
    assert [source.place for source in found] == ["page 7", "line 11"]


def test_slides_chapters_and_sheets_are_called_so() -> None:
    names = {"deck.pptx": "slide 3", "book.EPUB": "chapter 3", "sums.xlsx": "sheet 3", "x.pdf": "page 3"}
    for name, words in names.items():
        note = {"type": "file_citation", "index": 4, "file_id": "f9", "filename": name}
        part = {"type": "output_text", "text": "Four", "annotations": [note]}
        given = answer_from_response(
            {"id": "r", "status": "completed", "output": [{"type": "message", "id": "m", "content": [part]}]}
        )
        (source,) = sources(given, {1: Place(3, 1, 0, 4, (), 1.0, "Four")})
        assert source.place == words


def test_in_html_each_marker_leads_to_its_source() -> None:
    given = cited()
    page = html.fragment(given, sources(given))
    for number in (1, 2):
        assert f'href="#source-1-{number}"' in page
        assert f'id="source-1-{number}"' in page
    assert "a_b.pdf, page 5: “Seats: it has 73 seats.”" in page


def test_nothing_of_an_answer_becomes_markup() -> None:
    text = "<script>alert(1)</script> It has 73 seats"
    given = answer(text, (len(text), "f1"))
    assert "<script" not in html.fragment(given, sources(given))
