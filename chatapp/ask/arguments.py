"""The command line of `chatapp ask`, read into one value. Nothing is opened here."""

import argparse
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Literal, NoReturn

from chatapp.conversation.inputs import DETAILS, Detail
from chatapp.conversation.parameters import BY_NAME, InvalidParameter, spread, validate
from chatapp.protocol.json_types import Json, JsonObject

DEEPEST = 100
"""Levels of nested JSON in a value."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class WrongUsage(Exception):
    """The command line asks for something that cannot be; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class AskOptions:
    """`results` are texts by call id, `profile` is None for the user's own. `parameters` are named as in
    conversation/parameters.py; other names go into the request as they are."""

    question: str
    results: Mapping[str, str]
    profile: Path | None
    files: tuple[Path, ...]
    attached: tuple[str, ...]
    detail: Detail
    stores: tuple[str, ...]
    server: str | None
    key_env: str | None
    parent: str | None
    preset: str | None
    parameters: JsonObject
    json: bool
    show: Literal["curl", "python"] | None


CITATIONS_HELP = """\
--json prints one object: response (the server's final Response, word for word), text, status, citations, usage,
cost (by the price table of the profile), previous_response_id, warnings. Each citation has number, file_id,
filename, index (the code point of the text it stands before), page and boxes for a PDF, line for other files,
quote, score. A box is {left, top, right, bottom} in fractions of the page as displayed, the origin at its top left,
y downward. What does not apply is null.

An answer that calls functions is completed: each call is told on stderr (and in warnings) with the --parent and
--result that answer it. All calls of a response are answered in one command; a question given with them goes along,
and calls without a --result are then answered as not run. An MCP server's request is answered yes, no, or no: REASON.

exit codes: 0 completed, 2 wrong usage, 3 incomplete, 4 failed or refused, 5 not reached or cut, 130 interrupted"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUsage(f"{message[:1].upper()}{message[1:]}. Try: chatapp ask --help")


def read_options(argv: Sequence[str]) -> AskOptions:
    """Raises WrongUsage. `--help` prints and exits."""
    given = _parser().parse_args(argv)
    if not given.question.strip() and not given.result:
        raise WrongUsage("There is nothing to ask. Give the question in quotes.")
    if given.key_env is not None and not VARIABLE.fullmatch(given.key_env):
        raise WrongUsage(
            "--key-env takes the name of an environment variable, not the key: letters, digits and _."
        )
    if given.key_env and not (given.curl or given.python or os.environ.get(given.key_env)):
        raise WrongUsage(
            f"The environment variable {given.key_env} is not set. Put the server's key into it."
        )
    parameters = _parameters(given)
    parent = _parent(given.parent, parameters)
    results = _results(given, parent)
    return AskOptions(
        question=given.question,
        results=results,
        profile=given.profile,
        files=tuple(given.file),
        attached=tuple(map(_attached, given.attach)),
        detail=given.detail,
        stores=tuple(given.store),
        server=given.server,
        key_env=given.key_env,
        parent=parent,
        preset=given.preset,
        parameters=parameters,
        json=given.json,
        show="curl" if given.curl else "python" if given.python else None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="chatapp ask",
        description="Asks one question and streams the answer, with its sources, to the terminal.",
        epilog=CITATIONS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("question", nargs="?", default="", help="the question, in quotes; not needed with --result")
    add(
        "--file",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="a file to ask about; repeatable. Documents are searched, images are sent whole",
    )
    add(
        "--attach",
        action="append",
        default=[],
        metavar="PATH|URL",
        help="a file or an http(s) address that the model gets all of; repeatable",
    )
    add("--detail", choices=DETAILS, default="auto", help="how closely the model looks at images")
    add("--store", action="append", default=[], metavar="NAME", help="a vector store to search; repeatable")
    add("--model", metavar="M", help="the model that answers")
    add(
        "--server",
        metavar="NAME|URL",
        help="a server of the profile, a kind such as openai or ollama, or a base URL; default: the built-in engine",
    )
    add("--key-env", metavar="VAR", help="the environment variable that holds the server's key")
    add(
        "--set",
        action="append",
        default=[],
        metavar="PARAM=VALUE",
        help="any request parameter, JSON or bare; input is sent in place of the question",
    )
    add("--preset", metavar="NAME", help="a preset of the profile; --set and the others count before it")
    add("--instructions", metavar="TEXT", help="a system message for this question")
    add("--parent", metavar="RESPONSE_ID", help="the response this question follows")
    add(
        "--result",
        action="append",
        default=[],
        metavar="CALL_ID=TEXT",
        help="what came of a call of the parent response; repeatable",
    )
    add("--profile", type=Path, metavar="DIR", help="the profile's directory")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    output.add_argument(
        "--curl", action="store_true", help="print the request as a curl command, send nothing"
    )
    output.add_argument("--python", action="store_true", help="print the request as a program, send nothing")
    return parser


def _attached(text: str) -> str:
    """A path, or an address that servers can fetch."""
    scheme = text.partition("://")[0] if "://" in text else ""
    if scheme and scheme.lower() not in ("http", "https"):
        raise WrongUsage(f"--attach {text}: only http and https addresses are fetched by servers.")
    return text


def _results(given: argparse.Namespace, parent: str | None) -> Mapping[str, str]:
    results: dict[str, str] = {}
    for entry in given.result:
        call_id, equals, text = entry.partition("=")
        if not equals or not call_id.strip():
            raise WrongUsage(f"--result {entry} names no call. Write it as CALL_ID=TEXT.")
        results[call_id.strip()] = text
    if results and not parent:
        raise WrongUsage("--result needs --parent with the id of the response that called.")
    if results and (given.curl or given.python):
        raise WrongUsage("--result is sent, not printed. Leave out --curl and --python.")
    return results


def _parameters(given: argparse.Namespace) -> JsonObject:
    named = {"model": given.model, "instructions": given.instructions}
    parameters: JsonObject = {name: value for name, value in named.items() if value is not None}
    for setting in given.set:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            raise WrongUsage(f"--set {setting} has no value. Write it as PARAM=VALUE.")
        value = _json_or_text(name.strip(), text)
        for row, entry in spread(name.strip(), value).items():
            parameters[row] = _checked(row, entry, text if entry is value else None)
    return parameters


def _parent(given: str | None, parameters: JsonObject) -> str | None:
    """--parent, or previous_response_id by its own name. Takes it out of the parameters."""
    named = parameters.pop("previous_response_id", None)
    if given and named and given != named:
        raise WrongUsage("--parent and --set previous_response_id name two responses. Leave one of them out.")
    if (given or named) and parameters.get("conversation"):
        raise WrongUsage(
            "--set conversation and a parent response both say what came before. Leave one of them out."
        )
    return given or named


def _checked(name: str, value: Json, text: str | None) -> Json:
    """A parameter of the table by its row: as JSON, else as the bare text. Others as they are."""
    if name not in BY_NAME or value is None:
        return value
    try:
        return validate(name, value)
    except InvalidParameter as problem:
        try:
            return validate(name, text)
        except InvalidParameter:
            raise WrongUsage(f"--set {name}: {problem}") from problem


def _json_or_text(name: str, text: str) -> Json:
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except _NoJson:
        raise WrongUsage(f"--set {name}: {text[:40]} is not a number that JSON can carry.") from None
    except RecursionError:
        raise WrongUsage(_too_deep(name)) from None
    except ValueError:
        return text
    if _depth(value) > DEEPEST:
        raise WrongUsage(_too_deep(name))
    return value


class _NoJson(Exception):
    """Python reads and writes numbers that JSON does not have."""


def _no_number(constant: str) -> NoReturn:
    raise _NoJson(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _NoJson(text)
    return number


def _depth(value: Json) -> int:
    """Levels of lists and objects, counted no further than matters."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        inner = [entry for entry in level if isinstance(entry, dict | list)]
        level = [part for entry in inner for part in (entry.values() if isinstance(entry, dict) else entry)]
        depth += bool(inner)
    return depth


def _too_deep(name: str) -> str:
    return f"--set {name}: the value is nested more than {DEEPEST} levels deep."
