"""What is known of models before they are asked. Kept small: a server's own word, and the user's wish, count for more.

`refusals` reads what servers say; what was learnt of each is kept by `services.learnt`.
"""

import re
from collections.abc import Mapping

_REASONS = re.compile(r"o[1-9](?:-|$)|gpt-(?:[5-9]|\d\d)(?!.*-chat)(?:[.-]|$)")
"""OpenAI's models that think before they answer, less those that are tuned for chatting."""
_MAY_NOT_REASON = re.compile(r"gpt-(?:5\.[1-9]|[6-9]|\d\d)")
"""They take `temperature` and `top_p` while the effort is none."""
_EMBEDS = re.compile(r"(?:^|-)embed(?:ding)?s?(?:[-.:@]|$)|^(?:all-minilm|bge|e5|gte)[-.:]|^all-minilm$")
"""Models that make vectors, by the names that OpenAI, Ollama, Mistral and the engine give them."""
_SAMPLING = ("temperature", "top_p")


def reasons(model: str) -> bool:
    """Whether a model of this name is known to reason. "openai/o3" and "azure/gpt-5-mini" are known too."""
    return _REASONS.match(_plain(model)) is not None


def only_embeds(model: str) -> bool:
    """Whether a model of this name is known to make vectors and no answers."""
    return _EMBEDS.search(_plain(model)) is not None


def usual_refusals(model: str, effort: str | None) -> Mapping[str, str]:
    """Parameters that a model usually refuses, and why. They are sent all the same where the user sets them."""
    if not reasons(model) or (effort == "none" and _MAY_NOT_REASON.match(_plain(model))):
        return {}
    return dict.fromkeys(_SAMPLING, f"{model} reasons, and such models usually refuse it.")


def _plain(model: str) -> str:
    return model.rpartition("/")[2].lower()
