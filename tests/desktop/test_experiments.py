"""A sweep in a real window: set up by keyboard, watched in its grid, read in table and plots, one answer chosen."""

import csv
from hashlib import sha256
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QLineEdit,
    QMenu,
    QScrollArea,
    QWidget,
)

from chatapp.conversation.agreement import agreement_of
from chatapp.conversation.comparison import Piece
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.sweep_answer import ONE_SAMPLE
from chatapp.conversation.sweep_figures import Result
from chatapp.desktop import branch_menu
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.comparison_dialog import ComparisonDialog
from chatapp.desktop.experiments.details import VIEWS, Details
from chatapp.desktop.experiments.page import SweepPage
from chatapp.desktop.experiments.plot import places_of
from chatapp.desktop.experiments.setup_dialog import SetupDialog
from chatapp.desktop.title_bar import leaves
from chatapp.desktop.transcript.messages import Answer
from tests.desktop.conftest import MODEL, Room
from tests.kit.gated_server import GatedServer, error_reply
from tests.kit.slogans import QUESTION, Slogans

LEFT = Qt.MouseButton.LeftButton
POST = ("POST", "/v1/responses")


@pytest.fixture
async def asked(room: Room, gated_server: GatedServer) -> Room:
    """One question that was answered."""
    Slogans().install(gated_server)
    await room.ask(QUESTION)
    return room


async def dialog_of(room: Room) -> SetupDialog:
    await room.until(lambda: room.window.findChild(SetupDialog), "the dialog")
    dialog = room.window.findChild(SetupDialog)
    assert isinstance(dialog, SetupDialog)
    return dialog


def is_there(room: Room) -> bool:
    page = room.window.sweeps.page
    return page is not None and page.figures is not None


async def swept(room: Room, temperatures: str = "0, 2", samples: int = 2) -> SweepPage:
    """A sweep over temperatures and two efforts, begun from the keyboard and at its end."""
    room.window.sweeps.vary_here()
    dialog = await dialog_of(room)
    dialog.first.line.selectAll()
    QTest.keyClicks(dialog.first.line, temperatures)
    dialog.second.choose("reasoning.effort")
    dialog.samples.setValue(samples)
    for words in ("low", "high"):
        dialog.second.findChild(QAbstractButton, f"reasoningEffort:{words.capitalize()}").click()  # type: ignore[union-attr]
    QTest.keyClick(dialog.first.line, Qt.Key.Key_Return)
    await room.until(lambda: is_there(room), "the page of the sweep")
    page = room.window.sweeps.page
    assert page is not None
    await ended(room, page)
    return page


async def ended(room: Room, page: SweepPage) -> None:
    await room.until(
        lambda: (
            page.figures
            and all(result.state in ("done", "failed") for result in page.figures.results)
            and not room.desk.experiments[page.experiment.id].running
        ),
        "the end of the sweep",
    )


async def test_a_question_is_swept_and_the_chosen_answer_is_the_branch(asked: Room) -> None:
    before = asked.last
    page = await swept(asked)
    assert page.head.progress.text() == "8 of 8 done"
    assert (page.grid.columnCount(), page.grid.rowCount()) == (2, 4)
    assert asked.last.id == before.id, "the branch on screen stays"
    shown = asked.window.transcript.view.column.entries[-1].message
    assert isinstance(shown, Answer)
    assert shown.siblings == (1, 9), "and says what came beside it"
    assert asked.window.bar.sweeps.text() == "1 sweep"
    page.choose(5)
    turn = page.watch.turn_of(5)
    assert turn is not None
    assert page.details.text.toPlainText() == turn.answer.text
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    await asked.until(lambda: asked.last.id == turn.id, "the chosen branch")
    assert asked.window.composer.isVisible()
    assert len(asked.desk.tree.siblings(turn.id)) == 9
    menu = QMenu()
    branch_menu.fill(menu, asked.desk, leaves(asked.desk.tree), lambda turn_id: None)
    first, below = menu.actions()
    assert (first.text(), below.text()) == (QUESTION, "Sweep: Temperature × reasoning effort")
    swept_ones = below.menu().actions()  # type: ignore[attr-defined]
    assert [entry.isChecked() for entry in swept_ones] == [place == 5 for place in range(8)]
    assert swept_ones[5].text() == "temperature 2, reasoning effort low, sample 2"
    asked.window.sweeps.show()
    assert not asked.window.composer.isVisible()
    asked.window.escape()
    assert asked.window.composer.isVisible()


