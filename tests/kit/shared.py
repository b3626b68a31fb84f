"""Where the reference documents, recordings and server scripts are that are not part of the repository."""

import os
from pathlib import Path


def shared_folder() -> Path:
    """Beside the repository, or where CHATAPP_SHARED says; absent on most machines."""
    named = os.environ.get("CHATAPP_SHARED")
    return Path(named) if named else Path(__file__).parents[3] / "shared"
