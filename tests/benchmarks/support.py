"""Sentences of answers told apart by their wording: precision and recall over labelled ones, and the time it takes."""

import time

from chatapp.conversation.support import judge
from tests.kit.support_sentences import Outcome, labelled, outcome

ANSWER_SENTENCES = 40
PASSAGES = 20
PASSAGE_CHARACTERS = 4_000


def run() -> dict[str, float]:
    """Shares 0–1 of what is marked as weak or unsupported, of those that thresholds were set by and of those that were
    written afterwards; milliseconds for an answer of 40 sentences over 20 passages of 4,000 characters."""
    every = labelled()
    held = [one for one in every if one.held]
    figures = {"sentences": float(len(every)), "held_sentences": float(len(held))}
    figures |= _figures("", outcome(every), len(every)) | _figures("held_", outcome(held), len(held))
    print("Not as labelled (label, found, what is hard about it):")
    for one in every:
        if (found := one.found()) != one.label:
            print(f"  {one.label:<12}{found:<12}{one.kind:<16}{one.text}")
    return figures | {"answer_ms": _milliseconds()}


def _figures(name: str, of: Outcome, total: int) -> dict[str, float]:
    return {
        f"{name}precision": round(of.precision, 3),
        f"{name}recall": round(of.recall, 3),
        f"{name}exact": round(of.exact / total, 3),
    }


def _milliseconds() -> float:
    every = labelled()
    text = "\n".join(passage for one in every for passage in one.passages)
    texts = [text[at * 997 : at * 997 + PASSAGE_CHARACTERS] for at in range(PASSAGES)]
    began = time.perf_counter()
    for one in every[:ANSWER_SENTENCES]:
        judge(one.text, texts)
    return round((time.perf_counter() - began) * 1000, 1)
