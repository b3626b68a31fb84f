"""Markdown to blocks to safe pieces: pure values, no toolkit and no I/O; the transcript next door paints them."""
