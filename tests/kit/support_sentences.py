"""Sentences with known labels, each beside its passages: `conversation/data/support_sentences.json`.

`supported`: all of it is said there. `weak`: a part is. `unsupported`: it is not said there, or otherwise. Those of the
groups that are `held` were written after the thresholds were set, and nothing was changed for them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chatapp.conversation.support import judge

FILE = Path(__file__).parents[1] / "conversation" / "data" / "support_sentences.json"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence with its label and what is hard about it."""

    text: str
    label: str
    kind: str
    passages: tuple[str, ...]
    held: bool

    def found(self) -> str:
        """What the measure says of it; "none" where it takes it for no claim."""
        judged = judge(self.text, self.passages)
        return judged.verdict if judged is not None else "none"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many sentences were marked (weak or unsupported) and should be, should not be; left and should not be, should
    be; and how many have exactly their label."""

    right_marks: int
    wrong_marks: int
    right_rests: int
    missed: int
    exact: int

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


def outcome(sentences: Iterable[Labelled]) -> Outcome:
    pairs = [(one.label, one.found()) for one in sentences]
    marks = [(label != "supported", found != "supported") for label, found in pairs]
    return Outcome(
        marks.count((True, True)),
        marks.count((False, True)),
        marks.count((False, False)),
        marks.count((True, False)),
        sum(label == found for label, found in pairs),
    )
