"""The feed: growth merged, order kept, and no change left lying unannounced."""

import threading

from chatapp.conversation.changes import Change, Notice, TextGrew
from chatapp.services.feed import Feed

CHANGES = 20_000


def test_growth_of_the_same_part_is_merged_and_nothing_else() -> None:
    feed = Feed()
    grown = [TextGrew("c", "t", 0, 0, text) for text in ("a", "b", "c")]
    other = TextGrew("c", "t", 0, 1, "x")
    notice = Notice("!")
    changes: list[Change] = [*grown, other, notice, *grown]
    for change in changes:
        feed.put(change)
    merged = TextGrew("c", "t", 0, 0, "abc")
    assert feed.drain() == [merged, other, notice, merged]
    assert feed.drain() == []


def test_it_wakes_once_a_drain() -> None:
    woken: list[int] = []
    feed = Feed(lambda: woken.append(1))
    feed.put(Notice("one"))
    feed.put(Notice("two"))
    assert len(woken) == 1
    feed.drain()
    feed.put(Notice("three"))
    assert len(woken) == 2


def test_a_reader_that_only_drains_when_woken_misses_nothing() -> None:
    waking = threading.Event()
    feed = Feed(waking.set)
    got: list[Change] = []

    def read() -> None:
        while len(got) < CHANGES:
            assert waking.wait(10), f"{CHANGES - len(got)} changes were never announced"
            waking.clear()
            got.extend(feed.drain())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(CHANGES):
        feed.put(Notice(str(number)))
    reader.join(20)
    assert [change.text for change in got if isinstance(change, Notice)] == [str(n) for n in range(CHANGES)]