async def test_what_it_takes_is_said_before_and_what_cannot_be_sent_too(asked: Room) -> None:
    asked.window.sweeps.vary(asked.last)
    dialog = await dialog_of(asked)
    assert "15 requests: about 360 tokens in" in dialog.said.text()
    dialog.first.line.setText("0, hot")
    assert "“hot” must be a number" in dialog.said.text()
    assert not dialog.start.isEnabled()
    dialog.first.line.setText("")
    assert "needs a value" in dialog.said.text()
    dialog.first.choose("model")
    await asked.until(lambda: MODEL in [box.text() for box in dialog.first.findChildren(QCheckBox)])
    dialog.first.choose("instructions")
    dialog.first.text.setPlainText("Be brief.\n---\nRhyme.")
    dialog.samples.setValue(1)
    assert dialog.said.text().startswith("2 requests")
    dialog.question.setPlainText(" ")
    assert dialog.said.text() == "Write a question first."
    dialog.reject()


async def test_the_set_up_is_as_tall_as_what_is_set_up(asked: Room) -> None:
    asked.window.sweeps.vary(asked.last)
    dialog = await dialog_of(asked)
    area = dialog.findChild(QScrollArea)
    assert area is not None

    async def shows_all() -> int:
        await asked.until(lambda: area.verticalScrollBar().maximum() == 0, "nothing scrolls")
        return dialog.height()

    usual = await shows_all()
    for name in ("instructions", "reasoning.effort"):
        dialog.second.choose(name)
        await asked.until(lambda: dialog.height() > usual + 60, "room for the values")
        await shows_all()
    dialog.second.choice.setCurrentIndex(0)
    await asked.until(lambda: dialog.height() < usual + 60, "no more than that")
    dialog.reject()


async def test_what_is_typed_and_not_sent_yet_can_be_swept(room: Room, gated_server: GatedServer) -> None:
    Slogans().install(gated_server)
    room.write("Which one?")
    room.window.sweeps.vary_here()
    dialog = await dialog_of(room)
    assert dialog.question.toPlainText() == "Which one?"
    dialog.samples.setValue(1)
    dialog.start.click()
    await room.until(lambda: is_there(room), "the page")
    page = room.window.sweeps.page
    assert page is not None
    await ended(room, page)
    assert room.window.composer.text == ""
    assert room.desk.head is not None
    assert room.desk.head.title == "Which one?"


