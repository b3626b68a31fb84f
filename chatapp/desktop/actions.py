"""One table of everything the window can be told to do: the shortcuts and the command palette are made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from chatapp.desktop.window import Window


@dataclass(frozen=True, slots=True)
class Action:
    """`shortcut` is in Qt's portable notation, or empty; `drawing` names an icon, or is empty."""

    id: str
    text: str
    handler: Callable[["Window"], object]
    shortcut: str = ""
    drawing: str = ""


ACTIONS = (
    Action("palette.open", "Command palette", lambda window: window.palette_of_commands.open(), "Ctrl+K", "palette"),
    Action("conversation.new", "New conversation", lambda window: window.switching.new(), "Ctrl+N", "plus"),
    Action("conversation.search", "Search conversations", lambda window: window.search(), "Ctrl+Shift+F", "search"),
    Action("transcript.find", "Find in this conversation", lambda window: window.find_words(), "Ctrl+F",
           "search"),
    Action("transcript.find_next", "Find the next place", lambda window: window.transcript.find_next(1), "F3",
           "chevron-down"),
    Action("transcript.find_previous", "Find the previous place", lambda window: window.transcript.find_next(-1),
           "Shift+F3", "chevron-up"),
    Action("conversation.rename", "Rename this conversation", lambda window: window.rename(), "", "edit"),
    Action("conversation.pin", "Pin or unpin this conversation", lambda window: window.pin(), "", "pin"),
    Action("conversation.delete", "Delete this conversation", lambda window: window.delete(), "", "delete"),
    Action("conversation.undo", "Undo the last deletion", lambda window: window.notices.take_back(), "Ctrl+Z",
           "delete"),
    Action("conversation.deleted", "Recently deleted conversations", lambda window: window.dialogs.deleted(), "",
           "delete"),
    Action("composer.focus", "Write a question", lambda window: window.write(), "Ctrl+L", "edit"),
    Action("composer.attach", "Attach files", lambda window: window.composer.choose_files(), "Ctrl+O", "attach"),
    Action("calls.answer", "Answer the waiting calls", lambda window: window.answer_calls(), "Ctrl+J", "edit"),
    Action("turn.stop", "Stop the answer", lambda window: window.escape(), "Esc", "stop"),
    Action("turn.regenerate", "Regenerate the last answer", lambda window: window.on_last("regenerate"), "Ctrl+R",
           "regenerate"),
    Action("sweep.vary", "Vary from here", lambda window: window.sweeps.vary_here(), "Ctrl+Shift+E", "sliders"),
    Action("sweep.show", "Show the sweep", lambda window: window.sweeps.show(), "Ctrl+Shift+Y", "sliders"),
    Action("turn.compare", "Compare the last answer with…", lambda window: window.on_last("compare"), "", "fork"),
    Action("turn.repeat", "Ask twice and compare byte by byte", lambda window: window.on_last("repeat"), "",
           "regenerate"),
    Action("turn.edit", "Edit the last question", lambda window: window.on_last("edit"), "Ctrl+E", "edit"),
    Action("turn.delete", "Delete the last turn", lambda window: window.on_last("delete"), "",
           "delete"),
    Action("turn.deleted", "Recently deleted turns of this conversation", lambda window: window.dialogs.deleted_turns(),
           "", "delete"),
    Action("turn.favourite", "Mark the last answer as favourite, or not", lambda window: window.on_last("favourite"),
           "", "pin"),
    Action("transcript.copy", "Copy as Markdown: what is selected, or the last answer",
           lambda window: window.copy_markdown(), "Ctrl+Shift+C", "copy"),
    Action("answer.footnotes_markdown", "Copy the last answer with footnotes as Markdown",
           lambda window: window.on_last("footnotes_markdown"), "", "quote"),
    Action("answer.footnotes_html", "Copy the last answer with footnotes as HTML",
           lambda window: window.on_last("footnotes_html"), "", "quote"),
    Action("answer.save_page", "Save the last answer with its pages as HTML",
           lambda window: window.on_last("save_page"), "", "download"),
    Action("answer.save_csl", "Save the last answer's citations as CSL-JSON",
           lambda window: window.on_last("save_csl"), "", "download"),
    Action("answer.save_bibtex", "Save the last answer's citations as BibTeX",
           lambda window: window.on_last("save_bibtex"), "", "download"),
    Action("turn.previous", "Previous branch", lambda window: window.step_branch(-1), "Alt+Left", "chevron-left"),
    Action("turn.next", "Next branch", lambda window: window.step_branch(1), "Alt+Right", "chevron-right"),
    Action("tree.show", "Show the conversation tree", lambda window: window.tree.enter(), "Ctrl+T", "tree"),
    Action("fork.previous", "Previous fork", lambda window: window.step_fork(-1), "Alt+Shift+Up", "chevron-up"),
    Action("fork.next", "Next fork", lambda window: window.step_fork(1), "Alt+Shift+Down", "chevron-down"),
    Action("transcript.previous", "Previous question", lambda window: window.transcript.go_turn(-1), "Alt+Up",
           "chevron-up"),
    Action("transcript.next", "Next question", lambda window: window.transcript.go_turn(1), "Alt+Down", "chevron-down"),
    Action("citation.next", "Next citation", lambda window: window.step_citation(1), "F8", "quote"),
    Action("citation.previous", "Previous citation", lambda window: window.step_citation(-1), "Shift+F8", "quote"),
    Action("panel.parameters", "Show parameters", lambda window: window.enter_panel("Parameters"), "Ctrl+1", "sliders"),
    Action("preset.save", "Save the parameters as a preset", lambda window: window.presets.save(), "", "sliders"),
    Action("preset.manage", "Presets: compare, apply, rename, share", lambda window: window.presets.manage(), "",
           "sliders"),
    Action("panel.library", "Show the library", lambda window: window.enter_panel("Library"), "Ctrl+2", "library"),
    Action("panel.citations", "Show citations", lambda window: window.enter_panel("Citations"), "Ctrl+3", "quote"),
    Action("library.search", "Test a search in a library", lambda window: window.dialogs.search_test(), "", "search"),
    Action("support.mark", "Mark sentences whose wording is not found, or do not",
           lambda window: window.doubts.switch(not window.doubts.marks), "", "quote"),
    Action("panel.inspector", "Show the inspector", lambda window: window.enter_panel("Inspector"), "Ctrl+4",
           "inspect"),
    Action("panels.toggle", "Show or hide the panels", lambda window: window.columns.toggle_right(), "Ctrl+B",
           "panel-right"),
    Action("list.toggle", "Show or hide the conversations", lambda window: window.columns.toggle_left(),
           "Ctrl+Shift+B", "panel-left"),
    Action("look.system", "Look: like the system", lambda window: window.choose_look("system"), "", "settings"),
    Action("look.light", "Look: light", lambda window: window.choose_look("light"), "", "settings"),
    Action("look.dark", "Look: dark", lambda window: window.choose_look("dark"), "", "settings"),
    Action("look.contrast", "Look: high contrast", lambda window: window.choose_look("high-contrast"), "", "settings"),
    Action("text.larger", "Larger text", lambda window: window.step_text_size(1), "Ctrl++", "plus"),
    Action("text.smaller", "Smaller text", lambda window: window.step_text_size(-1), "Ctrl+-", "settings"),
    Action("text.usual", "Text size 100 %", lambda window: window.step_text_size(0), "Ctrl+0", "settings"),
    Action("settings.open", "Settings", lambda window: window.dialogs.settings(), "Ctrl+,", "settings"),
    Action("window.close", "Close chatapp", lambda window: window.close(), "Ctrl+Q", "close"),
)  # fmt: skip


ALSO = {"text.larger": ("Ctrl+=",)}
"""Where the sign of a shortcut needs Shift, the key without it does too."""


def install(window: "Window") -> None:
    """Makes a QAction of every row, with its shortcut, on the window."""
    for action in ACTIONS:
        entry = QAction(action.text, window)
        entry.setObjectName(action.id)
        if action.shortcut:
            entry.setShortcuts([QKeySequence(keys) for keys in (action.shortcut, *ALSO.get(action.id, ()))])
        entry.triggered.connect(lambda _checked=False, action=action: action.handler(window))
        window.addAction(entry)
