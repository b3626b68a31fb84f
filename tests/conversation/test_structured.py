"""Whether an answer is the JSON that was asked for."""

import json
import re
from typing import Any

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.schema_examples import STARTS
from chatapp.conversation.structured import asked_format, verdict_on
from chatapp.protocol.schemas import Uncheckable, costly_patterns, mismatch

SCHEMA = {"type": "json_schema", "name": "prices", "schema": STARTS["A list of objects"]}
FITTING = '{"items": [{"name": "a", "price": 1}]}'


def request(**format: Any) -> dict[str, Any]:
    return {"text": {"format": format}}


def answer(*parts: tuple[str, str], status: Status = Status.COMPLETED) -> Answer:
    items = [
        OutputItem("message", str(at), (Part(kind, text),))  # type: ignore[arg-type]
        for at, (kind, text) in enumerate(parts)
    ]
    return Answer(status=status, items=(OutputItem("reasoning", "rs", (Part("summary_text", "hm"),)), *items))


VERDICTS: dict[str, tuple[dict[str, Any], Answer, str | None]] = {
    "fits": (request(**SCHEMA), answer(("output_text", FITTING)), "Matches the schema."),
    "differs": (
        request(**SCHEMA),
        answer(("output_text", '{"items": [{"name": "a", "price": "1"}]}')),
        "Does not match the schema: $.items[0].price is not a number.",
    ),
    "no JSON": (request(**SCHEMA), answer(("output_text", "Sorry,\nno.")), "The answer is not JSON: line 1: a value"),
    "fenced": (request(**SCHEMA), answer(("output_text", f"```json\n{FITTING}\n```")), "The answer is not JSON"),
    "of several the last": (
        request(**SCHEMA), answer(("output_text", "Let me see."), ("output_text", FITTING)), "Matches the schema.",
    ),
    "refused": (request(**SCHEMA), answer(("refusal", "No.")), None),
    "capped": (request(**SCHEMA), answer(("output_text", '{"items'), status=Status.INCOMPLETE), None),
    "streaming": (request(**SCHEMA), answer(("output_text", FITTING), status=Status.IN_PROGRESS), None),
    "nothing said": (request(**SCHEMA), answer(), None),
    "object": (request(type="json_object"), answer(("output_text", "{}")), None),
    "no object": (request(type="json_object"), answer(("output_text", "[]")), "The answer is JSON, but no object."),
    "text": (request(type="text"), answer(("output_text", FITTING)), None),
    "no format": ({"text": None}, answer(("output_text", FITTING)), None),
    "broken schema": (
        request(**{**SCHEMA, "schema": {"$ref": "#"}}),
        answer(("output_text", "{}")),
        "Not checked: the schema cannot be applied, it refers to itself without an end.",
    ),
    "no schema": (request(type="json_schema"), answer(("output_text", "{}")), "Matches the schema."),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_what_is_said_of_an_answer(name: str) -> None:
    asked, given, words = VERDICTS[name]
    verdict = verdict_on(asked, given)
    assert (verdict.words if verdict else None) == words or (
        words and verdict and verdict.words.startswith(words)
    )


def test_only_json_is_asked_for_as_json() -> None:
    assert asked_format(request(**SCHEMA)) == SCHEMA
    assert asked_format({}) is None
    assert asked_format({"text": {"format": "json"}}) is None


COSTLY = ["(a+)+$", "(a|b)*c", "((a+))+", "(?:x{2,})*", "([a-z]+)*"]
CHEAP = ["^[a-z]+$", "(ab)*", r"^(\d{3})-(\d+)$", "^#[0-9a-f]{6}$", "(a|b)", "(a)(b)+"]


def test_patterns_that_could_take_for_ever_are_left_out() -> None:
    assert costly_patterns([{"pattern": pattern} for pattern in COSTLY + CHEAP]) == COSTLY
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "(x+x+)+y"}}}
    assert mismatch(schema, {"a": "x" * 5_000}) is None
    assert mismatch(schema, {"a": 1}) == "$.a is not text"
    verdict = verdict_on(
        request(type="json_schema", schema=schema), answer(("output_text", json.dumps({"a": "x" * 5_000})))
    )
    assert verdict is not None
    assert verdict.words.startswith("Matches the schema, apart from its pattern (x+x+)+y")
    with pytest.raises(Uncheckable, match=re.escape("pattern of a name")):
        mismatch({"patternProperties": {"(x+x+)+y": {}}}, {"x" * 50: 1})
