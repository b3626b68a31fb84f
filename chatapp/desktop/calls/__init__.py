"""Calls that wait for results: the strip over the composer, one block a call, and the dialogs about local commands."""
