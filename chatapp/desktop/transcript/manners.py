"""Where the view stands, and what may move it: only the reader's own doing.

After a question the view follows the answer until the question reaches the top, and holds it there. Who goes
to the end follows the end. Everyone else stays at the very line they read, whatever grows above or below.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

NEAR: Final = 4  # pixels from the end that count as being there


class Following(Enum):
    NOTHING = auto()
    TURN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Anchor:
    """The strip at the top of the view and how far its top lies above it, in pixels."""

    key: str
    strip: int
    above: int


@dataclass(slots=True)
class Manners:
    following: Following = Following.END
    anchor: Anchor | None = None

    def asked(self) -> None:
        """The reader sent a question."""
        self.following = Following.TURN

    def moved(self, value: int, maximum: int, anchor: Anchor | None) -> None:
        """The reader scrolled: at the end that means to follow, elsewhere to stay."""
        self.following = Following.END if value >= maximum - NEAR else Following.NOTHING
        self.anchor = anchor

    def rest(self, anchor: Anchor | None) -> None:
        """Stay here."""
        self.following = Following.NOTHING
        self.anchor = anchor

    def value(self, maximum: int, turn_top: int, anchored: int) -> int:
        """Where the scroll bar belongs, given where the newest turn and the anchor lie now."""
        wanted = {Following.END: maximum, Following.TURN: turn_top, Following.NOTHING: anchored}[
            self.following
        ]
        return max(0, min(wanted, maximum))
