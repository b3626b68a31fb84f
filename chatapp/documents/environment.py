"""What of our environment a child process is given: where things are and which language, never a key.

The reader of documents works on hostile files and the engine listens on a port; neither has any business with the
secrets that shells keep in variables. Both `limited_process` and the engine's owner start their children with this.
"""

import os

_NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "LANG", "LANGUAGE", "TMPDIR", "TEMP", "TMP",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "VIRTUAL_ENV",
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA",
        "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
    }
)  # fmt: skip
_BEGINNINGS = ("LC_", "XDG_", "PYTHON", "_PYI_")
"""The last one tells a frozen program's child where its parent unpacked it."""


def child_environment(also: str = "", **values: str) -> dict[str, str]:
    """The variables for a child: the harmless ones of ours, those that begin with `also`, and `values`."""
    beginnings = (*_BEGINNINGS, also) if also else _BEGINNINGS
    harmless = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NAMES or name.upper().startswith(beginnings)
    }
    return harmless | values
