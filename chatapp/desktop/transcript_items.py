"""What an answer did besides writing, for the transcript: tools, searches, pictures, unknown items. Pure.

`transcript_model` puts the messages together. Each type of item has a row at the end; one without a row is shown as
its JSON. Base64 is data for a picture or nothing: it is never handed on as text.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from chatapp.conversation.answer import Logprob, OutputItem
from chatapp.conversation.turn import PARTIAL_IMAGE
from chatapp.desktop.transcript.messages import Detail, Item, PictureItem, ToolItem, UnknownItem
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, optional_text, text_of

LONGEST_PRETTY: Final = 20_000
"""Characters of JSON that are set in lines; more is shown as it came."""
LONGEST_DATA: Final = 1_000
"""Characters without a blank or a stop that are text; more are data."""
MOST_TOKENS: Final = 2_000
_DATA: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{LONGEST_DATA},}}={{0,2}}")
_DATA_URL: Final = re.compile(r"data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)
_BAD_ENDS: Final = ("failed", "incomplete")


def tool_items(item: OutputItem, over: bool) -> tuple[Item, ...]:
    """An item that is no message, no reasoning and no call of the user's side; `over` when the answer has ended."""
    return tuple(_TOOLS.get(item.type, _unknown)(item, over))


def probabilities(tokens: Sequence[Logprob]) -> ToolItem:
    """The tokens of a text, one a line, each with its probability and what might have stood in its place."""
    lines = [_token(entry) for entry in tokens[:MOST_TOKENS]]
    more = [f"… {len(tokens) - MOST_TOKENS:,} more in the Inspector"] if len(tokens) > MOST_TOKENS else []
    return ToolItem(f"Probabilities of {len(tokens):,} tokens", (Detail("\n".join(lines + more), "raw"),))


def readable(text: str) -> str:
    """The text with data in it named instead of shown."""
    if len(text) < LONGEST_DATA:
        return text
    return _DATA.sub(lambda found: f"({len(found[0]):,} characters of data)", text)


def _token(entry: Logprob) -> str:
    others = [f"{_written(other)} {_share(other)}" for other in entry.top if other.token != entry.token]
    return f"{_share(entry):>6}  {_written(entry)}" + (f"   not {', '.join(others)}" if others else "")


def _share(entry: Logprob) -> str:
    return f"{min(1.0, 2.718281828459045 ** min(entry.logprob, 0.0)):.1%}"


def _written(entry: Logprob) -> str:
    return json.dumps(entry.token, ensure_ascii=False)


def _said(item: OutputItem, over: bool, doing: str, did: str) -> str:
    """What a folded line says of it: under way, done, failed, or left when the answer ended."""
    if item.stage in _BAD_ENDS:
        return f"{did} — {'failed' if item.stage == 'failed' else 'not finished'}"
    if item.stage == "completed":
        return did
    return f"{doing} — not finished" if over else f"{doing}…"


def _as_code(text: str) -> Iterable[Detail]:
    """JSON in lines; anything else as it is."""
    if not text:
        return ()
    try:
        value = json.loads(text) if len(text) <= LONGEST_PRETTY else None
    except (ValueError, RecursionError):
        value = None
    return (_json(value),) if isinstance(value, dict | list) else (Detail(readable(text), "raw"),)


def _json(value: Json) -> Detail:
    return Detail(json.dumps(_brief(value), indent=2, ensure_ascii=False), "code", "json")


def _brief(value: Json) -> Json:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_brief(entry) for entry in value]
    return {key: _brief(entry) for key, entry in value.items()} if isinstance(value, dict) else value


def _words(value: Json) -> Iterable[Detail]:
    """An output: a text, or content parts with texts among them."""
    if isinstance(value, list):
        texts = [text_of(part.get("text")) for part in objects_of(value)]
        return _as_code("\n".join(text for text in texts if text)) or (_json(value),)
    return _as_code(value) if isinstance(value, str) else (_json(value),) if value else ()


def _error(value: Json) -> Iterable[Detail]:
    """What went wrong, as a text or as an object with a message."""
    text = optional_text(value) or text_of(object_of(value).get("message"))
    return (Detail(readable(text)),) if text else (_json(value),) if value else ()


