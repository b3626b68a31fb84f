"""Files on their way to a library, as a killed program leaves them."""

import os
from pathlib import Path

from chatapp.services.ports import Queued
from chatapp.storage.folders import HIDDEN, NOT_FILES, PROGRAMS_OWN, UNREADABLE, WalkedFolders
from chatapp.storage.profile import open_disk

STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 400, "chunk_overlap_tokens": 0}}


async def test_entries_stay_in_their_order_and_are_there_after_the_next_start(profile: Path) -> None:
    odd = Path(os.fsdecode(b"/tmp/caf\xe9 \xf0\x9f\x8f\x94.txt"))
    first = Queued("b", "engine", "vs_1", odd, odd.name, STATIC)
    second = Queued("a", "engine", "vs_1", Path("/tmp/2.txt"), "2.txt")
    async with open_disk(profile, window=True) as disk:
        await disk.uploads.put([first, second, Queued("c", "engine", "vs_1", Path("3"), "3")])
        failed = Queued("b", "engine", "vs_1", odd, odd.name, STATIC, "ab" * 32, "It is too large.", True)
        await disk.uploads.put([failed])
        await disk.uploads.drop(["c", "never there"])
    async with open_disk(profile, window=True) as disk:
        assert await disk.uploads.all() == [failed, second]


async def test_a_folder_is_walked_and_what_is_left_out_is_counted(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.md", "a/.hidden", ".git/config", "a/~$c.docx", "a/Thumbs.db", "a/cat.PNG"):
        (tmp_path / "given" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "given" / name).write_text("x")
    (tmp_path / "given" / "round").symlink_to(tmp_path / "given", target_is_directory=True)
    (tmp_path / "given" / "gone.txt").symlink_to(tmp_path / "nowhere")
    alone = tmp_path / "given" / "a" / "cat.PNG"
    found = await WalkedFolders().files_in([tmp_path / "given", alone, tmp_path / "missing.txt"])
    given = tmp_path / "given"
    assert found.files == (
        (given / "b.txt", 1), (given / "a" / "c.md", 1), (alone, 1), (tmp_path / "missing.txt", None)
    )  # fmt: skip
    assert found.ignored == {HIDDEN: 2, PROGRAMS_OWN: 2, UNREADABLE: 1, NOT_FILES: 1}
    assert found.words.startswith("Left out: ")
    assert "2 hidden" in found.words