async def test_a_sweep_of_nothing_yet_begins_with_its_question(room: Room, gated_server: GatedServer) -> None:
    Slogans().install(gated_server)
    vary = room.window.parameters.findChild(QAbstractButton, "varyFromHere")
    assert vary is not None
    QTest.mouseClick(vary, LEFT)
    dialog = await dialog_of(room)
    assert dialog.said.text() == "Write a question first."
    assert dialog.focusWidget() is dialog.question
    await room.until(dialog.isActiveWindow, "the dialog to have the keyboard")
    QTest.keyClicks(dialog.question, "Which one?")
    dialog.samples.setValue(1)
    QTest.keyClick(dialog.question, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await room.until(lambda: is_there(room), "the page")
    page = room.window.sweeps.page
    assert page is not None
    await ended(room, page)
    assert page.answer.text() == ONE_SAMPLE


async def test_failures_say_why_and_are_asked_again_singly_or_all(
    asked: Room, gated_server: GatedServer
) -> None:
    refusal = error_reply(400, "This model refuses that.", "invalid_value", x_should_retry="false")
    gated_server.script(*POST, *[refusal] * 3)
    page = await swept(asked)
    assert page.head.progress.text() == "5 of 8 done · 3 failed"
    failed = [result.place for result in page.grid.results if result.state == "failed"]
    page.choose(failed[0])
    assert (
        "This model refuses that." in page.details.text.toPlainText() or page.grid.results[failed[0]].reason
    )
    page.details.retry.click()
    await asked.until(lambda: page.head.progress.text() == "6 of 8 done · 2 failed", "one more")
    page.choose(failed[1])
    assert page.grid.cell(failed[1]).line == "Enter asks again"
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    await asked.until(lambda: page.head.progress.text() == "7 of 8 done · 1 failed", "another one")
    page.head.again.click()
    await asked.until(lambda: page.head.progress.text() == "8 of 8 done", "all of them")
    deleted = page.experiment.turns[3]
    await asked.session.errands.ask(lambda app: app.branches.delete(deleted))
    await asked.until(lambda: page.grid.results[3].state == "deleted", "what was deleted")
    assert page.head.progress.text() == "7 of 8 done · 1 deleted"
    assert not page.head.go.isVisible()
    page.choose(3)
    assert "This answer was deleted" in page.details.text.toPlainText()
    QTest.keyClick(page.view, Qt.Key.Key_Return)
    await asked.until(lambda: page.head.progress.text() == "8 of 8 done", "asked anew")


async def test_what_the_model_refuses_is_said_before_it_varies_in_vain(asked: Room) -> None:
    server, model = asked.last.server, str(asked.last.request["model"])
    reason = "Unsupported parameter: temperature."
    refusals = [Refusal("temperature", reason)]
    await asked.session.backstage.run(lambda app: app.learnt.learn_refusals(server, model, refusals))
    asked.window.sweeps.vary_here()
    dialog = await dialog_of(asked)
    await asked.until(lambda: reason in dialog.warning.text(), "the warning")
    assert dialog.start.isEnabled()
    dialog.first.choose("top_p")
    assert not dialog.warning.isVisible()
    dialog.reject()


async def test_differences_agreement_table_and_plots(asked: Room, profile: Path) -> None:
    page = await swept(asked, samples=3)
    page.choose(0)
    page.details.base.click()
    await asked.until(lambda: page.grid.base == 0, "the comparison")
    other = page.grid.results[-1]
    await asked.until(lambda: any(piece.kind == "added" for piece in page.grid.cell(other.place).pieces))
    page.choose(other.place)
    page.details.views[VIEWS[1]].click()
    await asked.until(lambda: other.text.split()[-1] in page.details.text.toPlainText(), "the differences")
    page.details.beside.click()
    (dialog,) = page.findChildren(ComparisonDialog)
    assert "of 13 · reasoning effort low · temperature 0" in dialog.first.currentText()
    assert "of 13 · reasoning effort high · temperature 2" in dialog.second.currentText()
    dialog.accept()
    page.details.views[VIEWS[2]].click()
    assert page.details.text.toPlainText().startswith("3 answers.")
    assert {plot.title for plot in page.plots()} >= {"Agreement", "Output tokens", "Time"}
    assert page.answer.text().startswith("Agreement is highest at temperature 0 (100 %), lowest at 2 (")
    agreement = page.plots()[0]
    assert agreement.words().startswith("Reasoning effort low: 0 100 %")

    table = page.table
    assert table.filtered.rowCount() == 12
    table.view.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    tokens = [
        table.rows.results[table.filtered.mapToSource(table.filtered.index(at, 0)).row()].output_tokens
        for at in range(12)
    ]
    assert tokens == sorted(tokens, key=lambda count: -(count or 0))
    table.words.setText("fresh bread")
    assert 0 < table.filtered.rowCount() <= 12
    table.words.setText("effort high")
    assert table.count.text() == "6 of 12"
    table.state.setCurrentText("Failed")
    assert table.filtered.rowCount() == 0

    for kind in ("csv", "svg", "png"):
        page.save(kind, profile / f"sweep.{kind}")
    with (profile / "sweep.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 12
    assert b"<svg" in (profile / "sweep.svg").read_bytes()
    assert not QImage(str(profile / "sweep.png")).isNull()
    page.save("csv", profile / "nowhere" / "sweep.csv")
    assert "was not saved" in asked.window.notices.said.words.text()


async def test_everything_on_the_page_has_a_name_and_is_reached_by_keyboard(asked: Room) -> None:
    page = await swept(asked)
    kinds = (QAbstractButton, QAbstractItemView, QLineEdit)
    for kind in kinds:
        for widget in page.findChildren(kind):
            inside = widget.parentWidget()
            if widget.isVisibleTo(page) and not isinstance(inside, QAbstractItemView | QLineEdit):
                assert widget.accessibleName() or widget.objectName().startswith("qt_"), widget
    assert "temperature 2, reasoning effort high, sample 2" in page.grid.spoken(7).casefold()
    page.enter()
    wanted: set[QWidget | None] = {
        page.head.back,
        page.head.keep,
        page.details.use,
        page.details.text,
        page.view,
    }
    for _ in range(150):
        asked.window.focusNextPrevChild(True)
        wanted.discard(asked.window.focusWidget())
        if not wanted:
            break
    assert not wanted


def test_an_answer_that_is_written_only_grows_and_equal_answers_are_proved(qapp: QApplication) -> None:
    details = Details(Appearance(qapp))
    details.show_answer("Fresh bread")
    cursor = details.text.textCursor()
    cursor.setPosition(5)
    details.text.setTextCursor(cursor)
    details.show_answer("Fresh bread, every dawn.")
    assert details.text.toPlainText() == "Fresh bread, every dawn."
    assert details.text.textCursor().position() == 5, "the reader's place stays"
    details.show_pieces((Piece("added", "Fresh"),))
    details.show_answer("Dawn")
    assert details.text.toPlainText() == "Dawn"
    alike = [Result(place, place, (0,), "done", text="Dawn.") for place in range(2)]
    details.show_agreement(agreement_of(["Dawn.", "Dawn."]), alike)
    proof = f"2 answers, the same byte by byte: SHA-256 {sha256(b'Dawn.').hexdigest()}."
    assert details.text.toPlainText().startswith(proof)
    details.deleteLater()


@pytest.mark.parametrize(
    ("values", "places"),
    [((0, 0.5, 2), (0, 0.25, 1)), (("a", "b", "c"), (0, 0.5, 1)), ((3,), (0.5,)), ((0, None), (0, 1))],
)
def test_numbers_stand_where_they_are(values: tuple[object, ...], places: tuple[float, ...]) -> None:
    assert places_of(values) == places
