"""Calls and their results in exports for people."""

from collections.abc import Sequence

from chatapp.conversation.answer import Status
from chatapp.conversation.calls import PendingCall, Result, answers
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.tree import Turn
from chatapp.conversation.turn import answer_from_response
from chatapp.exchange import html, markdown
from tests.kit.events import response_object
from tests.storage import samples

HOSTILE = "```\n# no heading <script>alert(1)</script>\n````"


def path(*results: Result, text: str = "", names: Sequence[str] = ("get_weather", "get_time")) -> list[Turn]:
    """A turn with calls, and one that brings their results."""
    call = {"type": "function_call", "arguments": '{"city": "<Oslo>"}', "status": "completed"}
    items = [{**call, "call_id": name, "name": name} for name in names]
    asking = samples.question("t1", "Weather?", answer=answer_from_response(response_object(output=items)))
    brought = answers([PendingCall(name, name, "") for name in names], results)
    words = (user_message(text),) if text else ()
    bringing = samples.question("t2", text, parent_id="t1", input=(*brought, *words))
    assert asking.answer.status is Status.COMPLETED
    return [asking, bringing]


def test_markdown_has_the_calls_and_the_results_in_fences_of_their_own() -> None:
    written = markdown.render(samples.head(), path(Result(HOSTILE), Result(done=False)))
    assert '*Called get\\_weather with:*\n\n```\n{"city": "<Oslo>"}\n```' in written
    assert f"## Result of get\\_weather\n\n`````\n{HOSTILE}\n`````" in written
    assert "## Result of get\\_time\n\n```\nThe user did not run this.\n```" in written
    assert written.count("## You") == 1


def test_a_message_beside_results_is_there_too() -> None:
    written = markdown.render(samples.head(), path(Result("4"), Result("12"), text="And now?"))
    assert written.count("## You") == 2
    assert written.index("Result of get\\_time") < written.index("And now?")


def test_html_has_them_harmless() -> None:
    page = html.render(samples.head(), path(Result(HOSTILE), Result("12")))
    assert "<h2>Result of get_weather</h2>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page.split("<body>")[1]
    assert "{&quot;city&quot;: &quot;&lt;Oslo&gt;&quot;}" in page or '{"city": "&lt;Oslo&gt;"}' in page
