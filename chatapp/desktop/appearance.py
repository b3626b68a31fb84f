"""Gives the values of `theme` to Qt: palette, style sheet and fonts, and follows the system between light and dark.

Painters that draw by themselves read `Appearance.palette` and repaint on `changed`.
"""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from chatapp.desktop.style_sheet import style_sheet
from chatapp.desktop.theme import BASE_TEXT, DARK, LIGHT, PALETTES, Palette

SYSTEM = "system"
CHOICES = {SYSTEM: "Like the system", "light": "Light", "dark": "Dark", "high-contrast": "High contrast"}
SCALES = {0.85: "Small", 1.0: "Normal", 1.15: "Large", 1.35: "Larger", 1.6: "Largest"}


class Appearance(QObject):
    """The look now in force. `choice` is a key of CHOICES, `scale` the user's text size (1.0 is 100 %)."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = SYSTEM, scale: float = 1.0) -> None:
        super().__init__()
        self._application = application
        self._family = QFont(application.font()).family()
        self.choice = choice if choice in CHOICES else SYSTEM
        self.scale = scale if scale in SCALES else 1.0
        self._colour()
        application.styleHints().colorSchemeChanged.connect(self._system_changed)

    @property
    def palette(self) -> Palette:
        return PALETTES.get(self.choice) or (DARK if self._system_is_dark() else LIGHT)

    def choose(self, choice: str, scale: float) -> None:
        self.choice, self.scale = choice, scale
        self._apply()
        self.changed.emit()

    def dress(self) -> None:
        """Puts the style sheet on. Every step of putting widgets into each other costs more with it, so at the start
        it comes once they are all in place."""
        self._application.setStyleSheet(style_sheet(self.palette, self.scale))

    def points(self, pixels: float) -> int:
        """A text size of the theme in pixels on this user's scale."""
        return round(pixels * self.scale)

    def font(self, pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        result = QFont(self._family)
        result.setPixelSize(self.points(pixels))
        result.setWeight(weight)
        return result

    def _system_is_dark(self) -> bool:
        return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _system_changed(self) -> None:
        if self.choice == SYSTEM:
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        self._colour()
        self.dress()

    def _colour(self) -> None:
        self._application.setFont(self.font(BASE_TEXT))
        self._application.setPalette(qt_palette(self.palette))


def qt_palette(palette: Palette) -> QPalette:
    """The palette under Qt's roles, for what no style sheet reaches."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        role.Window: palette.window,
        role.WindowText: palette.text,
        role.Base: palette.surface,
        role.AlternateBase: palette.sunken,
        role.Text: palette.text,
        role.PlaceholderText: palette.secondary,
        role.Button: palette.surface,
        role.ButtonText: palette.text,
        role.BrightText: palette.danger,
        role.Highlight: palette.selection,
        role.HighlightedText: palette.text,
        role.Link: palette.accent,
        role.LinkVisited: palette.accent,
        role.ToolTipBase: palette.surface,
        role.ToolTipText: palette.text,
        role.Light: palette.surface,
        role.Midlight: palette.border,
        role.Mid: palette.border,
        role.Dark: palette.border,
        role.Shadow: palette.border,
    }
    result = QPalette()
    for key, colour in colours.items():
        result.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(group.Disabled, key, QColor(palette.secondary))
    return result
