"""What went wrong with an answer, in plain words, and what the reader can do about it."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from chatapp.conversation.input_refusals import refused_input
from chatapp.protocol.errors import ApiError


class Remedy(StrEnum):
    """An action offered beside a failure. The value is the action's id."""

    RETRY = "retry"
    CONTINUE = "continue"
    EDIT = "edit"
    RESUME = "resume"
    SET_KEY = "set_key"
    CHOOSE_MODEL = "choose_model"
    CHANGE_PARAMETERS = "change_parameters"
    OPEN_SETTINGS = "open_settings"
    RESTART_ENGINE = "restart_engine"
    ASK_WHOLE = "ask_whole"


@dataclass(frozen=True, slots=True)
class Failure:
    """`kind` names the row of the table it came from (see `describe`), `title` says what happened, `text` what it
    means and what to do, `details` the server's own words, `retry_after` seconds when the server gave them."""

    kind: str
    title: str
    text: str
    details: str = ""
    remedies: tuple[Remedy, ...] = ()
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    text: str
    remedies: tuple[Remedy, ...] = (Remedy.RETRY,)


_KEPT = "Your question is kept."
ALSO_KEPT = " What had arrived is kept too."
"""Said where something may have arrived."""
_ROWS: dict[str, _Row] = {
    "no_key": _Row(
        "No key for this server",
        f"The server needs an API key and none is set. {_KEPT} Add the key in Settings, then retry.",
        (Remedy.SET_KEY, Remedy.RETRY),
    ),
    "wrong_key": _Row(
        "The server did not accept the key",
        f"{_KEPT} Check the key in Settings, then retry.",
        (Remedy.SET_KEY, Remedy.RETRY),
    ),
    "forbidden": _Row(
        "The server does not allow this",
        f"The key is known, but may not do this. {_KEPT} Choose another model or another key.",
        (Remedy.CHOOSE_MODEL, Remedy.SET_KEY, Remedy.RETRY),
    ),
    "unknown_model": _Row(
        "The server does not know this model",
        f"{_KEPT} Choose a model that the server offers, then retry.",
        (Remedy.CHOOSE_MODEL, Remedy.RETRY),
    ),
    "not_found": _Row(
        "The server does not have what was asked for",
        f"The address, a file or a vector store is not there. {_KEPT} Check the server's address in Settings.",
        (Remedy.OPEN_SETTINGS, Remedy.RETRY),
    ),
    "stale_parent": _Row(
        "The server no longer has the earlier answer",
        f"{_KEPT} Without it there is nothing to follow: send the turns above along, or name another answer.",
        (Remedy.ASK_WHOLE, Remedy.CHANGE_PARAMETERS, Remedy.RETRY),
    ),
    "lost_conversation": _Row(
        "The server no longer has this conversation",
        f"{_KEPT} Send the turns above along, or name another conversation in the Parameters panel.",
        (Remedy.ASK_WHOLE, Remedy.CHANGE_PARAMETERS, Remedy.RETRY),
    ),
    "rate_limit": _Row(
        "Too many requests",
        f"The server asks to slow down. {_KEPT} Wait a little, then retry.",
    ),
    "quota": _Row(
        "The account has no credit left",
        f"Waiting does not help. {_KEPT} Add credit at the provider, or choose another server, then retry.",
        (Remedy.OPEN_SETTINGS, Remedy.RETRY),
    ),
    "too_long": _Row(
        "The conversation is too long for this model",
        f"{_KEPT} Set Truncation to auto, choose a model with more room, or start a new conversation.",
        (Remedy.CHANGE_PARAMETERS, Remedy.CHOOSE_MODEL, Remedy.RETRY),
    ),
    "bad_parameter": _Row(
        "The server refused a parameter",
        f"{_KEPT} Change or reset it in the Parameters panel, then retry.",
        (Remedy.CHANGE_PARAMETERS, Remedy.RETRY),
    ),
    "bad_request": _Row(
        "The server refused the request",
        f"{_KEPT} Its own words are below.",
        (Remedy.CHANGE_PARAMETERS, Remedy.RETRY),
    ),
    "no_images": _Row(
        "This model takes no images",
        f"{_KEPT} Choose a model that does, or edit the question and leave the image out.",
        (Remedy.CHOOSE_MODEL, Remedy.EDIT, Remedy.RETRY),
    ),
    "no_files": _Row(
        "This server takes no files inside a question",
        f"{_KEPT} Attach the file again and let it be searched, or choose another model or server.",
        (Remedy.CHOOSE_MODEL, Remedy.RETRY),
    ),
    "bad_image": _Row(
        "The server could not use an image",
        f"{_KEPT} Its own words are below. Save the image as PNG or JPEG, perhaps smaller, and attach it again.",
    ),
    "server_error": _Row(
        "The server failed",
        f"The fault is on its side. {_KEPT}{ALSO_KEPT} Retry.",
    ),
    "unreachable": _Row(
        "The server cannot be reached",
        f"{_KEPT} Check that it runs, its address in Settings, and the network, then retry.",
        (Remedy.RETRY, Remedy.OPEN_SETTINGS),
    ),
    "tls": _Row(
        "No secure connection",
        f"The server's certificate was not accepted, so nothing was sent. {_KEPT} "
        "Check the address, or install the certificate authority on this computer.",
        (Remedy.OPEN_SETTINGS, Remedy.RETRY),
    ),
    "insecure": _Row(
        "The address is not secure",
        f"A key is not sent over plain http to another computer. {_KEPT} Use an https address.",
        (Remedy.OPEN_SETTINGS,),
    ),
    "ca_file": _Row(
        "The certificate file cannot be used",
        f"Nothing was sent. {_KEPT} Choose another file in the server's settings, then retry.",
        (Remedy.OPEN_SETTINGS, Remedy.RETRY),
    ),
    "proxy": _Row(
        "The proxy does not let this through",
        f"Nothing reached the server. {_KEPT} Check the proxy in the server's settings, then retry.",
        (Remedy.OPEN_SETTINGS, Remedy.RETRY),
    ),
    "timeout": _Row(
        "The server stopped answering",
        f"Nothing came for too long. {_KEPT}{ALSO_KEPT}",
        (Remedy.RETRY, Remedy.CONTINUE),
    ),
    "cut": _Row(
        "The connection broke off in mid-answer",
        "What had arrived is kept. The answer is not complete.",
        (Remedy.CONTINUE, Remedy.RETRY),
    ),
    "unanswered": _Row(
        "The connection broke off before an answer began",
        f"{_KEPT} The server may have begun all the same. Retry.",
    ),
    "lost": _Row(
        "The server no longer has this answer",
        "What had arrived is kept. The answer is not complete.",
        (Remedy.RETRY, Remedy.CONTINUE),
    ),
    "interrupted": _Row(
        "chatapp was closed in mid-answer",
        "What had arrived is kept. The answer is not complete.",
        (Remedy.CONTINUE, Remedy.RETRY),
    ),
    "malformed": _Row(
        "The server sent something unreadable",
        "What had arrived before it is kept. The answer is not complete.",
        (Remedy.RETRY, Remedy.CONTINUE),
    ),
    "oversized": _Row(
        "The server sent more than fits",
        "One piece of the answer was too large to be held. What had arrived before it is kept.",
    ),
    "error": _Row(
        "The server reported an error in mid-answer",
        "What had arrived is kept. The answer is not complete.",
        (Remedy.RETRY, Remedy.CONTINUE),
    ),
    "failed": _Row(
        "The answer failed on the server",
        f"{_KEPT}{ALSO_KEPT}",
    ),
    "filtered": _Row(
        "The server's filter stopped this",
        f"{_KEPT} Change its wording and send it again.",
        (Remedy.EDIT, Remedy.RETRY),
    ),
    "engine": _Row(
        "The built-in engine stopped",
        f"{_KEPT} Restart it, then retry.",
        (Remedy.RESTART_ENGINE, Remedy.RETRY),
    ),
    "disk_full": _Row(
        "The disk is full",
        "The text on screen is not saved yet. Free some space, then try again.",
    ),
}

