"""The rows of the table of parameters, in the order of the panel. `parameters` next door checks and reads by them.

Ranges, values and defaults are those of the API reference.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from chatapp.conversation.filters import search_filter
from chatapp.conversation.schemas import FORMATS
from chatapp.conversation.shapes import Check, by_type, each, fields, one_of, pairs, switch, text, whole
from chatapp.conversation.tools import MOST_RESULTS, RANKERS, RANKING, TOOLS, tool_choice
from chatapp.protocol.include import INCLUDABLE
from chatapp.protocol.json_types import Json

Control = Literal[
    "model", "choice", "slider", "integer", "number", "line", "multiline", "switch", "stores", "pairs", "checks",
    "object", "filter", "tools", "tool_choice", "format", "json", "chat",
]  # fmt: skip
FOLDED: Final = frozenset(
    (
        "Reasoning details",
        "Extra output",
        "Search ranking",
        "Background",
        "Context on the server",
        "Prompt cache",
        "Identity and safety",
    )
)
"""Groups of what is seldom set."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name` is its dotted path in the request ("reasoning.effort"); `default` what a server assumes when it is
    not sent, in words; `low`, `high`, `step` bound numbers, `unit` says what they count; `choices` lists the
    documented values (others are allowed when `open_choice`); `longest` bounds text, in characters; `parts` are the
    fields of an object, `needed` one that cannot be left out. `check` stands for what follows from these where that
    is not all.

    `of_server`: it names something of one server. `once`: it holds for the next turn alone; the chat sets it itself
    otherwise, and it has no row in the panel."""

    name: str
    label: str
    group: str
    control: Control
    explanation: str
    default: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    open_choice: bool = False
    longest: int | None = None
    unit: str = ""
    parts: tuple["Parameter", ...] = ()
    needed: bool = False
    check: Check | None = None
    of_server: bool = False
    once: bool = False


EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
SUMMARIES: Final = ("auto", "concise", "detailed")
TIERS: Final = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
LONGEST_INPUT: Final = 10_485_760


def _input(value: Json, path: str) -> Json:
    return text(1, LONGEST_INPUT)(value, path) if isinstance(value, str) else _ITEMS(value, path)


_ITEMS: Final = each(fields({"type": text(1), "role": text(1)}), of="items, or text")


def _conversation(value: Json, path: str) -> Json:
    return fields({"id": text(1)}, ("id",))(value, path) if isinstance(value, dict) else text(1)(value, path)


_COMPACTION: Final = each(
    by_type({"compaction": fields({"compact_threshold": whole(1)})}, otherwise=fields({})),
    least=1,
    of="entries",
)
_MODE: Final = fields({"mode": one_of("score", "block")}, ("mode",))


def _part(name: str, label: str, control: Control, **more: Any) -> Parameter:
    """A field of an object."""
    return Parameter(name, label, "Server", control, "", **more)


# fmt: off
PARAMETERS: Final[tuple[Parameter, ...]] = (
    Parameter("model", "Model", "Model", "model",
        "The model that answers.",
        "the server's first", open_choice=True, of_server=True),
    Parameter("reasoning.effort", "Reasoning effort", "Model", "choice",
        "How long a reasoning model thinks before it answers.",
        "the model's own", choices=EFFORTS, open_choice=True),
    Parameter("reasoning.summary", "Reasoning summary", "Model", "choice",
        "Asks for a summary of what the model thought, shown above the answer.",
        "none", choices=SUMMARIES),
    Parameter("text.verbosity", "Verbosity", "Model", "choice",
        "How long the answer should be.",
        "medium", choices=("low", "medium", "high")),
    Parameter("temperature", "Temperature", "Sampling", "slider",
        "Higher is more varied, lower more predictable. Many reasoning models refuse it.",
        "1", 0, 2, 0.05),
    Parameter("top_p", "Top p", "Sampling", "slider",
        "Samples only from the most likely tokens that make up this share. Change this or temperature, not both.",
        "1", 0, 1, 0.05),
    Parameter("max_output_tokens", "Max output tokens", "Sampling", "integer",
        "A cap on the answer, reasoning included. An answer that reaches it is incomplete.",
        "no cap", 16, unit="tokens"),
    Parameter("instructions", "Instructions", "Instructions", "multiline",
        "A system message, sent with every turn; servers do not carry it over from the turn before.",
        "none"),
    Parameter("vector_stores", "Vector stores", "File search", "stores",
        "The libraries the model may search. None means no file search.",
        "none", of_server=True),
    Parameter("max_num_results", "Max results", "File search", "slider",
        "How many passages a search may return.",
        "20", 1, MOST_RESULTS, 1, unit="passages"),
    Parameter("text.format", "Answer format", "Answer", "format",
        "Free text, any JSON object, or JSON that matches a schema. For a JSON object, ask for JSON in words too.",
        "text", check=FORMATS),
    Parameter("tools", "Tools", "Functions and tools", "tools",
        "What else the model may call: your own functions, the server's web search, or any other tool as JSON.",
        "none", check=TOOLS),
    Parameter("tool_choice", "Tool choice", "Functions and tools", "tool_choice",
        "Whether the model may call tools, must, or must call a certain one.",
        "auto", check=tool_choice),
    Parameter("parallel_tool_calls", "Parallel calls", "Functions and tools", "switch",
        "Whether the model may call several tools at once.",
        "on"),
    Parameter("max_tool_calls", "Max tool calls", "Functions and tools", "integer",
        "A cap on all calls of the server's own tools in one answer; later ones are ignored.",
        "no cap", 1),
    Parameter("store", "Store", "Server", "switch",
        "Whether the server keeps the answer, so that the next turn can refer to it by id.",
        "on"),
    Parameter("background", "Background", "Server", "switch",
        "The server works on if the connection breaks, and the answer is taken up where it was.",
        "off"),
    Parameter("truncation", "Truncation", "Server", "choice",
        "What happens when the conversation is too long: auto drops the oldest turns, disabled refuses.",
        "disabled", choices=("disabled", "auto")),
    Parameter("service_tier", "Service tier", "Server", "choice",
        "The speed and price class the request asks for.",
        "auto", choices=TIERS),
    Parameter("metadata", "Metadata", "Server", "pairs",
        "Up to 16 pairs kept with the answer: keys to 64 characters, values to 512.",
        "none", check=pairs(16, 64, 512)),
    Parameter("file_search.filters", "Search filters", "Search ranking", "filter",
        "Only passages of files whose attributes fit are found.",
        "none", check=search_filter),
    Parameter("file_search.ranking_options", "Ranking", "Search ranking", "object",
        "How passages are ordered, and how good they must be.",
        "auto, no threshold", check=RANKING, parts=(
            _part("ranker", "Ranker", "choice", choices=RANKERS, open_choice=True),
            _part("score_threshold", "Score threshold", "slider", default="0", low=0, high=1, step=0.05),
            _part("hybrid_search", "Hybrid search", "object", parts=(
                _part("embedding_weight", "Weight of meaning", "number"),
                _part("text_weight", "Weight of words", "number"))))),
    Parameter("reasoning.context", "Earlier reasoning", "Reasoning details", "choice",
        "Which of the earlier thoughts the model sees again.",
        "the model's own", choices=("auto", "current_turn", "all_turns")),
    Parameter("reasoning.mode", "Reasoning mode", "Reasoning details", "choice",
        "How the model reasons.",
        "standard", choices=("standard", "pro"), open_choice=True),
    Parameter("reasoning.generate_summary", "Generate summary", "Reasoning details", "choice",
        "The old name of the reasoning summary, for servers that know no other.",
        "none", choices=SUMMARIES),
    Parameter("include", "Include", "Extra output", "checks",
        "What comes along with the answer beside its text.",
        "nothing", choices=INCLUDABLE),
    Parameter("top_logprobs", "Top logprobs", "Extra output", "integer",
        "How many of the likeliest tokens to tell at each place, with their probabilities.",
        "none", 0, 20, 1, unit="tokens"),
    Parameter("stream_options", "Stream options", "Extra output", "object",
        "Without obfuscation a stream has half the bytes; some servers refuse the field.",
        "obfuscated", parts=(
            _part("include_obfuscation", "Obfuscation", "switch"),)),
    Parameter("background_options", "Background options", "Background", "object",
        "How long the answer may take: windows of hours cost less. They need the background.",
        "soonest", parts=(
            _part("completion_window", "Done within", "choice", choices=("soonest", "2h", "8h")),
            _part("continuation_id", "Continuation id", "line"))),
    Parameter("conversation", "Conversation", "Context on the server", "line",
        "The id of a conversation that the server keeps: each turn is added to it, those of all branches.",
        "none", check=_conversation, of_server=True),
    Parameter("prompt", "Prompt template", "Context on the server", "object",
        "A prompt kept on the server, with values for its variables.",
        "none", of_server=True, parts=(
            _part("id", "Id", "line", needed=True),
            _part("version", "Version", "line"),
            _part("variables", "Variables", "json", check=fields({})))),
    Parameter("context_management", "Compaction", "Context on the server", "json",
        'Sums up older turns beyond so many tokens: [{"type": "compaction", "compact_threshold": 100000}].',
        "none", check=_COMPACTION),
    Parameter("image", "Image options", "Context on the server", "object",
        "Whether images in the context are compressed.",
        "auto", parts=(
            _part("context_compression", "Compression", "choice", choices=("auto", "enabled", "disabled")),)),
    Parameter("prompt_cache_key", "Cache key", "Prompt cache", "line",
        "Requests with the same key find each other's cached beginnings.",
        "none"),
    Parameter("prompt_cache_options", "Cache options", "Prompt cache", "object",
        "What is cached, and how long it is kept at least.",
        "implicit, 30 minutes", parts=(
            _part("mode", "Mode", "choice", choices=("implicit", "explicit")),
            _part("ttl", "Lifetime", "choice", choices=("30m", "12h")),
            _part("prewarm", "Prewarm only", "switch"),
            _part("comparison_response_id", "Compare with", "line"))),
    Parameter("prompt_cache_retention", "Cache retention", "Prompt cache", "choice",
        "How long the cache is kept at most. The old way to say it.",
        "the organisation's", choices=("in_memory", "24h")),
    Parameter("safety_identifier", "Safety identifier", "Identity and safety", "line",
        "A stable name for the person who asks, best hashed.",
        "none", longest=128),
    Parameter("user", "User", "Identity and safety", "line",
        "The old name of the safety identifier and the cache key in one.",
        "none"),
    Parameter("moderation", "Moderation", "Identity and safety", "object",
        "Has the question and the answer scored, or blocked, by a moderation model.",
        "none", parts=(
            _part("model", "Moderation model", "line", needed=True),
            _part("policy", "Policy", "json", check=fields({"input": _MODE, "output": _MODE})))),
    Parameter("access_programs", "Access programs", "Identity and safety", "object",
        "Which special access the request uses.",
        "the organisation's", parts=(
            _part("cyber", "Cyber", "choice", choices=("standard", "daybreak_blue", "daybreak_red")),)),
    Parameter("input", "Input", "Chat", "chat",
        "Text or items that are sent in place of the question.",
        "the question", check=_input, once=True),
    Parameter("previous_response_id", "Previous response", "Chat", "chat",
        "The response that is followed, of whatever conversation.",
        "the answer above", check=text(1), of_server=True, once=True),
    Parameter("stream", "Stream", "Chat", "chat",
        "Whether the answer comes as it is written.",
        "on", check=switch, once=True),
)
# fmt: on
