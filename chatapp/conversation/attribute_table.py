"""The attributes of several files as a table: a row for each file, a column for each name.

A value: every change gives another table, so that all of them can be taken back. A cell keeps its kind when another
text is put in it; one that was empty gets the kind of its column.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chatapp.conversation.attributes import (
    MOST_PAIRS,
    Kind,
    Pair,
    fault_of_name,
    fault_of_value,
    pair_of,
    value_of,
)
from chatapp.protocol.json_types import Json, JsonObject

Place = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True, slots=True)
class Cell:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` is that of its empty cells."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Fault:
    """What the server would refuse: `row` is None where a whole column is meant."""

    row: int | None
    column: int
    words: str


@dataclass(frozen=True, slots=True)
class Table:
    """Each row has a cell for each column; None stands for a file without that attribute."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell | None, ...], ...]

    def kinds(self, at: int) -> set[Kind]:
        """Of all that stands in a column; the column's own where nothing does."""
        return {cell.kind for row in self.rows if (cell := row[at]) is not None} or {self.columns[at].kind}

    def put(self, texts: Mapping[Place, str]) -> "Table":
        """Other texts in some cells; an empty one takes the attribute from its file."""
        rows = [list(row) for row in self.rows]
        for (at, column), text in texts.items():
            before = rows[at][column]
            kind = before.kind if before is not None else self.columns[column].kind
            rows[at][column] = Cell(kind, text) if text else None
        return replace(self, rows=tuple(map(tuple, rows)))

    def add(self, name: str, kind: Kind) -> "Table":
        return Table((*self.columns, Column(name, kind)), tuple((*row, None) for row in self.rows))

    def rename(self, at: int, name: str) -> "Table":
        return self._with_column(at, replace(self.columns[at], name=name))

    def retype(self, at: int, kind: Kind) -> "Table":
        """All of a column of one kind: the texts stay as they are."""
        rows = (
            tuple(
                replace(cell, kind=kind) if cell and place == at else cell for place, cell in enumerate(row)
            )
            for row in self.rows
        )
        return replace(self._with_column(at, replace(self.columns[at], kind=kind)), rows=tuple(rows))

    def remove(self, at: int) -> "Table":
        columns = self.columns[:at] + self.columns[at + 1 :]
        return Table(columns, tuple(row[:at] + row[at + 1 :] for row in self.rows))

    def attributes(self, at: int) -> JsonObject:
        """What a file has then; for a table without a fault."""
        named = zip(self.columns, self.rows[at], strict=True)
        return {
            column.name.strip(): value_of(cell.kind, cell.text) for column, cell in named if cell is not None
        }

    def fault(self) -> Fault | None:
        """The first thing that the server would refuse."""
        names = [column.name.strip() for column in self.columns]
        for at, name in enumerate(names):
            if words := fault_of_name(name, names.count(name)):
                return Fault(None, at, words)
        for number, row in enumerate(self.rows):
            for at, cell in enumerate(row):
                if cell is not None and (words := fault_of_value(cell.kind, cell.text)):
                    return Fault(number, at, f"{names[at]}: {words}")
            if (count := sum(cell is not None for cell in row)) > MOST_PAIRS:
                return Fault(number, 0, f"a file has at most {MOST_PAIRS} attributes, this one {count}.")
        return None

    def _with_column(self, at: int, column: Column) -> "Table":
        return replace(self, columns=(*self.columns[:at], column, *self.columns[at + 1 :]))


def table_of(of_files: Sequence[Mapping[str, Json]]) -> Table:
    """A column for each name that any of the files has, in the order in which they come."""
    names = list(dict.fromkeys(name for attributes in of_files for name in attributes))
    rows = tuple(
        tuple(_cell(pair_of(name, file[name])) if name in file else None for name in names)
        for file in of_files
    )
    firsts = [next(cell.kind for row in rows if (cell := row[at]) is not None) for at in range(len(names))]
    return Table(tuple(map(Column, names, firsts)), rows)


def pasted(table: Table, text: str, chosen: Sequence[Place]) -> tuple[dict[Place, str], int]:
    """Where lines of cells between tabs go, and how many of them find no place: from the first chosen cell on; a
    single one fills all that are chosen."""
    lines = [line.split("\t") for line in text.removesuffix("\n").replace("\r", "").split("\n")]
    if lines == [[lines[0][0]]]:
        return dict.fromkeys(chosen, lines[0][0]), 0
    top, left = min(row for row, _ in chosen), min(column for _, column in chosen)
    texts = {
        (top + down, left + right): cell for down, line in enumerate(lines) for right, cell in enumerate(line)
    }
    fitting = {
        place: cell
        for place, cell in texts.items()
        if place[0] < len(table.rows) and place[1] < len(table.columns)
    }
    return fitting, len(texts) - len(fitting)


def copied(table: Table, chosen: Iterable[Place]) -> str:
    """The cells of the smallest rectangle that holds what is chosen, as a spreadsheet takes them."""
    places = set(chosen)
    rows, columns = sorted({row for row, _ in places}), sorted({column for _, column in places})
    cells = [
        [table.rows[row][column] if (row, column) in places else None for column in columns] for row in rows
    ]
    return "\n".join("\t".join(_flat(cell.text) if cell else "" for cell in line) for line in cells)


def _cell(pair: Pair) -> Cell:
    return Cell(pair.kind, pair.text)


def _flat(text: str) -> str:
    return " ".join(text.split()) if set(text) & set("\t\r\n") else text
