"""The plots of a sweep side by side, and the same as one picture to keep."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from chatapp.conversation.experiments import Plan, value_words
from chatapp.conversation.sweep_figures import METRICS, Metric, Result, digits_of, known_metrics, lines
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.plot import Curve, Plot, draw, places_of
from chatapp.desktop.theme import CAPTION_TEXT, CARD_RADIUS, GAP_8, GAP_12, GAP_16, Palette
from chatapp.services.whole_file import write_whole

PLOT_SIZE = (380, 260)
SMALL_HEIGHT = 132
SMALL = ("agreement", "output_tokens", "seconds")
"""The figures that stand over the grid, too."""
LEAST_WIDTH = 280
PICTURE_COLUMNS = 2
PICTURE_SCALE = 2


class PlotCard(QWidget):
    """One plot. Its words are its accessible description. `chosen` by a press or a key."""

    chosen = Signal()

    def __init__(self, look: Appearance, small: bool) -> None:
        super().__init__()
        self._look, self._small, self.plot = look, small, Plot("", "", "", (), (), ())
        self.setMinimumHeight(SMALL_HEIGHT if small else PLOT_SIZE[1])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_plot(self, plot: Plot) -> None:
        if plot != self.plot:
            self.plot = plot
            self.setAccessibleName(f"{plot.title} by {plot.along.lower()}")
            words = " ".join(filter(None, (plot.words(), plot.note)))
            self.setAccessibleDescription(words)
            self.setToolTip(words)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(PLOT_SIZE[0], self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self._look.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = palette.accent if self.hasFocus() else palette.border
        painter.setPen(QPen(QColor(edge), palette.border_width))
        painter.setBrush(QColor(palette.surface))
        card = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(card, CARD_RADIUS, CARD_RADIUS)
        inside = card.adjusted(GAP_16, GAP_12, -GAP_16, -GAP_8)
        draw(painter, inside, self.plot, palette, self._look.font(CAPTION_TEXT), self._small)


class Plots(QWidget):
    """As many beside each other as there is room for; small ones all in one row."""

    chosen = Signal()

    def __init__(self, look: Appearance, small: bool = False) -> None:
        super().__init__()
        self._look, self._small = look, small
        self.cards: list[PlotCard] = []
        self._grid = QGridLayout(self)
        self._grid.setSpacing(GAP_12)
        self._grid.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        self._columns = 0
        look.changed.connect(self.update)

    def show_plots(self, plots: Sequence[Plot]) -> None:
        while len(self.cards) < len(plots):
            self.cards.append(PlotCard(self._look, self._small))
            self.cards[-1].chosen.connect(self.chosen)
            self._columns = 0
        for at, card in enumerate(self.cards):
            card.setVisible(at < len(plots))
            if at < len(plots):
                card.show_plot(plots[at])
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = 3 if self._small else max(1, min(3, self.width() // LEAST_WIDTH))
        if columns == self._columns:
            return
        self._columns = columns
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, at // columns, at % columns)
        for at in range(3):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)
        self._grid.setRowStretch(len(self.cards) // columns + 1, 1)


def small_plots(plan: Plan, results: Sequence[Result], store_names: Mapping[str, str]) -> list[Plot]:
    """Those that stand over the grid, empty at first, so that the grid keeps its place while answers come."""
    known = {metric.name for metric in known_metrics(results)}
    coming = any(result.state in ("waiting", "running") for result in results)
    shown = [metric for metric in METRICS if metric.name in SMALL and (coming or metric.name in known)]
    return _plots(plan, results, store_names, shown)


def plots_of(plan: Plan, results: Sequence[Result], store_names: Mapping[str, str]) -> list[Plot]:
    """A plot for every figure that is known of some result."""
    return _plots(plan, results, store_names, known_metrics(results))


def _plots(
    plan: Plan, results: Sequence[Result], store_names: Mapping[str, str], metrics: Iterable[Metric]
) -> list[Plot]:
    first = plan.axes[0]
    second = plan.axes[1] if len(plan.axes) > 1 else None
    ticks = tuple(value_words(first.name, value, store_names) for value in first.values)
    made = []
    for metric in metrics:
        curves = tuple(
            Curve(value_words(second.name, line.value, store_names) if second else "", line.spreads)
            for line in lines(plan, results, metric)
        )
        places = places_of(first.values)
        by = second.label if second else ""
        spreads = [spread for curve in curves for spread in curve.spreads if spread is not None]
        digits = digits_of(metric, max((spread.high for spread in spreads), default=1))
        # Where a server answers fewer than it is asked, times are also of the waiting.
        note = f"{plan.parallel} at once" if metric.unit == "s" and plan.parallel > 1 else ""
        made.append(Plot(metric.label, metric.unit, first.label, ticks, places, curves, digits, by, note))
    return made


def save_svg(path: Path, plots: Sequence[Plot], palette: Palette, look: Appearance) -> None:
    """Raises OSError."""
    from PySide6.QtSvg import QSvgGenerator

    data = QByteArray()
    target = QBuffer(data)
    target.open(QIODevice.OpenModeFlag.WriteOnly)
    size = _picture_size(plots)
    generator = QSvgGenerator()
    generator.setOutputDevice(target)
    generator.setSize(size)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setTitle(", ".join(plot.title for plot in plots))
    painter = QPainter(generator)
    _draw_all(painter, plots, palette, look)
    painter.end()
    write_whole(path, bytes(data.data()))


def save_png(path: Path, plots: Sequence[Plot], palette: Palette, look: Appearance) -> None:
    """Raises OSError."""
    image = QImage(_picture_size(plots) * PICTURE_SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PICTURE_SCALE)
    painter = QPainter(image)
    _draw_all(painter, plots, palette, look)
    painter.end()
    data = QByteArray()
    target = QBuffer(data)
    target.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(target, "PNG")  # type: ignore[call-overload]
    write_whole(path, bytes(data.data()))


def _picture_size(plots: Sequence[Plot]) -> QSize:
    width, height = PLOT_SIZE
    rows = -(-len(plots) // PICTURE_COLUMNS)
    return QSize(width * min(PICTURE_COLUMNS, max(1, len(plots))), height * max(1, rows))


def _draw_all(painter: QPainter, plots: Sequence[Plot], palette: Palette, look: Appearance) -> None:
    width, height = PLOT_SIZE
    painter.fillRect(QRectF(0, 0, 10_000, 10_000), QColor(palette.surface))
    for at, plot in enumerate(plots):
        row, column = divmod(at, PICTURE_COLUMNS)
        box = QRectF(column * width, row * height, width, height).adjusted(GAP_16, GAP_12, -GAP_16, -GAP_12)
        draw(painter, box, plot, palette, look.font(CAPTION_TEXT))
