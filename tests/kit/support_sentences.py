"""Sentences with known labels, each beside its passages: `conversation/data/support_sentences.json`.

`supported`: all of it is said there. `weak`: a part is. `unsupported`: it is not said there, or otherwise. For those of
the groups that are `held` nothing was changed, whatever came of them: no threshold, no rule, no word of a list.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.conversation.meaning import Vector, judged_by_meaning
from chatapp.conversation.support import judge

VectorsOf = Callable[[Sequence[str]], list[Vector]]
FILE = Path(__file__).parents[1] / "conversation" / "data" / "support_sentences.json"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence with its label and what is hard about it."""

    text: str
    label: str
    kind: str
    passages: tuple[str, ...]
    held: bool

    def found(self, vectors_of: VectorsOf | None = None) -> str:
        """What the measure says of it, by words alone or with vectors; "none" where it takes it for no claim."""
        judged = judge(self.text, self.passages)
        if judged is not None and vectors_of is not None:
            judged = judged_by_meaning(self.text, judged, self.passages, vectors_of)
        return judged.verdict if judged is not None else "none"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many sentences were marked (weak or unsupported) and should be, should not be; left and should not be, should
    be; how many have exactly their label; how many were called unsupported, rightly and although all of it is said."""

    right_marks: int
    wrong_marks: int
    right_rests: int
    missed: int
    exact: int
    right_denials: int
    wrong_denials: int

    @property
    def precision(self) -> float:
        return self.right_marks / (self.right_marks + self.wrong_marks)

    @property
    def recall(self) -> float:
        return self.right_marks / (self.right_marks + self.missed)


def labelled() -> list[Labelled]:
    data = json.loads(FILE.read_text("utf-8"))
    return [
        Labelled(
            one["text"],
            one["label"],
            one["kind"],
            tuple(data["passages"][name] for name in group["passages"]),
            group.get("held", False),
        )
        for group in data["groups"]
        for one in group["sentences"]
    ]


def outcome(sentences: Iterable[Labelled], vectors_of: VectorsOf | None = None) -> Outcome:
    pairs = [(one.label, one.found(vectors_of)) for one in sentences]
    marks = [(label != "supported", found != "supported") for label, found in pairs]
    return Outcome(
        marks.count((True, True)),
        marks.count((False, True)),
        marks.count((False, False)),
        marks.count((True, False)),
        sum(label == found for label, found in pairs),
        pairs.count(("unsupported", "unsupported")),
        pairs.count(("supported", "unsupported")),
    )
