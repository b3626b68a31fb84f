"""Lays strips out: here the toolkit sets the type. What comes of it is described in `laid`."""

import math
from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)

from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.code_layout import BUTTON, CODE_HEADER, CODE_PAD, CodeSetter, head_button
from chatapp.desktop.transcript.colours import Colours
from chatapp.desktop.transcript.cutting import TEXT_STRIP
from chatapp.desktop.transcript.formula_object import FormulaObject
from chatapp.desktop.transcript.formulas import Formulas
from chatapp.desktop.transcript.laid import Button, Document, Laid, MarkerObject, Pane, indent_of
from chatapp.desktop.transcript.look import FORMULA_OBJECT, MARKER_OBJECT, Look
from chatapp.desktop.transcript.messages import MORE, PictureItem
from chatapp.desktop.transcript.pictures import Pictures
from chatapp.desktop.transcript.remote import Standings
from chatapp.desktop.transcript.runs import Run, Style, units

CELL_PAD: Final = 10
ROW_PAD: Final = 6
CARD_PAD: Final = 16
QUESTION_PAD: Final = 12
QUESTION_SHARE: Final = 0.8
CAPTION: Final = 20
FOLD: Final = 26
FOLD_LEFT: Final = 28
BRANCH_STEP: Final = 20
BRANCH_ROOM: Final = 20  # of the triangle before a line of a tree
LIFT: Final = 2  # a line's type sits low in it by so much; within a card or a row that shows
REMOTE_LEFT: Final = 44  # of the words about a picture from elsewhere, beside the drawing that stands for it
CHIP: Final = 26
CHIP_EDGES: Final = 36
WIDEST_NAME: Final = 220
TILE: Final = (112, 84)
TILE_NAME: Final = 20
TALLEST_PICTURE: Final = 480
NO_PICTURE: Final = (360, 72)  # what stands in the place of one that cannot be shown


