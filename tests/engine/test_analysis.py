"""Terms of texts in any language: a table, and what must hold of every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.engine.retrieval.analysis import language_of, terms, words

SAME = [
    ("english", "The ships carried", "the ship carries"),
    ("english", "Évidence of ﬁnal CAFÉS in the U.S.A.", "evidence of final cafes in the usa"),
    ("english", "an exam-\nple of co\u00adoperation", "an example of cooperation"),
    ("english", "1,937 of 12,345.6", "1937 of 123456"),
    ("english", "ＡＢＣ １２", "abc 12"),
    ("german", "Häuser und Straßen", "haus und strasse"),
    ("french", "Les maisons brûlées", "les maison brûlée"),
    ("russian", "красивые дома", "красивый дом"),
    (None, "Привет, мир", "привет мир"),
    (None, "مُحَمَّد", "محمد"),
    (None, "المكتبة والمخطوطات بالمدينة للطلاب", "مكتبه مخطوطات مدينة طلاب"),
    (None, "إلى", "الي"),
    (None, "हिन्दी भाषा", "हिन्दी  भाषा"),
]


@pytest.mark.parametrize(("language", "one", "other"), SAME)
def test_the_same_in_other_letters(language: str | None, one: str, other: str) -> None:
    assert terms(one, language) == terms(other, language)


OF_PARTS = [
    ("tm_map(x, stripWhitespace)", ["tm", "map", "x", "stripwhitespace", "strip", "whitespace"]),
    ("readPDFFile or HTTPServer", ["readpdffile", "or", "httpserver", "read", "PDF", "File"]),
    ("A Report of NASA, 2b or not", ["a", "report", "of", "nasa", "2b", "or", "not"]),
]


@pytest.mark.parametrize(("text", "found"), OF_PARTS)
def test_names_have_their_parts_besides(text: str, found: list[str]) -> None:
    assert words(text) == [word.lower() for word in found]


OF_CHARACTERS = [
    ("日本語の文書", ["日本", "本語", "語の", "の文", "文書"]),
    ("水", ["水"]),
    ("ภาษา", ["ภา", "าษ", "ษา"]),
    ("한국어", ["한국", "국어"]),
    ("PDF文書3", ["pdf", "文書", "3"]),
]


@pytest.mark.parametrize(("text", "pairs"), OF_CHARACTERS)
def test_scripts_without_blanks_are_told_apart_by_pairs(text: str, pairs: list[str]) -> None:
    assert terms(text, None) == pairs


LANGUAGES = [
    ("The tower was built by the keeper, and it stands on the rock.", "english"),
    ("Der Turm wurde von dem Wärter gebaut und steht auf dem Felsen.", "german"),
    ("La tour a été construite par le gardien et se dresse sur le rocher.", "french"),
    ("La torre fue construida por el guardián y está sobre la roca.", "spanish"),
    ("Башня была построена смотрителем, и она стоит на скале.", "russian"),
    ("Lighthouse keepers", "english"),
    ("灯台は岩の上に立っている。", None),
    ("0x1f 0x2e 993 4411 77 31 aa bb cc dd ee ff gg hh", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "language"), LANGUAGES)
def test_languages_are_told_by_their_function_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_a_hyphen_at_a_line_end_stays_where_a_capital_follows() -> None:
    assert words("e-\nMail and exam-\nples") == ["e", "mail", "and", "examples"]


@given(st.text(), st.sampled_from(["english", "german", None]))
def test_every_text_has_terms_that_are_their_own_terms_without_blanks(
    text: str, language: str | None
) -> None:
    for term in terms(text, language):
        assert term
        assert term == "".join(term.split())


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_line_break_and_a_blank_part_words_alike(one: str, other: str) -> None:
    if not one.endswith(("-", "\u2010")):
        assert words(f"{one} \n {other}") == words(f"{one}  {other}")