def _output(item: OutputItem, over: bool) -> Iterable[Item]:
    name = text_of(item.raw.get("name"))
    yield ToolItem(f"Result of {name}" if name else "Result of a call", tuple(_words(item.raw.get("output"))))


def _mcp_call(item: OutputItem, over: bool) -> Iterable[Item]:
    raw = item.raw
    what = f"{text_of(raw.get('name')) or 'a tool'} of {text_of(raw.get('server_label')) or 'a server'}"
    title = _said(item, over, f"Using {what}", f"Used {what}")
    if raw.get("error") and item.stage != "failed":
        title = f"Used {what} — failed"
    details = (*_as_code(item.arguments), *_words(raw.get("output")), *_error(raw.get("error")))
    yield ToolItem(title, details)


def _mcp_tools(item: OutputItem, over: bool) -> Iterable[Item]:
    raw, server = item.raw, text_of(item.raw.get("server_label")) or "a server"
    tools = objects_of(raw.get("tools"))
    title = _said(
        item, over, f"Asking {server} for its tools", f"{server} offers {_count(len(tools), 'tool')}"
    )
    named = [
        f"{text_of(tool.get('name'))} — {text_of(tool.get('description'))}".rstrip(" —") for tool in tools
    ]
    yield ToolItem(title, (*(Detail(readable(line)) for line in named), *_error(raw.get("error"))))


def _mcp_response(item: OutputItem, over: bool) -> Iterable[Item]:
    reason = text_of(item.raw.get("reason"))
    title = (
        "The use of a tool was approved"
        if item.raw.get("approve") is True
        else "The use of a tool was declined"
    )
    yield ToolItem(title, (Detail(reason),) if reason else ())


def _web_search(item: OutputItem, over: bool) -> Iterable[Item]:
    action = object_of(item.raw.get("action")) or item.raw
    address, pattern = text_of(action.get("url")), text_of(action.get("pattern"))
    match action.get("type"):
        case "open_page":
            page = _host(address) or "a page"
            yield ToolItem(_said(item, over, f"Opening {page}", f"Opened {page}"), _lines([address]))
        case "find_in_page":
            where = f"“{pattern}” on {_host(address) or 'a page'}"
            yield ToolItem(
                _said(item, over, f"Looking for {where}", f"Looked for {where}"), _lines([address])
            )
        case _:
            yield _searched(item, over, action)


def _searched(item: OutputItem, over: bool, action: JsonObject) -> Item:
    listed = action.get("queries")
    queries = [text_of(query) for query in listed] if isinstance(listed, list) else []
    queries = [query for query in queries or [text_of(action.get("query"))] if query]
    sources = [text_of(source.get("url")) for source in objects_of(action.get("sources"))]
    words = f" for {' · '.join(f'“{query}”' for query in queries)}" if queries else ""
    count = f" — {_count(len(sources), 'source')}" if sources else ""
    title = _said(item, over, f"Searching the web{words}", f"Searched the web{words}{count}")
    return ToolItem(title, _lines(sources))


def _code(item: OutputItem, over: bool) -> Iterable[Item]:
    outputs = objects_of(item.raw.get("outputs"))
    logs = [text_of(output.get("logs")) for output in outputs]
    pictures = [text_of(output.get("url")) for output in outputs if output.get("type") == "image"]
    doing = "Running Python" if item.stage == "interpreting" else "Writing Python"
    details = [Detail(item.arguments, "code", "python")] if item.arguments else []
    details += [Detail(readable(log), "raw") for log in logs if log]
    details += [Detail(f"Image at {url}") for url in pictures if not _DATA_URL.match(url)]
    yield ToolItem(_said(item, over, doing, "Ran Python"), tuple(details))
    yield from (_picture(url, "Image made by Python") for url in pictures if _DATA_URL.match(url))


def _image(item: OutputItem, over: bool) -> Iterable[Item]:
    raw = item.raw
    words = readable(text_of(raw.get("revised_prompt")))
    shown = text_of(raw.get("result")) or text_of(raw.get(PARTIAL_IMAGE))
    why = next((detail.text for detail in _error(raw.get("error"))), "")
    title = f"No image was made: {why}" if why else _said(item, over, "Making an image", "Made an image")
    yield ToolItem(title, (Detail(words),) if words else ())
    if shown:
        yield _picture(shown, words or "Generated image")


