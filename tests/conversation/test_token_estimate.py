"""The estimate of tokens, against texts whose tokens are known and against what OpenAI counted in the recordings."""

import json
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.token_estimate import (
    A_REQUEST,
    SAMPLED,
    input_tokens,
    standing_tokens,
    tokens_of,
)
from tests.kit.recordings import FOLDER, Recording, openai_recordings

KNOWN = {
    "Das Kraftwerk soll in den kommenden Jahren schrittweise abgeschaltet werden.": 15,
    "The quick brown fox jumps over the lazy dog.": 10,
    "Правительство вчера объявило, что поддержка возобновляемых источников энергии будет расширена.": 21,
    "政府昨天宣布，未来几年将大幅扩大对可再生能源的支持。": 18,
    "政府は昨日、再生可能エネルギーへの支援を拡大すると発表しました。": 23,
    "정부는 어제 재생 가능 에너지에 대한 지원을 크게 확대할 것이라고 발표했습니다.": 21,
    "أعلنت الحكومة أمس أن دعم الطاقات المتجددة سيتم توسيعه بشكل كبير.": 18,
    "सरकार ने कल घोषणा की कि नवीकरणीय ऊर्जा के लिए समर्थन में काफी वृद्धि की जाएगी।": 21,
    '{"id": "resp_68af", "object": "response", "output": [{"type": "message"}]}': 25,
}
"""Texts with their tokens in o200k_base, counted once with tiktoken."""


@pytest.mark.parametrize(("text", "tokens"), KNOWN.items())
def test_texts_of_many_scripts(text: str, tokens: int) -> None:
    assert abs(tokens_of(text) - tokens) <= 0.35 * tokens


@given(st.text())
def test_any_text_has_an_estimate(text: str) -> None:
    assert 0 <= tokens_of(text) <= 2 * len(text.encode("utf-8", "surrogatepass"))


def test_of_a_long_text_samples_are_counted() -> None:
    line = "The quick brown fox jumps over the lazy dog.\n"
    long = line * 40_000
    assert len(long) > SAMPLED
    assert abs(tokens_of(long) / 40_000 / tokens_of(line * 100) * 100 - 1) < 0.05


@pytest.mark.skipif(not FOLDER.exists(), reason="there are no recordings here")
def test_what_openai_counted() -> None:
    """Half of the requests are told to within 5 %, all but one in ten to within 15 %."""
    errors = {}
    for recording in openai_recordings():
        counted = _counted(recording)
        if counted:
            request = recording.request
            about = A_REQUEST + sum(standing_tokens(request)) + input_tokens(request.get("input"))
            errors[recording.name] = (about - counted) / counted
    sizes = sorted(map(abs, errors.values()))
    middle, most = statistics.median(sizes), sizes[len(sizes) * 9 // 10]
    print(
        f"{len(errors)} requests: median error {middle:.1%}, nine in ten within {most:.1%}, worst {sizes[-1]:.1%}"
    )
    assert len(errors) > 25
    assert middle <= 0.05
    assert most <= 0.15


def _counted(recording: Recording) -> int | None:
    """What the server counted, for a request that says all it is about itself, in words."""
    request = recording.request
    if (
        recording.method != "POST"
        or recording.path.split("?")[0] != "/v1/responses"
        or recording.status != 200
    ):
        return None
    if any(request.get(name) for name in ("previous_response_id", "conversation", "prompt")):
        return None
    if any(tool.get("type") != "function" for tool in request.get("tools") or ()):
        return None
    if any(kind in json.dumps(request) for kind in ("input_image", "input_file")):
        return None
    found: list[Any] = recording.payloads if recording.is_stream else [json.loads(recording.body)]
    usages = [(each.get("response") or each).get("usage") for each in found]
    return next((usage["input_tokens"] for usage in reversed(usages) if usage), None)
