"""What was typed of a server and not saved yet: kept in memory while the settings are closed, written nowhere."""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from chatapp.services.ports import Connection

NEW = ""
"""The draft of a server that is to be added; the others go by their connection's id."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form's fields as they stand. `key` is the key, or the name of the variable it comes from."""

    connection: Connection
    key: str = ""


class ServerDrafts(QObject):
    """A child of whatever outlives the settings."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.typed: dict[str, Typed] = {}

    @staticmethod
    def of(owner: QObject) -> "ServerDrafts":
        """Those of an owner, made when first asked for."""
        found = owner.findChild(ServerDrafts)
        return found if isinstance(found, ServerDrafts) else ServerDrafts(owner)
