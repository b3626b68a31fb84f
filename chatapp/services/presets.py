"""Presets: saved from a conversation, applied to others, shared as texts. Kept in the settings, told to the feed."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.changes import Notice, PresetsChanged
from chatapp.conversation.failures import Failure
from chatapp.conversation.presets import (
    InvalidPreset,
    Preset,
    applied,
    checked,
    checked_name,
    find,
    free_name,
    in_order,
    presets_json,
    read_presets,
    taken,
)
from chatapp.conversation.tree import Conversation
from chatapp.protocol.json_types import JsonObject
from chatapp.services.conversations import Conversations
from chatapp.services.defaults import OwnDefaults
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import Settings
from chatapp.services.tool_secrets import ToolSecrets
from chatapp.services.use_case import UseCaseFailure, use_case

PLACE = "presets"
UNDO = "presets.restore"


class Presets:
    def __init__(
        self,
        settings: Settings,
        conversations: Conversations,
        heads: Heads,
        defaults: OwnDefaults,
        tool_secrets: ToolSecrets,
        feed: Feed,
    ) -> None:
        self._settings = settings
        self._conversations = conversations
        self._heads = heads
        self._defaults = defaults
        self._tool_secrets = tool_secrets
        self._feed = feed
        self._lock = asyncio.Lock()
        self._before: dict[str, Preset] = {}

    @use_case
    async def tell(self) -> None:
        """Tells the feed which there are."""
        self._feed.put(PresetsChanged(await self._all()))

    @use_case
    async def save(self, name: str, conversation_id: str) -> Preset:
        """A new preset of what is in force in a conversation. Raises UseCaseFailure for a name that will not do."""
        seen = await self._defaults.over(await self._heads.get(conversation_id))
        return await self._add(lambda known: checked_name(name, known), taken(seen.parameters))

    @use_case
    async def overwrite(self, preset_id: str, conversation_id: str) -> None:
        """The preset says what is in force in a conversation now; `restore` brings back what it said."""
        seen = await self._defaults.over(await self._heads.get(conversation_id))
        now = taken(seen.parameters)
        before = await self._change(preset_id, lambda preset, _others: replace(preset, parameters=now))
        self._keep(before, "now says what is set here")

    @use_case
    async def rename(self, preset_id: str, name: str) -> None:
        await self._change(preset_id, lambda preset, others: replace(preset, name=checked_name(name, others)))

    @use_case
    async def delete(self, preset_id: str) -> None:
        """`restore` brings it back while the program runs."""
        async with self._lock:
            known = await self._all()
            gone = _by_id(preset_id, known)
            await self._write(preset for preset in known if preset.id != preset_id)
        self._keep(gone, "was deleted")

    @use_case
    async def restore(self, preset_id: str) -> None:
        """As it was before it was deleted or replaced, under its name or one like it where that is taken by now."""
        before = self._before.get(preset_id)
        if before is None:
            return
        async with self._lock:
            others = tuple(preset for preset in await self._all() if preset.id != preset_id)
            await self._write([*others, replace(before, name=free_name(before.name, others))])
        self._before.pop(preset_id, None)

    @use_case
    async def apply(self, preset_id: str, conversation_id: str) -> None:
        """Puts the preset in the place of what is set, and of every default. It can be taken back."""
        preset = _by_id(preset_id, await self._all())
        seen = await self._defaults.over(await self._heads.get(conversation_id))
        parameters = applied(preset.parameters, seen.parameters)
        told = f"The parameters are those of “{preset.name}” now."
        await self._conversations.take_parameters(conversation_id, parameters, told)

    @use_case
    async def for_question(self, name: str, server: str) -> JsonObject:
        """The parameters of a preset, for a question to a server beside any conversation."""
        known = await self._all()
        preset = find(name, known)
        if preset is None:
            raise UseCaseFailure(_unknown(name, known))
        head = Conversation("preset", "", 0.0, 0.0, server=server)
        return await self._defaults.alone(head, preset.parameters)

    @use_case
    async def export(self, preset_id: str) -> str:
        """The text of a file that `bring_in` reads."""
        from chatapp.exchange.preset_file import dump

        return dump(_by_id(preset_id, await self._all()))

    @use_case
    async def bring_in(self, text: str) -> Preset:
        """Adds a preset from a file, under its name or one like it. Raises UseCaseFailure that names what is wrong."""
        from chatapp.exchange.preset_file import load

        try:
            name, parameters = load(text)
        except InvalidPreset as problem:
            raise UseCaseFailure(_refused(problem, "This file cannot be imported")) from problem
        hidden = await self._tool_secrets.hidden(parameters)
        return await self._add(lambda known: free_name(name, known), hidden)

    async def _add(self, named: Callable[[tuple[Preset, ...]], str], parameters: JsonObject) -> Preset:
        async with self._lock:
            known = await self._all()
            try:
                preset = Preset(uuid4().hex, named(known), checked(parameters))
            except InvalidPreset as problem:
                raise UseCaseFailure(_refused(problem, "The preset was not saved")) from problem
            await self._write([*known, preset])
        return preset

    async def _change(self, preset_id: str, edit: Callable[[Preset, tuple[Preset, ...]], Preset]) -> Preset:
        """The preset as it was before."""
        async with self._lock:
            known = await self._all()
            before = _by_id(preset_id, known)
            others = tuple(preset for preset in known if preset.id != preset_id)
            try:
                after = edit(before, others)
            except InvalidPreset as problem:
                raise UseCaseFailure(_refused(problem, "The preset was not changed")) from problem
            await self._write([*others, after])
        return before

    def _keep(self, before: Preset, what: str) -> None:
        self._before[before.id] = before
        self._feed.put(Notice(f"The preset “{before.name}” {what}.", undo=f"{UNDO}:{before.id}"))

    async def _all(self) -> tuple[Preset, ...]:
        return read_presets(await self._settings.get(PLACE))

    async def _write(self, presets: Iterable[Preset]) -> None:
        ordered = in_order(presets)
        await self._settings.set(PLACE, presets_json(ordered))
        self._feed.put(PresetsChanged(ordered))


def _by_id(preset_id: str, known: Iterable[Preset]) -> Preset:
    found = next((preset for preset in known if preset.id == preset_id), None)
    if found is None:
        raise UseCaseFailure(GONE)
    return found


def _refused(problem: InvalidPreset, title: str) -> Failure:
    return Failure("invalid_preset", title, f"{problem} Nothing was changed.")


def _unknown(name: str, known: Iterable[Preset]) -> Failure:
    names = ", ".join(preset.name for preset in known)
    return Failure("unknown_preset", f"There is no preset “{name}”", f"This profile has: {names or 'none'}.")


GONE = Failure("preset_gone", "This preset is gone", "It was deleted in the meantime. Nothing was changed.")
