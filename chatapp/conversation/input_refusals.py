"""How servers say that a model takes no images, or no files inside a question: they have words for it and no code.

Sources: llama-server, Ollama, vLLM, LM Studio, OpenRouter, api.openai.com and the engine, as quoted in their issues.
"""

import re
from typing import Literal

_REFUSED = r"(?:n[o']t|un|never|only) ?(?:be )?(?:currently )?(?:support|allow|accept|handle)"
_IMAGES = r"(?:images?|vision|multi-?modal|image_url|input_image)"
_ROWS: tuple[tuple[Literal["no_images", "no_files"], re.Pattern[str]], ...] = (
    (
        "no_images",
        re.compile(
            rf"\b{_IMAGES}\b.{{0,60}}{_REFUSED}|{_REFUSED}.{{0,40}}\b{_IMAGES}\b"
            r"|not a (?:multi-?modal|vision) model|no endpoints found that support image|mmproj"
            r"|cannot see images|at most 0 image|invalid value: '(?:input_image|image_url)'",
            re.IGNORECASE,
        ),
    ),
    (
        "no_files",
        re.compile(
            rf"\binput_file\b.{{0,60}}{_REFUSED}|{_REFUSED}.{{0,40}}\binput_file\b|invalid value: 'input_file'",
            re.IGNORECASE,
        ),
    ),
)


def refused_input(message: str) -> Literal["no_images", "no_files"] | None:
    """What a server says that it does not take; None for any other refusal."""
    return next((row for row, pattern in _ROWS if pattern.search(message)), None)
