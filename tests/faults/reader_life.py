"""A transcript that never rests, in a process of its own: it scrolls, streams, answers and deletes until stdin ends.

Run as `python -m tests.faults.reader_life SEED`. It says "ready" on stdout once it is shown and, at the end, its
figures as JSON: what a scrolled frame costs the UI thread, and how much memory it came to.
"""

import json
import random
import resource
import sys
import threading
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from chatapp.desktop.transcript.messages import Answer, Message, Notice, Question, ReasoningItem, TextItem
from chatapp.desktop.transcript.view import TranscriptView
from tests.faults.reader import NAME

FIRST = 400
MOST = 460
TICK_MS = 33
"""Thirty frames a second, as the window paints while text grows."""
WORDS = "A sentence with [a link](https://example.org/rule) and some `code` in it. "
BODY = (
    """This is answer number {at}. It says **a thing** with a [link](https://example.org/{at}) and more words.

| Action | Cost |
|---|--:|
| Wiring | $10,505 |

- first
- second with עברית and 日本語

```python
print({at})
```

"""
    + "A paragraph that goes on for a while. " * 12
)
LOST = Notice("danger", "The connection was cut", "What had arrived is kept.", "", (("retry", "Retry"),))


def message(at: int, streaming: bool = False) -> Message:
    """The message at a place: it says which."""
    if at % 2 == 0:
        return Question(f"q{at}-{time.monotonic_ns()}", f"Question number {at}. What now?")
    text = f"This is answer number {at}. " if streaming else BODY.format(at=at)
    marker = ((len(text.split(" with")[0]), 1),) if not streaming else ()
    notice = LOST if at % 10 == 9 and not streaming else None
    items = (ReasoningItem("Thinking of it.", 2.0), TextItem(text, marker))
    return Answer(f"a{at}-{time.monotonic_ns()}", "model", items, notice, streaming=streaming)


class Life:
    """The window, the dice that decide what happens next, and what its frames cost."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.window = QMainWindow()
        self.view = TranscriptView()
        self.window.setCentralWidget(self.view)
        self.window.resize(900, 700)
        self.messages = [message(at) for at in range(FIRST)]
        self.streamed = ""
        self.ticks = 0
        self.frames_ms: list[float] = []
        self.latest = time.monotonic()
        self.late_ms: list[float] = []
        self.view.set_messages(self.messages)

    def tick(self) -> None:
        now = time.monotonic()
        self.late_ms.append((now - self.latest) * 1000 - TICK_MS)
        self.latest = now
        self.ticks += 1
        self.scroll()
        if self.ticks % 150 == 0:
            self.turn()
        elif self.streamed:
            self.grow()

    def scroll(self) -> None:
        """A wheel's notch, seldom a jump; painted at once."""
        bar = self.view.verticalScrollBar()
        far = self.dice.random() < 0.02
        to = self.dice.randrange(bar.maximum() + 1) if far else bar.value() + self.dice.choice((-96, 48, 96))
        begin = time.thread_time()
        bar.setValue(to)
        self.view.viewport().repaint()
        if not far:
            self.frames_ms.append((time.thread_time() - begin) * 1000)

    def grow(self) -> None:
        more = WORDS[: self.dice.randrange(4, len(WORDS))] + ("\n\n" if self.dice.random() < 0.1 else "")
        self.streamed += more
        self.view.grow(self.messages[-1].key, 1, more)

    def turn(self) -> None:
        """Ends the answer that streams; deletes, or asks the next question."""
        self.finish()
        what = self.dice.random()
        if len(self.messages) > MOST or what < 0.15:
            self.cut(self.dice.randrange(FIRST // 2, len(self.messages)) // 2 * 2)
        elif what < 0.3:
            self.cut(len(self.messages) - 2)
        at = len(self.messages)
        self.add(message(at))
        self.add(message(at + 1, streaming=True))
        self.streamed = f"This is answer number {at + 1}. "

    def finish(self) -> None:
        last = self.messages[-1]
        if not self.streamed or not isinstance(last, Answer):
            return
        items = (last.items[0], TextItem(self.streamed))
        self.messages[-1] = Answer(last.key, "model", items)
        self.view.replace(last.key, self.messages[-1])
        self.streamed = ""

    def cut(self, count: int) -> None:
        """What is after `count` goes; others take the place of some of it."""
        self.messages = self.messages[:count]
        self.messages += [message(at) for at in range(count, max(count + 4, FIRST // 2))]
        self.view.set_messages(self.messages)

    def add(self, new: Message) -> None:
        self.messages.append(new)
        self.view.append(new)

    def figures(self) -> dict[str, object]:
        frames, late = sorted(self.frames_ms), sorted(self.late_ms[5:])
        return {
            "frames": len(frames),
            "scroll_median_ms": round(frames[len(frames) // 2], 2),
            "scroll_p99_ms": round(frames[int(len(frames) * 0.99)], 2),
            "tick_late_p99_ms": round(late[int(len(late) * 0.99)], 1),
            "nodes": self.view.reader.count,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def run(seed: int) -> int:
    application = QApplication([NAME])
    application.setApplicationName(NAME)
    life = Life(seed)
    life.window.show()
    timer = QTimer(life.window, interval=TICK_MS)
    timer.timeout.connect(life.tick)
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    watch = QTimer(life.window, interval=50)
    watch.timeout.connect(lambda: application.quit() if ended.is_set() else None)
    QTimer.singleShot(0, lambda: (print("ready", flush=True), timer.start(), watch.start()))
    application.exec()
    print(json.dumps(life.figures()))
    return 0


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1])))