def _picture(data: str, alt: str) -> PictureItem:
    """From base64, or from a data URL of it."""
    begin = _DATA_URL.match(data)
    return PictureItem(data[begin.end() :] if begin else data, alt)


def _shell(item: OutputItem, over: bool) -> Iterable[Item]:
    commands = [part.text for part in item.parts if part.text] or _local_command(item.raw)
    number = _count(max(len(commands), 1), "command")
    details = (Detail("\n".join(commands), "code", "bash"),) if commands else ()
    yield ToolItem(_said(item, over, f"Running {number}", f"Asked to run {number}"), details)


def _local_command(raw: JsonObject) -> list[str]:
    words = object_of(raw.get("action")).get("command")
    return [shlex.join(word for word in words if isinstance(word, str))] if isinstance(words, list) else []


def _printed(item: OutputItem, over: bool) -> Iterable[Item]:
    texts = [part.text for part in item.parts] or [text_of(item.raw.get("output"))]
    outcomes = [object_of(output.get("outcome")) for output in objects_of(item.raw.get("output"))]
    ends = [_outcome(outcome) for outcome in outcomes]
    bad = [end for end in ends if end]
    title = f"What the shell printed{' — ' + ', '.join(bad) if bad else ''}"
    yield ToolItem(title, tuple(Detail(readable(text), "raw") for text in texts if text))


def _outcome(outcome: JsonObject) -> str:
    if outcome.get("type") == "timeout":
        return "timed out"
    code = outcome.get("exit_code")
    return f"exit code {code}" if code else ""


def _patch(item: OutputItem, over: bool) -> Iterable[Item]:
    operation = object_of(item.raw.get("operation"))
    verb = {"create_file": "create", "delete_file": "delete"}.get(text_of(operation.get("type")), "change")
    diff = text_of(operation.get("diff"))
    path = text_of(operation.get("path")) or "a file"
    yield ToolItem(f"Asked to {verb} {path}", (Detail(diff, "code", "diff"),) if diff else ())


def _computer(item: OutputItem, over: bool) -> Iterable[Item]:
    actions = objects_of(item.raw.get("actions")) or [object_of(item.raw.get("action"))]
    checks = [text_of(check.get("message")) for check in objects_of(item.raw.get("pending_safety_checks"))]
    lines = [_action(action) for action in actions if action]
    title = f"Asked to use the computer: {lines[0]}" if len(lines) == 1 else "Asked to use the computer"
    yield ToolItem(title, _lines([*lines, *checks]))


def _action(action: JsonObject) -> str:
    """ "click left 3 4" """
    facts = [_fact(value) for name, value in action.items() if name != "type" and value is not None]
    return readable(" ".join([text_of(action.get("type")).replace("_", " "), *facts]))


def _fact(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _screen(item: OutputItem, over: bool) -> Iterable[Item]:
    address = text_of(object_of(item.raw.get("output")).get("image_url"))
    if _DATA_URL.match(address):
        yield _picture(address, "Screenshot")
    else:
        yield ToolItem("Screenshot", _lines([address]))


def _compaction(item: OutputItem, over: bool) -> Iterable[Item]:
    yield ToolItem(_said(item, over, "Condensing the conversation", "Condensed the conversation so far"))


def _unknown(item: OutputItem, over: bool) -> Iterable[Item]:
    yield UnknownItem(item.type, _json(item.raw).text)


def _lines(texts: Iterable[str]) -> tuple[Detail, ...]:
    return tuple(Detail(readable(text)) for text in texts if text)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


_TOOLS: Mapping[str, Callable[[OutputItem, bool], Iterable[Item]]] = {
    "function_call_output": _output,
    "custom_tool_call_output": _output,
    "mcp_call": _mcp_call,
    "mcp_list_tools": _mcp_tools,
    "mcp_approval_response": _mcp_response,
    "web_search_call": _web_search,
    "code_interpreter_call": _code,
    "image_generation_call": _image,
    "shell_call": _shell,
    "local_shell_call": _shell,
    "shell_call_output": _printed,
    "local_shell_call_output": _printed,
    "apply_patch_call": _patch,
    "apply_patch_call_output": _output,
    "computer_call": _computer,
    "computer_call_output": _screen,
    "compaction": _compaction,
}
