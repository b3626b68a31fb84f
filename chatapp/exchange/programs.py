"""A request as a program that sends it: a command for a POSIX shell with curl, or Python, without further packages,
with httpx, or with the official SDK.

All send the JSON that chatapp would send, all but the SDK byte by byte. A key is never in them: they read it from an
environment variable.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Final
from urllib.parse import parse_qsl

from chatapp.conversation.key_names import may_be_key_header
from chatapp.protocol.json_types import JsonObject, without_lone_surrogates

MOST_IN_AN_ARGUMENT: Final = 100_000
"""Bytes. Linux takes 131,072 in one argument of a command; a longer body goes through a pipe."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a program sends its request: to `url`, or to the path `/responses` below what `url_variable` holds.

    `key_variable` is the environment variable with the key, "" where none is sent; `key_header` is what carries it:
    "Authorization" or "api-key". `headers` are sent too, the secret ones from variables of their names.
    """

    url: str = ""
    url_variable: str = ""
    key_variable: str = ""
    key_header: str = "Authorization"
    headers: tuple[tuple[str, str], ...] = ()

    def variables(self) -> tuple[tuple[str, str, str], ...]:
        """Headers that come from the environment: (name, what stands before the value, variable)."""
        prefix = "Bearer " if self.key_header == "Authorization" else ""
        key = ((self.key_header, prefix, self.key_variable),) if self.key_variable else ()
        named = [name for name, value in self._own() if may_be_key_header(name, value)]
        return (*((name, "", re.sub(r"\W", "_", name).upper()) for name in named), *key)

    def constants(self) -> tuple[tuple[str, str], ...]:
        own = tuple(header for header in self._own() if not may_be_key_header(*header))
        return (*own, ("Content-Type", "application/json"))

    def _own(self) -> list[tuple[str, str]]:
        """The user's headers, less those that chatapp sets itself."""
        needed = ("content-type", self.key_header.lower() if self.key_variable else "")
        return [header for header in self.headers if header[0].lower() not in needed]


def curl_program(to: Destination, request: JsonObject, encoding: str = "utf-8") -> str:
    """For sh, bash and zsh. `encoding` is that of the file or terminal the program is written to."""
    body = _json(request, encoding)
    address = f'"${to.url_variable}/responses"' if to.url_variable else shlex.quote(to.url)
    lines = [f"curl -N {address}"]
    lines += [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in to.constants()]
    lines += [f'-H "{name}: {before}${variable}"' for name, before, variable in to.variables()]
    if len(body.encode()) > MOST_IN_AN_ARGUMENT:
        lines.append("--data-binary @-")
        lines[0] = f"printf %s {shlex.quote(body)} | {lines[0]}"
    else:
        lines.append(f"--data-binary {shlex.quote(body)}")
    return " \\\n  ".join(lines) + "\n"


def python_program(to: Destination, request: JsonObject, encoding: str = "utf-8") -> str:
    """For Python 3.8 and later; it prints the answer as it comes."""
    reading = _STREAMED if request.get("stream") is not False else _WHOLE
    return _python(_PROGRAM, to, request, encoding, reading)


def httpx_program(to: Destination, request: JsonObject, encoding: str = "utf-8") -> str:
    """For Python with httpx."""
    reading = _STREAMED_BY_HTTPX if request.get("stream") is not False else _WHOLE_BY_HTTPX
    return _python(_HTTPX_PROGRAM, to, request, encoding, reading)


def sdk_program(to: Destination, request: JsonObject, encoding: str = "utf-8") -> str:
    """For Python with the official SDK, openai. What the SDK has no name for goes into its `extra_body`."""
    address, _, query = to.url.partition("?")
    address = address.removesuffix("/responses")
    bearer = next((name for header, _, name in to.variables() if header == "Authorization"), "")
    headers = [f"        {name!r}: {text!r}," for name, text in to.constants() if name != "Content-Type"]
    headers += [
        f'        {name!r}: os.environ["{variable}"],'
        for name, _, variable in to.variables()
        if name != "Authorization"
    ]
    body = without_lone_surrogates(request)
    further = {name: value for name, value in body.items() if name not in SDK_FIELDS}
    named = {name: value for name, value in body.items() if name in SDK_FIELDS}
    program = _SDK_PROGRAM.format(
        address=f'os.environ["{to.url_variable}"]' if to.url_variable else ascii(address),
        key=f'os.environ["{bearer}"]' if bearer else '"none"',
        headers="\n".join(headers),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        body=pformat(named, width=100, sort_dicts=False),
        further=pformat(further, width=100, sort_dicts=False),
        bare="" if bearer else ', extra_headers={"Authorization": openai.Omit()}',
        reading=_STREAMED_BY_SDK if request.get("stream") is not False else _WHOLE_BY_SDK,
    )
    return _in_encoding(program, encoding)


