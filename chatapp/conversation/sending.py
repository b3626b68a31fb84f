"""How a turn is sent. `request_builder` makes the body; what is decided here is which body, for this server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chatapp.conversation.chain import WHOLE, Cuts
from chatapp.conversation.inputs import in_words
from chatapp.conversation.models import reasons
from chatapp.conversation.parameters import BY_NAME
from chatapp.conversation.refusals import Refusal, leave_out
from chatapp.conversation.replay import Replay, in_plain_words
from chatapp.conversation.request_builder import Built, build_request, put
from chatapp.conversation.request_rules import include
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, text_of

SEALED_REASONING = "reasoning.encrypted_content"
ALWAYS = "The server takes one value only."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a turn asks: new input after a path of turns, under the user's parameters, of a server."""

    path: Sequence[Turn]
    input: Sequence[JsonObject]
    parameters: JsonObject
    server: str


@dataclass(frozen=True, slots=True)
class Way:
    """`chained`: after the id of a parent that the server holds, else with all earlier turns, as `replay` says;
    `plain`: with the model's messages as bare text, `without`: with words in the place of these parts of theirs.
    `cuts` are responses that it has no more, or that are left. `model` stands in where the user chose none, `always`
    (names with dots, values) is sent whatever the user set, `refusals` are left out."""

    chained: bool
    model: str = ""
    replay: Replay = Replay.WITH_IDS
    plain: bool = False
    without: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    always: tuple[tuple[str, Json], ...] = ()
    cuts: Cuts = WHOLE


def build(asked: Asked, way: Way) -> Built:
    """The request that says `asked` this way."""
    path = _with_words_for(asked.path, way.without)
    built = build_request(
        path, asked.input, asked.parameters, asked.server, way.chained, way.model, way.replay, way.cuts
    )
    request = dict(built.request)
    if way.plain and "input" in request:
        request["input"] = in_plain_words(request["input"])
    overruled = []
    for name, value in way.always:
        if asked.parameters.get(name) not in (None, value):
            overruled.append(Refusal(name, ALWAYS))
        put(request, name, value)
    if request["stream"] is False:
        request.pop("stream_options", None)
    request, left_out = leave_out(_with_sealed_reasoning(request), way.refusals)
    return replace(built, request=request, left_out=(*overruled, *left_out))


def _with_words_for(path: Sequence[Turn], kinds: Sequence[str]) -> Sequence[Turn]:
    return [replace(turn, input=in_words(turn.input, kinds)) for turn in path] if kinds else path


def words_for(left_out: Iterable[Refusal], model: str) -> str:
    """What the reader is told of parameters that were not sent; "" where there are none."""
    labels = [_label(refusal) for refusal in left_out]
    refuses = f"not sent: {model or 'the server'} refuses"
    if len(labels) < 2:
        return f"{labels[0]} was {refuses} it." if labels else ""
    return f"{', '.join(labels[:-1])} and {labels[-1]} were {refuses} them."


def _label(refusal: Refusal) -> str:
    """ "Temperature", or "Reasoning effort xhigh" where another value may do."""
    name = refusal.parameter
    label = BY_NAME[name].label if name in BY_NAME else name
    return f"{label} {refusal.value}" if isinstance(refusal.value, str | int | float) else label


def missed(built: Built, asked: Asked) -> tuple[Refusal, ...]:
    """Those of the parameters left out that the user had set: what was only added here is missed by nobody."""
    return tuple(refusal for refusal in built.left_out if _is_set(refusal.parameter, asked.parameters))


def _is_set(name: str, parameters: JsonObject) -> bool:
    return any(
        name == other or name.startswith(f"{other}.") or other.startswith(f"{name}.") for other in parameters
    )


def _with_sealed_reasoning(request: JsonObject) -> JsonObject:
    """A server that stores nothing gives its reasoning only sealed, and only when asked: else the next turn would be
    thought about from the beginning."""
    if request.get("store") is not False or not reasons(text_of(request.get("model"))):
        return request
    request = dict(request)
    include(request, SEALED_REASONING)
    return request
