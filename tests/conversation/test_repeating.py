"""Two runs of one request: the same bytes or not, of words and of calls."""

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.repeating import NOTHING_GIVEN, words_for
from chatapp.conversation.tree import Turn


def said(text: str) -> OutputItem:
    return OutputItem("message", parts=(Part("output_text", text),))


def call(arguments: str, name: str = "f") -> OutputItem:
    return OutputItem("function_call", arguments=arguments, raw={"name": name})


def run(*items: OutputItem) -> Turn:
    return Turn("t", "c", None, 0.0, "engine", "", (), {}, Answer(Status.COMPLETED, items=items))


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        ([said("Aé")], [said("Aé")], "Both runs gave the same 3 bytes, SHA-256 "),
        ([said("A")], [said("B")], "differ from byte 0 on"),
        ([said("A")], [said("Ab")], "differ from byte 1 on"),
        ([call("{}")], [call("{}")], "Both runs gave the same 5 bytes"),
        ([call('{"a": 1}')], [call('{"a": 2}')], "differ from byte"),
        ([call("{}")], [call("{}", "g")], "differ from byte 0 on"),
        ([said("A"), call("{}")], [said("A")], "differ from byte 1 on"),
        ([], [], NOTHING_GIVEN),
        ([OutputItem("reasoning")], [], NOTHING_GIVEN),
    ],
)
def test_what_came_of_two_runs(one: list[OutputItem], two: list[OutputItem], words: str) -> None:
    assert words in words_for(run(*one), run(*two), promised=False)
