"""Defaults of the user's own, for a server and for single models on it, and what they come to beneath a conversation.

What is set in the conversation counts first, then the default of the model, then that of the server; what none of
them says is not sent, and the server has its own. null in a conversation is not sent, whatever the defaults are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from chatapp.conversation.parameters import BY_NAME, ONCE, InvalidParameter, validate
from chatapp.protocol.json_types import Json, JsonObject, object_of

Level = Literal["conversation", "model", "server"]
NEVER_DEFAULT: Final = ONCE | {"model", "conversation", "vector_stores"}
"""The first question says them, or a new conversation takes them over from the one before it."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Of one server: values for whatever model, and by model."""

    of_server: JsonObject = field(default_factory=dict)
    of_models: Mapping[str, JsonObject] = field(default_factory=dict)

    def of_model(self, model: str) -> JsonObject:
        return self.of_models.get(model, {})

    def at(self, model: str) -> JsonObject:
        """Those of a model, or of the server where `model` is empty."""
        return self.of_model(model) if model else self.of_server

    def beneath(self, model: str) -> JsonObject:
        """What holds for a model where the conversation says nothing."""
        return {**self.of_server, **self.of_model(model)}


NO_DEFAULTS: Final = Defaults()


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from. `value` is None where the conversation withholds what would be `beneath`."""

    value: Json
    level: Level
    beneath: Json = None


def settings_of(own: JsonObject, defaults: Defaults, model: str) -> dict[str, Setting]:
    """Everything that is set for a conversation, `own` being its parameters."""
    beneath = defaults.beneath(model)
    found = {
        name: Setting(value, "model" if name in defaults.of_model(model) else "server")
        for name, value in beneath.items()
    }
    return found | {name: Setting(value, "conversation", beneath.get(name)) for name, value in own.items()}


def composed(own: JsonObject, defaults: Defaults, model: str) -> JsonObject:
    """The parameters a question is asked with. null for what is no row of the table is sent as it is."""
    together = {**defaults.beneath(model), **own}
    return {name: value for name, value in together.items() if value is not None or name not in BY_NAME}


def by_model(own: JsonObject, defaults: Defaults, usual: str) -> dict[str, JsonObject]:
    """What single models' defaults add to the parameters that are composed for no model: by model, "" standing for the
    `usual` one, which is asked where none is named."""
    added = {
        model: {name: value for name, value in values.items() if name not in own}
        for model, values in defaults.of_models.items()
    }
    return added | ({"": added[usual]} if usual in added else {})


def in_force_of(settings: Mapping[str, Setting]) -> JsonObject:
    """The values that are sent."""
    return {name: setting.value for name, setting in settings.items() if setting.value is not None}


def alone(parameters: JsonObject, defaults: Defaults, model: str) -> JsonObject:
    """Parameters for a conversation in which they are to hold without any default beside them."""
    return {**dict.fromkeys(defaults.beneath(model)), **parameters}


def with_default(defaults: Defaults, model: str, name: str, value: Json) -> Defaults:
    """The defaults with another value for a model, or for the server where `model` is empty; None takes it out. Raises
    InvalidParameter."""
    if name in NEVER_DEFAULT:
        raise InvalidParameter(name, name, "cannot have a default")
    checked = None if value is None else validate(name, value)
    if not model:
        return Defaults(_with(defaults.of_server, name, checked), defaults.of_models)
    models = {**defaults.of_models, model: _with(defaults.of_model(model), name, checked)}
    return Defaults(defaults.of_server, {each: values for each, values in models.items() if values})


def read_defaults(value: Json) -> Defaults:
    """From the disk. What has no row any more is left out."""
    kept = object_of(value)
    models = {model: _known(values) for model, values in object_of(kept.get("models")).items()}
    return Defaults(_known(kept.get("server")), models)


def defaults_json(defaults: Defaults) -> JsonObject:
    return {"server": defaults.of_server, "models": dict(defaults.of_models)}


def _known(values: Json) -> JsonObject:
    return {
        name: value
        for name, value in object_of(values).items()
        if name in BY_NAME and name not in NEVER_DEFAULT and value is not None
    }


def _with(values: JsonObject, name: str, value: Json) -> JsonObject:
    rest = {key: kept for key, kept in values.items() if key != name}
    return rest if value is None else {**rest, name: value}
