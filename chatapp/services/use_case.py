"""What every use case promises: it returns, or raises a UseCaseFailure whose words a reader understands."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chatapp.conversation.failures import Failure, Remedy, describe
from chatapp.conversation.parameters import InvalidParameter
from chatapp.documents.model import UnreadableDocument
from chatapp.services.ports import SecretsUnavailable, ServerFailure, StorageFailure


class UseCaseFailure(Exception):
    """Something the user asked for did not happen. `failure` says what, why, and what helps."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


P = ParamSpec("P")
R = TypeVar("R")
Trouble = StorageFailure | ServerFailure | SecretsUnavailable | UnreadableDocument | InvalidParameter
TROUBLES = (StorageFailure, ServerFailure, SecretsUnavailable, UnreadableDocument, InvalidParameter)
"""What the ports raise where the world refuses, and what was set and cannot be; anything else is a mistake of the
program."""
NOT_SET = "Nothing was changed or sent, and your text is kept. Change the parameter, or reset it."


def use_case(method: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """A method whose failures of disk, network, files and settings come out as UseCaseFailure."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except TROUBLES as problem:
            raise UseCaseFailure(failure_of(problem)) from problem

    return call


def failure_of(problem: Trouble) -> Failure:
    """The same trouble in the words of the table of failures."""
    if isinstance(problem, StorageFailure):
        return problem.failure
    if isinstance(problem, ServerFailure):
        return describe(problem.kind, problem.error, problem.status, problem.retry_after)
    if isinstance(problem, UnreadableDocument):
        return Failure(f"document_{problem.code}", "This file cannot be read", problem.message)
    if isinstance(problem, InvalidParameter):
        title, place = str(problem)[:-1], f"({problem.path})"
        return Failure("invalid_parameter", title, NOT_SET, place, (Remedy.CHANGE_PARAMETERS,))
    remedies = (Remedy.SET_KEY, Remedy.RETRY)
    return Failure("key_store", "The key store cannot be used", str(problem), remedies=remedies)