_BY_CODE = {
    "invalid_api_key": "wrong_key",
    "model_not_found": "unknown_model",
    "previous_response_not_found": "stale_parent",
    "rate_limit_exceeded": "rate_limit",
    "insufficient_quota": "quota",
    "credit_balance_exhausted": "quota",
    "context_length_exceeded": "too_long",
    "string_above_max_length": "too_long",
    "exceed_context_size_error": "too_long",
    "DeploymentNotFound": "unknown_model",
    "content_filter": "filtered",
    "server_error": "server_error",
    "image_content_policy_violation": "filtered",
    **dict.fromkeys(
        (
            "empty_image_file",
            "failed_to_download_image",
            "image_file_not_found",
            "image_file_too_large",
            "image_parse_error",
            "image_too_large",
            "image_too_small",
            "invalid_base64_image",
            "invalid_image",
            "invalid_image_format",
            "invalid_image_mode",
            "invalid_image_url",
            "unsupported_image_media_type",
        ),
        "bad_image",
    ),
}
_BY_STATUS = {
    400: "bad_request",
    401: "wrong_key",
    402: "quota",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    413: "too_long",
    422: "bad_request",
    429: "rate_limit",
}
_BY_PARAM = {"previous_response_id": "stale_parent", "model": "unknown_model", "id": "not_found"}
"""`id` is in the address: what it names is not there."""
_BY_WORDS = (
    ("lost_conversation", re.compile(r"\bconversation\b.{0,80}\bnot found", re.IGNORECASE | re.DOTALL)),
    ("stale_parent", re.compile(r"\bresponse\b.{0,80}\bnot found", re.IGNORECASE | re.DOTALL)),
    ("too_long", re.compile(r"\bcontext (?:length|size|window)|\bcontext overflow", re.IGNORECASE)),
    (
        "unknown_model",
        re.compile(
            r"\bmodels?\b(?:\W+\S+){0,4}?\W+(?:not found|does not exist)"
            r"|\b(?:invalid|unknown|no such) model\b|not a valid model",
            re.IGNORECASE,
        ),
    ),
)
"""What servers say in words only, with a status that is too general: ogx, vLLM, llama-server, LiteLLM, OpenRouter."""
_FLAGGED = re.compile(r"flag|policy|policies|violat|safety|moderat", re.IGNORECASE)
"""Said of a prompt that is not allowed. OpenRouter calls one that it cannot read `invalid_prompt` too."""
LONGEST_WORDS = 2000
"""Characters of a message that are looked at."""
_HTTP_STATUS = re.compile("[1-5][0-9][0-9]")
_INCOMPLETE = {
    "max_output_tokens": (
        "The answer reached its cap",
        "Max output tokens cut it off. Continue it, or raise the cap and retry.",
    ),
    "content_filter": (
        "The server's filter cut the answer off",
        "Change the wording of the question, or retry.",
    ),
    "max_messages": ("The answer reached the server's limit of messages", "Continue it."),
}
_AFTER_A_CAP = (Remedy.CONTINUE, Remedy.CHANGE_PARAMETERS, Remedy.RETRY)
_AFTER_A_FILTER = (Remedy.EDIT, Remedy.RETRY, Remedy.CONTINUE)


