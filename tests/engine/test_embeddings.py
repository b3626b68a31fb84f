"""POST /v1/embeddings: with the extra by the official SDK, strict; without it a refusal that says what to install."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

import openai
import pytest
from openai import OpenAI

from chatapp.engine.retrieval.embedding import DIMENSIONS, MODEL
from tests.engine.process import RunningEngine, engine_on
from tests.kit.models import ENVIRONMENT, folders_of

NEEDS = pytest.mark.skipif(not folders_of("onnxruntime"), reason="the extra `semantic` is not installed")
LAMP, LANTERN, TAX = (
    "The lamp turns slowly.",
    "A lantern that rotates without haste.",
    "Taxes are due in May.",
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    with engine_on(tmp_path_factory.mktemp("reader") / "data", environment=ENVIRONMENT) as running:
        yield running


@pytest.fixture(scope="module")
def client(reader: RunningEngine) -> Iterator[OpenAI]:
    with OpenAI(
        base_url=reader.base_url, api_key=reader.token, max_retries=0, _strict_response_validation=True
    ) as sdk:
        yield sdk


def product(one: list[float], other: list[float]) -> float:
    return sum(first * second for first, second in zip(one, other, strict=True))


@NEEDS
def test_meaning_is_near_where_words_are_not(client: OpenAI) -> None:
    made = client.embeddings.create(model=MODEL, input=[LAMP, LANTERN, TAX], encoding_format="float")
    lamp, lantern, tax = (one.embedding for one in made.data)
    assert (made.model, [one.index for one in made.data]) == (MODEL, [0, 1, 2])
    assert {len(one) for one in (lamp, lantern, tax)} == {DIMENSIONS}
    assert sqrt(product(lamp, lamp)) == pytest.approx(1, abs=1e-5)
    assert product(lamp, lantern) > 0.4 > 0.2 > product(lamp, tax)
    assert made.usage.prompt_tokens == made.usage.total_tokens == 19


@NEEDS
def test_one_text_and_both_ways_of_writing_it(reader: RunningEngine, client: OpenAI) -> None:
    # Left to itself the SDK asks for base64, and checks strictly before it has read that.
    with OpenAI(base_url=reader.base_url, api_key=reader.token, max_retries=0) as lenient:
        packed = lenient.embeddings.create(model=MODEL, input=LAMP, dimensions=DIMENSIONS, user="someone")
    spelled = client.embeddings.create(model=MODEL, input=LAMP, encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(spelled.data[0].embedding, abs=1e-7)


@NEEDS
def test_a_long_text_is_one_vector_of_all_its_windows(client: OpenAI) -> None:
    lamps, taxes = f"{LAMP} " * 50, f"{TAX} " * 50
    made = client.embeddings.create(model=MODEL, input=[lamps + taxes, lamps, taxes], encoding_format="float")
    whole, *halves = (one.embedding for one in made.data)
    assert all(0.5 < product(whole, half) < 0.99 for half in halves)
    assert sqrt(product(whole, whole)) == pytest.approx(1, abs=1e-5)


@NEEDS
def test_the_model_is_listed_and_does_not_answer(reader: RunningEngine, client: OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL
    error = reader.refused("POST", "/responses", 400, json={"model": MODEL, "input": "Hello"})
    assert (error["param"], error["code"]) == ("model", "unsupported_model")
    with pytest.raises(openai.PermissionDeniedError):
        client.embeddings.create(model="extractive", input=LAMP)


@NEEDS
@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": LAMP}, "model", "missing_required_parameter"),
        ({"model": MODEL}, "input", "missing_required_parameter"),
        ({"model": MODEL, "input": ""}, "input", "empty_string"),
        ({"model": MODEL, "input": [LAMP, ""]}, "input[1]", "empty_string"),
        ({"model": MODEL, "input": []}, "input", "invalid_array_length"),
        ({"model": MODEL, "input": ["a"] * 2_049}, "input", "invalid_array_length"),
        ({"model": MODEL, "input": [1, 2]}, "input", "unsupported_parameter"),
        ({"model": MODEL, "input": [[1, 2], [3]]}, "input", "unsupported_parameter"),
        ({"model": MODEL, "input": [LAMP, None]}, "input[1]", "invalid_type"),
        ({"model": MODEL, "input": {"text": LAMP}}, "input", "invalid_type"),
        ({"model": MODEL, "input": "a " * 8_193}, "input", "context_length_exceeded"),
        ({"model": MODEL, "input": ["a " * 8_000] * 38}, "input", "max_tokens_per_request"),
        ({"model": MODEL, "input": "a" * 400_001}, "input", "string_above_max_length"),
        ({"model": MODEL, "input": LAMP, "dimensions": 100}, "dimensions", "unsupported_parameter"),
        ({"model": MODEL, "input": LAMP, "dimensions": "x"}, "dimensions", "invalid_type"),
        ({"model": MODEL, "input": LAMP, "encoding_format": "int8"}, "encoding_format", "invalid_value"),
        ({"model": MODEL, "input": LAMP, "truncate": True}, "truncate", "unknown_parameter"),
    ],
)
def test_what_is_wrong_is_named(reader: RunningEngine, body: dict[str, Any], param: str, code: str) -> None:
    error = reader.refused("POST", "/embeddings", 400, json=body)
    assert (error["param"], error["code"]) == (param, code)


@NEEDS
def test_a_model_that_is_not_there(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="none", input=LAMP)


def test_without_the_extra_it_is_said_what_to_install(engine: RunningEngine) -> None:
    error = engine.refused("POST", "/embeddings", 404, json={"model": MODEL, "input": LAMP})
    assert (error["param"], error["code"]) == ("model", "model_not_found")
    assert "pip install chatapp[semantic]" in error["message"]
    assert MODEL not in [one["id"] for one in engine.call("GET", "/models")["data"]]
