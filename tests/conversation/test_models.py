"""The little that is known of models by their names."""

import pytest

from chatapp.conversation.models import reasons, usual_refusals


@pytest.mark.parametrize(
    "model",
    ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5-mini", "gpt-5.1", "openai/gpt-5.6-sol", "GPT-5"],
)
def test_these_reason(model: str) -> None:
    assert reasons(model)
    assert set(usual_refusals(model, "low")) == {"temperature", "top_p"}


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o",
        "gpt-4.1-mini",
        "gpt-5-chat-latest",
        "deepseek-r1",
        "smollm2",
        "gpt-oss-20b",
        "",
        "qwen/o",
    ],
)
def test_of_these_nothing_is_known(model: str) -> None:
    assert not reasons(model)
    assert usual_refusals(model, None) == {}


def test_without_effort_newer_ones_take_a_temperature() -> None:
    assert usual_refusals("gpt-5.1", "none") == {}
    assert usual_refusals("gpt-5", "none")
    assert usual_refusals("gpt-5.1", None)
