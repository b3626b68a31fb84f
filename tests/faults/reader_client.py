"""The screen reader of the campaign: walks the transcript through AT-SPI at random and prints what it found as JSON.

Run by the system's Python, which has the bindings: `python3 reader_client.py NAME TRAVERSALS SEED`. Every message says
its own place, "number N.", so a wrong index shows whatever is deleted meanwhile.
"""

import json
import random
import sys
import time
from collections import Counter
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

FIND_S = 20.0
EVENTS = (
    "object:children-changed",
    "object:property-change",
    "object:state-changed",
    "object:text-changed",
    "object:announcement",
)
SCREEN = Atspi.CoordType.SCREEN


class Wrong(Exception):
    """What a reader was told cannot be true."""


def find_list(application: str) -> tuple[Any, Any]:
    """(application, transcript). Raises TimeoutError."""
    end = time.monotonic() + FIND_S
    while time.monotonic() < end:
        desktop = Atspi.get_desktop(0)
        for at in range(desktop.get_child_count()):
            found = desktop.get_child_at_index(at)
            if found is not None and found.get_name() == application:
                inside = search(found)
                if inside is not None:
                    return found, inside
        time.sleep(0.2)
    raise TimeoutError(f"no transcript of {application} on the bus")


def search(node: Any) -> Any:
    """The transcript below a node."""
    if node.get_role_name() == "list" and node.get_name() == "Transcript":
        return node
    children = (node.get_child_at_index(at) for at in range(min(node.get_child_count(), 20)))
    return next((found for child in children if child and (found := search(child))), None)


class Walker:
    """One reader with its dice. `seen` counts the nodes it visited, `gone` what was deleted under its feet. When the
    conversation is another one so is the list, and it looks for it again."""

    def __init__(self, application: Any, transcript: Any, dice: random.Random) -> None:
        self.application = application
        self.transcript = transcript
        self.dice = dice
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.gone = 0
        self.errors: Counter[str] = Counter()

    def traverse(self, number: int) -> None:
        """From the list to one message, some of its blocks, their links and back."""
        count = self.count()
        near_end = self.dice.random() < 0.5
        at = max(count - 1 - self.dice.randrange(20), 0) if near_end else self.dice.randrange(max(count, 1))
        message = self.transcript.get_child_at_index(at)
        if message is None:
            self.gone += 1
            return
        self.message(message, at)
        whole = self.transcript.get_component_iface()
        if number % 10 == 0 and whole is not None:
            whole.get_accessible_at_point(300, 300, SCREEN)
        if number % 200 == 0:
            action = message.get_action_iface()
            if action is not None:
                action.do_action(self.dice.randrange(action.get_n_actions()))

    def count(self) -> int:
        """How many messages there are."""
        try:
            count = int(self.transcript.get_child_count())
        except GLib.Error:
            count = -1
        if count > 0:
            return count
        self.transcript = search(self.application) or self.transcript
        return int(self.transcript.get_child_count())

    def message(self, node: Any, at: int) -> None:
        name = node.get_name()
        if not name:
            self.gone += 1
            return
        if f"number {at}." not in name:
            raise Wrong(f"message {at} is called {name[:60]!r}")
        self.visit(node, at, self.transcript)
        if not node.get_description().startswith(f"message {at + 1} of "):
            raise Wrong(f"message {at} is described as {node.get_description()!r}")
        for place in self.some(node.get_child_count(), 3):
            block = node.get_child_at_index(place)
            if block is not None:
                self.visit(block, place, node)
                self.text(block)
                for link in range(min(block.get_child_count(), 3)):
                    inner = block.get_child_at_index(link)
                    if inner is not None:
                        self.visit(inner, link, block)
                        inner.get_name()

    def some(self, count: int, most: int) -> list[int]:
        return self.dice.sample(range(max(count, 0)), min(max(count, 0), most))

    def visit(self, node: Any, at: int, parent: Any) -> None:
        """What every reader asks of every node."""
        role = node.get_role_name()
        self.seen[role] += 1
        states = node.get_state_set()
        placed = node.get_component_iface()
        if placed is None:
            self.gone += 1
            return
        placed.get_extents(SCREEN)
        index, above = node.get_index_in_parent(), node.get_parent()
        if states.contains(Atspi.StateType.DEFUNCT) or index == -1 or above is None:
            if node.get_name() and role == "list item":
                raise Wrong(f"message {at} is there without a place: {index}")
            self.gone += 1
        elif index != at or above != parent:
            raise Wrong(f"{role} {at} says that it is number {index} of {above.get_role_name()}")

    def text(self, block: Any) -> None:
        held = block.get_text_iface()
        if held is None:
            return
        length = Atspi.Text.get_character_count(held)
        text = Atspi.Text.get_text(held, 0, length)
        if len(text) > length > 0:
            raise Wrong(f"{length} characters were promised, {len(text)} came")
        Atspi.Text.get_string_at_offset(held, min(5, length), Atspi.TextGranularity.LINE)
        Atspi.Text.get_character_extents(held, min(3, max(length - 1, 0)), SCREEN)
        Atspi.Text.get_n_selections(held)


def run(arguments: list[str]) -> int:
    name, count, seed = arguments[0], int(arguments[1]), int(arguments[2])
    Atspi.init()
    application, transcript = find_list(name)
    application.set_cache_mask(Atspi.Cache.NONE)
    heard: Counter[str] = Counter()
    listener = Atspi.EventListener.new(lambda event: heard.update([event.type]))
    for event in EVENTS:
        listener.register(event)
    walker = Walker(application, transcript, random.Random(seed))
    main_context = GLib.MainContext.default()
    times: list[float] = []
    done = 0
    while done < count:
        number = done + walker.gone
        if walker.gone > count:
            walker.wrong.append("more was gone than was there")
            break
        begin, gone = time.perf_counter(), walker.gone
        try:
            walker.traverse(number)
        except Wrong as wrong:
            walker.wrong.append(str(wrong))
        except GLib.Error as error:
            if "no longer exists" in str(error) or "not provided" in str(error):
                walker.wrong.append(f"after {number} traversals: {error}")
                break
            walker.gone += 1
            walker.errors[str(error)[:80]] += 1
        times.append(time.perf_counter() - begin)
        done += walker.gone == gone
        while main_context.iteration(False):
            pass
    times.sort()
    figures = {
        "traversals": done,
        "nodes": dict(walker.seen),
        "gone": walker.gone,
        "errors": dict(walker.errors),
        "wrong": walker.wrong[:20],
        "heard": dict(heard),
        "traversal_ms": round(times[len(times) // 2] * 1000, 2),
        "traversal_p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
