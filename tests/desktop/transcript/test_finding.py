"""What counts as found, and where: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.desktop.transcript.finding import Wanted, loose, ranges_in
from chatapp.desktop.transcript.runs import GLUE, OBJECT, Run, Style, cut, units
from chatapp.desktop.transcript.strips import Equation, Prose, Row, Shape, Strip


@pytest.mark.parametrize(
    ("wanted", "text", "found"),
    [
        (Wanted("plane"), "Planes and airplanes", ["Plane", "plane"]),
        (Wanted("plane", case=True), "Planes and airplanes", ["plane"]),
        (Wanted("planes", whole=True), "Planes and airplanes", ["Planes"]),
        (Wanted("cafe"), "the Café, the CAFE\u0301", ["Café", "CAFE\u0301"]),
        (Wanted("Café", case=True), "the cafe, the Café", ["Café"]),
        (Wanted("strasse"), "Die Straße", ["Straße"]),
        (Wanted("see the rule"), f"registry.{GLUE}{OBJECT} See\u2028the  rule", ["See\u2028the  rule"]),
        (Wanted("registry. See"), f"registry.{GLUE}{OBJECT} See", [f"registry.{GLUE}{OBJECT} See"]),
        (Wanted("tug"), "🙂 Tug 🙂 tug", ["Tug", "tug"]),
        (Wanted("a.c"), "abc a.c", ["a.c"]),
        (Wanted("東京"), "私は東京に", ["東京"]),
        (Wanted("id", whole=True), "my_id idle", ["id"]),
        (Wanted("  "), "a  b", []),
    ],
)
def test_what_is_found(wanted: Wanted, text: str, found: list[str]) -> None:
    shown = [cut(text, *place) for place in wanted.ranges(text)]
    # what follows a letter and has no width of its own may go along with it
    assert [piece.rstrip("\u0301") for piece in shown] == [piece.rstrip("\u0301") for piece in found]


@given(st.text(max_size=60), st.text(min_size=1, max_size=4), st.booleans(), st.booleans())
def test_every_range_is_within_the_text_and_after_the_one_before(
    text: str, words: str, case: bool, whole: bool
) -> None:
    end = 0
    for start, stop in Wanted(words, case, whole).ranges(text):
        assert end <= start < stop <= units(text)
        end = stop


@given(st.text(max_size=60), st.text(min_size=1, max_size=3))
def test_a_text_holds_itself(around: str, words: str) -> None:
    wanted = Wanted(words)
    if wanted:
        assert wanted.ranges(f"{around} {words} {around}")


def test_markup_is_not_in_the_way_unless_it_is_looked_for() -> None:
    source = "The **wir**ing of `snake_case`"
    assert Wanted("wiring of").count(loose(source, False, False)) == 1
    assert Wanted("snake_case").has_markup
    assert Wanted("snake_case").count(loose(source, False, True)) == 1


def formula(source: str) -> Run:
    return Run(OBJECT, Style.FORMULA, tex=source.strip("$"), source=source)


SOURCE = formula("$a_1 + a_1$")


@pytest.mark.parametrize(
    ("wanted", "strip", "found"),
    [
        ("a_1", Prose((Run("So "), SOURCE, Run(" and a_1"))), [(3, 4), (9, 12)]),
        ("so $a_1", Prose((Run("😀 So "), SOURCE, Run(" is"))), [(3, 7)]),
        ("1$ IS", Prose((Run("So "), SOURCE, Run(" is "), SOURCE)), [(3, 7)]),
        ("a_1", Prose((SOURCE, SOURCE, Run("a_1"))), [(0, 1), (1, 2), (2, 5)]),
        ("\\frac", Equation((formula("$$\\frac{a}{b}$$"), Run(".")), 1), [(0, 1)]),
        ("b", Row(((Run("b"),), (formula("$b$"), Run("b"))), (None, None), Shape((), ()), 1, False),
         [(0, 1), (2, 3), (3, 4)]),
        ("frac", Prose((formula("$x$"),)), []),
    ],
)  # fmt: skip
def test_a_formula_is_found_by_its_tex_as_a_whole(
    wanted: str, strip: Strip, found: list[tuple[int, int]]
) -> None:
    assert list(ranges_in(Wanted(wanted), strip)) == found
