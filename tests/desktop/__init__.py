"""Tests of the window: a real one, offscreen, on a temporary profile."""
