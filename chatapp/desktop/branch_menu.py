"""The menu of a conversation's branches: one entry an end, those of a sweep together under its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from chatapp.conversation.experiments import setting_words, title_of
from chatapp.desktop import transcript_model
from chatapp.protocol.json_types import shortened

if TYPE_CHECKING:
    from chatapp.conversation.tree import Turn
    from chatapp.desktop.desk import Desk

LONGEST_BRANCH = 60


def fill(menu: QMenu, desk: Desk, ends: list[Turn], chosen: Callable[[str], object]) -> None:
    """`chosen` gets the id of the turn whose branch is to be shown."""
    shown = desk.last_turn
    swept = {
        turn_id: (change.experiment, place)
        for change in desk.experiments.values()
        for place, turn_id in change.experiment.turns.items()
    }
    menus: dict[str, QMenu] = {}
    for turn in ends:
        target, words = menu, transcript_model.title_of(desk.tree, turn)
        if turn.id in swept:
            experiment, place = swept[turn.id]
            plan = experiment.plan
            if experiment.id not in menus:
                menus[experiment.id] = menu.addMenu(f"Sweep: {title_of(plan)}")
            sample = f", sample {place % plan.samples + 1}" if plan.samples > 1 else ""
            target, words = menus[experiment.id], f"{setting_words(plan.axes, plan.setting(place))}{sample}"
        entry = target.addAction(shortened(words, LONGEST_BRANCH).replace("&", "&&"))
        entry.setCheckable(True)
        entry.setChecked(shown is not None and turn.id == shown.id)
        entry.triggered.connect(lambda _checked=False, turn=turn: chosen(turn.id))
