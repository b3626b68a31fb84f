"""What bounds a search, as controls: how many passages, how good, how they are ranked, and of which files."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from chatapp.conversation.parameters import BY_NAME, InvalidParameter, Parameter, validate
from chatapp.conversation.searching import SearchSettings
from chatapp.desktop.controls.choosing import Choice
from chatapp.desktop.controls.control import Control
from chatapp.desktop.controls.filters import Filters
from chatapp.desktop.controls.number import Number
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import column, holding, label, named
from chatapp.protocol.json_types import Json

REST_MS: Final = 300
"""After the last change, before it is acted upon."""
_RANKING: Final = {part.name: part for part in BY_NAME["file_search.ranking_options"].parts}
_WEIGHTS: Final = {part.name: part for part in _RANKING["hybrid_search"].parts}
_USUAL_WEIGHT: Final = 1.0


def _weight(name: str) -> Parameter:
    return replace(_WEIGHTS[name], control="slider", low=0, high=1, step=0.05, default="1")


class SearchForm(QWidget):
    """`changed` tells that the settings have been others for a moment. `with_rewriting` offers what only a search by
    itself has."""

    changed = Signal()

    def __init__(self, with_rewriting: bool = False) -> None:
        super().__init__()
        self.settings = SearchSettings()
        self.controls: Mapping[str, Control] = {
            "max_num_results": Number(BY_NAME["max_num_results"]),
            "score_threshold": Number(_RANKING["score_threshold"]),
            "ranker": Choice(_RANKING["ranker"]),
            "embedding_weight": Number(_weight("embedding_weight")),
            "text_weight": Number(_weight("text_weight")),
            "filters": Filters(BY_NAME["file_search.filters"]),
        }
        self.rewriting = named(QCheckBox("Let the server rewrite the query"), "Rewrite the query")
        self.rewriting.setVisible(with_rewriting)
        self.rewriting.toggled.connect(lambda on: self._take(replace(self.settings, rewrite_query=on)))
        self.problems = {name: label(kind="danger", wrap=True) for name in self.controls}
        self._faults: dict[str, str] = {}
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self.changed)
        rows = [self._row(name, control) for name, control in self.controls.items()]
        self.setLayout(column(*rows, self.rewriting, gap=GAP_8))

    def show_settings(self, settings: SearchSettings) -> None:
        """Shows settings; nothing is told of it, nor of what was changed before."""
        self._rest.stop()
        self.settings = settings
        for name, control in self.controls.items():
            control.show_value(getattr(settings, name))
        self.rewriting.blockSignals(True)
        self.rewriting.setChecked(settings.rewrite_query)
        self.rewriting.blockSignals(False)
        self._faults = {}
        self._show_faults()

    def _row(self, name: str, control: Control) -> QWidget:
        words = label(control.parameter.label, "secondary")
        words.setBuddy(control.fields()[0])
        control.edited.connect(partial(self._edited, name))
        if isinstance(control, Number):
            control.sliding.connect(partial(self._edited, name))
        control.show_value(None)
        self.problems[name].hide()
        return holding(column(words, control, self.problems[name], gap=GAP_4))

    def _edited(self, name: str, value: Json) -> None:
        changed = _whole(replace(self.settings, **{name: value}), name)
        try:
            for parameter, given in changed.parameters().items():
                if given is not None:
                    validate(parameter, given)
        except InvalidParameter as problem:
            control = self.controls[name]
            place = control.parameter.label if isinstance(control, Number) else problem.path
            self._faults[name] = f"{place} {problem.need}."
            self._show_faults()
            return
        self._faults.pop(name, None)
        self._take(changed)
        self._show_faults()

    def _show_faults(self) -> None:
        """What each control holds that is not searched with."""
        for name, control in self.controls.items():
            control.mark(name in self._faults)
            self.problems[name].setText(self._faults.get(name, ""))
            self.problems[name].setVisible(name in self._faults)

    def _take(self, settings: SearchSettings) -> None:
        if settings == self.settings:
            return
        before, self.settings = self.settings, settings
        for name, control in self.controls.items():
            if getattr(before, name) != getattr(settings, name):
                self._faults.pop(name, None)
                control.show_value(getattr(settings, name))
        self._rest.start()


def _whole(settings: SearchSettings, changed: str) -> SearchSettings:
    """Both weights or none: one that is set brings the other along, one that is taken back takes it back too."""
    weights = {name: getattr(settings, name) for name in _WEIGHTS}
    if changed not in weights or (None not in weights.values()):
        return settings
    given = weights[changed]
    both = (
        dict.fromkeys(weights) if given is None else {**dict.fromkeys(weights, _USUAL_WEIGHT), changed: given}
    )
    return replace(settings, **both)