PROGRAMS: Final[Mapping[str, Callable[[Destination, JsonObject], str]]] = {
    "cURL": curl_program,
    "Python": python_program,
    "Python with httpx": httpx_program,
    "Python with the OpenAI SDK": sdk_program,
}
"""By what they are called where one is chosen."""
_SDK_NAMES: Final = """
    access_programs background background_options context_management conversation image include input instructions
    max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream
    stream_options temperature text tool_choice tools top_logprobs top_p truncation user
"""
SDK_FIELDS: Final = frozenset(_SDK_NAMES.split())
"""The fields of a request that `responses.create` of the official SDK has names for."""


def _python(shape: str, to: Destination, request: JsonObject, encoding: str, reading: str) -> str:
    address = f'os.environ["{to.url_variable}"] + "/responses"' if to.url_variable else ascii(to.url)
    headers = [f"    {name!r}: {text!r}," for name, text in to.constants()]
    headers += [
        f'    {name!r}: {f"{before!r} + " if before else ""}os.environ["{variable}"],'
        for name, before, variable in to.variables()
    ]
    program = shape.format(
        imports="import json\nimport os" if to.url_variable or to.variables() else "import json",
        address=address,
        headers="\n".join(headers),
        body=pformat(request, width=100, sort_dicts=False),
        reading=reading,
    )
    return _in_encoding(program, encoding)


def _in_encoding(program: str, encoding: str) -> str:
    return program if _is_utf8(encoding) else program.encode("ascii", "backslashreplace").decode()


_PROGRAM: Final = """\
{imports}
import urllib.error
import urllib.request

url = {address}
headers = {{
{headers}
}}
request = {body}

body = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
try:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
{reading}
except urllib.error.HTTPError as refusal:
    raise SystemExit(refusal.read().decode())
"""
_STREAMED: Final = """\
        for line in answer:
            if line.startswith(b"data:") and line[5:].lstrip().startswith(b"{"):
                event = json.loads(line[5:])
                if event.get("type") == "response.output_text.delta":
                    print(event["delta"], end="", flush=True)
        print()"""
_WHOLE: Final = """\
        print(answer.read().decode())"""
_HTTPX_PROGRAM: Final = """\
{imports}

import httpx

url = {address}
headers = {{
{headers}
}}
request = {body}

body = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")
with httpx.stream("POST", url, content=body, headers=headers, timeout=None) as answer:
    if answer.is_error:
        raise SystemExit(answer.read().decode())
{reading}
"""
_STREAMED_BY_HTTPX: Final = """\
    rest = b""
    for piece in answer.iter_bytes():
        *lines, rest = (rest + piece).split(b"\\n")
        for line in lines:
            if line.startswith(b"data:") and line[5:].lstrip().startswith(b"{"):
                event = json.loads(line[5:])
                if event.get("type") == "response.output_text.delta":
                    print(event["delta"], end="", flush=True)
    print()"""
_WHOLE_BY_HTTPX: Final = """\
    print(answer.read().decode())"""
_SDK_PROGRAM: Final = """\
import os

import openai

client = openai.OpenAI(
    base_url={address},
    api_key={key},
    default_query={query},
    default_headers={{
{headers}
    }},
)
request = {body}
further = {further}

answer = client.responses.create(**request, extra_body=further{bare})
{reading}
"""
_STREAMED_BY_SDK: Final = """\
for event in answer:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
print()"""
_WHOLE_BY_SDK: Final = """\
print(answer.to_json())"""


def _json(request: JsonObject, encoding: str) -> str:
    """The characters themselves where what the program is written to carries them as the wire does."""
    text = json.dumps(request, ensure_ascii=False).encode("utf-8", "replace").decode()
    return text if _is_utf8(encoding) else json.dumps(json.loads(text))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")
