"""Testing a server from its form: what it costs before, each finding as it comes, and the report when it is done."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from chatapp.conversation.changes import ServerProbed
from chatapp.conversation.failures import Failure
from chatapp.conversation.findings import PROBES, Report
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.servers.findings import Findings
from chatapp.desktop.servers.words import of_failure
from chatapp.desktop.widgets import Icons, column, label, named, while_there
from chatapp.services.ports import Connection

COST = "Test tries ten things a server may offer. It asks four short questions, which cost a few tokens."
TESTING = "Testing. This may take a minute."
STOPPED = "The test was stopped. What it made on the server is removed."


@dataclass(frozen=True, slots=True)
class Tested:
    """What the rows are about: a test's name, the connection as it was tested, whether with a key that was only
    typed, and the end."""

    name: str
    connection: Connection
    with_typed_key: bool = False
    report: Report | None = None


class ServerTest(QFrame):
    """The findings of one test at a time; `summary` is a line to be put where it is always in sight. `running` tells
    when a test begins or ends. A report is remembered of a server that is saved as it was tested."""

    running = Signal(bool)

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        named(self, "Test results")
        self._errands = errands
        self._task: asyncio.Task[Report] | None = None
        self._shown: Connection | None = None
        self._tested: Tested | None = None
        self.summary = label(COST, "caption", wrap=True)
        self._findings = Findings(icons)
        self._findings.hide()
        self.setLayout(column(self._findings))
        desk.probed.connect(self._probed)

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def begin(self, connection: Connection, secret: str | None) -> None:
        """Tests a server as it stands in the form; a typed key is not kept."""
        tested = self._tested = Tested(uuid4().hex, connection, secret is not None)
        self._findings.begin()
        self._findings.show()
        self._say(TESTING)
        self._task = self._errands.run(
            lambda app: app.probing.test(connection, secret, tested.name),
            then=while_there(self, self._ended),
            otherwise=while_there(self, self._failed),
        )
        self.running.emit(self.is_running)

    def stop(self) -> None:
        """Nothing of a test that was stopped is remembered."""
        if self._task is not None:
            self._task.cancel()
            self._over(STOPPED)

    def show_remembered(self, connection: Connection | None) -> None:
        """The newest report of a saved server; what a test is and costs where there is none."""
        self.stop()
        self._shown, self._tested = connection, None
        self._findings.hide()
        self._say(COST)
        if connection is not None:
            self._errands.run(
                lambda app: app.probing.report(connection.id),
                then=while_there(self, lambda report: self._recall(connection, report)),
            )

    def saved(self, connection: Connection) -> None:
        """What was found out about a server counts once it is saved as it was tested."""
        tested = self._tested
        if tested and tested.report and _alike(tested.connection, connection):
            self._remember(connection, tested.report)

    def _probed(self, change: ServerProbed) -> None:
        if self.is_running and self._tested and change.test == self._tested.name:
            self._findings.show_finding(change.finding)

    def _ended(self, report: Report) -> None:
        assert self._tested is not None
        self._tested = replace(self._tested, report=report)
        self._over("")
        self._show(report)
        if self._shown and not self._tested.with_typed_key:
            self.saved(self._shown)

    def _failed(self, failure: Failure) -> None:
        self._over(of_failure(failure))

    def _over(self, said: str) -> None:
        self._task = None
        self._findings.settle()
        self._say(said)
        self.running.emit(False)

    def _recall(self, connection: Connection, report: Report | None) -> None:
        """Nothing, if another server is shown by now or this one is tested again."""
        if report is None or self._tested or self._shown != connection:
            return
        self._show(report)

    def _show(self, report: Report) -> None:
        self._findings.begin()
        for finding in report.findings:
            self._findings.show_finding(finding)
        self._findings.settle()
        self._findings.show()
        self._say(_summed(report))

    def _remember(self, connection: Connection, report: Report) -> None:
        self._errands.run(
            lambda app: app.probing.remember(connection.id, report),
            then=while_there(self, lambda _none: self._recall(connection, report)),
        )

    def _say(self, text: str) -> None:
        self.summary.setText(text)
        self.setAccessibleDescription(text)


def _alike(one: Connection, other: Connection) -> bool:
    """Whether what was found of one holds for the other: where the key is kept, for one, changes nothing."""
    same = {"name": "", "id": "", "default_model": "", "key_source": "none", "key_name": ""}
    return replace(one, **same) == replace(other, **same)  # type: ignore[arg-type]


def _summed(report: Report) -> str:
    when = datetime.fromtimestamp(report.at).strftime("%Y-%m-%d %H:%M")
    model = f" with {report.model}" if report.model else ""
    return f"{report.passed} of {len(PROBES)} passed{model}, {when}. {report.left}".strip()
