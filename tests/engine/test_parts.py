"""What of a passage may be quoted, and what each part is taken to be about."""

import pytest

from chatapp.engine.generation.excerpts import excerpts
from chatapp.engine.generation.parts import taken_apart
from chatapp.engine.retrieval.passages import Chunk, Passage
from chatapp.engine.retrieval.query import query_of
from chatapp.engine.retrieval.sentences import sentences

CSV = "station,altitude,coldest\nFinse,1215,-38.6\nSlettnes,8,-19.7\n"
TABS = "Apiary\tHives\tHoney\nMill\t14\t212\nQuarry\t9\t97\n"
MARKDOWN = "| Role | Who |\n|---|---|\n| Sewing | Irena |\n| Desk | Hana |\n"
LIST = (
    "You may send comments by any of these ways:\n"
    "• Portal: Go to the site. Follow what it says.\n"
    "• Fax: 202 493.\n\n"
    "Nobody answers before noon.\n"
)


def quoted(text: str, question: str) -> list[str]:
    passage = Passage("f", "a.txt", Chunk(text, 0, None, 1, "english"), 0.5, {})
    return [excerpt.text for excerpt in excerpts(query_of(question), [(passage, taken_apart(passage))], 1)]


@pytest.mark.parametrize(
    ("text", "question", "quote"),
    [
        (CSV, "What was the coldest at Slettnes?", "Slettnes,8,-19.7"),
        (TABS, "How much honey from the quarry?", "Quarry 9 97"),
        (MARKDOWN, "Who has the role of sewing?", "Sewing | Irena"),
        ("Route Sailings Vehicles\nKelda Sound 4,812 211,087\nOuter Skerries 1,096 15,340\n",
         "How many vehicles to the Outer Skerries?", "Outer Skerries 1,096 15,340"),
        ("| Who looks after what | |\n|---|---|\n| Sewing | Irena |\n\nAn evening of repair: who looks after what.\n",
         "Who looks after sewing?", "Sewing | Irena"),
        (LIST, "What fax takes comments?", "Fax: 202 493."),
        ("The footbridge\n\nIt is closed at high water.\n", "When is the footbridge closed?",
         "It is closed at high water."),
        ("Harbour Rules\nNobody may swim in the basin before nine.\n", "What are the harbour rules?",
         "Nobody may swim in the basin before nine."),
        ("Use close_valve or open_valve to close or open it, by hand, with care.\n\nThe valve-open closes at noon.\n",
         "What does the valve open_valve do?",
         "Use close_valve or open_valve to close or open it, by hand, with care."),
        ("You may charge a reasonable copying fee for it.\n\n\"Reasonable copying fee\" is what you can justify.\n",
         "What is a reasonable copying fee?", '"Reasonable copying fee" is what you can justify.'),
        ("Twofish . . . . . . . . 35\nSerpent . . . . . 34\n\nAnother finalist, Twofish, is by Bruce Schneier.\n",
         "What of Twofish?", "Another finalist, Twofish, is by Bruce Schneier."),
        ("You can do so in hexadecimal:\n\n    FD 37 7A 58\n\nOther text follows.\n", "How in hexadecimal?",
         "You can do so in hexadecimal: FD 37 7A 58"),
        ("\tIt turns on the basis of media cost, time of people involved,\n\tand so on, and on.\n",
         "What is the basis?", "It turns on the basis of media cost, time of people involved, and so on, and on."),
        ("The mould has a kern.\n\nThe smith says that a kern is a pattern of sand.\n", "What is a kern?",
         "The smith says that a kern is a pattern of sand."),
        ("Prices\n\nBread costs 2 euros\n", "What are the prices?", "Prices"),
    ],
)  # fmt: skip
def test_the_part_is_quoted_that_answers(text: str, question: str, quote: str) -> None:
    assert quoted(text, question) == [quote]


def test_a_title_that_ends_with_a_year_is_no_row_of_a_table() -> None:
    text = "Brannfell Ferries: accounts 2022\nThe directors present their report and the accounts for the whole year.\n"
    rows = "Fuel 1,096 640\nHarbour dues 5,418 4,690\n"
    title, _, *costs = taken_apart(
        Passage("f", "a.txt", Chunk(text + rows, 0, None, 1, "english"), 0.5)
    ).quotable
    assert (title.is_fragment, title.own) == (True, None)
    assert [row.label for row in costs] == [{"fuel"}, {"harbour", "due"}]


def test_what_the_name_of_a_file_says_counts_for_its_sentences() -> None:
    texts = {"lathe.txt": "The belt is changed by hand.", "saw.txt": "The belt is changed with a hook."}
    passages = [
        Passage(name, name, Chunk(text, 0, None, 1, "english"), 0.5, {}) for name, text in texts.items()
    ]
    for name, text in texts.items():
        question = query_of(f"How is the belt of the {name[:-4]} changed?")
        found = excerpts(question, [(passage, taken_apart(passage)) for passage in passages], 1)
        assert [one.text for one in found] == [text]


def test_a_short_quote_has_what_follows_and_what_is_announced() -> None:
    text = "The host is reached by rsh. Nowadays ssh is common. Give it like this:\n\n--by=ssh\n\nOther text."
    assert quoted(text, "How is the host reached?") == [
        "The host is reached by rsh. Nowadays ssh is common. Give it like this: --by=ssh"
    ]


def test_numbers_of_lines_are_no_part_of_a_quote() -> None:
    numbers = "".join(f"{number}\n" for number in range(1, 9))
    assert quoted(f"{numbers}The court met at one in the afternoon.", "When did the court meet?") == [
        "The court met at one in the afternoon."
    ]


def test_a_row_counts_only_for_what_it_holds_itself() -> None:
    assert quoted(CSV, "What is the altitude?") == ["station,altitude,coldest"]


@pytest.mark.parametrize(("text", "count"), [(CSV, 3), (TABS, 3), (MARKDOWN, 3)])
def test_every_row_is_a_sentence_of_its_own(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "It cost 1,200 euros in May, 1,300 in June and 1,400 in July, as the\nbooks say: 2,100 and 2,200 more",
        "one, two and\nthree, four",
        "a long line that\ngoes on, and on",
    ],
)
def test_running_text_is_no_table(text: str) -> None:
    assert sentences(text)[0][1] > text.index("\n")


def test_a_word_that_is_rare_in_all_files_tells_more_than_one_that_is_rare_in_the_passages() -> None:
    text = (
        "The winch has a brake. The winch has a drum. The winch is oiled.\n\n"
        "A winch lifts two tons.\n\nIt is possible to lift the boat by hand.\n"
    )
    quotes = []
    for telling in ({}, {"winch": 6.0, "possibl": 0.2, "lift": 1.0}):
        passage = Passage("f", "a.txt", Chunk(text, 0, None, 1, "english"), 0.5, telling=telling)
        question = query_of("Is it possible to lift with the winch?")
        quotes += [one.text for one in excerpts(question, [(passage, taken_apart(passage))], 1)]
    assert quotes == ["It is possible to lift the boat by hand.", "A winch lifts two tons."]
