"""Which row of the Parameters panel a failure is about: the one that the server named."""

import re

from chatapp.conversation.failures import Failure
from chatapp.conversation.parameters import PARAMETERS

_OF_KIND = {"too_long": "truncation", "unknown_model": "model"}
_OTHER_NAMES = {"vector_store_ids": "vector_stores", "vector_store": "vector_stores", "effort": "reasoning.effort",
    "verbosity": "text.verbosity"}  # fmt: skip
_ROWS = {row.name: row.name for row in PARAMETERS} | _OTHER_NAMES
_FACTS = re.compile(r"\(([^()]*)\)\s*$")
_QUOTED = re.compile(r"['\"`“]([\w.\[\]]+)['\"`”]")


def refused_parameter(failure: Failure) -> str | None:
    """The name of a row of the table; None where the server named nothing that stands in it.

    The parameter is the last of the facts in brackets after the server's own words ("tools[0].vector_store_ids"),
    else a name that they quote.
    """
    facts = _FACTS.search(failure.details)
    named = facts[1].split(" · ")[-1:] if facts else [failure.details]
    for path in (*named, *_QUOTED.findall(failure.details)):
        row = _row_of(path.strip())
        if row is not None:
            return row
    return _OF_KIND.get(failure.kind)


def _row_of(path: str) -> str | None:
    """ "metadata.colour" is of the row "metadata", "tools[0].vector_store_ids" of "vector_stores"."""
    steps = [re.sub(r"\[\d*\]", "", step) for step in path.split(".")]
    candidates = (".".join(steps), steps[-1], steps[0])
    return next((_ROWS[name] for name in candidates if name in _ROWS), None)
