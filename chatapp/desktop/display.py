"""Whether there is a screen to draw on. Qt ends the process where there is none, so this is asked before Qt is."""

import os
import sys
from collections.abc import Mapping

NO_DISPLAY = (
    "chatapp: there is no display to open a window on. Start it from a desktop session, or ask in the terminal: "
    'chatapp ask "QUESTION".'
)


def has_display(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """macOS and Windows always have one; elsewhere X11 or Wayland says so, or Qt was told to use neither."""
    if platform in ("darwin", "win32"):
        return True
    chosen = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if chosen and chosen not in ("xcb", "wayland", "wayland-egl"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
