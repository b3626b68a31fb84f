"""About how many tokens a text is, told from its scripts and its words, without a tokenizer. Pure.

The figures were fitted to OpenAI's o200k_base; other tokenizers differ by more. What is measured always goes before.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from chatapp.protocol.json_types import Json, JsonObject, object_of

SAMPLED: Final = 16_000
"""Characters of a text that are looked at; of a longer one stretches all over it."""
STRETCHES: Final = 8
A_MESSAGE: Final = 4
"""Tokens that stand around each message."""
A_REQUEST: Final = 3
"""Tokens that stand around all messages."""
OF_JSON: Final = 0.6
"""Tools and schemas are told to a model in fewer tokens than their JSON has."""
_WHOLE_WORD: Final = 8
"""Letters of an English word that is mostly one token."""
_CHARACTERS: Final[Mapping[str, float]] = {
    "latin": 2.9,
    "greek": 2.4,
    "cyrillic": 3.3,
    "hebrew": 2.2,
    "arabic": 2.9,
    "indic": 3.0,
    "thai": 2.45,
    "hangul": 1.35,
    "han": 1.2,
    "digits": 3.0,
    "marks": 2.6,
    "other": 0.8,
}
"""Characters of a run that are one token; a run of any is one at least."""
_RUN: Final = re.compile(
    r"(?P<word>[A-Za-z]+(?![A-Za-z\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]))"
    r"|(?P<latin>[A-Za-z\u00c0-\u024f\u0300-\u036f\u1e00-\u1eff]+)"
    r"|(?P<digits>[0-9]+)"
    r"|(?P<marks>[!-/:-@\[-`{-~\u2010-\u2027\u3000-\u3002\uff01-\uff0f]+)"
    r"|(?P<lines>[ \t]*[\r\n]\s*)"
    r"|(?P<blanks>[ \t]{2,})"
    r"|(?P<blank>\s)"
    r"|(?P<greek>[\u0370-\u03ff\u1f00-\u1fff]+)"
    r"|(?P<cyrillic>[\u0400-\u052f]+)"
    r"|(?P<hebrew>[\u0590-\u05ff]+)"
    r"|(?P<arabic>[\u0600-\u06ff\u0750-\u077f]+)"
    r"|(?P<indic>[\u0900-\u0dff]+)"
    r"|(?P<thai>[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+)"
    r"|(?P<hangul>[\uac00-\ud7af\u1100-\u11ff]+)"
    r"|(?P<han>[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)


def tokens_of(text: str) -> int:
    """About how many tokens the text is. Of a long text samples are counted: the time has a bound."""
    if len(text) <= SAMPLED:
        return round(sum(map(_weight, _RUN.finditer(text))))
    step, length = len(text) // STRETCHES, SAMPLED // STRETCHES
    counted = sum(
        _weight(run) for at in range(STRETCHES) for run in _RUN.finditer(text, at * step, at * step + length)
    )
    return round(counted * len(text) / SAMPLED)


def _weight(run: "re.Match[str]") -> float:
    kind, length = run.lastgroup or "other", run.end() - run.start()
    if kind == "word":
        return 1.0 if length <= _WHOLE_WORD else 1.0 + (length - _WHOLE_WORD) / 4
    if kind in _CHARACTERS:
        return max(1.0, length / _CHARACTERS[kind])
    return _BLANKS[kind]


_BLANKS: Final[Mapping[str, float]] = {"lines": 0.8, "blanks": 1.0, "blank": 0.0}


def standing_tokens(request: JsonObject) -> tuple[int, int]:
    """The tokens of a request's instructions, and of its tools with the form the answer is to have."""
    told, tools = request.get("instructions"), request.get("tools")
    form = object_of(object_of(request.get("text")).get("format"))
    schema = form.get("schema")
    words = [json.dumps(entry, ensure_ascii=False) for entry in (tools, schema) if entry]
    return (input_tokens(told) if told else 0), round(OF_JSON * sum(map(tokens_of, words)))


def input_tokens(value: Json) -> int:
    """The tokens of an `input` or of instructions: of the words in it. Pictures and files are not counted."""
    if isinstance(value, str):
        return tokens_of(value) + A_MESSAGE
    items = value if isinstance(value, list) else []
    return sum(A_MESSAGE + sum(map(tokens_of, _words_in(item))) for item in items)


_WORDY: Final = ("text", "output", "arguments", "refusal", "content", "summary")


def _words_in(item: Json) -> Iterator[str]:
    """The words of an item: its texts, and those inside what it is made of."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, list):
        for entry in item:
            yield from _words_in(entry)
    elif isinstance(item, dict):
        for name in _WORDY:
            yield from _words_in(item.get(name))
