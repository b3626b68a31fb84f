"""SIGINT and SIGTERM as a Qt signal: Python's own handlers run only when Python does, which may be never."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QSocketNotifier


@contextmanager
def on_interrupt(act: Callable[[], object]) -> Iterator[None]:
    """Calls `act` on the UI thread for either signal, while this is open. Call it on the main thread."""
    inner, outer = socket.socketpair()
    inner.setblocking(False)
    outer.setblocking(False)
    notifier = QSocketNotifier(inner.fileno(), QSocketNotifier.Type.Read)

    def received() -> None:
        inner.recv(64)
        act()

    notifier.activated.connect(received)
    kept = {
        number: signal.signal(number, lambda _number, _frame: None)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    before = signal.set_wakeup_fd(outer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in kept.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        notifier.activated.disconnect(received)
        inner.close()
        outer.close()
