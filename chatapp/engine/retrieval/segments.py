"""The parts of a term index on the disk, as tantivy's own list names them: in the order in which it searches them."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Segment:
    """Chunks that were written together. `forgotten` of them are gone, though their words are still there. The names of
    its files begin with `identity`."""

    identity: str
    forgotten: int


def segments_of(folder: Path) -> list[Segment]:
    """The segments of the index in a folder. Raises OSError."""
    try:
        listed = json.loads((folder / "meta.json").read_text("utf-8"))["segments"]
    except (ValueError, KeyError) as error:
        raise OSError("the list of the index's segments is damaged") from error
    return [
        Segment(
            one["segment_id"].replace("-", ""), one["deletes"]["num_deleted_docs"] if one["deletes"] else 0
        )
        for one in listed
    ]