def describe(
    kind: str,
    error: ApiError | None = None,
    status: int | None = None,
    retry_after: float | None = None,
    has_key: bool = True,
) -> Failure:
    """The failure for a kind ("refused", "unreachable", "cut"… see the table) and what the server said.

    A refusal, an error event and a failed response are told apart further by the error's code, its parameter,
    and the HTTP status. Unknown kinds read as a failed server. In a stream the pause stands with the error.
    """
    row_name = kind
    if kind in ("refused", "error", "failed"):
        row_name = _narrow(kind, error, status, has_key)
    if retry_after is None and error is not None and row_name != "quota":
        retry_after = error.pause_s
    row = _ROWS.get(row_name, _ROWS["server_error"])
    return Failure(
        kind=row_name,
        title=row.title,
        text=_waiting(row.text, retry_after),
        details=_details(error, status),
        remedies=row.remedies,
        retry_after=retry_after,
    )


def describe_incomplete(reason: str | None) -> Failure:
    """What is shown under an answer that the server itself calls incomplete."""
    title, text = _INCOMPLETE.get(
        "max_output_tokens" if reason == "length" else reason or "",
        ("The answer is incomplete", "The server ended it early. Continue it, or retry."),
    )
    remedies = _AFTER_A_FILTER if reason == "content_filter" else _AFTER_A_CAP
    return Failure("incomplete", title, text, reason or "", remedies)


def resumable(failure: Failure, first: bool) -> Failure:
    """The failure of an answer that its server may still have; `first` says that this is the best hope."""
    others = tuple(remedy for remedy in failure.remedies if remedy is not Remedy.RESUME)
    remedies = (Remedy.RESUME, *others) if first else (*others, Remedy.RESUME)
    return replace(failure, remedies=remedies)


def continuable(failure: Failure) -> Failure:
    """The failure of an answer of which something had arrived."""
    if Remedy.CONTINUE in failure.remedies:
        return failure
    return replace(failure, remedies=(*failure.remedies, Remedy.CONTINUE))


def _narrow(kind: str, error: ApiError | None, status: int | None, has_key: bool) -> str:
    if status == 401 and not has_key:
        return "no_key"
    code = error.code if error else None
    param = error.param if error else None
    by_code = _by_code(error) if error else None
    if by_code and by_code != "server_error":
        return by_code
    number = status if status is not None else int(code) if code and _HTTP_STATUS.fullmatch(code) else None
    said = error.message[:LONGEST_WORDS] if error else ""
    refused = refused_input(said) if number not in (401, 403, 429) else None
    if refused:
        return refused
    if number in (None, 400, 404, 422):
        by_words = next((row for row, words in _BY_WORDS if words.search(said)), None)
        if by_words:
            return by_words
    if number in (400, 404, 422) and param:
        return _BY_PARAM.get(param, "bad_parameter")
    if by_code:
        return by_code
    if number is None:
        return kind if kind != "refused" else "server_error"
    return _BY_STATUS.get(number, "server_error" if number >= 500 else "bad_request")


def _by_code(error: ApiError) -> str | None:
    if error.code == "invalid_prompt":
        return "filtered" if _FLAGGED.search(error.message) else None
    return _BY_CODE.get(error.code or "") or _BY_CODE.get(error.type or "")


def _waiting(text: str, retry_after: float | None) -> str:
    return f"{text} The server asks for a pause of {retry_after:.0f} s." if retry_after else text


def _details(error: ApiError | None, status: int | None) -> str:
    if error is None:
        return f"HTTP {status}" if status else ""
    facts = [f"HTTP {status}" if status else "", error.code or error.type or "", error.param or ""]
    facts_line = " · ".join(fact for fact in facts if fact)
    return f"{error.message} ({facts_line})" if facts_line else error.message
