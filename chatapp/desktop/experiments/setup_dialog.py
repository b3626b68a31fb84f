"""Setting up a sweep: the question, what varies, how many samples, and what it will take, said before it begins."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QLayout, QPlainTextEdit, QWidget

from chatapp.conversation.costs import money
from chatapp.conversation.experiments import (
    MOST_PARALLEL,
    MOST_REQUESTS,
    Estimate,
    Plan,
    asking,
    check,
    estimate,
    quotes_only,
    refused_axis,
)
from chatapp.conversation.parameters import InvalidParameter
from chatapp.conversation.tree import Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.experiments.axis_field import AxisField, heading
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    NumberField,
    button,
    column,
    holding,
    label,
    named,
    restyle,
    row,
    scrolling,
)

WIDTH = 620
TALLEST = 640
"""Pixels of height beyond which what is set up scrolls."""
QUESTION_HEIGHT = 76
MOST_SAMPLES = 50


class SetupDialog(QDialog):
    """`started` carries the plan. `path` are the turns above the question, `like` one that asked the same."""

    started = Signal(object)

    def __init__(
        self, parent: QWidget, desk: Desk, plan: Plan, path: Sequence[Turn], like: Turn | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Vary from here")
        named(self, "Vary from here")
        self._desk, self._plan, self._path, self._like = desk, plan, path, like
        offered = _offered(desk, plan.server)
        self._models = tuple(offered["model"])
        self._needed = 0
        self.question = named(QPlainTextEdit(plan.text), "Question")
        self.question.setTabChangesFocus(True)
        self.question.setFixedHeight(QUESTION_HEIGHT)
        self.first = AxisField("First parameter", offered)
        self.second = AxisField("Second parameter", offered, optional=True)
        self.first.choose("temperature")
        self.samples = _count("Samples of each", 3, MOST_SAMPLES)
        self.parallel = _count("At once", 4, MOST_PARALLEL)
        self.warning = label(kind="warning", wrap=True)
        self.warning.hide()
        self.said = label(kind="caption", wrap=True)
        self.said.setObjectName("sweepEstimate")
        self.start = button("Start", self._start, "primary", "Start the sweep")
        self.start.setDefault(True)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.start.click)
        self._lay()
        for field in (self.first, self.second):
            field.changed.connect(self._follow)
        for number in (self.samples, self.parallel):
            number.valueChanged.connect(self._follow)
        self.question.textChanged.connect(self._follow)
        desk.refusals_changed.connect(self._follow)
        self.resize(WIDTH, 0)
        self._follow()
        (self.first.line if plan.text.strip() else self.question).setFocus()

    def offer_models(self, models: Sequence[str]) -> None:
        """The models of the server, as it told them now."""
        self._models = tuple(models)
        for field in (self.first, self.second):
            field.offer("model", {model: model for model in models})
        self._follow()

    def plan(self) -> Plan:
        """What is set up. Raises InvalidParameter."""
        axes = [axis for axis in (self.first.axis(), self.second.axis()) if axis is not None]
        asked = asking(self._plan, self.question.toPlainText())
        wanted = replace(
            asked, axes=tuple(axes), samples=self.samples.value(), parallel=self.parallel.value()
        )
        return check(wanted)

    def _lay(self) -> None:
        numbers = row(
            *(heading(self.samples.accessibleName()), self.samples, 1),
            *(label(self.parallel.accessibleName()), self.parallel),
            gap=GAP_8,
        )
        self._fields = column(
            *(label("Question", "caption"), self.question),
            *(self.first, self.second, numbers, self.warning, 1),
            gap=GAP_12,
        )
        fields = holding(self._fields)
        fields.installEventFilter(self)
        self._foot = row(self.said, button("Cancel", self.reject), self.start, gap=GAP_8)
        self._foot.setStretch(0, 1)
        self.setLayout(column(scrolling(fields), self._foot, gap=GAP_12, edge=GAP_16))

    def _follow(self) -> None:
        self._tell()
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fields that come know only once they are shown how tall they are."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return False

    def _fit(self) -> None:
        """As tall as what is set up. A height that the user gave it stays until that is another."""
        width = self.width() - 2 * GAP_16
        around = 2 * GAP_16 + GAP_12 + height_of(self._foot, width)
        if (needed := min(height_of(self._fields, width) + around, TALLEST)) != self._needed:
            self._needed = needed
            self.resize(self.width(), needed)

    def _tell(self) -> None:
        try:
            plan = self.plan()
        except InvalidParameter as problem:
            self._say(str(problem), "danger")
            return
        if not plan.text.strip() and not plan.attachments:
            self._say("Write a question first.", "danger")
            return
        self.warning.setText(self._doubt(plan))
        self.warning.setVisible(bool(self.warning.text()))
        like = self._like if plan.text == self._plan.text else None
        server = plan.server
        taken = estimate(
            plan, self._path, like, lambda model: self._desk.price_of(server, model), self._model(server)
        )
        self._say(estimate_words(taken), "caption")

    def _model(self, server: str) -> str:
        """The model that is asked where none is set."""
        connection = self._desk.connection(server)
        asked = str(self._like.request.get("model") or "") if self._like is not None else ""
        default = connection.default_model if connection is not None else ""
        return asked or default or next(iter(self._models), "")

    def _answering(self, plan: Plan) -> str:
        """The model that will answer, as far as it is known."""
        return str(plan.parameters.get("model") or self._model(plan.server))

    def _doubt(self, plan: Plan) -> str:
        """Why it would show nothing; "" where nobody knows a reason."""
        model = self._answering(plan)
        if quotes_only(plan, model):
            return QUOTES_ONLY
        refused = refused_axis(plan, self._desk.refusals.get((plan.server, model), ()))
        if refused is None or any(axis.name == "model" for axis in plan.axes):
            return ""
        axis, refusal = refused
        return f"{model} refuses {axis.label.lower()}, so it is left out and changes nothing. It said: {refusal.reason}"

    def _say(self, words: str, kind: str) -> None:
        restyle(self.said, kind=kind)
        self.said.setText(words)
        self.start.setEnabled(kind != "danger")

    def _start(self) -> None:
        self.started.emit(self.plan())
        self.accept()


def estimate_words(taken: Estimate) -> str:
    """ "45 requests: about 4,500 tokens in and 1,350 out, told from lengths. About $0.0123." """
    requests = "1 request" if taken.requests == 1 else f"{taken.requests} requests"
    out = f" and {taken.output_tokens:,} out" if taken.output_tokens is not None else ""
    source = ", as the same question took before" if taken.measured else ", told from lengths"
    unknown = "" if out else " How long the answers will be is not known."
    return f"{requests}: about {taken.input_tokens:,} tokens in{out}{source}.{unknown} {_money_words(taken)}"


def _money_words(taken: Estimate) -> str:
    if taken.costs is None:
        return UNPRICED
    if all(cost.free for cost in taken.costs.values()):
        return "No charge."
    amounts = " and ".join(money(cost.amount, cost.currency) for cost in taken.costs.values())
    standard = " at standard price" if any(cost.standard for cost in taken.costs.values()) else ""
    if taken.output_tokens is None:
        return f"What is asked costs about {amounts}{standard}; the answers cost more on top."
    return f"About {amounts}{standard}."


QUOTES_ONLY = (
    "No model that writes answers here: the engine quotes the closest passages, and this changes nothing about them. "
    "Choose a server with a model first, or vary the file search."
)
UNPRICED = "What it will cost is not known: there is no price for this model."


def height_of(layout: QLayout, width: int) -> int:
    """How tall what a layout holds is at that width."""
    return (
        layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
    )


def _count(name: str, value: int, most: int) -> NumberField:
    field = NumberField(name)
    field.setRange(1, min(most, MOST_REQUESTS))
    field.setValue(value)
    field.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    field.setFixedWidth(72)
    return field


def _offered(desk: Desk, server: str) -> dict[str, dict[str, str]]:
    """What the server of the question has: values and their words, by the parameter."""
    state = desk.states.get(server)
    stores = desk.stores.get(server, ())
    return {
        "model": {model: model for model in (state.models if state is not None else ())},
        "vector_stores": {str(store["id"]): str(store.get("name") or store["id"]) for store in stores},
    }
