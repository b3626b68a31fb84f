"""Attributes in a table: kinds stay, every limit is told with its place, and what is pasted lands where it belongs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.attribute_table import Cell, Place, Table, copied, pasted, table_of
from tests.conversation.test_attributes import ATTRIBUTES

FILES: list[dict[str, Any]] = [{"year": 2020, "open": True}, {"year": 2021.5, "by": "me"}, {}]


@given(st.lists(ATTRIBUTES, max_size=5))
@settings(max_examples=100)
def test_what_is_not_changed_stays(of_files: list[dict[str, Any]]) -> None:
    table = table_of(of_files)
    assert table.fault() is None
    after = [table.attributes(at) for at in range(len(of_files))]
    assert after == of_files
    assert [{name: type(one[name]) for name in one} for one in after] == [
        {name: type(one[name]) for name in one} for one in of_files
    ]


def test_columns_are_added_renamed_retyped_and_removed() -> None:
    table = table_of(FILES)
    assert [column.name for column in table.columns] == ["year", "open", "by"]
    table = table.add("pages", "Number").put({(2, 3): "12", (0, 1): "", (1, 0): "1999"})
    assert [table.attributes(at) for at in range(3)] == [
        {"year": 2020},
        {"year": 1999, "by": "me"},
        {"pages": 12},
    ]
    table = table.rename(0, "since").retype(0, "Text").remove(2)
    assert [table.attributes(at) for at in range(3)] == [{"since": "2020"}, {"since": "1999"}, {"pages": 12}]


def test_a_column_may_hold_values_of_several_kinds() -> None:
    table = table_of([{"n": 1}, {"n": "one"}, {}])
    assert table.kinds(0) == {"Number", "Text"}
    after = table.put({(0, 0): "2", (1, 0): "3", (2, 0): "4"})
    assert [after.attributes(at)["n"] for at in range(3)] == [2, "3", 4]


@pytest.mark.parametrize(
    ("table", "place", "words"),
    [
        (table_of(FILES).put({(1, 0): "20x"}), (1, 0), "year: this is not a number."),
        (table_of(FILES).put({(0, 1): "perhaps"}), (0, 1), "open: write yes or no."),
        (
            table_of(FILES).put({(1, 2): "x" * 513}),
            (1, 2),
            "by: a text has at most 512 characters, this one 513.",
        ),
        (table_of(FILES).rename(2, " "), (None, 2), "Each value needs a name."),
        (table_of(FILES).rename(2, "year "), (None, 0), "“year” is there twice."),
        (table_of(FILES).rename(0, "n" * 65), (None, 0), "64 characters"),
        (
            table_of([{str(n): n for n in range(17)}]),
            (0, 0),
            "a file has at most 16 attributes, this one 17.",
        ),
    ],
)
def test_a_fault_says_where_it_is(table: Table, place: tuple[int | None, int], words: str) -> None:
    fault = table.fault()
    assert fault is not None
    assert (fault.row, fault.column) == place
    assert words in fault.words


def test_sixteen_names_of_each_file_are_enough_for_the_server() -> None:
    """Two files may have more than that between them."""
    table = table_of([{f"a{n}": n for n in range(16)}, {f"b{n}": n for n in range(16)}])
    assert (len(table.columns), table.fault()) == (32, None)


@pytest.mark.parametrize(
    ("text", "chosen", "texts", "left_out"),
    [
        ("x", [(0, 1), (2, 1)], {(0, 1): "x", (2, 1): "x"}, 0),
        ("1\t2\n3\t4\n", [(0, 0)], {(0, 0): "1", (0, 1): "2", (1, 0): "3", (1, 1): "4"}, 0),
        ("1\r\n2\r\n3\r\n4\r\n", [(1, 2)], {(1, 2): "1", (2, 2): "2"}, 2),
        ("1\t2", [(0, 2)], {(0, 2): "1"}, 1),
        ("", [(0, 0)], {(0, 0): ""}, 0),
    ],
)
def test_pasting(text: str, chosen: list[Place], texts: dict[Place, str], left_out: int) -> None:
    assert pasted(table_of(FILES), text, chosen) == (texts, left_out)


def test_what_is_copied_is_pasted_as_it_was() -> None:
    table = table_of(FILES)
    every = [(row, column) for row in range(3) for column in range(3)]
    text = copied(table, every)
    assert text == "2020\tyes\t\n2021.5\t\tme\n\t\t"
    texts, left_out = pasted(table, text, [(0, 0)])
    assert (table.put(texts), left_out) == (table, 0)
    odd = table.put({(0, 2): "two\tcells\nof one"})
    assert odd.rows[0][2] == Cell("Text", "two\tcells\nof one")
    assert copied(odd, [(0, 2)]) == "two cells of one"
