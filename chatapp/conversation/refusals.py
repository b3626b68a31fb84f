"""Which parameters a server refuses, read from its own words, and a request without them.

Only what changes the manner of an answer is given up: never what is asked, of whom, or with which tools. A number out
of its range is not refused, it is wrong: that is for the user to mend.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import Json, JsonObject

REFUSING = (400, 422, 501)
"""HTTP statuses of a server that does not take a request as it is."""
NEVER = frozenset({
    "model", "input", "instructions", "tools", "previous_response_id", "conversation", "prompt", "stream",
    "moderation",
})  # fmt: skip
"""Without these it would be another question."""
ALL_OR_NOTHING = frozenset({"text.format", "tool_choice", "max_output_tokens", "max_tool_calls"})
"""Given up where the server does not know them at all, never because it dislikes the value: that has its reason."""
OTHER_NAMES = {
    "reasoning_effort": "reasoning.effort",
    "effort": "reasoning.effort",
    "verbosity": "text.verbosity",
    "response_format": "text.format",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "include_obfuscation": "stream_options.include_obfuscation",
}
"""How servers that translate to another API call them."""
LONGEST_REASON = 200
LONGEST_WORDS = 2000
"""Characters of a message that are looked at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`parameter` is a dotted path of the request, `reason` the server's words. `value` is what it did not take,
    where it may take another; None where it takes none."""

    parameter: str
    reason: str
    value: Json = None

    def covers(self, request: JsonObject) -> bool:
        """Whether the request holds what is refused."""
        held = _held(request, self.parameter)
        return held is not None and (self.value is None or held == self.value)


def refusals_in(error: ApiError, status: int | None, request: JsonObject) -> tuple[Refusal, ...]:
    """What of the request the server refuses and can be left out; empty where it says nothing of the kind."""
    if status not in REFUSING and not (status is None and _is_about_the_request(error)):
        return ()
    words = f"{error.code or ''} {error.message[:LONGEST_WORDS]}"
    unknown = bool(_UNKNOWN.search(words))
    choices = bool(_CHOICES.search(words))
    whole = unknown or (bool(_WHOLE.search(words)) and not choices)
    if (not unknown and _WRONG.search(words)) or not (error.param or whole or choices):
        return ()
    found: dict[str, Refusal] = {}
    for name in _named(error, request):
        path = _path_in(request, name)
        if path is not None and _may_go(path, whole, request):
            value = None if whole and path == _plain(name) else _held(request, path)
            found[path] = Refusal(path, error.message[:LONGEST_REASON], value)
    return tuple(found.values())


def leave_out(request: JsonObject, refusals: Sequence[Refusal]) -> tuple[JsonObject, tuple[Refusal, ...]]:
    """The request without what is refused, and which of the refusals applied."""
    applied = []
    for refusal in refusals:
        if refusal.covers(request):
            request = _without(request, refusal.parameter.split("."))
            applied.append(refusal)
    return request, tuple(applied)


def refusal_of(name: str, value: Json, refusals: Sequence[Refusal]) -> Refusal | None:
    """The refusal that keeps a parameter, set to `value`, from being sent; one of a whole object is of its parts."""
    for refusal in refusals:
        is_part = name.startswith(f"{refusal.parameter}.") and refusal.value is None
        is_it = name == refusal.parameter and refusal.value in (None, value)
        if is_it or is_part:
            return refusal
    return None


_NAME = r"[a-z][a-z_]*(?:\.[a-z][a-z_]*)*(?:\[\d+\])?"
_QUOTED = rf"['\"`“]({_NAME})['\"`”]"
_QUOTED_TOGETHER = re.compile(rf"{_QUOTED}(?:, {_QUOTED})*")
_AT_THE_HEAD = re.compile(rf"(?:^|; )({_NAME}): ")
_IN_A_SENTENCE = tuple(
    re.compile(words.replace("NAME", f"({_NAME})"), re.IGNORECASE)
    for words in (
        r"(?:unknown|unsupported|unrecogni[sz]ed|unexpected|invalid|extra) (?:request )?"
        r"(?:field|parameter|argument|property|key|option)s?(?: supplied)?:? NAME",
        r"(?:support|invalid|accept|allow) (?:the )?(?:parameter )?NAME\b",
        r"\bNAME requires\b",
        r"\bNAME (?:parameter |field )?(?:is|are) (?:not |un)(?:supported|allowed|permitted|available|known)",
    )
)
_BY_OTHER_WORDS = ((re.compile(r"invalid (?:reasoning|think) value", re.IGNORECASE), "reasoning.effort"),)
"""Ollama names the value and not the field."""
_UNKNOWN = re.compile(
    r"unknown|unrecogni[sz]ed|unexpected|unsupported.parameter|\bextra\b|additional propert", re.I
)
_WHOLE = re.compile(
    r"unsupported|deprecated|no longer|n[o']t support|only (?:the )?(?:default|\S+ is (?:allowed|supported))"
    r"|not (?:be )?(?:currently )?(?:supported|permitted|allowed|available|implemented|accepted|enabled)"
    r"|leave (?:it )?out|does not run|\brequires\b",
    re.IGNORECASE,
)
_CHOICES = re.compile(
    r"supported values are|must be (?:one of|['\"`“])|expected one of|enum value|valid (?:values|options)|should be '",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"(?:less|greater) than|at (?:most|least)|(?:max|min)imum|out of range|between|exceed"
    r"|too (?:large|small|long|big|high|low)"
    r"|must be (?:an? )?(?:number|integer|string|object|array|list|boolean|true|false|positive)"
    r"|valid (?:number|integer|string|boolean|dictionary|list)|invalid_(?:type|json_schema)|expected an? "
    r"|above_max|below_min",
    re.IGNORECASE,
)
"""The value is wrong, whatever server is asked."""


def _is_about_the_request(error: ApiError) -> bool:
    """In an event of a stream there is no status."""
    if error.code in ("400", "422"):
        return True
    invalid = error.type in ("invalid_request_error", "invalid_request")
    return invalid or (error.code or "").startswith(("unsupported_", "unknown_parameter", "invalid_"))


def _named(error: ApiError, request: JsonObject) -> Iterator[str]:
    """The fields that the server means: named as such, else quoted, else where a sentence names a field. What is said
    of a piece of the input is about no field."""
    message = error.message[:LONGEST_WORDS]
    if error.param:
        yield error.param
        yield from _AT_THE_HEAD.findall(message)
        return
    if "input[" in message:
        return
    for together in _QUOTED_TOGETHER.finditer(message):
        names = re.findall(_QUOTED, together[0])
        if any(_path_in(request, name) for name in names):
            yield from names
            return
    meant = [name for words, name in _BY_OTHER_WORDS if words.search(message)]
    yield from meant
    for pattern in () if meant else (_AT_THE_HEAD, *_IN_A_SENTENCE):
        yield from pattern.findall(message)


def _plain(name: str) -> str:
    """The dotted path without places in lists."""
    path = re.sub(r"\[\d*\]", "", name).strip(".")
    return OTHER_NAMES.get(path, path)


def _path_in(request: JsonObject, name: str) -> str | None:
    """The longest beginning of a named path that the request holds: a part that is missing is missing in it."""
    steps = _plain(name).split(".")
    for length in range(len(steps), 0, -1):
        path = ".".join(steps[:length])
        if _held(request, path) is not None:
            return path
    return None


def _may_go(path: str, whole: bool, request: JsonObject) -> bool:
    if path.split(".")[0] in NEVER:
        return False
    if path == "store" and request["store"] is False:
        return False
    kept = ALL_OR_NOTHING if not whole else frozenset[str]()
    return not any(
        name == path or name.startswith(f"{path}.") for name in kept if _held(request, name) is not None
    )


def _held(request: JsonObject, path: str) -> Json:
    """The value at a dotted path; None where there is none."""
    value: Json = request
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _without(request: JsonObject, steps: Sequence[str]) -> JsonObject:
    """A copy without the path, and without objects that were only there for it."""
    first, *rest = steps
    inner = _without(request[first], rest) if rest else {}
    kept = {name: inner if name == first else value for name, value in request.items()}
    return kept if inner else {name: value for name, value in kept.items() if name != first}
