"""A list, a table or code that is being written: what of it is cut for good, so that only its end is cut again."""

from chatapp.desktop.transcript.cutting import SHAPING, WIDEST_TABLE, Cutter, Measure, code_strips
from chatapp.desktop.transcript.strips import GAP, CodeLines, Frame, Shape, Strip
from chatapp.rendering.blocks import Block, Code, List, Table
from chatapp.rendering.code import Colouring

_TOP = Frame()


def can_grow(block: Block) -> bool:
    """Whether a block has parts of its own that are decided one after another."""
    return isinstance(block, List | Code) or (
        isinstance(block, Table) and len(block.alignments) <= WIDEST_TABLE
    )


class Growing:
    """One block at the top level of a text, which begins at `start` in the source after `blocks` code blocks and
    tables. `strips` are those that stay."""

    def __init__(self, start: int, blocks: int, measure: Measure, block: Block) -> None:
        self.start = start
        self.strips: list[Strip] = []
        self._cutter = Cutter(measure, blocks + (not isinstance(block, List)), self.strips)
        self._done = 0
        self._last: object = None
        self._shape: Shape | None = None
        self._columns = 0
        self._colours = Colouring(block.language if isinstance(block, Code) else "")
        self._head = self._heading(block)

    @property
    def blocks(self) -> int:
        """How many code blocks and tables there are with those of the strips that stay."""
        return self._cutter.blocks

    def continues(self, start: int, block: Block) -> bool:
        """Whether `block` is this one, grown."""
        if start != self.start or self._heading(block) != self._head:
            return False
        match block:
            case Code(_, text):
                return text.startswith(self._colours.text)
            case List(_, _, parts) | Table(_, _, parts):
                return not self._done or (len(parts) >= self._done and parts[self._done - 1] is self._last)
            case _:
                return False

    def _heading(self, block: Block) -> object:
        match block:
            case Code(language):
                return Code, language
            case List(start, tight):
                return List, start, tight
            case Table(alignments):
                if self._shape is None or self._done < SHAPING:
                    self._shape = self._cutter.shape(block)
                return Table, alignments, self._shape
            case _:
                return None

    def cut(self, block: Block, decided: int) -> tuple[list[Strip], int]:
        """The strips of what does not stay, and how many code blocks and tables there are with theirs.

        The first `decided` items or rows stay from now on; of code, every strip that another follows.
        """
        rest = Cutter(self._cutter.measure, self._cutter.blocks)
        match block:
            case Code():
                rest.strips += self._lines(block)
                rest.marks(block.markers, _TOP)
            case List(_, _, parts):
                stop = min(decided, len(parts) - 1)
                if stop > self._done:
                    self._cutter.items(block, self._done, stop, _TOP, GAP)
                    self._done, self._last, rest.blocks = stop, parts[stop - 1], self._cutter.blocks
                rest.items(block, self._done, len(parts), _TOP, GAP)
            case Table(_, _, parts):
                assert self._shape is not None
                stop = min(decided, len(parts) - 1)
                if stop > self._done:
                    self._cutter.rows(block, self._shape, self._done, stop, _TOP, GAP)
                    self._done, self._last = stop, parts[stop - 1]
                rest.rows(block, self._shape, self._done, len(parts), _TOP, GAP)
        return rest.strips, rest.blocks

    def _lines(self, block: Code) -> list[CodeLines]:
        self._colours.feed(block.text[len(self._colours.text) :])
        number, wide = self._cutter.blocks, self._columns
        cut = list(code_strips(block, self._done, number, self._colours, _TOP, GAP, wide))
        stay = max((at for at, strip in enumerate(cut) if not strip.glued), default=0)
        if stay:
            self.strips += cut[:stay]
            self._done, self._columns = cut[stay].offset, cut[stay - 1].columns
        return cut[stay:]

    def finish(self) -> None:
        """The block is complete."""
        self._colours.finish()
