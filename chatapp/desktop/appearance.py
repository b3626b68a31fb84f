"""Gives the values of `theme` to Qt: palette, style sheet and fonts, and follows the system between light and dark.

Painters that draw by themselves read `Appearance.palette` and repaint on `changed`.
"""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from chatapp.desktop.style_sheet import style_sheet
from chatapp.desktop.theme import BASE_TEXT, DARK, HIGH_CONTRAST, LIGHT, PALETTES, Palette

SYSTEM = "system"
CHOICES = {SYSTEM: "Like the system", "light": "Light", "dark": "Dark", "high-contrast": "High contrast"}
SCALES = {scale: f"{round(scale * 100)} %" for scale in (0.5, 0.7, 0.85, 1.0, 1.15, 1.35, 1.6, 2.0, 2.5, 3.0)}
INTERFACE_SCALES = (0.85, 1.6)
"""Beyond these only the transcript follows the text size: smaller controls are not hit, larger ones leave no room."""


class Appearance(QObject):
    """The look now in force. `choice` is a key of CHOICES, `scale` the user's text size (1.0 is 100 %).

    `announces`: whether a screen reader is told what comes while it comes.
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: str = SYSTEM, scale: float = 1.0) -> None:
        super().__init__()
        self._application = application
        self._family = QFont(application.font()).family()
        self.choice = choice if choice in CHOICES else SYSTEM
        self.scale = scale if scale in SCALES else 1.0
        self.announces = True
        self._colour()
        application.styleHints().colorSchemeChanged.connect(self._system_changed)
        application.styleHints().accessibility().contrastPreferenceChanged.connect(self._system_changed)

    @property
    def palette(self) -> Palette:
        return PALETTES.get(self.choice) or self._palette_of_system()

    @property
    def interface_scale(self) -> float:
        """The text size of everything around the transcript."""
        least, most = INTERFACE_SCALES
        return min(max(self.scale, least), most)

    def stepped(self, by: int) -> float:
        """The text size so many steps larger, or smaller where `by` is negative."""
        steps = list(SCALES)
        return steps[min(max(steps.index(self.scale) + by, 0), len(steps) - 1)]

    def choose(self, choice: str, scale: float) -> None:
        self.choice, self.scale = choice, scale
        self._apply()
        self.changed.emit()

    def dress(self) -> None:
        """Puts the style sheet on, where it is another one: it goes over every widget there is. Every step of putting
        widgets into each other costs more with it, so at the start it comes once they are all in place."""
        sheet = style_sheet(self.palette, self.interface_scale)
        if sheet != self._application.styleSheet():
            self._application.setStyleSheet(sheet)

    def points(self, pixels: float) -> int:
        """A text size of the theme in pixels on this user's scale."""
        return round(pixels * self.interface_scale)

    def font(self, pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        result = QFont(self._family)
        result.setPixelSize(self.points(pixels))
        result.setWeight(weight)
        return result

    def _palette_of_system(self) -> Palette:
        hints = self._application.styleHints()
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return HIGH_CONTRAST
        return DARK if hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT

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
