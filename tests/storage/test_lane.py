"""A thread for blocking work: order, failures, cancellation, other loops, the end."""

import asyncio
import threading
import time

import pytest

from chatapp.storage.lane import Lane


async def test_jobs_run_in_order_on_one_thread() -> None:
    lane = Lane("test lane")
    seen: list[tuple[int, str]] = []

    def job(number: int) -> int:
        seen.append((number, threading.current_thread().name))
        return number

    answers = await asyncio.gather(*(lane.call(lambda n=number: job(n)) for number in range(50)))  # type: ignore[misc]
    assert answers == list(range(50))
    assert seen == [(number, "test lane") for number in range(50)]
    lane.close()


async def test_a_failure_is_raised_where_the_job_is_awaited() -> None:
    lane = Lane("test lane")
    with pytest.raises(ZeroDivisionError):
        await lane.call(lambda: 1 // 0)
    assert await lane.call(lambda: "still there") == "still there"
    lane.close()


async def test_a_job_whose_caller_is_cancelled_is_done_all_the_same() -> None:
    lane = Lane("test lane")
    gate, done = threading.Event(), threading.Event()
    first = asyncio.create_task(lane.call(gate.wait))
    second = asyncio.create_task(lane.call(done.set))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await second
    lane.close()
    assert done.is_set()


def test_several_loops_may_wait_and_one_may_end_first() -> None:
    lane = Lane("test lane")
    gate = threading.Event()

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lane.call(gate.wait), 0.05)

    asyncio.run(impatient())
    gate.set()
    assert asyncio.run(lane.call(lambda: 7)) == 7
    lane.close()


async def test_closing_waits_for_what_was_asked_and_takes_no_more() -> None:
    lane = Lane("test lane")
    done: list[str] = []

    def slowly() -> None:
        time.sleep(0.05)
        done.append("yes")

    task = asyncio.create_task(lane.call(slowly))
    await asyncio.sleep(0)
    lane.close()
    assert done == ["yes"]
    assert not [thread for thread in threading.enumerate() if thread.name == "test lane"]
    await task
    with pytest.raises(RuntimeError, match="closed"):
        await lane.call(lambda: None)


async def test_idle_work_yields_to_jobs_and_ends() -> None:
    lane = Lane("test lane")
    steps: list[int] = []
    ended = threading.Event()

    def step() -> bool:
        steps.append(len(steps))
        time.sleep(0.002)
        if len(steps) >= 100:
            ended.set()
        return not ended.is_set()

    def start() -> None:
        lane.idle = step

    await lane.call(start)
    assert await lane.call(lambda: len(steps)) < 100
    assert await asyncio.to_thread(ended.wait, 5)
    assert await lane.call(lambda: lane.idle) is None
    assert len(steps) == 100
    lane.close()
