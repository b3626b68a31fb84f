"""The request of an MCP server to use a tool: approved, or declined with a reason."""

from PySide6.QtWidgets import QButtonGroup

from chatapp.conversation.calls import PendingCall, Result
from chatapp.desktop.calls.block import CallBlock
from chatapp.desktop.calls.result_field import ResultField
from chatapp.desktop.theme import GAP_12
from chatapp.desktop.widgets import button, frame, label, row

REASON = "A reason, if you want to give one"
UNDECIDED, APPROVED, DECLINED = "waits for your decision", "will be approved", "will be declined"
LEAST_WIDTH = 96


class ApprovalBlock(CallBlock):
    def __init__(self, call: PendingCall) -> None:
        super().__init__(call)
        self.approve = button("Approve", None, "segment", f"Approve {self.function}")
        self.decline = button("Decline", None, "segment", f"Decline {self.function}")
        self._choice = QButtonGroup(self)
        choices = row(gap=0)
        for choice in (self.approve, self.decline):
            choice.setCheckable(True)
            choice.setMinimumWidth(LEAST_WIDTH)
            choice.toggled.connect(self._follow)
            self._choice.addButton(choice)
            choices.addWidget(choice)
        self.field = ResultField(f"Reason for {self.function}", REASON)
        self.field.textChanged.connect(self._follow)
        self.field.sent.connect(self.send_asked)
        self.field.hide()
        about = label(f"Asked for by the MCP server {call.namespace}.", "caption", wrap=True)
        line = row(about, frame("segments", choices), gap=GAP_12)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self.body.addWidget(self.field)
        self._follow()

    def result(self) -> Result | None:
        if self._choice.checkedButton() is None:
            return None
        return Result() if self.approve.isChecked() else Result(self.field.toPlainText().strip(), done=False)

    def restore(self, draft: Result) -> None:
        self.field.setPlainText(self.field.toPlainText() or draft.text)
        (self.approve if draft.done else self.decline).setChecked(True)

    def enter(self) -> None:
        self.approve.setFocus()

    def _follow(self) -> None:
        result = self.result()
        self.field.setVisible(result is not None and not result.done)
        self.state.setText(UNDECIDED if result is None else APPROVED if result.done else DECLINED)
        self.changed.emit()
