"""A sweep as CSV: one line a request, for spreadsheets and data frames."""

import csv
import io
from collections.abc import Mapping, Sequence

from chatapp.conversation.experiments import Plan, value_words
from chatapp.conversation.sweep_figures import Result

FIGURES = (
    "state", "reason", "input_tokens", "output_tokens", "characters", "first_s", "seconds", "cost", "currency",
    "agreement",
    "turn_id", "text",
)  # fmt: skip


def csv_of(plan: Plan, results: Sequence[Result], store_names: Mapping[str, str] | None = None) -> str:
    """Comma separated, with a head line and CRLF, as RFC 4180 has it. What is not known is empty."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([*(axis.name for axis in plan.axes), "sample", *FIGURES])
    for result in results:
        values = zip(plan.axes, result.setting, strict=True)
        setting = [
            value if isinstance(value, int | float | str) else value_words(axis.name, value, store_names)
            for axis, value in values
        ]
        writer.writerow([*setting, result.sample + 1, *(_cell(getattr(result, name)) for name in FIGURES)])
    return target.getvalue()


def _cell(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
