"""The Response as it is sent: what the request asked for with defaults filled in, and what came of it."""

import time

from chatapp.engine.generation.port import UsagePiece
from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import JsonObject

FAILURES = frozenset(
    (
        "server_error", "rate_limit_exceeded", "invalid_prompt", "bio_policy", "vector_store_timeout",
        "invalid_image", "invalid_image_format", "invalid_base64_image", "invalid_image_url", "image_too_large",
        "image_too_small", "image_parse_error", "image_content_policy_violation", "invalid_image_mode",
        "image_file_too_large", "unsupported_image_media_type", "empty_image_file", "failed_to_download_image",
        "image_file_not_found",
    )
)  # fmt: skip
"""The codes a failed response may have; strict clients know no other."""


def new_response(parameters: JsonObject) -> JsonObject:
    """A response that has just begun, or waits in the background.

    `parameters` holds every parameter that is echoed, checked and filled.
    """
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if parameters["background"] else "in_progress",
        "background": parameters["background"],
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        **parameters,
    }


def failure(code: str | None, message: str) -> JsonObject:
    """The `error` of a failed response."""
    return {"code": code if code in FAILURES else "server_error", "message": message}


def usage_of(usage: UsagePiece) -> JsonObject:
    """The usage object."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
