"""Pictures that answers point to: which of them their reader had loaded, and how the others stand. No toolkit.

They are kept for as long as the program runs, the newest first, and nowhere else. Nothing is loaded here.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

KEPT_LETTERS: Final = 64 << 20
"""Of base64, in all pictures. What is shown keeps its own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a picture stands. `words` say why it could not be loaded, `leads_to` where its host sends on to;
    `data` is the picture as base64."""

    stage: Literal["waiting", "loading", "failed", "elsewhere", "shown"] = "waiting"
    words: str = ""
    leads_to: str = ""
    data: str = ""


NOT_LOADED: Final = Standing()


class Standings:
    """By the address that stands in the answer."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Standing] = OrderedDict()

    def __getitem__(self, address: str) -> Standing:
        return self._known.get(address, NOT_LOADED)

    def put(self, address: str, standing: Standing) -> None:
        self._known[address] = standing
        self._known.move_to_end(address)
        shown = [key for key, known in self._known.items() if known.data]
        letters = sum(len(known.data) for known in self._known.values())
        while letters > KEPT_LETTERS and len(shown) > 1:
            letters -= len(self._known.pop(shown.pop(0)).data)


def is_on_the_web(address: str) -> bool:
    return address.lower().startswith(("https://", "http://")) and bool(host_of(address))


def host_of(address: str) -> str:
    """As it goes over the wire, so that no letter passes for another; "" where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