class Typesetter:
    """Lays strips out in one look. `laid` counts how often, for those who watch the cost."""

    def __init__(
        self,
        look: Look,
        pictures: Pictures,
        colours: Colours,
        formulas: Formulas,
        standings: Standings,
    ) -> None:
        self.look = look
        self.standings = standings
        self.laid = 0
        self._pictures = pictures
        self._marker = MarkerObject(look)
        self._formula = FormulaObject(look, formulas)
        self.code = CodeSetter(look, colours, self._empty)
        self._kinds: dict[type, Callable[[Any, int], Laid]] = {
            s.Prose: self._prose,
            s.Equation: self._equation,
            s.CodeLines: self.code.lay,
            s.Row: self._row,
            s.Line: lambda strip, width: Laid(strip, width, look.px(9)),
            s.Caption: self._caption,
            s.Fold: self._fold,
            s.Picture: self._picture,
            s.Branch: self._branch,
            s.RemoteImage: self._remote,
            s.Card: self._card,
            s.Files: self._files,
            s.Actions: self._actions,
        }

    @property
    def marker(self) -> MarkerObject:
        return self._marker

    def lay(self, strip: s.Strip, width: int) -> Laid:
        """The strip at a width in pixels, its indent included."""
        self.laid += 1
        self._formula.pending = False
        laid = self._kinds[type(strip)](strip, width)
        laid.pending = self._formula.pending
        return laid

    def estimate(self, strip: s.Strip, width: int) -> int:
        """The likely height, without setting any type."""
        look = self.look
        match strip:
            case s.Prose():
                room = max(width - indent_of(strip.frame, look), look.px(80))
                line = look.heading_line(strip.level) if strip.level else look.line
                return line * (1 + int(len(strip.text) * look.average / room) + strip.text.count("\u2028"))
            case s.Equation():
                return look.px(56)
            case s.CodeLines():
                return self.code.height(strip, width)
            case s.Row():
                return look.px(37)
            case s.Picture() | s.RemoteImage(picture=PictureItem()):
                return self.picture_size(strip, width).height() + look.px(BUTTON)
            case s.Card() | s.RemoteImage():
                return look.px(110)
            case s.Files():
                return self._files(strip, width).height
            case s.Actions():
                return look.px(BUTTON)
            case _:
                return look.px(FOLD)

    def _document(
        self, parts: tuple[Run, ...], base: QFont, role: str, line: int, width: int
    ) -> QTextDocument:
        document = self._empty(base)
        document.setTextWidth(width)  # before there is anything to lay out
        cursor = QTextCursor(document)
        formats = [self._char(part, base, role, line, width) for part in parts]
        cursor.beginEditBlock()  # or every run lays out all that is before it
        cursor.setBlockFormat(self.look.block(line, grows=any(map(_is_deep, formats))))
        for part, form in zip(parts, formats, strict=True):
            cursor.insertText(part.text, form)
        cursor.endEditBlock()
        return document

    def _char(self, part: Run, base: QFont, role: str, line: int, width: int) -> QTextCharFormat:
        form = self.look.char(part, base, role)
        if part.style & Style.FORMULA:
            self._formula.fit(form, width, line)
        return form

    def _empty(self, base: QFont, wrap: bool = True) -> QTextDocument:
        document = Document()
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(0)
        document.setDefaultFont(base)
        document.documentLayout().registerHandler(MARKER_OBJECT, self._marker)
        document.documentLayout().registerHandler(FORMULA_OBJECT, self._formula)
        option = QTextOption()
        option.setWrapMode(
            QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere if wrap else QTextOption.WrapMode.NoWrap
        )
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        document.setDefaultTextOption(option)
        return document

    def _prose(self, strip: s.Prose, width: int) -> Laid:
        look = self.look
        if strip.tone == "question":
            return self._question(strip, width)
        base, line = self._type(strip)
        left = indent_of(strip.frame, look)
        role = {"secondary": "secondary", "danger": "danger"}.get(strip.tone, "text")
        document = self._document(strip.parts, base, role, line, max(width - left, look.px(80)))
        height = round(document.size().height())
        mirrored = document.firstBlock().textDirection() == Qt.LayoutDirection.RightToLeft
        x = 0 if mirrored else left
        pane = Pane(document, x, 0, width - left, height, 0, units(strip.text), _code_spans(strip.parts))
        return Laid(strip, width, height, [pane], mirrored=mirrored)

    def _equation(self, strip: s.Equation, width: int) -> Laid:
        """In the middle of the column; a wider one scrolls."""
        look = self.look
        left = indent_of(strip.frame, look)
        room = max(width - left, look.px(80))
        document = self._document(strip.parts, look.body, "text", look.line, -1)
        content = math.ceil(document.idealWidth())
        height = round(document.size().height())
        x = left + max(room - content, 0) // 2
        pane = Pane(document, x, 0, min(content, room), height, 0, units(strip.text))
        return Laid(strip, width, height + (look.px(10) if content > room else 0), [pane], content=content)

    def _type(self, strip: s.Prose) -> tuple[QFont, int]:
        look = self.look
        if strip.level:
            return look.heading(strip.level), look.heading_line(strip.level)
        if strip.tone == "raw":
            return look.mono, look.code_line
        if strip.tone == "secondary":
            return look.font(14), look.px(22)
        return look.body, look.line

    def _question(self, strip: s.Prose, width: int) -> Laid:
        """A card leaning right, as narrow as its text allows."""
        look = self.look
        pad = look.px(CARD_PAD)
        room = max(round(width * QUESTION_SHARE) - 2 * pad, look.px(80))
        document = self._document(strip.parts, look.body, "text", look.line, room)
        whole = len(strip.text) >= TEXT_STRIP - 200 or strip.glued
        inner = room if whole else min(room, round(document.idealWidth()) + 2)
        document.setTextWidth(inner)
        height = round(document.size().height())
        pane = Pane(document, width - inner - pad, -look.px(LIFT), inner, height, 0, units(strip.text))
        tall = look.px(BUTTON)
        left = width - inner - 2 * pad - len(strip.spots) * (tall + 2) - look.px(6)
        buttons = [
            Button(spot, QRect(left + at * (tall + 2), -look.px(2), tall, tall), spot.target)
            for at, spot in enumerate(strip.spots)
        ]
        return Laid(strip, width, height, [pane], buttons, content=inner + 2 * pad)

    def columns(self, shape: s.Shape, width: int) -> list[int]:
        """The widths of a table's columns: as each would like, more if there is room, down to the least if not."""
        pad = 2 * self.look.px(CELL_PAD)
        natural = [wish + pad for wish in shape.natural]
        least = [need + pad for need in shape.least]
        total, floor = sum(natural), sum(least)
        if total <= width:
            return _spread(natural, natural, width - total)
        if floor >= width:
            return least
        return _spread(least, [wish - need for wish, need in zip(natural, least, strict=True)], width - floor)

    def _row(self, strip: s.Row, width: int) -> Laid:
        look = self.look
        left, pad, above = indent_of(strip.frame, look), look.px(CELL_PAD), look.px(ROW_PAD)
        base = look.table_header if strip.header else look.body
        role = "secondary" if strip.header else "text"
        panes, x, at = [], left, 0
        for parts, wide, alignment in zip(
            strip.cells, self.columns(strip.shape, width - left), strip.alignments, strict=True
        ):
            document = self._document(parts, base, role, look.line, wide - 2 * pad)
            if alignment in ("right", "center"):
                option = document.defaultTextOption()
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
                option.setAlignment(right if alignment == "right" else Qt.AlignmentFlag.AlignHCenter)
                document.setDefaultTextOption(option)
            length = sum(units(part.text) for part in parts)
            height = round(document.size().height())
            y = above - look.px(LIFT)
            panes.append(Pane(document, x + pad, y, wide - 2 * pad, height, at, length, _code_spans(parts)))
            x, at = x + wide, at + length + 1
        height = max((pane.height for pane in panes), default=look.line) + 2 * above + 1
        return Laid(strip, width, height, panes, content=x - left)

    def _caption(self, strip: s.Caption, width: int) -> Laid:
        tall = self.look.px(CAPTION)
        words = QFontMetrics(self.look.caption).horizontalAdvance(strip.text)
        rect = QRect(0, 0, min(words, width), tall)
        return Laid(strip, width, tall, buttons=[Button(spot, rect) for spot in strip.spots])

    def _fold(self, strip: s.Fold, width: int) -> Laid:
        look = self.look
        room = QRect(0, 0, width - look.px(FOLD_LEFT), 10_000)
        wrap = Qt.TextFlag.TextWordWrap if strip.open else Qt.TextFlag.TextSingleLine
        text = QFontMetrics(look.small).boundingRect(room, int(wrap), strip.text)
        height = max(look.px(FOLD), text.height() + look.px(8))
        rect = QRect(0, 0, min(width, text.width() + look.px(FOLD_LEFT + 16)), height)
        return Laid(strip, width, height, buttons=[Button(strip.spots[0], rect)])

    def _branch(self, strip: s.Branch, width: int) -> Laid:
        look = self.look
        pad, room = look.px(CODE_PAD), look.px(BRANCH_ROOM)
        top = look.px(CODE_HEADER) + pad if strip.first else 0
        deepest = max(width - pad - look.px(80), pad + room)
        left = min(pad + room + strip.depth * look.px(BRANCH_STEP), deepest)
        inner = max(width - left - pad, look.px(40))
        document = self._document(strip.parts, look.font(14), "text", look.px(22), inner)
        tall = round(document.size().height())
        pane = Pane(document, left, top, inner, tall, 0, units(strip.text))
        buttons = (
            [head_button(look, strip.spots[0], "copy", "Copy", width - look.px(4))] if strip.first else []
        )
        if strip.fold:
            words = min(round(document.idealWidth()), inner)
            rect = QRect(left - room, top, room + words + look.px(4), look.px(22))
            buttons.append(Button(strip.spots[-1], rect))
        return Laid(strip, width, top + tall + (pad if strip.last else 0), [pane], buttons)

    def _card(self, strip: s.Card, width: int) -> Laid:
        look = self.look
        pad, gap = look.px(CARD_PAD), look.px(8)
        left = pad + look.px(4)
        document = self._document(strip.parts, look.body, "text", look.line, width - left - pad)
        tall = round(document.size().height())
        pane = Pane(document, left, look.px(QUESTION_PAD), width - left - pad, tall, 0, units(strip.text))
        y = pane.y + tall + look.px(10)
        x, buttons = left, []
        for at, spot in enumerate(strip.spots):
            wide = QFontMetrics(look.small).horizontalAdvance(spot.label) + look.px(24)
            if x + wide > width - pad and x > left:
                x, y = left, y + look.px(32) + gap
            if x == left and spot.kind != "action":
                x -= look.px(12)  # it has no edge: its word stands where the others' edges do
            primary = at == 0 and spot.kind == "action"
            buttons.append(Button(spot, QRect(x, y, wide, look.px(32)), "", spot.label, primary))
            x += wide + gap
        bottom = y + look.px(32) if buttons else pane.y + tall
        return Laid(strip, width, bottom + look.px(14), [pane], buttons)

    def _remote(self, strip: s.RemoteImage, width: int) -> Laid:
        """What it is called, where it is, how it stands, and a button: under each other beside a drawing."""
        look = self.look
        if strip.picture is not None:
            return self._picture(strip, width)
        left, pad = indent_of(strip.frame, look) + look.px(REMOTE_LEFT), look.px(CARD_PAD)
        inner = max(width - left - pad, look.px(80))
        told = "danger" if strip.standing.stage == "failed" else "secondary"
        name, whole = units(strip.name), units(strip.text)
        panes, y = [], look.px(QUESTION_PAD)
        for words, base, role, start, end in (
            (strip.name, look.body, "text", 0, name),
            (strip.src, look.small, "secondary", name + 1, whole),
            (strip.told, look.small, told, whole, whole),  # which cannot be selected
        ):
            document = self._document((Run(words),), base, role, look.px(20), inner)
            tall = round(document.size().height()) if words else 0
            panes.append(Pane(document, left, y, inner, tall, start, end - start))
            y += tall
        (spot,) = strip.spots
        metrics = QFontMetrics(look.small)
        label = metrics.elidedText(spot.label, Qt.TextElideMode.ElideMiddle, inner - look.px(24))
        wide = metrics.horizontalAdvance(label) + look.px(24)
        button = Button(spot, QRect(left, y + look.px(8), wide, look.px(32)), "", label)
        return Laid(strip, width, button.rect.bottom() + look.px(14), panes, [button])

    def picture_size(self, strip: s.Picture | s.RemoteImage, width: int) -> QSize:
        """How large a picture is shown: never larger than it is, nor wider or taller than is pleasant to read by.
        One that cannot be shown has room for the words that say so."""
        look = self.look
        own = self._pictures.size(strip.picture.data) if strip.picture else QSize()
        if own.isEmpty():
            return QSize(min(width, look.px(NO_PICTURE[0])), look.px(NO_PICTURE[1]))
        most = QSize(width, look.px(TALLEST_PICTURE))
        inside = own.width() <= most.width() and own.height() <= most.height()
        return own if inside else own.scaled(most, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))

    def _picture(self, strip: s.Picture | s.RemoteImage, width: int) -> Laid:
        look, left = self.look, indent_of(strip.frame, self.look)
        size = self.picture_size(strip, width - left)
        tall, x, buttons = look.px(BUTTON), left - look.px(6), []
        for spot, icon in zip(strip.spots, ("copy", "download"), strict=True):
            word = spot.label.split()[0]
            wide = QFontMetrics(look.caption).horizontalAdvance(word) + look.px(38)
            buttons.append(Button(spot, QRect(x, size.height() + look.px(2), wide, tall), icon, word))
            x += wide + look.px(2)
        return Laid(strip, width, size.height() + tall + look.px(2), buttons=buttons, picture=size)

    def _files(self, strip: s.Files, width: int) -> Laid:
        """Images as tiles with their names below, other files as chips: right-aligned, row below row."""
        look, metrics = self.look, QFontMetrics(self.look.caption)
        tile = QSize(look.px(TILE[0]), look.px(TILE[1] + TILE_NAME))
        names = [min(metrics.horizontalAdvance(file.name), look.px(WIDEST_NAME)) for file in strip.files]
        chips = [QSize(wide + look.px(CHIP_EDGES), look.px(CHIP)) for wide in names]
        order = sorted(range(len(strip.files)), key=lambda at: strip.files[at].picture is None)
        sizes = {at: chips[at] if strip.files[at].picture is None else tile for at in order}
        buttons, y = [], 0
        for line in _rows(order, sizes, width, look.px(6)):
            x = width - sum(sizes[at].width() for at in line) - look.px(6) * (len(line) - 1)
            for at in line:
                buttons.append(Button(strip.spots[at], QRect(QPoint(x, y), sizes[at])))
                x += sizes[at].width() + look.px(6)
            y += sizes[line[0]].height() + look.px(6)
        return Laid(strip, width, max(y - look.px(6), 0), buttons=buttons)

    def _actions(self, strip: s.Actions, width: int) -> Laid:
        """Icons with words where there is room for them, icons alone where not."""
        look = self.look
        tall, metrics = look.px(BUTTON), QFontMetrics(look.caption)
        names = {
            "inspect": "inspect",
            "fork": "fork",
            "edit": "edit",
            "copy": "copy",
            "regenerate": "regenerate",
            MORE: "more",
        }
        buttons: list[Button] = []
        worded = width >= look.px(520)
        x = -look.px(6)
        for spot in strip.spots[: len(names)]:
            text = spot.label if worded and spot.target != MORE else ""
            wide = metrics.horizontalAdvance(text) + look.px(34) if text else tall
            buttons.append(Button(spot, QRect(x, 0, wide, tall), names[spot.target], text))
            x += wide + look.px(2)
        if len(strip.spots) > len(names):
            back, on = strip.spots[-2:]
            step = look.px(26)
            middle = metrics.horizontalAdvance("00 / 00")
            buttons.append(Button(back, QRect(width - 2 * step - middle, 0, step, tall), "chevron-left"))
            buttons.append(Button(on, QRect(width - step, 0, step, tall), "chevron-right"))
        return Laid(strip, width, tall, buttons=buttons)


def _is_deep(form: QTextCharFormat) -> bool:
    return form.verticalAlignment() == QTextCharFormat.VerticalAlignment.AlignMiddle


def _rows(order: list[int], sizes: dict[int, QSize], width: int, gap: int) -> list[list[int]]:
    """What stands beside each other: as many as fit, of one height."""
    rows: list[list[int]] = []
    room = 0
    for at in order:
        size = sizes[at]
        if not rows or size.width() > room or sizes[rows[-1][0]].height() != size.height():
            rows.append([])
            room = width
        rows[-1].append(at)
        room -= size.width() + gap
    return rows


def _spread(base: list[int], weights: list[int], extra: int) -> list[int]:
    total = sum(weights) or 1
    return [wide + extra * weight // total for wide, weight in zip(base, weights, strict=True)]


def _code_spans(parts: tuple[Run, ...]) -> tuple[tuple[int, int], ...]:
    found, at = [], 0
    for part in parts:
        end = at + units(part.text)
        if part.style & Style.MONO:
            found.append((at, end))
        at = end
    return tuple(found)
