"""The look as values: palettes and metrics. `appearance` next door gives them to Qt; every painter reads them here.

Colours are "#RRGGBB". Contrast is checked by a test: text at least 7 on every ground it stands on but selection,
secondary text and accents at least 4.5. Metrics are logical pixels at a text size of 100 %.
"""

from typing import NamedTuple


class Palette(NamedTuple):
    """Every colour of the window by its role; `inset` is the ground of code and pictures inside a text."""

    name: str
    dark: bool
    window: str
    surface: str
    sunken: str
    inset: str
    border: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    question: str
    marker: str
    marker_text: str
    success: str
    warning: str
    danger: str
    selection: str
    border_width: int = 1


LIGHT = Palette(
    name="light",
    dark=False,
    window="#F6F6F4",
    surface="#FFFFFF",
    sunken="#F1F1EE",
    inset="#F1F1EE",
    border="#DEDED9",
    text="#1D1E21",
    secondary="#5A5D64",
    accent="#3350C8",
    on_accent="#FFFFFF",
    question="#ECEFFB",
    marker="#E2E8FD",
    marker_text="#2A3FA6",
    success="#1B7048",
    warning="#7A4F00",
    danger="#B3241A",
    selection="#C9D6FF",
)

DARK = Palette(
    name="dark",
    dark=True,
    window="#16171A",
    surface="#1D1F23",
    sunken="#131417",
    inset="#131417",
    border="#34373E",
    text="#E9EAEC",
    secondary="#A6AAB2",
    accent="#91A9FF",
    on_accent="#0E1226",
    question="#282C39",
    marker="#2B3560",
    marker_text="#C0CCFF",
    success="#62CC95",
    warning="#E3B84C",
    danger="#FF8F80",
    selection="#3A4A86",
)

HIGH_CONTRAST = Palette(
    name="high-contrast",
    dark=True,
    window="#000000",
    surface="#000000",
    sunken="#000000",
    inset="#2A2A2A",
    border="#FFFFFF",
    text="#FFFFFF",
    secondary="#FFFFFF",
    accent="#FFD400",
    on_accent="#000000",
    question="#000000",
    marker="#FFD400",
    marker_text="#000000",
    success="#6BFF9E",
    warning="#FFD400",
    danger="#FF9C8F",
    selection="#5A4B00",
    border_width=2,
)

PALETTES = {palette.name: palette for palette in (LIGHT, DARK, HIGH_CONTRAST)}

GAP_4, GAP_8, GAP_12, GAP_16, GAP_24 = 4, 8, 12, 16, 24
CONTROL_RADIUS = 6
CARD_RADIUS = 10
ROW_HEIGHT = 36
ICON = 18

BASE_TEXT = 13
CAPTION_TEXT = 12
TRANSCRIPT_TEXT = 15
TRANSCRIPT_LINE = 24
CODE_TEXT = 13
CODE_LINE = 20
HEADING_TEXT = (20, 17, 15)

READING_COLUMN = 760
LEFT_WIDTH = 260
RIGHT_WIDTH = 340
RIGHT_OVERLAY_BELOW = 900
LEFT_OVERLAY_BELOW = 640

FRAME_MS = 33
"""The window reads the feed once a frame while something streams: 30 Hz."""
