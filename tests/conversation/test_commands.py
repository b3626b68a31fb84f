"""Commands of functions: what may be one, how a call fills it, and what is reported of its end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.calls import PendingCall
from chatapp.conversation.commands import (
    NOTHING,
    Command,
    CommandEnd,
    InvalidCommand,
    checked,
    filled,
    function_name,
    read,
    report,
    shown,
    written,
)


def call(
    arguments: str = '{"city": "Oslo", "days": 3, "tags": ["a", "b"]}', kind: str = "function"
) -> PendingCall:
    return PendingCall("call_1", "get_weather", arguments, "custom" if kind == "custom" else "function")


@pytest.mark.parametrize(
    ("part", "becomes"),
    [
        ("plain", "plain"),
        ("{{city}}", "Oslo"),
        ("--city={{ city }}", "--city=Oslo"),
        ("{{days}} days in {{city}}", "3 days in Oslo"),
        ("{{tags}}", '["a", "b"]'),
        ("{{}}", '{"city": "Oslo", "days": 3, "tags": ["a", "b"]}'),
        ("{city} ${city} $(city)", "{city} ${city} $(city)"),
        ('{print $1} {"a": {"b": 1}}', '{print $1} {"a": {"b": 1}}'),
    ],
)
def test_places_are_filled_with_the_arguments(part: str, becomes: str) -> None:
    line = filled(Command(("weather", part), "/srv", 5), call())
    assert line.argv == ("weather", becomes)
    assert (line.stdin, line.folder, line.seconds) == (call().arguments, "/srv", 5)


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_the_model_writes_is_one_argument_and_filled_once(text: str) -> None:
    line = filled(Command(("weather", "{{city}}")), call(json.dumps({"city": text, "a": "b"})))
    assert line.argv == ("weather", text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("{}", "gives no “city”"),
        ('{"city"', "not a JSON object"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"city": "a\\u0000b"}', "NUL"),
    ],
)
def test_a_call_that_cannot_fill_it_is_told(arguments: str, says: str) -> None:
    with pytest.raises(InvalidCommand, match=says):
        filled(Command(("weather", "{{city}}")), call(arguments))


def test_the_input_of_a_custom_tool_fills_the_place_of_everything() -> None:
    assert filled(Command(("sql", "{{}}")), call("SELECT 1", "custom")).argv == ("sql", "SELECT 1")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (Command(()), "Name a program"),
        (Command((" ", "x")), "Name a program"),
        (Command(("{{program}}", "x")), "cannot be an argument"),
        (Command(("a\0b",)), "NUL"),
        (Command(("a",), seconds=0), "time limit"),
        (Command(("a",), seconds=601), "time limit"),
        (Command(("a",), seconds=float("nan")), "time limit"),
    ],
)
def test_what_cannot_be_a_command(command: Command, says: str) -> None:
    with pytest.raises(InvalidCommand, match=says):
        checked(command)


def test_a_command_is_read_as_it_was_written() -> None:
    command = Command(("python3", "-c", "print('ä')"), "/tmp", 12.5)
    assert read(json.loads(json.dumps(written(command)))) == command


@pytest.mark.parametrize(
    "value", [None, {}, {"argv": "rm"}, {"argv": [1]}, {"argv": ["a"], "seconds": 1e9}, []]
)
def test_settings_that_hold_no_command_are_passed_over(value: object) -> None:
    assert read(value) is None


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (CommandEnd("4 °C\n", "", 0, 0.1), "4 °C"),
        (CommandEnd("4 °C\n", "a warning", 0, 0.1), "4 °C"),
        (CommandEnd("", "", 0, 0.1), NOTHING),
        (
            CommandEnd("half", "no such city\n", 2, 0.1),
            "The command failed with exit code 2.\nno such city\nhalf",
        ),
        (CommandEnd("", "", -11, 0.1), "The command was ended by signal 11."),
        (
            CommandEnd("half", "", -15, 30.0, "time"),
            "The command was stopped at its time limit, after 30 s.\nhalf",
        ),
        (CommandEnd("x", "", -9, 0.2, "output"), "The command was stopped because it printed too much.\nx"),
    ],
)
def test_the_report_of_an_end(end: CommandEnd, text: str) -> None:
    assert report(end) == text


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("weather", "Oslo"), "weather Oslo"),
        (("weather", "Oslo; rm -rf *"), "weather 'Oslo; rm -rf *'"),
        (("weather", ""), "weather ''"),
        (("echo", "a\nb"), "echo 'a\\u000ab'"),
        (("echo", "a\u202etxt.exe"), "echo 'a\\u202etxt.exe'"),
        (("echo", "a\u200bb\u00a0c\U000e0041"), "echo 'a\\u200bb\\u00a0c\\U000e0041'"),
        (("echo", "Ålesund 🙂"), "echo 'Ålesund 🙂'"),
    ],
)
def test_a_command_is_shown_with_nothing_hidden(argv: tuple[str, ...], line: str) -> None:
    assert shown(argv) == line


def test_functions_of_a_namespace_have_commands_of_their_own() -> None:
    assert function_name(PendingCall("c", "get", "{}", namespace="crm")) == "crm.get"
    assert function_name(PendingCall("c", "get", "{}")) == "get"
