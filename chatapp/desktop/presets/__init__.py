"""Presets in the window: the button over the parameters, the names asked for, and the dialog that compares."""
