"""The locks hold what pyproject.toml asks for, with hashes, and name no package index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = {"requirements.lock": ("test", "build"), "models.lock": ("models",), "checks.lock": ("check",)}
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def asked(groups: tuple[str, ...], with_runtime: bool) -> list[Requirement]:
    """The requirements of these dependency groups, and those of the program itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [line for group in groups for line in project["dependency-groups"][group]]
    return [
        Requirement(line) for line in lines + (project["project"]["dependencies"] if with_runtime else [])
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name: str) -> None:
    text = (ROOT / "packaging" / name).read_text(encoding="utf-8")
    pinned: dict[str, list[Version]] = {}
    for package, version in PIN.findall(text):
        pinned.setdefault(package, []).append(Version(version))
    for requirement in asked(LOCKS[name], with_runtime=name == "requirements.lock"):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert any(version in requirement.specifier for version in versions), (
            f"{requirement} is not in {name}"
        )


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "packaging" / name).read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:]
    assert len(blocks) > 5
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_the_locks_agree_with_each_other() -> None:
    runtime, *others = (
        set(PIN.findall((ROOT / "packaging" / name).read_text(encoding="utf-8"))) for name in LOCKS
    )
    names = {package for package, _ in runtime}
    for other in others:
        both = {(package, version) for package, version in other if package in names}
        assert both
        assert both <= runtime
