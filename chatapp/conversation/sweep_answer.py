"""What a sweep answers, in plain sentences: where the samples of a setting agree most, where least, and whether what
varies changes anything at all. Pure."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from chatapp.conversation.experiments import Axis, Plan, value_words
from chatapp.conversation.sweep_figures import Figures

MEANING: Final = (
    "Agreement is how much of what one answer says the other samples of its setting say too. It tells how steady the "
    "answers are, not how good: read them before you choose."
)
ALL_THE_SAME: Final = "Every answer is the same, word for word: what varies here changes nothing."
ONE_SAMPLE: Final = (
    "With one sample of each, nothing can be said about agreement. Take three or more to see it."
)
MOST_NAMED: Final = 3


def answer_words(plan: Plan, figures: Figures, store_names: Mapping[str, str] | None = None) -> str:
    """ "Agreement is highest at temperature 0 (100 %), lowest at 2 (27 %)." "" until two settings have an answer."""
    done = [result for result in figures.results if result.state == "done"]
    if len({result.place // plan.samples for result in done}) < 2:
        return ""
    if len({result.text for result in done}) == 1:
        said = ALL_THE_SAME
    elif plan.samples == 1:
        return ONE_SAMPLE
    else:
        shares = [agreement.share for agreement in figures.agreements]
        found = (_along(plan, at, shares, store_names) for at in range(len(plan.axes)))
        sentences = [sentence for sentence in found if sentence]
        said = " ".join(
            f"{subject} {told}" for subject, told in zip(("Agreement", "It"), sentences, strict=False)
        )
    coming = any(result.state in ("waiting", "running") for result in figures.results)
    return f"So far: {said[:1].lower()}{said[1:]}" if coming and said else said


def _along(plan: Plan, at: int, shares: Sequence[float | None], store_names: Mapping[str, str] | None) -> str:
    """A sentence about one axis, without its subject. Over two axes a value stands for the mean of its combinations."""
    axis = plan.axes[at]
    found = _by_value(plan, at, shares)
    if len(found) < 2:
        return ""
    high, low = max(found.values()), min(found.values())
    label = axis.label.lower()
    if high == low:
        return f"is {high} % for every value of {label}." if len(found) == len(axis.values) else ""
    best, worst = (_named(axis, found, share, store_names) for share in (high, low))
    return f"is highest at {label} {best} ({high} %), lowest at {worst} ({low} %)."


def _by_value(plan: Plan, at: int, shares: Sequence[float | None]) -> dict[int, int]:
    """Whole per cents by the index of a value, where they are known."""
    inner = len(plan.axes[1].values) if len(plan.axes) > 1 else 1
    known: dict[int, list[float]] = {}
    for setting, share in enumerate(shares):
        if share is not None:
            known.setdefault(divmod(setting, inner)[at], []).append(share)
    return {value: round(100 * fmean(group)) for value, group in known.items()}


def _named(axis: Axis, found: Mapping[int, int], share: int, store_names: Mapping[str, str] | None) -> str:
    """The values that have this share: "0", "0 and 0.5", "0, 0.5, 1 and 2 more"."""
    values = [value for index, value in enumerate(axis.values) if found.get(index) == share]
    words = [value_words(axis.name, value, store_names) for value in values[:MOST_NAMED]]
    if len(values) > MOST_NAMED:
        words.append(f"{len(values) - MOST_NAMED} more")
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
