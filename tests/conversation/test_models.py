"""The little that is known of models by their names."""

import pytest

from chatapp.conversation.models import only_embeds, reasons, usual_refusals


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


@pytest.mark.parametrize(
    ("model", "embeds"),
    [
        ("all-MiniLM-L6-v2", True), ("text-embedding-3-small", True), ("openai/text-embedding-ada-002", True),
        ("nomic-embed-text:latest", True), ("mxbai-embed-large", True), ("mistral-embed", True),
        ("all-minilm", True), ("bge-m3", True), ("BAAI/bge-small-en-v1.5", True), ("all-minilm:33m", True),
        ("gpt-5", False), ("extractive", False), ("llama3.2", False), ("embedded-coder", False), ("e5", False),
    ],
)  # fmt: skip
def test_what_only_makes_vectors_is_known_by_its_name(model: str, embeds: bool) -> None:
    assert only_embeds(model) == embeds
