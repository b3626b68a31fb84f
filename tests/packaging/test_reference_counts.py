"""Qt's bindings count references to None and True soundly on this Python.

One published release did not on older Pythons: each call that returned None or emitted a signal lost a reference,
and a streaming window aborted within seconds. Each measurement runs in its own interpreter, because the failure is
the end of the process.
"""

import subprocess
import sys
import textwrap

import pytest

EMITTED = 20_000
# Everything else that may come or go meanwhile: a few frames and caches, no growth with the number of calls.
NOISE = 50

MEASURE = """
import gc, sys
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel

class Source(QObject):
    said = Signal(str)
    asked = Signal(bool)

app = QApplication(["chatapp"])
source, label, heard = Source(), QLabel(), []
source.said.connect(lambda text: heard.append(len(text)))
source.said.connect(label.setText)
source.asked.connect(label.setEnabled, Qt.ConnectionType.DirectConnection)

def use():
    {use}

for _ in range(100):
    use()
gc.collect()
before = sys.getrefcount(None), sys.getrefcount(True), sys.getrefcount(False)
for _ in range({times}):
    use()
heard.clear()
gc.collect()
after = sys.getrefcount(None), sys.getrefcount(True), sys.getrefcount(False)
print(*(b - a for a, b in zip(before, after)))
"""
USES = {
    "signals": 'source.said.emit("x")',
    "signals with a flag": "source.asked.emit(True)",
    "calls that return None": 'label.setText("x"); label.update(); label.parent()',
    "calls that return a flag": "label.isEnabled(); label.setVisible(False); label.isVisible()",
}


@pytest.mark.parametrize("use", USES)
def test_no_reference_drifts(use: str) -> None:
    program = textwrap.dedent(MEASURE).format(use=USES[use], times=EMITTED)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    drifts = [int(number) for number in done.stdout.split()]
    assert len(drifts) == 3
    assert all(abs(drift) <= NOISE for drift in drifts), f"None, True, False drifted by {drifts}"
