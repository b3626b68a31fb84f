"""What every use case promises: it returns, or raises a UseCaseFailure whose words a reader understands."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chatapp.conversation.failures import Failure, describe
from chatapp.documents.model import UnreadableDocument
from chatapp.services.ports import SecretsUnavailable, ServerFailure, StorageFailure


class UseCaseFailure(Exception):
    """Something the user asked for did not happen. `failure` says what, why, and what helps."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


P = ParamSpec("P")
R = TypeVar("R")


def use_case(method: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """A method whose failures of disk, network and files come out as UseCaseFailure."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await method(*args, **kwargs)
        except (StorageFailure, ServerFailure, SecretsUnavailable, UnreadableDocument) as problem:
            raise UseCaseFailure(failure_of(problem)) from problem

    return call


def failure_of(problem: StorageFailure | ServerFailure | SecretsUnavailable | UnreadableDocument) -> Failure:
    """The same trouble in the words of the table of failures."""
    if isinstance(problem, StorageFailure):
        return problem.failure
    if isinstance(problem, ServerFailure):
        return describe(problem.kind, problem.error, problem.status, problem.retry_after)
    if isinstance(problem, UnreadableDocument):
        return Failure(f"document_{problem.code}", "This file cannot be read", problem.message)
    return Failure("key_store", "The key could not be kept", str(problem))
