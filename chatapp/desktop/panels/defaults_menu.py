"""The menu of a parameter's defaults: make the present value the default of the model or the server, take one away, or
keep it out of this conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtWidgets import QMenu, QWidget

from chatapp.conversation.defaults import NEVER_DEFAULT, NO_DEFAULTS, Setting
from chatapp.conversation.tree import Conversation
from chatapp.desktop.controls.control import words_for
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import next_model
from chatapp.desktop.loop import Errands
from chatapp.protocol.json_types import Json, shortened

if TYPE_CHECKING:
    from chatapp.services.application import Application
    from chatapp.services.ports import Connection

MODEL = "model"
Entry: TypeAlias = tuple[str, Callable[[], object]]
"""The words of an entry, and what it does."""


class DefaultsMenu:
    """Makes the menu of a row, and does what is chosen in it."""

    def __init__(self, desk: Desk, errands: Errands) -> None:
        self._desk, self._errands = desk, errands

    def has_entries(self, name: str) -> bool:
        """Whether a parameter can have a default. The engine chooses its model itself."""
        head = self._desk.head
        if name == MODEL:
            return head is not None and bool(_base_url(self._desk.connection(head.server)))
        return name not in NEVER_DEFAULT

    def menu(self, parent: QWidget, head: Conversation, name: str, setting: Setting) -> QMenu:
        menu = QMenu(parent)
        for words, act in self._entries(head, name, setting):
            menu.addAction(words.replace("&", "&&")).triggered.connect(lambda _checked, act=act: act())
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _entries(self, head: Conversation, name: str, setting: Setting) -> Iterator[Entry]:
        on = shortened(self._desk.server_name(head.server))
        if name == MODEL:
            yield from self._entries_of_model(head, setting, on)
            return
        model, value = next_model(self._desk, head), setting.value
        defaults = self._desk.defaults.get(head.server, NO_DEFAULTS)
        levels = {"": (on, defaults.of_server)}
        if model:
            levels[model] = (f"{shortened(model)} on {on}", defaults.of_model(model))
        for of, (whose, values) in levels.items():
            if value is not None and value != values.get(name):
                words = f"Make {said(value)} the default for {whose}"
                yield words, partial(self._make, head, of, name, value)
            if name in values:
                words = f"Remove the default for {whose} ({said(values[name])})"
                yield words, partial(self._put, head.server, of, name, None)
        if value is not None and name in defaults.beneath(model):
            yield "Do not send it in this conversation", partial(self.withhold, head, name)
        if setting.level == "conversation" and setting.beneath is not None:
            yield f"Use the default here ({said(setting.beneath)})", partial(self._reset, head, name)

    def withhold(self, head: Conversation, name: str) -> None:
        self._errands.run(lambda app: app.conversations.withhold_parameter(head.id, name))

    def _reset(self, head: Conversation, name: str) -> None:
        self._errands.run(lambda app: app.conversations.set_parameter(head.id, name, None))

    def _put(self, server: str, model: str, name: str, value: Json) -> None:
        self._errands.run(lambda app: app.defaults.put(server, model, name, value))

    def _make(self, head: Conversation, model: str, name: str, value: Json) -> None:
        """The conversation lets go of its own value where the default is the same from now on."""
        nearer = self._desk.defaults.get(head.server, NO_DEFAULTS).of_model(next_model(self._desk, head))

        async def make(app: Application) -> None:
            await app.defaults.put(head.server, model, name, value)
            if model or name not in nearer:
                await app.conversations.set_parameter(head.id, name, None)

        self._errands.run(make)

    def _entries_of_model(self, head: Conversation, setting: Setting, on: str) -> Iterator[Entry]:
        connection = self._desk.connection(head.server)
        if connection is None:
            return
        if setting.value != connection.default_model:
            words = f"Make {said(setting.value)} the default for {on}"
            yield words, partial(self._make_model, head, connection, str(setting.value))
        if connection.default_model:
            words = f"Remove the default for {on} ({said(connection.default_model)})"
            yield words, partial(self._put_model, connection, "")

    def _make_model(self, head: Conversation, connection: Connection, model: str) -> None:
        self._put_model(connection, model)
        self._reset(head, MODEL)

    def _put_model(self, connection: Connection, model: str) -> None:
        changed = replace(connection, default_model=model)

        async def put(app: Application) -> list[Connection]:
            await app.preferences.put_connection(changed)
            return await app.preferences.connections()

        self._errands.run(put, then=self._desk.set_connections)


def said(value: Json) -> str:
    """A value in a few words, on one line."""
    return " ".join(words_for(value).split())


def _base_url(connection: Connection | None) -> str:
    return connection.base_url if connection is not None else ""
