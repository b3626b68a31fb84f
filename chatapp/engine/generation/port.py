"""What a generator is: given what was said, what is wished and the passages found, it yields the answer in pieces.

`answering` decides what to ask, `writing` turns the pieces into items and events; a generator knows neither the wire
nor the disk. To add one: a file with a class like `Generator`, and a `Source` that lists it (`sources`).
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Literal, Protocol

from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query


class Ability(Enum):
    """What a request may ask of a generator beyond text; a request that needs more is refused."""

    FUNCTIONS = auto()
    """It calls functions, keeps to `Wishes.must_call`, and reads calls and their outputs among the turns."""
    JSON_OBJECT = auto()
    """It answers with a JSON object where `Wishes.format` asks for one."""
    JSON_SCHEMA = auto()
    """It answers with JSON that fits the schema in `Wishes.format`, always: its sampling is constrained."""
    INSTRUCTIONS = auto()
    """It does what instructions and messages say, so it can be asked for a summary of a conversation."""
    IMAGES = auto()
    """It takes messages with images: it sees them, or can say that there is one that it does not see."""
    SEARCHES = auto()
    """It decides what to search for, by a SearchPiece; without this the question is searched for beforehand."""
    REPEATS = auto()
    """Asked the same with the same `Wishes.seed`, it gives the same, byte by byte."""
    COUNTS = auto()
    """It counts its own tokens: it stops at `Wishes.max_tokens`, and yields a UsagePiece. Without this `run`
    estimates and stops it."""


# --- what a generator is given -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a message: a `data:` URL, and how closely to look (low, high, auto, original)."""

    url: str
    detail: str = "auto"


@dataclass(frozen=True, slots=True)
class Message:
    """Something said: `role` is user, assistant, system or developer; `content` is text and images in order."""

    role: str
    content: tuple[str | Image, ...]

    @property
    def text(self) -> str:
        return "\n".join(part for part in self.content if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning of the assistant before what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function the assistant called; `arguments` is JSON as it wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CallOutput:
    """What the call of that id gave; images are kept apart from text as in a message."""

    call_id: str
    content: tuple[str | Image, ...]

    @property
    def text(self) -> str:
        return "\n".join(part for part in self.content if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Search:
    """A search that the assistant asked for by a SearchPiece in this very answer, and what was found."""

    queries: tuple[str, ...]
    passages: tuple[Passage, ...]


Turn = Message | Thought | Call | CallOutput | Search


@dataclass(frozen=True, slots=True)
class Function:
    """A function that may be called; `parameters` is a JSON schema. Strict: the arguments must fit it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    strict: bool


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """Answer with JSON: any object where `schema` is None. Strict: it must fit the schema in every detail."""

    schema: Mapping[str, Any] | None = None
    name: str = ""
    description: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the answer is to be. None means that the request does not say: the generator's own default holds.

    `functions` are those that may be called in this answer, whatever else the request listed; with `must_call` one
    of them has to be, or a search asked for where the prompt says that it may. A generator that has no use for a wish
    ignores it, except for those its abilities promise.
    """

    functions: tuple[Function, ...] = ()
    must_call: bool = False
    parallel_calls: bool = True
    format: JsonFormat | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    effort: str | None = None
    summary: str | None = None
    verbosity: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """All a generator gets. `turns` are in order, the newest last; `passages` are best first.

    `searched` tells an empty result from a request that gave nothing to search; `unread` counts, where nothing was
    found, the files that should have been searched but are still being indexed. `may_search` is for a generator
    that SEARCHES: there is something to search, and it may yield one more SearchPiece; `must_search`: it has to, before
    anything else.
    """

    instructions: str | None
    turns: tuple[Turn, ...]
    query: Query
    passages: tuple[Passage, ...] = ()
    searched: bool = False
    unread: int = 0
    may_search: bool = False
    must_search: bool = False
    wishes: Wishes = field(default_factory=Wishes)


# --- what it yields ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class CitationPiece:
    """What stands before this point of the text is from this file."""

    file_id: str
    filename: str


@dataclass(frozen=True, slots=True)
class RefusalPiece:
    """More of the model's own words for why it does not answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThoughtPiece:
    """More reasoning, word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class SummaryPiece:
    """More of a summary of the reasoning; `part` counts its parts from 0 and never goes back."""

    text: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class CallPiece:
    """More arguments of a call. A new `call_id` begins a call; the pieces of one call stand together, none between.

    Calls that a model writes at the same time have to be told one after the other.
    """

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class SearchPiece:
    """Search for this, please. It is the last piece: the generator is asked again, with a Search among the turns."""

    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UsagePiece:
    """Tokens as the generator counts them; later ones replace earlier ones of the same answer. `output` includes
    `reasoning`, `input` includes `cached`."""

    input: int
    output: int
    reasoning: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class CutPiece:
    """The answer ends here although it is not complete. It is the last piece but for a UsagePiece."""

    reason: Literal["max_output_tokens", "content_filter"]


Piece = (
    TextPiece
    | CitationPiece
    | RefusalPiece
    | ThoughtPiece
    | SummaryPiece
    | CallPiece
    | SearchPiece
    | UsagePiece
    | CutPiece
)


class GenerationFailed(Exception):
    """What a generator raises when it cannot go on. `message` is for people, `code` for programs (see the wire's
    error codes: server_error, rate_limit_exceeded, …), `headers` say how long to wait. What was yielded before
    stays."""

    def __init__(
        self, message: str, code: str = "server_error", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.headers = dict(headers or {})


# --- who yields it -----------------------------------------------------------------------------------------------


class Generator(Protocol):
    """One way of wording answers. It keeps nothing from one answer to the next."""

    @property
    def id(self) -> str:
        """The name under which it stands in the list of models."""

    @property
    def owner(self) -> str:
        """Whose it is: `owned_by` in the list of models."""

    @property
    def abilities(self) -> frozenset[Ability]: ...

    @property
    def context_tokens(self) -> int | None:
        """How many tokens a prompt and its answer may have together; None where there is no limit."""

    async def count_tokens(self, prompt: Prompt) -> int:
        """The tokens of a prompt; `tokens.estimate_prompt` where nothing better is known. Raises GenerationFailed."""

    def generate(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece. Closing the iterator early stops the work. Raises GenerationFailed."""


class Source(Protocol):
    """Where generators come from: built in, a file, a server that is asked."""

    async def generators(self) -> Sequence[Generator]:
        """Those there are. Slow only the first time; a source that cannot be reached has none, and says so in the
        log."""

    def renew(self) -> None:
        """What is remembered no longer counts: whoever asks next is told what there is by then."""

    async def aclose(self) -> None:
        """Let go of whatever the generators hold."""
