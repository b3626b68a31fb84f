"""What models a server has, and what it says of them beyond the common list: each kind of server in its own way."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from chatapp.engine.generation.chat_request import ModelFacts
from chatapp.engine.generation.port import GenerationFailed
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of, objects_of, text_of

_EMBEDS = ("embed", "rerank")
"""Words in the ids of models that do not chat."""

NOT_TOLD = "The model's server does not say what models it has."


class Asking(Protocol):
    """A way to put small questions to a server; the answer is None where it refuses."""

    async def json(self, path: str, body: JsonObject | None = None) -> Json: ...


async def facts_of(server: Asking) -> list[ModelFacts]:
    """The models of a server that can chat. Raises GenerationFailed where it does not say."""
    told = await server.json("models")
    if told is None:
        raise GenerationFailed(NOT_TOLD)
    listed = objects_of(object_of(told).get("data"))
    facts = [
        ModelFacts(one["id"], text_of(one.get("owned_by")), index_of(one.get("max_model_len")))
        for one in listed
        if text_of(one.get("id"))
    ]
    owner = facts[0].owner if facts else ""
    if owner in _TELLING:
        facts = await _TELLING[owner](server, facts)
    return [one for one in facts if not any(word in one.id.lower() for word in _EMBEDS)]


async def _llama_server(server: Asking, facts: list[ModelFacts]) -> list[ModelFacts]:
    props = object_of(await server.json("/props"))
    context = index_of(object_of(props.get("default_generation_settings")).get("n_ctx"))
    vision = object_of(props.get("modalities")).get("vision")
    calls = object_of(props.get("chat_template_caps")).get("supports_tools")
    return [
        replace(one, context=context or one.context, sees=_flag(vision), calls=_flag(calls)) for one in facts
    ]


async def _ollama(server: Asking, facts: list[ModelFacts]) -> list[ModelFacts]:
    known = []
    for one in facts:
        can = object_of(await server.json("/api/show", {"model": one.id})).get("capabilities")
        if not isinstance(can, list):
            known.append(one)
        elif "completion" in can:
            known.append(replace(one, sees="vision" in can, calls="tools" in can, obeys=False))
    return known


async def _lm_studio(server: Asking, facts: list[ModelFacts]) -> list[ModelFacts]:
    told = objects_of(object_of(await server.json("/api/v0/models")).get("data"))
    by_id = {text_of(one.get("id")): one for one in told}
    return [
        _told_by_lm_studio(one, by_id.get(one.id, {}))
        for one in facts
        if by_id.get(one.id, {}).get("type") != "embeddings"
    ]


def _told_by_lm_studio(facts: ModelFacts, told: JsonObject) -> ModelFacts:
    if not told:
        return facts
    can = told.get("capabilities")
    return replace(
        facts,
        context=index_of(told.get("loaded_context_length")),
        sees=told.get("type") == "vlm",
        calls="tool_use" in can if isinstance(can, list) else None,
    )


def _flag(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


_TELLING: dict[str, Callable[[Asking, list[ModelFacts]], Awaitable[list[ModelFacts]]]] = {
    "llamacpp": _llama_server,
    "library": _ollama,
    "organization_owner": _lm_studio,
}
"""By whom a server's models are owned, as it lists them: that tells the kind of server."""
