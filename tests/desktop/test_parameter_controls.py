"""Controls of parameters: each shows every value of its row, tells what is made of it, and takes over nothing wrong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QPushButton, QWidget

from chatapp.conversation.parameters import BY_NAME, PARAMETERS
from chatapp.conversation.schema_examples import STARTS
from chatapp.conversation.shapes import switch
from chatapp.desktop.controls.answer_format import AnswerFormat
from chatapp.desktop.controls.as_json import JsonControl
from chatapp.desktop.controls.checks import Checks
from chatapp.desktop.controls.choosing import Segments
from chatapp.desktop.controls.control import Control
from chatapp.desktop.controls.filter_dialog import Comparison, FilterDialog, Group
from chatapp.desktop.controls.filters import Filters
from chatapp.desktop.controls.function_dialog import FunctionDialog
from chatapp.desktop.controls.json_dialog import JsonDialog
from chatapp.desktop.controls.kinds import control_for
from chatapp.desktop.controls.object_fields import ObjectControl
from chatapp.desktop.controls.schema_dialog import SchemaDialog
from chatapp.desktop.controls.text import Line
from chatapp.desktop.controls.tool_choice import ToolChoice
from chatapp.desktop.controls.tools import Tools
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.json_editor import JsonEditor
from tests.conversation.test_parameters import EQUAL, FUNCTION, GOOD, NESTED, SCHEMA

ROWS = [row for row in PARAMETERS if not row.once]


class Stage:
    """Controls on the screen, and what they told."""

    def __init__(self) -> None:
        self.made: list[QWidget] = []
        self.told: list[Any] = []

    def control(self, name: str, value: Any = None) -> Any:
        made = control_for(BY_NAME[name])
        self.put(made)
        made.edited.connect(self.told.append)
        made.edited.connect(made.show_value)
        made.show_value(value)
        return made

    def put(self, widget: QWidget) -> None:
        self.made.append(widget)
        widget.resize(320, widget.sizeHint().height())
        widget.show()
        widget.activateWindow()
        QApplication.processEvents()


@pytest.fixture
def stage(qapp: QApplication) -> Iterator[Stage]:
    made = Stage()
    yield made
    for widget in made.made:
        widget.close()
        widget.deleteLater()


def dialog_of(control: QWidget) -> Any:
    """The dialog that a control has opened."""
    (found,) = [made for made in control.findChildren(QDialog) if made.isVisible()]
    assert isinstance(found, EditDialog)
    return found


def press(widget: QWidget, words: str) -> None:
    QApplication.processEvents()
    buttons = [made for made in widget.findChildren(QPushButton) if made.isVisible()]
    next(made for made in buttons if words in (made.text(), made.accessibleName())).click()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.name))
def test_a_control_shows_every_value_and_has_a_name_for_each_field(stage: Stage, row: Any) -> None:
    control: Control = stage.control(row.name)
    for value in (*GOOD[row.name], None):
        control.show_value(value)
        assert control.words_for(value)
        assert len(control.words_for(value)) < 80
        fields = control.fields()
        assert fields
        for field in fields:
            assert field.accessibleName(), type(field).__name__
            assert field.objectName() or isinstance(field, QPushButton)
    assert stage.told == []


def test_a_value_beyond_the_segments_is_shown_beside_them(stage: Stage) -> None:
    control: Segments = stage.control("reasoning.mode", "another")
    assert [one.text() for one in control.findChildren(QPushButton) if one.isChecked()] == ["another"]
    press(control, "pro")
    assert stage.told == ["pro"]


def test_text_on_a_line_is_text_or_an_object(stage: Stage) -> None:
    control: Line = stage.control("conversation")
    for typed, told in (
        ("conv_1", "conv_1"),
        ('{"id": "c"}', {"id": "c"}),
        ("{broken", "{broken"),
        ("", None),
    ):
        control.field.setText(typed)
        control.field.editingFinished.emit()
        assert stage.told[-1] == told
    control.show_value({"id": "c"})
    assert control.field.text() == '{"id": "c"}'


def test_what_is_being_typed_is_left_alone(stage: Stage) -> None:
    for name, value in (("max_tool_calls", 5), ("temperature", 0.1234567), ("user", "me")):
        control = stage.control(name, value)
        control.field.setFocus()
        QTest.keyClicks(control.field, "1")
        typed = control.field.text()
        control.show_value(value)
        assert control.field.text() == typed
        QTest.keyClick(control.field, Qt.Key.Key_Return)
        assert stage.told, name
        control.show_value(value)
        assert control.field.text() == str(value)
        before = list(stage.told)
        control.field.editingFinished.emit()
        assert stage.told == before, "a value that is only looked at stays what it is"


def test_what_is_ticked_is_listed_and_the_unknown_stays(stage: Stage) -> None:
    control: Checks = stage.control("include", ["what.comes.next"])
    boxes = {box.toolTip(): box for box in control.fields()}
    boxes["reasoning.encrypted_content"].click()  # type: ignore[attr-defined]
    assert stage.told == [["what.comes.next", "reasoning.encrypted_content"]]
    for name in ("what.comes.next", "reasoning.encrypted_content"):
        boxes[name].click()  # type: ignore[attr-defined]
    assert stage.told[-1] is None


def test_an_object_is_made_of_its_fields(stage: Stage) -> None:
    control: ObjectControl = stage.control("file_search.ranking_options")
    ranker = control.findChild(QComboBox, "ranker")
    ranker.setEditText("auto")  # type: ignore[union-attr]
    ranker.activated.emit(0)  # type: ignore[union-attr]
    threshold = control.findChild(QWidget, "scoreThreshold")
    threshold.setText("0.5")  # type: ignore[union-attr]
    threshold.editingFinished.emit()  # type: ignore[union-attr]
    assert stage.told[-1] == {"ranker": "auto", "score_threshold": 0.5}
    weight = control.findChild(QWidget, "weightOfWords")
    weight.setText("2")  # type: ignore[union-attr]
    weight.editingFinished.emit()  # type: ignore[union-attr]
    assert stage.told[-1]["hybrid_search"] == {"text_weight": 2}
    ranker.setEditText("")  # type: ignore[union-attr]
    ranker.activated.emit(0)  # type: ignore[union-attr]
    assert "ranker" not in stage.told[-1]


def test_json_is_taken_over_only_when_it_is_right(stage: Stage) -> None:
    control: JsonControl = stage.control("context_management")
    field = control.editor.field
    field.setFocus()
    QTest.keyClicks(field, '[{"type": "compaction", "compact_threshold": 0}]')
    control.editor.read()
    assert str(control.editor.fault) == "Line 1: [0].compact_threshold must be at least 1."
    assert "compact_threshold" in field.accessibleDescription()
    field.clearFocus()
    assert stage.told == []
    control.show_value(None)
    assert "compact_threshold" in field.toPlainText(), "what is wrong is kept to be mended"
    field.setFocus()
    field.setPlainText('[{"type": "compaction"}]')
    field.clearFocus()
    assert stage.told == [[{"type": "compaction"}]]


def test_json_is_laid_out_and_indented_and_taken_back(stage: Stage) -> None:
    editor = JsonEditor("Anything")
    stage.put(editor)
    editor.show_text('{"a":[1,"🙂"]}')
    editor.lay_out()
    assert editor.text() == json.dumps({"a": [1, "🙂"]}, indent=2, ensure_ascii=False)
    editor.field.undo()
    assert editor.text() == '{"a":[1,"🙂"]}'
    editor.show_text("")
    QTest.keyClicks(editor.field, "  {")
    QTest.keyClick(editor.field, Qt.Key.Key_Return)
    assert editor.text() == "  {\n    "
    editor.show_text('"🙂🙂" x')
    assert editor.fault is not None
    editor.go_to_fault()
    assert editor.field.textCursor().position() == editor.text().index("x") + 2, "Qt counts in UTF-16"


def test_an_editor_reads_by_itself_while_one_types(stage: Stage, qtbot: Any) -> None:
    editor = JsonEditor("Anything", switch)
    stage.put(editor)
    QTest.keyClicks(editor.field, "1")
    qtbot.waitUntil(lambda: editor.fault is not None)
    assert str(editor.fault) == "Line 1: the value must be true or false."
    editor.field.selectAll()
    QTest.keyClicks(editor.field, "true")
    qtbot.waitUntil(lambda: editor.fault is None)
    assert editor.value is True


def test_a_filter_is_built_and_read_again(stage: Stage) -> None:
    control: Filters = stage.control("file_search.filters")
    press(control, "Add a filter")
    dialog: FilterDialog = dialog_of(control)
    comparison = dialog.findChild(Comparison)
    assert isinstance(comparison, Comparison)
    QTest.keyClicks(comparison.operand, "2026")
    assert not dialog.save.isEnabled()
    assert dialog.problem.text() == "Name the attribute in every comparison."
    QTest.keyClicks(comparison.key, "year")
    press(dialog.builder, "Add a group")
    inner = next(group for group in dialog.findChildren(Group) if group.above is not None)
    other = inner.findChild(Comparison)
    assert isinstance(other, Comparison)
    other.how.setCurrentIndex(other.how.findData("in"))
    QTest.keyClicks(other.key, "kind")
    QTest.keyClicks(other.operand, "a, 1")
    dialog.save.click()
    assert stage.told == [NESTED]
    assert control.findChild(QLabel).text() == "year is 2026 and (kind is one of a, 1)"  # type: ignore[union-attr]


def test_a_filter_can_be_written_as_json(stage: Stage) -> None:
    control: Filters = stage.control("file_search.filters", EQUAL)
    press(control, "Edit the filter")
    dialog: FilterDialog = dialog_of(control)
    press(dialog, "JSON")
    assert json.loads(dialog.json.text()) == EQUAL
    dialog.json.show_text('{"type": "eq"')
    press(dialog, "Build")
    assert dialog.json.isVisible(), "what is no filter is not thrown away"
    dialog.json.show_value(NESTED)
    press(dialog, "Build")
    assert dialog.value() == NESTED
    for remove in ("Remove this comparison", "Remove this group"):
        press(dialog.builder, remove)
    dialog.save.click()
    assert stage.told == [None]


def test_a_function_is_defined(stage: Stage) -> None:
    control: Tools = stage.control("tools")
    control.add_function()
    dialog: FunctionDialog = dialog_of(control)
    assert not dialog.save.isEnabled()
    assert dialog.problem.text() == "The name must not be empty."
    assert dialog.problem.property("kind") == "caption", "nothing was typed yet, so nothing is wrong"
    dialog.name.setText("two words")
    assert dialog.problem.text() == "The name must be made of letters, digits, _ and -."
    assert dialog.problem.property("kind") == "danger"
    dialog.name.setText("get_weather")
    dialog.description.setPlainText("The weather “now”")
    dialog.schema.editor.show_text('{"type": "objekt"}')
    assert not dialog.save.isEnabled()
    dialog.schema.editor.show_value(FUNCTION["parameters"])
    assert "required must name every field: city is missing" in dialog.schema.findChildren(QLabel)[-1].text()
    press(dialog.schema, "Make it strict")
    dialog.save.click()
    (tools,) = stage.told
    assert tools[0]["name"] == "get_weather"
    assert tools[0]["parameters"]["required"] == ["city"]
    assert tools[0]["strict"] is True
    control.add_function()
    again: FunctionDialog = dialog_of(control)
    again.name.setText("get_weather")
    assert "called get_weather already" in again.problem.text()
    again.reject()


def test_what_a_dialog_was_left_with_is_there_again(stage: Stage) -> None:
    control: Tools = stage.control("tools", [FUNCTION])
    control.edit(0)
    dialog: FunctionDialog = dialog_of(control)
    dialog.schema.editor.show_text('{"type": ')
    dialog.description.setPlainText("Half a tho")
    dialog.reject()
    control.edit(0)
    again: FunctionDialog = dialog_of(control)
    assert again.description.toPlainText() == "Half a tho"
    assert again.schema.editor.text() == '{"type": '
    again.reject()
    control.show_value([{**FUNCTION, "name": "another"}])
    control.edit(0)
    other: FunctionDialog = dialog_of(control)
    assert other.description.toPlainText() == FUNCTION["description"]
    other.reject()
    assert stage.told == []


def test_fields_of_a_tool_that_have_no_form_are_kept(stage: Stage) -> None:
    tool = {**FUNCTION, "defer_loading": True, "x": {"y": 1}}
    control: Tools = stage.control("tools", [tool])
    control.edit(0)
    dialog_of(control).save.click()
    assert stage.told == [[tool]]


def test_a_removed_tool_comes_back(stage: Stage) -> None:
    search = {"type": "web_search"}
    control: Tools = stage.control("tools", [FUNCTION, search])
    press(control, "Remove get_weather")
    assert stage.told == [[search]]
    press(control, "Undo")
    assert stage.told[-1] == [FUNCTION, search]
    press(control, "Remove web search")
    press(control, "Remove get_weather")
    assert stage.told[-1] is None
    press(control, "Undo")
    assert stage.told[-1] == [FUNCTION]


def test_any_other_tool_is_json(stage: Stage) -> None:
    control: Tools = stage.control(
        "tools", [{"type": "mcp", "server_label": "x", "server_url": "https://a.org"}]
    )
    control.edit(0)
    dialog: JsonDialog = dialog_of(control)
    dialog.editor.show_text('{"type": "mcp", "server_label": "x"}')
    assert (
        str(dialog.editor.fault) == "Line 1: server_url must be given, or one of connector_id and tunnel_id."
    )
    assert not dialog.save.isEnabled()
    dialog.editor.show_text('{"type": "a_kind_of_tomorrow", "any": [1]}')
    dialog.save.click()
    assert stage.told == [[{"type": "a_kind_of_tomorrow", "any": [1]}]]


def test_the_choice_is_among_the_tools_that_are_there(stage: Stage) -> None:
    control: ToolChoice = stage.control("tool_choice")
    control.offer((FUNCTION, {"type": "file_search"}))
    words = [control.box.itemText(at) for at in range(control.box.count())]
    assert words == [
        "not sent",
        "none",
        "auto",
        "must call one",
        "call get_weather",
        "call file search",
        "Other…",
    ]
    control.box.activated.emit(words.index("call get_weather"))
    assert stage.told == [{"type": "function", "name": "get_weather"}]
    control.offer(())
    assert control.box.currentText() == "call get_weather", "what is set is shown, also without its tool"
    control.box.activated.emit(control.box.count() - 1)
    assert control.box.currentText() == "call get_weather"
    dialog: JsonDialog = dialog_of(control)
    dialog.editor.show_value({"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION]})
    dialog.save.click()
    assert control.box.currentText() == "allow get_weather"


def test_a_format_is_chosen_and_a_schema_edited(stage: Stage) -> None:
    control: AnswerFormat = stage.control("text.format")
    press(control, "JSON object")
    press(control, "JSON object")
    assert stage.told == [{"type": "json_object"}, None]
    press(control, "schema")
    dialog: SchemaDialog = dialog_of(control)
    dialog.reject()
    assert not any(one.isChecked() for one in control.findChildren(QPushButton)), "nothing was chosen"
    press(control, "schema")
    dialog = dialog_of(control)
    dialog.name.setText("prices")
    dialog.schema.editor.show_value(STARTS["A list of objects"])
    dialog.make_example()
    assert verdict(dialog) == "Matches the schema."
    dialog.example.show_text('{"items": [{"name": "a", "price": "free"}]}')
    assert verdict(dialog) == "Does not match: $.items[0].price is not a number."
    dialog.example.show_text("{")
    assert verdict(dialog) == ""
    dialog.example.show_text("{}")
    dialog.schema.editor.show_text('{"$ref": "https://example.org/schema"}')
    assert verdict(dialog).startswith("The schema cannot be applied: it refers to https://example.org/schema")
    dialog.schema.editor.show_value(STARTS["A list of objects"])
    dialog.save.click()
    assert stage.told[-1] == {
        "type": "json_schema",
        "name": "prices",
        "schema": STARTS["A list of objects"],
        "strict": True,
    }


def test_a_schema_names_the_line_of_its_fault(stage: Stage) -> None:
    control: AnswerFormat = stage.control("text.format", SCHEMA)
    control.open()
    dialog: SchemaDialog = dialog_of(control)
    dialog.schema.editor.show_text('{\n  "properties": {\n    "a": {"type": "strnig"}\n  }\n}')
    assert str(dialog.schema.editor.fault).startswith("Line 3: properties.a.type must be a type of JSON")
    dialog.schema.editor.show_text("")
    assert not dialog.save.isEnabled()
    dialog.name.setText("")
    assert dialog.problem.text() == "The name must not be empty."
    dialog.reject()


def verdict(dialog: SchemaDialog) -> str:
    return dialog._verdict.text()
