"""Which row of the Parameters panel a failure is about: the one that the server named."""

import re

from chatapp.conversation.failures import Failure
from chatapp.conversation.parameters import PARAMETERS

_OF_KIND = {"too_long": "truncation", "unknown_model": "model"}
_OTHER_NAMES = {"vector_store_ids": "vector_stores", "vector_store": "vector_stores", "effort": "reasoning.effort",
    "verbosity": "text.verbosity", "filters": "file_search.filters", "response_format": "text.format",
    "ranking_options": "file_search.ranking_options", "reasoning": "reasoning.effort", "text": "text.format",
}  # fmt: skip
_OF_A_SEARCH = ("vector_store_ids", "max_num_results", "filters", "ranking_options")
"""Fields of a tool that have rows of their own."""
_ROWS = {row.name: row.name for row in PARAMETERS} | _OTHER_NAMES
_COMMON_WORDS = ("user", "input", "image", "text", "reasoning", "conversation", "prompt", "stream")
"""Names that servers also quote when they mean something else, like a role."""
_FACTS = re.compile(r"\(([^()]*)\)\s*$")
_QUOTED = re.compile(r"['\"`“]([\w.\[\]]+)['\"`”]")


def refused_parameter(failure: Failure) -> str | None:
    """The name of a row of the table; None where the server named nothing that stands in it.

    The parameter is the last of the facts in brackets after the server's own words ("tools[0].vector_store_ids"),
    else a name that they quote.
    """
    facts = _FACTS.search(failure.details)
    named = facts[1].split(" · ")[-1:] if facts else [failure.details]
    about_one = "parameter" in failure.details.lower()
    quoted = [name for name in _QUOTED.findall(failure.details) if about_one or name not in _COMMON_WORDS]
    for path in (*named, *quoted):
        row = _row_of(path.strip())
        if row is not None:
            return row
    return _OF_KIND.get(failure.kind)


def _row_of(path: str) -> str | None:
    """ "metadata.colour" is of the row "metadata", "tools[0].vector_store_ids" of "vector_stores", and what is deeper
    in a row of that row."""
    steps = [re.sub(r"\[\d*\]", "", step) for step in path.split(".")]
    outer = [".".join(steps[:count]) for count in range(len(steps), 0, -1)]
    of_a_search = [step for step in steps[1:2] if steps[0] == "tools" and step in _OF_A_SEARCH]
    return next(
        (_ROWS[name] for name in (*of_a_search, *outer[:-1], steps[-1], steps[0]) if name in _ROWS), None
    )
