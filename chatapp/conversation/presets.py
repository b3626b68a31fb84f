"""Presets: sets of parameters with a name, that conversations are given. Pure.

A preset says how is answered, not about what: it leaves out what names things of one server (its libraries, a
conversation or a prompt kept there) and what holds for one turn. The model goes along.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chatapp.conversation.parameters import BY_NAME, OF_THE_SERVER, ONCE, InvalidParameter, validate
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of

LEFT_OUT: Final = (frozenset(OF_THE_SERVER) | ONCE) - {"model"}
LONGEST_NAME: Final = 80
"""Characters of a preset's name."""


@dataclass(frozen=True, slots=True)
class Preset:
    id: str
    name: str
    parameters: JsonObject


class InvalidPreset(ValueError):
    """The message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A parameter that the preset has otherwise than it is now; None is not set."""

    name: str
    label: str
    preset: Json
    now: Json


def taken(parameters: JsonObject) -> JsonObject:
    """What of a conversation's parameters goes into a preset."""
    return {
        name: value
        for name, value in parameters.items()
        if name in BY_NAME and name not in LEFT_OUT and value is not None
    }


def applied(preset: JsonObject, own: JsonObject) -> JsonObject:
    """A conversation's parameters once they are those of a preset: what no preset says stays, and the model where this
    one names none."""
    stays = {name: value for name, value in own.items() if name in LEFT_OUT or name == "model"}
    return {**stays, **preset}


def differences(preset: JsonObject, now: JsonObject) -> tuple[Difference, ...]:
    """What applying it would change, in the order of the panel. `now` is all that is in force."""
    after = applied(preset, now)
    return tuple(
        Difference(name, row.label, after.get(name), now.get(name))
        for name, row in BY_NAME.items()
        if name not in LEFT_OUT and after.get(name) != now.get(name)
    )


def alike(preset: JsonObject, now: JsonObject) -> tuple[Difference, ...]:
    """What it has as it is now, in the order of the panel."""
    return tuple(
        Difference(name, row.label, preset[name], now[name])
        for name, row in BY_NAME.items()
        if name in preset and preset[name] == now.get(name)
    )


def checked(parameters: Mapping[str, Json]) -> JsonObject:
    """The parameters of a preset, each by its row. Raises InvalidParameter."""
    for name in parameters:
        if name in LEFT_OUT:
            raise InvalidParameter(name, name, "belongs to one server or one question, not to a preset")
    return {name: validate(name, value) for name, value in parameters.items()}


def checked_name(name: str, others: Iterable[Preset]) -> str:
    """The name as it is kept. Raises InvalidPreset for one that is empty, too long or taken."""
    words = " ".join(name.split())
    if not words:
        raise InvalidPreset("A preset needs a name.")
    if len(words) > LONGEST_NAME:
        raise InvalidPreset(f"A name has at most {LONGEST_NAME} characters, not {len(words)}.")
    if find(words, others) is not None:
        raise InvalidPreset(f"There is a preset “{words}” already.")
    return words


def free_name(name: str, others: Sequence[Preset]) -> str:
    """The name, or the name with the first number that is free."""
    words = " ".join(name.split())[:LONGEST_NAME].strip() or "Preset"
    tried, number = words, 1
    while find(tried, others) is not None:
        number += 1
        end = f" ({number})"
        tried = f"{words[: LONGEST_NAME - len(end)]}{end}"
    return tried


def find(name: str, presets: Iterable[Preset]) -> Preset | None:
    """The preset of this name, whatever its case."""
    wanted = " ".join(name.split()).casefold()
    return next((preset for preset in presets if preset.name.casefold() == wanted), None)


def in_order(presets: Iterable[Preset]) -> tuple[Preset, ...]:
    return tuple(sorted(presets, key=lambda preset: preset.name.casefold()))


def read_presets(value: Json) -> tuple[Preset, ...]:
    """From the disk; rows without id or name are passed over."""
    rows = (
        Preset(text_of(row.get("id")), text_of(row.get("name")), object_of(row.get("parameters")))
        for row in objects_of(value)
    )
    return in_order(row for row in rows if row.id and row.name)


def presets_json(presets: Iterable[Preset]) -> list[JsonObject]:
    return [{"id": preset.id, "name": preset.name, "parameters": preset.parameters} for preset in presets]
