"""Sentences of answers told apart by their wording: precision and recall over labelled ones, and the time it takes."""

import time
from collections.abc import Sequence

from chatapp.conversation.meaning import Vector
from chatapp.conversation.support import judge
from chatapp.engine.retrieval.embedding import MiniLm, is_installed
from tests.kit.support_sentences import Labelled, Outcome, VectorsOf, labelled, outcome

ANSWER_SENTENCES = 40
PASSAGES = 20
PASSAGE_CHARACTERS = 4_000


def run() -> dict[str, float]:
    """Shares 0–1 of what is marked as weak or unsupported, of all sentences and of the held ones, by words alone and
    with vectors where the extra is there; `wrong_denials` counts what is said and called unsupported. Milliseconds for
    an answer of 40 sentences over 20 passages of 4,000 characters."""
    every = labelled()
    held = [one for one in every if one.held]
    figures = {"sentences": float(len(every)), "held_sentences": float(len(held))}
    for name, vectors_of in (("", None), ("vectors_", _vectors_of())):
        if vectors_of is not None or not name:
            figures |= _figures(name, outcome(every, vectors_of), len(every))
            figures |= _figures(f"{name}held_", outcome(held, vectors_of), len(held))
            _print_others(every, vectors_of)
    return figures | {"answer_ms": _milliseconds()}


def _vectors_of() -> VectorsOf | None:
    if not is_installed():
        print("Without vectors: `PYTHONPATH=.venv/models` gives the models, where run.py test has put them.")
        return None
    model = MiniLm()
    known: dict[str, Vector] = {}

    def vectors_of(texts: Sequence[str]) -> list[Vector]:
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(missing, (one.tolist() for one in model.embed_whole(missing)), strict=True))
        return [known[text] for text in texts]

    return vectors_of


def _print_others(every: Sequence[Labelled], vectors_of: VectorsOf | None) -> None:
    how = "by words" if vectors_of is None else "with vectors"
    print(f"Not as labelled {how} (label, found, what is hard about it):")
    for one in every:
        if (found := one.found(vectors_of)) != one.label:
            print(f"  {one.label:<12}{found:<12}{one.kind:<16}{one.text}")


def _figures(name: str, of: Outcome, total: int) -> dict[str, float]:
    return {
        f"{name}precision": round(of.precision, 3),
        f"{name}recall": round(of.recall, 3),
        f"{name}exact": round(of.exact / total, 3),
        f"{name}wrong_denials": float(of.wrong_denials),
    }


def _milliseconds() -> float:
    every = labelled()
    text = "\n".join(passage for one in every for passage in one.passages)
    texts = [text[at * 997 : at * 997 + PASSAGE_CHARACTERS] for at in range(PASSAGES)]
    began = time.perf_counter()
    for one in every[:ANSWER_SENTENCES]:
        judge(one.text, texts)
    return round((time.perf_counter() - began) * 1000, 1)
