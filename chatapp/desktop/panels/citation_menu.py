"""The button over the citations of an answer: what can be done with all of them at once."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu, QPushButton

from chatapp.desktop.transcript.messages import SOURCE_ACTIONS
from chatapp.desktop.widgets import Icons, button


def citation_menu(icons: Icons, act: Callable[[str], object]) -> QPushButton:
    """A button with a menu; `act` gets the id of the action."""
    opener = icons.put(button("Copy or save", None, "quiet", "Copy or save citations"), "download", size=14)
    menu = QMenu(opener)
    menu.setObjectName("citationMenu")
    for name, label in SOURCE_ACTIONS.items():
        menu.addAction(label, partial(act, name))
    opener.setMenu(menu)
    return opener
