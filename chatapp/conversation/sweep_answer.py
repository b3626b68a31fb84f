"""What a sweep answers, in plain sentences: where the samples of a setting agree most, where least, and whether what
varies changes anything at all. Pure."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from chatapp.conversation.experiments import NOT_SENT, Axis, Plan, value_words
from chatapp.conversation.sweep_figures import Figures, Result

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
    without = [(axis, *_asked_without(plan, at, done)) for at, axis in enumerate(plan.axes)]
    if len({result.text for result in done}) == 1:
        found = [ALL_THE_SAME]
    elif plan.samples == 1:
        found = [ONE_SAMPLE]
    else:
        meant = [at for at, (_, left, asked) in enumerate(without) if not 0 < left == asked]
        found = _agreement_words(plan, meant, figures, store_names)
    said = " ".join(filter(None, [*(_missed_words(*each) for each in without), *found]))
    if found == [ONE_SAMPLE]:
        return said
    coming = any(result.state in ("waiting", "running") for result in figures.results)
    return f"So far: {said[:1].lower()}{said[1:]}" if coming and said else said


def _asked_without(plan: Plan, at: int, done: Sequence[Result]) -> tuple[int, int]:
    """How many answers were asked for without what was set along an axis, and for how many something was set."""
    name = plan.axes[at].name
    left = sum(name in result.left_out for result in done)
    return left, sum(result.setting[at] is not NOT_SENT for result in done)


def _missed_words(axis: Axis, left: int, asked: int) -> str:
    if not left:
        return ""
    if left < asked:
        return f"{axis.label} was left out of {left} of {asked} requests, where it is refused."
    why = "it is refused, or of no use here. What differs along it is chance."
    return f"{axis.label} went along with no request: {why}"


def _agreement_words(
    plan: Plan, meant: Sequence[int], figures: Figures, store_names: Mapping[str, str] | None
) -> list[str]:
    """A sentence for each of these axes of which there is one."""
    shares = [agreement.share for agreement in figures.agreements]
    found = filter(None, (_along(plan, at, shares, store_names) for at in meant))
    return [f"{subject} {told}" for subject, told in zip(("Agreement", "It"), found, strict=False)]


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
    best = _named(axis, found, high, store_names)
    is_rest = len(found) > 2 and sorted(found.values())[-2] == low
    worst = "all others" if is_rest else _named(axis, found, low, store_names)
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
    """The values that have this share: "0", "0 and 0.5", "0, 0.5, 1 and 2 others"."""
    values = [value for index, value in enumerate(axis.values) if found.get(index) == share]
    words = [value_words(axis.name, value, store_names) for value in values[:MOST_NAMED]]
    if len(values) > MOST_NAMED:
        words.append("1 other" if len(values) == MOST_NAMED + 1 else f"{len(values) - MOST_NAMED} others")
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
