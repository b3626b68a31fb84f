"""From a path of turns and the user's parameters to the body of POST /responses.

The parent's id is sent where the server holds the parent; else the path is replayed as items. The two are never
mixed: what follows a parent id is only what the server has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.conversation.answer import Status
from chatapp.conversation.calls import answers_in, id_answered, only_answers
from chatapp.conversation.chain import WHOLE, Cuts, broken
from chatapp.conversation.parameters import agrees, search_field
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.replay import Replay, replayed
from chatapp.conversation.request_rules import check_parameters, check_request, complete, include
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, objects_of, text_of

SEARCH_RESULTS = "file_search_call.results"


@dataclass(frozen=True, slots=True)
class Built:
    """`request` is the body; `replayed` how many earlier turns it carries as items; `linked` the parent turn's id;
    `left_out` what was set and is not in the body, because the server refuses it."""

    request: JsonObject
    replayed: int
    linked: str | None
    left_out: tuple[Refusal, ...] = ()

    @property
    def parent(self) -> str | None:
        """The response to continue from, where it was chosen here and not by the user."""
        return text_of(self.request.get("previous_response_id")) if self.linked else None


def user_message(text: str, parts: Sequence[JsonObject] = ()) -> JsonObject:
    """The user's words as an input item, and what goes along with them. There may be no words then."""
    words = [{"type": "input_text", "text": text}] if text or not parts else []
    return {"type": "message", "role": "user", "content": [*words, *parts]}


def build_request(
    path: Sequence[Turn],
    new_input: Sequence[JsonObject],
    parameters: JsonObject,
    server: str,
    holds_parent: bool,
    default_model: str = "",
    replay: Replay = Replay.WITH_IDS,
    cuts: Cuts = WHOLE,
) -> Built:
    """The request for a turn that follows `path` (root first).

    `holds_parent` says whether `server` keeps responses, `cuts` which of them are lost all the same; parameters are
    named as in `parameters.PARAMETERS`, and any other dotted name is sent as it is. Raises InvalidParameter.
    """
    check_parameters(parameters)
    linked = _last_link(path, server, cuts) if holds_parent and not _names_its_past(parameters) else None
    unseen = (
        [] if parameters.get("previous_response_id") else path[_known_to(path, server, parameters, linked) :]
    )
    new = with_own_input(parameters, new_input)
    request: JsonObject = {}
    if default_model and not parameters.get("prompt"):
        request["model"] = default_model
    if linked is not None:
        request["previous_response_id"] = path[linked].response_id
    _set_parameters(request, parameters)
    if unseen or new != own_input(parameters):
        request["input"] = replayed(unseen, new, server, replay)
    complete(request)
    check_request(request)
    return Built(request, len(unseen), path[linked].id if linked is not None else None)


def own_input(parameters: JsonObject) -> tuple[JsonObject, ...]:
    """The items that the user's own `input` is sent as; none where it is the question that is sent."""
    given = parameters.get("input")
    return (user_message(given),) if given and isinstance(given, str) else tuple(objects_of(given))


def with_own_input(parameters: JsonObject, new_input: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """The new items of a turn: the user's own in place of the question, after the results of calls."""
    own = own_input(parameters)
    if not own or only_answers(new_input):
        return tuple(new_input)
    told = {id_answered(item) for item in answers_in(own)}
    return (*(item for item in answers_in(new_input) if id_answered(item) not in told), *own)


def _names_its_past(parameters: JsonObject) -> bool:
    """Whether the user said what goes before, so that no link is chosen here."""
    return bool(parameters.get("conversation")) or "previous_response_id" in parameters


def _known_to(path: Sequence[Turn], server: str, parameters: JsonObject, linked: int | None) -> int:
    """How many turns of the path the server has already: those up to the link, or in its conversation."""
    if linked is not None:
        return linked + 1
    wanted = parameters.get("conversation")
    for place in range(len(path) if wanted else 0, 0, -1):
        turn = path[place - 1]
        if _finished(turn) and turn.server == server and agrees(wanted, turn.request.get("conversation")):
            return place
    return 0


def _last_link(path: Sequence[Turn], server: str, cuts: Cuts) -> int | None:
    """The newest turn whose response the server can continue from: ended by itself, stored, and its own, with all
    that it follows. Nothing before what was left is linked to."""
    lost = broken(path, cuts)
    for place in range(len(path) - 1, -1, -1):
        turn = path[place]
        if turn.response_id in cuts.left:
            return None
        if (
            _finished(turn)
            and turn.server == server
            and turn.response_id
            and turn.response_id not in lost
            and turn.request.get("store") is not False
        ):
            return place
    return None


def _finished(turn: Turn) -> bool:
    return turn.answer.status in (Status.COMPLETED, Status.INCOMPLETE)


def _set_parameters(request: JsonObject, parameters: JsonObject) -> None:
    search: JsonObject = {}
    for name, value in parameters.items():
        field = search_field(name)
        if field is None:
            put(request, name, value)
        elif value is not None:
            search[field] = value
    if search:
        _set_search(request, search)


def _set_search(request: JsonObject, search: JsonObject) -> None:
    """One file search: the stores chosen join those of a file search among the user's own tools. None without a
    store to search."""
    tools = objects_of(request.get("tools"))
    at = next((place for place, tool in enumerate(tools) if tool.get("type") == "file_search"), len(tools))
    own = tools[at] if at < len(tools) else {"type": "file_search", "vector_store_ids": []}
    known = own.get("vector_store_ids") or []
    stores = [*known, *(store for store in search.get("vector_store_ids") or () if store not in known)]
    if not stores:
        return
    request["tools"] = [*tools[:at], {**own, **search, "vector_store_ids": stores}, *tools[at + 1 :]]
    include(request, SEARCH_RESULTS)


def put(request: JsonObject, name: str, value: Json) -> None:
    """Sets a dotted name. Objects on the way are made anew, so that those of others stay as they are."""
    *outer, last = name.split(".")
    for step in outer:
        inner = request.get(step)
        request[step] = dict(inner) if isinstance(inner, dict) else {}
        request = request[step]
    request[last] = value
