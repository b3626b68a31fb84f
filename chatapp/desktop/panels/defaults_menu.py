"""The menu of a parameter's defaults: make the present value the default of the model or the server, take one away, or
keep it out of this conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QWidget

from chatapp.conversation.defaults import NEVER_DEFAULT, NO_DEFAULTS, Setting
from chatapp.conversation.tree import Conversation
from chatapp.desktop.controls.control import words_for
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import next_model
from chatapp.desktop.loop import Errands
from chatapp.protocol.json_types import Json

if TYPE_CHECKING:
    from chatapp.services.application import Application
    from chatapp.services.ports import Connection

MODEL = "model"


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

    def _entries(
        self, head: Conversation, name: str, setting: Setting
    ) -> list[tuple[str, Callable[[], object]]]:
        server, on = head.server, self._desk.server_name(head.server)
        if name == MODEL:
            return self._entries_of_model(head, setting, on)
        model = next_model(self._desk, head)
        defaults = self._desk.defaults.get(server, NO_DEFAULTS)
        value, levels = setting.value, [("", on), *([(model, f"{model} on {on}")] if model else [])]
        entries: list[tuple[str, Callable[[], object]]] = []
        for of, whose in levels:
            now = (defaults.of_model(of) if of else defaults.of_server).get(name)
            if value is not None and value != now:
                words = f"Make {words_for(value)} the default for {whose}"
                entries.append((words, partial(self._make, head, of, name, value)))
            if now is not None:
                words = f"Remove the default for {whose} ({words_for(now)})"
                entries.append((words, partial(self._put, server, of, name, None)))
        if value is not None and name in defaults.beneath(model):
            entries.append(("Do not send it in this conversation", partial(self.withhold, head, name)))
        if setting.level == "conversation" and setting.beneath is not None:
            words = f"Use the default here ({words_for(setting.beneath)})"
            entries.append((words, partial(self._reset, head, name)))
        return entries

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

    def _entries_of_model(
        self, head: Conversation, setting: Setting, on: str
    ) -> list[tuple[str, Callable[[], object]]]:
        connection = self._desk.connection(head.server)
        if connection is None:
            return []
        entries: list[tuple[str, Callable[[], object]]] = []
        if setting.value != connection.default_model:
            words = f"Make {words_for(setting.value)} the default for {on}"
            entries.append((words, partial(self._make_model, head, connection, str(setting.value))))
        if connection.default_model:
            words = f"Remove the default for {on} ({words_for(connection.default_model)})"
            entries.append((words, partial(self._put_model, connection, "")))
        return entries

    def _make_model(self, head: Conversation, connection: Connection, model: str) -> None:
        self._put_model(connection, model)
        self._reset(head, MODEL)

    def _put_model(self, connection: Connection, model: str) -> None:
        changed = replace(connection, default_model=model)

        async def put(app: Application) -> list[Connection]:
            await app.preferences.put_connection(changed)
            return await app.preferences.connections()

        self._errands.run(put, then=self._desk.set_connections)


def _base_url(connection: Connection | None) -> str:
    return connection.base_url if connection is not None else ""
