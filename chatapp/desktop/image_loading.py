"""Pictures that answers point to, loaded when their reader asks for it; the transcript shows how each stands."""

from asyncio import Task
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from chatapp.conversation.failures import Failure
from chatapp.desktop.links import ask_for_image, ask_for_near_image
from chatapp.desktop.loop import Errands
from chatapp.desktop.transcript.remote import NOT_LOADED, Standing
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.services.ports import Elsewhere
from chatapp.services.remote_images import NEAR


class ImageLoading(QObject):
    """Owns what is under way, by the addresses that stand in the answers."""

    def __init__(self, errands: Errands, view: TranscriptView) -> None:
        super().__init__(view)
        self._errands, self._view = errands, view
        self._under_way: dict[str, Task[Any]] = {}
        view.image_asked.connect(self._asked)

    def _asked(self, src: str, address: str) -> None:
        if address:
            ask_for_image(self._view, address, partial(self._load, src, address))
        else:
            self._stop(src)

    def _load(self, src: str, address: str, near: bool) -> None:
        self._stop(src)
        task = self._errands.run(
            lambda app: app.images.load(address, near),
            partial(self._came, src),
            partial(self._failed, src, address),
        )
        if task is not None:
            self._under_way[src] = task
            self._view.stand(src, Standing("loading"))

    def _stop(self, src: str) -> None:
        task = self._under_way.pop(src, None)
        if task is not None:
            task.cancel()
            self._view.stand(src, NOT_LOADED)

    def _came(self, src: str, found: str | Elsewhere) -> None:
        self._under_way.pop(src, None)
        if isinstance(found, Elsewhere):
            self._view.stand(src, Standing("elsewhere", leads_to=found.address))
        else:
            self._view.stand(src, Standing("shown", data=found))

    def _failed(self, src: str, address: str, failure: Failure) -> None:
        self._under_way.pop(src, None)
        self._view.stand(src, Standing("failed", failure.text))
        if failure.kind == NEAR:
            ask_for_near_image(self._view, address, partial(self._load, src, address, near=True))
