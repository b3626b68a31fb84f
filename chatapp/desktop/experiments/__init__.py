"""Sweeps in the window: setting one up, its grid, its table, its plots, and what is said of one answer."""
