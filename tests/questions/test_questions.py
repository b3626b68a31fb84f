"""Questions with answers written down beforehand, of documents of many kinds, asked through the engine."""

import json
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.services.feed import Feed
from tests.questions.asking import asked, library
from tests.questions.built import WRITERS

HERE = Path(__file__).parent
MOST_MISSED = 2
"""Of twenty it would be a tenth."""
TRUTH: list[dict[str, Any]] = json.loads((HERE / "truth.json").read_text("utf-8"))
"""Each question with the file, the page where there are pages, the words that answer it, and the line it begins in."""


@pytest.fixture
def documents(shared: Path, tmp_path: Path) -> list[Path]:
    """All documents of both kinds, so that each question has the others' to go wrong with."""
    for name, write in WRITERS.items():
        write(tmp_path / name)
    own = [*(HERE / "documents").iterdir(), *(tmp_path / name for name in WRITERS)]
    return [*sorted((shared / "corpus").glob("*.pdf")), *sorted(own)]


async def test_the_first_citation_is_the_right_one(documents: list[Path], profile: Path) -> None:
    async with open_profile(profile, Feed()) as app:
        store_id = await library(app, documents)
        findings = [await asked(app, store_id, truth["question"]) for truth in TRUTH]
    found = list(zip(TRUTH, findings, strict=True))
    elsewhere = [truth["question"] for truth, finding in found if not finding.is_at(truth)]
    uncovered = [truth["question"] for truth, finding in found if not finding.covers(truth)]
    assert len(TRUTH) >= 32
    assert len(elsewhere) <= MOST_MISSED, elsewhere
    assert len(uncovered) <= MOST_MISSED, uncovered
