"""Every example of the CommonMark specification and what real models wrote, streamed: as if read whole."""

import json
import random
from pathlib import Path

import pytest

from chatapp.rendering.grammar import parse
from tests.kit.recordings import FOLDER, streams
from tests.rendering.documents import GFM, streamed

EXAMPLES: list[str] = json.loads((Path(__file__).parent / "spec" / "commonmark.json").read_text("utf-8"))
SIZES = ([1], [4, 1, 13])


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_examples(sizes: list[int]) -> None:
    for example in (*EXAMPLES, *GFM):
        assert streamed(example, sizes).blocks == parse(example), example


@pytest.mark.parametrize("seed", range(2))
def test_examples_one_after_another(seed: int) -> None:
    """All of them in an order of chance, with and without an empty line between them."""
    chance = random.Random(seed)
    examples = [*EXAMPLES, *GFM]
    chance.shuffle(examples)
    for at in range(0, len(examples), 12):
        text = "".join(example + chance.choice(("", "\n", "\n\n")) for example in examples[at : at + 12])
        sizes = [chance.randint(1, 30) for _ in range(5)]
        assert streamed(text, sizes).blocks == parse(text), text


def answers() -> list[str]:
    """The texts of the recorded answers, each once."""
    lines = (
        line for recording in streams() for line in recording.body.decode("utf-8", "replace").split("\n")
    )
    done = (line.removeprefix("data:") for line in lines if '"response.output_text.done"' in line)
    return list(dict.fromkeys(json.loads(line)["text"] for line in done if line.lstrip().startswith("{")))


@pytest.mark.skipif(not FOLDER.exists(), reason="needs the recordings beside the repository")
def test_recorded_answers() -> None:
    chance = random.Random(5)
    for text in answers():
        sizes = [chance.randint(1, 12) for _ in range(7)]
        assert streamed(text, sizes).blocks == parse(text), text
    assert len(answers()) > 20
    everything = "\n\n".join(answers())
    assert streamed(everything, [4]).blocks == parse(everything)
