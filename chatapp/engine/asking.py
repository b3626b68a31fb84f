"""From the body of a request to what a run needs: checked, with everything looked up that it names."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from chatapp.engine.answering import Task
from chatapp.engine.attachments import InputFile, input_file, pictures
from chatapp.engine.catalogue import no_such_store
from chatapp.engine.checks import unknown
from chatapp.engine.context import Engine
from chatapp.engine.errors import ApiError, invalid
from chatapp.engine.fitting import fitted_turns
from chatapp.engine.generation.port import Ability, Generator
from chatapp.engine.history import Recent, resolved, said_before
from chatapp.engine.input_items import check_outputs, items_of, parts_of
from chatapp.engine.json_answers import check_schemas
from chatapp.engine.models import no_such_model
from chatapp.engine.retrieval.embedding import MODEL
from chatapp.engine.run import RunRequest
from chatapp.engine.search import StoreSearch
from chatapp.engine.tools import choice_of
from chatapp.engine.turns import turns_of
from chatapp.engine.validation import check_abilities, checked_parameters, echo, view_wanted, wishes_of
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request: what to run, what was said before it, and how the client wants to hear of it."""

    run: RunRequest
    said: list[JsonObject]
    store: bool
    stream: bool


async def asked(engine: Engine, body: JsonObject, recent: Recent, *, generates: bool = True) -> Asked:
    """What a body of POST /v1/responses asks for. Raises ApiError 400 or 404."""
    parameters = checked_parameters(body, ("model", "input"))
    said = await said_before(engine, parameters, recent)
    task, items = await _task(engine, parameters, body, said)
    drop = parameters["truncation"] == "auto"
    task = replace(task, turns=await fitted_turns(task.generator, task.prompt(), drop=drop))
    generates = generates and not parameters["prompt_cache_options"].get("prewarm")
    run = RunRequest(task, echo(parameters), items, view_wanted(parameters), generates)
    return Asked(run, said, parameters["store"], parameters["stream"])


async def prepared(engine: Engine, body: JsonObject) -> tuple[Task, list[JsonObject]]:
    """The task that a body describes, which may lack an input, and all items that it is about.

    It may be longer than its model takes. Raises ApiError 400 or 404.
    """
    parameters = checked_parameters(body, ("model",))
    said = await said_before(engine, parameters, {})
    task, items = await _task(engine, parameters, body, said)
    return task, [*said, *items]


def only(body: JsonObject, names: Collection[str]) -> JsonObject:
    """The body of a request that takes these parameters of a response. Raises ApiError 400 for any other."""
    for name in body:
        if name not in names:
            raise unknown(name)
    return body


async def _task(
    engine: Engine, parameters: JsonObject, given: JsonObject, said: list[JsonObject]
) -> tuple[Task, list[JsonObject]]:
    """The task, and the items of the input. `given` is the request as it came."""
    generator = await generator_of(engine, parameters["model"])
    check_abilities(parameters, generator)
    await check_schemas(parameters)
    choice = choice_of(parameters["tools"], parameters["tool_choice"])
    if choice.searches and Ability.SEARCHES not in generator.abilities:
        # The search that is made beforehand is the call that is required.
        choice = replace(choice, must_call=False)
    items = await resolved(engine, said, items_of(parameters["input"], generator))
    check_outputs(said, items)
    await _check_stores(engine, choice.searches)
    task = Task(
        generator=generator,
        instructions=parameters["instructions"],
        turns=tuple(turns_of([*said, *items], await _pictures(engine, said, items))),
        wishes=wishes_of(parameters, given, choice),
        searches=choice.searches,
        must_search=choice.must_search,
        most_calls=parameters["max_tool_calls"],
        files=await _files(engine, said, items),
    )
    return task, items


async def generator_of(engine: Engine, model: str) -> Generator:
    """The generator of that name. Raises ApiError 400 or 404."""
    generator = await engine.generators.find(model)
    if generator is None and model == MODEL and engine.embedding:
        message = f"The model '{model}' makes vectors and does not answer. Choose another one."
        raise invalid(message, "model", "unsupported_model")
    if generator is None:
        raise no_such_model(model)
    return generator


async def _check_stores(engine: Engine, searches: tuple[StoreSearch, ...]) -> None:
    stores = []
    for number, search in enumerate(searches):
        for store_id in search.store_ids:
            try:
                store = await engine.catalogue.get(store_id)
            except ApiError:
                raise no_such_store(store_id, f"tools[{number}].vector_store_ids") from None
            if store["status"] == "expired":
                raise invalid(f"Vector store '{store_id}' has expired.", "tools", "vector_store_expired")
            stores.append(store)
    await engine.catalogue.touch(stores)


async def _files(engine: Engine, said: list[JsonObject], items: list[JsonObject]) -> tuple[InputFile, ...]:
    """The files of this message and of the messages before it; an earlier one that is gone is left out."""
    files = {}
    for part, param in parts_of(said, "input_file"):
        try:
            file = await input_file(engine, part, param)
        except ApiError:
            continue
        files[file.file_id] = file
    for part, param in parts_of(items, "input_file"):
        file = await input_file(engine, part, param)
        files[file.file_id] = file
    return tuple(files.values())


async def _pictures(engine: Engine, said: list[JsonObject], items: list[JsonObject]) -> dict[str, str]:
    """The images that messages name by file, as `_files`."""
    found: dict[str, str] = {}
    for part in parts_of(said, "input_image"):
        try:
            found |= await pictures(engine, [part])
        except ApiError:
            continue
    return found | await pictures(engine, parts_of(items, "input_image"))
