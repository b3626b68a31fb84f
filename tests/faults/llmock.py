"""llmock refuses and breaks what it is asked for, and judges us: `llmock [QUESTIONS] [RATE]`, 200 and 0.25 by default.

RATE of the requests are refused (429 and 503, with a pause to keep), and RATE of the streams are broken: ended without
an end, disconnected, malformed or stalled, each as often. The reader presses Retry until the answer is whole or
patience ends. Nothing may be taken for an answer that is not one: what the reader has is the whole answer, or its
beginning with a word on what happened and what can be done. llmock's own report must have no FAIL.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import TurnWaiting
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.house import House
from tests.servers.fleet import Fleet, NotThere, installed_home

QUESTIONS, RATE = 200, 0.25
AT_ONCE = 16
STALL_S = 0.9
FAULTS = ("truncate", "disconnect", "malformed", "stall")
PATIENCE = 8
"""Requests after which a reader has had enough. Retry may make three of one, and llmock calls more than ten a storm."""


@dataclass
class Campaign:
    """What came of it. `turns` holds every attempt at each question, the last one last."""

    turns: list[list[Turn]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    verdict: dict[str, Any] = field(default_factory=dict)

    def problems(self) -> Iterable[str]:
        """What must not be."""
        for finding in self.verdict["findings"]:
            if finding["severity"] == "error":
                yield f"llmock: {finding['code']}: {finding['title']}"
        for turn in (turn for attempts in self.turns for turn in attempts):
            yield from _problems_of(turn)
        whole = sum(turn.answer.status is Status.COMPLETED for attempts in self.turns for turn in attempts)
        given = sum(_is_whole(request) for request in self.requests)
        if whole != given:
            yield f"{whole} answers count as whole, and llmock gave {given}"

    def summary(self) -> str:
        ends = Counter(str(attempts[-1].answer.status) for attempts in self.turns)
        faults = Counter(str(request["fault"]).partition("@")[0] for request in self.requests)
        again = sum(len(attempts) - 1 for attempts in self.turns)
        verdict = {
            name: self.verdict[name]
            for name in ("calls", "attempts", "faults_injected", "errors", "warnings")
        }
        return f"ends {dict(ends)}, asked again {again} times; llmock did {dict(faults)} and says {verdict}"


def run(fleet: Fleet, questions: int = QUESTIONS, rate: float = RATE) -> Campaign:
    """Asks all questions, some at a time. Raises NotThere where llmock is not installed."""
    streams = [part for fault in FAULTS for part in ("--stream-fault", f"{fault}={rate / len(FAULTS)}")]
    refusals = [part for status in (429, 503) for part in ("--error-rate", f"{status}={rate / 2}")]
    stall = ["--stream-stall-seconds", str(STALL_S)]
    fleet.begin("llmock", "--response-style", "echo", *refusals, *streams, *stall)
    address = fleet.base_url("llmock")
    campaign = Campaign()
    with tempfile.TemporaryDirectory(prefix="chatapp-llmock-") as folder:
        profile = Path(folder) / "profile"
        profile.mkdir(mode=0o700)
        asyncio.run(_ask_all(campaign, profile, address, questions))
    admin = address.removesuffix("/v1") + "/_llmock"
    served = _read(f"{admin}/requests")["requests"]
    campaign.requests = [request for request in served if request["path"] == "/v1/responses"]
    campaign.verdict = _read(f"{admin}/verdict")
    return campaign


async def _ask_all(campaign: Campaign, profile: Path, address: str, questions: int) -> None:
    readers = asyncio.Semaphore(AT_ONCE)
    async with open_profile(profile, Feed()) as app:
        connection = Connection("llmock", "llmock", address, default_model="gpt-4o")
        await app.preferences.put_connection(connection)
        house = House(app=app, profile=profile, connection=connection)

        async def read(number: int) -> None:
            async with readers:
                campaign.turns.append(await _read_answer(house, _question(number)))

        await asyncio.gather(*map(read, range(questions)))
        await app.turns.settled()


async def _read_answer(house: House, question: str) -> list[Turn]:
    """One reader: asks, and asks again where the answer is not whole."""
    turns = house.app.turns
    conversation = await house.conversation()
    attempts = [await turns.wait(await turns.send(conversation.id, question))]
    while attempts[-1].answer.status is not Status.COMPLETED and _requests(house, attempts) < PATIENCE:
        attempts.append(await turns.wait(await turns.retry(attempts[-1].id)))
    return attempts


def _requests(house: House, attempts: Sequence[Turn]) -> int:
    """How many requests that took: one for each time it was asked, and one for each time it was sent again."""
    ids = {turn.id for turn in attempts}
    waits = [change for change in house.listen() if isinstance(change, TurnWaiting) and change.turn_id in ids]
    return len(attempts) + sum(wait.reason.endswith("Sending again") for wait in waits)


def _question(number: int) -> str:
    """No longer than what llmock repeats of it."""
    return f"Question {number}: naïve 日本語 🙂 " + " ".join(
        f"word{place}" for place in range(number % 7, 12)
    )


def _problems_of(turn: Turn) -> Iterable[str]:
    answer = turn.answer
    if answer.status not in (Status.COMPLETED, Status.CUT, Status.ERROR):
        yield f"{turn.text[:12]} ended as {answer.status}"
    if answer.status is Status.COMPLETED:
        if answer.text != _echo(turn):
            yield f"{turn.text[:12]} has as its whole answer {answer.text!r}"
        return
    if answer.failure is None or not answer.failure.remedies:
        yield f"{turn.text[:12]} ended as {answer.status} and nothing can be done"
    if not _echo(turn).startswith(answer.text):
        yield f"{turn.text[:12]} lost something: {answer.text!r}"


def _echo(turn: Turn) -> str:
    """The answer that llmock gives to a question in this style."""
    return f"Hello! You said: {turn.text}"


def _is_whole(request: dict[str, Any]) -> bool:
    fault = str(request["fault"] or "stream:stall")
    return bool(request["status"] == 200 and request["completed"] and fault.startswith("stream:stall"))


def _read(address: str) -> dict[str, Any]:
    with urlopen(address, timeout=30) as answer:
        value: dict[str, Any] = json.load(answer)
    return value


def main(arguments: Sequence[str] = ()) -> int:
    """The full form. 0 when there were no problems and llmock's report has no FAIL."""
    questions = int(arguments[0]) if arguments else QUESTIONS
    rate = float(arguments[1]) if len(arguments) > 1 else RATE
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chatapp-servers-") as home:
        fleet = Fleet(Path(home))
        try:
            campaign = run(fleet, questions, rate)
            address = fleet.base_url("llmock").removesuffix("/v1")
            program = installed_home() / "mocks" / "venv" / "bin" / "llmock"
            report = subprocess.run(
                [str(program), "report", "--url", address], capture_output=True, text=True
            )
        except NotThere as problem:
            print(problem, file=sys.stderr)
            return 2
        finally:
            fleet.stop()
    print(report.stdout)
    problems = list(campaign.problems())
    print("\n".join(problems))
    print(f"{questions} questions in {time.monotonic() - started:.0f} s: {campaign.summary()}")
    return 1 if problems or report.returncode else 0
