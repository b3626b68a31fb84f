"""Draws what stands around the words: pictures, cards, files, actions."""

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from chatapp.desktop.theme import CARD_RADIUS, CONTROL_RADIUS
from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.ink import Stroke
from chatapp.desktop.transcript.laid import Laid, indent_of
from chatapp.desktop.transcript.layout import QUESTION_PAD, TILE
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.messages import File, PictureItem
from chatapp.desktop.transcript.painting import TextBrush
from chatapp.desktop.transcript.pictures import NOT_SHOWN, Pictures


class Brush(TextBrush):
    """Paints strips of every kind in one look."""

    def __init__(self, look: Look, pictures: Pictures) -> None:
        super().__init__(look)
        self._pictures = pictures
        self._kinds |= {
            s.RemoteImage: self._remote,
            s.Picture: self._generated,
            s.Card: self._card,
            s.Files: self._files,
            s.Actions: self._actions,
        }

    def _remote(self, painter: QPainter, strip: s.RemoteImage, laid: Laid, stroke: Stroke) -> None:
        look, left = self.look, indent_of(strip.frame, self.look)
        if strip.picture is not None:
            self._picture(painter, strip.picture, laid, stroke, left)
            return
        painter.setPen(QPen(look.colour("border"), look.palette.border_width))
        painter.setBrush(look.colour("inset"))
        box = QRectF(left + 0.5, 0.5, laid.width - left - 1, laid.height - 1)
        painter.drawRoundedRect(box, CARD_RADIUS, CARD_RADIUS)
        place = QPointF(left + look.px(16), look.px(QUESTION_PAD) + look.px(1))
        self.icon(painter, "image", place, look.px(18), look.colour("secondary"))
        for pane in laid.panes:
            self._pane(painter, pane, stroke)
        for button in laid.buttons:
            self._button(painter, button, stroke, framed=True)

    def _generated(self, painter: QPainter, strip: s.Picture, laid: Laid, stroke: Stroke) -> None:
        self._picture(painter, strip.picture, laid, stroke)

    def _picture(
        self, painter: QPainter, picture: PictureItem, laid: Laid, stroke: Stroke, left: int = 0
    ) -> None:
        look, box = self.look, QRectF(left, 0, laid.picture.width(), laid.picture.height())
        shown = None
        if not self._pictures.size(picture.data).isEmpty():
            device = painter.device()
            ratio = device.devicePixelRatioF() if device else 1.0
            shown = self._pictures.pixmap(picture.data, laid.picture, ratio)
        outline = QPainterPath()
        outline.addRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), CONTROL_RADIUS, CONTROL_RADIUS)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(box, look.colour("sunken"))
        if shown is not None:
            painter.drawPixmap(box.topLeft(), shown)
        painter.restore()
        painter.setPen(QPen(look.colour("border"), look.palette.border_width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        if self._pictures.size(picture.data).isEmpty() or (shown is not None and shown.isNull()):
            painter.setFont(look.small)
            painter.setPen(look.colour("secondary"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box.adjusted(8, 8, -8, -8), flags, NOT_SHOWN)
        for button in laid.buttons:
            self._button(painter, button, stroke)

    def _card(self, painter: QPainter, strip: s.Card, laid: Laid, stroke: Stroke) -> None:
        look = self.look
        colour = look.colour(
            {"info": "accent", "warning": "warning", "danger": "danger"}[strip.notice.severity]
        )
        box = QRectF(0.5, 0.5, laid.width - 1, laid.height - 1)
        outline = QPainterPath()
        outline.addRoundedRect(box, CARD_RADIUS, CARD_RADIUS)
        painter.fillPath(outline, look.colour("window" if not look.palette.dark else "sunken"))
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(QRectF(0, 0, look.px(4), laid.height), colour)
        painter.restore()
        painter.setPen(QPen(look.colour("border"), look.palette.border_width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        for pane in laid.panes:
            self._pane(painter, pane, stroke)
        for button in laid.buttons:
            self._button(painter, button, stroke, framed=button.spot.kind == "action")

    def _files(self, painter: QPainter, strip: s.Files, laid: Laid, stroke: Stroke) -> None:
        """Right-aligned, under the question they belong to."""
        painter.setFont(self.look.caption)
        for button in laid.buttons:
            file = strip.files[int(button.spot.target)]
            draw = self._chip if file.picture is None else self._tile
            draw(painter, file, QRectF(button.rect), stroke.hovered == button.spot)

    def _chip(self, painter: QPainter, file: File, box: QRectF, hovered: bool) -> None:
        look, ink = self.look, self.look.colour("text" if hovered else "secondary")
        painter.setPen(QPen(look.colour("border"), look.palette.border_width))
        painter.setBrush(look.colour("sunken" if hovered else "surface"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), box.height() / 2, box.height() / 2)
        side = look.px(14)
        place = QPointF(box.x() + look.px(9), box.y() + (box.height() - side) / 2)
        self.icon(painter, file.drawing, place, side, ink)
        painter.setPen(ink)
        room = box.adjusted(look.px(27), 0, -look.px(8), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._elided(file.name, round(room.width())))

    def _tile(self, painter: QPainter, file: File, box: QRectF, hovered: bool) -> None:
        look = self.look
        frame, name = QRectF(box), QRectF(box)
        frame.setHeight(look.px(TILE[1]))
        name.setTop(frame.bottom())
        shown = self._thumbnail(painter, file, frame.size().toSize())
        outline = QPainterPath()
        outline.addRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), CONTROL_RADIUS, CONTROL_RADIUS)
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(frame, look.colour("sunken"))
        if shown is not None:
            painter.drawPixmap(frame.topLeft(), shown)
        painter.restore()
        if shown is None or shown.isNull():
            side = look.px(24)
            place = frame.center() - QPointF(side / 2, side / 2)
            self.icon(painter, "image", place, side, look.colour("secondary"))
        painter.setPen(QPen(look.colour("accent" if hovered else "border"), look.palette.border_width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        painter.setPen(look.colour("text" if hovered else "secondary"))
        words = self._elided(file.name, round(name.width()))
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignHCenter, words)

    def _thumbnail(self, painter: QPainter, file: File, size: QSize) -> QPixmap | None:
        device = painter.device()
        ratio = device.devicePixelRatioF() if device else 1.0
        return self._pictures.thumbnail(file.picture, file.media_type, size, ratio) if file.picture else None

    def _actions(self, painter: QPainter, strip: s.Actions, laid: Laid, stroke: Stroke) -> None:
        look = self.look
        right = laid.width
        index, count = strip.siblings
        steppers = [button for button in laid.buttons if button.icon.startswith("chevron")]
        for button in laid.buttons:
            if stroke.active or (button in steppers and not strip.streaming):
                self._button(painter, button, stroke)
        painter.setFont(look.caption)
        painter.setPen(look.colour("secondary"))
        if steppers:
            first, last = steppers[0].rect, steppers[1].rect
            middle = QRect(first.right(), 0, last.left() - first.right(), laid.height)
            painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, f"{index} / {count}")
            right = first.left() - look.px(8)
        if strip.footer and (stroke.active or strip.streaming):
            left = max((button.rect.right() for button in laid.buttons if button not in steppers), default=0)
            room = QRect(left + look.px(8), 0, right - left - look.px(8), laid.height)
            text = self._elided(strip.footer, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
