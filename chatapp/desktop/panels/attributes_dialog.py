"""The attributes of one file of a library, or of many at once: what searches can be filtered by."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from chatapp.conversation.attributes import MOST_PAIRS, Pair, applied, fault_of, pairs_of
from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.panels.file_words import files_words
from chatapp.desktop.panels.pair_rows import PairRows
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import column, label
from chatapp.protocol.json_types import Json, JsonObject, shortened

SIZE = (560, 400)


class AttributesDialog(EditDialog):
    """`saved` carries the new attributes by the key of their file: of those that change."""

    def __init__(self, parent: QWidget, files: Sequence[LibraryFile]) -> None:
        super().__init__(parent, "Attributes", SIZE)
        self._files = files
        one = f"“{shortened(files[0].filename, 60)}”" if len(files) == 1 else files_words(len(files))
        about = f"Attributes of {one}. A search can be narrowed by them."
        self.rows = PairRows(pairs_of([file.attributes for file in files]), typed=True)
        self.rows.changed.connect(self.follow)
        content = column(label(about, "secondary", wrap=True), self.rows, gap=GAP_8)
        content.setStretch(1, 1)
        self.lay(content)

    def value(self) -> dict[str, JsonObject]:
        pairs = self.rows.pairs()
        after = {file.key: applied(pairs, file.attributes) for file in self._files}
        return {file.key: after[file.key] for file in self._files if after[file.key] != file.attributes}

    def fault(self) -> str:
        pairs = self.rows.pairs()
        own = [pair for pair in pairs if pair.kind != "Differs"]
        if problem := fault_of(own):
            return problem
        names = [pair.name.strip() for pair in pairs]
        if len(set(names)) < len(names):
            return "A name is there twice."
        most = max(len(applied(pairs, file.attributes)) for file in self._files)
        return (
            f"A file has at most {MOST_PAIRS} attributes; one would have {most}." if most > MOST_PAIRS else ""
        )

    def state(self) -> Json:
        return [[pair.name, pair.kind, pair.text] for pair in self.rows.pairs()]

    def show_state(self, state: Json) -> None:
        self.rows.show_pairs([Pair(*entry) for entry in state])
