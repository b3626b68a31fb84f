"""A preset as a file to share, and back: JSON of its name and its parameters, by the names of the API reference.

What is read goes through the gate that every parameter goes through. Secrets of tools are in no preset: a reference
stands in their place, and whoever gets the file types their own.
"""

import json
from typing import Final

from chatapp.conversation.parameters import InvalidParameter
from chatapp.conversation.presets import InvalidPreset, Preset, checked
from chatapp.exchange.file_json import Unreadable, parsed
from chatapp.protocol.json_types import (
    Json,
    JsonObject,
    text_of,
    without_lone_surrogates,
)

FORMAT: Final = "chatapp preset"
VERSION: Final = 1
LARGEST: Final = 4_000_000
"""Characters of a file that is read."""
DEEPEST: Final = 100


def dump(preset: Preset) -> str:
    value = {
        "format": FORMAT,
        "version": VERSION,
        "name": preset.name,
        "parameters": preset.parameters,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def load(text: str) -> tuple[str, JsonObject]:
    """The name and the parameters. Raises InvalidPreset, with the field that is wrong."""
    value = without_lone_surrogates(_parsed(text))
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InvalidPreset("This file is JSON, but no preset saved by chatapp.")
    if value.get("version") != VERSION:
        raise InvalidPreset(f"This preset is not of version {VERSION}, the only one this program knows.")
    parameters = value.get("parameters")
    if not isinstance(parameters, dict):
        raise InvalidPreset("This preset has no parameters.")
    try:
        return text_of(value.get("name")), checked(parameters)
    except InvalidParameter as problem:
        raise InvalidPreset(f"This preset cannot be used: {problem}") from problem


def _parsed(text: str) -> Json:
    if len(text) > LARGEST:
        raise InvalidPreset("This file is too large for a preset.")
    try:
        return parsed(text, DEEPEST, numbers_only=True)
    except Unreadable as problem:
        raise InvalidPreset(str(problem)) from problem
