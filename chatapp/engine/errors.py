"""Refusals and failures as the wire words them: `{"error": {message, type, param, code}}`.

Everything that answers with an error raises an ApiError, made by one of the functions below; `app` turns it
into a body. Failures of the disk are worded here too, so that nobody else need know SQLite's codes.
"""

import errno
import logging
import sqlite3
from collections.abc import Mapping

from chatapp.documents.faults import place_of
from chatapp.engine.generation.port import GenerationFailed
from chatapp.protocol.json_types import JsonObject

log = logging.getLogger(__name__)

DISK_FULL = "The disk that holds the engine's data is full. Free some space and try again."
DISK_FAILED = "The engine could not read or write its data: {reason}."
TOO_MUCH = "rate_limit_exceeded"
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ApiError(Exception):
    """An answer with an error status. `param` names the request's parameter, `code` is for programs, `headers` say how
    long to wait: over HTTP they are the answer's own, in a stream they stand in the error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        type: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.type = type
        self.headers = dict(headers or {})

    def error(self) -> JsonObject:
        """The inner object of the error body."""
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}

    def told(self) -> JsonObject:
        """`error` where there is no HTTP to carry the headers."""
        return self.error() | ({"headers": self.headers} if self.headers else {})


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400: the request is wrong in `param`."""
    return ApiError(400, message, param=param, code=code)


def unsupported(message: str, param: str) -> ApiError:
    """400: the request is right, but this engine or its generator cannot honour `param`."""
    return ApiError(400, message, param=param, code="unsupported_parameter")


def not_found(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """404."""
    return ApiError(404, message, param=param, code=code)


def too_many(message: str) -> ApiError:
    """429: the engine does as much as it does at once."""
    return ApiError(429, message, code=TOO_MUCH, type="too_many_requests")


def server_error(message: str, code: str | None = None) -> ApiError:
    """500."""
    return ApiError(500, message, code=code, type="server_error")


def generation_error(failure: GenerationFailed) -> ApiError:
    """500, or 429 where a generator is asked for too much at once."""
    busy = failure.code == TOO_MUCH
    return ApiError(
        429 if busy else 500,
        failure.message,
        code=failure.code,
        type="too_many_requests" if busy else "server_error",
        headers=failure.headers,
    )


def fault(error: BaseException, doing: str) -> ApiError:
    """500 for a fault of the engine or of a generator. The log names it without what the request held."""
    log.error("%s: %s", doing, place_of(error))
    return server_error("The engine failed on this request. Its log says where.")


def disk_error(error: OSError | sqlite3.Error) -> ApiError:
    """500 in plain words for a failure of the disk or of the database on it."""
    if _out_of_space(error):
        return server_error(DISK_FULL, "disk_full")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return server_error(DISK_FAILED.format(reason=reason), "storage_failed")


def _out_of_space(error: OSError | sqlite3.Error) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
