"""The packages of real models: in this environment, or beside it where `run.py test` puts them."""

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

BESIDE = Path(sys.prefix) / "models"

ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(BESIDE))))}
"""For a process that is to find them."""


def folders_of(package: str) -> list[Path]:
    """Where an installed package lies, empty where it is not installed."""
    spec = PathFinder.find_spec(package, [*sys.path, str(BESIDE)])
    return [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
