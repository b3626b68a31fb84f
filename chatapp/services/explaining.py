"""Why an answer broke off, in the words of the table of failures."""

import logging

from chatapp.conversation.failures import Failure, Remedy, describe
from chatapp.services.ports import SecretsUnavailable, ServerFailure, StorageFailure
from chatapp.services.surroundings import Surroundings
from chatapp.services.use_case import UseCaseFailure, failure_of

log = logging.getLogger(__name__)


async def explained(around: Surroundings, server: str, problem: BaseException) -> Failure:
    """What is no trouble of the world is a mistake of the program, and is logged as one."""
    if isinstance(problem, UseCaseFailure):
        return problem.failure
    if isinstance(problem, ServerFailure):
        has_key = problem.status != 401 or await _has_key(around, server)
        return describe(problem.kind, problem.error, problem.status, problem.retry_after, has_key)
    if isinstance(problem, StorageFailure | SecretsUnavailable):
        return failure_of(problem)
    log.error("a turn failed inside chatapp", exc_info=problem)
    return Failure(
        "internal",
        "Something went wrong inside chatapp",
        "Your question is kept, and what had arrived too. Retry; if it happens again, please report it.",
        repr(problem),
        (Remedy.RETRY,),
    )


async def _has_key(around: Surroundings, server: str) -> bool:
    try:
        return await around.secrets.key(await around.book.get(server)) is not None
    except SecretsUnavailable:
        return False
    except (StorageFailure, UseCaseFailure):
        return True
