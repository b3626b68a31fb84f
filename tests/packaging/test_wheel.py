"""The wheel carries the program and its resources, and finds them without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from chatapp import __version__
from chatapp.resource_files import resource

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the built wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def run_from(site: Path, *arguments: str) -> str:
    """What Python prints when only `site` and this environment's third parties can be imported."""
    program = f"import sys; sys.path = [p for p in sys.path if p != {str(ROOT)!r}]; sys.path.insert(0, {str(site)!r});"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program + arguments[0], *arguments[1:]],
        capture_output=True,
        text=True,
        check=True,
        cwd=site,
        timeout=60,
    )
    return done.stdout


def test_every_resource_is_in_the_wheel(unpacked: Path) -> None:
    tracked = {
        path.relative_to(ROOT / "resources") for path in (ROOT / "resources").rglob("*") if path.is_file()
    }
    assert tracked
    assert all((unpacked / "chatapp" / "resources" / path).is_file() for path in tracked)


def test_the_wheel_finds_its_own_resources(unpacked: Path) -> None:
    found = run_from(unpacked, "from chatapp.resource_files import resource; print(resource('icons'))")
    assert Path(found.strip()) == unpacked / "chatapp" / "resources" / "icons"


def test_the_wheel_says_its_version(unpacked: Path) -> None:
    program = "from chatapp.__main__ import main; sys.exit(main(sys.argv[1:]))"
    assert run_from(unpacked, program, "--version") == f"chatapp {__version__}\n"


def test_the_checkout_finds_the_folder_beside_the_package() -> None:
    assert resource("icons", "chatapp.svg") == ROOT / "resources" / "icons" / "chatapp.svg"


def test_a_missing_resource_says_that_the_installation_is_incomplete() -> None:
    with pytest.raises(
        FileNotFoundError, match=r"resources/icons/none\.svg is missing; install chatapp again"
    ):
        resource("icons", "none.svg")
