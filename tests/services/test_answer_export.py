"""An answer with what it rests on, out of a real profile: files in the engine, their originals in the profile."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.exhibits import LEFT_OUT, MOST_PICTURES
from tests.documents.files import Sheet, line, pdf, pptx
from tests.services.conftest import House
from tests.storage import samples

NOTES = "\n".join(f"Line {number} says nothing." for number in range(1, 40)) + "\nThe keeper is Ottilie.\n"
HARBOUR = ("The harbour was dredged in 1911.", "Tankers need a pilot.")
LOST = "Nobody knows more."


async def known(house: House, *paths: Path) -> list[str]:
    """The files' ids in the engine, which has them as their originals are here."""
    store_id = (await house.app.library.create_store("engine", "Harbour"))["id"]
    arrivals = await house.app.library.add_and_wait("engine", store_id, [(path, path.name) for path in paths])
    return [arrival.file.file_id or "" for arrival in arrivals]


def cited(said: Sequence[tuple[str, str, str]]) -> Turn:
    """An answer of sentences, each with a marker of a file: its id and its name."""
    text = " ".join(words for words, _, _ in said)
    notes: tuple[JsonObject, ...] = tuple(
        {
            "type": "file_citation",
            "index": text.index(words) + len(words),
            "file_id": file_id,
            "filename": name,
        }
        for words, file_id, name in said
    )
    answer = Answer(Status.COMPLETED, "r1", "m", (samples.message(text, annotations=notes),))
    return samples.question(text="What of the harbour?", answer=answer)


async def harbour(house: House, folder: Path) -> Turn:
    """Four sources: two on one page of a PDF, one in a text, one whose original is not here."""
    page = line(HARBOUR[0], 50, 700) + line(HARBOUR[1], 50, 600)
    pdf(folder / "harbour.pdf", [Sheet(line("A cover", 50, 700)), Sheet(page)])
    (folder / "notes.txt").write_text(NOTES)
    one, two = await known(house, folder / "harbour.pdf", folder / "notes.txt")
    said = [(words, one, "harbour.pdf") for words in HARBOUR]
    return cited([*said, ("The keeper is Ottilie.", two, "notes.txt"), (LOST, "gone", "lost.pdf")])


async def test_pages_and_lines_are_those_of_the_originals(house: House, tmp_path: Path) -> None:
    turn = await harbour(house, tmp_path)
    footnoted = await house.app.answers.footnoted(turn)
    assert footnoted.markdown.splitlines()[2:] == [
        "[^1]: harbour.pdf, page 2: “The harbour was dredged in 1911.”",
        "[^2]: harbour.pdf, page 2: “Tankers need a pilot.”",
        "[^3]: notes.txt, line 40: “The keeper is Ottilie.”",
        "[^4]: lost.pdf: “Nobody knows more.”",
    ]
    assert "notes.txt, line 40" in footnoted.html
    items = json.loads(await house.app.answers.references([turn, turn], "csl"))
    assert [(item["title"], item.get("page"), item.get("note")) for item in items] == [
        ("harbour.pdf", "2", None),
        ("harbour.pdf", "2", None),
        ("notes.txt", None, "line 40"),
        ("lost.pdf", None, None),
    ]
    assert (await house.app.answers.references([turn], "bibtex")).count("@misc{") == 4


async def test_the_page_has_each_original_once(house: House, tmp_path: Path) -> None:
    page = await house.app.answers.page(await harbour(house, tmp_path))
    assert page.count("<img ") == 1
    assert page.count('<div class="box"') == 2
    assert "harbour.pdf, page 2 of 2" in page
    assert "<mark>The keeper is Ottilie.</mark>" in page
    assert "Line 39 says nothing." in page
    assert "Line 1 says" not in page
    assert "The original of lost.pdf is not on this computer" in page


async def test_a_slide_is_shown_without_its_neighbours(house: House, tmp_path: Path) -> None:
    path = pptx(tmp_path / "talk.pptx", ["The cover", "Costs went down", "The end"])
    (file_id,) = await known(house, path)
    page = await house.app.answers.page(cited([("Costs went down", file_id, "talk.pptx")]))
    assert '<div class="excerpt"><mark>Costs went down</mark></div>' in page


async def test_the_page_is_of_bounded_size(house: House, tmp_path: Path) -> None:
    facts = [f"Fact number {number} stands here." for number in range(MOST_PICTURES + 2)]
    pdf(tmp_path / "facts.pdf", [Sheet(line(fact, 50, 700)) for fact in facts])
    (file_id,) = await known(house, tmp_path / "facts.pdf")
    page = await house.app.answers.page(cited([(fact, file_id, "facts.pdf") for fact in facts]))
    assert page.count("<img ") == MOST_PICTURES
    assert page.count(LEFT_OUT) == 2
    shown = [int(number) for number in re.findall(r"facts\.pdf, page (\d+) of 26", page)]
    assert shown == list(range(1, MOST_PICTURES + 1))


async def test_an_answer_that_cites_nothing_goes_out_alone(house: House) -> None:
    turn = samples.completed(samples.question(), "Yes.")
    assert (await house.app.answers.footnoted(turn)).markdown == "Yes.\n"
    assert json.loads(await house.app.answers.references([turn], "csl")) == []
    assert "<figure>" not in await house.app.answers.page(turn)
