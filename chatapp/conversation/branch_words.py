"""What tells the branches of a fork apart, in a few words: another question, another setting, or nothing but chance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp.conversation.experiments import value_words
from chatapp.conversation.parameters import ONCE, PARAMETERS, in_force
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, shortened

LONGEST_VALUE: Final = 40
_COMPARED: Final = tuple(row for row in PARAMETERS if row.name not in ONCE and row.name != "metadata")
"""Labels of one's own say nothing of how an answer was made."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the user calls things: servers and vector stores by their ids."""

    servers: Mapping[str, str]
    stores: Mapping[str, str]


UNNAMED: Final = Names({}, {})


def differences(turns: Sequence[Turn], names: Names = UNNAMED) -> tuple[str, ...]:
    """For each of some turns with the same parent what it does not share with all others: `temperature 0.2`, or the
    first words that only it asks; these come last where another asks the same, as in a sweep. Those that differ in
    nothing are counted."""
    if len(turns) < 2:
        return ("",) * len(turns)
    questions = _questions(turns)
    asked = Counter(questions)
    settings = zip(_servers(turns, names), *_settings(turns, names), strict=True)
    words = []
    for question, facts in zip(questions, settings, strict=True):
        ordered = (*facts, question) if asked[question] > 1 else (question, *facts)
        words.append(" · ".join(filter(None, ordered)))
    return _counted(words)


def _questions(turns: Sequence[Turn]) -> list[str]:
    """The questions from the first word in which they differ, with one before it."""
    if all(turn.text == turns[0].text for turn in turns):
        return [""] * len(turns)
    asked = [turn.text.split() for turn in turns]
    common = 0
    most = min(map(len, asked))
    while common < most and all(words[common] == asked[0][common] for words in asked):
        common += 1
    start = max(0, common - 1)
    return [f"{'… ' if start and words else ''}{' '.join(words[start : start + 12])}" for words in asked]


def _servers(turns: Sequence[Turn], names: Names) -> list[str]:
    if len({turn.server for turn in turns}) == 1:
        return [""] * len(turns)
    return [names.servers.get(turn.server, turn.server) for turn in turns]


def _settings(turns: Sequence[Turn], names: Names) -> list[list[str]]:
    """A column for each parameter that was not the same for all."""
    found = []
    for row in _COMPARED:
        values = [_asked(turn, row.name) for turn in turns]
        if any(value != values[0] for value in values):
            found.append([_setting(row.name, row.label, value, names) for value in values])
    return found


def _asked(turn: Turn, name: str) -> Json:
    return in_force(turn.request, name)


def _setting(name: str, label: str, value: Json, names: Names) -> str:
    words = shortened(value_words(name, value, names.stores), LONGEST_VALUE)
    if name == "model" and value is not None:
        return words
    return f"{label[:1].lower()}{label[1:]} {words}"


def _counted(words: Sequence[str]) -> tuple[str, ...]:
    """Those that are alike with a number behind them."""
    counts, seen = Counter(words), Counter[str]()
    found = []
    for each in words:
        seen[each] += 1
        number = f"{seen[each]}" if counts[each] > 1 else ""
        found.append(f"{each} ({number})" if each and number else each or f"Answer {number or 1}")
    return tuple(found)
